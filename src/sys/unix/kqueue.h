/* kqueue.h: the kqueue selector's state. See kqueue.c. */
#ifndef MIO_SYS_UNIX_KQUEUE_H
#define MIO_SYS_UNIX_KQUEUE_H

#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h> /* before <sys/event.h>, on FreeBSD */

#include <sys/event.h>

#include "sys/mutex.h"

struct mio__selector {
    int kqueue;
    _Atomic int pairs; /* a kqueue inside it, for oneshot sources of several
                          filters; negative until there is one */
    mio__mutex lock;   /* of pairs: see kqueue.c */
};

#define MIO__EDGES_IN_KERNEL MIO__SOURCE_DIRECT

/* Requests for asynchronous I/O tell a kqueue of their end by themselves. */
#if !defined(SIGEV_KEVENT) || !defined(EVFILT_AIO)
#define MIO__MORE_INTERESTS 0u
#elif defined(EVFILT_LIO)
#define MIO__MORE_INTERESTS (MIO_AIO | MIO_LIO)
#else
#define MIO__MORE_INTERESTS MIO_AIO
#endif

static inline void mio__selector_rearm(struct mio__selector *selector,
                                       const mio_source *source,
                                       mio_interest directions)
{
    (void)selector;
    (void)source;
    (void)directions;
}

static inline int mio__selector_plain(const struct mio__selector *selector)
{
    (void)selector;
    return -1;
}

#endif
