/* pipe.h: the system's pipes. The rules of net.h. */
#ifndef MIO_SYS_PIPE_H
#define MIO_SYS_PIPE_H

#include "internal.h"

/* ends[0] reads, ends[1] writes. */
int mio__pipe_open(mio_fd ends[2]);

/* Makes a descriptor from elsewhere non-blocking and close-on-exec.
 * MIO_ERR_INVALID_INPUT if it was not opened for that direction. */
enum mio__pipe_direction { MIO__PIPE_READS, MIO__PIPE_WRITES };
int mio__pipe_adopt(mio_fd fd, enum mio__pipe_direction direction);

int mio__pipe_set_nonblocking(mio_fd fd, bool on);

mio_ssize mio__pipe_readv(mio_fd fd, const mio_buffer *buffers, size_t count);
mio_ssize mio__pipe_writev(mio_fd fd, const mio_buffer *buffers, size_t count);

#endif
