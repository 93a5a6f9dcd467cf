/* timer_queue.c: see timer_queue.h. */
#include "internal.h"

#include "timer_queue.h"

#include <string.h>

#include "bits.h"

#define DIGITS MIO__TIMER_DIGITS
#define LEVELS MIO__TIMER_LEVELS
#define LAST_SLOT MIO__TIMER_FAR
#define NO_SLOT MIO__TIMER_SLOTS

_Static_assert(DIGITS <= 64, "a word of marks for each level");

/* ---- Heaps --------------------------------------------------------------*/

static inline bool is_before(const mio_timer *a, const mio_timer *b)
{
    return a->deadline_ < b->deadline_ ||
           (a->deadline_ == b->deadline_ && a->order_ < b->order_);
}

/* Makes one tree of two: the root that is later goes below the other. */
static inline mio_timer *meld(mio_timer *a, mio_timer *b)
{
    if (is_before(b, a)) {
        mio_timer *earlier = b;
        b = a;
        a = earlier;
    }
    mio__timer_push(&a->child_, b);
    return a;
}

/* Makes one tree of a list of them: melds neighbours, and then the pairs, from
 * the last to the first. This order is what makes pairing heaps fast. The
 * root's links are left to the caller. pre: the list is not empty. */
static mio_timer *combine(mio_timer *trees)
{
    mio_timer *pairs = NULL;
    while (trees != NULL) {
        mio_timer *tree = trees;
        mio_timer *mate = tree->next_;
        trees = NULL;
        if (mate != NULL) {
            trees = mate->next_;
            tree = meld(tree, mate);
        }
        tree->next_ = pairs;
        pairs = tree;
    }
    mio_timer *root = pairs;
    pairs = pairs->next_;
    while (pairs != NULL) {
        mio_timer *next = pairs->next_;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

void mio__timer_unlink_parent(mio_timer *timer)
{
    mio_timer *heir = combine(timer->child_);
    heir->next_ = timer->next_;
    if (heir->next_ != NULL) {
        heir->next_->link_ = &heir->next_;
    }
    heir->link_ = timer->link_;
    *heir->link_ = heir;
    timer->child_ = NULL;
    timer->link_ = NULL;
}

/* ---- Slots --------------------------------------------------------------*/

static inline unsigned shift_of(unsigned level)
{
    return MIO__TIMER_UNIT_BITS + level * MIO__TIMER_DIGIT_BITS;
}

static inline bool is_empty(const struct mio__timer_slot *slot)
{
    return slot->list[0] == NULL && slot->list[1] == NULL;
}

/* Puts a timer into its slot. */
static inline void place(struct mio__timer_queue *queue, mio_timer *timer)
{
    const int64_t base = queue->base;
    const int64_t key = timer->deadline_ > base ? timer->deadline_ : base;
    const uint64_t difference = ((uint64_t)key ^ (uint64_t)base) >> shift_of(0);
    unsigned level = mio__bit_highest(difference | 1) / MIO__TIMER_DIGIT_BITS;
    unsigned digit = (unsigned)((uint64_t)key >> shift_of(level)) % DIGITS;
    if (level >= LEVELS) {
        level = LEVELS;
        digit = 0;
    }
    const unsigned list = (unsigned)timer->order_ / 2 % 2;
    queue->marks[level] |= UINT64_C(1) << digit;
    mio__timer_push(&queue->slots[level * DIGITS + digit].list[list], timer);
}

static void put_back(struct mio__timer_queue *queue, mio_timer *timer)
{
    timer->order_ &= ~MIO__TIMER_LATER;
    mio__timer_unlink(timer);
    place(queue, timer);
}

/* Puts all timers of a slot back that are in it from an earlier deadline. Tells
 * whether there were any. In a heap they would be in the way: many short time
 * limits that are put off again and again would cost two to five times as
 * much. */
static bool put_later_back(struct mio__timer_queue *queue,
                           const struct mio__timer_slot *slot)
{
    bool was_any = false;
    for (int i = 0; i < 2; i++) {
        mio_timer *timer = slot->list[i];
        while (timer != NULL) {
            mio_timer *next = timer->next_;
            if ((timer->order_ & MIO__TIMER_LATER) != 0) {
                put_back(queue, timer);
                was_any = true;
            }
            timer = next;
        }
    }
    return was_any;
}

/* Returns the first slot in use, or NO_SLOT. */
static inline unsigned first_slot(struct mio__timer_queue *queue)
{
    for (unsigned level = 0; level <= LEVELS; level++) {
        while (queue->marks[level] != 0) {
            const unsigned digit = mio__bit_lowest(queue->marks[level]);
            const unsigned slot = level * DIGITS + digit;
            if (!is_empty(&queue->slots[slot])) {
                return slot;
            }
            queue->marks[level] &= queue->marks[level] - 1;
        }
    }
    return NO_SLOT;
}

/* Returns the first moment that belongs to a slot. */
static inline int64_t start_of(const struct mio__timer_queue *queue,
                               unsigned slot)
{
    const unsigned shift = shift_of(slot / DIGITS);
    const uint64_t base = (uint64_t)queue->base >> shift;
    return slot == LAST_SLOT
               ? (int64_t)((base + 1) << shift)
               : (int64_t)((base / DIGITS * DIGITS + slot % DIGITS) << shift);
}

/* Returns the first timer of a slot, or NULL if it has more than a few. pre:
 * the slot is not empty. */
static inline mio_timer *first_of_few(const struct mio__timer_slot *slot)
{
    mio_timer *first = slot->list[0];
    mio_timer *other = slot->list[1];
    if (first == NULL) {
        first = other;
        other = NULL;
    }
    mio_timer *timer = first->next_;
    for (int left = MIO__TIMER_FEW;; timer = timer->next_) {
        if (timer == NULL) {
            timer = other;
            other = NULL;
        }
        if (timer == NULL) {
            return first;
        }
        if (--left == 0) {
            return NULL;
        }
        if (is_before(timer, first)) {
            first = timer;
        }
    }
}

/* Makes a heap of a slot. Returns its first timer; NULL if it is empty. */
static mio_timer *first_of_many(struct mio__timer_slot *slot)
{
    mio_timer *root = NULL;
    for (int i = 0; i < 2; i++) {
        if (slot->list[i] != NULL) {
            mio_timer *tree = combine(slot->list[i]);
            root = root != NULL ? meld(root, tree) : tree;
        }
        slot->list[i] = NULL;
    }
    if (root != NULL) {
        mio__timer_push(&slot->list[0], root);
    }
    return root;
}

/* ---- Spreading ----------------------------------------------------------*/

/* The slots of one level: where the timers of a slot of the next one go. */
struct row {
    struct mio__timer_slot *slots;
    uint64_t marks; /* to be added to the level's */
    uint64_t start;
    unsigned shift;
};

/* Puts a timer into its slot, as place does, but with half the instructions if
 * it belongs to the row. Slot 0 of a row is where base is; its timers go to
 * lower levels. */
static inline void sift(struct mio__timer_queue *queue, struct row *row,
                        mio_timer *timer, unsigned list)
{
    const uint64_t digit =
        ((uint64_t)timer->deadline_ >> row->shift) - row->start;
    if (digit - 1 < DIGITS - 1) {
        row->marks |= UINT64_C(1) << digit;
        mio__timer_push(&row->slots[digit].list[list], timer);
    } else {
        place(queue, timer);
    }
}

static void set_opened(struct mio__timer_queue *queue, mio_timer *first,
                       mio_timer *second)
{
    queue->opened.list[0] = first;
    queue->opened.list[1] = second;
    if (first != NULL) {
        first->link_ = &queue->opened.list[0];
    }
    if (second != NULL) {
        second->link_ = &queue->opened.list[1];
    }
}

/* Spreads one portion of the opened slot. */
static void spread(struct mio__timer_queue *queue)
{
    const unsigned level = queue->opened_level - 1;
    struct row row = {&queue->slots[(size_t)level * DIGITS], 0,
                      (uint64_t)queue->base >> shift_of(level),
                      shift_of(level)};
    mio_timer *first = queue->opened.list[0];
    mio_timer *second = queue->opened.list[1];
    int left = MIO__TIMER_PORTION / 2;
    while (first != NULL && second != NULL && left-- > 0) {
        mio_timer *after_first = first->next_;
        mio_timer *after_second = second->next_;
        sift(queue, &row, first, 0);
        sift(queue, &row, second, 1);
        first = after_first;
        second = after_second;
    }
    if (first == NULL) {
        first = second;
        second = NULL;
    }
    while (first != NULL && left-- > 0) {
        mio_timer *after = first->next_;
        sift(queue, &row, first, 0);
        first = after;
    }
    queue->marks[level] |= row.marks;
    set_opened(queue, first, second);
}

/* Moves base to the start of the first slot, which has come, and begins to
 * spread it. */
static void open_slot(struct mio__timer_queue *queue, unsigned slot,
                      int64_t now)
{
    struct mio__timer_slot *from = &queue->slots[slot];
    queue->base = start_of(queue, slot);
    if (slot == LAST_SLOT) {
        const unsigned shift = shift_of(LEVELS); /* the width of all levels */
        queue->base = (int64_t)((uint64_t)now >> shift << shift);
    }
    queue->opened_level = slot / DIGITS;
    set_opened(queue, from->list[0], from->list[1]);
    from->list[0] = NULL;
    from->list[1] = NULL;
    spread(queue);
}

/* ---- Fresh timers -------------------------------------------------------*/

/* Moves base to now, or as close to it as the slots in use allow. */
static void advance(struct mio__timer_queue *queue, int64_t now)
{
    const unsigned slot = first_slot(queue);
    const int64_t start = slot != NO_SLOT ? start_of(queue, slot) : INT64_MAX;
    if (now > queue->base && start > queue->base) {
        queue->base = now < start ? now : start - 1;
    }
}

/* Puts the fresh timers into their slots. */
static void settle(struct mio__timer_queue *queue, int64_t now)
{
    mio_timer *timer = queue->fresh;
    if (timer != NULL && !mio__timer_queue_is_spreading(queue)) {
        advance(queue, now);
    }
    queue->fresh = NULL;
    while (timer != NULL) {
        mio_timer *next = timer->next_;
        if (timer->deadline_ < queue->soonest) {
            queue->soonest = timer->deadline_;
        }
        place(queue, timer);
        timer = next;
    }
}

/* ---- The queue ----------------------------------------------------------*/

void mio__timer_queue_init(struct mio__timer_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
    queue->soonest = INT64_MAX;
    queue->base = INT64_MIN;
}

void mio__timer_queue_move(struct mio__timer_queue *queue, mio_timer *timer,
                           int64_t deadline)
{
    mio__timer_queue_cancel(queue, timer);
    mio__timer_queue_arm(queue, timer, deadline);
}

/* Arms a periodic timer that has expired, unless time itself ends before. */
static void repeat(struct mio__timer_queue *queue, mio_timer *timer,
                   int64_t now)
{
    const uint64_t period = (uint64_t)timer->period_;
    const uint64_t late = (uint64_t)now - (uint64_t)timer->deadline_;
    const uint64_t missed = late / period;
    const uint64_t ahead = period - late % period;
    timer->expired_ = missed < UINT32_MAX ? (uint32_t)missed + 1 : UINT32_MAX;
    if (ahead <= (uint64_t)INT64_MAX - (uint64_t)now) {
        timer->deadline_ = (int64_t)((uint64_t)now + ahead);
        timer->order_ = queue->order += 2;
        place(queue, timer);
    }
}

static inline void deliver(struct mio__timer_queue *queue, mio_timer *timer,
                           int64_t now, mio_event *event)
{
    event->flags = MIO_EVENT_IN;
    event->token = timer->token_;
    mio__timer_unlink(timer);
    timer->expired_ = 1;
    if (timer->period_ > 0) {
        repeat(queue, timer, now);
    }
}

/* Takes up to `room` due timers, and finds out when to go on. pre: nothing is
 * fresh or being spread. */
static int take_due(struct mio__timer_queue *queue, int64_t now,
                    mio_event *events, int room)
{
    for (int count = 0;;) {
        const unsigned slot = first_slot(queue);
        if (slot == NO_SLOT) {
            queue->soonest = INT64_MAX;
            return count;
        }
        mio_timer *timer = first_of_few(&queue->slots[slot]);
        if (timer == NULL && slot < DIGITS) {
            if (put_later_back(queue, &queue->slots[slot])) {
                continue;
            }
            timer = first_of_many(&queue->slots[slot]);
        }
        if (timer == NULL) {
            queue->soonest = start_of(queue, slot);
            if (queue->soonest > now) {
                return count;
            }
            open_slot(queue, slot, now);
            if (mio__timer_queue_is_spreading(queue)) {
                return count;
            }
        } else if ((timer->order_ & MIO__TIMER_LATER) != 0) {
            put_back(queue, timer);
        } else if (timer->deadline_ > now || count == room) {
            queue->soonest = timer->deadline_;
            return count;
        } else {
            deliver(queue, timer, now, &events[count++]);
        }
    }
}

int mio__timer_queue_take(struct mio__timer_queue *queue, int64_t now,
                          mio_event *events, int room)
{
    settle(queue, now);
    if (mio__timer_queue_is_spreading(queue)) {
        spread(queue);
    }
    if (now < queue->soonest || mio__timer_queue_is_spreading(queue)) {
        return 0;
    }
    return take_due(queue, now, events, room);
}

int64_t mio__timer_queue_next(struct mio__timer_queue *queue, int64_t now)
{
    settle(queue, now);
    if (queue->soonest == INT64_MIN && !mio__timer_queue_is_spreading(queue)) {
        (void)take_due(queue, INT64_MIN, NULL, 0);
    }
    return queue->soonest;
}
