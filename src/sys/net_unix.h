/* net_unix.h: what only Unix-domain streams can do, on Unix. The rules of
 * net.h. */
#ifndef MIO_SYS_NET_UNIX_H
#define MIO_SYS_NET_UNIX_H

#include "internal.h"

#ifndef _WIN32

int mio__net_peer_credentials(mio_fd fd, mio_credentials *credentials);

/* length is 1 or more, fd_count at most MIO_FDS_MAX. */
mio_ssize mio__net_send_fds(mio_fd fd, const void *data, size_t length,
                            const mio_fd *fds, size_t fd_count);

/* Likewise. If not all descriptors could be kept, none is, and *fd_count is
 * more than fd_room. */
mio_ssize mio__net_recv_fds(mio_fd fd, void *data, size_t length, mio_fd *fds,
                            size_t fd_room, size_t *fd_count);

#endif /* !_WIN32 */
#endif
