/* bench_timers_libuv.c: see timers.h. */
#define _GNU_SOURCE
#include <uv.h>

#include "timers.h"

static uv_loop_t *loop;
static uv_timer_t *timers;

static void on_timer(uv_timer_t *timer)
{
    timer_expired((uint32_t)(timer - timers));
}

static void queue_open(uint32_t number)
{
    loop = uv_default_loop();
    timers = calloc(number, sizeof(*timers));
    if (timers == NULL) {
        exit(1);
    }
    for (uint32_t i = 0; i < number; i++) {
        uv_timer_init(loop, &timers[i]);
    }
}

static inline void timer_arm(uint32_t timer, int64_t deadline)
{
    const uint64_t milliseconds = (uint64_t)(deadline - now) / 1000000;
    uv_timer_start(&timers[timer], on_timer, milliseconds, 0);
}

static inline void timer_cancel(uint32_t timer)
{
    uv_timer_stop(&timers[timer]);
}

static inline void timer_rearm(uint32_t timer, int64_t deadline)
{
    timer_arm(timer, deadline);
}

static inline void turn(void)
{
    uv_run(loop, UV_RUN_NOWAIT);
}

static inline bool is_behind(void)
{
    return false;
}
