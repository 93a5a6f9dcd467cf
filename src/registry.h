/* registry.h: the inside of a mio_poll. */
#ifndef MIO_REGISTRY_H
#define MIO_REGISTRY_H

#include "internal.h"

#include "bell.h"
#include "sys/selector.h"
#include "wake_queue.h"

/* The life of a registry. The three open phases share their upper bits. PLAIN
 * lets a wait sleep without a word to the bell; so the bell is then shut, or
 * its first ring (waker.c) has yet to be heard and ends that sleep. */
enum {
    MIO__PHASE_CLOSED = 0,
    MIO__PHASE_PLAIN = 0x4f494d01,   /* no bell: a wait is one system call */
    MIO__PHASE_BELL = 0x4f494d02,    /* the bell is, or may be, open */
    MIO__PHASE_WAITING = 0x4f494d03, /* a thread is in mio_poll_wait */
    MIO__PHASE_OPEN_MASK = 0x7fffff00
};

struct mio_registry {
    _Atomic uint32_t phase;
    uint32_t id; /* a new one for each init: a source or waker remembers it,
                    and so knows that its poll is closed or another */
    struct mio__selector selector;
    struct mio__bell bell;
    struct mio__wake_queue wakes; /* its lock also guards opening the bell */
    struct {
        mio_event *events;
        int64_t timeout_ns;
        int room;
    } asked; /* of mio_poll_wait, while it goes the short way */
    bool interruptible;
    bool wakes_first; /* who gets the events array first; alternates */
};

static inline uint32_t mio__registry_phase(const mio_registry *registry)
{
    return atomic_load_explicit(&registry->phase, memory_order_relaxed);
}

static inline void mio__registry_set_phase(mio_registry *registry,
                                           uint32_t phase)
{
    atomic_store_explicit(&registry->phase, phase, memory_order_relaxed);
}

static inline uint32_t mio__registry_phase_at_rest(const mio_registry *registry)
{
    return mio__bell_is_open(&registry->bell) ? MIO__PHASE_BELL
                                              : MIO__PHASE_PLAIN;
}

static inline bool mio__registry_is_open(const mio_registry *registry)
{
    return registry != NULL &&
           (mio__registry_phase(registry) & MIO__PHASE_OPEN_MASK) ==
               (MIO__PHASE_PLAIN & MIO__PHASE_OPEN_MASK);
}

/* Whether the registry that an object remembers, with its id, still exists. */
static inline bool mio__registry_is_current(const mio_registry *registry,
                                            uint32_t id)
{
    return mio__registry_is_open(registry) && registry->id == id;
}

#endif
