/* doorbell_eventfd.c: a doorbell that is an eventfd.
 *
 * Each write adds 1 to a counter and makes a new edge, also when the counter
 * was not zero. So an edge-triggered selector never needs to read it: at one
 * ring a nanosecond the counter would be full in 584 years. poll(2) is
 * level-triggered and has to. */
#include "sys/sys.h"

#include "sys/doorbell.h"

#ifdef MIO_DOORBELL_EVENTFD

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mio/error.h"
#include "sys/unix/descriptor.h"

int mio__doorbell_open(struct mio__doorbell *doorbell)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        return mio_error_from_os(errno);
    }
    doorbell->watch = fd;
    doorbell->ring = fd;
    return 0;
}

void mio__doorbell_close(struct mio__doorbell *doorbell)
{
    mio__fd_close(doorbell->watch);
}

int mio__doorbell_ring(const struct mio__doorbell *doorbell)
{
    int saved = errno;
    const uint64_t one = 1;
    if (write(doorbell->ring, &one, sizeof(one)) < 0) {
        return mio_error_from_os(errno);
    }
    errno = saved;
    return 0;
}

void mio__doorbell_hush(const struct mio__doorbell *doorbell)
{
#ifdef MIO_SYS_EPOLL
    (void)doorbell;
#else
    uint64_t rings;
    ssize_t length = read(doorbell->watch, &rings, sizeof(rings));
    (void)length; /* empty is as good as read */
#endif
}

#endif
