/* watch.c: what slots watch for, find and deliver. See slab.h. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include "sys/windows/slab_inside.h"

/* slot.wish: the directions of mio_interest, and its modes */
enum { WISH_LEVEL = 0x08, WISH_ONESHOT = 0x10 };

/* slot.armed and slot.asked: the directions of mio_interest, and */
enum {
    ARMED_END = 0x08,  /* the peer's end of stream */
    ARMED_FATAL = 0x10 /* reset, or not connected at all */
};

#define DIRECTIONS_MASK ((uint8_t)MIO__DIRECTIONS)

_Static_assert((MIO__DIRECTIONS & ~7u) == 0, "directions fit the low bits");

/* ---- Finding events -----------------------------------------------------*/

static uint32_t events_of(uint8_t armed)
{
    uint32_t events = 0;
    if ((armed & MIO_READABLE) != 0) {
        events |= MIO__AFD_RECEIVE | MIO__AFD_ACCEPT;
    }
    if ((armed & MIO_PRIORITY) != 0) {
        events |= MIO__AFD_RECEIVE_EXPEDITED;
    }
    if ((armed & MIO_WRITABLE) != 0) {
        events |= MIO__AFD_SEND;
    }
    if ((armed & ARMED_END) != 0) {
        events |= MIO__AFD_DISCONNECT;
    }
    if ((armed & ARMED_FATAL) != 0) {
        events |= MIO__AFD_ABORT | MIO__AFD_CONNECT_FAIL;
    }
    return events;
}

/* AFD's events as a mio_event's flags, and what they have used up. */
static uint32_t flags_of(const struct mio__slot *slot, uint32_t events,
                         uint8_t *fired)
{
    uint32_t flags = 0;
    bool is_over = (events & MIO__AFD_ABORT) != 0;
    if ((events & MIO__AFD_CONNECT_FAIL) != 0) {
        /* On a datagram socket an ICMP error: the socket lives on. */
        flags |= MIO_EVENT_ERROR;
        *fired |= ARMED_FATAL;
        is_over = is_over || (slot->flags & MIO__SLOT_DATAGRAM) == 0;
    }
    if (is_over) {
        flags |= MIO_EVENT_ERROR | MIO_EVENT_HANGUP;
        *fired |= DIRECTIONS_MASK | ARMED_END | ARMED_FATAL;
    }
    if ((events & MIO__AFD_DISCONNECT) != 0) {
        flags |= MIO_EVENT_READ_CLOSED;
        *fired |= ARMED_END;
    }
    if ((events & (MIO__AFD_RECEIVE | MIO__AFD_ACCEPT)) != 0) {
        flags |= MIO_EVENT_IN;
        *fired |= MIO_READABLE;
    }
    if (is_over || (events & MIO__AFD_DISCONNECT) != 0) {
        flags |= (slot->wish & MIO_READABLE) != 0 ? MIO_EVENT_IN : 0;
    }
    if ((events & MIO__AFD_RECEIVE_EXPEDITED) != 0) {
        flags |= MIO_EVENT_PRIORITY;
        *fired |= MIO_PRIORITY;
    }
    if ((events & MIO__AFD_SEND) != 0 ||
        (is_over && (slot->wish & MIO_WRITABLE) != 0)) {
        flags |= MIO_EVENT_OUT;
        *fired |= MIO_WRITABLE;
    }
    return flags;
}

static bool is_level(const struct mio__slot *slot)
{
    return (slot->wish & (WISH_LEVEL | WISH_ONESHOT)) == WISH_LEVEL;
}

/* These events hold: notes those that are armed, and disarms as the mode
 * says. */
static void slot_report(struct mio__slab *slab, uint32_t index, uint32_t events)
{
    struct mio__slot *slot = &slab->slots[index];
    uint8_t fired = 0;
    events &= events_of(slot->armed);
    if (events == 0) {
        return;
    }
    slot->found |= flags_of(slot, events, &fired);
    if ((slot->wish & WISH_ONESHOT) != 0) {
        slot->armed = 0;
    } else if (!is_level(slot)) {
        slot->armed &= (uint8_t)~fired;
    }
    mio__list_push(slab, MIO__LIST_READY, index);
}

/* The kernel does not watch this socket: said once, in every mode. If it is not
 * open any more its registration is of no use until it is replaced; otherwise
 * something was short, and the next arming may go better. */
static void slot_fail(struct mio__slab *slab, uint32_t index, int error)
{
    struct mio__slot *slot = &slab->slots[index];
    slot->found |= MIO_EVENT_ERROR;
    if (error == MIO_ERR_BAD_DESCRIPTOR) {
        slot->flags |= MIO__SLOT_DEAD;
        slot->found |= MIO_EVENT_HANGUP;
    }
    slot->armed = 0;
    mio__list_push(slab, MIO__LIST_READY, index);
}

/* ---- Registering --------------------------------------------------------*/

