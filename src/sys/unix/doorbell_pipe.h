/* doorbell_pipe.h: a doorbell that is a pipe, for systems and kernels that have
 * nothing better.
 *
 * There is never more than one byte in it, so a write cannot block, and each
 * write finds it empty and makes a new edge. */
#ifndef MIO_SYS_UNIX_DOORBELL_PIPE_H
#define MIO_SYS_UNIX_DOORBELL_PIPE_H

#include <errno.h>
#include <unistd.h>

#include "mio/error.h"
#include "sys/doorbell.h"
#include "sys/unix/descriptor.h"

static inline int mio__doorbell_pipe_open(struct mio__doorbell *doorbell)
{
    int ends[2];
    int error = mio__fd_pipe(ends);
    if (error == 0) {
        doorbell->watch = ends[0];
        doorbell->ring = ends[1];
    }
    return error;
}

static inline void mio__doorbell_pipe_close(struct mio__doorbell *doorbell)
{
    mio__fd_close(doorbell->watch);
    mio__fd_close(doorbell->ring);
}

static inline int mio__doorbell_pipe_ring(const struct mio__doorbell *doorbell)
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

static inline void mio__doorbell_pipe_hush(const struct mio__doorbell *doorbell)
{
    char byte;
    ssize_t length;
    do {
        length = read(doorbell->watch, &byte, 1);
    } while (length < 0 && errno == EINTR);
}

#endif
