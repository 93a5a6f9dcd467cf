/* workloads.h: what is measured, but for the echo server (echo.h).
 *
 * A workload is given the number of operations, the width (how many descriptors
 * are registered), and how many of them are active. It prints what it has
 * measured, a name and a number in each line. `ns` are nanoseconds of processor
 * time, user and kernel, for one operation. Preparations are not part of it. */
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "samples.h"
#include "sockets.h"

#include <sys/eventfd.h>

static struct watch ends[ENDS_MAX];
static int fds[ENDS_MAX];
static long left; /* operations still to be done */

#if BENCH_MODE == MODE_ONESHOT
#define rearm(w, token) (void)watch_change(w, token, WANT_READ, rearmed)
#else
#define rearm(w, token) ((void)0)
#endif

static void report_time(const struct order *order, int64_t begun)
{
    report("ns", (double)(busy_now() - begun) / (double)order->count);
}

static void open_eventfds(int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
        watch_open(&ends[i], fds[i], KIND_OTHER);
    }
}

static void close_eventfds(int count)
{
    for (int i = 0; i < count; i++) {
        (void)checked(close(fds[i]), "close");
    }
}

static void ring(int fd)
{
    const uint64_t one = 1;
    (void)checked((int)write(fd, &one, sizeof(one)), "write");
}

/* ---- Ping-pong ----------------------------------------------------------*/

/* Pairs, of which `active` have a message under way. An operation is an event:
 * one read, and one write, which makes the next. The active pairs are spread
 * over all. */

static int active_end(const struct order *order, int i)
{
    long pairs = order->width / 2;
    return (int)((i * pairs + pairs / 2) / order->active) * 2;
}

/* Over eventfds, which the program reads and writes by itself: the loop's share
 * is as large as it gets. */
static inline void eventfd_pong(uintptr_t token, bool readable, bool closed)
{
    uint64_t value;
    (void)closed;
    if (readable && read(fds[token], &value, sizeof(value)) > 0) {
        rearm(&ends[token], token);
        ring(fds[token ^ 1]);
        left--;
    }
}
LOOP_HANDLER(eventfd_pong)

static void pingpong_eventfd(const struct order *order)
{
    open_eventfds(order->width);
    for (int i = 0; i < order->width; i++) {
        (void)watch_add(&ends[i], (uintptr_t)i, WANT_READ, eventfd_pong);
    }
    for (int i = 0; i < order->active; i++) {
        ring(fds[active_end(order, i)]);
    }
    int64_t begun = busy_now();
    for (left = order->count; left > 0;) {
        eventfd_pong_turn(FOR_EVER);
    }
    report_time(order, begun);
    for (int i = 0; i < order->width; i++) {
        (void)watch_remove(&ends[i]);
    }
    close_eventfds(order->width);
}

/* Over sockets, with the contender's reads and writes. A read that does not
 * fill the buffer has emptied the socket. */
static inline void unix_pong(uintptr_t token, bool readable, bool closed)
{
    char data[64];
    struct watch *w = &ends[token];
    (void)closed;
    if (readable) {
        ssize_t size = unix_read(w, data, sizeof(data));
        if (size > 0) {
            rearm(w, token);
            if (unix_write(w, data, (size_t)size) != size) {
                die("write");
            }
            left--;
        }
    }
}
LOOP_HANDLER(unix_pong)

static inline void tcp_pong(uintptr_t token, bool readable, bool closed)
{
    char data[64];
    struct watch *w = &ends[token];
    (void)closed;
    if (readable) {
        ssize_t size = tcp_read(w, data, sizeof(data));
        if (size > 0) {
            rearm(w, token);
            if (tcp_write(w, data, (size_t)size) != size) {
                die("write");
            }
            left--;
        }
    }
}
LOOP_HANDLER(tcp_pong)

static void open_sockets(const struct order *order, enum kind kind)
{
    open_pairs(fds, order->width, kind);
    for (int i = 0; i < order->width; i++) {
        watch_open(&ends[i], fds[i], kind);
    }
}

static void send_first(const struct order *order)
{
    const char data[1] = {0};
    for (int i = 0; i < order->active; i++) {
        (void)checked((int)send(fds[active_end(order, i)], data, 1, 0), "send");
    }
}

static void close_sockets(const struct order *order, enum kind kind)
{
    for (int i = 0; i < order->width; i++) {
        watch_close(&ends[i], kind);
    }
}

