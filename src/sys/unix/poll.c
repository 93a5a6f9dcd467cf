/* poll.c: the selector over poll(2), for systems with nothing better.
 *
 * How the kernel behaves. poll(2) keeps nothing: each call gets an array of
 * {descriptor, events wanted} and writes what is ready into it. It is level-
 * triggered; an error or a hangup is reported whether wanted or not; a
 * descriptor that is not open is reported as NVAL; negative descriptors are
 * skipped. So the state that other kernels keep is kept here, in the caller's
 * slots: an array of pollfds for the kernel, and beside it one entry each.
 *
 * The states of an entry, by its `armed` bits:
 *
 *   vacant             pollfd negative; in the free list
 *   armed              the kernel watches for the armed directions
 *   partly disarmed    edge mode: a direction that was reported is no longer
 *                      asked for, until I/O on it would block (rearm) or the
 *                      source is reregistered
 *   quiet              pollfd negative, entry kept: a oneshot that has fired;
 *                      or an edge-triggered hangup or error, which cannot be
 *                      masked and would be reported for ever
 *   dead               quiet, and the descriptor was not even open: the next
 *                      registration of the same number replaces it
 *
 * A level-triggered entry is never disarmed; only a dead one is quiet.
 *
 * Threads. The kernel works on the array during the call, outside any lock. A
 * change made meanwhile goes to the entry alone, is marked, and rings the
 * bell; back from the kernel the poller ignores what was found for marked
 * entries, brings the array up to date, and goes in again. Nothing is lost by
 * that, since poll(2) tells the same again. Without a poller inside, a change
 * costs no system call. Removing rings too: the kernel holds on to a
 * descriptor that it polls, and a connection closed meanwhile would not end.
 *
 * What this costs: time in proportion to the number of sources, per wait and
 * (for the check that a descriptor is not registered twice) per registration. */
#include "registry.h"

#ifdef MIO_SYS_POLL

#include <errno.h>

#include "sys/clock.h"
#include "sys/unix/pollable.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0 /* the peer's end of stream then shows as readable */
#endif

#define NO_ENTRY UINT32_MAX

/* entry.wish: what was registered. The directions are the low bits of
 * mio_interest. */
enum {
    WISH_LEVEL = 0x08,
    WISH_ONESHOT = 0x10,
    WISH_PIPE_SENDER = 0x20,
    WISH_PRESENT = 0x40 /* not vacant */
};

/* entry.armed: what the kernel is asked for, with the directions as above. */
enum {
    ARMED_END = 0x08, /* the peer's end of stream */
    QUIET = 0x10,
    DEAD = 0x20,
    CHANGED = 0x80 /* pollfds lags behind */
};

#define DIRECTIONS_MASK ((uint8_t)MIO__DIRECTIONS)

struct mio__poll_entry {
    mio_token token; /* vacant: the next of the free list */
    int fd;
    uint16_t generation; /* a new one for each registration */
    uint8_t wish;
    uint8_t armed;
};

_Static_assert(2 * sizeof(struct pollfd) + sizeof(struct mio__poll_entry) <=
                   sizeof(mio_slot),
               "n slots have room for n + 1 pollfds and n entries");
_Static_assert(sizeof(struct pollfd) % _Alignof(struct mio__poll_entry) == 0,
               "entries are aligned behind any number of pollfds");
_Static_assert((MIO__DIRECTIONS & ~7u) == 0, "directions fit the low bits");

int mio__selector_open(struct mio__selector *selector, struct mio__bell *bell,
                       mio_slot *slots, size_t count)
{
    int error = mio__bell_open(bell);
    if (error != 0) {
        return error;
    }
    selector->bell = bell;
    mio__mutex_init(&selector->lock);
    selector->pollfds =
        count > 0 ? (struct pollfd *)(void *)slots : &selector->doorbell_only;
    selector->entries =
        (struct mio__poll_entry *)(void *)(selector->pollfds + count + 1);
    selector->capacity = (uint32_t)count;
    selector->touched = 0;
    selector->extent = 0;
    selector->vacant = NO_ENTRY;
    selector->cursor = 0;
    selector->in_kernel = false;
    selector->stale = false;
    selector->pollfds[0].fd = bell->doorbell.watch;
    selector->pollfds[0].events = POLLIN;
    selector->pollfds[0].revents = 0;
    return 0;
}

