/* timer_unix.c: timers and signals, which end a wait only if that is asked
 * for.
 *
 * Nothing is asserted while alarms come: a failed test must not leave them
 * behind. */
#include "unix_support.h"

#include <sys/time.h>

enum { TIMER = 1 };

static volatile sig_atomic_t alarms;
static struct sigaction old_action;

static void count_alarm(int number)
{
    (void)number;
    alarms = alarms + 1;
}

static void alarms_start(void)
{
    const struct itimerval every = {{0, 2000}, {0, 2000}};
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = count_alarm; /* and no SA_RESTART */
    alarms = 0;
    assert_int_equal(sigemptyset(&action.sa_mask), 0);
    assert_int_equal(sigaction(SIGALRM, &action, &old_action), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void alarms_stop(void)
{
    const struct itimerval none = {{0, 0}, {0, 0}};
    (void)setitimer(ITIMER_REAL, &none, NULL);
    (void)sigaction(SIGALRM, &old_action, NULL);
}

static void signals_do_not_end_the_sleep_until_a_timer(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timer;
    const int64_t limits[] = {-1, PATIENCE};
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    assert_ok(mio_timer_init(&timer, TIMER));
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        assert_ok(mio_timer_arm_after(&queue, &timer, 50 * MILLISECOND));
        alarms_start();
        const int count = fixture_wait(f, limits[i]);
        const int64_t now = mio_now();
        alarms_stop();
        assert_count(count, 1);
        assert_true(now >= mio_timer_deadline(&timer));
        assert_true(alarms > 0);
    }
    mio_timer_queue_close(&queue);
}

/* Interruptions come between, and neither they nor the events get lost. */
static void interruptions_and_timers_take_turns(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timer;
    int interruptions = 0;
    int expirations = 0;
    int count = 0;
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    assert_ok(mio_timer_init(&timer, TIMER));
    assert_ok(mio_poll_set_interruptible(&f->poll, true));
    const int64_t end = mio_now() + PATIENCE;
    assert_ok(
        mio_timer_arm_periodic(&queue, &timer, mio_now(), 7 * MILLISECOND));
    alarms_start();
    while (mio_now() < end && (interruptions < 10 || expirations < 10)) {
        count = fixture_wait(f, -1);
        if (count == MIO_ERR_INTERRUPTED) {
            interruptions++;
        } else if (count == 1 && mio_timer_expired(&timer) > 0) {
            expirations++;
        } else {
            break;
        }
    }
    alarms_stop();
    assert_true(count == 1 || count == MIO_ERR_INTERRUPTED);
    assert_true(interruptions >= 10);
    assert_true(expirations >= 10);
    mio_timer_queue_close(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signals_do_not_end_the_sleep_until_a_timer),
        TEST(interruptions_and_timers_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