static void pingpong_unix(const struct order *order)
{
    open_sockets(order, KIND_UNIX);
    for (int i = 0; i < order->width; i++) {
        (void)watch_add(&ends[i], (uintptr_t)i, WANT_READ, unix_pong);
    }
    send_first(order);
    int64_t begun = busy_now();
    for (left = order->count; left > 0;) {
        unix_pong_turn(FOR_EVER);
    }
    report_time(order, begun);
    close_sockets(order, KIND_UNIX);
}

/* The same in a loop that has a waker, which nobody wakes. */
static void pingpong_waker(const struct order *order)
{
    (void)waker_open((uintptr_t)order->width, unix_pong);
    pingpong_unix(order);
    (void)waker_close();
}

static void pingpong_tcp(const struct order *order)
{
    open_sockets(order, KIND_TCP);
    for (int i = 0; i < order->width; i++) {
        (void)watch_add(&ends[i], (uintptr_t)i, WANT_READ, tcp_pong);
    }
    send_first(order);
    int64_t begun = busy_now();
    for (left = order->count; left > 0;) {
        tcp_pong_turn(FOR_EVER);
    }
    report_time(order, begun);
    close_sockets(order, KIND_TCP);
}

/* ---- Registering --------------------------------------------------------*/

/* An operation is to register, to change, or to remove one descriptor. The
 * handler has nothing to do: nothing is ready. Some contenders leave the work
 * to the next wait, or need one before memory may be used again; so there is
 * one in all cases. */
static inline void nothing(uintptr_t token, bool readable, bool closed)
{
    (void)token, (void)readable, (void)closed;
}
LOOP_HANDLER(nothing)

#define churn_add(i)                                                           \
    (void)watch_add(&ends[i], (uintptr_t)(i), WANT_READ, nothing)
#define churn_change(i)                                                        \
    (void)watch_change(&ends[i], (uintptr_t)(i), WANT_READ | WANT_WRITE,       \
                       nothing)

/* One descriptor after the other, all three operations on it at once. */
static void churn_tight(const struct order *order)
{
    open_eventfds(order->width);
    int64_t begun = busy_now();
    for (left = order->count; left > 0; left -= 3L * order->width) {
        for (int i = 0; i < order->width; i++) {
            churn_add(i);
            churn_change(i);
            (void)watch_remove(&ends[i]);
        }
        nothing_turn(0);
    }
    report_time(order, begun);
    close_eventfds(order->width);
}

/* Each operation on all descriptors: what a server does that is flooded. */
static void churn_batch(const struct order *order)
{
    open_eventfds(order->width);
    int64_t begun = busy_now();
    for (left = order->count; left > 0; left -= 3L * order->width) {
        for (int i = 0; i < order->width; i++) {
            churn_add(i);
        }
        nothing_turn(0);
        for (int i = 0; i < order->width; i++) {
            churn_change(i);
        }
        nothing_turn(0);
        for (int i = 0; i < order->width; i++) {
            (void)watch_remove(&ends[i]);
        }
        nothing_turn(0);
    }
    report_time(order, begun);
    close_eventfds(order->width);
}

/* Interest in writing comes and goes, as it must in level mode. */
static void churn_toggle(const struct order *order)
{
    open_eventfds(order->width);
    for (int i = 0; i < order->width; i++) {
        churn_add(i);
    }
    nothing_turn(0);
    int64_t begun = busy_now();
    for (left = order->count; left > 0; left -= 2L * order->width) {
        for (int i = 0; i < order->width; i++) {
            churn_change(i);
            (void)watch_change(&ends[i], (uintptr_t)i, WANT_READ, nothing);
        }
        nothing_turn(0);
    }
    report_time(order, begun);
    for (int i = 0; i < order->width; i++) {
        (void)watch_remove(&ends[i]);
    }
    close_eventfds(order->width);
}

/* ---- Waiting ------------------------------------------------------------*/

/* Looks and finds nothing. */
static void wait_nothing(const struct order *order)
{
    open_eventfds(1);
    churn_add(0);
    nothing_turn(0);
    int64_t begun = busy_now();
    for (left = order->count; left > 0; left--) {
        nothing_turn(0);
    }
    report_time(order, begun);
    (void)watch_remove(&ends[0]);
    close_eventfds(1);
}

/* How much longer than its time limit, `width` microseconds, a wait takes. */
static void wait_timeout(const struct order *order)
{
    static struct samples late;
    const int64_t limit = (int64_t)order->width * 1000;
    for (left = order->count; left > 0; left--) {
        int64_t begun = now();
        nothing_turn(limit);
        samples_add(&late, now() - begun - limit);
    }
    samples_report(&late, 1e3, "late_p50_us", "late_p99_us");
}

#endif
