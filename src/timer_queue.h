/* timer_queue.h: timers, in the order of their deadlines.
 *
 * Most timers never expire: a server arms one for each connection and moves it
 * on with each request. So arming, moving and cancelling cost a few
 * instructions, and a timer is sorted in as late, and as little, as the order
 * needs.
 *
 *   fresh    armed since the last look at the queue: a list in no order
 *   slots    lists by time: the farther away, the wider
 *   heaps    made of slots of the narrowest kind that are crowded
 *
 * Slots. Read a deadline as a number of base 64, its last digit in units of
 * 2^19 ns, half a millisecond. `base` is such a number too: a moment that all
 * slots lie after. The level of a timer is the highest digit in which deadline
 * and base differ, and its slot on that level is this digit of the deadline.
 * Level 0 holds the next 33 ms, in slots of 0.5 ms; levels 1 to 3 reach to
 * 2 s, 137 s and 2.4 hours; one slot more holds what is beyond. A deadline that
 * has passed goes to the slot of base. Thus every slot of a level comes before
 * those of the next, and the first slot in use has the first timer.
 *
 * The first slot is all that has to be in order. If it has few timers, they are
 * searched where they are, and the next deadline is exact. If it has many, and
 * is of level 0, they become a pairing heap, where they are. Those of other
 * levels wait until their time begins; then base moves there, and they are
 * spread over the slots of the lower levels. So a timer is moved once for each
 * level at most, and by portions: when a million are spread, the program sees
 * to its I/O in between.
 *
 * A timer that is re-armed for later is left where it is. Its deadline is then
 * beyond its slot, which does no harm until it is the first there; only then
 * it is put back in its place. A connection's timer that is moved on a thousand
 * times a minute is sorted in once a minute.
 *
 * A million timers do not fit into the caches, so a walk along a list spends
 * its time waiting for memory. Each slot therefore has two lists, and both are
 * walked at once: two waits in the time of one.
 *
 * Costs. To arm, to cancel and to find the next deadline is O(1), and so is to
 * expire; O(log n), amortized, when n timers crowd into the same half
 * millisecond, where the first of them takes O(n). Nothing is allocated: the
 * links are in the timers, and the slots are 4 KiB. docs/design.md has figures,
 * also of what was not chosen.
 *
 * A queue belongs to one thread. It knows no clock. */
#ifndef MIO_TIMER_QUEUE_H
#define MIO_TIMER_QUEUE_H

#include "mio/timer.h"

enum {
    MIO__TIMER_UNIT_BITS = 19,
    MIO__TIMER_DIGIT_BITS = 6,
    MIO__TIMER_DIGITS = 1 << MIO__TIMER_DIGIT_BITS,
    MIO__TIMER_LEVELS = 4,
    MIO__TIMER_FAR = MIO__TIMER_LEVELS * MIO__TIMER_DIGITS, /* the last slot */
    MIO__TIMER_SLOTS,
    MIO__TIMER_FEW = 12,      /* in a slot */
    MIO__TIMER_PORTION = 1024 /* takes about 0.1 ms if they are not cached */
};

/* Two lists; a timer goes to either. Each begins with a pointer to its first
 * timer; `next_` leads on, and `link_` back to the pointer that leads here. In
 * a heap, `child_` begins a list of the timers below. A timer that is not armed
 * has no `link_` and no `child_`. */
struct mio__timer_slot {
    mio_timer *list[2];
};

struct mio__timer_queue {
    mio_timer *fresh;
    uint64_t order;                /* of the last arming, times two */
    int64_t soonest;               /* when to take next; INT64_MIN: unknown */
    int64_t base;                  /* as above; never goes back */
    struct mio__timer_slot opened; /* what is left of a slot being spread */
    unsigned opened_level;         /* that it was on */
    uint64_t marks[MIO__TIMER_LEVELS + 1]; /* a bit for each slot; if it is
                                              clear, the slot is empty */
    struct mio__timer_slot slots[MIO__TIMER_SLOTS];
};

