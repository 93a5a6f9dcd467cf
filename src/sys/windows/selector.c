/* selector.c: the selector over AFD and a completion port.
 *
 * How the kernel behaves. A completion port is a queue of packets: one for
 * each overlapped operation that has ended on a handle associated with it, and
 * any that a program posts. It says what is done, not what could be done. AFD,
 * the driver below all sockets, has an operation that makes the one out of the
 * other: "end as soon as one of these events holds for this socket". It is
 * level-triggered (it ends at once if one holds already), it is over when it
 * has ended once, and its parameters cannot be changed; one that no longer fits
 * is cancelled and, once its end has come through the port, sent anew. So each
 * source has at most one request with the kernel, and a state; slab.h tells
 * that story.
 *
 * Modes. Level-triggered: a request that has ended is sent again before the
 * next wait. Edge-triggered: the directions that were reported are left out of
 * the next request, until I/O on them would have blocked (rearm); the others
 * are watched on. Oneshot: no further request until the source is
 * reregistered.
 *
 * When requests are sent. Changes only note what is wanted; the poller brings
 * the kernel up to date before it waits, so that a source changed three times
 * costs one request. While a thread waits, changes by others are sent at once,
 * by whoever makes them: the wait sees the end of such a request like any.
 *
 * Memory. Until its end has been fetched the kernel writes to a request. It
 * lies in the caller's slot, which a deregistered source leaves only then; the
 * registry is none the wiser. A registration that finds no slot free fetches
 * packets itself, and keeps for the poller what it finds for others. Closing
 * cancels all requests and fetches packets until the last end has come.
 *
 * What this costs. Per event one request and a part of a fetch: two system
 * calls and more where epoll needs a part of one.
 *
 * Traps.
 * - Only AFD's bottom sockets can be asked about: see base_socket.c.
 * - AFD searches the requests of one handle one by one, so a handle of its own
 *   serves 32 slots and no more.
 * - A request of a socket that is closed ends with LOCAL_CLOSE, asked for or
 *   not; but only with the last handle of the socket.
 * - Of OVERLAPPED_ENTRY.Internal only the low half is a status; the request's
 *   own status is what is read.
 * - Closing the port does not wake whoever waits on it everywhere. */
#include "registry.h"

#ifdef MIO_SYS_AFD

#include "sys/clock.h"
#include "sys/windows/base_socket.h"
#include "sys/windows/winsock.h"
#include "sys/windows/port.h"

_Static_assert(sizeof(struct mio__slot) <= sizeof(mio_slot),
               "n slots have room for n of ours");

int mio__selector_open(struct mio__selector *selector, struct mio__bell *bell,
                       mio_slot *slots, size_t count)
{
    int error = mio__net_start();
    if (error == 0) {
        error = mio__port_open(&selector->port);
    }
    if (error != 0) {
        return error;
    }
    (void)mio__bell_open(bell);
    bell->doorbell.ring = selector->port;
    mio__mutex_init(&selector->lock);
    mio__slab_init(&selector->slab, (struct mio__slot *)(void *)slots,
                   (uint32_t)count, selector->port);
    selector->waiting = false;
    selector->rung = false;
    return 0;
}

const char *mio__selector_name(void)
{
    return "afd";
}

int mio__selector_fd(const struct mio__selector *selector, mio_fd *fd)
{
    (void)selector;
    (void)fd;
    return MIO_ERR_UNSUPPORTED;
}

int mio__selector_watch_bell(struct mio__selector *selector, mio_fd doorbell)
{
    (void)selector;
    (void)doorbell;
    return 0; /* it is open, and its packets come, from the start */
}

/* ---- Packets (all under the lock) ---------------------------------------*/

static void packet_take(struct mio__selector *selector,
                        const OVERLAPPED_ENTRY *packet)
{
    uintptr_t context = mio__port_context(packet);
    if (context != 0) {
        struct mio__bound *bound = mio__slab_packet(&selector->slab, context);
        if (bound != NULL) {
            bound->completed(bound, packet->lpOverlapped);
        }
    } else if (packet->lpCompletionKey == MIO__PORT_BELL) {
        selector->rung = true;
    } else if (packet->lpCompletionKey == MIO__PORT_AFD) {
        mio__slab_feed(&selector->slab, (uintptr_t)packet->lpOverlapped);
    }
}

/* Fetches packets with the lock let go meanwhile; returns how many. */
static int packets_fetch(struct mio__selector *selector, int room,
                         int64_t timeout_ns)
{
    OVERLAPPED_ENTRY packets[MIO__PORT_PACKETS];
    mio__mutex_unlock(&selector->lock);
    int count = mio__port_fetch(
        selector->port, packets,
        room < MIO__PORT_PACKETS ? room : MIO__PORT_PACKETS, timeout_ns);
    mio__mutex_lock(&selector->lock);
    for (int i = 0; i < count; i++) {
        packet_take(selector, &packets[i]);
    }
    return count;
}

static bool has_news(const struct mio__selector *selector)
{
    return selector->rung || mio__slab_is_ready(&selector->slab);
}

void mio__selector_settle(struct mio__selector *selector)
{
    if (selector->waiting) {
        mio__slab_flush(&selector->slab);
        if (has_news(selector)) {
            (void)mio__port_post(selector->port, MIO__PORT_NUDGE);
        }
    }
}

/* ---- Registering --------------------------------------------------------*/

/* Packets may be on their way that free a slot, or tell that a socket was
 * closed whose handle's number has come up again. Those of other sources are
 * kept for the next wait. Returns whether another try is worth it. */
