/* mio/unix.h: Unix-domain sockets. Include mio.h.
 *
 * Windows has listeners and streams, since Windows 10 version 1803; before,
 * opening one is MIO_ERR_UNSUPPORTED. It has no abstract names, no pairs, no
 * datagrams, and passes neither credentials nor descriptors. */
#ifndef MIO_UNIX_H
#define MIO_UNIX_H

#include "mio/socket.h"
#include "mio/stream.h"

/** A Unix socket that accepts connections. */
typedef struct mio_unix_listener {
    mio_source source;
} mio_unix_listener;

/** A Unix stream connection. */
typedef struct mio_unix_stream {
    mio_source source;
} mio_unix_stream;

/* ---- Listener -----------------------------------------------------------*/

/** Opens a listener on a path.
 *
 *  An existing file at the path is an error and is left alone; closing the
 *  listener does not remove the path either. The backlog is 1024.
 *
 *  @param[out] listener  receives the listener
 *  @param path  as for mio_addr_unix_path
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_NAME_TOO_LONG;
 *           MIO_ERR_ADDR_IN_USE if the path exists; MIO_ERR_NOT_FOUND if its
 *           directory does not (Windows may have another word for it);
 *           MIO_ERR_PERMISSION_DENIED;
 *           MIO_ERR_OUT_OF_DESCRIPTORS; MIO_ERR_UNSUPPORTED where there are no
 *           Unix sockets
 *  @threads any
 *  @memory  the listener may be moved
 *  @mio     mio::net::UnixListener::bind
 */
MIO_API int mio_unix_listener_bind(mio_unix_listener *listener,
                                   const char *path);

/** Opens a listener on an address, which may be abstract.
 *
 *  @return  as mio_unix_listener_bind
 *  @threads any
 *  @memory  the listener may be moved
 *  @mio     mio::net::UnixListener::bind_addr
 */
MIO_API int mio_unix_listener_bind_addr(mio_unix_listener *listener,
                                        const mio_addr *addr);

/** Takes over a listening socket made elsewhere.
 *
 *  It is made non-blocking and close-on-exec.
 *
 *  @return  0, and the listener owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           socket of another type; MIO_ERR_BAD_DESCRIPTOR if fd is not an
 *           open socket
 *  @threads any
 *  @memory  the listener may be moved
 *  @mio     mio::net::UnixListener::from_std
 */
MIO_API int mio_unix_listener_from_fd(mio_unix_listener *listener, mio_fd fd);

/** Gives the socket away; the listener is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the socket, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the listener's memory is free
 *  @mio     mio::net::UnixListener as IntoRawFd
 */
MIO_API mio_fd mio_unix_listener_into_fd(mio_unix_listener *listener);

/** Deregisters and closes a listener. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the listener's memory is free
 *  @mio     mio::net::UnixListener as Drop
 */
MIO_API void mio_unix_listener_close(mio_unix_listener *listener);

/** Accepts a waiting connection.
 *
 *  @param[out] stream  receives the connection, non-blocking
 *  @param[out] peer  receives the peer's address, usually unnamed; may be NULL
 *  @return  as mio_tcp_listener_accept
 *  @threads io
 *  @memory  the stream may be moved
 *  @mio     mio::net::UnixListener::accept
 */
MIO_API int mio_unix_listener_accept(mio_unix_listener *listener,
                                     mio_unix_stream *stream, mio_addr *peer);

/** Returns the address that the listener is bound to.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixListener::local_addr
 */
MIO_API int mio_unix_listener_local_addr(const mio_unix_listener *listener,
                                         mio_addr *addr);

/** Returns the socket's pending error and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with errno set to
 *           it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixListener::take_error
 */
MIO_API int mio_unix_listener_take_error(mio_unix_listener *listener);

/* ---- Stream -------------------------------------------------------------*/

/** Connects to a path.
 *
 *  @param[out] stream  receives the stream
 *  @param path  as for mio_addr_unix_path
 *  @return  0 when connected or connecting; MIO_ERR_WOULD_BLOCK when the
 *           listener's queue is full (there is no event to wait for: try
 *           later); MIO_ERR_NOT_FOUND; MIO_ERR_CONNECTION_REFUSED, on Windows
 *           also when there is no such path;
 *           MIO_ERR_PERMISSION_DENIED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_NAME_TOO_LONG; MIO_ERR_OUT_OF_DESCRIPTORS;
 *           MIO_ERR_UNSUPPORTED where there are no Unix sockets
 *  @threads any
 *  @memory  the stream may be moved
 *  @mio     mio::net::UnixStream::connect
 */
