/* tcp_stream.c: see mio/tcp.h. */
#include "socket.h"

#define LINGER_MAX 65535

int mio_tcp_stream_connect_with(mio_tcp_stream *stream, const mio_addr *addr,
                                const mio_socket_options *options)
{
    if (stream == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd fd;
    int error = mio__socket_open(MIO__TCP_STREAM, addr, options, &fd);
    if (error != 0) {
        return error;
    }
    error = mio__net_connect(fd, addr);
    return mio__socket_finish(&stream->source, fd, MIO__SOURCE_STREAM, error);
}

int mio_tcp_stream_connect(mio_tcp_stream *stream, const mio_addr *addr)
{
    return mio_tcp_stream_connect_with(stream, addr, NULL);
}

int mio_tcp_stream_connect_finish(mio_tcp_stream *stream)
{
    const mio_source *source = MIO__SOURCE(stream);
    int error = mio__socket_check(source);
    if (error != 0) {
        return error;
    }
    error = mio__net_connect_finish(source->fd);
    if (error == MIO_ERR_IN_PROGRESS) {
        mio__source_blocked(source, MIO_WRITABLE);
    }
    return error;
}

int mio_tcp_stream_from_fd(mio_tcp_stream *stream, mio_fd fd)
{
    return mio__socket_adopt(MIO__SOURCE(stream), fd, MIO__DOMAIN_IP,
                             MIO__STREAM, false);
}

mio_fd mio_tcp_stream_into_fd(mio_tcp_stream *stream)
{
    return mio__source_release(MIO__SOURCE(stream));
}

void mio_tcp_stream_close(mio_tcp_stream *stream)
{
    mio__source_close(MIO__SOURCE(stream));
}

/* The bodies of the inline functions, for callers without the header. */
extern mio_ssize mio_tcp_stream_read(mio_tcp_stream *stream, void *data,
                                     size_t length);
extern mio_ssize mio_tcp_stream_write(mio_tcp_stream *stream, const void *data,
                                      size_t length);

mio_ssize mio_tcp_stream_readv(mio_tcp_stream *stream,
                               const mio_buffer *buffers, size_t count)
{
    return mio__vector_read(MIO__SOURCE(stream), buffers, count,
                            mio__net_readv);
}

mio_ssize mio_tcp_stream_writev(mio_tcp_stream *stream,
                                const mio_buffer *buffers, size_t count)
{
    return mio__vector_write(MIO__SOURCE(stream), buffers, count,
                             mio__net_writev);
}

mio_ssize mio_tcp_stream_peek(mio_tcp_stream *stream, void *data, size_t length)
{
    return mio__stream_peek(MIO__SOURCE(stream), data, length);
}

int mio_tcp_stream_shutdown(mio_tcp_stream *stream, mio_shutdown how)
{
    return mio__socket_shutdown(MIO__SOURCE(stream), how);
}

int mio_tcp_stream_local_addr(const mio_tcp_stream *stream, mio_addr *addr)
{
    return mio__socket_local_addr(MIO__SOURCE(stream), addr);
}

int mio_tcp_stream_peer_addr(const mio_tcp_stream *stream, mio_addr *addr)
{
    return mio__socket_peer_addr(MIO__SOURCE(stream), addr);
}

int mio_tcp_stream_set_nodelay(mio_tcp_stream *stream, bool on)
{
    return mio__socket_set_flag(MIO__SOURCE(stream), MIO__OPTION_NO_DELAY, on);
}

int mio_tcp_stream_nodelay(const mio_tcp_stream *stream, bool *on)
{
    return mio__socket_flag(MIO__SOURCE(stream), MIO__OPTION_NO_DELAY, on);
}

int mio_tcp_stream_set_ttl(mio_tcp_stream *stream, uint32_t ttl)
{
    return mio__socket_set_ttl(MIO__SOURCE(stream), ttl);
}

int mio_tcp_stream_ttl(const mio_tcp_stream *stream, uint32_t *ttl)
{
    return mio__socket_ttl(MIO__SOURCE(stream), ttl);
}

int mio_tcp_stream_set_linger(mio_tcp_stream *stream, int seconds)
{
    int error = mio__socket_check(MIO__SOURCE(stream));
    if (error == 0 && (seconds < -1 || seconds > LINGER_MAX)) {
        error = MIO_ERR_INVALID_INPUT;
    }
    return error == 0 ? mio__net_set_linger(stream->source.fd, seconds) : error;
}

int mio_tcp_stream_take_error(mio_tcp_stream *stream)
{
    return mio__socket_take_error(MIO__SOURCE(stream));
}
