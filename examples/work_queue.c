/* work_queue: threads that work, a channel, and a loop.
 *
 *   work_queue [THREADS [LIMIT]]
 *
 * Halve a number if it is even, else triple it and add 1, and so on: which one
 * below LIMIT takes the most steps to 1? Each thread searches ranges of numbers
 * and sends what it finds; the main thread receives it in its loop, where a
 * server would also have its connections.
 *
 * What it shows: a channel, whose receiver sees events as from a socket; what to
 * do when it is full; a graceful end, on SIGINT and SIGTERM too: threads end when
 * there is no more to do, the last one closes the senders' side, and the loop
 * ends when it has received everything.
 */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <mio.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "thread.h"

enum { THREADS_MAX = 64, CAPACITY = 16, BATCH = 8, RANGE = 5000 };

struct result {
    long number;
    int steps;
};

static mio_channel results;
static _Alignas(size_t) unsigned char storage[MIO_CHANNEL_STORAGE_SIZE(
    sizeof(struct result), CAPACITY)];

static long limit = 1000000;
static atomic_long next_range;
static atomic_bool stopped;
static atomic_int senders = 1; /* the main thread is one until all have begun */

static void on_signal(int number)
{
    (void)number;
    stopped = true;
}

/* ---- The threads' side --------------------------------------------------*/

static int steps_from(uint64_t n)
{
    int steps = 0;
    for (; n != 1; steps++) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    }
    return steps;
}

static struct result search(long begin, long end)
{
    struct result best = {begin, 0};
    for (long n = begin; n < end; n++) {
        int steps = steps_from((uint64_t)n);
        if (steps > best.steps) {
            best = (struct result){n, steps};
        }
    }
    return best;
}

/* A full channel means that the receiver is slower than its senders. There is
 * no event for room, on purpose: somebody has to wait, and here a thread can.
 * Returns false if nobody will receive it. */
static bool deliver(const struct result *result)
{
    int error;
    while ((error = mio_channel_send(&results, result)) ==
           MIO_ERR_WOULD_BLOCK) {
        thread_pause();
    }
    return error == 0;
}

static void leave(void)
{
    if (atomic_fetch_sub(&senders, 1) == 1) {
        mio_channel_close_senders(&results);
    }
}

static void work(void)
{
    bool wanted = true;
    while (wanted && !stopped) {
        long begin = 1 + atomic_fetch_add(&next_range, 1) * RANGE;
        if (begin >= limit) {
            break;
        }
        struct result best =
            search(begin, begin + RANGE < limit ? begin + RANGE : limit);
        wanted = deliver(&best);
    }
    leave();
}

/* ---- The loop's side ----------------------------------------------------*/

/* Receives all there is. Returns 0 at the end, or an error: WOULD_BLOCK when
 * there will be another event. */
static int receive(struct result *best, long *count)
{
    struct result batch[BATCH];
    mio_ssize n;
    while ((n = mio_channel_receive_many(&results, batch, BATCH)) > 0) {
        for (mio_ssize i = 0; i < n; i++) {
            if (batch[i].steps > best->steps ||
                (batch[i].steps == best->steps &&
                 batch[i].number < best->number)) {
                *best = batch[i];
            }
        }
        *count += (long)n;
    }
    return (int)n;
}

/* Returns 0 when all threads have ended and all results are here. */
static int collect(mio_poll *poll, struct result *best, long *count)
{
    for (;;) {
        mio_event event; /* there is only one source */
        int n = mio_poll_wait(poll, &event, 1, -1);
        int error = n < 0 ? n : receive(best, count);
        if (error != MIO_ERR_WOULD_BLOCK) {
            return error;
        }
    }
}

static int open_all(mio_poll *poll)
{
    int error = mio_poll_init(poll, NULL, 0);
    if (error == 0) {
        error = mio_channel_init(&results, storage, sizeof(storage),
                                 sizeof(struct result), CAPACITY);
    }
    if (error == 0) {
        error = mio_registry_register(mio_poll_registry(poll), &results.source,
                                      0, MIO_READABLE);
    }
    return error;
}

int main(int argc, char **argv)
{
    static struct thread threads[THREADS_MAX];
    static mio_poll poll;
    struct result best = {1, 0};
    long received = 0;
    int started = 0;
    long wanted = argc > 1 ? strtol(argv[1], NULL, 10) : 4;
    limit = argc > 2 ? strtol(argv[2], NULL, 10) : limit;
    if (argc > 3 || wanted < 1 || wanted > THREADS_MAX || limit < 2 ||
        limit > 1000000000) {
        (void)fprintf(stderr, "usage: %s [THREADS [LIMIT]]\n", argv[0]);
        return 2;
    }
    int error = open_all(&poll);
    if (error == 0 && (signal(SIGINT, on_signal) == SIG_ERR ||
                       signal(SIGTERM, on_signal) == SIG_ERR)) {
        error = MIO_ERR_OTHER;
    }
    while (error == 0 && started < wanted) {
        atomic_fetch_add(&senders, 1);
        if (thread_start(&threads[started], work)) {
            started++;
        } else {
            leave();
            error = MIO_ERR_OTHER;
        }
    }
    leave();
    if (error == 0) {
        error = collect(&poll, &best, &received);
    }
    mio_channel_close(&results); /* after a failure: sends fail from here on */
    for (int i = 0; i < started; i++) {
        thread_join(&threads[i]);
    }
    mio_poll_close(&poll);
    if (error != 0) {
        (void)fprintf(stderr, "work_queue: %s\n", mio_strerror(error));
        return 1;
    }
    int printed = printf(
        "%ld takes %d steps, the most below %ld%s; %ld results\n", best.number,
        best.steps, limit, stopped ? ", as far as searched" : "", received);
    return printed > 0 && fflush(stdout) == 0 ? 0 : 1;
}
