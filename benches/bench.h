/* bench.h: what the contenders and the workloads share. Linux.
 *
 * The workloads are written once, in workloads.h and echo.h. A contender is an
 * adapter, contender_NAME.h, which has
 *
 *   struct watch                      one descriptor that can be watched
 *   loop_open(threads), loop_close    threads: others will wake it
 *   LOOP_HANDLER(handler)             makes of the function
 *                                       handler(token, readable, closed)
 *                                     a `handler_turn(timeout_ns)`, which waits
 *                                     once and has each event handled
 *   watch_open(w, fd, kind)           makes a watch; no system call is asked
 *                                     for. watch_close closes the descriptor
 *   watch_add(w, token, want, handler), watch_change (the same),
 *   watch_remove(w)
 *   unix_read, unix_write, tcp_read, tcp_write
 *   waker_open(token, handler), waker_wake, waker_close
 *
 * What takes a handler takes its name and is a macro, so that each library
 * calls, or has inlined, what a program written for it would: a loop over an
 * array, or a callback. */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How many events one wait can return, where the program decides. */
enum { EVENTS = 256, ENDS_MAX = 10000, WOULD_BLOCK = -1 };

/* What a workload is to do: see workloads.h. */
struct order {
    long count;
    int width;
    int active;
};

enum { WANT_READ = 1, WANT_WRITE = 2, WANT_BOTH = 3 };

enum kind { KIND_OTHER, KIND_UNIX, KIND_TCP };

#define FOR_EVER INT64_C(-1)

/* How descriptors are watched: chosen when a contender is compiled. */
#define MODE_EDGE 0
#define MODE_LEVEL 1
#define MODE_ONESHOT 2
#ifndef BENCH_MODE
#define BENCH_MODE MODE_EDGE
#endif

static inline int checked(int result, const char *what)
{
    if (result < 0) {
        (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
    }
    return result;
}

static inline void die(const char *what)
{
    (void)checked(-1, what);
}

static inline int64_t nanoseconds_of(clockid_t clock)
{
    struct timespec t;
    (void)checked(clock_gettime(clock, &t), "clock_gettime");
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t now(void)
{
    return nanoseconds_of(CLOCK_MONOTONIC);
}

/* The time that the process has had a processor: what a workload that never
 * sleeps takes, whatever else the machine does. */
static inline int64_t busy_now(void)
{
    return nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* For waits in milliseconds: not too early. */
static inline int milliseconds_of(int64_t timeout_ns)
{
    return timeout_ns < 0 ? -1 : (int)((timeout_ns + 999999) / 1000000);
}

/* ---- For contenders whose waits fill an array ---------------------------*/

/* They have loop_wait(timeout_ns), event_token(i), event_is_readable(i) and
 * event_is_closed(i). */
#define LOOP_HANDLER_OF_ARRAY(handler)                                         \
    static inline void handler##_turn(int64_t timeout_ns)                      \
    {                                                                          \
        int n = loop_wait(timeout_ns);                                         \
        for (int i = 0; i < n; i++) {                                          \
            handler(event_token(i), event_is_readable(i), event_is_closed(i)); \
        }                                                                      \
    }

#endif
