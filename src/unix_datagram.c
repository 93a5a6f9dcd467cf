/* unix_datagram.c: see mio/unix.h. */
#include "socket.h"

#ifndef _WIN32

/* Opens a socket, bound to addr unless that is NULL. */
static int datagram_open(mio_unix_datagram *socket, const mio_addr *addr)
{
    mio_fd fd;
    int error = mio__net_open(MIO_ADDR_UNIX, MIO__DATAGRAM, &fd);
    if (error != 0) {
        return error;
    }
    if (addr != NULL) {
        error = mio__net_bind(fd, addr);
    }
    return mio__socket_finish(&socket->source, fd, 0, error);
}

int mio_unix_datagram_bind_addr(mio_unix_datagram *socket, const mio_addr *addr)
{
    if (socket == NULL || mio_addr_kind(addr) != MIO_ADDR_UNIX) {
        return MIO_ERR_INVALID_INPUT;
    }
    return datagram_open(socket, addr);
}

int mio_unix_datagram_bind(mio_unix_datagram *socket, const char *path)
{
    mio_addr addr;
    int error = mio_addr_unix_path(&addr, path);
    return error == 0 ? mio_unix_datagram_bind_addr(socket, &addr) : error;
}

int mio_unix_datagram_unbound(mio_unix_datagram *socket)
{
    if (socket == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    return datagram_open(socket, NULL);
}

int mio_unix_datagram_pair(mio_unix_datagram *a, mio_unix_datagram *b)
{
    if (a == NULL || b == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fds[2];
    int error = mio__net_pair(MIO__DATAGRAM, fds);
    if (error == 0) {
        mio__source_open(&a->source, fds[0], 0);
        mio__source_open(&b->source, fds[1], 0);
    }
    return error;
}

int mio_unix_datagram_from_fd(mio_unix_datagram *socket, mio_fd fd)
{
    return mio__socket_adopt(MIO__SOURCE(socket), fd, MIO__DOMAIN_UNIX,
                             MIO__DATAGRAM, false);
}

mio_fd mio_unix_datagram_into_fd(mio_unix_datagram *socket)
{
    return mio__source_release(MIO__SOURCE(socket));
}

void mio_unix_datagram_close(mio_unix_datagram *socket)
{
    mio__source_close(MIO__SOURCE(socket));
}

int mio_unix_datagram_connect_addr(mio_unix_datagram *socket,
                                   const mio_addr *addr)
{
    if (mio_addr_kind(addr) != MIO_ADDR_UNIX) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__socket_check(MIO__SOURCE(socket));
    return error == 0 ? mio__net_connect(socket->source.fd, addr) : error;
}

int mio_unix_datagram_connect(mio_unix_datagram *socket, const char *path)
{
    mio_addr addr;
    int error = mio_addr_unix_path(&addr, path);
    return error == 0 ? mio_unix_datagram_connect_addr(socket, &addr) : error;
}

mio_ssize mio_unix_datagram_send(mio_unix_datagram *socket, const void *data,
                                 size_t length)
{
    return mio__datagram_send(MIO__SOURCE(socket), data, length, NULL);
}

mio_ssize mio_unix_datagram_send_to(mio_unix_datagram *socket, const void *data,
                                    size_t length, const mio_addr *addr)
{
    if (mio_addr_kind(addr) != MIO_ADDR_UNIX) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio__datagram_send(MIO__SOURCE(socket), data, length, addr);
}

mio_ssize mio_unix_datagram_recv(mio_unix_datagram *socket, void *data,
                                 size_t length)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, NULL, false);
}

mio_ssize mio_unix_datagram_recv_from(mio_unix_datagram *socket, void *data,
                                      size_t length, mio_addr *addr)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, addr, false);
}

mio_ssize mio_unix_datagram_peek(mio_unix_datagram *socket, void *data,
                                 size_t length)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, NULL, true);
}

mio_ssize mio_unix_datagram_peek_from(mio_unix_datagram *socket, void *data,
                                      size_t length, mio_addr *addr)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, addr, true);
}

int mio_unix_datagram_shutdown(mio_unix_datagram *socket, mio_shutdown how)
{
    return mio__socket_shutdown(MIO__SOURCE(socket), how);
}

int mio_unix_datagram_local_addr(const mio_unix_datagram *socket,
                                 mio_addr *addr)
{
    return mio__socket_local_addr(MIO__SOURCE(socket), addr);
}

int mio_unix_datagram_peer_addr(const mio_unix_datagram *socket, mio_addr *addr)
{
    return mio__socket_peer_addr(MIO__SOURCE(socket), addr);
}

int mio_unix_datagram_take_error(mio_unix_datagram *socket)
{
    return mio__socket_take_error(MIO__SOURCE(socket));
}

#endif /* !_WIN32 */
