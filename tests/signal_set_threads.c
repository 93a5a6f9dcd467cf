/* signal_set_threads.c: signal sets in programs with several threads, and under
 * a storm of signals. */
#include "signal_support.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 300

struct listener {
    struct fixture fixture;
    mio_signal_set set;
    int number;
    struct gate answers; /* one for each signal */
};

static int listen_for_signals(void *argument)
{
    struct listener *listener = argument;
    for (int i = 0; i < ROUNDS; i++) {
        mio_signal_info info;
        if (fixture_wait(&listener->fixture, PATIENCE) != 1 ||
            mio_signal_set_read(&listener->set, &info, 1) != 1 ||
            info.number != listener->number || info.count != 1 ||
            mio_signal_set_read(&listener->set, &info, 1) !=
                MIO_ERR_WOULD_BLOCK) {
            return 1;
        }
        gate_pass(&listener->answers);
    }
    return 0;
}

/* A poll and a set in each thread; the signals are sent to the process. */
static void threads_have_their_own_signals(void **state)
{
    const int numbers[] = {SIGUSR1, SIGUSR2, SIGHUP};
    static struct listener listeners[3];
    struct thread threads[3];
    bool answered = true;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        fixture_open(&listeners[i].fixture);
        listeners[i].number = numbers[i];
        open_set(&listeners[i].fixture, &listeners[i].set, numbers[i]);
        gate_init(&listeners[i].answers);
    }
    for (size_t i = 0; i < 3; i++) {
        thread_start(&threads[i], listen_for_signals, &listeners[i]);
    }
    for (unsigned round = 1; round <= ROUNDS && answered; round++) {
        for (size_t i = 0; i < 3; i++) {
            answered &= kill(getpid(), numbers[i]) == 0;
        }
        for (size_t i = 0; i < 3; i++) {
            answered = answered && gate_await(&listeners[i].answers, round);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
        mio_signal_set_close(&listeners[i].set);
        gate_destroy(&listeners[i].answers);
        fixture_close(&listeners[i].fixture);
    }
    assert_true(answered);
}

#ifdef SIGRTMIN

#define SENDERS 3
#define SENT 2000

static int send_many(void *argument)
{
    const union sigval value = {0};
    (void)argument;
    for (int i = 0; i < SENT; i++) {
        while (sigqueue(getpid(), SIGRTMIN, value) != 0) {
            if (errno != EAGAIN) { /* the system's queue is full */
                return 1;
            }
            thread_yield();
        }
    }
    return 0;
}

/* All are told, however handlers, readers and waits meet. */
static void no_real_time_signal_is_lost(void **state)
{
    struct fixture *f = *state;
    struct thread threads[SENDERS];
    mio_signal_set set;
    uint32_t total = 0;
    int waited = 1;
    SKIP_UNLESS_SIGNALS_ARE_COUNTED();
    open_set(f, &set, SIGRTMIN);
    for (int i = 0; i < SENDERS; i++) {
        thread_start(&threads[i], send_many, NULL);
    }
    while (total < SENDERS * SENT && waited > 0) {
        mio_signal_info info;
        waited = fixture_wait(f, PATIENCE);
        while (mio_signal_set_read(&set, &info, 1) == 1) {
            total += info.count;
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
    }
    assert_true(waited > 0);
    assert_int_equal(total, SENDERS * SENT);
    expect_quiet(f);
    mio_signal_set_close(&set);
}

#else

static void no_real_time_signal_is_lost(void **state)
{
    (void)state;
    SKIP("this system has no real-time signals");
}

#endif

static atomic_bool stop_sending;

/* What a thread that is older than the set must do where signals have to be
 * blocked. Elsewhere handlers run here too. */
static void block_if_needed(bool needed)
{
    sigset_t one;
    if (needed) {
        (void)sigemptyset(&one);
        (void)sigaddset(&one, SIGUSR1);
        (void)pthread_sigmask(SIG_BLOCK, &one, NULL);
    }
}

static int send_until_stopped(void *needs_block)
{
    block_if_needed(*(const bool *)needs_block);
    while (!atomic_load(&stop_sending)) {
        if (kill(getpid(), SIGUSR1) != 0) {
            return 1;
        }
        thread_yield();
    }
    return 0;
}

/* Signals come all the time, and are ignored when there is no set. */
static void sets_come_and_go_under_fire(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    int failures = 0;
    bool needs_block = sets_block_signals();
    set_action(SIGUSR1, SIG_IGN);
    atomic_store(&stop_sending, false);
    thread_start(&thread, send_until_stopped, &needs_block);
    for (int i = 0; i < 200; i++) {
        const int number = SIGUSR1;
        mio_signal_set set;
        mio_signal_info info;
        if (mio_signal_set_init(&set, &number, 1) != 0) {
            failures++;
            continue;
        }
        failures += mio_registry_register(f->registry, &set.source, SET,
                                          MIO_READABLE) != 0;
        failures += fixture_wait(f, PATIENCE) < 1;
        failures += mio_signal_set_read(&set, &info, 1) != 1;
        mio_signal_set_close(&set);
        memset(&set, 0xee, sizeof(set));
    }
    atomic_store(&stop_sending, true);
    assert_int_equal(thread_join(&thread), 0);
    assert_int_equal(failures, 0);
    expect_quiet(f);
    set_action(SIGUSR1, SIG_DFL);
}

static int raise_until_stopped(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop_sending)) {
        if (raise(SIGUSR1) != 0) {
            return 1;
        }
    }
    return 0;
}

/* The child has no thread that leaves the handler which it was in. */
static void children_are_born_during_handlers(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    mio_signal_set set;
    int failures = 0;
    atomic_store(&stop_sending, false);
    open_set(f, &set, SIGUSR1);
    thread_start(&thread, raise_until_stopped, NULL);
    for (int i = 0; i < 40 && failures == 0; i++) {
        const pid_t child = fork();
        if (child == 0) {
            const int number = SIGUSR1;
            mio_signal_set_close(&set);
            int error = mio_signal_set_init(&set, &number, 1);
            mio_signal_set_close(&set);
            _exit(error == 0 ? 0 : 1);
        }
        failures += child < 0 || child_wait(child) != 0;
    }
    atomic_store(&stop_sending, true);
    assert_int_equal(thread_join(&thread), 0);
    assert_int_equal(failures, 0);
    mio_signal_set_close(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(threads_have_their_own_signals),
        TEST(no_real_time_signal_is_lost),
        TEST(sets_come_and_go_under_fire),
        TEST(children_are_born_during_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
