/* bench_timers_mio.c: see timers.h. */
#define _GNU_SOURCE
#include <mio.h>

#include "timers.h"

static mio_poll poll;
static mio_timer_queue queue;
static mio_timer *timers;
static bool was_due; /* at the last turn */

static void queue_open(uint32_t number)
{
    timers = calloc(number, sizeof(*timers));
    if (timers == NULL || mio_poll_init(&poll, NULL, 0) != 0 ||
        mio_timer_queue_init(&queue, &poll) != 0) {
        exit(1);
    }
    for (uint32_t i = 0; i < number; i++) {
        (void)mio_timer_init(&timers[i], i);
    }
}

static inline void timer_arm(uint32_t timer, int64_t deadline)
{
    (void)mio_timer_arm_at(&queue, &timers[timer], deadline);
}

static inline void timer_cancel(uint32_t timer)
{
    (void)mio_timer_cancel(&queue, &timers[timer]);
}

static inline void timer_rearm(uint32_t timer, int64_t deadline)
{
    timer_arm(timer, deadline);
}

static inline void turn(void)
{
    mio_event events[256];
    const int n = mio_poll_wait(&poll, events, 256, 0);
    for (int i = 0; i < n; i++) {
        timer_expired((uint32_t)mio_event_token(&events[i]));
    }
    was_due = n > 0;
}

static inline bool is_behind(void)
{
    return was_due;
}
