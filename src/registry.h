/* registry.h: the inside of a mio_poll. */
#ifndef MIO_REGISTRY_H
#define MIO_REGISTRY_H

#include "internal.h"

#include "bell.h"
#include "sys/selector.h"
#include "wake_queue.h"

/* The life of a registry. */
enum {
    MIO__PHASE_CLOSED = 0,
    MIO__PHASE_IDLE = 0x4f494d02,
    MIO__PHASE_WAITING = 0x4f494d03 /* a thread is in mio__wait */
};

typedef int mio__wait_function(mio_registry *registry, mio_event *events,
                               int room, int64_t timeout_ns);

/* The beginning of a timer queue that is attached to a poll. */
struct mio__timers {
    mio__wait_function *wait;
};

struct mio_registry {
    _Atomic int plain; /* mio_poll.plain_. Cleared for good before the bell is
                          opened: whoever sleeps without a word to the bell is
                          then woken by its first ring (registry.c); and when
                          there are timers, or it is to spin. Under the lock of
                          the wakes. */
    _Atomic uint32_t phase;
    uint32_t id; /* a new one for each init: a source or waker remembers it,
                    and so knows that its poll is closed or another */
    struct mio__selector selector;
    struct mio__bell bell;
    struct mio__wake_queue wakes; /* its lock also guards opening the bell */
    mio__wait_function *wait;     /* mio__wait_once, or what is around it: see
                                     mio__wait_choose */
    struct mio__timers *timers;   /* NULL without */
    mio__wait_function *spin;     /* NULL without */
    int64_t spin_ns;
    bool interruptible;
    bool wakes_first; /* who gets the events array first; alternates */
};

/* Numbers the polls and timer queues. The library's only writable global, but
 * for sys/windows/net.c. */
extern _Atomic uint32_t mio__registry_count;

static inline bool mio__registry_is_open(const mio_registry *registry)
{
    return registry != NULL &&
           (atomic_load_explicit(&registry->phase, memory_order_relaxed) |
            1u) == MIO__PHASE_WAITING;
}

/* Whether the registry that an object remembers, with its id, still exists. */
static inline bool mio__registry_is_current(const mio_registry *registry,
                                            uint32_t id)
{
    return mio__registry_is_open(registry) && registry->id == id;
}

/* Whether the source's registration is with a poll that is still open. */
static inline bool mio__source_is_registered(const mio_source *source)
{
    return source->owner_ != NULL &&
           mio__registry_is_current(source->owner_, source->owner_id_);
}

/* Returns 0 if the source is registered here, MIO_ERR_ALREADY_EXISTS if with
 * another poll, MIO_ERR_NOT_FOUND. pre: the registry is open. */
static inline int mio__source_owner_check(const mio_source *source,
                                          const mio_registry *registry)
{
    if (source->owner_ == registry && source->owner_id_ == registry->id) {
        return 0;
    }
    return mio__source_is_registered(source) ? MIO_ERR_ALREADY_EXISTS
                                             : MIO_ERR_NOT_FOUND;
}

static inline void mio__source_set_owner(mio_source *source,
                                         mio_registry *registry)
{
    source->owner_ = registry;
    source->owner_id_ = registry->id;
}

/* Opens the bell of a poll that could do without so far. Under the lock of its
 * wakes. Returns 0 or MIO_ERR_*. */
int mio__registry_open_bell(mio_registry *registry);

/* No wait is plain any more: see `plain`. Whoever opens the bell just now, and
 * fails, does not take that back. */
static inline void mio__registry_leave_plain(mio_registry *registry)
{
    mio__mutex_lock(&registry->wakes.lock);
    atomic_store(&registry->plain, -1);
    mio__mutex_unlock(&registry->wakes.lock);
}

#endif
