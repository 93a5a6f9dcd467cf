/* unix_stream.c: see mio/unix.h. */
#include "socket.h"

#include "sys/net_unix.h"

int mio_unix_stream_connect_addr(mio_unix_stream *stream, const mio_addr *addr)
{
    if (stream == NULL || mio_addr_kind(addr) != MIO_ADDR_UNIX) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fd;
    int error = mio__net_open(MIO_ADDR_UNIX, MIO__STREAM, &fd);
    if (error != 0) {
        return error;
    }
    error = mio__net_connect(fd, addr);
    return mio__socket_finish(&stream->source, fd, MIO__SOURCE_STREAM, error);
}

int mio_unix_stream_connect(mio_unix_stream *stream, const char *path)
{
    mio_addr addr;
    int error = mio_addr_unix_path(&addr, path);
    return error == 0 ? mio_unix_stream_connect_addr(stream, &addr) : error;
}

int mio_unix_stream_pair(mio_unix_stream *a, mio_unix_stream *b)
{
    if (a == NULL || b == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fds[2];
    int error = mio__net_pair(MIO__STREAM, fds);
    if (error == 0) {
        mio__source_open(&a->source, fds[0], MIO__SOURCE_STREAM);
        mio__source_open(&b->source, fds[1], MIO__SOURCE_STREAM);
    }
    return error;
}

int mio_unix_stream_from_fd(mio_unix_stream *stream, mio_fd fd)
{
    return mio__socket_adopt(MIO__SOURCE(stream), fd, MIO__DOMAIN_UNIX,
                             MIO__STREAM, false);
}

mio_fd mio_unix_stream_into_fd(mio_unix_stream *stream)
{
    return mio__source_release(MIO__SOURCE(stream));
}

void mio_unix_stream_close(mio_unix_stream *stream)
{
    mio__source_close(MIO__SOURCE(stream));
}

/* The bodies of the inline functions, for callers without the header. */
extern mio_ssize mio_unix_stream_read(mio_unix_stream *stream, void *data,
                                      size_t length);
extern mio_ssize mio_unix_stream_write(mio_unix_stream *stream,
                                       const void *data, size_t length);

mio_ssize mio_unix_stream_readv(mio_unix_stream *stream,
                                const mio_buffer *buffers, size_t count)
{
    return mio__vector_read(MIO__SOURCE(stream), buffers, count,
                            mio__net_readv);
}

mio_ssize mio_unix_stream_writev(mio_unix_stream *stream,
                                 const mio_buffer *buffers, size_t count)
{
    return mio__vector_write(MIO__SOURCE(stream), buffers, count,
                             mio__net_writev);
}

mio_ssize mio_unix_stream_peek(mio_unix_stream *stream, void *data,
                               size_t length)
{
    return mio__stream_peek(MIO__SOURCE(stream), data, length);
}

int mio_unix_stream_shutdown(mio_unix_stream *stream, mio_shutdown how)
{
    return mio__socket_shutdown(MIO__SOURCE(stream), how);
}

int mio_unix_stream_local_addr(const mio_unix_stream *stream, mio_addr *addr)
{
    return mio__socket_local_addr(MIO__SOURCE(stream), addr);
}

int mio_unix_stream_peer_addr(const mio_unix_stream *stream, mio_addr *addr)
{
    return mio__socket_peer_addr(MIO__SOURCE(stream), addr);
}

int mio_unix_stream_take_error(mio_unix_stream *stream)
{
    return mio__socket_take_error(MIO__SOURCE(stream));
}

/* ---- Credentials and descriptors ----------------------------------------*/

#ifndef _WIN32

int mio_unix_stream_peer_credentials(const mio_unix_stream *stream,
                                     mio_credentials *credentials)
{
    int error = credentials == NULL ? MIO_ERR_INVALID_INPUT
                                    : mio__socket_check(MIO__SOURCE(stream));
    return error == 0
               ? mio__net_peer_credentials(stream->source.fd, credentials)
               : error;
}

mio_ssize mio_unix_stream_send_fds(mio_unix_stream *stream, const void *data,
                                   size_t length, const mio_fd *fds,
                                   size_t fd_count)
{
    const mio_source *source = MIO__SOURCE(stream);
    int error = mio__socket_check(source);
    if (error == 0 && (data == NULL || length == 0 || fd_count > MIO_FDS_MAX ||
                       (fds == NULL && fd_count > 0))) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0) {
        return error;
    }
    mio_ssize moved =
        mio__net_send_fds(source->fd, data, length, fds, fd_count);
    return mio__stream_moved(source, MIO_WRITABLE, moved, length);
}

mio_ssize mio_unix_stream_recv_fds(mio_unix_stream *stream, void *data,
                                   size_t length, mio_fd *fds, size_t fd_room,
                                   size_t *fd_count)
{
    const mio_source *source = MIO__SOURCE(stream);
    int error = mio__socket_check(source);
    if (error == 0 && (data == NULL || length == 0 || fd_room > MIO_FDS_MAX ||
                       (fds == NULL && fd_room > 0) || fd_count == NULL)) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0) {
        return error;
    }
    mio_ssize moved =
        mio__net_recv_fds(source->fd, data, length, fds, fd_room, fd_count);
    return mio__stream_moved(source, MIO_READABLE, moved, length);
}

#endif /* !_WIN32 */
