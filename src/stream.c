/* stream.c: reading and writing streams. See socket.h. */
#include "socket.h"

mio_ssize mio__stream_moved(const mio_source *source, mio_interest direction,
                            mio_ssize moved, size_t wanted)
{
    /* A short transfer has used up what there was. The end of the stream (0)
     * has not: it stays, and armed again it would be reported for ever. */
    bool is_short = moved > 0 && (size_t)moved < wanted;
    if (is_short || moved == MIO_ERR_WOULD_BLOCK) {
        mio__source_blocked(source, direction);
    }
    return moved;
}

/* A read into nothing would return 0, which means the end of the stream. */
static int read_check(const mio_source *source, const void *data, size_t length)
{
    int error = mio__socket_check(source);
    if (error == 0 && (data == NULL || length == 0)) {
        error = MIO_ERR_INVALID_INPUT;
    }
    return error;
}

mio_ssize mio_stream_read_checked_(mio_source *source, void *data,
                                   size_t length)
{
    int error = read_check(source, data, length);
    if (error != 0) {
        return error;
    }
    mio_ssize moved = mio__net_read(source->fd, data, length, false);
    return mio__stream_moved(source, MIO_READABLE, moved, length);
}

mio_ssize mio__stream_peek(const mio_source *source, void *data, size_t length)
{
    int error = read_check(source, data, length);
    if (error != 0) {
        return error;
    }
    /* A short peek leaves all of it there: only an empty one arms. */
    mio_ssize moved = mio__net_read(source->fd, data, length, true);
    return mio__stream_moved(source, MIO_READABLE, moved, 0);
}

mio_ssize mio_stream_write_checked_(mio_source *source, const void *data,
                                    size_t length)
{
    int error = mio__socket_check(source);
    if (error == 0 && data == NULL && length > 0) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0 || length == 0) {
        return error;
    }
    mio_ssize moved = mio__net_write(source->fd, data, length);
    return mio__stream_moved(source, MIO_WRITABLE, moved, length);
}

int mio__buffers_check(const mio_buffer *buffers, size_t count, size_t *total)
{
    *total = 0;
    if (buffers == NULL) {
        return count == 0 ? 0 : MIO_ERR_INVALID_INPUT;
    }
    for (size_t i = 0; i < count && i < MIO__BUFFERS_MAX; i++) {
        if ((buffers[i].data == NULL && buffers[i].length > 0) ||
            buffers[i].length > (size_t)PTRDIFF_MAX - *total) {
            return MIO_ERR_INVALID_INPUT;
        }
        *total += buffers[i].length;
    }
    return 0;
}

static int vector_check(const mio_source *source, const mio_buffer *buffers,
                        size_t count, size_t *total)
{
    int error = mio__socket_check(source);
    return error == 0 ? mio__buffers_check(buffers, count, total) : error;
}

mio_ssize mio__vector_read(const mio_source *source, const mio_buffer *buffers,
                           size_t count, mio__vector_io io)
{
    size_t total = 0;
    int error = vector_check(source, buffers, count, &total);
    if (error == 0 && total == 0) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0) {
        return error;
    }
    mio_ssize moved = io(source->fd, buffers, count);
    return mio__stream_moved(source, MIO_READABLE, moved, total);
}

mio_ssize mio__vector_write(const mio_source *source, const mio_buffer *buffers,
                            size_t count, mio__vector_io io)
{
    size_t total = 0;
    int error = vector_check(source, buffers, count, &total);
    if (error != 0 || total == 0) {
        return error;
    }
    mio_ssize moved = io(source->fd, buffers, count);
    return mio__stream_moved(source, MIO_WRITABLE, moved, total);
}
