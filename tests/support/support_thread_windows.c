/* support_thread_windows.c: the threads of support_os.h on Windows. */
#include "support_windows.h"

#ifdef _WIN32

#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 10000

/* ---- Gates --------------------------------------------------------------*/

struct gate_state {
    SRWLOCK lock;
    CONDITION_VARIABLE condition;
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

    InitializeSRWLock(&state->lock);
    InitializeConditionVariable(&state->condition);
    state->value = 0;
}

void gate_destroy(struct gate *gate)
{
    memset(gate, 0xa5, sizeof(*gate));
}

void gate_pass(struct gate *gate)
{
    struct gate_state *const state = state_of(gate);

    AcquireSRWLockExclusive(&state->lock);
    state->value++;
    WakeAllConditionVariable(&state->condition);
    ReleaseSRWLockExclusive(&state->lock);
}

bool gate_await(struct gate *gate, unsigned value)
{
    struct gate_state *const state = state_of(gate);
    const ULONGLONG start = GetTickCount64();
    ULONGLONG taken = 0;
    bool reached;

    AcquireSRWLockExclusive(&state->lock);
    while (state->value < value && taken < PATIENCE_MS) {
        (void)SleepConditionVariableSRW(&state->condition, &state->lock,
                                        (DWORD)(PATIENCE_MS - taken), 0);
        taken = GetTickCount64() - start;
    }
    reached = state->value >= value;
    ReleaseSRWLockExclusive(&state->lock);
    return reached;
}

/* ---- Threads ------------------------------------------------------------*/

_Static_assert(sizeof(HANDLE) <= sizeof(((struct thread *)0)->handle_),
               "struct thread is too small");
_Static_assert(sizeof(struct gate) == sizeof(((struct thread *)0)->started_),
               "a struct gate does not fit");

static struct gate *started_of(struct thread *thread)
{
    return (struct gate *)(void *)thread->started_;
}

static unsigned __stdcall thread_main(void *argument)
{
    struct thread *const thread = argument;

    thread->task_ = task_current();
    gate_pass(started_of(thread));
    thread->result_ = thread->run_(thread->argument_);
    return 0;
}

void thread_start(struct thread *thread, int (*run)(void *argument),
                  void *argument)
{
    HANDLE handle;

    memset(thread, 0, sizeof(*thread));
    thread->run_ = run;
    thread->argument_ = argument;
    gate_init(started_of(thread));
    handle = (HANDLE)_beginthreadex(NULL, 0, thread_main, thread, 0, NULL);
    if (handle == NULL) {
        support_die("_beginthreadex");
    }
    memcpy(thread->handle_, &handle, sizeof(handle));
}

int thread_join(struct thread *thread)
{
    HANDLE handle;

    memcpy(&handle, thread->handle_, sizeof(handle));
    if (WaitForSingleObject(handle, INFINITE) != WAIT_OBJECT_0 ||
        !CloseHandle(handle)) {
        support_die("thread_join");
    }
    gate_destroy(started_of(thread));
    return thread->result_;
}

void thread_await_asleep(struct thread *thread)
{
    if (!gate_await(started_of(thread), 1)) {
        support_die("a thread has not started");
    }
    task_await_asleep(thread->task_);
}

void thread_pause(int64_t time_ns)
{
    Sleep((DWORD)((time_ns + 999999) / 1000000));
}

void thread_yield(void)
{
    (void)SwitchToThread();
}

long task_current(void)
{
    return (long)GetCurrentThreadId();
}

/* The system's list of threads has their states, but Wine's does not tell them
 * apart; gives the other thread some time. */
void task_await_asleep(long task)
{
    (void)task;
    Sleep(20);
}

#endif
