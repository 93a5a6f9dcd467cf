/* selector.h: the Windows selector's state. See selector.c. */
#ifndef MIO_SYS_WINDOWS_SELECTOR_H
#define MIO_SYS_WINDOWS_SELECTOR_H

#include "sys/mutex.h"
#include "sys/windows/slab.h"

#define MIO__EDGES_IN_KERNEL 0
#define MIO__MORE_INTERESTS 0u

struct mio__selector {
    uintptr_t port;
    mio__mutex lock; /* guards everything below */
    struct mio__slab slab;
    bool waiting; /* a thread sleeps in the port, or is about to */
    bool rung;    /* the bell's packet has been fetched, and not delivered */
};

void mio__selector_rearm(struct mio__selector *selector,
                         const mio_source *source, mio_interest directions);

static inline int mio__selector_plain(const struct mio__selector *selector)
{
    (void)selector;
    return -1;
}

/* ---- For what keeps a bound slot ----------------------------------------*/

/* Takes a slot, which is not registered yet; makes room first if need be.
 * MIO_ERR_NO_SLOTS. Under the lock, which may be let go for a moment. */
int mio__selector_bind(struct mio__selector *selector, struct mio__bound *bound,
                       uint32_t *index);

/* Ends a change under the lock: a thread that waits gets to know. */
void mio__selector_settle(struct mio__selector *selector);

#endif
