/* signals.c: signals do not end a wait unless that is asked for (G6), and
 * their handlers may wake (G5).
 *
 * Nothing is asserted while the timer runs: a failed test must not leave it
 * behind. */
#include "unix_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

enum { WAKER = 1, SOURCE = 2 };

/* ---- A signal every few milliseconds ------------------------------------*/

/* Lock-free atomics: the handler's, and read by other threads. */
static atomic_int signal_count;
static atomic_int failure_count;
static _Atomic(mio_waker *) handler_waker; /* what it wakes, or NULL */
static struct sigaction old_action;

static void handle_alarm(int number)
{
    const int saved = errno;
    (void)number;
    (void)atomic_fetch_add(&signal_count, 1);
    mio_waker *const waker = atomic_load(&handler_waker);
    if (waker != NULL) {
        errno = 1234;
        if (mio_waker_wake(waker) != 0 || errno != 1234) {
            (void)atomic_fetch_add(&failure_count, 1);
        }
    }
    errno = saved;
}

static void alarms_install(mio_waker *waker)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handle_alarm; /* and no SA_RESTART */
    assert_int_equal(sigemptyset(&action.sa_mask), 0);
    atomic_store(&signal_count, 0);
    atomic_store(&failure_count, 0);
    atomic_store(&handler_waker, waker);
    assert_int_equal(sigaction(SIGALRM, &action, &old_action), 0);
}

static void alarms_start(long every_us)
{
    const suseconds_t us = (suseconds_t)every_us; /* below a second */
    const struct itimerval timer = {{0, us}, {0, us}};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void alarms_stop(void)
{
    const struct itimerval none = {{0, 0}, {0, 0}};
    (void)setitimer(ITIMER_REAL, &none, NULL);
    (void)sigaction(SIGALRM, &old_action, NULL);
}

/* ---- Waiting ------------------------------------------------------------*/

/* Times that take different ways to the system: whole milliseconds, others,
 * and for ever is in the next test. */
static void signals_neither_end_nor_restart_a_wait(void **state)
{
    struct fixture *f = *state;
    const int64_t timeouts[] = {100 * MILLISECOND,
                                50 * MILLISECOND + 300 * MICROSECOND};
    for (size_t i = 0; i < ARRAY_LENGTH(timeouts); i++) {
        alarms_install(NULL);
        alarms_start(3000);
        const int64_t start = monotonic_ns();
        const int count = fixture_wait(f, timeouts[i]);
        const int64_t taken = monotonic_ns() - start;
        alarms_stop();
        assert_count(count, 0);
        assert_true(atomic_load(&signal_count) > 0);
        assert_true(taken >= timeouts[i]);
        assert_true(taken < PATIENCE);
    }
}

struct waking {
    mio_waker *waker;
    int signals; /* to wait for */
};

static int wake_after_signals(void *argument)
{
    struct waking *waking = argument;
    const int64_t end = monotonic_ns() + PATIENCE;
    sigset_t all;
    (void)sigfillset(&all); /* they are for the thread that waits */
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (atomic_load(&signal_count) < waking->signals &&
           monotonic_ns() < end) {
        (void)usleep(1000);
    }
    return mio_waker_wake(waking->waker);
}

static void signals_do_not_end_an_endless_wait(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    struct waking waking = {&waker, 5};
    struct thread thread;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    alarms_install(NULL);
    alarms_start(3000);
    thread_start(&thread, wake_after_signals, &waking);
    const int count = fixture_wait(f, -1);
    const int result = thread_join(&thread);
    alarms_stop();
    assert_ok(result);
    assert_count(count, 1);
    assert_int_equal(mio_event_token(&f->events[0]), WAKER);
    assert_true(atomic_load(&signal_count) >= 5);
    mio_waker_close(&waker);
}

static void a_wait_is_interrupted_if_asked_for(void **state)
{
    struct fixture *f = *state;
    const int64_t timeouts[] = {-1, PATIENCE, PATIENCE + 1};
    assert_ok(mio_poll_set_interruptible(&f->poll, true));
    for (size_t i = 0; i < ARRAY_LENGTH(timeouts); i++) {
        alarms_install(NULL);
        alarms_start(5000);
        const int count = fixture_wait(f, timeouts[i]);
        alarms_stop();
        assert_error(count, MIO_ERR_INTERRUPTED);
        assert_true(atomic_load(&signal_count) > 0);
    }
    assert_ok(mio_poll_set_interruptible(&f->poll, false));
    alarms_install(NULL);
    alarms_start(3000);
    const int64_t start = monotonic_ns();
    const int count = fixture_wait(f, 50 * MILLISECOND);
    const int64_t taken = monotonic_ns() - start;
    alarms_stop();
    assert_count(count, 0);
    assert_true(taken >= 50 * MILLISECOND);
}

/* Events come before interruptions. */
static void an_interruptible_wait_reports_events(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    int failures = 0;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_poll_set_interruptible(&f->poll, true));
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    assert_ok(mio_registry_register(f->registry, &a.source, SOURCE,
                                    MIO_READABLE | MIO_LEVEL));
    alarms_install(NULL);
    alarms_start(500);
    for (int i = 0; i < 2000; i++) {
        failures += fixture_wait(f, PATIENCE) != 1;
    }
    alarms_stop();
    assert_int_equal(failures, 0);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

/* ---- Waking from a handler ----------------------------------------------*/

/* The handler interrupts the wait of the very thread that it wakes. */
static void a_handler_can_wake_its_own_thread(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    const int64_t timeouts[] = {-1, PATIENCE, PATIENCE + 1};
    int failures = 0;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    alarms_install(&waker);
    alarms_start(2000);
    for (int i = 0; i < 30; i++) {
        const int count = fixture_wait(f, timeouts[i % 3]);
        failures += count != 1 || mio_event_token(&f->events[0]) != WAKER ||
                    !mio_event_is_readable(&f->events[0]);
    }
    alarms_stop();
    assert_int_equal(failures, 0);
    assert_int_equal(atomic_load(&failure_count), 0);
    assert_true(atomic_load(&signal_count) >=
                30); /* a wait needs one of its own */
    mio_waker_close(&waker);
}

static void a_wake_before_the_wait_is_kept(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    alarms_install(&waker);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(raise(SIGALRM), 0);
        assert_int_equal(raise(SIGALRM), 0);
        expect_only(f, WAKER, R_READABLE);
    }
    alarms_stop();
    expect_quiet(f);
    assert_int_equal(atomic_load(&failure_count), 0);
    mio_waker_close(&waker);
}

