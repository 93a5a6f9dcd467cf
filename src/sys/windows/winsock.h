/* winsock.h: what the files of the socket layer share. */
#ifndef MIO_SYS_WINDOWS_WINSOCK_H
#define MIO_SYS_WINDOWS_WINSOCK_H

#include <limits.h>
#include <stddef.h>

#include "mio/base.h"
#include "sys/windows/failure.h"

/* Starts Winsock, once for the process. Comes before any other socket call;
 * everything that makes, adopts or watches a socket begins with it. It is never
 * ended: sockets may be given away, and outlive all objects of the library.
 * Returns 0 or MIO_ERR_*. */
int mio__net_start(void);

/* What kind of socket fd is: AF_INET and so on, SOCK_STREAM and so on. Works
 * also where getsockname does not, which is before the bind. Returns 0 or
 * MIO_ERR_*. */
int mio__net_kind(mio_fd fd, int *family, int *type);

/* The system's calls take int lengths; the rest is for the next call. */
static inline int mio__net_length(size_t length)
{
    return length < INT_MAX ? (int)length : INT_MAX;
}

#endif
