/* signals.h: what the kinds of signal sets on Unix share. */
#ifndef MIO_SYS_UNIX_SIGNALS_H
#define MIO_SYS_UNIX_SIGNALS_H

#include "signal_set.h"

/* Whether the process and user of a siginfo_t with this si_code mean anything;
 * in others the same bytes are something else, such as a timer's. */
bool mio__signals_has_sender(int number, int code);

/* Finds the element of a number in infos that are sorted, or makes room for it;
 * then its count is 0, and the rest not set. pre: there is room */
mio_signal_info *mio__signals_place(mio_signal_info *infos, size_t *count,
                                    int number);

/* ---- signals_caught.c: for all but signalfd ------------------------------*/

typedef void mio__signals_handler(int number, siginfo_t *from, void *context);

/* Catches the signals of a set, and unblocks them. pre: the set is published.
 * Returns 0, or MIO_ERR_* and has undone all. */
int mio__signals_catch(struct mio__signal_set *set,
                       mio__signals_handler *handler);

/* Undoes that, but for handlers that the program has set since. Can throw away
 * what has been sent and not been caught yet. Async-signal-safe. */
void mio__signals_let_go(struct mio__signal_set *set,
                         mio__signals_handler *handler, bool forgets);

/* For the handler: in a forked child that has not closed the set the signal has
 * the effect that it had before. Returns whether that is so. */
bool mio__signals_hand_back(struct mio__signal_set *set, int number);

#endif
