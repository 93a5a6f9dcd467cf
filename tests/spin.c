/* spin.c: looking for a while before sleeping. */
#include "support.h"

#include <time.h>

enum { WAKER = 1 };

static void arguments_are_checked(void **state)
{
    struct fixture *f = *state;
    assert_error(mio_poll_set_spin(NULL, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_set_spin(&f->poll, -1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_set_spin(&f->poll, SECOND + 1),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_poll_set_spin(&f->poll, SECOND));
    assert_ok(mio_poll_set_spin(&f->poll, 0));
    fixture_close(f);
    assert_error(mio_poll_set_spin(&f->poll, 0), MIO_ERR_INVALID_INPUT);
    fixture_open(f);
}

static void check_limits(struct fixture *f, int64_t spin)
{
    static const int64_t limits[] = {1, 50 * MICROSECOND, 3 * MILLISECOND};
    assert_ok(mio_poll_set_spin(&f->poll, spin));
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        const int64_t start = monotonic_ns();
        assert_count(fixture_wait(f, limits[i]), 0);
        const int64_t taken = monotonic_ns() - start;
        assert_true(taken >= limits[i]);
        assert_true(taken < limits[i] + PATIENCE);
    }
    assert_count(fixture_wait(f, 0), 0);
}

/* Shorter than the spin, as long, and longer. */
static void limits_hold(void **state)
{
    struct fixture *f = *state;
    check_limits(f, 1);
    check_limits(f, MILLISECOND);
    check_limits(f, 30 * MILLISECOND);
    check_limits(f, 0);
}

/* Processor time is what a wait that spins takes, and one that sleeps does not:
 * those that only sleep would need minutes for as much. Windows' clock() goes on
 * in sleep too, so that this shows nothing there. */
static void it_looks_again_and_again(void **state)
{
    struct fixture *f = *state;
    const clock_t wanted = CLOCKS_PER_SEC / 20;
    const int64_t start = monotonic_ns();
    const clock_t before = clock();
    assert_ok(mio_poll_set_spin(&f->poll, 20 * MILLISECOND));
    while (clock() - before < wanted) {
        assert_count(fixture_wait(f, 20 * MILLISECOND), 0);
        assert_true(monotonic_ns() - start < PATIENCE);
    }
}

struct wake_job {
    mio_waker *waker;
    long sleeper;
    bool is_sleeper_awaited;
};

static int wake(void *argument)
{
    struct wake_job *job = argument;
    if (job->is_sleeper_awaited) {
        task_await_asleep(job->sleeper);
    }
    return mio_waker_wake(job->waker);
}

static void expect_wake_from_another_thread(struct fixture *f, bool asleep)
{
    mio_waker waker;
    struct wake_job job = {&waker, task_current(), asleep};
    struct thread thread;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    thread_start(&thread, wake, &job);
    expect_only(f, WAKER, R_READABLE);
    assert_ok(thread_join(&thread));
    mio_waker_close(&waker);
}

/* In either half of the wait. */
static void a_wake_ends_it(void **state)
{
    struct fixture *f = *state;
    assert_ok(mio_poll_set_spin(&f->poll, SECOND));
    expect_wake_from_another_thread(f, false);
    assert_ok(mio_poll_set_spin(&f->poll, 100 * MICROSECOND));
    expect_wake_from_another_thread(f, true);
}

/* A timer that is due ends it, and is not early. */
static void a_timer_ends_it(void **state)
{
    static const int64_t spins[] = {1, MILLISECOND, SECOND};
    struct fixture *f = *state;
    static mio_timer_queue timers;
    mio_timer timer;
    assert_ok(mio_timer_queue_init(&timers, &f->poll));
    assert_ok(mio_timer_init(&timer, 7));
    for (size_t i = 0; i < ARRAY_LENGTH(spins); i++) {
        assert_ok(mio_poll_set_spin(&f->poll, spins[i]));
        const int64_t deadline = mio_now() + 3 * MILLISECOND;
        assert_ok(mio_timer_arm_at(&timers, &timer, deadline));
        expect_only(f, 7, R_READABLE);
        assert_true(mio_now() >= deadline);
    }
    mio_timer_queue_close(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arguments_are_checked),    TEST(limits_hold),
        TEST(it_looks_again_and_again), TEST(a_wake_ends_it),
        TEST(a_timer_ends_it),
    };
    return cmocka_run_group_tests_name("spin", tests, NULL, NULL);
}
