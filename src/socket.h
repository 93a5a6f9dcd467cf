/* socket.h: what the socket types share, in terms of their sources.
 *
 * Each function checks the source (NULL is MIO_ERR_INVALID_INPUT, a closed one
 * MIO_ERR_BAD_DESCRIPTOR) and its other arguments, and does the work of the
 * public function of the same name on every type. Calls that read or write arm
 * the source again when they would have blocked. */
#ifndef MIO_SRC_SOCKET_H
#define MIO_SRC_SOCKET_H

#include "internal.h"

#include "sys/net.h"

static inline int mio__socket_check(const mio_source *source)
{
    if (source == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio__source_is_open(source) ? 0 : MIO_ERR_BAD_DESCRIPTOR;
}

/* The source of an object, which is its first member; NULL for NULL. */
#define MIO__SOURCE(object)                                                    \
    _Generic(&(object)->source, \
    mio_source *: (mio_source *)(void *)(uintptr_t)(object), \
    const mio_source *: (const mio_source *)(const void *)(object))

/* ---- socket.c -----------------------------------------------------------*/

enum mio__socket_kind {
    MIO__TCP_LISTENER = 1,
    MIO__TCP_STREAM = 2,
    MIO__UDP_SOCKET = 4
};

/* Opens an IP socket with its options set (NULL: none) for addr's family. */
int mio__socket_open(enum mio__socket_kind kind, const mio_addr *addr,
                     const mio_socket_options *options, mio_fd *fd);

/* The end of making an object: opens its source, or closes fd after an error.
 * Returns the error. */
int mio__socket_finish(mio_source *source, mio_fd fd, uint32_t flags,
                       int error);

int mio__socket_adopt(mio_source *source, mio_fd fd, enum mio__domain domain,
                      enum mio__transport transport, bool listening);
int mio__socket_accept(const mio_source *listener, mio_source *stream,
                       mio_addr *peer);
int mio__socket_local_addr(const mio_source *source, mio_addr *addr);
int mio__socket_peer_addr(const mio_source *source, mio_addr *addr);
int mio__socket_shutdown(const mio_source *source, mio_shutdown how);
int mio__socket_take_error(const mio_source *source);
int mio__socket_set_option(const mio_source *source, enum mio__option option,
                           uint32_t value, uint32_t min, uint32_t max);
int mio__socket_set_flag(const mio_source *source, enum mio__option option,
                         bool on);
int mio__socket_option(const mio_source *source, enum mio__option option,
                       uint32_t *value);
int mio__socket_flag(const mio_source *source, enum mio__option option,
                     bool *on);
int mio__socket_set_ttl(const mio_source *source, uint32_t ttl);
int mio__socket_ttl(const mio_source *source, uint32_t *ttl);

/* ---- stream.c -----------------------------------------------------------*/

mio_ssize mio__stream_peek(const mio_source *source, void *data, size_t length);

/* Adds up what the buffers hold, as far as one call will take them, which is
 * MIO__BUFFERS_MAX. Returns 0 or MIO_ERR_INVALID_INPUT. */
int mio__buffers_check(const mio_buffer *buffers, size_t count, size_t *total);

/* Vectored, by the given one of mio__net_readv, mio__pipe_writev and so on. */
typedef mio_ssize (*mio__vector_io)(mio_fd fd, const mio_buffer *buffers,
                                    size_t count);
mio_ssize mio__vector_read(const mio_source *source, const mio_buffer *buffers,
                           size_t count, mio__vector_io io);
mio_ssize mio__vector_write(const mio_source *source, const mio_buffer *buffers,
                            size_t count, mio__vector_io io);

/* What a stream's read or write has come to: arms the source again if it
 * would have blocked, or has moved less than it could have. */
mio_ssize mio__stream_moved(const mio_source *source, mio_interest direction,
                            mio_ssize moved, size_t wanted);

/* ---- datagram.c ---------------------------------------------------------*/

mio_ssize mio__datagram_send(const mio_source *source, const void *data,
                             size_t length, const mio_addr *addr);
mio_ssize mio__datagram_recv(const mio_source *source, void *data,
                             size_t length, mio_addr *addr, bool peek);

/* A datagram call has failed: arms what the failure has used up. */
void mio__datagram_failed(const mio_source *source, mio_interest direction,
                          mio_ssize error);

#endif