void mio__timer_queue_init(struct mio__timer_queue *queue);

/* Arms a timer. pre: it is not armed; its other fields are set. */
static inline void mio__timer_queue_arm(struct mio__timer_queue *queue,
                                        mio_timer *timer, int64_t deadline);

/* Arms a timer anew. pre: it is armed, with this queue. */
static inline void mio__timer_queue_rearm(struct mio__timer_queue *queue,
                                          mio_timer *timer, int64_t deadline);

/* Takes a timer out. pre: as for rearm. */
static inline void mio__timer_queue_cancel(struct mio__timer_queue *queue,
                                           mio_timer *timer);

/* Turns up to `room` due timers into events: the first deadline first, and of
 * equal deadlines the one armed first. A periodic timer is armed again, for
 * its first deadline after now. Timers may be left although there is room while
 * mio__timer_queue_is_spreading. pre: room is not 0. */
int mio__timer_queue_take(struct mio__timer_queue *queue, int64_t now,
                          mio_event *events, int room);

/* Returns when to take next: at the first deadline; earlier if its slot has many
 * timers, at the latest when the slot begins; INT64_MAX if nothing is armed. */
int64_t mio__timer_queue_next(struct mio__timer_queue *queue, int64_t now);

/* Whether nothing is armed, as far as is known without a look. */
static inline bool
mio__timer_queue_is_idle(const struct mio__timer_queue *queue)
{
    return queue->fresh == NULL && queue->soonest == INT64_MAX;
}

static inline bool mio__timer_is_armed(const mio_timer *timer)
{
    return timer->link_ != NULL;
}

/* Whether the first timers are being sorted in, by portions, so that it is not
 * known yet which is due: take again. */
static inline bool
mio__timer_queue_is_spreading(const struct mio__timer_queue *queue)
{
    return queue->opened.list[0] != NULL || queue->opened.list[1] != NULL;
}

/* ---- Inside -------------------------------------------------------------*/

/* A bit of `order_`: re-armed for later, and not put in its place yet. */
#define MIO__TIMER_LATER UINT64_C(1)

/* Puts a timer before the others of a list. */
static inline void mio__timer_push(mio_timer **list, mio_timer *timer)
{
    mio_timer *next = *list;
    timer->next_ = next;
    if (next != NULL) {
        next->link_ = &timer->next_;
    }
    timer->link_ = list;
    *list = timer;
}

/* Takes a timer out of its list; those below it stay. */
void mio__timer_unlink_parent(mio_timer *timer);

static inline void mio__timer_unlink(mio_timer *timer)
{
    if (timer->child_ != NULL) {
        mio__timer_unlink_parent(timer);
        return;
    }
    mio_timer *next = timer->next_;
    *timer->link_ = next;
    if (next != NULL) {
        next->link_ = timer->link_;
    }
    timer->link_ = NULL;
}

static inline void mio__timer_queue_arm(struct mio__timer_queue *queue,
                                        mio_timer *timer, int64_t deadline)
{
    timer->deadline_ = deadline;
    timer->order_ = queue->order += 2;
    mio__timer_push(&queue->fresh, timer);
}

static inline void mio__timer_queue_cancel(struct mio__timer_queue *queue,
                                           mio_timer *timer)
{
    if (timer->deadline_ == queue->soonest) {
        queue->soonest = INT64_MIN;
    }
    mio__timer_unlink(timer);
}

/* Cancels and arms. */
void mio__timer_queue_move(struct mio__timer_queue *queue, mio_timer *timer,
                           int64_t deadline);

static inline void mio__timer_queue_rearm(struct mio__timer_queue *queue,
                                          mio_timer *timer, int64_t deadline)
{
    if (deadline < timer->deadline_ || timer->child_ != NULL) {
        mio__timer_queue_move(queue, timer, deadline);
        return;
    }
    if (timer->deadline_ == queue->soonest) {
        queue->soonest = INT64_MIN;
    }
    timer->deadline_ = deadline;
    timer->order_ = (queue->order += 2) | MIO__TIMER_LATER;
}

#endif
