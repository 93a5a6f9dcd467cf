/* signals_handler.c: signals from a handler. See sys/signals.h.
 *
 * The handler writes down what has come and tells the poll, whose doorbell is
 * what others call a self-pipe: it is rung only when the poll sleeps. It runs in
 * whichever thread the system chooses. Nothing of it is left in a program that
 * is executed; system calls that know no restart are interrupted. */
#include "signal_set.h"

#ifdef MIO_SIGNALS_HANDLER

#include <errno.h>

#include "sys/unix/signals.h"

/* ---- The handler --------------------------------------------------------*/

/* In a forked child that has not closed the set: the signal has the effect
 * that it had before. It is blocked here, and comes when the handler ends. */
static void give_back(struct mio__signal_set *set, int number)
{
    const size_t at = (size_t)(mio__signal_slot_of(set, number) - set->slots);
    (void)sigaction(number, &set->saved.actions[at], NULL);
    (void)raise(number);
}

static void handle(int number, siginfo_t *from, void *context)
{
    const int saved = errno;
    struct mio__signal_set *set = mio__signal_enter(number);
    (void)context;
    if (set != NULL && set->process != mio__signals_process()) {
        give_back(set, number);
    } else if (set != NULL) {
        const bool known = mio__signals_has_sender(number, from->si_code);
        mio__signal_record(set, number, known ? (uint32_t)from->si_pid : 0,
                           known ? (uint32_t)from->si_uid : 0);
    }
    mio__signal_leave();
    errno = saved;
}

/* ---- Opening and closing ------------------------------------------------*/

/* A handler that the program has set since is the program's. */
static void give_back_first(struct mio__signal_set *set, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sigaction now;
        const int number = set->slots[i].number;
        if (sigaction(number, NULL, &now) == 0 &&
            (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handle) {
            (void)sigaction(number, &set->saved.actions[i], NULL);
        }
    }
}

/* Under an inherited mask no thread might take the signals. */
static void unblock(struct mio__signal_set *set)
{
    sigset_t wanted;
    sigset_t before;
    (void)sigemptyset(&wanted);
    (void)sigemptyset(&set->saved.unblocked);
    for (uint32_t i = 0; i < set->count; i++) {
        (void)sigaddset(&wanted, set->slots[i].number);
    }
    (void)pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
    for (uint32_t i = 0; i < set->count; i++) {
        if (sigismember(&before, set->slots[i].number) == 1) {
            (void)sigaddset(&set->saved.unblocked, set->slots[i].number);
        }
    }
}

/* Where threads have alternate stacks (those of Go, whose others are small, need
 * it) the handler uses them. Not elsewhere: valgrind 3.19 then ends the program
 * if the usual stack must grow for the handler. */
static int on_stack(void)
{
    stack_t stack;
    return sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0
               ? SA_ONSTACK
               : 0;
}

int mio__signals_open(struct mio__signal_set *set)
{
    struct sigaction action;
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_RESTART | on_stack();
    (void)sigfillset(&action.sa_mask);
    mio__signal_record_init(set);
    for (uint32_t i = 0; i < set->count; i++) {
        if (sigaction(set->slots[i].number, &action, &set->saved.actions[i]) !=
            0) {
            int error = mio_error_from_os(errno);
            give_back_first(set, i);
            return error;
        }
    }
    unblock(set);
    return 0;
}

mio_ssize mio__signals_read(struct mio__signal_set *set, mio_signal_info *infos,
                            size_t room)
{
    return (mio_ssize)mio__signal_record_take(set, infos, room);
}

void mio__signals_close(struct mio__signal_set *set)
{
    (void)pthread_sigmask(SIG_BLOCK, &set->saved.unblocked, NULL);
    give_back_first(set, set->count);
}

/* What the parent's handler had got before the fork was the parent's. */
void mio__signals_close_in_child(struct mio__signal_set *set)
{
    mio__signals_close(set);
}

#endif
