/* mio/udp.h: UDP sockets. Include mio.h. */
#ifndef MIO_UDP_H
#define MIO_UDP_H

#include "mio/socket.h"

/** A UDP socket. */
typedef struct mio_udp_socket {
    mio_source source;
} mio_udp_socket;

/** One datagram of a batch. */
typedef struct mio_datagram {
    void *data;
    size_t length;  /* receiving: the room at data on entry, the bytes received
                       on return; sending: the bytes to send */
    mio_addr addr;  /* receiving: the sender; sending: the receiver, or "none"
                       (zeroed) to send to the connected peer */
    bool truncated; /* receiving: the datagram was longer than the room */
} mio_datagram;

/* ---- Making -------------------------------------------------------------*/

/** Opens a socket bound to an address.
 *
 *  @param[out] socket  receives the socket
 *  @param addr  IPv4 or IPv6; with port 0 the system chooses one
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_ADDR_IN_USE;
 *           MIO_ERR_ADDR_NOT_AVAILABLE; MIO_ERR_PERMISSION_DENIED;
 *           MIO_ERR_OUT_OF_DESCRIPTORS; MIO_ERR_UNSUPPORTED without IPv6
 *  @threads any
 *  @memory  the socket may be moved
 *  @mio     mio::net::UdpSocket::bind
 */
MIO_API int mio_udp_socket_bind(mio_udp_socket *socket, const mio_addr *addr);

/** Opens a socket with options set before the bind.
 *
 *  @param options  NULL is the same as mio_udp_socket_bind
 *  @return  as mio_udp_socket_bind; MIO_ERR_INVALID_INPUT for an option out of
 *           range or not of UDP; MIO_ERR_UNSUPPORTED for one that the system
 *           lacks; MIO_ERR_VERSION if they were not initialised
 *  @threads any
 *  @memory  the socket may be moved; options is not kept
 *  @mio     none (socket2)
 */
MIO_API int mio_udp_socket_bind_with(mio_udp_socket *socket,
                                     const mio_addr *addr,
                                     const mio_socket_options *options);

/** Takes over a UDP socket made elsewhere.
 *
 *  It is made non-blocking and close-on-exec. On Windows
 *  mio_udp_socket_set_connection_reset is switched off.
 *
 *  @return  0, and the object owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           socket of another type; MIO_ERR_BAD_DESCRIPTOR if fd is not an
 *           open socket
 *  @threads any
 *  @memory  the socket may be moved
 *  @mio     mio::net::UdpSocket::from_std
 */
MIO_API int mio_udp_socket_from_fd(mio_udp_socket *socket, mio_fd fd);

/** Gives the socket away; the object is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the socket, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the object's memory is free
 *  @mio     mio::net::UdpSocket as IntoRawFd
 */
MIO_API mio_fd mio_udp_socket_into_fd(mio_udp_socket *socket);

/** Deregisters and closes a socket. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the object's memory is free
 *  @mio     mio::net::UdpSocket as Drop
 */
MIO_API void mio_udp_socket_close(mio_udp_socket *socket);

/** Sets the default peer: send and recv then deal with it alone.
 *
 *  May be repeated to change the peer.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_NETWORK_UNREACHABLE;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::connect
 */
MIO_API int mio_udp_socket_connect(mio_udp_socket *socket,
                                   const mio_addr *addr);

/* ---- Sending and receiving ----------------------------------------------*/

/** Sends a datagram to the connected peer.
 *
 *  @param data  may be NULL when length is 0
 *  @param length  0 to 65507 bytes (IPv4) or 65527 (IPv6)
 *  @return  the bytes sent, always all; MIO_ERR_WOULD_BLOCK;
 *           MIO_ERR_NOT_CONNECTED; MIO_ERR_MESSAGE_TOO_LONG;
 *           MIO_ERR_CONNECTION_REFUSED when an earlier one was refused (Unix);
 *           MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UdpSocket::send
 */
MIO_API mio_ssize mio_udp_socket_send(mio_udp_socket *socket, const void *data,
                                      size_t length);

/** Sends a datagram to an address.
 *
 *  On a connected socket Linux and Windows allow it; the BSDs and macOS return
 *  MIO_ERR_ALREADY_CONNECTED.
 *
 *  @param data  may be NULL when length is 0
 *  @param length  as for mio_udp_socket_send
 *  @return  as mio_udp_socket_send; MIO_ERR_NETWORK_UNREACHABLE,
 *           MIO_ERR_HOST_UNREACHABLE, MIO_ERR_PERMISSION_DENIED (a broadcast
 *           address without the option)
 *  @threads io
 *  @memory  data and addr are not kept
 *  @mio     mio::net::UdpSocket::send_to
 */
MIO_API mio_ssize mio_udp_socket_send_to(mio_udp_socket *socket,
                                         const void *data, size_t length,
                                         const mio_addr *addr);

