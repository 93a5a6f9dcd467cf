/* contender_raw.h: the floor, which is what a careful programmer writes by
 * hand: epoll, no SIGPIPE, interruptions repeated, every return value checked.
 * Its waker is an eventfd. */
#include "bench.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#define WATCH_BYTES 0 /* but for the descriptor */
struct watch {
    int fd;
};
static int loop = -1;
static struct epoll_event events[EVENTS];
static struct watch bell;
static const uint32_t mode = BENCH_MODE == MODE_EDGE    ? (uint32_t)EPOLLET
                             : BENCH_MODE == MODE_LEVEL ? 0
                                                        : EPOLLONESHOT;

#include "plain.h"

static inline void loop_open(bool threads)
{
    (void)threads;
    loop = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
}

static inline void loop_close(void)
{
    (void)checked(close(loop), "close");
}

static inline int loop_wait(int64_t timeout_ns)
{
    int n;
    do {
        n = epoll_wait(loop, events, EVENTS, milliseconds_of(timeout_ns));
    } while (n < 0 && errno == EINTR);
    return checked(n, "epoll_wait");
}

#define event_token(i) ((uintptr_t)events[i].data.u64)
#define event_is_readable(i)                                                   \
    ((events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
#define event_is_closed(i) ((events[i].events & (EPOLLRDHUP | EPOLLHUP)) != 0)
#define LOOP_HANDLER LOOP_HANDLER_OF_ARRAY

static inline void watch_control(struct watch *w, int operation,
                                 uintptr_t token, int want)
{
    struct epoll_event event;
    event.events = ((want & WANT_READ) != 0 ? (uint32_t)EPOLLIN : 0) |
                   ((want & WANT_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0) | mode |
                   EPOLLRDHUP;
    event.data.u64 = token;
    (void)checked(epoll_ctl(loop, operation, w->fd, &event), "epoll_ctl");
}

#define watch_add(w, token, want, handler)                                     \
    watch_control(w, EPOLL_CTL_ADD, token, want)
#define watch_change(w, token, want, handler)                                  \
    watch_control(w, EPOLL_CTL_MOD, token, want)

static inline void watch_remove(struct watch *w)
{
    watch_control(w, EPOLL_CTL_DEL, 0, 0);
}

/* Never read, as edges allow. */
static inline void waker_open_token(uintptr_t token)
{
    bell.fd = checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    watch_add(&bell, token, WANT_READ, 0);
}
#define waker_open(token, handler) waker_open_token(token)

static inline void waker_wake(void)
{
    const uint64_t one = 1;
    (void)checked((int)write(bell.fd, &one, sizeof(one)), "write");
}

static inline void waker_close(void)
{
    watch_close(&bell, KIND_OTHER);
}
