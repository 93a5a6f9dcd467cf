/* stream.h: a stream of bytes to this very process, for tests that need one
 * and do not care which: a Unix socket where the library makes pairs of them,
 * TCP where not. */
#ifndef STREAM_H
#define STREAM_H

#include "support.h"

#ifdef _WIN32

typedef mio_tcp_stream local_stream;
#define LOCAL_STREAM(function) mio_tcp_stream_##function

#else

typedef mio_unix_stream local_stream;
#define LOCAL_STREAM(function) mio_unix_stream_##function

#endif

/** Makes two streams that are connected to each other; returns 0 or an error.
 *  From any thread. */
int stream_pair(local_stream *a, local_stream *b);

static inline void stream_close(local_stream *stream)
{
    LOCAL_STREAM(close)(stream);
}

static inline mio_fd stream_into_fd(local_stream *stream)
{
    return LOCAL_STREAM(into_fd)(stream);
}

static inline mio_ssize stream_write(local_stream *stream, const void *data,
                                     size_t length)
{
    return LOCAL_STREAM(write)(stream, data, length);
}

/** Reads what is there. */
static inline mio_ssize stream_read(local_stream *stream, void *data,
                                    size_t length)
{
    return LOCAL_STREAM(read)(stream, data, length);
}

/** Reads what is there or comes soon. */
mio_ssize stream_read_soon(local_stream *stream, void *data, size_t length);

/** Waits until the stream has this number of bytes to read, at most 64. */
bool stream_has(local_stream *stream, size_t length);

/** Writes until the stream would block, and goes on blocking; returns the
 *  number of bytes. */
size_t stream_fill(local_stream *stream);

/** Reads this number of bytes, which are on their way, and fails unless the
 *  stream would block then. */
void stream_drain(local_stream *stream, size_t length);

#endif