void mio__slab_change(struct mio__slab *slab, uint32_t index, mio_token token,
                      mio_interest interest)
{
    struct mio__slot *slot = &slab->slots[index];
    slot->token = token;
    slot->found = 0;
    slot->flags &= (uint8_t)~MIO__SLOT_DEAD;
    slot->wish = (uint8_t)(interest & MIO__DIRECTIONS);
    slot->armed = slot->wish | ARMED_END | ARMED_FATAL;
    if ((interest & MIO_LEVEL) != 0) {
        slot->wish |= WISH_LEVEL;
    }
    if ((interest & MIO_ONESHOT) != 0) {
        slot->wish |= WISH_ONESHOT;
    }
    if (slot->state == MIO__SLOT_BOUND) {
        slot_report(slab, index, slot->request.poll.events);
    } else {
        mio__list_push(slab, MIO__LIST_UPDATE, index);
    }
}

int mio__slab_add(struct mio__slab *slab, const struct mio__slab_socket *socket,
                  mio_token token, mio_interest interest, uint32_t *index)
{
    if (slab->capacity == 0) {
        return MIO_ERR_NO_SLOTS;
    }
    uint32_t old = mio__slot_find(slab, socket->socket);
    if (old != MIO__SLOT_NONE) {
        if ((slab->slots[old].flags & MIO__SLOT_DEAD) == 0) {
            return MIO_ERR_ALREADY_EXISTS;
        }
        /* Its handle's number has come up again. */
        mio__slot_release(slab, old);
    }
    uint32_t taken = mio__slot_take(slab, MIO__SLOT_IDLE);
    if (taken == MIO__SLOT_NONE) {
        return MIO_ERR_NO_SLOTS;
    }
    uintptr_t *helper = mio__slot_helper(slab, taken);
    int error = *helper == 0 ? mio__afd_open(slab->port, helper) : 0;
    if (error != 0) {
        mio__slot_release(slab, taken);
        return error;
    }
    struct mio__slot *slot = &slab->slots[taken];
    slot->socket = socket->socket;
    slot->base = socket->base;
    slot->flags |= socket->is_datagram ? MIO__SLOT_DATAGRAM : 0;
    mio__slot_enter(slab, taken);
    mio__slab_change(slab, taken, token, interest);
    *index = taken;
    return 0;
}

static void slot_cancel(struct mio__slab *slab, uint32_t index)
{
    mio__afd_cancel(*mio__slot_helper(slab, index),
                    &slab->slots[index].request);
}

void mio__slab_remove(struct mio__slab *slab, uint32_t index)
{
    switch (slab->slots[index].state) {
    case MIO__SLOT_PENDING:
        mio__slot_bury(slab, index);
        slot_cancel(slab, index);
        break;
    case MIO__SLOT_CANCELLED:
        mio__slot_bury(slab, index);
        break;
    case MIO__SLOT_BOUND:
        mio__slot_silence(&slab->slots[index]);
        break;
    default:
        mio__slot_release(slab, index);
        break;
    }
}

void mio__slab_rearm(struct mio__slab *slab, uint32_t index,
                     mio_interest directions)
{
    struct mio__slot *slot = &slab->slots[index];
    if ((slot->wish & (WISH_LEVEL | WISH_ONESHOT)) != 0 ||
        (slot->flags & MIO__SLOT_DEAD) != 0) {
        return;
    }
    if ((directions & MIO_READABLE) != 0) {
        directions |= MIO_PRIORITY;
    }
    uint8_t wanted = (uint8_t)(directions & slot->wish & DIRECTIONS_MASK);
    if (wanted == 0) {
        return;
    }
    /* A read that found nothing has not found the end either. */
    wanted |= (wanted & MIO_READABLE) != 0 ? ARMED_END : 0;
    slot->armed |= wanted | ARMED_FATAL;
    if (slot->state == MIO__SLOT_BOUND) {
        slot_report(slab, index, slot->request.poll.events);
    } else {
        mio__list_push(slab, MIO__LIST_UPDATE, index);
    }
}

/* ---- Waiting ------------------------------------------------------------*/

static void slot_submit(struct mio__slab *slab, uint32_t index)
{
    struct mio__slot *slot = &slab->slots[index];
    /* First, since the completion may overtake the return. */
    slot->state = MIO__SLOT_PENDING;
    slot->asked = slot->armed;
    int error = mio__afd_submit(*mio__slot_helper(slab, index), &slot->request,
                                slot->base, events_of(slot->armed),
                                mio__slab_context(slab, index));
    if (error == 0) {
        slab->pending++;
    } else {
        slot->state = MIO__SLOT_IDLE;
        slot_fail(slab, index, error);
    }
}

void mio__slab_flush(struct mio__slab *slab)
{
    uint32_t index;
    while ((index = mio__list_pop(slab, MIO__LIST_UPDATE)) != MIO__SLOT_NONE) {
        struct mio__slot *slot = &slab->slots[index];
        switch (slot->state) {
        case MIO__SLOT_IDLE:
            /* What is found level-triggered is asked for again when it has
             * been delivered. */
            if (slot->armed != 0 && !(is_level(slot) && slot->found != 0)) {
                slot_submit(slab, index);
            }
            break;
        case MIO__SLOT_PENDING:
            /* A request for more than is wanted may stay: what it finds is
             * looked through then. */
            if ((slot->armed & ~slot->asked) != 0) {
                slot->state = MIO__SLOT_CANCELLED;
                slot_cancel(slab, index);
            }
            break;
        case MIO__SLOT_BOUND:
            slot_report(slab, index, slot->request.poll.events);
            break;
        default:
            break;
        }
    }
}

