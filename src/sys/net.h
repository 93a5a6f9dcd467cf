/* net.h: the contract between the library and the system's sockets.
 *
 * Functions take bare descriptors and know nothing of polls or sources.
 * Arguments have been checked: pointers are valid, addresses are not "none",
 * counts are 1 or more. Each returns 0 or a count, or MIO_ERR_* with the
 * system's own code left in errno (GetLastError); interrupted calls are
 * repeated. What makes a descriptor makes it non-blocking and close-on-exec,
 * and closes it again if a later step fails. Nothing raises SIGPIPE. */
#ifndef MIO_SYS_NET_H
#define MIO_SYS_NET_H

#include "internal.h"

enum mio__transport { MIO__STREAM, MIO__DATAGRAM };

/* ---- net.c: making and naming -------------------------------------------*/

/* Whether fd could be a descriptor at all. */
bool mio__net_is_possible(mio_fd fd);

/* Closes; keeps errno (GetLastError). */
void mio__net_close(mio_fd fd);

int mio__net_open(mio_addr_family family, enum mio__transport transport,
                  mio_fd *fd);

/* Two connected Unix sockets; MIO_ERR_UNSUPPORTED on Windows. */
int mio__net_pair(enum mio__transport transport, mio_fd fds[2]);

/* Makes a socket from elsewhere non-blocking and close-on-exec.
 * MIO_ERR_INVALID_INPUT if it is not what the caller says. */
enum mio__domain { MIO__DOMAIN_IP, MIO__DOMAIN_UNIX };
int mio__net_adopt(mio_fd fd, enum mio__domain domain,
                   enum mio__transport transport, bool listening);

/* Before a TCP listener is bound: its address may be bound again soon after it
 * is closed, but by nobody else meanwhile. */
int mio__net_claim(mio_fd fd);

int mio__net_bind(mio_fd fd, const mio_addr *addr);
int mio__net_listen(mio_fd fd, int backlog);

/* 0 when connected or on the way. */
int mio__net_connect(mio_fd fd, const mio_addr *addr);

/* 0, MIO_ERR_IN_PROGRESS, or why it failed. */
int mio__net_connect_finish(mio_fd fd);

/* peer may be NULL. Errors that concern only the connection that was next are
 * MIO_ERR_CONNECTION_ABORTED. */
int mio__net_accept(mio_fd fd, mio_fd *accepted, mio_addr *peer);

int mio__net_local_addr(mio_fd fd, mio_addr *addr);
int mio__net_peer_addr(mio_fd fd, mio_addr *addr);
int mio__net_shutdown(mio_fd fd, mio_shutdown how);

/* The pending error, cleared, with errno set to it; 0 if there is none. */
int mio__net_take_error(mio_fd fd);

/* ---- net_stream.c: streams ----------------------------------------------*/

mio_ssize mio__net_read(mio_fd fd, void *data, size_t length, bool peek);
mio_ssize mio__net_write(mio_fd fd, const void *data, size_t length);

/* At most MIO__BUFFERS_MAX buffers. */
#define MIO__BUFFERS_MAX 1024
mio_ssize mio__net_readv(mio_fd fd, const mio_buffer *buffers, size_t count);
mio_ssize mio__net_writev(mio_fd fd, const mio_buffer *buffers, size_t count);

/* ---- net_datagram.c: datagrams ------------------------------------------*/

/* addr NULL: to the connected peer. */
mio_ssize mio__net_send(mio_fd fd, const void *data, size_t length,
                        const mio_addr *addr);

/* addr may be NULL; it is set also on MIO_ERR_MESSAGE_TOO_LONG. */
mio_ssize mio__net_recv(mio_fd fd, void *data, size_t length, mio_addr *addr,
                        bool peek);

/* Where one system call moves several datagrams; net_batch.c makes one call for
 * each elsewhere. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__)
#define MIO__HAS_MMSG
#endif

/* How many went through, 1 or more, or the first one's error. count is at most
 * MIO_BATCH_MAX. */
int mio__net_send_batch(mio_fd fd, const mio_datagram *datagrams, size_t count);
int mio__net_recv_batch(mio_fd fd, mio_datagram *datagrams, size_t count);

/* ---- net_option.c: options ----------------------------------------------*/

enum mio__option {
    MIO__OPTION_REUSE_ADDRESS,
    MIO__OPTION_REUSE_PORT,
    MIO__OPTION_V6_ONLY,
    MIO__OPTION_SEND_BUFFER,
    MIO__OPTION_RECEIVE_BUFFER,
    MIO__OPTION_KEEPALIVE,
    MIO__OPTION_KEEPALIVE_IDLE,
    MIO__OPTION_KEEPALIVE_INTERVAL,
    MIO__OPTION_KEEPALIVE_COUNT,
    MIO__OPTION_NO_DELAY,
    MIO__OPTION_BROADCAST,
    MIO__OPTION_MULTICAST_LOOP_V4,
    MIO__OPTION_MULTICAST_TTL_V4,
    MIO__OPTION_MULTICAST_LOOP_V6,
    MIO__OPTION_TTL_V4,
    MIO__OPTION_HOP_LIMIT_V6
};

/* MIO_ERR_UNSUPPORTED if the system or the socket has no such option. */
int mio__net_set_option(mio_fd fd, enum mio__option option, int value);
int mio__net_get_option(mio_fd fd, enum mio__option option, int *value);

/* Which of the two hop limits a socket has, by its family. */
int mio__net_hop_option(mio_fd fd, enum mio__option *option);

/* UDP: whether an ICMP message makes the next receive fail, where the system
 * lets one choose. Off in new and adopted sockets. */
int mio__net_set_connection_reset(mio_fd fd, bool on);

/* seconds -1: off */
int mio__net_set_linger(mio_fd fd, int seconds);

/* interface_addr may be NULL. */
int mio__net_multicast_v4(mio_fd fd, bool join, const mio_addr *group,
                          const mio_addr *interface_addr);
int mio__net_multicast_v6(mio_fd fd, bool join, const mio_addr *group,
                          uint32_t interface_index);

#endif
