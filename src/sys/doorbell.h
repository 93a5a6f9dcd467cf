/* doorbell.h: a descriptor that becomes readable when it is rung.
 *
 * One implementation is linked: doorbell_eventfd.c or doorbell_pipe.c. Rings
 * are not counted; bell.c sees to it that at most one is unheard at a time. */
#ifndef MIO_SYS_DOORBELL_H
#define MIO_SYS_DOORBELL_H

#include "mio/base.h"

struct mio__doorbell {
    mio_fd watch; /* readable once rung; what the selector watches */
    mio_fd ring;  /* the end to write to; may be the same descriptor */
};

/* Opens a doorbell that has not been rung. Returns 0 or MIO_ERR_*. */
int mio__doorbell_open(struct mio__doorbell *doorbell);

void mio__doorbell_close(struct mio__doorbell *doorbell);

/* Makes `watch` readable, with a new edge. Any thread, and signal handlers;
 * keeps errno when it succeeds. Returns 0 or MIO_ERR_*. */
int mio__doorbell_ring(const struct mio__doorbell *doorbell);

/* Called once for each ring that has been heard: makes `watch` unreadable
 * where the selector or the kind of doorbell needs that. */
void mio__doorbell_hush(const struct mio__doorbell *doorbell);

#endif
