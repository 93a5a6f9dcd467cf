/* epoll.h: the epoll selector's state. See epoll.c. */
#ifndef MIO_SYS_UNIX_EPOLL_H
#define MIO_SYS_UNIX_EPOLL_H

#include <errno.h>
#include <sys/epoll.h>

#include "mio/error.h"

struct mio__selector {
    int epoll;
    bool no_pwait2; /* the kernel or a sandbox has refused epoll_pwait2 */
};

int mio__selector_wait_finite(struct mio__selector *selector, mio_event *events,
                              int room, int64_t timeout_ns);

/* Inline, because nothing else may stand between the caller and the kernel. */
static inline int mio__selector_wait(struct mio__selector *selector,
                                     mio_event *events, int room,
                                     int64_t timeout_ns)
{
    if (timeout_ns > 0) {
        return mio__selector_wait_finite(selector, events, room, timeout_ns);
    }
    int count =
        epoll_wait(selector->epoll, (struct epoll_event *)(void *)events, room,
                   timeout_ns < 0 ? -1 : 0);
    return count < 0 ? mio_error_from_os(errno) : count;
}

#define MIO__EDGES_IN_KERNEL MIO__SOURCE_DIRECT

static inline void mio__selector_rearm(struct mio__selector *selector,
                                       const mio_source *source,
                                       mio_interest directions)
{
    (void)selector;
    (void)source;
    (void)directions;
}

#endif
