/* kqueue.c: the selector over kqueue, of macOS and the BSDs.
 *
 * How the kernel behaves. A kqueue holds filters, each a pair of a descriptor
 * and a kind: READ and WRITE are two, and so a source is up to three of them
 * (the third, EXCEPT, is for out-of-band data, where there is one). One call,
 * kevent, both changes filters and fetches events. A filter carries a pointer's
 * worth of user data, which here is the token; adding a filter that is there
 * replaces the token and looks again whether it is ready. Closing a descriptor
 * removes its filters, even if a duplicate lives on.
 *
 * Changes (kqueue_change.c). All of a source's changes are one call, with
 * EV_RECEIPT: the kernel answers each in its place and fetches nothing. The
 * source remembers what is registered, in the upper half of its flags, because
 * what is no longer wanted has to be deleted filter by filter, and because a
 * filter's mode is that of its birth.
 *
 *   absent -> added -> reported -> (edge) added by the next edge
 *                               -> (oneshot) disabled until it is added again
 *          <- deleted, or the descriptor closed
 *
 * Modes. Edge-triggered is EV_CLEAR, level-triggered nothing, oneshot
 * EV_DISPATCH: the filter is disabled by its event. But that is one filter, and
 * a oneshot source is to be quiet in all. So whoever fetches the event disables
 * the others, and a reregistration by another thread must not come between the
 * two. Therefore oneshot sources of several filters are in a kqueue of their
 * own inside the first. That one tells that there is something to fetch, and
 * the fetch is under a lock that changes of such sources take too
 * (kqueue_wait.c).
 *
 * The end. The end of a stream is EV_EOF, on the filter of its direction. For
 * whoever only writes, the peer's end would be invisible; so a connection
 * without interest in data has a READ filter all the same, with a low-water mark that
 * no number of bytes reaches. It is edge-triggered in every mode: macOS cuts
 * the mark to the size of the buffer, and a full one must not spin.
 *
 * What this costs: a call per registration and one per wait, nothing in
 * proportion to the number of sources. Oneshot sources of several filters cost
 * two calls more when they have fired, and a change to or from being such a
 * source is two calls. A descriptor that the library has not
 * made costs one call more when it is registered, because kqueue takes regular
 * files, which are always ready, and has to be kept from it.
 *
 * Traps.
 * - The widths of a kevent's members differ from system to system.
 * - EVFILT_READ and so on are 0 and up on NetBSD, -1 and down elsewhere.
 * - FreeBSD's EV_ADD does not enable a filter that is disabled.
 * - A pipe's WRITE filter cannot be added when there is no reader: EPIPE, or
 *   EBADF on NetBSD.
 * - The error of a UDP socket makes its filters ready and does not show in
 *   them.
 * - A second registration of a descriptor replaces the first one, unnoticed.
 * - A kqueue is close-on-exec only if asked to be, and not inherited by fork. */
#include "registry.h"

#ifdef MIO_SYS_KQUEUE

#include <errno.h>
#include <sys/socket.h>

#include "sys/unix/descriptor.h"
#include "sys/unix/kqueue_change.h"
#include "sys/unix/pollable.h"

/* What the upper half of a source's flags says is registered: the filters, and
 * the mode that they were born with. HAS_END is found at the registration: it
 * is a connection, whose other side may end it. */
enum { WAS_LEVEL = 0x10, WAS_ONESHOT = 0x20, HAS_END = 0x40 };

#define FILTERS_MASK ((uint32_t)(MIO__DIRECTIONS | MIO__FILTER_END))
#define MODES_MASK ((uint32_t)(WAS_LEVEL | WAS_ONESHOT))

_Static_assert((MIO__DIRECTIONS & ~7u) == 0, "directions fit the low bits");

int mio__selector_open(struct mio__selector *selector, struct mio__bell *bell,
                       mio_slot *slots, size_t count)
{
    (void)slots;
    (void)count;
    selector->kqueue = mio__kqueue_open();
    if (selector->kqueue < 0) {
        return selector->kqueue;
    }
    bell->doorbell.ring = selector->kqueue; /* see doorbell_user.c */
    atomic_init(&selector->pairs, -1);
    mio__mutex_init(&selector->lock);
    return 0;
}

