/* poll.h: the poll(2) selector's state. See poll.c. */
#ifndef MIO_SYS_UNIX_POLL_H
#define MIO_SYS_UNIX_POLL_H

#include <poll.h>

#include "sys/mutex.h"

#define MIO__EDGES_IN_KERNEL 0
#define MIO__MORE_INTERESTS 0u

struct mio__poll_entry;

struct mio__selector {
    struct mio__bell *bell;
    mio__mutex lock; /* guards everything below */

    struct pollfd *pollfds; /* [0] is the doorbell, [i + 1] is entry i */
    struct mio__poll_entry *entries;
    struct pollfd doorbell_only; /* pollfds of a poll without slots */

    uint32_t capacity; /* entries in all */
    uint32_t touched;  /* entries below have been used at some time */
    uint32_t extent;   /* entries below are given to the kernel */
    uint32_t vacant;   /* first of the free list, or NO_ENTRY */
    uint32_t cursor;   /* where the next scan begins, so that none starves */

    bool in_kernel; /* the kernel reads and writes pollfds: hands off */
    bool stale;     /* an entry has changed meanwhile: pollfds lags behind */
};

void mio__selector_rearm(struct mio__selector *selector,
                         const mio_source *source, mio_interest directions);

static inline int mio__selector_plain(const struct mio__selector *selector)
{
    (void)selector;
    return -1;
}

#endif
