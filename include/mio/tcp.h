/* mio/tcp.h: TCP listener and stream. Include mio.h. */
#ifndef MIO_TCP_H
#define MIO_TCP_H

#include "mio/socket.h"
#include "mio/stream.h"

/** A TCP socket that accepts connections. */
typedef struct mio_tcp_listener {
    mio_source source;
} mio_tcp_listener;

/** A TCP connection. */
typedef struct mio_tcp_stream {
    mio_source source;
} mio_tcp_stream;

/* ---- Listener -----------------------------------------------------------*/

/** Opens a listener on an address.
 *
 *  Reuses a local address that is only waiting out old connections
 *  (SO_REUSEADDR), with a backlog of 1024. Nobody else can bind the address
 *  while the listener is open (Windows: SO_EXCLUSIVEADDRUSE; there an address
 *  that belongs to another user is MIO_ERR_PERMISSION_DENIED).
 *
 *  @param[out] listener  receives the listener
 *  @param addr  IPv4 or IPv6; with port 0 the system chooses one
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_ADDR_IN_USE;
 *           MIO_ERR_ADDR_NOT_AVAILABLE; MIO_ERR_PERMISSION_DENIED;
 *           MIO_ERR_OUT_OF_DESCRIPTORS; MIO_ERR_UNSUPPORTED without IPv6
 *  @threads any
 *  @memory  the listener may be moved
 *  @mio     mio::net::TcpListener::bind
 */
MIO_API int mio_tcp_listener_bind(mio_tcp_listener *listener,
                                  const mio_addr *addr);

/** Opens a listener with options set before the bind.
 *
 *  @param options  NULL is the same as mio_tcp_listener_bind
 *  @return  as mio_tcp_listener_bind; MIO_ERR_INVALID_INPUT for an option out
 *           of range or not of a listener; MIO_ERR_UNSUPPORTED for one that
 *           the system lacks; MIO_ERR_VERSION if they were not initialised
 *  @threads any
 *  @memory  the listener may be moved; options is not kept
 *  @mio     none (mio 0.7's TcpSocket)
 */
MIO_API int mio_tcp_listener_bind_with(mio_tcp_listener *listener,
                                       const mio_addr *addr,
                                       const mio_socket_options *options);

/** Takes over a listening socket made elsewhere.
 *
 *  It is made non-blocking and close-on-exec.
 *
 *  @return  0, and the listener owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           socket of another type; MIO_ERR_BAD_DESCRIPTOR if fd is not an
 *           open socket
 *  @threads any
 *  @memory  the listener may be moved
 *  @mio     mio::net::TcpListener::from_std
 */
MIO_API int mio_tcp_listener_from_fd(mio_tcp_listener *listener, mio_fd fd);

/** Gives the socket away; the listener is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the socket, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the listener's memory is free
 *  @mio     mio::net::TcpListener as IntoRawFd
 */
MIO_API mio_fd mio_tcp_listener_into_fd(mio_tcp_listener *listener);

/** Deregisters and closes a listener. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the listener's memory is free
 *  @mio     mio::net::TcpListener as Drop
 */
MIO_API void mio_tcp_listener_close(mio_tcp_listener *listener);

/** Accepts a waiting connection.
 *
 *  mio_accept_classify tells what a result means for the accept loop.
 *
 *  @param[out] stream  receives the connection, non-blocking
 *  @param[out] peer  receives the peer's address; may be NULL
 *  @return  0; MIO_ERR_WOULD_BLOCK when none is waiting;
 *           MIO_ERR_CONNECTION_ABORTED when one was lost on the way: accept
 *           again; MIO_ERR_OUT_OF_DESCRIPTORS and MIO_ERR_OUT_OF_MEMORY: it
 *           keeps waiting; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  the stream may be moved
 *  @mio     mio::net::TcpListener::accept
 */
MIO_API int mio_tcp_listener_accept(mio_tcp_listener *listener,
                                    mio_tcp_stream *stream, mio_addr *peer);

/** Returns the address that the listener is bound to.
 *
 *  @param[out] addr  receives the address, with the port the system chose
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpListener::local_addr
 */
MIO_API int mio_tcp_listener_local_addr(const mio_tcp_listener *listener,
                                        mio_addr *addr);

