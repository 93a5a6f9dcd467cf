/* bench.h: what both contenders share. Linux only, like the floor. */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, ENDS_MAX = 4096, WOULD_BLOCK = -1 };

static inline void die(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline int64_t nanoseconds_of(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0) {
        die("clock_gettime");
    }
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#endif
