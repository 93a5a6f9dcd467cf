/* signals.h: how the system's signals come to a set. One implementation is
 * linked: signals_fd.c, signals_kqueue.c, signals_handler.c or, on Windows,
 * signals.c. */
#ifndef MIO_SYS_SIGNALS_H
#define MIO_SYS_SIGNALS_H

#include "internal.h"

#ifndef _WIN32
#include <signal.h>
#endif

/* No signal has a higher number. NSIG does not tell: on FreeBSD it leaves out
 * the real-time signals. */
#if defined(_WIN32)
enum { MIO__SIGNAL_LAST = 22 };
#elif defined(__linux__) && !defined(__mips__)
enum { MIO__SIGNAL_LAST = 64 };
#else
enum { MIO__SIGNAL_LAST = 127 };
#endif

/* What an open set has changed. */
#if defined(MIO_SIGNALS_SIGNALFD)
struct mio__signals_saved {
    sigset_t blocked; /* those that were not blocked */
};
#elif defined(MIO_SIGNALS_KQUEUE) || defined(MIO_SIGNALS_HANDLER)
struct mio__signals_saved {
    sigset_t unblocked;                           /* those that were blocked */
    struct sigaction actions[MIO_SIGNAL_SET_MAX]; /* in the order of slots */
};
#else
struct mio__signals_saved {
    int nothing;
};
#endif

struct mio__signal_set;

/* Tells processes apart: a forked child has another. */
uint32_t mio__signals_process(void);

/* Whether a set can have this signal: 0, MIO_ERR_INVALID_INPUT if it is none,
 * MIO_ERR_UNSUPPORTED. pre: 1 to MIO__SIGNAL_LAST */
int mio__signals_check(int number);

/* Makes the source, and diverts the signals to it. pre: process, count and the
 * slots' numbers are set. Returns 0, or MIO_ERR_* and has undone all. */
int mio__signals_open(struct mio__signal_set *set);

/* As mio_signal_set_read; 0 stands for MIO_ERR_WOULD_BLOCK. pre: open */
mio_ssize mio__signals_read(struct mio__signal_set *set, mio_signal_info *infos,
                            size_t room);

/* Undoes what open has changed. Afterwards the source is closed if it is a
 * descriptor's; if it is in memory, handlers may still be running. */
void mio__signals_close(struct mio__signal_set *set);

/* The same in a forked child, where other threads are gone, whatever they were
 * at, and nothing may be taken from the parent. Async-signal-safe. */
void mio__signals_close_in_child(struct mio__signal_set *set);

#endif
