/* support_thread_unix.c: the threads of support_os.h, on POSIX threads. */
#include "support_os.h"

#ifndef _WIN32

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

#define PATIENCE_SECONDS 10

static void must(int error, const char *what)
{
    if (error != 0) {
        (void)fprintf(stderr, "%s: %s\n", what, strerror(error));
        abort();
    }
}

/* ---- Gates --------------------------------------------------------------*/

struct gate_state {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    unsigned value;
};

_Static_assert(sizeof(struct gate_state) <= sizeof(struct gate),
               "struct gate is too small");

static struct gate_state *state_of(struct gate *gate)
{
    return (struct gate_state *)(void *)gate->opaque_;
}

void gate_init(struct gate *gate)
{
    struct gate_state *const state = state_of(gate);

    must(pthread_mutex_init(&state->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&state->condition, NULL), "pthread_cond_init");
    state->value = 0;
}

void gate_destroy(struct gate *gate)
{
    struct gate_state *const state = state_of(gate);

    must(pthread_cond_destroy(&state->condition), "pthread_cond_destroy");
    must(pthread_mutex_destroy(&state->mutex), "pthread_mutex_destroy");
}

void gate_pass(struct gate *gate)
{
    struct gate_state *const state = state_of(gate);

    must(pthread_mutex_lock(&state->mutex), "pthread_mutex_lock");
    state->value++;
    must(pthread_cond_broadcast(&state->condition), "pthread_cond_broadcast");
    must(pthread_mutex_unlock(&state->mutex), "pthread_mutex_unlock");
}

bool gate_await(struct gate *gate, unsigned value)
{
    struct gate_state *const state = state_of(gate);
    struct timespec deadline;
    int error = 0;
    bool reached;

    (void)clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_SECONDS;
    must(pthread_mutex_lock(&state->mutex), "pthread_mutex_lock");
    while (state->value < value && error != ETIMEDOUT) {
        error =
            pthread_cond_timedwait(&state->condition, &state->mutex, &deadline);
    }
    reached = state->value >= value;
    must(pthread_mutex_unlock(&state->mutex), "pthread_mutex_unlock");
    return reached;
}

/* ---- Threads ------------------------------------------------------------*/

_Static_assert(sizeof(pthread_t) <= sizeof(((struct thread *)0)->handle_),
               "struct thread is too small");
_Static_assert(sizeof(struct gate) == sizeof(((struct thread *)0)->started_),
               "a struct gate does not fit");

static struct gate *started_of(struct thread *thread)
{
    return (struct gate *)(void *)thread->started_;
}

static void *thread_main(void *argument)
{
    struct thread *const thread = argument;

    thread->task_ = task_current();
    gate_pass(started_of(thread));
    thread->result_ = thread->run_(thread->argument_);
    return NULL;
}

void thread_start(struct thread *thread, int (*run)(void *argument),
                  void *argument)
{
    pthread_t handle;

    memset(thread, 0, sizeof(*thread));
    thread->run_ = run;
    thread->argument_ = argument;
    gate_init(started_of(thread));
    must(pthread_create(&handle, NULL, thread_main, thread), "pthread_create");
    memcpy(thread->handle_, &handle, sizeof(handle));
}

int thread_join(struct thread *thread)
{
    pthread_t handle;

    memcpy(&handle, thread->handle_, sizeof(handle));
    must(pthread_join(handle, NULL), "pthread_join");
    gate_destroy(started_of(thread));
    return thread->result_;
}

void thread_await_asleep(struct thread *thread)
{
    if (!gate_await(started_of(thread), 1)) {
        (void)fputs("a thread has not started\n", stderr);
        abort();
    }
    task_await_asleep(thread->task_);
}

void thread_pause(int64_t time_ns)
{
    const struct timespec time = {(time_t)(time_ns / 1000000000),
                                  (long)(time_ns % 1000000000)};

    (void)nanosleep(&time, NULL);
}

void thread_yield(void)
{
    (void)sched_yield();
}

#ifdef __linux__

long task_current(void)
{
    return syscall(SYS_gettid);
}

/* The state letter in "tid (name) S ...": S is asleep. A thread that has ended
 * has no such file any more, and counts as asleep too. */
static bool task_is_asleep(long task)
{
    char path[64];
    char line[256] = "";
    const char *state;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", task);
    file = fopen(path, "re");
    if (file == NULL) {
        return true;
    }
    state = fgets(line, sizeof(line), file);
    (void)fclose(file);
    state = state != NULL ? strrchr(line, ')') : NULL;
    return state != NULL && strncmp(state, ") S", 3) == 0;
}

void task_await_asleep(long task)
{
    const int64_t deadline =
        monotonic_ns() + PATIENCE_SECONDS * INT64_C(1000000000);

    while (!task_is_asleep(task) && monotonic_ns() < deadline) {
        thread_pause(1000000);
    }
}

#else

long task_current(void)
{
    return 0;
}

/* The system does not tell portably; give the other thread some time. */
void task_await_asleep(long task)
{
    (void)task;
    thread_pause(20000000);
}

#endif
#endif
