/* unix_listener.c: see mio/unix.h. */
#include "socket.h"

#define BACKLOG 1024

int mio_unix_listener_bind_addr(mio_unix_listener *listener,
                                const mio_addr *addr)
{
    if (listener == NULL || mio_addr_kind(addr) != MIO_ADDR_UNIX) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fd;
    int error = mio__net_open(MIO_ADDR_UNIX, MIO__STREAM, &fd);
    if (error != 0) {
        return error;
    }
    error = mio__net_bind(fd, addr);
    if (error == 0) {
        error = mio__net_listen(fd, BACKLOG);
    }
    return mio__socket_finish(&listener->source, fd, 0, error);
}

int mio_unix_listener_bind(mio_unix_listener *listener, const char *path)
{
    mio_addr addr;
    int error = mio_addr_unix_path(&addr, path);
    return error == 0 ? mio_unix_listener_bind_addr(listener, &addr) : error;
}

int mio_unix_listener_from_fd(mio_unix_listener *listener, mio_fd fd)
{
    return mio__socket_adopt(MIO__SOURCE(listener), fd, MIO__DOMAIN_UNIX,
                             MIO__STREAM, true);
}

mio_fd mio_unix_listener_into_fd(mio_unix_listener *listener)
{
    return mio__source_release(MIO__SOURCE(listener));
}

void mio_unix_listener_close(mio_unix_listener *listener)
{
    mio__source_close(MIO__SOURCE(listener));
}

int mio_unix_listener_accept(mio_unix_listener *listener,
                             mio_unix_stream *stream, mio_addr *peer)
{
    return mio__socket_accept(MIO__SOURCE(listener), MIO__SOURCE(stream), peer);
}

int mio_unix_listener_local_addr(const mio_unix_listener *listener,
                                 mio_addr *addr)
{
    return mio__socket_local_addr(MIO__SOURCE(listener), addr);
}

int mio_unix_listener_take_error(mio_unix_listener *listener)
{
    return mio__socket_take_error(MIO__SOURCE(listener));
}
