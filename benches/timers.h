/* timers.h: the workloads of the timer benches, and their command line. Linux.
 *
 *   bench_timers_CONTENDER WORKLOAD COUNT [once]
 *
 * Prints the nanoseconds per operation, and the number of operations. COUNT is
 * the number of timers; the workload is repeated until there are a million
 * operations, or done once. What is measured is done in functions whose names
 * begin with "measured", for valgrind; so is what prepares every run, which the
 * workload "none" consists of, with "once".
 *
 *   arm           arms them, for random moments of the next minute
 *   arm-wait      the same, and the wait that follows
 *   rearm         puts all off by a minute, in random order
 *   cancel        cancels all, in random order
 *   expire        lets all expire at once
 *   expire-steps  lets all expire, some 64 each time the library looks
 *   fifo          requests with a time limit: the oldest timer is cancelled and
 *                 armed for the next request
 *   idle          connections: random ones are re-armed, those that have not
 *                 been for a minute expire
 *
 * Every contender lives in a world of its own: this program has the clock, and
 * the kernel never has an event. So a minute passes in no time, the same for
 * all, and no system call is measured.
 *
 * A contender includes its library, then this file, and then defines the five
 * functions below. */
#ifndef TIMERS_H
#define TIMERS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define SPAN (60 * SECOND) /* the deadlines lie in the next minute */
#define OPERATIONS 1000000

static int64_t now = 1000 * SECOND; /* the time of the contender's world */

/* Makes timers 0 to count - 1. */
static void queue_open(uint32_t count);

static inline void timer_arm(uint32_t timer, int64_t deadline);
static inline void timer_cancel(uint32_t timer);

/* Arms a timer that is armed, or has just expired. */
static inline void timer_rearm(uint32_t timer, int64_t deadline);

/* Lets the library look at the clock, once, and at the kernel. Calls
 * timer_expired for each timer that is due. */
static inline void turn(void);

/* Tells whether another turn would find timers due. */
static inline bool is_behind(void);

/* ---- The world ----------------------------------------------------------*/

#define WORLD __attribute__((visibility("default")))

WORLD int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    time->tv_sec = now / SECOND;
    time->tv_nsec = now % SECOND;
    return 0;
}

WORLD int epoll_wait(int epoll, struct epoll_event *events, int capacity,
                     int timeout)
{
    (void)epoll;
    (void)events;
    (void)capacity;
    (void)timeout;
    return 0;
}

WORLD int epoll_pwait(int epoll, struct epoll_event *events, int capacity,
                      int timeout, const sigset_t *mask)
{
    (void)mask;
    return epoll_wait(epoll, events, capacity, timeout);
}

WORLD int epoll_pwait2(int epoll, struct epoll_event *events, int capacity,
                       const struct timespec *timeout, const sigset_t *mask)
{
    (void)timeout;
    (void)mask;
    return epoll_wait(epoll, events, capacity, 0);
}

/* The time that this program has used. */
static int64_t used(void)
{
    struct timespec time;
    (void)syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* ---- State --------------------------------------------------------------*/

static uint32_t count;
static int64_t *deadlines;
static uint32_t *sequence; /* the timers, shuffled */
static long expired;
static bool is_rearming; /* what to do with a timer that expires */
static uint64_t chance = UINT64_C(88172645463325252);

static inline uint64_t draw(void)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance >> 5;
}

static inline void timer_expired(uint32_t timer)
{
    expired++;
    if (is_rearming) {
        timer_rearm(timer, now + SPAN);
    }
}

static void draw_deadlines(void)
{
    for (uint32_t i = 0; i < count; i++) {
        deadlines[i] = now + SECOND + (int64_t)(draw() % (uint64_t)SPAN);
    }
}

static void shuffle(void)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t j = (uint32_t)(draw() % (i + 1));
        sequence[i] = sequence[j];
        sequence[j] = i;
    }
}

static inline void turns(void)
{
    do {
        turn();
    } while (is_behind());
}

static void pass(int64_t time)
{
    now += time;
    turns();
}

static void expect(long number)
{
    if (expired != number) {
        (void)fprintf(stderr, "%ld of %ld timers expired\n", expired, number);
        exit(1);
    }
    expired = 0;
}

/* ---- What is measured ---------------------------------------------------*/

#define MEASURED __attribute__((noinline)) static void

MEASURED measured_arm(void)
{
    for (uint32_t i = 0; i < count; i++) {
        timer_arm(i, deadlines[i]);
    }
}

MEASURED measured_cancel(void)
{
    for (uint32_t i = 0; i < count; i++) {
        timer_cancel(sequence[i]);
    }
}

MEASURED measured_rearm(void)
{
    for (uint32_t i = 0; i < count; i++) {
        timer_rearm(sequence[i], deadlines[i]);
    }
}

MEASURED measured_turn(void)
{
    turns();
}

MEASURED measured_expire(int64_t step)
{
    for (const int64_t end = now + SPAN + 2 * SECOND; now < end;) {
        pass(step);
    }
}