/** Receives a datagram.
 *
 *  A datagram that does not fit fills the buffer, loses the rest, and is
 *  reported as MIO_ERR_MESSAGE_TOO_LONG.
 *
 *  @param[out] data  receives up to length bytes
 *  @return  the bytes received, 0 for an empty datagram; MIO_ERR_WOULD_BLOCK;
 *           MIO_ERR_MESSAGE_TOO_LONG; MIO_ERR_CONNECTION_REFUSED when a
 *           datagram sent earlier was refused (connected sockets, Unix);
 *           MIO_ERR_CONNECTION_RESET likewise on Windows, if asked for;
 *           MIO_ERR_INVALID_INPUT, on Windows also for a socket that is not
 *           bound; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UdpSocket::recv
 */
MIO_API mio_ssize mio_udp_socket_recv(mio_udp_socket *socket, void *data,
                                      size_t length);

/** Receives a datagram and its sender's address.
 *
 *  @param[out] data  receives up to length bytes
 *  @param[out] addr  receives the sender's address, also when the datagram was
 *                    too long; may be NULL
 *  @return  as mio_udp_socket_recv
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::recv_from
 */
MIO_API mio_ssize mio_udp_socket_recv_from(mio_udp_socket *socket, void *data,
                                           size_t length, mio_addr *addr);

/** Receives a datagram and leaves it in the socket.
 *
 *  @param[out] data  receives up to length bytes
 *  @return  as mio_udp_socket_recv; nothing is lost when it does not fit
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::net::UdpSocket::peek
 */
MIO_API mio_ssize mio_udp_socket_peek(mio_udp_socket *socket, void *data,
                                      size_t length);

/** Receives a datagram and its sender's address and leaves it in the socket.
 *
 *  @param[out] data  receives up to length bytes
 *  @param[out] addr  receives the sender's address; may be NULL
 *  @return  as mio_udp_socket_peek
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::peek_from
 */
MIO_API mio_ssize mio_udp_socket_peek_from(mio_udp_socket *socket, void *data,
                                           size_t length, mio_addr *addr);

#define MIO_BATCH_MAX 64 /* datagrams that one call moves at most */

/** Sends several datagrams, in order, with one system call (sendmmsg).
 *
 *  Windows and macOS need one call for each.
 *
 *  An error after the first datagram ends the batch. If it lasts, the call for
 *  the rest returns it; a refusal of an earlier datagram (ICMP) is over then.
 *
 *  @param datagrams  data, length and addr of each are read
 *  @param count  1 or more; those after the first MIO_BATCH_MAX are left for
 *                the next call
 *  @return  how many were sent, 1 or more; otherwise the first one's error, as
 *           mio_udp_socket_send_to
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API int mio_udp_socket_send_batch(mio_udp_socket *socket,
                                      const mio_datagram *datagrams,
                                      size_t count);

/** Receives several datagrams with one system call (recvmmsg).
 *
 *  Windows and macOS need one call for each.
 *
 *  A datagram that does not fit has `truncated` set and is no error. Fewer
 *  than count (or than MIO_BATCH_MAX) means that the socket is drained, as
 *  MIO_ERR_WOULD_BLOCK does.
 *
 *  @param[in,out] datagrams  length is the room on entry; length, addr and
 *                            truncated are set for each one received
 *  @param count  1 or more; only the first MIO_BATCH_MAX are used
 *  @return  how many were received, 1 or more; otherwise as
 *           mio_udp_socket_recv, never MIO_ERR_MESSAGE_TOO_LONG
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API int mio_udp_socket_recv_batch(mio_udp_socket *socket,
                                      mio_datagram *datagrams, size_t count);

/* ---- Addresses and options ----------------------------------------------*/

/** Returns the address that the socket is bound to.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::local_addr
 */
MIO_API int mio_udp_socket_local_addr(const mio_udp_socket *socket,
                                      mio_addr *addr);

/** Returns the address of the connected peer.
 *
 *  @param[out] addr  receives the address
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::peer_addr
 */
MIO_API int mio_udp_socket_peer_addr(const mio_udp_socket *socket,
                                     mio_addr *addr);

/** Allows sending to broadcast addresses.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::set_broadcast
 */
MIO_API int mio_udp_socket_set_broadcast(mio_udp_socket *socket, bool on);

/** Tells whether sending to broadcast addresses is allowed.
 *
 *  @param[out] on  receives the answer
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::broadcast
 */
MIO_API int mio_udp_socket_broadcast(const mio_udp_socket *socket, bool *on);

/** Chooses whether an unreachable receiver fails the next receive (Windows).
 *
 *  On Windows the ICMP message that a datagram has found nobody, or was on the
 *  way for too long, is MIO_ERR_CONNECTION_RESET from the next receive, on
 *  unconnected sockets too, which says nothing about whom it concerns. It is
 *  off in every socket that the library makes or takes over. Unix tells
 *  connected sockets alone, as MIO_ERR_CONNECTION_REFUSED, and has no choice.
 *
 *  @return  0; MIO_ERR_UNSUPPORTED except on Windows; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none (on in mio, as the system has it)
 */
