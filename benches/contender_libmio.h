/* contender_libmio.h: libmio. */
#include "bench.h"

#include <mio.h>

#define WATCH_BYTES (double)sizeof(mio_source)
struct watch {
    union {
        mio_source source;
        mio_tcp_stream tcp;
        mio_unix_stream unix_domain;
    } of;
};
static mio_poll loop;
static mio_slot slots[ENDS_MAX];
static mio_event events[EVENTS];
static mio_registry *registry;
static mio_waker waker;
static const mio_interest mode = BENCH_MODE == MODE_EDGE    ? 0
                                 : BENCH_MODE == MODE_LEVEL ? MIO_LEVEL
                                                            : MIO_ONESHOT;

static inline ssize_t ok(mio_ssize result, const char *what)
{
    if (result < 0 && result != MIO_ERR_WOULD_BLOCK) {
        (void)fprintf(stderr, "%s: %s\n", what, mio_strerror((int)result));
        exit(1);
    }
    return result;
}

static inline void loop_open(bool threads)
{
    (void)threads;
    (void)ok(mio_poll_init(&loop, slots, ENDS_MAX), "poll");
    registry = mio_poll_registry(&loop);
}

static inline void loop_close(void)
{
    mio_poll_close(&loop);
}

static inline int loop_wait(int64_t timeout_ns)
{
    return (int)ok(mio_poll_wait(&loop, events, EVENTS, timeout_ns), "wait");
}

#define event_token(i) mio_event_token(&events[i])
#define event_is_readable(i) mio_event_is_readable(&events[i])
#define event_is_closed(i) mio_event_is_read_closed(&events[i])
#define LOOP_HANDLER LOOP_HANDLER_OF_ARRAY

static inline void watch_open(struct watch *w, int fd, enum kind kind)
{
    (void)ok(kind == KIND_TCP ? mio_tcp_stream_from_fd(&w->of.tcp, fd)
             : kind == KIND_UNIX
                 ? mio_unix_stream_from_fd(&w->of.unix_domain, fd)
                 : mio_source_from_fd(&w->of.source, fd),
             "from_fd");
}

static inline mio_interest interest_of(int want)
{
    return ((want & WANT_READ) != 0 ? MIO_READABLE : 0) |
           ((want & WANT_WRITE) != 0 ? MIO_WRITABLE : 0) | mode;
}

#define watch_add(w, token, want, handler)                                     \
    ok(mio_registry_register(registry, &(w)->of.source, token,                 \
                             interest_of(want)),                               \
       "register")
#define watch_change(w, token, want, handler)                                  \
    ok(mio_registry_reregister(registry, &(w)->of.source, token,               \
                               interest_of(want)),                             \
       "reregister")
#define watch_remove(w)                                                        \
    ok(mio_registry_deregister(registry, &(w)->of.source), "deregister")

static inline void watch_close(struct watch *w, enum kind kind)
{
    if (kind == KIND_TCP) {
        mio_tcp_stream_close(&w->of.tcp);
    } else if (kind == KIND_UNIX) {
        mio_unix_stream_close(&w->of.unix_domain);
    } else {
        (void)watch_remove(w);
        (void)checked(close(w->of.source.fd), "close");
    }
}

#define unix_read(w, data, size)                                               \
    ok(mio_unix_stream_read(&(w)->of.unix_domain, data, size), "read")
#define unix_write(w, data, size)                                              \
    ok(mio_unix_stream_write(&(w)->of.unix_domain, data, size), "write")
#define tcp_read(w, data, size)                                                \
    ok(mio_tcp_stream_read(&(w)->of.tcp, data, size), "read")
#define tcp_write(w, data, size)                                               \
    ok(mio_tcp_stream_write(&(w)->of.tcp, data, size), "write")

#define waker_open(token, handler)                                             \
    ok(mio_waker_init(&waker, registry, token), "")
#define waker_wake() ok(mio_waker_wake(&waker), "wake")
#define waker_close() mio_waker_close(&waker)
