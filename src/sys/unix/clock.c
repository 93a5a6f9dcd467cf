/* clock.c: see sys/clock.h. */
#include "sys/sys.h"

#include "sys/clock.h"

#ifndef _WIN32

#include <time.h>

int64_t mio__clock_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * MIO__NS_PER_S + now.tv_nsec;
}

#endif /* !_WIN32 */