void mio__selector_close(struct mio__selector *selector)
{
    int pairs = atomic_load(&selector->pairs);
    mio__fd_close(selector->kqueue);
    if (pairs >= 0) {
        mio__fd_close(pairs);
    }
    mio__mutex_destroy(&selector->lock);
}

const char *mio__selector_name(void)
{
    return "kqueue";
}

int mio__selector_fd(const struct mio__selector *selector, mio_fd *fd)
{
    *fd = selector->kqueue;
    return 0;
}

/* ---- What is registered -------------------------------------------------*/

static uint32_t memory_of(const mio_source *source)
{
    return source->flags_ >> 16;
}

static void remember(mio_source *source, uint32_t memory)
{
    source->flags_ = (source->flags_ & MIO__SOURCE_FLAGS) | memory << 16;
}

static uint32_t filters_of(const mio_source *source, mio_interest interest)
{
    const bool has_end = (memory_of(source) & HAS_END) != 0;
    uint32_t filters = interest & MIO__DIRECTIONS;
    if ((source->flags_ & MIO__SOURCE_KQUEUE) != 0) {
        filters &= MIO_READABLE; /* its other filters are refused */
    }
    if (has_end && (filters & MIO_READABLE) == 0 && filters != 0) {
        filters |= MIO__FILTER_END;
    }
    return filters;
}

static uint32_t mode_of(mio_interest interest)
{
    if ((interest & MIO_ONESHOT) != 0) {
        return WAS_ONESHOT;
    }
    return (interest & MIO_LEVEL) != 0 ? WAS_LEVEL : 0;
}

static unsigned mode_flags(uint32_t filter, uint32_t mode)
{
    if (mode == WAS_ONESHOT) {
        return EV_DISPATCH;
    }
    return mode == WAS_LEVEL && filter != MIO__FILTER_END ? 0 : EV_CLEAR;
}

static const uint32_t each_filter[] = {MIO_WRITABLE, MIO_READABLE, MIO_PRIORITY,
                                       MIO__FILTER_END};

static void delete_each(struct mio__changes *changes, int fd, uint32_t filters)
{
    for (size_t i = 0; i < sizeof(each_filter) / sizeof(uint32_t); i++) {
        if ((filters & each_filter[i]) != 0) {
            mio__changes_add(changes, fd, each_filter[i], EV_DELETE, 0);
        }
    }
}

/* What the memory says. */
static void add_each(struct mio__changes *changes, int fd, uint32_t memory,
                     mio_token token)
{
    for (size_t i = 0; i < sizeof(each_filter) / sizeof(uint32_t); i++) {
        uint32_t filter = each_filter[i];
        if ((memory & filter) != 0) {
            mio__changes_add(changes, fd, filter,
                             EV_ADD | EV_ENABLE |
                                 mode_flags(filter, memory & MODES_MASK),
                             token);
        }
    }
}

/* ---- Where it is registered, and replacing it ----------------------------*/

/* A oneshot source of several filters. */
static bool is_pair(uint32_t memory)
{
    uint32_t filters = memory & FILTERS_MASK;
    return (memory & WAS_ONESHOT) != 0 && (filters & (filters - 1)) != 0;
}

/* pre: locked */
static int open_pairs(struct mio__selector *selector)
{
    struct mio__changes changes = {.count = 0};
    if (atomic_load(&selector->pairs) >= 0) {
        return 0;
    }
    int made = mio__kqueue_open();
    if (made < 0) {
        return made;
    }
    mio__changes_add(&changes, made, MIO_READABLE, EV_ADD, MIO_TOKEN_RESERVED);
    /* Stored first: a wait that finds it ready has to know it. */
    atomic_store(&selector->pairs, made);
    int error = mio__changes_apply(&changes, selector->kqueue);
    if (error != 0) {
        atomic_store(&selector->pairs, -1);
        mio__fd_close(made);
    }
    return error;
}

/* Makes changes to the filters of a pair, or of another source. */
static int apply(struct mio__selector *selector, bool of_pair,
                 const struct mio__changes *changes)
{
    if (!of_pair) {
        return mio__changes_apply(changes, selector->kqueue);
    }
    mio__mutex_lock(&selector->lock);
    int error = open_pairs(selector);
    if (error == 0) {
        error = mio__changes_apply(changes, atomic_load(&selector->pairs));
    }
    mio__mutex_unlock(&selector->lock);
    return error;
}