/* Per millisecond: connections that are idle no longer, and those that have
 * been for a minute. Returns the operations. */
__attribute__((noinline)) static long measured_idle(int64_t step, uint32_t busy)
{
    long number = 0;
    for (const int64_t end = now + 2 * SPAN; now < end;) {
        now += step;
        for (uint32_t i = 0; i < busy; i++) {
            timer_rearm((uint32_t)(draw() % count), now + SPAN);
        }
        do {
            turn();
        } while (is_behind());
        number += busy;
    }
    return number + expired;
}

/* Requests, each with a time limit of a second, answered in order: the oldest
 * timer is cancelled, and armed for the next. */
MEASURED measured_fifo(uint32_t requests)
{
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < requests; i++) {
        timer_cancel(oldest);
        timer_arm(oldest, now + SECOND);
        oldest = oldest + 1 < count ? oldest + 1 : 0;
        now += SECOND / count / 2;
        if (i % 64 == 0) {
            turn();
        }
    }
}

/* ---- Workloads ----------------------------------------------------------*/

static int64_t begun;
static int64_t taken;
static long operations;

static void begin(void)
{
    begun = used();
}

static void end(long number)
{
    taken += used() - begun;
    operations += number;
}

/* Arms all and lets the library do what it does with them before it sleeps. */
static void arm_all(void)
{
    draw_deadlines();
    shuffle();
    measured_arm();
    turns();
}

static void cancel_all(void)
{
    for (uint32_t i = 0; i < count; i++) {
        timer_cancel(i);
    }
}

static void round_arm(bool is_turning)
{
    draw_deadlines();
    begin();
    measured_arm();
    if (is_turning) {
        measured_turn();
    }
    end(count);
    cancel_all();
}

static void round_cancel(void)
{
    arm_all();
    begin();
    measured_cancel();
    end(count);
}

static void round_rearm(void)
{
    arm_all();
    for (uint32_t i = 0; i < count; i++) {
        deadlines[i] = now + SECOND + SPAN + i;
    }
    begin();
    measured_rearm();
    end(count);
    cancel_all();
}

static void round_expire(int64_t step)
{
    arm_all();
    begin();
    measured_expire(step);
    end(count);
    expect(count);
}

static int64_t short_step(void)
{
    const int64_t step = SPAN / count * 64;
    return step > SECOND / 1000 ? step : SECOND / 1000;
}

static void round_idle(void)
{
    const int64_t step = short_step() / 4;
    const uint32_t busy = (uint32_t)((int64_t)count * step / (15 * SECOND)) + 1;
    arm_all();
    is_rearming = true;
    begin();
    end(measured_idle(step, busy));
    is_rearming = false;
    expired = 0;
    cancel_all();
}

static void round_fifo(void)
{
    for (uint32_t i = 0; i < count; i++) {
        timer_arm(i, now + SECOND / 2 + SECOND / 2 * i / count);
    }
    turn();
    begin();
    measured_fifo(OPERATIONS);
    end(OPERATIONS);
    expect(0);
    cancel_all();
}

static bool round_of(const char *workload)
{
    if (strcmp(workload, "arm") == 0) {
        round_arm(false);
    } else if (strcmp(workload, "arm-wait") == 0) {
        round_arm(true);
    } else if (strcmp(workload, "cancel") == 0) {
        round_cancel();
    } else if (strcmp(workload, "rearm") == 0) {
        round_rearm();
    } else if (strcmp(workload, "expire") == 0) {
        round_expire(SPAN);
    } else if (strcmp(workload, "expire-steps") == 0) {
        round_expire(short_step());
    } else if (strcmp(workload, "idle") == 0) {
        round_idle();
    } else if (strcmp(workload, "fifo") == 0) {
        round_fifo();
    } else if (strcmp(workload, "none") != 0) {
        return false;
    }
    pass(10 * SECOND);
    return true;
}

int main(int argc, char **argv)
{
    const long wanted = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    const bool is_once = argc == 4 && strcmp(argv[3], "once") == 0;
    if (wanted < 1 || wanted > 100 * 1000 * 1000 || (argc > 3 && !is_once)) {
        (void)fprintf(stderr, "usage: %s WORKLOAD COUNT [once]\n", argv[0]);
        return 2;
    }
    count = (uint32_t)wanted;
    deadlines = malloc(count * sizeof(*deadlines));
    sequence = malloc(count * sizeof(*sequence));
    if (deadlines == NULL || sequence == NULL) {
        return 1;
    }
    queue_open(count);
    turns();
    arm_all(); /* the libraries make their arrays */
    cancel_all();
    /* Where the minutes begin must not matter, and 7.3 s later it does not. */
    do {
        pass(7300 * (SECOND / 1000));
        if (!round_of(argv[1])) {
            (void)fprintf(stderr, "no workload %s\n", argv[1]);
            return 2;
        }
    } while (operations < OPERATIONS && !is_once);
    (void)printf("%.1f %ld\n",
                 operations > 0 ? (double)taken / (double)operations : 0,
                 operations);
    return fflush(stdout) == 0 ? 0 : 1;
}

#endif
