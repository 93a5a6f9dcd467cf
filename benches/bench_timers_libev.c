/* bench_timers_libev.c: see timers.h. */
#define _GNU_SOURCE
#include <ev.h>

#include "timers.h"

static struct ev_loop *loop;
static ev_timer *timers;

static void on_timer(struct ev_loop *of, ev_timer *timer, int events)
{
    (void)of;
    (void)events;
    timer_expired((uint32_t)(timer - timers));
}

static void queue_open(uint32_t number)
{
    loop = ev_default_loop(0);
    timers = calloc(number, sizeof(*timers));
    if (timers == NULL) {
        exit(1);
    }
    for (uint32_t i = 0; i < number; i++) {
        ev_timer_init(&timers[i], on_timer, 0., 0.);
    }
}

static inline void timer_arm(uint32_t timer, int64_t deadline)
{
    ev_timer_set(&timers[timer], (double)(deadline - now) * 1e-9, 0.);
    ev_timer_start(loop, &timers[timer]);
}

static inline void timer_cancel(uint32_t timer)
{
    ev_timer_stop(loop, &timers[timer]);
}

/* The way its manual advises. */
static inline void timer_rearm(uint32_t timer, int64_t deadline)
{
    timers[timer].repeat = (double)(deadline - now) * 1e-9;
    ev_timer_again(loop, &timers[timer]);
}

static inline void turn(void)
{
    ev_run(loop, EVRUN_NOWAIT);
}

static inline bool is_behind(void)
{
    return false;
}