MIO_API int mio_unix_stream_connect(mio_unix_stream *stream, const char *path);

/** Connects to an address, which may be abstract.
 *
 *  @return  as mio_unix_stream_connect
 *  @threads any
 *  @memory  the stream may be moved
 *  @mio     mio::net::UnixStream::connect_addr
 */
MIO_API int mio_unix_stream_connect_addr(mio_unix_stream *stream,
                                         const mio_addr *addr);

/** Makes two streams that are connected to each other.
 *
 *  @param[out] a  receives one
 *  @param[out] b  receives the other
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_OUT_OF_DESCRIPTORS;
 *           MIO_ERR_UNSUPPORTED on Windows
 *  @threads any
 *  @memory  both may be moved
 *  @mio     mio::net::UnixStream::pair
 */
MIO_API int mio_unix_stream_pair(mio_unix_stream *a, mio_unix_stream *b);

/** Takes over a Unix stream socket made elsewhere.
 *
 *  It is made non-blocking and close-on-exec.
 *
 *  @return  0, and the stream owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           socket of another type; MIO_ERR_BAD_DESCRIPTOR if fd is not an
 *           open socket
 *  @threads any
 *  @memory  the stream may be moved
 *  @mio     mio::net::UnixStream::from_std
 */
MIO_API int mio_unix_stream_from_fd(mio_unix_stream *stream, mio_fd fd);

/** Gives the socket away; the stream is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the socket, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the stream's memory is free
 *  @mio     mio::net::UnixStream as IntoRawFd
 */
MIO_API mio_fd mio_unix_stream_into_fd(mio_unix_stream *stream);

/** Deregisters and closes a stream. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the stream's memory is free
 *  @mio     mio::net::UnixStream as Drop
 */
MIO_API void mio_unix_stream_close(mio_unix_stream *stream);

/** Reads bytes.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more: 0 would look like the end of the stream
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UnixStream as Read
 */
MIO_INLINE mio_ssize mio_unix_stream_read(mio_unix_stream *stream, void *data,
                                          size_t length)
{
    return mio_stream_read_((mio_source *)(void *)stream, data, length);
}

/** Writes bytes.
 *
 *  @param data  may be NULL when length is 0
 *  @return  as mio_tcp_stream_write
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UnixStream as Write
 */
MIO_INLINE mio_ssize mio_unix_stream_write(mio_unix_stream *stream,
                                           const void *data, size_t length)
{
    return mio_stream_write_((mio_source *)(void *)stream, data, length);
}

/** Reads into several buffers, filling one after the other.
 *
 *  @param count  of buffers, with room for 1 byte or more; those after the
 *                first 1024 are not used
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixStream::read_vectored
 */
MIO_API mio_ssize mio_unix_stream_readv(mio_unix_stream *stream,
                                        const mio_buffer *buffers,
                                        size_t count);

/** Writes several buffers as one.
 *
 *  @param count  of buffers; those after the first 1024 are left for the next
 *                call
 *  @return  as mio_tcp_stream_write
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixStream::write_vectored
 */
MIO_API mio_ssize mio_unix_stream_writev(mio_unix_stream *stream,
                                         const mio_buffer *buffers,
                                         size_t count);

/** Reads bytes and leaves them in the socket.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none (std's UnixStream::peek is unstable)
 */
MIO_API mio_ssize mio_unix_stream_peek(mio_unix_stream *stream, void *data,
                                       size_t length);

/** Ends one or both directions of the connection.
 *
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixStream::shutdown
 */
MIO_API int mio_unix_stream_shutdown(mio_unix_stream *stream, mio_shutdown how);

/** Returns the address of this end.
 *
 *  @param[out] addr  receives the address, usually unnamed
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixStream::local_addr
 */
MIO_API int mio_unix_stream_local_addr(const mio_unix_stream *stream,
                                       mio_addr *addr);

/** Returns the address of the other end.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixStream::peer_addr
 */
MIO_API int mio_unix_stream_peer_addr(const mio_unix_stream *stream,
                                      mio_addr *addr);

/** Returns the socket's pending error and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with errno set to
 *           it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixStream::take_error
 */
MIO_API int mio_unix_stream_take_error(mio_unix_stream *stream);

#ifndef _WIN32

/** Who is at the other end of a Unix stream. */
typedef struct mio_credentials {
    uint32_t user;   /* effective user id when the connection was made */
    uint32_t group;  /* effective group id, likewise */
    int64_t process; /* process id, or -1 where the system does not tell */
} mio_credentials;