/* The kernel is done with a registered slot's request: what has it found? */
static void request_ended(struct mio__slab *slab, uint32_t index)
{
    struct mio__slot *slot = &slab->slots[index];
    const struct mio__afd_request *request = &slot->request;
    int32_t status = request->status.u.status;
    uint32_t events = 0;
    /* Nothing but plain success has written an answer: a request whose thread
     * has ended may come back as it was. */
    if (status == 0 && request->poll.count > 0) {
        events = request->poll.events;
    }
    if ((events & MIO__AFD_LOCAL_CLOSE) != 0) {
        mio__slot_release(slab, index); /* closed without a word to us */
        return;
    }
    if (status < 0 && status != MIO__AFD_CANCELLED) {
        slot_fail(slab, index, MIO_ERR_OTHER);
        return;
    }
    slot_report(slab, index, events);
    if (slot->armed != 0) {
        mio__list_push(slab, MIO__LIST_UPDATE, index);
    }
}

void mio__slab_feed(struct mio__slab *slab, uintptr_t context)
{
    uint32_t index = mio__slot_of(slab, context);
    if (index == MIO__SLOT_NONE) {
        return;
    }
    struct mio__slot *slot = &slab->slots[index];
    switch (slot->state) {
    case MIO__SLOT_PENDING:
    case MIO__SLOT_CANCELLED:
        break;
    case MIO__SLOT_ZOMBIE:
        if (slot->packets > 0) {
            return; /* a pipe's: not what it waits for */
        }
        slab->pending--;
        slab->zombies--;
        mio__slot_release(slab, index);
        return;
    default:
        return;
    }
    slab->pending--;
    slot->state = MIO__SLOT_IDLE;
    request_ended(slab, index);
}

int mio__slab_take(struct mio__slab *slab, mio_event *events, int room)
{
    int count = 0;
    uint32_t index;
    while (count < room &&
           (index = mio__list_pop(slab, MIO__LIST_READY)) != MIO__SLOT_NONE) {
        struct mio__slot *slot = &slab->slots[index];
        if (slot->state == MIO__SLOT_BOUND && is_level(slot)) {
            uint8_t fired = 0;
            slot->found = flags_of(
                slot, slot->request.poll.events & events_of(slot->armed),
                &fired);
        }
        if (slot->found == 0) {
            continue;
        }
        events[count].token = slot->token;
        events[count].flags = slot->found;
        count++;
        slot->found = 0;
        if (is_level(slot) && slot->armed != 0) {
            mio__list_push(slab, MIO__LIST_UPDATE, index);
        }
    }
    return count;
}

/* ---- Closing ------------------------------------------------------------*/

void mio__slab_cancel(struct mio__slab *slab)
{
    for (uint32_t i = 0; i < slab->touched; i++) {
        uint8_t state = slab->slots[i].state;
        if (state != MIO__SLOT_FREE && state != MIO__SLOT_ZOMBIE &&
            state != MIO__SLOT_BOUND) {
            mio__slab_remove(slab, i);
        }
    }
}

/* ---- Bound slots --------------------------------------------------------*/

int mio__slab_bind(struct mio__slab *slab, struct mio__bound *bound,
                   uint32_t *index)
{
    uint32_t taken = mio__slot_take(slab, MIO__SLOT_BOUND);
    if (taken == MIO__SLOT_NONE) {
        return MIO_ERR_NO_SLOTS;
    }
    slab->slots[taken].bound = bound;
    slab->slots[taken].request.poll.events = 0;
    *index = taken;
    return 0;
}

void mio__slab_unbind(struct mio__slab *slab, uint32_t index)
{
    if (slab->slots[index].packets > 0) {
        mio__slot_bury(slab, index);
    } else {
        mio__slot_release(slab, index);
    }
}

void mio__slab_set(struct mio__slab *slab, uint32_t index, uint32_t events)
{
    slab->slots[index].request.poll.events = events;
    slot_report(slab, index, events);
}

void mio__slab_expect(struct mio__slab *slab, uint32_t index)
{
    slab->slots[index].packets++;
}

struct mio__bound *mio__slab_packet(struct mio__slab *slab, uintptr_t context)
{
    uint32_t index = mio__slot_of(slab, context);
    if (index == MIO__SLOT_NONE || slab->slots[index].packets == 0) {
        return NULL;
    }
    struct mio__slot *slot = &slab->slots[index];
    slot->packets--;
    if (slot->state == MIO__SLOT_BOUND) {
        return slot->bound;
    }
    if (slot->packets == 0) {
        slab->zombies--;
        mio__slot_release(slab, index);
    }
    return NULL;
}

#endif
