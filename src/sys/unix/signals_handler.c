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

static void handle(int number, siginfo_t *from, void *context)
{
    const int saved = errno;
    struct mio__signal_set *set = mio__signal_enter(number);
    (void)context;
    if (set != NULL && !mio__signals_hand_back(set, number)) {
        const bool known = mio__signals_has_sender(number, from->si_code);
        mio__signal_record(set, number, known ? (uint32_t)from->si_pid : 0,
                           known ? (uint32_t)from->si_uid : 0);
    }
    mio__signal_leave();
    errno = saved;
}

int mio__signals_open(struct mio__signal_set *set)
{
    mio__signal_record_init(set);
    return mio__signals_catch(set, handle);
}

mio_ssize mio__signals_read(struct mio__signal_set *set, mio_signal_info *infos,
                            size_t room)
{
    return (mio_ssize)mio__signal_record_take(set, infos, room);
}

void mio__signals_close(struct mio__signal_set *set)
{
    mio__signals_let_go(set, handle, false);
}

/* What the parent's handler had got before the fork was the parent's. */
void mio__signals_close_in_child(struct mio__signal_set *set)
{
    mio__signals_let_go(set, handle, false);
}

#endif