/** Returns who is at the other end.
 *
 *  @param[out] credentials  receives the ids
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_NOT_CONNECTED;
 *           MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_UNSUPPORTED
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none (tokio::net::UnixStream::peer_cred)
 */
MIO_API int mio_unix_stream_peer_credentials(const mio_unix_stream *stream,
                                             mio_credentials *credentials);

#define MIO_FDS_MAX 64 /* descriptors in one message */

/** Writes bytes and passes descriptors along with the first of them.
 *
 *  The descriptors are duplicated for the receiver; the caller keeps its own.
 *  Once 1 byte or more is written all of them are on their way.
 *
 *  @param data  the bytes; at least one, since descriptors travel with data
 *  @param fds  fd_count open descriptors
 *  @param fd_count  0 to MIO_FDS_MAX
 *  @return  as mio_unix_stream_write; MIO_ERR_BAD_DESCRIPTOR if one of fds is
 *           not open; MIO_ERR_INVALID_INPUT for length 0 or too many;
 *           MIO_ERR_OUT_OF_DESCRIPTORS when too many are in flight
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none (mio 0.5's UnixStream::write_send_fd)
 */
MIO_API mio_ssize mio_unix_stream_send_fds(mio_unix_stream *stream,
                                           const void *data, size_t length,
                                           const mio_fd *fds, size_t fd_count);

/** Reads bytes and the descriptors that came with them.
 *
 *  The descriptors are close-on-exec and the caller's. If more came than there
 *  is room for, or than the process may open, all of them are closed and
 *  *fd_count is more than fd_room; the bytes are read all the same.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more
 *  @param[out] fds  receives up to fd_room descriptors
 *  @param fd_room  0 to MIO_FDS_MAX
 *  @param[out] fd_count  receives how many came, at most MIO_FDS_MAX + 1
 *  @return  as mio_unix_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none (mio 0.5's UnixStream::read_recv_fd)
 */
MIO_API mio_ssize mio_unix_stream_recv_fds(mio_unix_stream *stream, void *data,
                                           size_t length, mio_fd *fds,
                                           size_t fd_room, size_t *fd_count);

/* ---- Datagram socket ----------------------------------------------------*/

/** A Unix datagram socket. */
typedef struct mio_unix_datagram {
    mio_source source;
} mio_unix_datagram;

/** Opens a datagram socket bound to a path.
 *
 *  @param[out] socket  receives the socket
 *  @param path  as for mio_addr_unix_path
 *  @return  as mio_unix_listener_bind
 *  @threads any
 *  @memory  the socket may be moved
 *  @mio     mio::net::UnixDatagram::bind
 */
MIO_API int mio_unix_datagram_bind(mio_unix_datagram *socket, const char *path);

/** Opens a datagram socket bound to an address, which may be abstract.
 *
 *  @return  as mio_unix_listener_bind
 *  @threads any
 *  @memory  the socket may be moved
 *  @mio     mio::net::UnixDatagram::bind_addr
 */
MIO_API int mio_unix_datagram_bind_addr(mio_unix_datagram *socket,
                                        const mio_addr *addr);

/** Opens a datagram socket without a name.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_OUT_OF_DESCRIPTORS
 *  @threads any
 *  @memory  the socket may be moved
 *  @mio     mio::net::UnixDatagram::unbound
 */
MIO_API int mio_unix_datagram_unbound(mio_unix_datagram *socket);

/** Makes two datagram sockets that are connected to each other.
 *
 *  @param[out] a  receives one
 *  @param[out] b  receives the other
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_OUT_OF_DESCRIPTORS
 *  @threads any
 *  @memory  both may be moved
 *  @mio     mio::net::UnixDatagram::pair
 */
MIO_API int mio_unix_datagram_pair(mio_unix_datagram *a, mio_unix_datagram *b);

/** Takes over a Unix datagram socket made elsewhere.
 *
 *  It is made non-blocking and close-on-exec.
 *
 *  @return  0, and the object owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           socket of another type; MIO_ERR_BAD_DESCRIPTOR if fd is not an
 *           open socket
 *  @threads any
 *  @memory  the socket may be moved
 *  @mio     mio::net::UnixDatagram::from_std
 */
MIO_API int mio_unix_datagram_from_fd(mio_unix_datagram *socket, mio_fd fd);

/** Gives the socket away; the object is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the socket, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the object's memory is free
 *  @mio     mio::net::UnixDatagram as IntoRawFd
 */
MIO_API mio_fd mio_unix_datagram_into_fd(mio_unix_datagram *socket);

/** Deregisters and closes a socket. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the object's memory is free
 *  @mio     mio::net::UnixDatagram as Drop
 */
