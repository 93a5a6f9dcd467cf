/* net_stream.c: reading and writing streams. See sys/net.h and mio/stream.h. */
#include "sys/net.h"

#ifndef _WIN32

#include <errno.h>
#include <sys/socket.h>

#include "sys/unix/iovec.h"

static mio_ssize failure(void)
{
    return mio_error_from_os(errno);
}

mio_ssize mio__net_read(mio_fd fd, void *data, size_t length, bool peek)
{
    ssize_t moved;
    do {
        moved = recv(fd, data, length, peek ? MSG_PEEK : 0);
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? failure() : moved;
}

mio_ssize mio__net_write(mio_fd fd, const void *data, size_t length)
{
    ssize_t moved;
    do {
        moved = send(fd, data, length, MIO_SEND_FLAGS_);
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? failure() : moved;
}

static struct msghdr message_of(const mio_buffer *buffers, size_t count)
{
    struct msghdr message = {0};
    message.msg_iov = mio__iovec_of(buffers);
    /* The field is a size_t here and an int there: a short fits both. */
    message.msg_iovlen =
        (unsigned short)(count < MIO__BUFFERS_MAX ? count : MIO__BUFFERS_MAX);
    return message;
}

mio_ssize mio__net_readv(mio_fd fd, const mio_buffer *buffers, size_t count)
{
    struct msghdr message = message_of(buffers, count);
    ssize_t moved;
    do {
        moved = recvmsg(fd, &message, 0);
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? failure() : moved;
}

mio_ssize mio__net_writev(mio_fd fd, const mio_buffer *buffers, size_t count)
{
    struct msghdr message = message_of(buffers, count);
    ssize_t moved;
    do {
        moved = sendmsg(fd, &message, MIO_SEND_FLAGS_);
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? failure() : moved;
}

/* ---- Behind the inline functions ----------------------------------------*/

extern mio_ssize mio_stream_read_(mio_source *source, void *data,
                                  size_t length);
extern mio_ssize mio_stream_write_(mio_source *source, const void *data,
                                   size_t length);

mio_ssize mio_stream_read_rest_(mio_source *source, void *data, size_t length,
                                mio_ssize moved)
{
    if (moved == 0) {
        return 0; /* the end of the stream */
    }
    return errno == EINTR ? mio_stream_read_checked_(source, data, length)
                          : failure();
}

mio_ssize mio_stream_write_rest_(mio_source *source, const void *data,
                                 size_t length, mio_ssize moved)
{
    if (moved == 0) {
        return 0;
    }
    return errno == EINTR ? mio_stream_write_checked_(source, data, length)
                          : failure();
}

#endif /* !_WIN32 */