void mio__selector_close(struct mio__selector *selector)
{
    mio__mutex_destroy(&selector->lock);
}

const char *mio__selector_name(void)
{
    return "poll";
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
    return 0; /* it is open, and watched, from the start */
}

/* ---- Entries (all under the lock) ---------------------------------------*/

static struct pollfd image_of(const struct mio__poll_entry *entry)
{
    struct pollfd image = {-1, 0, 0};
    if ((entry->wish & WISH_PRESENT) != 0 && (entry->armed & QUIET) == 0) {
        int events = 0;
        events |= (entry->armed & MIO_READABLE) != 0 ? POLLIN : 0;
        events |= (entry->armed & MIO_PRIORITY) != 0 ? POLLPRI : 0;
        events |= (entry->armed & MIO_WRITABLE) != 0 ? POLLOUT : 0;
        events |= (entry->armed & ARMED_END) != 0 ? POLLRDHUP : 0;
        image.fd = entry->fd;
        image.events = (short)events;
    }
    return image;
}

/* An entry has changed: tell the kernel, or mark it for when it is back. */
static void entry_publish(struct mio__selector *selector, uint32_t index)
{
    struct mio__poll_entry *entry = &selector->entries[index];
    if (selector->in_kernel) {
        entry->armed |= CHANGED;
        selector->stale = true;
    } else {
        entry->armed &= (uint8_t)~CHANGED;
        selector->pollfds[index + 1] = image_of(entry);
    }
}

/* Takes a vacant entry, or NO_ENTRY. The caller fills it in and publishes. */
static uint32_t entry_take(struct mio__selector *selector)
{
    uint32_t index = selector->vacant;
    if (index != NO_ENTRY) {
        selector->vacant = (uint32_t)selector->entries[index].token;
    } else if (selector->touched < selector->capacity) {
        index = selector->touched++;
        selector->entries[index].generation = 0;
        selector->entries[index].wish = 0;
        selector->entries[index].armed = 0;
    } else {
        return NO_ENTRY;
    }
    /* What lies between the old extent and the new is vacant. */
    while (selector->extent <= index) {
        entry_publish(selector, selector->extent++);
    }
    return index;
}

static void entry_release(struct mio__selector *selector, uint32_t index)
{
    struct mio__poll_entry *entry = &selector->entries[index];
    entry->wish = 0;
    entry->armed = 0;
    entry->generation++;
    entry->token = selector->vacant;
    selector->vacant = index;
    entry_publish(selector, index);
    while (selector->extent > 0 &&
           selector->entries[selector->extent - 1].wish == 0) {
        selector->extent--;
    }
}

static void entry_arm(struct mio__poll_entry *entry, const mio_source *source,
                      mio_token token, mio_interest interest)
{
    entry->token = token;
    entry->wish = (uint8_t)(interest & MIO__DIRECTIONS) | WISH_PRESENT;
    if ((interest & MIO_LEVEL) != 0) {
        entry->wish |= WISH_LEVEL;
    }
    if ((interest & MIO_ONESHOT) != 0) {
        entry->wish |= WISH_ONESHOT;
    }
    if ((source->flags_ & MIO__SOURCE_PIPE_SENDER) != 0) {
        entry->wish |= WISH_PIPE_SENDER;
    }
    entry->armed = (uint8_t)(interest & MIO__DIRECTIONS) | ARMED_END;
}

/* The entry of a registered source; NULL if it has been replaced. */
static struct mio__poll_entry *entry_of(struct mio__selector *selector,
                                        const mio_source *source)
{
    if (source->slot_ >= selector->touched) {
        return NULL;
    }
    struct mio__poll_entry *entry = &selector->entries[source->slot_];
    bool same = (entry->wish & WISH_PRESENT) != 0 && entry->fd == source->fd &&
                entry->generation == source->flags_ >> 16;
    return same ? entry : NULL;
}

/* Finds a descriptor that is registered already. A dead one does not count:
 * its number has been closed and opened anew, so the old entry goes. */
