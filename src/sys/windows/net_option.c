/* net_option.c: socket options. See sys/net.h. */
#include "sys/net.h"

#ifdef _WIN32

#include <string.h>

#include "sys/sockaddr.h"
#include "sys/windows/winsock.h"

/* What headers older than Windows 10 version 1709 do not name. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT 16
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif
#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif
#ifndef SIO_UDP_NETRESET
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)
#endif

#define NO_OPTION (-1) /* SO_EXCLUSIVEADDRUSE is negative too */

struct native_option {
    int level;
    int name;
};

static const struct native_option natives[] = {
    [MIO__OPTION_REUSE_ADDRESS] = {SOL_SOCKET, SO_REUSEADDR},
    [MIO__OPTION_REUSE_PORT] = {SOL_SOCKET, NO_OPTION},
    [MIO__OPTION_V6_ONLY] = {IPPROTO_IPV6, IPV6_V6ONLY},
    [MIO__OPTION_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF},
    [MIO__OPTION_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF},
    [MIO__OPTION_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE},
    [MIO__OPTION_KEEPALIVE_IDLE] = {IPPROTO_TCP, TCP_KEEPIDLE},
    [MIO__OPTION_KEEPALIVE_INTERVAL] = {IPPROTO_TCP, TCP_KEEPINTVL},
    [MIO__OPTION_KEEPALIVE_COUNT] = {IPPROTO_TCP, TCP_KEEPCNT},
    [MIO__OPTION_NO_DELAY] = {IPPROTO_TCP, TCP_NODELAY},
    [MIO__OPTION_BROADCAST] = {SOL_SOCKET, SO_BROADCAST},
    [MIO__OPTION_MULTICAST_LOOP_V4] = {IPPROTO_IP, IP_MULTICAST_LOOP},
    [MIO__OPTION_MULTICAST_TTL_V4] = {IPPROTO_IP, IP_MULTICAST_TTL},
    [MIO__OPTION_MULTICAST_LOOP_V6] = {IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
    [MIO__OPTION_TTL_V4] = {IPPROTO_IP, IP_TTL},
    [MIO__OPTION_HOP_LIMIT_V6] = {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
};

static int set(mio_fd fd, int level, int name, const void *data, int length)
{
    return setsockopt(fd, level, name, data, length) != 0 ? mio__failure() : 0;
}

static bool is_of_family(mio_fd fd, int wanted)
{
    int family = 0;
    int type = 0;
    return mio__net_kind(fd, &family, &type) == 0 && family == wanted;
}

/* An option of the other family's level is called an invalid argument, as an
 * invalid value is. Runs after the failure. */
static int option_failure(mio_fd fd, int level)
{
    DWORD saved = GetLastError();
    int error = mio__failure();
    bool is_foreign = (level == IPPROTO_IPV6 && is_of_family(fd, AF_INET)) ||
                      (level == IPPROTO_IP && is_of_family(fd, AF_INET6));
    SetLastError(saved);
    return is_foreign && error == MIO_ERR_INVALID_INPUT ? MIO_ERR_UNSUPPORTED
                                                        : error;
}

/* On TCP an address may be bound again soon in any case, and SO_REUSEADDR
 * means something else: see net.c. Whatever is asked for, it is exclusive. */
static bool is_claim(mio_fd fd, enum mio__option option)
{
    int family = 0;
    int type = 0;
    return option == MIO__OPTION_REUSE_ADDRESS &&
           mio__net_kind(fd, &family, &type) == 0 && type == SOCK_STREAM;
}

int mio__net_set_option(mio_fd fd, enum mio__option option, int value)
{
    const struct native_option *native = &natives[option];
    if (native->name == NO_OPTION) {
        return MIO_ERR_UNSUPPORTED;
    }
    if (is_claim(fd, option)) {
        return mio__net_claim(fd);
    }
    return set(fd, native->level, native->name, &value, sizeof(value)) != 0
               ? option_failure(fd, native->level)
               : 0;
}

int mio__net_get_option(mio_fd fd, enum mio__option option, int *value)
{
    const struct native_option *native = &natives[option];
    if (native->name == NO_OPTION) {
        return MIO_ERR_UNSUPPORTED;
    }
    int found = 0; /* some options are a single byte */
    int length = sizeof(found);
    if (getsockopt(fd, native->level, native->name, (char *)&found, &length) !=
        0) {
        return option_failure(fd, native->level);
    }
    *value = found;
    return 0;
}

int mio__net_hop_option(mio_fd fd, enum mio__option *option)
{
    int family = 0;
    int type = 0;
    int error = mio__net_kind(fd, &family, &type);
    if (error == 0) {
        *option =
            family == AF_INET6 ? MIO__OPTION_HOP_LIMIT_V6 : MIO__OPTION_TTL_V4;
    }
    return error;
}

static int set_by_ioctl(mio_fd fd, DWORD request, BOOL on)
{
    DWORD returned = 0;
    return WSAIoctl(fd, request, &on, sizeof(on), NULL, 0, &returned, NULL,
                    NULL) != 0
               ? mio__failure()
               : 0;
}

int mio__net_set_connection_reset(mio_fd fd, bool on)
{
    /* The other message that fails a receive, for packets that were on the way
     * for too long; unknown to some providers, which then lack it. */
    (void)set_by_ioctl(fd, SIO_UDP_NETRESET, on);
    return set_by_ioctl(fd, SIO_UDP_CONNRESET, on);
}

int mio__net_set_linger(mio_fd fd, int seconds)
{
    struct linger linger;
    linger.l_onoff = seconds >= 0;
    linger.l_linger = (u_short)(seconds >= 0 ? seconds : 0);
    return set(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* A group that was not joined is an invalid argument here. */
static int change_group(mio_fd fd, bool join, int level, int name,
                        const void *request, int length)
{
    int error = set(fd, level, name, request, length);
    return error == MIO_ERR_INVALID_INPUT && !join ? MIO_ERR_ADDR_NOT_AVAILABLE
                                                   : error;
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
    return change_group(fd, join, IPPROTO_IP, name, &request, sizeof(request));
}

int mio__net_multicast_v6(mio_fd fd, bool join, const mio_addr *group,
                          uint32_t interface_index)
{
    struct ipv6_mreq request;
    memset(&request, 0, sizeof(request));
    memcpy(&request.ipv6mr_multiaddr, mio_addr_ip(group, NULL), 16);
    request.ipv6mr_interface = interface_index;
    int name = join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP;
    return change_group(fd, join, IPPROTO_IPV6, name, &request,
                        sizeof(request));
}

#endif /* _WIN32 */
