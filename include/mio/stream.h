/* mio/stream.h: how TCP and Unix streams read and write. Nothing here is for
 * callers; see mio/tcp.h and mio/unix.h.
 *
 * Reading and writing are what a server does most, so on Unix they are inline:
 * the test of a bit, and the system call. The bit says that the source is open
 * and that the kernel keeps its edges. Without it, or with arguments that need
 * a closer look, and if nothing was moved, the library does the rest. */
#ifndef MIO_STREAM_H
#define MIO_STREAM_H

#include "mio/source.h"

/** Reads from a stream with all checks; internal.
 *
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none (part of mio::net::TcpStream as Read)
 */
MIO_API mio_ssize mio_stream_read_checked_(mio_source *source, void *data,
                                           size_t length);

/** Writes to a stream with all checks; internal.
 *
 *  @return  as mio_tcp_stream_write
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none (part of mio::net::TcpStream as Write)
 */
MIO_API mio_ssize mio_stream_write_checked_(mio_source *source,
                                            const void *data, size_t length);

#ifdef _WIN32

#define mio_stream_read_ mio_stream_read_checked_
#define mio_stream_write_ mio_stream_write_checked_

#else

#include <sys/socket.h>

#define MIO_SOURCE_DIRECT_ 0x0008u /* the bit, in mio_source.flags_ */

#ifdef MSG_NOSIGNAL
#define MIO_SEND_FLAGS_ MSG_NOSIGNAL
#else
#define MIO_SEND_FLAGS_ 0 /* older macOS: the socket has SO_NOSIGPIPE */
#endif

/** Settles a read that has moved nothing; internal.
 *
 *  @param moved  what the system call has returned, with errno
 *
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none
 */
MIO_API mio_ssize mio_stream_read_rest_(mio_source *source, void *data,
                                        size_t length, mio_ssize moved);

/** Settles a write that has moved nothing; internal.
 *
 *  @param moved  what the system call has returned, with errno
 *
 *  @return  as mio_tcp_stream_write
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none
 */
MIO_API mio_ssize mio_stream_write_rest_(mio_source *source, const void *data,
                                         size_t length, mio_ssize moved);

/** Reads from a stream, the short way if possible; internal.
 *
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none (part of mio::net::TcpStream as Read)
 */
MIO_INLINE mio_ssize mio_stream_read_(mio_source *source, void *data,
                                      size_t length)
{
    if (source == NULL || (source->flags_ & MIO_SOURCE_DIRECT_) == 0 ||
        data == NULL || length == 0) {
        return mio_stream_read_checked_(source, data, length);
    }
    mio_ssize moved = recv(source->fd, data, length, 0);
    return moved > 0 ? moved
                     : mio_stream_read_rest_(source, data, length, moved);
}

/** Writes to a stream, the short way if possible; internal.
 *
 *  @return  as mio_tcp_stream_write
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none (part of mio::net::TcpStream as Write)
 */
MIO_INLINE mio_ssize mio_stream_write_(mio_source *source, const void *data,
                                       size_t length)
{
    if (source == NULL || (source->flags_ & MIO_SOURCE_DIRECT_) == 0 ||
        data == NULL || length == 0) {
        return mio_stream_write_checked_(source, data, length);
    }
    mio_ssize moved = send(source->fd, data, length, MIO_SEND_FLAGS_);
    return moved > 0 ? moved
                     : mio_stream_write_rest_(source, data, length, moved);
}

#endif /* !_WIN32 */
#endif