/** Sets the TTL (IPv6: hop limit) of packets sent.
 *
 *  @param ttl  1 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpListener::set_ttl
 */
MIO_API int mio_tcp_listener_set_ttl(mio_tcp_listener *listener, uint32_t ttl);

/** Returns the TTL (IPv6: hop limit) of packets sent.
 *
 *  @param[out] ttl  receives 1 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpListener::ttl
 */
MIO_API int mio_tcp_listener_ttl(const mio_tcp_listener *listener,
                                 uint32_t *ttl);

/** Returns the socket's pending error and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with errno set to
 *           it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpListener::take_error
 */
MIO_API int mio_tcp_listener_take_error(mio_tcp_listener *listener);

/* ---- Stream -------------------------------------------------------------*/

/** Begins to connect.
 *
 *  Register the stream for MIO_WRITABLE, and on its event call
 *  mio_tcp_stream_connect_finish. Register it after this call, not before.
 *  Windows tries a port that nobody listens on for about 2 s before it says
 *  so.
 *
 *  @param[out] stream  receives the stream
 *  @param addr  IPv4 or IPv6
 *  @return  0 when connecting has begun or is done already;
 *           MIO_ERR_CONNECTION_REFUSED, MIO_ERR_NETWORK_UNREACHABLE and others
 *           when it fails at once; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_ADDR_NOT_AVAILABLE; MIO_ERR_OUT_OF_DESCRIPTORS
 *  @threads any
 *  @memory  the stream may be moved
 *  @mio     mio::net::TcpStream::connect
 */
MIO_API int mio_tcp_stream_connect(mio_tcp_stream *stream,
                                   const mio_addr *addr);

/** Begins to connect, with options set before.
 *
 *  @param options  NULL is the same as mio_tcp_stream_connect
 *  @return  as mio_tcp_stream_connect; MIO_ERR_INVALID_INPUT for an option out
 *           of range or not of a stream; MIO_ERR_UNSUPPORTED for one that the
 *           system lacks; MIO_ERR_VERSION if they were not initialised;
 *           MIO_ERR_ADDR_IN_USE for options->local
 *  @threads any
 *  @memory  the stream may be moved; options is not kept
 *  @mio     none (mio 0.7's TcpSocket)
 */
MIO_API int mio_tcp_stream_connect_with(mio_tcp_stream *stream,
                                        const mio_addr *addr,
                                        const mio_socket_options *options);

/** Tells how far a connect has come.
 *
 *  @return  0 connected; MIO_ERR_IN_PROGRESS: wait for the next event;
 *           MIO_ERR_CONNECTION_REFUSED, MIO_ERR_TIMED_OUT,
 *           MIO_ERR_HOST_UNREACHABLE and others: it failed, close the stream
 *           (asked again, a failed stream says MIO_ERR_NOT_CONNECTED, or on
 *           Windows perhaps the same again);
 *           MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::take_error and peer_addr, in that order
 */
MIO_API int mio_tcp_stream_connect_finish(mio_tcp_stream *stream);

/** Takes over a TCP socket made elsewhere.
 *
 *  It is made non-blocking and close-on-exec.
 *
 *  @return  0, and the stream owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           socket of another type; MIO_ERR_BAD_DESCRIPTOR if fd is not an
 *           open socket
 *  @threads any
 *  @memory  the stream may be moved
 *  @mio     mio::net::TcpStream::from_std
 */
MIO_API int mio_tcp_stream_from_fd(mio_tcp_stream *stream, mio_fd fd);

/** Gives the socket away; the stream is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the socket, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the stream's memory is free
 *  @mio     mio::net::TcpStream as IntoRawFd
 */
MIO_API mio_fd mio_tcp_stream_into_fd(mio_tcp_stream *stream);

/** Deregisters and closes a stream. NULL and a closed one are ignored.
 *
 *  Data that is still to be sent is sent in the background, unless
 *  mio_tcp_stream_set_linger says otherwise.
 *
 *  @threads one
 *  @memory  the stream's memory is free
 *  @mio     mio::net::TcpStream as Drop
 */
MIO_API void mio_tcp_stream_close(mio_tcp_stream *stream);

