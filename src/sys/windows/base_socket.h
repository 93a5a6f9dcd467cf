/* base_socket.h: the socket below all layered providers. */
#ifndef MIO_SYS_WINDOWS_BASE_SOCKET_H
#define MIO_SYS_WINDOWS_BASE_SOCKET_H

#include "sys/windows/slab.h"

/* Looks at what is to be registered. Returns 0; MIO_ERR_BAD_DESCRIPTOR if it
 * is no socket; MIO_ERR_UNSUPPORTED if it has no base socket. */
int mio__base_socket(mio_fd fd, struct mio__slab_socket *socket);

#endif
