/* signals_caught.c: catching the signals of a set, and giving them back. See
 * signals.h. */
#include "signal_set.h"

#if defined(MIO_SIGNALS_KQUEUE) || defined(MIO_SIGNALS_HANDLER)

#include <errno.h>

#include "sys/unix/signals.h"

/* ---- Giving back --------------------------------------------------------*/

/* A signal that is ignored is not pending any more, in whichever thread it was.
 * SIGCHLD's default does that too; to ignore it, even for a moment, would cost
 * the program the status of a child that ends now. */
static void forget_pending(int number)
{
    struct sigaction action;
    action.sa_handler = number == SIGCHLD ? SIG_DFL : SIG_IGN;
    action.sa_flags = 0;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

/* A handler that the program has set since is the program's. */
static void give_back_first(struct mio__signal_set *set, uint32_t count,
                            mio__signals_handler *handler, bool forgets)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sigaction now;
        const int number = set->slots[i].number;
        if (sigaction(number, NULL, &now) == 0 &&
            (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handler) {
            if (forgets) {
                forget_pending(number);
            }
            (void)sigaction(number, &set->saved.actions[i], NULL);
        }
    }
}

void mio__signals_let_go(struct mio__signal_set *set,
                         mio__signals_handler *handler, bool forgets)
{
    (void)pthread_sigmask(SIG_BLOCK, &set->saved.unblocked, NULL);
    give_back_first(set, set->count, handler, forgets);
}

/* It is blocked in the handler, and comes when that ends. */
bool mio__signals_hand_back(struct mio__signal_set *set, int number)
{
    if (set->process == mio__signals_process()) {
        return false;
    }
    const size_t at = (size_t)(mio__signal_slot_of(set, number) - set->slots);
    (void)sigaction(number, &set->saved.actions[at], NULL);
    (void)raise(number);
    return true;
}

/* ---- Catching -----------------------------------------------------------*/

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

int mio__signals_catch(struct mio__signal_set *set,
                       mio__signals_handler *handler)
{
    struct sigaction action;
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_RESTART | on_stack();
    (void)sigfillset(&action.sa_mask);
    for (uint32_t i = 0; i < set->count; i++) {
        if (sigaction(set->slots[i].number, &action, &set->saved.actions[i]) !=
            0) {
            int error = mio_error_from_os(errno);
            give_back_first(set, i, handler, false);
            return error;
        }
    }
    unblock(set);
    return 0;
}

#endif
