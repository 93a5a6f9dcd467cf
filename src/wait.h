/* wait.h: waiting with all there is to it: wakers, the clock, signals. */
#ifndef MIO_WAIT_H
#define MIO_WAIT_H

#include "registry.h"

/* The whole of mio_poll_wait, its arguments checked. count is what a plain wait
 * of the kernel (see mio_poll.plain_) has found already, or its error, or 0. */
int mio__wait(struct mio_registry *registry, mio_event *events, int room,
              int64_t timeout_ns, int count);

/* One wait for sources and wakes, which may end early. They take turns at being
 * first, so that neither fills a small array for ever. */
int mio__wait_once(struct mio_registry *registry, mio_event *events, int room,
                   int64_t timeout_ns);

/* The same, and for timers, if the poll has any. */
static inline int mio__wait_for_all(struct mio_registry *registry,
                                    mio_event *events, int room,
                                    int64_t timeout_ns)
{
    return registry->timers == NULL
               ? mio__wait_once(registry, events, room, timeout_ns)
               : registry->timers->wait(registry, events, room, timeout_ns);
}

#endif
