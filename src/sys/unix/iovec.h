/* iovec.h: a mio_buffer is the system's struct iovec under another name. */
#ifndef MIO_SYS_UNIX_IOVEC_H
#define MIO_SYS_UNIX_IOVEC_H

#include <stddef.h>
#include <sys/uio.h>

#include "mio/base.h"

_Static_assert(sizeof(mio_buffer) == sizeof(struct iovec), "same size");
_Static_assert(offsetof(mio_buffer, data) == offsetof(struct iovec, iov_base),
               "same place for the pointer");
_Static_assert(offsetof(mio_buffer, length) == offsetof(struct iovec, iov_len),
               "same place for the length");

/* Only for handing on to the system, which may take but 1024 at once. */
static inline struct iovec *mio__iovec_of(const mio_buffer *buffers)
{
    return (struct iovec *)(void *)(uintptr_t)buffers;
}

#endif
