/* datagram.c: sending and receiving datagrams. See socket.h. */
#include "socket.h"

void mio__datagram_failed(const mio_source *source, mio_interest direction,
                          mio_ssize error)
{
    if (error == MIO_ERR_WOULD_BLOCK) {
        mio__source_blocked(source, direction);
    } else if (error != MIO_ERR_MESSAGE_TOO_LONG) {
        /* An ICMP error, say: reported and over. The socket lives on, and what
         * arrives from now on is news. */
        mio__source_blocked(source, MIO_READABLE);
    }
}

mio_ssize mio__datagram_send(const mio_source *source, const void *data,
                             size_t length, const mio_addr *addr)
{
    int error = mio__socket_check(source);
    if (error == 0 && data == NULL && length > 0) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0) {
        return error;
    }
    mio_ssize sent = mio__net_send(source->fd, data, length, addr);
    if (sent < 0) {
        mio__datagram_failed(source, MIO_WRITABLE, sent);
    }
    return sent;
}

mio_ssize mio__datagram_recv(const mio_source *source, void *data,
                             size_t length, mio_addr *addr, bool peek)
{
    int error = mio__socket_check(source);
    if (error == 0 && data == NULL && length > 0) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0) {
        return error;
    }
    mio_ssize received = mio__net_recv(source->fd, data, length, addr, peek);
    if (received < 0) {
        mio__datagram_failed(source, MIO_READABLE, received);
    }
    return received;
}
