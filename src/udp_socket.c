/* udp_socket.c: making UDP sockets, sending and receiving. See mio/udp.h. */
#include "socket.h"

int mio_udp_socket_bind_with(mio_udp_socket *socket, const mio_addr *addr,
                             const mio_socket_options *options)
{
    if (socket == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fd;
    int error = mio__socket_open(MIO__UDP_SOCKET, addr, options, &fd);
    if (error != 0) {
        return error;
    }
    error = mio__net_bind(fd, addr);
    return mio__socket_finish(&socket->source, fd, 0, error);
}

int mio_udp_socket_bind(mio_udp_socket *socket, const mio_addr *addr)
{
    return mio_udp_socket_bind_with(socket, addr, NULL);
}

int mio_udp_socket_from_fd(mio_udp_socket *socket, mio_fd fd)
{
    return mio__socket_adopt(MIO__SOURCE(socket), fd, MIO__DOMAIN_IP,
                             MIO__DATAGRAM, false);
}

mio_fd mio_udp_socket_into_fd(mio_udp_socket *socket)
{
    return mio__source_release(MIO__SOURCE(socket));
}

void mio_udp_socket_close(mio_udp_socket *socket)
{
    mio__source_close(MIO__SOURCE(socket));
}

int mio_udp_socket_connect(mio_udp_socket *socket, const mio_addr *addr)
{
    mio_addr_family family = mio_addr_kind(addr);
    if (family != MIO_ADDR_IPV4 && family != MIO_ADDR_IPV6) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__socket_check(MIO__SOURCE(socket));
    return error == 0 ? mio__net_connect(socket->source.fd, addr) : error;
}

mio_ssize mio_udp_socket_send(mio_udp_socket *socket, const void *data,
                              size_t length)
{
    return mio__datagram_send(MIO__SOURCE(socket), data, length, NULL);
}

mio_ssize mio_udp_socket_send_to(mio_udp_socket *socket, const void *data,
                                 size_t length, const mio_addr *addr)
{
    if (mio_addr_kind(addr) == MIO_ADDR_NONE) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio__datagram_send(MIO__SOURCE(socket), data, length, addr);
}

mio_ssize mio_udp_socket_recv(mio_udp_socket *socket, void *data, size_t length)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, NULL, false);
}

mio_ssize mio_udp_socket_recv_from(mio_udp_socket *socket, void *data,
                                   size_t length, mio_addr *addr)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, addr, false);
}

mio_ssize mio_udp_socket_peek(mio_udp_socket *socket, void *data, size_t length)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, NULL, true);
}

mio_ssize mio_udp_socket_peek_from(mio_udp_socket *socket, void *data,
                                   size_t length, mio_addr *addr)
{
    return mio__datagram_recv(MIO__SOURCE(socket), data, length, addr, true);
}

/* ---- Batches ------------------------------------------------------------*/

/* Cuts count to what one call moves. */
static int batch_check(const mio_source *source, const mio_datagram *datagrams,
                       size_t *count)
{
    int error = mio__socket_check(source);
    if (error == 0 && (datagrams == NULL || *count == 0)) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (*count > MIO_BATCH_MAX) {
        *count = MIO_BATCH_MAX;
    }
    for (size_t i = 0; error == 0 && i < *count; i++) {
        if (datagrams[i].data == NULL && datagrams[i].length > 0) {
            error = MIO_ERR_INVALID_INPUT;
        }
    }
    return error;
}

int mio_udp_socket_send_batch(mio_udp_socket *socket,
                              const mio_datagram *datagrams, size_t count)
{
    const mio_source *source = MIO__SOURCE(socket);
    int error = batch_check(source, datagrams, &count);
    if (error != 0) {
        return error;
    }
    int sent = mio__net_send_batch(source->fd, datagrams, count);
    if (sent < 0) {
        mio__datagram_failed(source, MIO_WRITABLE, sent);
    }
    return sent;
}

int mio_udp_socket_recv_batch(mio_udp_socket *socket, mio_datagram *datagrams,
                              size_t count)
{
    const mio_source *source = MIO__SOURCE(socket);
    int error = batch_check(source, datagrams, &count);
    if (error != 0) {
        return error;
    }
    int received = mio__net_recv_batch(source->fd, datagrams, count);
    if (received < 0) {
        mio__datagram_failed(source, MIO_READABLE, received);
    } else if ((size_t)received < count) {
        mio__source_blocked(source, MIO_READABLE);
    }
    return received;
}
