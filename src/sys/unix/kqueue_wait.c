/* kqueue_wait.c: fetching events from a kqueue. See kqueue.c. */
#include "registry.h"

#ifdef MIO_SYS_KQUEUE

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sys/clock.h"
#include "sys/unix/kqueue_change.h"

/* Events fetched at once: they are on the stack, 64 bytes each on FreeBSD. */
#define BATCH 128

/* ---- What an event says -------------------------------------------------*/

static uint32_t flags_of_direction(const struct kevent *found)
{
    uint32_t flags = MIO_EVENT_IN;
    uint32_t end = MIO_EVENT_READ_CLOSED;
    if ((int)found->filter == (int)EVFILT_WRITE) {
        flags = MIO_EVENT_OUT;
        end = MIO_EVENT_WRITE_CLOSED;
    }
    if ((found->flags & EV_EOF) != 0) {
        flags |= end;
        if (found->fflags != 0) { /* the connection has failed as a whole */
            flags |= MIO_EVENT_ERROR | MIO_EVENT_HANGUP;
        }
    }
    return flags;
}

static uint32_t flags_of(const struct kevent *found)
{
    if ((found->flags & EV_ERROR) != 0) {
        return MIO_EVENT_ERROR;
    }
    switch ((int)found->filter) {
#ifdef MIO__HAS_EXCEPT
    case EVFILT_EXCEPT:
        return (found->flags & EV_EOF) != 0
                   ? MIO_EVENT_IN | MIO_EVENT_READ_CLOSED
                   : MIO_EVENT_PRIORITY;
#endif
#ifdef EVFILT_AIO
    case (int)EVFILT_AIO:
        return MIO_EVENT_AIO;
#endif
#ifdef EVFILT_LIO
    case (int)EVFILT_LIO:
        return MIO_EVENT_LIO;
#endif
    default:
        return flags_of_direction(found);
    }
}

/* ---- Events of one source -----------------------------------------------*/

/* A source's filters that are ready together are to be one event. So what has
 * been fetched is kept in a hash table for the time of a wait, by descriptor
 * and token. */
#define PLACES 256

struct merger {
    uint8_t places[PLACES];  /* 1 + an index into the events, or 0 */
    uintptr_t idents[BATCH]; /* of the events */
};

_Static_assert(BATCH < PLACES && BATCH <= UINT8_MAX, "there is always a place");

/* Returns where the event of this source is; if it is new, that is `next`. */
static int merger_find(struct merger *merger, const struct kevent *found,
                       const mio_event *events, int next)
{
    size_t place = (size_t)(found->ident * 0x9e3779b1u >> 8) % PLACES;
    for (; merger->places[place] != 0; place = (place + 1) % PLACES) {
        int index = merger->places[place] - 1;
        if (merger->idents[index] == found->ident &&
            events[index].token == mio__kevent_token(found)) {
            return index;
        }
    }
    merger->places[place] = (uint8_t)(next + 1);
    merger->idents[next] = found->ident;
    return next;
}

static void put(mio_event *event, const struct kevent *found)
{
    event->flags = flags_of(found);
    event->token = mio__kevent_token(found);
}

/* The other filters of a pair that has fired by one. pre: locked */
static void disable_others(const struct mio__selector *selector,
                           const struct kevent *found)
{
    static const uint32_t filters[] = {
        MIO_WRITABLE,
        MIO_READABLE,
#ifdef MIO__HAS_EXCEPT
        MIO_PRIORITY,
#endif
    };
    struct mio__changes changes = {.count = 0};
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        mio__changes_add(&changes, (int)found->ident, filters[i], EV_DISABLE,
                         mio__kevent_token(found));
        if (changes.list[changes.count - 1].filter == found->filter) {
            changes.count--;
        }
    }
    /* It need not have them. */
    (void)mio__changes_apply(&changes, atomic_load(&selector->pairs));
}

/* Whether this is the kqueue of the pairs, which has something to fetch. */
static bool is_pairs(const struct mio__selector *selector,
                     const struct kevent *found)
{
    return mio__kevent_token(found) == MIO_TOKEN_RESERVED &&
           (int)found->filter == (int)EVFILT_READ &&
           (int)found->ident == atomic_load(&selector->pairs);
}

/* What a fetch has found. */
struct batch {
    struct kevent found[BATCH];
    int count;
    bool has_pairs; /* there is more in their kqueue */
};

/* Writes the events; returns how many. */
static int translate(const struct mio__selector *selector, struct batch *batch,
                     mio_event *events, bool of_pairs)
{
    struct merger merger;
    int count = 0;
    memset(merger.places, 0, sizeof(merger.places));
    for (int i = 0; i < batch->count; i++) {
        const struct kevent *found = &batch->found[i];
        if (is_pairs(selector, found)) {
            batch->has_pairs = true;
            continue;
        }
        int at = merger_find(&merger, found, events, count);
        if (at < count) {
            events[at].flags |= flags_of(found);
            continue;
        }
        put(&events[count++], found);
        if (of_pairs) {
            disable_others(selector, found);
        }
    }
    return count;
}

/* ---- Waiting ------------------------------------------------------------*/

/* Returns 0 or an error. */
static int fetch(struct batch *batch, int kqueue, int room,
                 const struct timespec *timeout)
{
    room = room < BATCH ? room : BATCH;
    batch->has_pairs = false;
    batch->count = (int)kevent(kqueue, NULL, MIO__KEVENT_COUNT(0), batch->found,
                               MIO__KEVENT_COUNT(room), timeout);
    return batch->count < 0 ? mio_error_from_os(errno) : 0;
}

/* What there is now of the pairs. Returns a count or an error. */
static int fetch_pairs(struct mio__selector *selector, mio_event *events,
                       int room)
{
    static const struct timespec now = {0, 0};
    struct batch batch;
    mio__mutex_lock(&selector->lock);
    int result = fetch(&batch, atomic_load(&selector->pairs), room, &now);
    if (result == 0) {
        result = translate(selector, &batch, events, true);
    }
    mio__mutex_unlock(&selector->lock);
    return result;
}

static int wait_for(struct mio__selector *selector, mio_event *events, int room,
                    const struct timespec *timeout)
{
    struct batch batch;
    int error = fetch(&batch, selector->kqueue, room, timeout);
    if (error != 0) {
        return error;
    }
    int count = translate(selector, &batch, events, false);
    if (!batch.has_pairs) {
        return count;
    }
    int more = fetch_pairs(selector, events + count, room - count);
    if (more < 0) {
        return count > 0 ? count : more;
    }
    return count + more;
}

int mio__selector_wait(struct mio__selector *selector, mio_event *events,
                       int room, int64_t timeout_ns)
{
    /* A day is enough: the caller waits again. */
    const int64_t most = INT64_C(86400) * MIO__NS_PER_S;
    struct timespec timeout = {0};
    if (timeout_ns < 0) {
        return wait_for(selector, events, room, NULL);
    }
    timeout_ns = timeout_ns < most ? timeout_ns : most;
    timeout.tv_sec = (time_t)(timeout_ns / MIO__NS_PER_S);
    timeout.tv_nsec = (long)(timeout_ns % MIO__NS_PER_S);
    return wait_for(selector, events, room, &timeout);
}

#endif
