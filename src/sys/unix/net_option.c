/* net_option.c: socket options. See sys/net.h. */
#include "sys/net.h"

#ifndef _WIN32

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sys/sockaddr.h"

/* Names that differ, or that a system does not have (-1). */
#if defined(TCP_KEEPIDLE)
#define KEEPALIVE_IDLE TCP_KEEPIDLE
#elif defined(TCP_KEEPALIVE)
#define KEEPALIVE_IDLE TCP_KEEPALIVE
#else
#define KEEPALIVE_IDLE (-1)
#endif
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
#define KEEPALIVE_INTERVAL TCP_KEEPINTVL
#define KEEPALIVE_COUNT TCP_KEEPCNT
#else
#define KEEPALIVE_INTERVAL (-1)
#define KEEPALIVE_COUNT (-1)
#endif
#if defined(SO_REUSEPORT)
#define REUSE_PORT SO_REUSEPORT
#else
#define REUSE_PORT (-1)
#endif
#if defined(IPV6_ADD_MEMBERSHIP)
#define JOIN_V6 IPV6_ADD_MEMBERSHIP
#define LEAVE_V6 IPV6_DROP_MEMBERSHIP
#else
#define JOIN_V6 IPV6_JOIN_GROUP
#define LEAVE_V6 IPV6_LEAVE_GROUP
#endif

struct native_option {
    int level;
    int name;
    bool is_byte; /* some systems insist on a single byte for these */
};

static const struct native_option natives[] = {
    [MIO__OPTION_REUSE_ADDRESS] = {SOL_SOCKET, SO_REUSEADDR, false},
    [MIO__OPTION_REUSE_PORT] = {SOL_SOCKET, REUSE_PORT, false},
    [MIO__OPTION_V6_ONLY] = {IPPROTO_IPV6, IPV6_V6ONLY, false},
    [MIO__OPTION_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF, false},
    [MIO__OPTION_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF, false},
    [MIO__OPTION_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE, false},
    [MIO__OPTION_KEEPALIVE_IDLE] = {IPPROTO_TCP, KEEPALIVE_IDLE, false},
    [MIO__OPTION_KEEPALIVE_INTERVAL] = {IPPROTO_TCP, KEEPALIVE_INTERVAL, false},
    [MIO__OPTION_KEEPALIVE_COUNT] = {IPPROTO_TCP, KEEPALIVE_COUNT, false},
    [MIO__OPTION_NO_DELAY] = {IPPROTO_TCP, TCP_NODELAY, false},
    [MIO__OPTION_BROADCAST] = {SOL_SOCKET, SO_BROADCAST, false},
    [MIO__OPTION_MULTICAST_LOOP_V4] = {IPPROTO_IP, IP_MULTICAST_LOOP, true},
    [MIO__OPTION_MULTICAST_TTL_V4] = {IPPROTO_IP, IP_MULTICAST_TTL, true},
    [MIO__OPTION_MULTICAST_LOOP_V6] = {IPPROTO_IPV6, IPV6_MULTICAST_LOOP,
                                       false},
    [MIO__OPTION_TTL_V4] = {IPPROTO_IP, IP_TTL, false},
    [MIO__OPTION_HOP_LIMIT_V6] = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, false},
};

static int failure(void)
{
    return mio_error_from_os(errno);
}

int mio__net_set_option(mio_fd fd, enum mio__option option, int value)
{
    const struct native_option *native = &natives[option];
    if (native->name < 0) {
        return MIO_ERR_UNSUPPORTED;
    }
    unsigned char byte = (unsigned char)value;
    const void *data = native->is_byte ? (const void *)&byte : &value;
    socklen_t length = native->is_byte ? sizeof(byte) : sizeof(value);
    return setsockopt(fd, native->level, native->name, data, length) < 0
               ? failure()
               : 0;
}

int mio__net_get_option(mio_fd fd, enum mio__option option, int *value)
{
    const struct native_option *native = &natives[option];
    if (native->name < 0) {
        return MIO_ERR_UNSUPPORTED;
    }
    if (native->is_byte) {
        unsigned char byte = 0;
        socklen_t length = sizeof(byte);
        if (getsockopt(fd, native->level, native->name, &byte, &length) < 0) {
            return failure();
        }
        *value = byte;
        return 0;
    }
    int found = 0;
    socklen_t length = sizeof(found);
    if (getsockopt(fd, native->level, native->name, &found, &length) < 0) {
        return failure();
    }
    *value = found;
    return 0;
}

int mio__net_hop_option(mio_fd fd, enum mio__option *option)
{
    mio_addr addr;
    int error = mio__net_local_addr(fd, &addr);
    if (error == 0) {
        *option = mio_addr_kind(&addr) == MIO_ADDR_IPV6
                      ? MIO__OPTION_HOP_LIMIT_V6
                      : MIO__OPTION_TTL_V4;
    }
    return error;
}

int mio__net_set_connection_reset(mio_fd fd, bool on)
{
    (void)fd;
    (void)on;
    return MIO_ERR_UNSUPPORTED;
}

int mio__net_set_linger(mio_fd fd, int seconds)
{
    struct linger linger;
    linger.l_onoff = seconds >= 0;
    linger.l_linger = seconds >= 0 ? seconds : 0;
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0
               ? failure()
               : 0;
}

int mio__net_multicast_v4(mio_fd fd, bool join, const mio_addr *group,
                          const mio_addr *interface_addr)
{
    struct ip_mreq request;
    memset(&request, 0, sizeof(request));
    memcpy(&request.imr_multiaddr, mio_addr_ip(group, NULL), 4);
    if (interface_addr != NULL) {
        memcpy(&request.imr_interface, mio_addr_ip(interface_addr, NULL), 4);
    }
    int name = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    return setsockopt(fd, IPPROTO_IP, name, &request, sizeof(request)) < 0
               ? failure()
               : 0;
}

int mio__net_multicast_v6(mio_fd fd, bool join, const mio_addr *group,
                          uint32_t interface_index)
{
    struct ipv6_mreq request;
    memset(&request, 0, sizeof(request));
    memcpy(&request.ipv6mr_multiaddr, mio_addr_ip(group, NULL), 16);
    request.ipv6mr_interface = interface_index;
    int name = join ? JOIN_V6 : LEAVE_V6;
    return setsockopt(fd, IPPROTO_IPV6, name, &request, sizeof(request)) < 0
               ? failure()
               : 0;
}

#endif /* !_WIN32 */
