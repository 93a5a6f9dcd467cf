/* net_stream.c: reading and writing streams. See sys/net.h.
 *
 * After a shutdown of the reading side Unix reads the end of the stream, and
 * Windows fails; here both do the former. */
#include "sys/net.h"

#ifdef _WIN32

#include "sys/windows/winsock.h"

static mio_ssize read_failure(void)
{
    return GetLastError() == WSAESHUTDOWN ? 0 : mio__failure();
}

mio_ssize mio__net_read(mio_fd fd, void *data, size_t length, bool peek)
{
    int moved = recv(fd, data, mio__net_length(length), peek ? MSG_PEEK : 0);
    return moved < 0 ? read_failure() : moved;
}

mio_ssize mio__net_write(mio_fd fd, const void *data, size_t length)
{
    int moved = send(fd, data, mio__net_length(length), 0);
    return moved < 0 ? mio__failure() : moved;
}

/* The same members as a mio_buffer's, in another order and of another size; 16
 * KiB of stack at most. */
struct vector {
    WSABUF parts[MIO__BUFFERS_MAX];
    DWORD count;
};

/* Takes as much as the system's counts can hold, from the front; the rest is
 * for the next call. */
static void vector_set(struct vector *vector, const mio_buffer *buffers,
                       size_t count)
{
    size_t room = INT_MAX;
    vector->count = 0;
    for (size_t i = 0; i < count && i < MIO__BUFFERS_MAX && room > 0; i++) {
        size_t length = buffers[i].length < room ? buffers[i].length : room;
        if (length > 0) {
            WSABUF *part = &vector->parts[vector->count++];
            part->buf = buffers[i].data;
            part->len = (ULONG)length;
            room -= length;
        }
    }
}

mio_ssize mio__net_readv(mio_fd fd, const mio_buffer *buffers, size_t count)
{
    struct vector vector;
    DWORD moved = 0;
    DWORD flags = 0;
    vector_set(&vector, buffers, count);
    return WSARecv(fd, vector.parts, vector.count, &moved, &flags, NULL,
                   NULL) != 0
               ? read_failure()
               : (mio_ssize)moved;
}

mio_ssize mio__net_writev(mio_fd fd, const mio_buffer *buffers, size_t count)
{
    struct vector vector;
    DWORD moved = 0;
    vector_set(&vector, buffers, count);
    return WSASend(fd, vector.parts, vector.count, &moved, 0, NULL, NULL) != 0
               ? mio__failure()
               : (mio_ssize)moved;
}

#endif /* _WIN32 */
