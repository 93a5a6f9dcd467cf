/* contender_libev.h: libev, which is level-triggered. */
#include "bench.h"

#include <ev.h>

#define ECHO_WANT WANT_READ
#define WATCH_BYTES (double)sizeof(ev_io)
struct watch {
    ev_io io;
    uintptr_t token;
    int fd;
};
static struct ev_loop *loop;
static ev_async waker;
static ev_timer timer;

#include "plain.h"

static void wait_is_over(struct ev_loop *l, ev_timer *t, int happened)
{
    (void)l, (void)t, (void)happened;
}

static inline void loop_open(bool threads)
{
    (void)threads;
    loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    ev_init(&timer, wait_is_over);
}

static inline void loop_close(void)
{
    ev_loop_destroy(loop);
}

static inline void loop_turn(int64_t timeout_ns)
{
    if (timeout_ns > 0) {
        ev_timer_set(&timer, (double)timeout_ns / 1e9, 0);
        ev_now_update(loop); /* the timer counts from the loop's own time */
        ev_timer_start(loop, &timer);
    }
    (void)ev_run(loop, timeout_ns == 0 ? EVRUN_NOWAIT : EVRUN_ONCE);
}

#define LOOP_HANDLER(handler)                                                  \
    static inline void handler##_called(struct ev_loop *l, ev_io *io,          \
                                        int happened)                          \
    {                                                                          \
        (void)l;                                                               \
        handler(((struct watch *)(void *)io)->token,                           \
                (happened & EV_READ) != 0, false);                             \
    }                                                                          \
    static inline void handler##_woken(struct ev_loop *l, ev_async *a,         \
                                       int happened)                           \
    {                                                                          \
        (void)l, (void)happened;                                               \
        handler((uintptr_t)a->data, true, false);                              \
    }                                                                          \
    static inline void handler##_turn(int64_t timeout_ns)                      \
    {                                                                          \
        loop_turn(timeout_ns);                                                 \
    }

typedef void called(struct ev_loop *l, ev_io *io, int happened);

static inline void add(struct watch *w, uintptr_t token, int want, called *f)
{
    w->token = token;
    ev_io_init(&w->io, f, w->fd,
               ((want & WANT_READ) != 0 ? EV_READ : 0) |
                   ((want & WANT_WRITE) != 0 ? EV_WRITE : 0));
    ev_io_start(loop, &w->io);
}

static inline void watch_remove(struct watch *w)
{
    ev_io_stop(loop, &w->io);
}

static inline void change(struct watch *w, uintptr_t token, int want, called *f)
{
    watch_remove(w);
    add(w, token, want, f);
}

#define watch_add(w, token, want, handler) add(w, token, want, handler##_called)
#define watch_change(w, token, want, handler)                                  \
    change(w, token, want, handler##_called)

static inline void open_waker(uintptr_t token,
                              void (*f)(struct ev_loop *, ev_async *, int))
{
    ev_async_init(&waker, f);
    waker.data = (void *)token;
    ev_async_start(loop, &waker);
}

#define waker_open(token, handler) open_waker(token, handler##_woken)
#define waker_wake() ev_async_send(loop, &waker)
#define waker_close() ev_async_stop(loop, &waker)
