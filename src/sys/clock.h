/* clock.h: the monotonic clock. */
#ifndef MIO_SYS_CLOCK_H
#define MIO_SYS_CLOCK_H

#include <limits.h>
#include <stdint.h>

#define MIO__NS_PER_MS 1000000
#define MIO__NS_PER_S 1000000000

/* Nanoseconds since some fixed moment; never goes back. The clock that the
 * selector's timeouts run on. */
int64_t mio__clock_now(void);

/* A time limit as the systems' calls take it: rounded up, so that a wait never
 * ends early, and cut to what an int can hold. */
static inline int mio__clock_milliseconds(int64_t timeout_ns)
{
    int64_t ms =
        timeout_ns / MIO__NS_PER_MS + (timeout_ns % MIO__NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

#endif
