/* contender_libevent.h: libevent, with an event for each direction, as its own
 * buffers have. */
#include "bench.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/thread.h>

#define ECHO_WANT WANT_READ
#define WATCH_BYTES (double)(2 * sizeof(struct event))
struct watch {
    struct event directions[2]; /* reading, writing */
    uintptr_t token;
    int fd;
    int want;
};
static struct event_base *loop;
static struct event waker, timer;
static uintptr_t waker_token;

#include "plain.h"

static void wait_is_over(int fd, short happened, void *data)
{
    (void)fd, (void)happened, (void)data;
}

static inline void loop_open(bool threads)
{
    if (threads) {
        (void)checked(evthread_use_pthreads(), "threads");
    }
    loop = event_base_new();
    (void)evtimer_assign(&timer, loop, wait_is_over, NULL);
}

static inline void loop_close(void)
{
    event_base_free(loop);
}

static inline void loop_turn(int64_t timeout_ns)
{
    if (timeout_ns > 0) {
        struct timeval limit = {0, (suseconds_t)((timeout_ns + 999) / 1000)};
        (void)checked(evtimer_add(&timer, &limit), "timer");
    }
    int flags = timeout_ns == 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE;
    (void)checked(event_base_loop(loop, flags | EVLOOP_NO_EXIT_ON_EMPTY),
                  "loop");
}

#define LOOP_HANDLER(handler)                                                  \
    static inline void handler##_called(int fd, short happened, void *data)    \
    {                                                                          \
        (void)fd;                                                              \
        handler(((struct watch *)data)->token, (happened & EV_READ) != 0,      \
                false);                                                        \
    }                                                                          \
    static inline void handler##_woken(int fd, short happened, void *data)     \
    {                                                                          \
        (void)fd, (void)happened;                                              \
        handler(*(uintptr_t *)data, true, false);                              \
    }                                                                          \
    static inline void handler##_turn(int64_t timeout_ns)                      \
    {                                                                          \
        loop_turn(timeout_ns);                                                 \
    }

static inline void change(struct watch *w, uintptr_t token, int want)
{
    const int wants[] = {WANT_READ, WANT_WRITE};
    w->token = token;
    for (size_t i = 0; i < 2; i++) {
        if ((want & ~w->want & wants[i]) != 0) {
            (void)checked(event_add(&w->directions[i], NULL), "add");
        } else if ((w->want & ~want & wants[i]) != 0) {
            (void)checked(event_del(&w->directions[i]), "del");
        }
    }
    w->want = want;
}

static inline void add(struct watch *w, uintptr_t token, int want,
                       event_callback_fn called)
{
    (void)event_assign(&w->directions[0], loop, w->fd,
                       EV_READ | EV_PERSIST | EV_ET, called, w);
    (void)event_assign(&w->directions[1], loop, w->fd,
                       EV_WRITE | EV_PERSIST | EV_ET, called, w);
    w->want = 0;
    change(w, token, want);
}

#define watch_add(w, token, want, handler) add(w, token, want, handler##_called)
#define watch_change(w, token, want, handler) change(w, token, want)

static inline void watch_remove(struct watch *w)
{
    change(w, w->token, 0);
}

#define waker_open(token, handler)                                             \
    (waker_token = (token), event_assign(&waker, loop, -1, EV_PERSIST,         \
                                         handler##_woken, &waker_token))
#define waker_wake() event_active(&waker, EV_READ, 0)
#define waker_close() event_del(&waker)
