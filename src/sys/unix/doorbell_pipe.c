/* doorbell_pipe.c: a doorbell that is a pipe, for systems without eventfd.
 *
 * There is never more than one byte in it, so a write cannot block, and each
 * write finds it empty and makes a new edge. */
#include "sys/sys.h"

#include "sys/doorbell.h"

#ifdef MIO_DOORBELL_PIPE

#include <errno.h>
#include <unistd.h>

#include "mio/error.h"
#include "sys/unix/descriptor.h"

int mio__doorbell_open(struct mio__doorbell *doorbell)
{
    int ends[2];
    int error = mio__fd_pipe(ends);
    if (error == 0) {
        doorbell->watch = ends[0];
        doorbell->ring = ends[1];
    }
    return error;
}

void mio__doorbell_close(struct mio__doorbell *doorbell)
{
    mio__fd_close(doorbell->watch);
    mio__fd_close(doorbell->ring);
}

int mio__doorbell_ring(const struct mio__doorbell *doorbell)
{
    int saved = errno;
    ssize_t length;
    do {
        length = write(doorbell->ring, "", 1);
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
        return mio_error_from_os(errno);
    }
    errno = saved;
    return 0;
}

void mio__doorbell_hush(const struct mio__doorbell *doorbell)
{
    char byte;
    ssize_t length;
    do {
        length = read(doorbell->watch, &byte, 1);
    } while (length < 0 && errno == EINTR);
}

#endif
