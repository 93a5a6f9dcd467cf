/* signal_support.c: see signal_support.h. */
#ifndef _WIN32

#include "signal_support.h"

#include <pthread.h>
#include <stdatomic.h>

void open_set(struct fixture *f, mio_signal_set *set, int number)
{
    assert_ok(mio_signal_set_init(set, &number, 1));
    assert_ok(
        mio_registry_register(f->registry, &set->source, SET, MIO_READABLE));
}

bool sets_are_descriptors(void)
{
    const int number = SIGUSR1;
    mio_signal_set set;
    assert_ok(mio_signal_set_init(&set, &number, 1));
    const bool result = set.source.fd != MIO_FD_INVALID;
    mio_signal_set_close(&set);
    return result;
}

bool sets_block_signals(void)
{
    const int number = SIGUSR1;
    mio_signal_set set;
    sigset_t mask;
    assert_ok(mio_signal_set_init(&set, &number, 1));
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    mio_signal_set_close(&set);
    return sigismember(&mask, number) == 1;
}

/* Handlers and signalfd are told; a descriptor of the other kind is a kqueue. */
bool sets_know_senders(void)
{
    return !sets_are_descriptors() || sets_block_signals();
}

void expect_sender(const mio_signal_info *info, pid_t process)
{
    const bool known = sets_know_senders();
    assert_int_equal(info->sender_known, known);
    assert_int_equal(info->sender_process, known ? process : 0);
    assert_int_equal(info->sender_user, known ? getuid() : 0);
}

/* ---- Actions ------------------------------------------------------------*/

static atomic_int handled;

void count_it(int number)
{
    (void)number;
    (void)atomic_fetch_add(&handled, 1);
}

void handled_reset(void)
{
    atomic_store(&handled, 0);
}

int handled_count(void)
{
    return atomic_load(&handled);
}

void set_action(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    assert_int_equal(sigemptyset(&action.sa_mask), 0);
    assert_int_equal(sigaction(number, &action, NULL), 0);
}

bool action_is(int number, void (*handler)(int))
{
    struct sigaction action;
    assert_int_equal(sigaction(number, NULL, &action), 0);
    return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

/* ---- Counting -----------------------------------------------------------*/

#ifdef SIGRTMIN

bool signals_are_counted(void)
{
    const union sigval value = {0};
    const int number = SIGRTMIN;
    set_action(number, count_it);
    handled_reset();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sigqueue(getpid(), number, value), 0);
    }
    thread_pause(MILLISECOND);
    set_action(number, SIG_IGN); /* if one is still under way */
    return sets_block_signals() || handled_count() == 20;
}

#else

bool signals_are_counted(void)
{
    return false;
}

#endif

#else
typedef int mio_test_nothing; /* a file is not empty */
#endif
