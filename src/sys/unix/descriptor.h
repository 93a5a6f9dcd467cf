/* descriptor.h: what every Unix descriptor needs. */
#ifndef MIO_SYS_UNIX_DESCRIPTOR_H
#define MIO_SYS_UNIX_DESCRIPTOR_H

#include <stdbool.h>

/* Closes, and keeps errno: it runs between a failure and its return. */
void mio__fd_close(int fd);

/* Each returns 0 or MIO_ERR_*. */
int mio__fd_set_nonblocking(int fd, bool on);
int mio__fd_set_cloexec(int fd);

/* Makes a non-blocking, close-on-exec pipe: ends[0] reads, ends[1] writes. */
int mio__fd_pipe(int ends[2]);

#endif
