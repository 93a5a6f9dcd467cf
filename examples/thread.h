/* thread.h: threads for the examples, where C11's are missing: on Windows and
 * on POSIX. */
#ifndef THREAD_H
#define THREAD_H

#ifdef _WIN32

#include <process.h>
#include <windows.h>

struct thread {
    HANDLE handle;
    void (*run)(void);
};

static inline unsigned __stdcall thread_enter(void *thread)
{
    ((struct thread *)thread)->run();
    return 0;
}

/* Returns false on failure. The thread must stay where it is. */
static inline bool thread_start(struct thread *thread, void (*run)(void))
{
    thread->run = run;
    thread->handle =
        (HANDLE)_beginthreadex(NULL, 0, thread_enter, thread, 0, NULL);
    return thread->handle != NULL;
}

static inline void thread_join(struct thread *thread)
{
    (void)WaitForSingleObject(thread->handle, INFINITE);
    (void)CloseHandle(thread->handle);
}

static inline void thread_pause(void)
{
    Sleep(1);
}

#else

#include <pthread.h>
#include <time.h>

struct thread {
    pthread_t id;
    void (*run)(void);
};

static inline void *thread_enter(void *thread)
{
    ((struct thread *)thread)->run();
    return NULL;
}

/* Returns false on failure. The thread must stay where it is. */
static inline bool thread_start(struct thread *thread, void (*run)(void))
{
    thread->run = run;
    return pthread_create(&thread->id, NULL, thread_enter, thread) == 0;
}

static inline void thread_join(struct thread *thread)
{
    (void)pthread_join(thread->id, NULL);
}

/* About a millisecond. */
static inline void thread_pause(void)
{
    const struct timespec pause = {0, 1000000};
    (void)nanosleep(&pause, NULL);
}

#endif

#endif