/* Deletes all that is registered of a source. */
static void drop(struct mio__selector *selector, mio_source *source)
{
    struct mio__changes changes = {.count = 0};
    uint32_t memory = memory_of(source);
    int saved = errno;
    delete_each(&changes, source->fd, memory & FILTERS_MASK);
    (void)apply(selector, is_pair(memory), &changes);
    errno = saved;
    remember(source, 0);
}

/* Replaces what is registered of a source, by what `now` says. */
static int replace(struct mio__selector *selector, const mio_source *source,
                   mio_token token, uint32_t now)
{
    struct mio__changes changes = {.count = 0};
    uint32_t old = memory_of(source);
    uint32_t gone = old & FILTERS_MASK;
    bool moves = is_pair(old) != is_pair(now);
    if (!moves && (old & MODES_MASK) == (now & MODES_MASK)) {
        gone &= ~now; /* the others may keep their mode */
    }
    delete_each(&changes, source->fd, gone);
    if (moves) {
        (void)apply(selector, is_pair(old), &changes);
        changes.count = 0;
    }
    add_each(&changes, source->fd, now, token);
    return apply(selector, is_pair(now), &changes);
}

/* Replaces all, or leaves nothing registered. */
static int set(struct mio__selector *selector, mio_source *source,
               mio_token token, mio_interest interest)
{
    uint32_t has_end = memory_of(source) & HAS_END;
    uint32_t now = filters_of(source, interest) | mode_of(interest) | has_end;
    int error = replace(selector, source, token, now);
    if (error != 0) {
        drop(selector, source);
    }
    remember(source, now);
    if (error != 0) {
        drop(selector, source);
    }
    return error;
}

/* ---- Registering --------------------------------------------------------*/

static int socket_option(int fd, int name)
{
    int value = 0;
    socklen_t length = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) < 0 ? -1 : value;
}

/* Finds out what the caller's descriptor is. */
static int look_at(int fd, bool *has_end)
{
    int type = socket_option(fd, SO_TYPE);
    *has_end = type == SOCK_STREAM && socket_option(fd, SO_ACCEPTCONN) == 0;
    return type >= 0 ? 0 : mio__pollable_check(fd);
}

static int interest_check(mio_interest interest)
{
#ifndef MIO__HAS_EXCEPT
    if ((interest & MIO_PRIORITY) != 0) {
        return MIO_ERR_UNSUPPORTED;
    }
#endif
    (void)interest;
    return 0;
}

int mio__selector_register(struct mio__selector *selector, mio_source *source,
                           mio_token token, mio_interest interest)
{
    bool has_end = (source->flags_ & MIO__SOURCE_STREAM) != 0;
    int error = interest_check(interest);
    if (error == 0 && (source->flags_ & MIO__SOURCE_FOREIGN) != 0 &&
        (interest & MIO__DIRECTIONS) != 0) {
        error = look_at(source->fd, &has_end);
    }
    if (error != 0) {
        return error;
    }
    remember(source, has_end ? HAS_END : 0);
    return set(selector, source, token, interest);
}

int mio__selector_reregister(struct mio__selector *selector, mio_source *source,
                             mio_token token, mio_interest interest)
{
    int error = interest_check(interest);
    if (error == 0) {
        error = set(selector, source, token, interest);
        if (error != 0) {
            source->owner_ = NULL;
        }
    }
    return error;
}

int mio__selector_deregister(struct mio__selector *selector, mio_source *source)
{
    drop(selector, source);
    return 0;
}

int mio__selector_watch_bell(struct mio__selector *selector, mio_fd doorbell)
{
    struct mio__changes changes = {.count = 0};
    if (doorbell >= 0) { /* else the kqueue rings by itself */
        mio__changes_add(&changes, doorbell, MIO_READABLE, EV_ADD | EV_CLEAR,
                         MIO_TOKEN_RESERVED);
    }
    return mio__changes_apply(&changes, selector->kqueue);
}

#endif
