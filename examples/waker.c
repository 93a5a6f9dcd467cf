/* waker: threads that work, and a loop that collects what they find.
 *
 *   waker [THREADS [LIMIT]]
 *
 * Counts the primes below LIMIT: each thread takes a range of numbers, counts
 * and puts the result into a bounded queue; the main thread takes it out.
 *
 * What it shows: a waker that tells a loop of another thread's message; that
 * wakes coalesce, so that one event stands for any number of messages; a
 * second waker, with its own token, for signals; an orderly stop.
 */
#include <mio.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 64, QUEUE_SIZE = 16, RANGE = 10000, EVENTS = 8 };
enum { RESULTS, STOP }; /* tokens */

static mio_poll poll;
static mio_waker results_waker, stop_waker;

/* The queue, full of `queued` results from `first` on. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER;
static long queue[QUEUE_SIZE];
static size_t first, queued;

static long limit = 2000000;
static atomic_long next_range;
static atomic_bool stopped;
static atomic_int failures;

/* For calls that cannot fail unless the program is wrong. */
static void must(int error)
{
    if (error != 0) {
        abort();
    }
}

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop_waker);
}

/* Waits for room if the queue is full. Returns false when the
 * program is about to end. */
static bool put(long result)
{
    must(pthread_mutex_lock(&lock));
    while (queued == QUEUE_SIZE && !stopped) {
        must(pthread_cond_wait(&room, &lock));
    }
    bool go_on = !stopped;
    if (go_on) {
        queue[(first + queued++) % QUEUE_SIZE] = result;
    }
    must(pthread_mutex_unlock(&lock));
    /* Cheap while the loop is awake or a wake is under way: no system call. */
    if (go_on && mio_waker_wake(&results_waker) != 0) {
        failures++;
    }
    return go_on;
}

static bool is_prime(long n)
{
    for (long d = 2; d * d <= n; d++) {
        if (n % d == 0) {
            return false;
        }
    }
    return n > 1;
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        long begin = atomic_fetch_add(&next_range, 1) * RANGE;
        long end = begin + RANGE < limit ? begin + RANGE : limit;
        long count = 0;
        if (begin >= limit) {
            return NULL;
        }
        for (long n = begin; n < end; n++) {
            count += is_prime(n);
        }
        if (!put(count)) {
            return NULL;
        }
    }
}

/* Takes all that is in the queue: there may be no further event for it. */
static long take_all(long *sum)
{
    must(pthread_mutex_lock(&lock));
    long taken = (long)queued;
    for (; queued > 0; queued--) {
        *sum += queue[first];
        first = (first + 1) % QUEUE_SIZE;
    }
    must(pthread_cond_broadcast(&room));
    must(pthread_mutex_unlock(&lock));
    return taken;
}

/* Returns 0 when all is counted or it is time to stop, or an error. */
static int collect(long *ranges_left, long *sum, long *event_count)
{
    while (*ranges_left > 0) {
        mio_event events[EVENTS];
        int n = mio_poll_wait(&poll, events, EVENTS, -1);
        if (n < 0 || failures > 0) {
            return n < 0 ? n : MIO_ERR_OTHER;
        }
        for (int i = 0; i < n; i++) {
            if (mio_event_token(&events[i]) == STOP) {
                return 0;
            }
            *ranges_left -= take_all(sum);
            ++*event_count;
        }
    }
    return 0;
}

static void stop_threads(const pthread_t *threads, int count)
{
    must(pthread_mutex_lock(&lock));
    stopped = true;
    must(pthread_cond_broadcast(&room));
    must(pthread_mutex_unlock(&lock));
    for (int i = 0; i < count; i++) {
        must(pthread_join(threads[i], NULL));
    }
}

static int start(void)
{
    int error;
    if ((error = mio_poll_init(&poll, NULL, 0)) != 0 ||
        (error = mio_waker_init(&results_waker, mio_poll_registry(&poll),
                                RESULTS)) != 0 ||
        (error = mio_waker_init(&stop_waker, mio_poll_registry(&poll), STOP)) !=
            0) {
        return error;
    }
    if (signal(SIGINT, on_signal) == SIG_ERR ||
        signal(SIGTERM, on_signal) == SIG_ERR) {
        return MIO_ERR_OTHER;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static pthread_t threads[THREADS_MAX];
    long wanted = argc > 1 ? strtol(argv[1], NULL, 10) : 4;
    limit = argc > 2 ? strtol(argv[2], NULL, 10) : limit;
    if (argc > 3 || wanted < 1 || wanted > THREADS_MAX || limit < 1 ||
        limit > 1000000000) {
        (void)fprintf(stderr, "usage: %s [THREADS [LIMIT]]\n", argv[0]);
        return 2;
    }
    long ranges = (limit + RANGE - 1) / RANGE;
    long left = ranges, sum = 0, events = 0;
    int count = 0;
    int error = start();
    while (error == 0 && count < wanted) {
        if (pthread_create(&threads[count], NULL, work, NULL) != 0) {
            error = MIO_ERR_OTHER;
        } else {
            count++;
        }
    }
    if (error == 0) {
        error = collect(&left, &sum, &events);
    }
    stop_threads(threads, count);
    (void)signal(SIGINT, SIG_IGN); /* the wakers are about to go */
    (void)signal(SIGTERM, SIG_IGN);
    mio_waker_close(&results_waker);
    mio_waker_close(&stop_waker);
    mio_poll_close(&poll);
    if (error != 0) {
        (void)fprintf(stderr, "waker: %s\n", mio_strerror(error));
        return 1;
    }
    int printed = printf("%ld primes below %ld%s; %ld results in %ld events\n",
                         sum, limit, left > 0 ? ", as far as counted" : "",
                         ranges - left, events);
    return printed > 0 && fflush(stdout) == 0 ? 0 : 1;
}
