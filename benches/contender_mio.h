/* contender_mio.h: the same, written with libmio. */
#ifndef CONTENDER_H
#define CONTENDER_H

#include "bench.h"

#include <mio.h>

static const char contender[] = "mio";
static mio_poll poll;
static mio_slot slots[ENDS_MAX + 1];
static mio_event events[EVENTS];
static mio_registry *registry;

static inline void check(int result, const char *what)
{
    if (result < 0) {
        (void)fprintf(stderr, "%s: %s\n", what, mio_strerror(result));
        exit(1);
    }
}

static inline void loop_open(void)
{
    check(mio_poll_init(&poll, slots, ENDS_MAX + 1), "poll");
    registry = mio_poll_registry(&poll);
}

static inline void loop_close(void)
{
    mio_poll_close(&poll);
}

static inline int loop_wait(int milliseconds)
{
    int n = mio_poll_wait(&poll, events, EVENTS, milliseconds);
    check(n, "wait"); /* -1 and 0 mean the same in any unit */
    return n;
}

static inline void loop_wait_nanoseconds(int64_t timeout)
{
    check(mio_poll_wait(&poll, events, EVENTS, timeout), "wait");
}

static inline uintptr_t event_token(int i)
{
    return mio_event_token(&events[i]);
}

static inline bool event_is_readable(int i)
{
    return mio_event_is_readable(&events[i]);
}

static inline bool event_is_read_closed(int i)
{
    return mio_event_is_read_closed(&events[i]);
}

/* ---- A descriptor of any kind -------------------------------------------*/

struct end {
    mio_source source;
};

static inline void end_adopt(struct end *e, int fd)
{
    check(mio_source_from_fd(&e->source, fd), "source");
}

static inline void end_register(struct end *e, uintptr_t token)
{
    check(mio_registry_register(registry, &e->source, token, MIO_READABLE),
          "register");
}

static inline void end_reregister(struct end *e, uintptr_t token)
{
    check(mio_registry_reregister(registry, &e->source, token,
                                  MIO_READABLE | MIO_WRITABLE),
          "reregister");
}

static inline void end_deregister(struct end *e)
{
    check(mio_registry_deregister(registry, &e->source), "deregister");
}

/* ---- A stream socket ----------------------------------------------------*/

typedef union stream {
    mio_source source;
    mio_tcp_stream tcp;
    mio_unix_stream unix_domain;
} stream;

static inline void stream_adopt(stream *s, int fd, bool unix_domain)
{
    check(unix_domain ? mio_unix_stream_from_fd(&s->unix_domain, fd)
                      : mio_tcp_stream_from_fd(&s->tcp, fd),
          "from_fd");
}

static inline void stream_register(stream *s, uintptr_t token, bool both)
{
    mio_interest interest = both ? MIO_READABLE | MIO_WRITABLE : MIO_READABLE;
    check(mio_registry_register(registry, &s->source, token, interest),
          "register");
}

static inline ssize_t moved(mio_ssize n, const char *what)
{
    if (n < 0 && n != MIO_ERR_WOULD_BLOCK) {
        check((int)n, what);
    }
    return n;
}

static inline ssize_t unix_read(stream *s, void *data, size_t size)
{
    return moved(mio_unix_stream_read(&s->unix_domain, data, size), "read");
}

static inline ssize_t unix_write(stream *s, const void *data, size_t size)
{
    return moved(mio_unix_stream_write(&s->unix_domain, data, size), "write");
}

static inline ssize_t tcp_read(stream *s, void *data, size_t size)
{
    return moved(mio_tcp_stream_read(&s->tcp, data, size), "read");
}

static inline ssize_t tcp_write(stream *s, const void *data, size_t size)
{
    return moved(mio_tcp_stream_write(&s->tcp, data, size), "write");
}

static inline void stream_close(stream *s)
{
    mio_tcp_stream_close(&s->tcp);
}

/* ---- A waker ------------------------------------------------------------*/

static mio_waker waker;

static inline void waker_open(uintptr_t token)
{
    check(mio_waker_init(&waker, registry, token), "waker");
}

static inline void waker_wake(void)
{
    check(mio_waker_wake(&waker), "wake");
}

static inline void waker_close(void)
{
    mio_waker_close(&waker);
}

#endif
