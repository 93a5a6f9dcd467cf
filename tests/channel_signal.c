/* channel_signal.c: a signal handler sends to a channel that the thread it
 * interrupts sends to and receives from, at any point of both.
 *
 * Nothing is asserted while the timer runs: a failed test must not leave it
 * behind. */
#include "unix_support.h"

#include <stdatomic.h>
#include <sys/time.h>

enum { PROGRAM, HANDLER, CAPACITY = 16, SIGNALS = 2000 };

struct message {
    unsigned sender;
    unsigned number;
};

static mio_channel channel;
static size_t
    storage[MIO_CHANNEL_STORAGE_SIZE(sizeof(struct message), CAPACITY) /
            sizeof(size_t)];
static atomic_uint signal_count;
static atomic_uint handler_sent;
static atomic_uint failure_count;

static void handle_alarm(int number)
{
    const int saved = errno;
    const struct message message = {HANDLER, atomic_load(&handler_sent)};
    (void)number;
    errno = 1234;
    const int result = mio_channel_send(&channel, &message);
    if (result == 0) {
        (void)atomic_fetch_add(&handler_sent, 1);
    }
    if ((result != 0 && result != MIO_ERR_WOULD_BLOCK) || errno != 1234) {
        (void)atomic_fetch_add(&failure_count, 1);
    }
    (void)atomic_fetch_add(&signal_count, 1);
    errno = saved;
}

static void open_channel(struct fixture *f)
{
    assert_ok(mio_channel_init(&channel, storage, sizeof(storage),
                               sizeof(struct message), CAPACITY));
    assert_ok(
        mio_registry_register(f->registry, &channel.source, 1, MIO_READABLE));
    atomic_store(&signal_count, 0);
    atomic_store(&handler_sent, 0);
    atomic_store(&failure_count, 0);
}

static void alarms_start(long every_us)
{
    struct sigaction action;
    const suseconds_t us = (suseconds_t)every_us; /* below a second */
    const struct itimerval timer = {{0, us}, {0, us}};
    memset(&action, 0, sizeof(action));
    action.sa_handler = handle_alarm; /* and no SA_RESTART */
    assert_int_equal(sigemptyset(&action.sa_mask), 0);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* A signal that is under way, as may be under valgrind, is ignored. */
static void alarms_stop(void)
{
    const struct itimerval none = {{0, 0}, {0, 0}};
    (void)setitimer(ITIMER_REAL, &none, NULL);
    (void)signal(SIGALRM, SIG_IGN);
}

/* Receives all; counts what is wrong. */
static unsigned receive_all(unsigned next[2])
{
    struct message message;
    unsigned wrong = 0;
    while (mio_channel_receive(&channel, &message) > 0) {
        wrong += message.sender > HANDLER ||
                 message.number != next[message.sender]++;
    }
    return wrong;
}

static void a_handler_may_send_at_any_moment(void **state)
{
    struct fixture *f = *state;
    unsigned next[2] = {0, 0};
    unsigned wrong = 0;
    struct message message = {PROGRAM, 0};
    int error = 0;
    open_channel(f);
    const int64_t end = monotonic_ns() + PATIENCE;
    alarms_start(50);
    while (atomic_load(&signal_count) < SIGNALS && error == 0 &&
           monotonic_ns() < end) {
        for (int i = 0; i < CAPACITY / 2 && error == 0; i++) {
            error = mio_channel_send(&channel, &message);
            message.number += error == 0;
        }
        error = error == MIO_ERR_WOULD_BLOCK ? 0 : error; /* the handler's */
        if (fixture_wait(f, PATIENCE) < 1) {
            error = MIO_ERR_TIMED_OUT;
        }
        wrong += receive_all(next);
    }
    alarms_stop();
    wrong += receive_all(next);
    assert_ok(error);
    assert_int_equal(wrong, 0);
    assert_int_equal(atomic_load(&failure_count), 0);
    assert_true(atomic_load(&handler_sent) > 0);
    assert_int_equal(next[PROGRAM], message.number);
    assert_int_equal(next[HANDLER], atomic_load(&handler_sent));
    mio_channel_close(&channel);
}

static void a_handler_ends_the_wait_that_it_interrupts(void **state)
{
    struct fixture *f = *state;
    unsigned next[2] = {0, 0};
    unsigned wrong = 0;
    int count = 1;
    open_channel(f);
    alarms_start(2000);
    for (int i = 0; i < 50 && count > 0; i++) {
        count = fixture_wait(f, PATIENCE);
        wrong += receive_all(next);
    }
    alarms_stop();
    wrong += receive_all(next);
    assert_true(count > 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(atomic_load(&failure_count), 0);
    assert_int_equal(next[HANDLER], atomic_load(&handler_sent));
    mio_channel_close(&channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_handler_may_send_at_any_moment),
        TEST(a_handler_ends_the_wait_that_it_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
