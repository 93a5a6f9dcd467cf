/* contender_raw.h: the floor, which is what a careful programmer writes by
 * hand: edge-triggered epoll, no SIGPIPE, interruptions repeated, every return
 * value checked. */
#ifndef CONTENDER_H
#define CONTENDER_H

#include "bench.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static const char contender[] = "raw";
static int loop = -1;
static struct epoll_event events[EVENTS];

static inline void loop_open(void)
{
    loop = epoll_create1(EPOLL_CLOEXEC);
    if (loop < 0) {
        die("epoll_create1");
    }
}

static inline void loop_close(void)
{
    if (close(loop) != 0) {
        die("close");
    }
}

/* Waits: for ever, or with milliseconds == 0 not at all. */
static inline int loop_wait(int milliseconds)
{
    int n;
    do {
        n = epoll_wait(loop, events, EVENTS, milliseconds);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        die("epoll_wait");
    }
    return n;
}

static inline void loop_wait_nanoseconds(int64_t timeout)
{
    (void)loop_wait((int)((timeout + 999999) / 1000000));
}

static inline uintptr_t event_token(int i)
{
    return (uintptr_t)events[i].data.u64;
}

static inline bool event_is_readable(int i)
{
    return (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
}

static inline bool event_is_read_closed(int i)
{
    return (events[i].events & (EPOLLRDHUP | EPOLLHUP)) != 0;
}

/* ---- A descriptor of any kind -------------------------------------------*/

struct end {
    int fd;
};

static inline void end_adopt(struct end *e, int fd)
{
    e->fd = fd;
}

static inline void end_control(struct end *e, int operation, uintptr_t token,
                               uint32_t mask)
{
    struct epoll_event event;
    event.events = mask | EPOLLET | EPOLLRDHUP;
    event.data.u64 = token;
    if (epoll_ctl(loop, operation, e->fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static inline void end_register(struct end *e, uintptr_t token)
{
    end_control(e, EPOLL_CTL_ADD, token, EPOLLIN);
}

static inline void end_reregister(struct end *e, uintptr_t token)
{
    end_control(e, EPOLL_CTL_MOD, token, EPOLLIN | EPOLLOUT);
}

static inline void end_deregister(struct end *e)
{
    end_control(e, EPOLL_CTL_DEL, 0, 0);
}

/* ---- A stream socket ----------------------------------------------------*/

typedef struct end stream;

static inline void stream_adopt(stream *s, int fd, bool unix_domain)
{
    (void)unix_domain;
    s->fd = fd;
}

static inline void stream_register(stream *s, uintptr_t token, bool both)
{
    uint32_t mask = both ? EPOLLIN | EPOLLOUT : EPOLLIN;
    end_control(s, EPOLL_CTL_ADD, token, mask);
}

/* Returns what was read, 0 at the end, or WOULD_BLOCK. */
static inline ssize_t stream_read(stream *s, void *data, size_t size)
{
    ssize_t n;
    do {
        n = recv(s->fd, data, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        die("recv");
    }
    return n;
}

static inline ssize_t stream_write(stream *s, const void *data, size_t size)
{
    ssize_t n;
    do {
        n = send(s->fd, data, size, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        die("send");
    }
    return n;
}

static inline void stream_close(stream *s)
{
    if (close(s->fd) != 0) {
        die("close");
    }
}

#define unix_read stream_read
#define unix_write stream_write
#define tcp_read stream_read
#define tcp_write stream_write

/* ---- A waker: an eventfd that is never read, as edges allow --------------*/

static struct end bell;

static inline void waker_open(uintptr_t token)
{
    end_adopt(&bell, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (bell.fd < 0) {
        die("eventfd");
    }
    end_register(&bell, token);
}

static inline void waker_wake(void)
{
    const uint64_t one = 1;
    if (write(bell.fd, &one, sizeof(one)) != (ssize_t)sizeof(one)) {
        die("write");
    }
}

static inline void waker_close(void)
{
    if (close(bell.fd) != 0) {
        die("close");
    }
}

#endif