static bool is_taken(struct mio__selector *selector, int fd)
{
    for (uint32_t i = 0; i < selector->extent; i++) {
        struct mio__poll_entry *entry = &selector->entries[i];
        if (entry->wish != 0 && entry->fd == fd) {
            if ((entry->armed & DEAD) == 0) {
                return true;
            }
            entry_release(selector, i);
            return false;
        }
    }
    return false;
}

/* ---- Registering --------------------------------------------------------*/

/* Ends a change. If the kernel is in the array it must come out; the bell's
 * word tells whether it is asleep. */
static int unlock_and_ring(struct mio__selector *selector)
{
    bool ring = selector->stale;
    mio__mutex_unlock(&selector->lock);
    return ring ? mio__bell_ring(selector->bell) : 0;
}

int mio__selector_register(struct mio__selector *selector, mio_source *source,
                           mio_token token, mio_interest interest)
{
    int error = mio__pollable_check(source->fd);
    if (error != 0) {
        return error;
    }
    mio__mutex_lock(&selector->lock);
    uint32_t index = NO_ENTRY;
    if (is_taken(selector, source->fd)) {
        error = MIO_ERR_ALREADY_EXISTS;
    } else {
        index = entry_take(selector);
        error = index == NO_ENTRY ? MIO_ERR_NO_SLOTS : 0;
    }
    if (error == 0) {
        struct mio__poll_entry *entry = &selector->entries[index];
        entry->fd = source->fd;
        entry_arm(entry, source, token, interest);
        entry_publish(selector, index);
        source->slot_ = index;
        source->flags_ = (source->flags_ & MIO__SOURCE_FLAGS) |
                         (uint32_t)entry->generation << 16;
    }
    int rung = unlock_and_ring(selector);
    return error != 0 ? error : rung;
}

int mio__selector_reregister(struct mio__selector *selector, mio_source *source,
                             mio_token token, mio_interest interest)
{
    int error = 0;
    mio__mutex_lock(&selector->lock);
    struct mio__poll_entry *entry = entry_of(selector, source);
    if (entry != NULL) {
        entry_arm(entry, source, token, interest);
        entry_publish(selector, source->slot_);
    } else {
        source->owner_ = NULL;
        error = MIO_ERR_NOT_FOUND;
    }
    int rung = unlock_and_ring(selector);
    return error != 0 ? error : rung;
}

int mio__selector_deregister(struct mio__selector *selector, mio_source *source)
{
    mio__mutex_lock(&selector->lock);
    if (entry_of(selector, source) != NULL) {
        entry_release(selector, source->slot_);
    }
    return unlock_and_ring(selector);
}

void mio__selector_rearm(struct mio__selector *selector,
                         const mio_source *source, mio_interest directions)
{
    mio__mutex_lock(&selector->lock);
    struct mio__poll_entry *entry = entry_of(selector, source);
    if (entry != NULL && (entry->wish & (WISH_LEVEL | WISH_ONESHOT)) == 0) {
        if ((directions & MIO_READABLE) != 0) {
            directions |= MIO_PRIORITY;
        }
        uint8_t wanted =
            entry->armed | (directions & entry->wish & DIRECTIONS_MASK);
        wanted &= (uint8_t) ~(QUIET | DEAD);
        if (wanted != entry->armed) {
            entry->armed = wanted;
            entry_publish(selector, source->slot_);
        }
    }
    (void)unlock_and_ring(selector);
}

/* ---- Waiting ------------------------------------------------------------*/

static int poll_kernel(struct pollfd *pollfds, nfds_t count, int64_t timeout_ns)
{
    if (timeout_ns < 0) {
        return poll(pollfds, count, -1);
    }
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
    /* Not for long waits: there a 32-bit time_t would overflow. */
    if (timeout_ns % MIO__NS_PER_MS != 0 &&
        timeout_ns < 60 * (int64_t)MIO__NS_PER_S) {
        struct timespec timeout;
        timeout.tv_sec = (time_t)(timeout_ns / MIO__NS_PER_S);
        timeout.tv_nsec = (long)(timeout_ns % MIO__NS_PER_S);
        return ppoll(pollfds, count, &timeout, NULL);
    }
#endif
    return poll(pollfds, count, mio__clock_milliseconds(timeout_ns));
}

/* The events that poll(2) found for an entry, as a mio_event's flags; disarms
 * the entry as its mode says. */
