/* contender_poll.h: the floor for poll(2): an array, and removal by moving its
 * last entry. Its waker is an eventfd, which it reads. */
#include "bench.h"

#include <poll.h>
#include <sys/eventfd.h>

#define ECHO_WANT WANT_READ
#define WATCH_BYTES 24.0 /* pollfd, token, pointer back, index */
struct watch {
    int fd;
    int index;
};
static struct pollfd polled[ENDS_MAX + 1];
static uintptr_t tokens[ENDS_MAX + 1];
static struct watch *watches[ENDS_MAX + 1];
static int watched;
static struct watch bell = {-1, -1};

#include "plain.h"

static inline void loop_open(bool threads)
{
    (void)threads;
}

#define loop_close() ((void)0)

static inline int loop_wait(int64_t timeout_ns)
{
    int n;
    do {
        n = poll(polled, (nfds_t)watched, milliseconds_of(timeout_ns));
    } while (n < 0 && errno == EINTR);
    return checked(n, "poll");
}

static inline void bell_hush(void)
{
    uint64_t count;
    (void)checked((int)read(bell.fd, &count, sizeof(count)), "read");
}

#define LOOP_HANDLER(handler)                                                  \
    static inline void handler##_turn(int64_t timeout_ns)                      \
    {                                                                          \
        int n = loop_wait(timeout_ns);                                         \
        for (int i = 0; n > 0 && i < watched; i++) {                           \
            short happened = polled[i].revents;                                \
            if (happened != 0) {                                               \
                n--;                                                           \
                if (polled[i].fd == bell.fd) {                                 \
                    bell_hush();                                               \
                }                                                              \
                handler(tokens[i],                                             \
                        (happened & (POLLIN | POLLERR | POLLHUP)) != 0,        \
                        false);                                                \
            }                                                                  \
        }                                                                      \
    }

static inline void change(struct watch *w, uintptr_t token, int want)
{
    polled[w->index].events = (short)(((want & WANT_READ) != 0 ? POLLIN : 0) |
                                      ((want & WANT_WRITE) != 0 ? POLLOUT : 0));
    tokens[w->index] = token;
}

static inline void add(struct watch *w, uintptr_t token, int want)
{
    w->index = watched++;
    watches[w->index] = w;
    polled[w->index].fd = w->fd;
    polled[w->index].revents = 0;
    change(w, token, want);
}

#define watch_add(w, token, want, handler) add(w, token, want)
#define watch_change(w, token, want, handler) change(w, token, want)

static inline void watch_remove(struct watch *w)
{
    int last = --watched;
    polled[w->index] = polled[last];
    tokens[w->index] = tokens[last];
    watches[w->index] = watches[last];
    watches[w->index]->index = w->index;
}

static inline void waker_open_token(uintptr_t token)
{
    bell.fd = checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    add(&bell, token, WANT_READ);
}
#define waker_open(token, handler) waker_open_token(token)

static inline void waker_wake(void)
{
    const uint64_t one = 1;
    (void)checked((int)write(bell.fd, &one, sizeof(one)), "write");
}

#define waker_close() watch_close(&bell, KIND_OTHER)
