/* tcp_listener.c: see mio/tcp.h. */
#include "socket.h"

#define DEFAULT_BACKLOG 1024

int mio_tcp_listener_bind_with(mio_tcp_listener *listener, const mio_addr *addr,
                               const mio_socket_options *options)
{
    if (listener == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fd;
    int error = mio__socket_open(MIO__TCP_LISTENER, addr, options, &fd);
    if (error != 0) {
        return error;
    }
    if (options == NULL || options->reuse_address == MIO_DEFAULT) {
        error = mio__net_claim(fd);
    }
    if (error == 0) {
        error = mio__net_bind(fd, addr);
    }
    if (error == 0) {
        bool is_default = options == NULL || options->backlog == MIO_DEFAULT;
        error = mio__net_listen(fd, is_default ? DEFAULT_BACKLOG
                                               : options->backlog);
    }
    return mio__socket_finish(&listener->source, fd, 0, error);
}

int mio_tcp_listener_bind(mio_tcp_listener *listener, const mio_addr *addr)
{
    return mio_tcp_listener_bind_with(listener, addr, NULL);
}

int mio_tcp_listener_from_fd(mio_tcp_listener *listener, mio_fd fd)
{
    return mio__socket_adopt(MIO__SOURCE(listener), fd, MIO__DOMAIN_IP,
                             MIO__STREAM, true);
}

mio_fd mio_tcp_listener_into_fd(mio_tcp_listener *listener)
{
    return mio__source_release(MIO__SOURCE(listener));
}

void mio_tcp_listener_close(mio_tcp_listener *listener)
{
    mio__source_close(MIO__SOURCE(listener));
}

int mio_tcp_listener_accept(mio_tcp_listener *listener, mio_tcp_stream *stream,
                            mio_addr *peer)
{
    return mio__socket_accept(MIO__SOURCE(listener), MIO__SOURCE(stream), peer);
}

int mio_tcp_listener_local_addr(const mio_tcp_listener *listener,
                                mio_addr *addr)
{
    return mio__socket_local_addr(MIO__SOURCE(listener), addr);
}

int mio_tcp_listener_set_ttl(mio_tcp_listener *listener, uint32_t ttl)
{
    return mio__socket_set_ttl(MIO__SOURCE(listener), ttl);
}

int mio_tcp_listener_ttl(const mio_tcp_listener *listener, uint32_t *ttl)
{
    return mio__socket_ttl(MIO__SOURCE(listener), ttl);
}

int mio_tcp_listener_take_error(mio_tcp_listener *listener)
{
    return mio__socket_take_error(MIO__SOURCE(listener));
}
