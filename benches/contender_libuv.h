/* contender_libuv.h: libuv's uv_poll_t, which is level-triggered. Its memory is
 * free only when the loop has turned once more after the close. */
#include "bench.h"

#include <uv.h>

#define ECHO_WANT WANT_READ
#define WATCH_BYTES (double)sizeof(uv_poll_t)
struct watch {
    uv_poll_t poll;
    uintptr_t token;
    int fd;
};
static uv_loop_t loop;
static uv_async_t waker;
static uv_timer_t timer;

#include "plain.h"

static void wait_is_over(uv_timer_t *t)
{
    (void)t;
}

static inline void loop_open(bool threads)
{
    (void)threads;
    (void)checked(uv_loop_init(&loop), "loop");
    (void)checked(uv_timer_init(&loop, &timer), "timer");
}

static inline void loop_close(void)
{
    uv_close((uv_handle_t *)&timer, NULL);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    (void)uv_loop_close(&loop);
}

static inline void loop_turn(int64_t timeout_ns)
{
    if (timeout_ns > 0) {
        uv_update_time(&loop); /* the timer counts from the loop's own time */
        (void)uv_timer_start(&timer, wait_is_over,
                             (uint64_t)milliseconds_of(timeout_ns), 0);
    }
    (void)uv_run(&loop, timeout_ns == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
}

#define LOOP_HANDLER(handler)                                                  \
    static inline void handler##_called(uv_poll_t *poll, int status,           \
                                        int happened)                          \
    {                                                                          \
        (void)status;                                                          \
        handler(((struct watch *)(void *)poll)->token,                         \
                (happened & UV_READABLE) != 0, false);                         \
    }                                                                          \
    static inline void handler##_woken(uv_async_t *a)                          \
    {                                                                          \
        handler((uintptr_t)a->data, true, false);                              \
    }                                                                          \
    static inline void handler##_turn(int64_t timeout_ns)                      \
    {                                                                          \
        loop_turn(timeout_ns);                                                 \
    }

static inline void change(struct watch *w, uintptr_t token, int want,
                          uv_poll_cb called)
{
    int events = ((want & WANT_READ) != 0 ? UV_READABLE : 0) |
                 ((want & WANT_WRITE) != 0 ? UV_WRITABLE : 0);
    w->token = token;
    (void)checked(uv_poll_start(&w->poll, events, called), "start");
}

static inline void add(struct watch *w, uintptr_t token, int want,
                       uv_poll_cb called)
{
    (void)checked(uv_poll_init(&loop, &w->poll, w->fd), "init");
    change(w, token, want, called);
}

#define watch_add(w, token, want, handler) add(w, token, want, handler##_called)
#define watch_change(w, token, want, handler)                                  \
    change(w, token, want, handler##_called)

static inline void watch_remove(struct watch *w)
{
    uv_close((uv_handle_t *)&w->poll, NULL);
}

#define waker_open(token, handler)                                             \
    (uv_async_init(&loop, &waker, handler##_woken),                            \
     waker.data = (void *)(token))
#define waker_wake() uv_async_send(&waker)
#define waker_close() uv_close((uv_handle_t *)&waker, NULL)