static void a_handler_interrupts_wakes_and_registrations(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    mio_waker other;
    mio_unix_stream a;
    mio_unix_stream b;
    int failures = 0;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(mio_unix_stream_pair(&a, &b));
    alarms_install(&waker);
    alarms_start(50);
    const int64_t end = monotonic_ns() + 100 * MILLISECOND;
    while (monotonic_ns() < end) {
        failures += mio_waker_init(&other, f->registry, SOURCE) != 0;
        failures += mio_waker_wake(&other) != 0;
        failures += mio_waker_wake(&waker) != 0;
        failures += mio_registry_register(f->registry, &a.source, SOURCE,
                                          MIO_READABLE) != 0;
        failures += mio_registry_deregister(f->registry, &a.source) != 0;
        failures += fixture_wait(f, -1) < 1;
        mio_waker_close(&other);
    }
    alarms_stop();
    assert_int_equal(failures, 0);
    assert_int_equal(atomic_load(&failure_count), 0);
    assert_true(atomic_load(&signal_count) > 0);
    mio_waker_close(&waker);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static int wait_blocked(void *argument)
{
    struct fixture *f = argument;
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    return fixture_wait(f, PATIENCE);
}

/* The handler runs on one thread, the poll sleeps in another. */
static void a_handler_can_wake_another_thread(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    for (int i = 0; i < 10; i++) {
        struct thread thread;
        thread_start(&thread, wait_blocked, f);
        thread_await_asleep(&thread);
        alarms_install(&waker);
        const int raised = raise(SIGALRM);
        alarms_stop();
        assert_count(thread_join(&thread), 1);
        assert_int_equal(raised, 0);
        assert_int_equal(mio_event_token(&f->events[0]), WAKER);
    }
    assert_int_equal(atomic_load(&failure_count), 0);
    mio_waker_close(&waker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signals_neither_end_nor_restart_a_wait),
        TEST(signals_do_not_end_an_endless_wait),
        TEST(a_wait_is_interrupted_if_asked_for),
        TEST(an_interruptible_wait_reports_events),
        TEST(a_handler_can_wake_its_own_thread),
        TEST(a_wake_before_the_wait_is_kept),
        TEST(a_handler_interrupts_wakes_and_registrations),
        TEST(a_handler_can_wake_another_thread),
    };
    /* What alarms_stop goes back to: a signal that is still on its way then,
     * to whichever thread, must not end the program. */
    if (signal(SIGALRM, SIG_IGN) == SIG_ERR) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
