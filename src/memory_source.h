/* memory_source.h: what all sources without a descriptor have in common:
 * registration, modes, and the way their news takes to the poll.
 *
 * It is the beginning of each such object. What belongs to the registration is
 * changed under the lock of the poll's wakes, under which reports are made
 * too. */
#ifndef MIO_MEMORY_SOURCE_H
#define MIO_MEMORY_SOURCE_H

#include "notifier.h"

struct mio__memory_source;

/* Returns the MIO_EVENT_ flags to tell: those that are news since it was last
 * called, or all that are set. Under the lock of the wakes, after news. */
typedef uint32_t mio__memory_source_look(struct mio__memory_source *memory,
                                         bool all);

struct mio__memory_source {
    mio_source source; /* that of the public type, which begins with it */
    struct mio__notifier notifier;
    mio__memory_source_look *look;
    mio_interest interest; /* 0: not registered, or a oneshot that has fired */
    bool fresh; /* nothing has been told since it was (re)registered */
};

void mio__memory_source_init(struct mio__memory_source *memory,
                             mio__memory_source_look *look);

/* Deregisters and closes. pre: open */
void mio__memory_source_close(struct mio__memory_source *memory);

#endif
