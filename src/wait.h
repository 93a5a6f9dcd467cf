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
static inline mio__wait_function *mio__wait_for_all(mio_registry *registry)
{
    return registry->timers == NULL ? mio__wait_once : registry->timers->wait;
}

/* After a change of the poll's timers, or of its spinning. Both put themselves
 * around mio__wait_once by a pointer, so that programs without them have none of
 * it. */
static inline void mio__wait_choose(mio_registry *registry)
{
    registry->wait =
        registry->spin != NULL ? registry->spin : mio__wait_for_all(registry);
    mio__registry_leave_plain(registry);
}

#endif