/** Reads bytes.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more: 0 would look like the end of the stream
 *  @return  the bytes read, 0 when the peer has ended the stream;
 *           MIO_ERR_WOULD_BLOCK; MIO_ERR_CONNECTION_RESET, on Windows also
 *           MIO_ERR_CONNECTION_ABORTED when this end has given up;
 *           MIO_ERR_NOT_CONNECTED; MIO_ERR_TIMED_OUT; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::TcpStream as Read
 */
MIO_INLINE mio_ssize mio_tcp_stream_read(mio_tcp_stream *stream, void *data,
                                         size_t length)
{
    return mio_stream_read_((mio_source *)(void *)stream, data, length);
}

/** Writes bytes.
 *
 *  @param data  may be NULL when length is 0
 *  @return  the bytes taken, perhaps fewer than length; MIO_ERR_WOULD_BLOCK;
 *           MIO_ERR_BROKEN_PIPE after a shutdown or a reset;
 *           MIO_ERR_CONNECTION_RESET, on Windows also after it has been
 *           reported, or MIO_ERR_CONNECTION_ABORTED; MIO_ERR_NOT_CONNECTED;
 *           MIO_ERR_TIMED_OUT; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::TcpStream as Write
 */
MIO_INLINE mio_ssize mio_tcp_stream_write(mio_tcp_stream *stream,
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
 *  @mio     mio::net::TcpStream::read_vectored
 */
MIO_API mio_ssize mio_tcp_stream_readv(mio_tcp_stream *stream,
                                       const mio_buffer *buffers, size_t count);

/** Writes several buffers as one.
 *
 *  @param count  of buffers; those after the first 1024 are left for the next
 *                call
 *  @return  as mio_tcp_stream_write
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::write_vectored
 */
MIO_API mio_ssize mio_tcp_stream_writev(mio_tcp_stream *stream,
                                        const mio_buffer *buffers,
                                        size_t count);

/** Reads bytes and leaves them in the socket.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more
 *  @return  as mio_tcp_stream_read
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::TcpStream::peek
 */
MIO_API mio_ssize mio_tcp_stream_peek(mio_tcp_stream *stream, void *data,
                                      size_t length);

/** Ends one or both directions of the connection.
 *
 *  What an end of reading does to what the peer still sends differs: Linux goes
 *  on to receive it, macOS throws it away, Windows resets the connection. Reads
 *  give 0 everywhere once there is nothing left to read; on Windows that is at
 *  once.
 *
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::shutdown
 */
MIO_API int mio_tcp_stream_shutdown(mio_tcp_stream *stream, mio_shutdown how);

/** Returns the address of this end.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::local_addr
 */
MIO_API int mio_tcp_stream_local_addr(const mio_tcp_stream *stream,
                                      mio_addr *addr);

/** Returns the address of the other end.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::peer_addr
 */
MIO_API int mio_tcp_stream_peer_addr(const mio_tcp_stream *stream,
                                     mio_addr *addr);

/** Chooses whether small writes are sent at once (TCP_NODELAY).
 *
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::set_nodelay
 */
MIO_API int mio_tcp_stream_set_nodelay(mio_tcp_stream *stream, bool on);

/** Tells whether small writes are sent at once.
 *
 *  @param[out] on  receives the answer
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::nodelay
 */
MIO_API int mio_tcp_stream_nodelay(const mio_tcp_stream *stream, bool *on);

/** Sets the TTL (IPv6: hop limit) of packets sent.
 *
 *  @param ttl  1 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::set_ttl
 */
MIO_API int mio_tcp_stream_set_ttl(mio_tcp_stream *stream, uint32_t ttl);

/** Returns the TTL (IPv6: hop limit) of packets sent.
 *
 *  @param[out] ttl  receives 1 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::ttl
 */
MIO_API int mio_tcp_stream_ttl(const mio_tcp_stream *stream, uint32_t *ttl);

/** Chooses what a close does with data that is still to be sent (SO_LINGER).
 *
 *  @param seconds  -1: send it in the background (the default); 0: throw it
 *                  away and reset the connection; 1 to 65535: as -1, but give
 *                  up after that time, and the close may block that long
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none (socket2::Socket::set_linger)
 */
MIO_API int mio_tcp_stream_set_linger(mio_tcp_stream *stream, int seconds);

/** Returns the socket's pending error and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with errno set to
 *           it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::take_error
 */
MIO_API int mio_tcp_stream_take_error(mio_tcp_stream *stream);

#endif
