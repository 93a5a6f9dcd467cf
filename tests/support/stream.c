/* stream.c: see stream.h. */
#include "stream.h"

/* More than any kernel buffers for one stream, so that filling one ends. */
#define FILL_LIMIT ((size_t)64 * 1024 * 1024)

#ifdef _WIN32

/* Accepts the connection of a stream whose connect has begun. */
static int pair_accept(mio_tcp_listener *listener, mio_tcp_stream *a,
                       mio_tcp_stream *b)
{
    const bool came = fd_await_readable(listener->source.fd);
    int error =
        came ? mio_tcp_listener_accept(listener, b, NULL) : MIO_ERR_TIMED_OUT;

    if (error == 0) {
        (void)fd_await_writable(a->source.fd);
        error = mio_tcp_stream_connect_finish(a);
        if (error != 0) {
            mio_tcp_stream_close(b);
        }
    }
    return error;
}

int stream_pair(local_stream *a, local_stream *b)
{
    mio_tcp_listener listener;
    mio_addr addr;
    int error = mio_addr_parse(&addr, "127.0.0.1:0");

    if (error == 0) {
        error = mio_tcp_listener_bind(&listener, &addr);
    }
    if (error != 0) {
        return error;
    }
    error = mio_tcp_listener_local_addr(&listener, &addr);
    if (error == 0) {
        error = mio_tcp_stream_connect(a, &addr);
    }
    if (error == 0) {
        error = pair_accept(&listener, a, b);
        if (error != 0) {
            mio_tcp_stream_close(a);
        }
    }
    mio_tcp_listener_close(&listener);
    return error;
}

#else

int stream_pair(local_stream *a, local_stream *b)
{
    return mio_unix_stream_pair(a, b);
}

#endif

mio_ssize stream_read_soon(local_stream *stream, void *data, size_t length)
{
    assert_true(fd_await_readable(stream->source.fd));
    return stream_read(stream, data, length);
}

bool stream_has(local_stream *stream, size_t length)
{
    const int64_t end = monotonic_ns() + PATIENCE;
    char bytes[64];

    while (LOCAL_STREAM(peek)(stream, bytes, sizeof(bytes)) !=
           (mio_ssize)length) {
        if (monotonic_ns() > end) {
            return false;
        }
        thread_pause(MILLISECOND);
    }
    return true;
}

size_t stream_fill(local_stream *stream)
{
    static const unsigned char block[4096];
    size_t total = 0;

    /* TCP may still be moving data on, which makes room again. */
    do {
        mio_ssize n;

        while ((n = stream_write(stream, block, sizeof(block))) > 0) {
            total += (size_t)n;
            assert_in_range(total, 1, FILL_LIMIT);
        }
        assert_error(n, MIO_ERR_WOULD_BLOCK);
    } while (fd_is_writable(stream->source.fd, 20));
    return total;
}

void stream_drain(local_stream *stream, size_t length)
{
    unsigned char block[4096];
    size_t total = 0;

    while (total < length) {
        const mio_ssize n = stream_read_soon(stream, block, sizeof(block));

        assert_true(n > 0);
        total += (size_t)n;
    }
    assert_int_equal(total, length);
    assert_error(stream_read(stream, block, sizeof(block)),
                 MIO_ERR_WOULD_BLOCK);
}
