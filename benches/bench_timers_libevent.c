/* bench_timers_libevent.c: see timers.h. */
#define _GNU_SOURCE
#include <event2/event.h>
#include <event2/event_struct.h>

#include "timers.h"

static struct event_base *base;
static struct event *timers;

static void on_timer(evutil_socket_t fd, short events, void *token)
{
    (void)fd;
    (void)events;
    timer_expired((uint32_t)(uintptr_t)token);
}

static void queue_open(uint32_t number)
{
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    timers = calloc(number, sizeof(*timers));
    if (timers == NULL) {
        exit(1);
    }
    for (uint32_t i = 0; i < number; i++) {
        evtimer_assign(&timers[i], base, on_timer, (void *)(uintptr_t)i);
    }
}

static inline void timer_arm(uint32_t timer, int64_t deadline)
{
    const int64_t delay = deadline - now;
    const struct timeval time = {delay / SECOND, delay % SECOND / 1000};
    evtimer_add(&timers[timer], &time);
}

static inline void timer_cancel(uint32_t timer)
{
    evtimer_del(&timers[timer]);
}

static inline void timer_rearm(uint32_t timer, int64_t deadline)
{
    timer_arm(timer, deadline);
}

static inline void turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

static inline bool is_behind(void)
{
    return false;
}
