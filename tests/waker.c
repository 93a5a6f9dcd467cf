/* waker.c: ending a wait from the same and from other threads. */
#include "support.h"

enum { TOKEN = 10 };

static void expect_wake(struct fixture *f, mio_token token)
{
    expect_only(f, token, R_READABLE);
}

static void waker(void **state)
{
    struct fixture *const f = *state;
    mio_waker waker;

    assert_ok(mio_waker_init(&waker, f->registry, TOKEN));
    expect_no_events(f);
    assert_ok(mio_waker_wake(&waker));
    /* The wake came before the wait, which must not wait at all. */
    assert_count(fixture_wait(f, 0), 1);
    assert_int_equal(mio_event_token(&f->events[0]), TOKEN);
    assert_int_equal(readiness_of(&f->events[0]), R_READABLE);
    mio_waker_close(&waker);
}

static void waker_multiple_wakeups_same_thread(void **state)
{
    struct fixture *const f = *state;
    mio_waker waker;
    int i;

    assert_ok(mio_waker_init(&waker, f->registry, TOKEN));
    for (i = 0; i < 3; i++) {
        assert_ok(mio_waker_wake(&waker));
    }
    expect_wake(f, TOKEN);
    expect_no_events(f);
    mio_waker_close(&waker);
}

/* A thread that wakes the poll when the main thread sleeps, hopefully in it,
 * and when the gate has reached a value. */
struct wake_job {
    mio_waker *waker;
    struct gate *gate;
    unsigned gate_value;
    long sleeper;
};

static int wake_sleeper(void *argument)
{
    const struct wake_job *const job = argument;

    if (job->gate != NULL && !gate_await(job->gate, job->gate_value)) {
        return MIO_ERR_TIMED_OUT;
    }
    task_await_asleep(job->sleeper);
    return mio_waker_wake(job->waker);
}

static void waker_wakeup_different_thread(void **state)
{
    struct fixture *const f = *state;
    mio_waker waker;
    struct wake_job job = {.waker = &waker, .sleeper = task_current()};
    struct thread thread;

    assert_ok(mio_waker_init(&waker, f->registry, TOKEN));
    thread_start(&thread, wake_sleeper, &job);
    expect_wake(f, TOKEN);
    assert_ok(thread_join(&thread));
    expect_no_events(f);
    mio_waker_close(&waker);
}

static void waker_multiple_wakeups_different_thread(void **state)
{
    enum { THREADS = 3 };
    struct fixture *const f = *state;
    struct wake_job jobs[THREADS];
    struct thread threads[THREADS];
    struct gate turn;
    mio_waker waker;
    unsigned i;

    gate_init(&turn);
    assert_ok(mio_waker_init(&waker, f->registry, TOKEN));
    for (i = 0; i < THREADS; i++) {
        jobs[i].waker = &waker;
        jobs[i].gate = &turn;
        jobs[i].gate_value = i + 1;
        jobs[i].sleeper = task_current();
        thread_start(&threads[i], wake_sleeper, &jobs[i]);
    }
    for (i = 0; i < THREADS; i++) {
        gate_pass(&turn);
        expect_wake(f, TOKEN);
        expect_no_events(f);
    }
    for (i = 0; i < THREADS; i++) {
        assert_ok(thread_join(&threads[i]));
    }
    mio_waker_close(&waker);
    gate_destroy(&turn);
}

/* mio allows one waker per poll; here there may be any number. */
static void using_multiple_wakers(void **state)
{
    struct fixture *const f = *state;
    mio_waker wakers[3];
    size_t i;

    for (i = 0; i < ARRAY_LENGTH(wakers); i++) {
        assert_ok(mio_waker_init(&wakers[i], f->registry, TOKEN + i));
    }
    for (i = 0; i < ARRAY_LENGTH(wakers); i++) {
        assert_ok(mio_waker_wake(&wakers[i]));
        expect_wake(f, TOKEN + i);
    }
    for (i = 0; i < ARRAY_LENGTH(wakers); i++) {
        assert_ok(mio_waker_wake(&wakers[i]));
    }
    expect_events(f, {TOKEN, R_READABLE}, {TOKEN + 1, R_READABLE},
                  {TOKEN + 2, R_READABLE});
    expect_no_events(f);
    for (i = 0; i < ARRAY_LENGTH(wakers); i++) {
        mio_waker_close(&wakers[i]);
    }
}

struct own_waker_job {
    mio_registry *registry;
    struct gate *delivered;
    mio_token token;
};

static int wake_with_own_waker(void *argument)
{
    const struct own_waker_job *const job = argument;
    mio_waker waker;
    int result = mio_waker_init(&waker, job->registry, job->token);

    if (result == 0) {
        result = mio_waker_wake(&waker);
        if (!gate_await(job->delivered, 1) && result == 0) {
            result = MIO_ERR_TIMED_OUT;
        }
        mio_waker_close(&waker);
    }
    return result;
}

/* Each thread makes a waker of its own through a copy of the registry's
 * pointer, which is what a cloned registry is here. */
static void using_multiple_wakers_different_cloned_registries(void **state)
{
    enum { THREADS = 3 };
    struct fixture *const f = *state;
    struct own_waker_job jobs[THREADS];
    struct thread threads[THREADS];
    struct gate delivered;
    size_t i;

    gate_init(&delivered);
    for (i = 0; i < THREADS; i++) {
        jobs[i].registry = f->registry;
        jobs[i].delivered = &delivered;
        jobs[i].token = TOKEN + i;
        thread_start(&threads[i], wake_with_own_waker, &jobs[i]);
    }
    expect_events(f, {TOKEN, R_READABLE}, {TOKEN + 1, R_READABLE},
                  {TOKEN + 2, R_READABLE});
    gate_pass(&delivered);
    for (i = 0; i < THREADS; i++) {
        assert_ok(thread_join(&threads[i]));
    }
    expect_no_events(f);
    gate_destroy(&delivered);
}

/* What a poll and its waker need of the system is their own affair. */
static void no_descriptor_is_inherited(void **state)
{
    const int before = fd_count_inherited();
    struct fixture f;
    mio_waker waker;

    (void)state;
    fixture_open(&f);
    assert_ok(mio_waker_init(&waker, f.registry, TOKEN));
    assert_int_equal(fd_count_inherited(), before);
    mio_waker_close(&waker);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waker),
        TEST(waker_multiple_wakeups_same_thread),
        TEST(waker_wakeup_different_thread),
        TEST(waker_multiple_wakeups_different_thread),
        TEST(using_multiple_wakers),
        TEST(using_multiple_wakers_different_cloned_registries),
        TEST_BARE(no_descriptor_is_inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
