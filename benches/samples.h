/* samples.h: times, and the quantiles of them. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "bench.h"

enum { SAMPLES_MAX = 1 << 20 };

struct samples {
    long count;
    int64_t times[SAMPLES_MAX];
};

static void report(const char *metric, double value)
{
    (void)printf("%s %.6g\n", metric, value);
}

static inline void samples_add(struct samples *samples, int64_t time)
{
    if (samples->count < SAMPLES_MAX) {
        samples->times[samples->count++] = time;
    }
}

static int samples_order(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* Reports the median and the 99th percentile, divided by unit. */
static void samples_report(struct samples *samples, double unit,
                           const char *median, const char *percentile)
{
    long last = samples->count - 1;
    if (last < 0) {
        die("no samples");
    }
    qsort(samples->times, (size_t)samples->count, sizeof(int64_t),
          samples_order);
    const long middle = last / 2, high = last * 99 / 100;
    report(median, (double)samples->times[middle] / unit);
    report(percentile, (double)samples->times[high] / unit);
}

#endif