static uint32_t entry_fire(struct mio__selector *selector, uint32_t index)
{
    struct mio__poll_entry *entry = &selector->entries[index];
    int found = selector->pollfds[index + 1].revents;
    if ((found & POLLNVAL) != 0) {
        entry->armed = QUIET | DEAD;
        entry_publish(selector, index);
        return MIO_EVENT_ERROR | MIO_EVENT_HANGUP;
    }
    uint32_t flags = 0;
    uint8_t fired = 0;
    if ((found & POLLIN) != 0) {
        flags |= MIO_EVENT_IN;
        fired |= MIO_READABLE;
    }
    if ((found & POLLPRI) != 0) {
        flags |= MIO_EVENT_PRIORITY;
        fired |= MIO_PRIORITY;
    }
    if ((found & POLLOUT) != 0) {
        flags |= MIO_EVENT_OUT;
        fired |= MIO_WRITABLE;
    }
    if ((found & POLLRDHUP) != 0) {
        flags |= MIO_EVENT_READ_CLOSED;
        fired |= ARMED_END;
    }
    if ((found & POLLERR) != 0) {
        flags |= MIO_EVENT_ERROR;
        if ((entry->wish & WISH_PIPE_SENDER) != 0) {
            flags |= MIO_EVENT_WRITE_CLOSED;
        }
        fired |= QUIET;
    }
    if ((found & POLLHUP) != 0) {
        flags |= MIO_EVENT_HANGUP;
        fired |= QUIET;
    }
    if ((entry->wish & WISH_ONESHOT) != 0 || (fired & QUIET) != 0) {
        fired = DIRECTIONS_MASK | ARMED_END | QUIET;
    }
    if ((entry->wish & WISH_LEVEL) == 0 || (entry->wish & WISH_ONESHOT) != 0) {
        entry->armed &= (uint8_t)~fired;
        entry->armed |= fired & QUIET;
        entry_publish(selector, index);
    }
    return flags;
}

/* Under the lock: turns what the kernel found into events. The bell comes
 * last: unheard, it rings again in the next wait. */
static int scan(struct mio__selector *selector, uint32_t extent, int found,
                mio_event *events, int room)
{
    int count = 0;
    if (selector->pollfds[0].revents != 0) {
        found--;
    }
    uint32_t index = selector->cursor < extent ? selector->cursor : 0;
    for (uint32_t seen = 0; seen < extent && found > 0 && count < room;
         seen++) {
        if (selector->pollfds[index + 1].revents != 0) {
            found--;
            if ((selector->entries[index].armed & CHANGED) == 0) {
                events[count].token = selector->entries[index].token;
                events[count].flags = entry_fire(selector, index);
                count++;
            }
        }
        index = index + 1 < extent ? index + 1 : 0;
    }
    selector->cursor = index;
    if (selector->pollfds[0].revents != 0 && count < room) {
        events[count].token = MIO_TOKEN_RESERVED;
        events[count].flags = MIO_EVENT_IN;
        count++;
    }
    return count;
}

/* Under the lock: brings the kernel's array up to date. */
static void catch_up(struct mio__selector *selector)
{
    for (uint32_t i = 0; i < selector->extent; i++) {
        if ((selector->entries[i].armed & CHANGED) != 0) {
            entry_publish(selector, i);
        }
    }
    selector->stale = false;
}

int mio__selector_wait(struct mio__selector *selector, mio_event *events,
                       int room, int64_t timeout_ns)
{
    mio__mutex_lock(&selector->lock);
    uint32_t extent = selector->extent;
    selector->in_kernel = true;
    mio__mutex_unlock(&selector->lock);

    int found = poll_kernel(selector->pollfds, (nfds_t)extent + 1, timeout_ns);
    int native = errno;

    mio__mutex_lock(&selector->lock);
    selector->in_kernel = false;
    int count = 0;
    if (found > 0) {
        count = scan(selector, extent, found, events, room);
    }
    if (selector->stale) {
        catch_up(selector);
    }
    mio__mutex_unlock(&selector->lock);

    if (found < 0 && native != EAGAIN) { /* EAGAIN: try again, says POSIX */
        errno = native;
        return mio_error_from_os(native);
    }
    return count;
}

#endif
