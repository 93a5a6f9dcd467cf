/* slab.h: the caller's slots on Windows, and the life of each.
 *
 * No system calls here but those of afd.h, and no locks: the selector holds
 * its own around every call. A slot keeps what the kernel writes to while it
 * works on a request, so it must outlive its registration:
 *
 *   FREE       in the free list
 *   IDLE       registered; the kernel has no request of it
 *   PENDING    registered; a request is with the kernel
 *   CANCELLED  registered; the request no longer asks for what is wanted, and
 *              its completion will make room for another
 *   ZOMBIE     not registered any more; the completion is still to come
 *   BOUND      a named pipe's, from its first registration to its close
 *
 *   FREE -> IDLE              add
 *   IDLE -> PENDING           flush, if anything is armed
 *   PENDING -> CANCELLED      flush, if more is armed than was asked for
 *   PENDING, CANCELLED -> IDLE    feed: the completion
 *   PENDING, CANCELLED -> ZOMBIE  remove
 *   IDLE -> FREE              remove
 *   any but FREE -> FREE      feed: the socket was closed, or a zombie's end
 *   FREE -> BOUND -> FREE     bind, unbind; through ZOMBIE if packets of the
 *                             pipe are still to come
 *
 * A completion names its slot by index and generation (the context), never by
 * address; one that fits no request of the slot is ignored.
 *
 * Two lists run through the slots by index: the slots to look at before the
 * next wait (update) and those with events to deliver (ready). A slot knows
 * whether it is in them, so that it is never in one twice; it stays in when it
 * is freed and is passed over. A hash table of the sockets runs through them
 * too: each slot is also one bucket. */
#ifndef MIO_SYS_WINDOWS_SLAB_H
#define MIO_SYS_WINDOWS_SLAB_H

#include <stdbool.h>

#include "mio/event.h"
#include "sys/windows/afd.h"

#define MIO__SLOT_NONE UINT32_MAX

enum mio__slot_state {
    MIO__SLOT_FREE,
    MIO__SLOT_IDLE,
    MIO__SLOT_PENDING,
    MIO__SLOT_CANCELLED,
    MIO__SLOT_ZOMBIE,
    MIO__SLOT_BOUND
};

enum mio__slot_list {
    MIO__LIST_UPDATE, /* to look at before the next wait */
    MIO__LIST_READY,  /* with events to deliver */
    MIO__LISTS
};

/* What a bound slot belongs to. */
struct mio__bound {
    /* An overlapped operation of it has completed. */
    void (*completed)(struct mio__bound *bound, void *overlapped);
};

struct mio__slot {
    struct mio__afd_request request; /* bound: poll.events is what holds */
    mio_token token;
    uintptr_t socket; /* as it was registered; the key of the hash table */
    uintptr_t base;   /* the socket below all layered providers */
    uintptr_t helper; /* in every 32nd slot: the handle for it and the next */
    struct mio__bound *bound;
    uint32_t next[MIO__LISTS];
    uint32_t bucket;  /* the first slot whose socket hashes to this slot */
    uint32_t chain;   /* the next in the same bucket; free: in the free list */
    uint32_t found;   /* MIO_EVENT_* to deliver */
    uint32_t packets; /* bound: completions still to come */
    uint16_t generation;
    uint8_t state;
    uint8_t flags; /* of slab.c */
    uint8_t wish;  /* what was registered */
    uint8_t armed; /* what is still to be watched for */
    uint8_t asked; /* what the pending request watches for */
};

struct mio__slab {
    struct mio__slot *slots;
    uintptr_t port; /* where helpers report to */
    uint32_t capacity;
    uint32_t touched; /* slots below have been used at some time */
    uint32_t vacant;  /* first of the free list */
    uint32_t pending; /* requests that the kernel has */
    uint32_t zombies;
    uint32_t first[MIO__LISTS];
    uint32_t last[MIO__LISTS];
};

/* A socket as the selector has found it. */
struct mio__slab_socket {
    uintptr_t socket;
    uintptr_t base;
    bool is_datagram;
};

void mio__slab_init(struct mio__slab *slab, struct mio__slot *slots,
                    uint32_t count, uintptr_t port);

/* Registers a socket. MIO_ERR_ALREADY_EXISTS, MIO_ERR_NO_SLOTS, or why no
 * helper could be opened. */
int mio__slab_add(struct mio__slab *slab, const struct mio__slab_socket *socket,
                  mio_token token, mio_interest interest, uint32_t *index);

/* Whether a slot still is the registration that it was. */
bool mio__slab_holds(const struct mio__slab *slab, uint32_t index,
                     uint32_t generation);

/* The four below: pre: mio__slab_holds. */

/* Replaces a registration and arms it afresh. */
void mio__slab_change(struct mio__slab *slab, uint32_t index, mio_token token,
                      mio_interest interest);

/* Ends a registration; no event of it is delivered from now on. */
void mio__slab_remove(struct mio__slab *slab, uint32_t index);

/* I/O in these directions would have blocked. */
void mio__slab_rearm(struct mio__slab *slab, uint32_t index,
                     mio_interest directions);

/* The context of a slot's requests; never 0. */
uintptr_t mio__slab_context(const struct mio__slab *slab, uint32_t index);

/* ---- Waiting ------------------------------------------------------------*/

/* Brings the kernel's requests up to date with what is wanted. */
void mio__slab_flush(struct mio__slab *slab);

/* A completion has come. */
void mio__slab_feed(struct mio__slab *slab, uintptr_t context);

/* Delivers up to `room` events, those found first first. */
int mio__slab_take(struct mio__slab *slab, mio_event *events, int room);

static inline bool mio__slab_has_updates(const struct mio__slab *slab)
{
    return slab->first[MIO__LIST_UPDATE] != MIO__SLOT_NONE;
}

static inline bool mio__slab_is_ready(const struct mio__slab *slab)
{
    return slab->first[MIO__LIST_READY] != MIO__SLOT_NONE;
}

/* ---- Closing ------------------------------------------------------------*/

/* Cancels every request; the slab has let go of the caller's memory when
 * `pending` has come down to 0. */
void mio__slab_cancel(struct mio__slab *slab);

/* Closes the helpers. pre: pending is 0 */
void mio__slab_close(struct mio__slab *slab);

/* ---- Bound slots --------------------------------------------------------*/

/* Takes a slot for good, not registered yet. 0 or MIO_ERR_NO_SLOTS. */
int mio__slab_bind(struct mio__slab *slab, struct mio__bound *bound,
                   uint32_t *index);

/* Gives it back, at once or when the packets expected have come. */
void mio__slab_unbind(struct mio__slab *slab, uint32_t index);

/* What holds for a bound slot has changed, in terms of MIO__AFD_*. */
void mio__slab_set(struct mio__slab *slab, uint32_t index, uint32_t events);

/* A packet with this slot's context is to come. */
void mio__slab_expect(struct mio__slab *slab, uint32_t index);

/* One has come: the object it is for, or NULL if that is gone. */
struct mio__bound *mio__slab_packet(struct mio__slab *slab, uintptr_t context);

#endif
