/* timer_model.h: what the timer queue (src/timer_queue.h) is meant to be: a list
 * of the armed timers, by deadline and then by arming.
 *
 * Whatever is done to a model is done to a queue and to such a list, and both
 * must agree: on each event, on its timer's new deadline if it is periodic, and
 * on when the next is due. All chance comes from a seed. */
#ifndef TIMER_MODEL_H
#define TIMER_MODEL_H

#include "support.h"

#include <inttypes.h>

#include "timer_queue.h"

#define MODEL_ROOM_MAX 40

/* A timer, and what the list knows of it. */
struct entry {
    mio_timer timer;
    struct entry *before; /* in the list, if armed */
    struct entry *after;
    int64_t deadline;
    int64_t period;
    uint64_t order;
    bool is_armed;
};

/* How deadlines are chosen: crowded around a moment, or anywhere. */
enum style { ANYWHERE, EQUAL, HOURS_AWAY, IN_ONE_SLOT, SOON, PAST, STYLES };
#define CROWDING_STYLES SOON

struct model {
    struct mio__timer_queue queue;
    struct entry *entries;
    unsigned count;      /* of entries */
    unsigned armed;      /* of them */
    struct entry *first; /* of the list */
    struct entry *last;
    uint64_t order;
    int64_t now;
    uint64_t random;
    enum style style;
    int64_t focus;    /* where deadlines are crowded */
    uint64_t seed;    /* for messages */
    unsigned long op; /* for messages */
};

#define require(m, condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fail_msg("MIO_SEED=%" PRIu64 ", operation %lu: not so: %s",        \
                     (m)->seed, (m)->op, #condition);                          \
        }                                                                      \
    } while (0)

/* ---- Chance -------------------------------------------------------------*/

uint64_t model_draw(struct model *m);

/** Returns a number from 0 to limit - 1. */
unsigned model_below(struct model *m, unsigned limit);

/** Returns a number of 0 to `bits` bits, small ones as likely as large ones. */
int64_t model_magnitude(struct model *m, unsigned bits);

/** Return the sum and the difference, or the end of time. */
int64_t time_after(int64_t from, int64_t by);
int64_t time_before(int64_t from, int64_t by);

/** Returns a moment beside the beginning of a slot. */
int64_t model_edge(struct model *m);

/** Returns one of the moments at which integers begin, end or change sign. */
int64_t model_extreme(struct model *m);

/* ---- Operations on both -------------------------------------------------*/

void model_arm_at(struct model *m, struct entry *entry, int64_t deadline,
                  int64_t period);

/** Arms for a deadline and a period that the style makes likely. */
void model_arm(struct model *m, struct entry *entry);

void model_cancel(struct model *m, struct entry *entry);

/** Tells whether the list has a timer that is due. */
bool model_is_due(const struct model *m);

/** Takes up to `room` events, and checks them; returns their number. */
int model_take(struct model *m, int room);

/** Returns when the queue wants to be asked again. */
int64_t model_next(struct model *m);

#endif