static bool make_room(struct mio__selector *selector, int error, int tries)
{
    const int patience = 1000; /* of 1 ms; a cancelled request ends at once */
    if ((error != MIO_ERR_NO_SLOTS && error != MIO_ERR_ALREADY_EXISTS) ||
        tries > patience) {
        return false;
    }
    bool awaited = error == MIO_ERR_NO_SLOTS && selector->slab.zombies > 0;
    int fetched = packets_fetch(selector, MIO__PORT_PACKETS,
                                awaited ? MIO__NS_PER_MS : 0);
    return fetched > 0 || awaited;
}

int mio__selector_bind(struct mio__selector *selector, struct mio__bound *bound,
                       uint32_t *index)
{
    int tries = 0;
    int error;
    do {
        error = mio__slab_bind(&selector->slab, bound, index);
    } while (make_room(selector, error, tries++));
    return error;
}

static int add(struct mio__selector *selector,
               const struct mio__slab_socket *socket, mio_token token,
               mio_interest interest, uint32_t *index)
{
    int tries = 0;
    int error;
    do {
        error = mio__slab_add(&selector->slab, socket, token, interest, index);
    } while (make_room(selector, error, tries++));
    return error;
}

int mio__selector_register(struct mio__selector *selector, mio_source *source,
                           mio_token token, mio_interest interest)
{
    struct mio__slab_socket socket;
    int error = mio__base_socket(source->fd, &socket);
    if (error != 0) {
        return error;
    }
    mio__mutex_lock(&selector->lock);
    uint32_t index = 0;
    error = add(selector, &socket, token, interest, &index);
    if (error == 0) {
        uint32_t generation = selector->slab.slots[index].generation;
        source->slot_ = index;
        source->flags_ = (source->flags_ & MIO__SOURCE_FLAGS) | generation
                                                                    << 16;
    }
    mio__selector_settle(selector);
    mio__mutex_unlock(&selector->lock);
    return error;
}

/* Whether the slab still has the registration that a source remembers. */
static bool is_held(const struct mio__selector *selector,
                    const mio_source *source)
{
    return mio__slab_holds(&selector->slab, source->slot_,
                           source->flags_ >> 16);
}

int mio__selector_reregister(struct mio__selector *selector, mio_source *source,
                             mio_token token, mio_interest interest)
{
    int error = 0;
    mio__mutex_lock(&selector->lock);
    if (is_held(selector, source)) {
        mio__slab_change(&selector->slab, source->slot_, token, interest);
    } else {
        source->owner_ = NULL;
        error = MIO_ERR_NOT_FOUND;
    }
    mio__selector_settle(selector);
    mio__mutex_unlock(&selector->lock);
    return error;
}

int mio__selector_deregister(struct mio__selector *selector, mio_source *source)
{
    mio__mutex_lock(&selector->lock);
    if (is_held(selector, source)) {
        mio__slab_remove(&selector->slab, source->slot_);
    }
    mio__mutex_unlock(&selector->lock);
    return 0;
}

void mio__selector_rearm(struct mio__selector *selector,
                         const mio_source *source, mio_interest directions)
{
    mio__mutex_lock(&selector->lock);
    if (is_held(selector, source)) {
        mio__slab_rearm(&selector->slab, source->slot_, directions);
    }
    mio__selector_settle(selector);
    mio__mutex_unlock(&selector->lock);
}

/* ---- Waiting ------------------------------------------------------------*/

/* The bell comes last: undelivered it stays for the next wait. */
static int deliver(struct mio__selector *selector, mio_event *events, int room)
{
    int count = mio__slab_take(&selector->slab, events, room);
    if (selector->rung && count < room) {
        selector->rung = false;
        events[count].token = MIO_TOKEN_RESERVED;
        events[count].flags = MIO_EVENT_IN;
        count++;
    }
    return count;
}

/* One look at the port. A negative result is an error. */
static int fetch(struct mio__selector *selector, int room, int64_t timeout_ns)
{
    mio__slab_flush(&selector->slab);
    if (has_news(selector)) {
        timeout_ns = 0;
    }
    selector->waiting = timeout_ns != 0;
    int fetched = packets_fetch(selector, room, timeout_ns);
    selector->waiting = false;
    return fetched;
}

int mio__selector_wait(struct mio__selector *selector, mio_event *events,
                       int room, int64_t timeout_ns)
{
    /* A wait that only looks is to see what is ready even if a request had to
     * be cancelled for it first. */
    int looks = timeout_ns == 0 ? 4 : 1;
    int fetched;
    int count;
    mio__mutex_lock(&selector->lock);
    do {
        fetched = fetch(selector, room, timeout_ns);
        count = deliver(selector, events, room);
        looks--;
    } while (looks > 0 && count == 0 && fetched > 0 &&
             mio__slab_has_updates(&selector->slab));
    mio__mutex_unlock(&selector->lock);
    return count == 0 && fetched < 0 ? fetched : count;
}

/* ---- Closing ------------------------------------------------------------*/

void mio__selector_close(struct mio__selector *selector)
{
    mio__mutex_lock(&selector->lock);
    mio__slab_cancel(&selector->slab);
    while (selector->slab.pending > 0 &&
           packets_fetch(selector, MIO__PORT_PACKETS, -1) >= 0) {
    }
    mio__slab_close(&selector->slab);
    mio__mutex_unlock(&selector->lock);
    mio__port_close(selector->port);
}

#endif
