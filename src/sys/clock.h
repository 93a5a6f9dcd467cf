/* clock.h: the monotonic clock. */
#ifndef MIO_SYS_CLOCK_H
#define MIO_SYS_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. The clock that the
 * selector's timeouts run on. */
int64_t mio__clock_now(void);

#endif