MIO_API int mio_udp_socket_set_connection_reset(mio_udp_socket *socket,
                                                bool on);

/** Chooses whether IPv4 multicast datagrams loop back to this machine.
 *
 *  An option of the sender on Unix, of the receiver on Windows.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::set_multicast_loop_v4
 */
MIO_API int mio_udp_socket_set_multicast_loop_v4(mio_udp_socket *socket,
                                                 bool on);

/** Tells whether IPv4 multicast datagrams loop back to this machine.
 *
 *  @param[out] on  receives the answer
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::multicast_loop_v4
 */
MIO_API int mio_udp_socket_multicast_loop_v4(const mio_udp_socket *socket,
                                             bool *on);

/** Sets the TTL of IPv4 multicast datagrams.
 *
 *  @param ttl  0 to 255; 1, the default, stays in the local network
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::set_multicast_ttl_v4
 */
MIO_API int mio_udp_socket_set_multicast_ttl_v4(mio_udp_socket *socket,
                                                uint32_t ttl);

/** Returns the TTL of IPv4 multicast datagrams.
 *
 *  @param[out] ttl  receives 0 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::multicast_ttl_v4
 */
MIO_API int mio_udp_socket_multicast_ttl_v4(const mio_udp_socket *socket,
                                            uint32_t *ttl);

/** Chooses whether IPv6 multicast datagrams loop back to this machine.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_UNSUPPORTED on an IPv4 socket;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::set_multicast_loop_v6
 */
MIO_API int mio_udp_socket_set_multicast_loop_v6(mio_udp_socket *socket,
                                                 bool on);

/** Tells whether IPv6 multicast datagrams loop back to this machine.
 *
 *  @param[out] on  receives the answer
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_UNSUPPORTED on an IPv4 socket;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::multicast_loop_v6
 */
MIO_API int mio_udp_socket_multicast_loop_v6(const mio_udp_socket *socket,
                                             bool *on);

/** Joins an IPv4 multicast group.
 *
 *  @param group  an IPv4 multicast address; the port does not matter
 *  @param interface_addr  an IPv4 address of the interface to join on; NULL
 *                         lets the system choose
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_ADDR_IN_USE if joined already;
 *           MIO_ERR_ADDR_NOT_AVAILABLE; MIO_ERR_OTHER without an interface
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::join_multicast_v4
 */
MIO_API int mio_udp_socket_join_multicast_v4(mio_udp_socket *socket,
                                             const mio_addr *group,
                                             const mio_addr *interface_addr);

/** Leaves an IPv4 multicast group.
 *
 *  @param group  as joined
 *  @param interface_addr  as joined
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_ADDR_NOT_AVAILABLE if not joined
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::leave_multicast_v4
 */
MIO_API int mio_udp_socket_leave_multicast_v4(mio_udp_socket *socket,
                                              const mio_addr *group,
                                              const mio_addr *interface_addr);

/** Joins an IPv6 multicast group.
 *
 *  @param group  an IPv6 multicast address; the port does not matter
 *  @param interface_index  0 lets the system choose
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_ADDR_IN_USE if joined already;
 *           MIO_ERR_ADDR_NOT_AVAILABLE; MIO_ERR_OTHER without an interface
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::join_multicast_v6
 */
MIO_API int mio_udp_socket_join_multicast_v6(mio_udp_socket *socket,
                                             const mio_addr *group,
                                             uint32_t interface_index);

/** Leaves an IPv6 multicast group.
 *
 *  @param group  as joined
 *  @param interface_index  as joined
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_ADDR_NOT_AVAILABLE if not joined
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::leave_multicast_v6
 */
MIO_API int mio_udp_socket_leave_multicast_v6(mio_udp_socket *socket,
                                              const mio_addr *group,
                                              uint32_t interface_index);

/** Tells whether an IPv6 socket refuses IPv4 peers (IPV6_V6ONLY).
 *
 *  Set it with the option v6_only before the bind.
 *
 *  @param[out] on  receives the answer
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_UNSUPPORTED on an IPv4 socket;
 *           MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::only_v6
 */
MIO_API int mio_udp_socket_only_v6(const mio_udp_socket *socket, bool *on);

/** Sets the TTL (IPv6: hop limit) of unicast datagrams.
 *
 *  @param ttl  1 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::set_ttl
 */
MIO_API int mio_udp_socket_set_ttl(mio_udp_socket *socket, uint32_t ttl);

/** Returns the TTL (IPv6: hop limit) of unicast datagrams.
 *
 *  @param[out] ttl  receives 1 to 255
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::ttl
 */
MIO_API int mio_udp_socket_ttl(const mio_udp_socket *socket, uint32_t *ttl);

/** Returns the socket's pending error and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with errno set to
 *           it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::net::UdpSocket::take_error
 */
MIO_API int mio_udp_socket_take_error(mio_udp_socket *socket);

#endif
