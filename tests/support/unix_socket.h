/* unix_socket.h: Unix sockets in the tests that run wherever there are any,
 * Windows among them. */
#ifndef UNIX_SOCKET_H
#define UNIX_SOCKET_H

#include "support.h"

/** Ends a test where the system has no Unix sockets. */
#define SKIP_UNLESS_UNIX_SOCKETS()                                             \
    do {                                                                       \
        if (!have_unix_sockets()) {                                            \
            SKIP("socket() says that this system has no Unix sockets");        \
        }                                                                      \
    } while (0)

/** Makes an address that is a temporary path. */
mio_addr unix_temp_addr(void);

/** Two connected streams, by way of a listener where the library makes no
 *  pairs. */
void unix_pair(mio_unix_stream *a, mio_unix_stream *b);

/** Registers a connecting stream, accepts it and closes the other end: the
 *  stream tells. Closes the stream and the listener. */
void unix_see_the_peer_leave(struct fixture *f, mio_unix_listener *listener,
                             mio_unix_stream *stream);

#endif
