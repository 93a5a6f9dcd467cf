/* epoll.h: the epoll selector's state. See epoll.c. */
#ifndef MIO_SYS_UNIX_EPOLL_H
#define MIO_SYS_UNIX_EPOLL_H

struct mio__selector {
    int epoll;
    bool no_pwait2; /* the kernel or a sandbox has refused epoll_pwait2 */
};

#define MIO__EDGES_IN_KERNEL MIO__SOURCE_DIRECT
#define MIO__MORE_INTERESTS 0u

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
    return selector->epoll;
}

#endif