MIO_API void mio_unix_datagram_close(mio_unix_datagram *socket);

/** Sets the default peer, by path.
 *
 *  @return  0; MIO_ERR_NOT_FOUND; MIO_ERR_CONNECTION_REFUSED;
 *           MIO_ERR_PERMISSION_DENIED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_NAME_TOO_LONG; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::connect
 */
MIO_API int mio_unix_datagram_connect(mio_unix_datagram *socket,
                                      const char *path);

/** Sets the default peer, by address, which may be abstract.
 *
 *  @return  as mio_unix_datagram_connect
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none (mio cannot name abstract peers)
 */
MIO_API int mio_unix_datagram_connect_addr(mio_unix_datagram *socket,
                                           const mio_addr *addr);

/** Sends a datagram to the connected peer.
 *
 *  @param data  may be NULL when length is 0
 *  @return  the bytes sent, always all; MIO_ERR_WOULD_BLOCK when the
 *           receiver's queue is full; MIO_ERR_NOT_CONNECTED;
 *           MIO_ERR_MESSAGE_TOO_LONG; MIO_ERR_CONNECTION_REFUSED or
 *           MIO_ERR_CONNECTION_RESET when the peer is gone;
 *           MIO_ERR_BROKEN_PIPE after a shutdown; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UnixDatagram::send
 */
MIO_API mio_ssize mio_unix_datagram_send(mio_unix_datagram *socket,
                                         const void *data, size_t length);

/** Sends a datagram to an address, which may be abstract.
 *
 *  @param data  may be NULL when length is 0
 *  @return  as mio_unix_datagram_send; MIO_ERR_NOT_FOUND
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::send_to
 */
MIO_API mio_ssize mio_unix_datagram_send_to(mio_unix_datagram *socket,
                                            const void *data, size_t length,
                                            const mio_addr *addr);

/** Receives a datagram.
 *
 *  A datagram that does not fit fills the buffer, loses the rest, and is
 *  reported as MIO_ERR_MESSAGE_TOO_LONG.
 *
 *  @param[out] data  receives up to length bytes
 *  @return  the bytes received, 0 for an empty datagram; MIO_ERR_WOULD_BLOCK;
 *           MIO_ERR_MESSAGE_TOO_LONG;
 *           MIO_ERR_CONNECTION_RESET; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UnixDatagram::recv
 */
MIO_API mio_ssize mio_unix_datagram_recv(mio_unix_datagram *socket, void *data,
                                         size_t length);

/** Receives a datagram and its sender's address.
 *
 *  @param[out] data  receives up to length bytes
 *  @param[out] addr  receives the sender's address, perhaps unnamed; may be
 *                    NULL
 *  @return  as mio_unix_datagram_recv
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::recv_from
 */
MIO_API mio_ssize mio_unix_datagram_recv_from(mio_unix_datagram *socket,
                                              void *data, size_t length,
                                              mio_addr *addr);

/** Receives a datagram and leaves it in the socket.
 *
 *  @param[out] data  receives up to length bytes
 *  @return  as mio_unix_datagram_recv; nothing is lost when it does not fit
 *  @threads io
 *  @memory  data is not kept
 *  @mio     none
 */
MIO_API mio_ssize mio_unix_datagram_peek(mio_unix_datagram *socket, void *data,
                                         size_t length);

/** Receives a datagram and its sender's address and leaves it in the socket.
 *
 *  @param[out] data  receives up to length bytes
 *  @param[out] addr  receives the sender's address; may be NULL
 *  @return  as mio_unix_datagram_peek
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API mio_ssize mio_unix_datagram_peek_from(mio_unix_datagram *socket,
                                              void *data, size_t length,
                                              mio_addr *addr);

/** Ends one or both directions.
 *
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::shutdown
 */
MIO_API int mio_unix_datagram_shutdown(mio_unix_datagram *socket,
                                       mio_shutdown how);

/** Returns the address that the socket is bound to.
 *
 *  @param[out] addr  receives the address, perhaps unnamed
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::local_addr
 */
MIO_API int mio_unix_datagram_local_addr(const mio_unix_datagram *socket,
                                         mio_addr *addr);

/** Returns the address of the connected peer.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::peer_addr
 */
MIO_API int mio_unix_datagram_peer_addr(const mio_unix_datagram *socket,
                                        mio_addr *addr);

/** Returns the socket's pending error and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with errno set to
 *           it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UnixDatagram::take_error
 */
MIO_API int mio_unix_datagram_take_error(mio_unix_datagram *socket);

#endif /* !_WIN32 */
#endif
