/* wakes.h: what a wake costs, and how long it takes to arrive. */
#ifndef WAKES_H
#define WAKES_H

#include "workloads.h"

#include <pthread.h>
#include <stdatomic.h>

static long woken;

static inline void hear(uintptr_t token, bool readable, bool closed)
{
    (void)token, (void)readable, (void)closed;
    woken++;
}
LOOP_HANDLER(hear)

/* Wakes while nobody sleeps. */
static void wake_flood(const struct order *order)
{
    (void)waker_open(0, hear);
    hear_turn(0);
    woken = 0;
    int64_t begun = busy_now();
    for (long i = 0; i < order->count; i++) {
        (void)waker_wake();
    }
    report_time(order, begun);
    hear_turn(0);
    if (woken == 0) {
        die("the wake was lost");
    }
    (void)waker_close();
}

/* A thread that wakes itself and waits. */
static void wake_self(const struct order *order)
{
    (void)waker_open(0, hear);
    hear_turn(0);
    woken = 0;
    int64_t begun = busy_now();
    for (long i = 0; i < order->count; i++) {
        (void)waker_wake();
        hear_turn(FOR_EVER);
    }
    report_time(order, begun);
    if (woken != order->count) {
        die("a wake was lost");
    }
    (void)waker_close();
}

/* ---- From another thread ------------------------------------------------*/

static _Atomic int64_t sent_at;
static _Atomic long heard;
static struct samples latencies;

static inline void hear_late(uintptr_t token, bool readable, bool closed)
{
    (void)token, (void)readable, (void)closed;
    samples_add(&latencies, now() - atomic_load(&sent_at));
    (void)atomic_fetch_add(&heard, 1);
}
LOOP_HANDLER(hear_late)

/* Wakes a thread that has had time to fall asleep. */
static void *wake_sleeper(void *argument)
{
    const struct order *order = argument;
    const struct timespec pause = {0, 100000};
    for (long i = 0; i < order->count; i++) {
        (void)nanosleep(&pause, NULL);
        atomic_store(&sent_at, now());
        (void)waker_wake();
        while (atomic_load(&heard) == i) {
            (void)sched_yield();
        }
    }
    return NULL;
}

static void wake_latency(const struct order *order)
{
    pthread_t thread;
    struct order copy = *order;
    (void)waker_open(0, hear_late);
    errno = pthread_create(&thread, NULL, wake_sleeper, &copy);
    if (errno != 0) {
        die("pthread_create");
    }
    while (atomic_load(&heard) < order->count) {
        hear_late_turn(FOR_EVER);
    }
    errno = pthread_join(thread, NULL);
    if (errno != 0) {
        die("pthread_join");
    }
    samples_report(&latencies, 1, "p50_ns", "p99_ns");
    (void)waker_close();
}

#endif
