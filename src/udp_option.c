/* udp_option.c: addresses and options of UDP sockets. See mio/udp.h. */
#include "socket.h"

int mio_udp_socket_local_addr(const mio_udp_socket *socket, mio_addr *addr)
{
    return mio__socket_local_addr(MIO__SOURCE(socket), addr);
}

int mio_udp_socket_peer_addr(const mio_udp_socket *socket, mio_addr *addr)
{
    return mio__socket_peer_addr(MIO__SOURCE(socket), addr);
}

int mio_udp_socket_take_error(mio_udp_socket *socket)
{
    return mio__socket_take_error(MIO__SOURCE(socket));
}

int mio_udp_socket_set_broadcast(mio_udp_socket *socket, bool on)
{
    return mio__socket_set_flag(MIO__SOURCE(socket), MIO__OPTION_BROADCAST, on);
}

int mio_udp_socket_broadcast(const mio_udp_socket *socket, bool *on)
{
    return mio__socket_flag(MIO__SOURCE(socket), MIO__OPTION_BROADCAST, on);
}

int mio_udp_socket_set_ttl(mio_udp_socket *socket, uint32_t ttl)
{
    return mio__socket_set_ttl(MIO__SOURCE(socket), ttl);
}

int mio_udp_socket_ttl(const mio_udp_socket *socket, uint32_t *ttl)
{
    return mio__socket_ttl(MIO__SOURCE(socket), ttl);
}

int mio_udp_socket_only_v6(const mio_udp_socket *socket, bool *on)
{
    return mio__socket_flag(MIO__SOURCE(socket), MIO__OPTION_V6_ONLY, on);
}

int mio_udp_socket_set_connection_reset(mio_udp_socket *socket, bool on)
{
    int error = mio__socket_check(MIO__SOURCE(socket));
    return error == 0 ? mio__net_set_connection_reset(socket->source.fd, on)
                      : error;
}

/* ---- Multicast ----------------------------------------------------------*/

int mio_udp_socket_set_multicast_loop_v4(mio_udp_socket *socket, bool on)
{
    return mio__socket_set_flag(MIO__SOURCE(socket),
                                MIO__OPTION_MULTICAST_LOOP_V4, on);
}

int mio_udp_socket_multicast_loop_v4(const mio_udp_socket *socket, bool *on)
{
    return mio__socket_flag(MIO__SOURCE(socket), MIO__OPTION_MULTICAST_LOOP_V4,
                            on);
}

int mio_udp_socket_set_multicast_ttl_v4(mio_udp_socket *socket, uint32_t ttl)
{
    return mio__socket_set_option(MIO__SOURCE(socket),
                                  MIO__OPTION_MULTICAST_TTL_V4, ttl, 0, 255);
}

int mio_udp_socket_multicast_ttl_v4(const mio_udp_socket *socket, uint32_t *ttl)
{
    return mio__socket_option(MIO__SOURCE(socket), MIO__OPTION_MULTICAST_TTL_V4,
                              ttl);
}

int mio_udp_socket_set_multicast_loop_v6(mio_udp_socket *socket, bool on)
{
    return mio__socket_set_flag(MIO__SOURCE(socket),
                                MIO__OPTION_MULTICAST_LOOP_V6, on);
}

int mio_udp_socket_multicast_loop_v6(const mio_udp_socket *socket, bool *on)
{
    return mio__socket_flag(MIO__SOURCE(socket), MIO__OPTION_MULTICAST_LOOP_V6,
                            on);
}

static int change_v4(const mio_udp_socket *socket, bool join,
                     const mio_addr *group, const mio_addr *interface_addr)
{
    int error = mio__socket_check(MIO__SOURCE(socket));
    if (error == 0 && (mio_addr_kind(group) != MIO_ADDR_IPV4 ||
                       (interface_addr != NULL &&
                        mio_addr_kind(interface_addr) != MIO_ADDR_IPV4))) {
        error = MIO_ERR_INVALID_INPUT;
    }
    return error == 0 ? mio__net_multicast_v4(socket->source.fd, join, group,
                                              interface_addr)
                      : error;
}

int mio_udp_socket_join_multicast_v4(mio_udp_socket *socket,
                                     const mio_addr *group,
                                     const mio_addr *interface_addr)
{
    return change_v4(socket, true, group, interface_addr);
}

int mio_udp_socket_leave_multicast_v4(mio_udp_socket *socket,
                                      const mio_addr *group,
                                      const mio_addr *interface_addr)
{
    return change_v4(socket, false, group, interface_addr);
}

static int change_v6(const mio_udp_socket *socket, bool join,
                     const mio_addr *group, uint32_t interface_index)
{
    int error = mio__socket_check(MIO__SOURCE(socket));
    if (error == 0 && mio_addr_kind(group) != MIO_ADDR_IPV6) {
        error = MIO_ERR_INVALID_INPUT;
    }
    return error == 0 ? mio__net_multicast_v6(socket->source.fd, join, group,
                                              interface_index)
                      : error;
}

int mio_udp_socket_join_multicast_v6(mio_udp_socket *socket,
                                     const mio_addr *group,
                                     uint32_t interface_index)
{
    return change_v6(socket, true, group, interface_index);
}

int mio_udp_socket_leave_multicast_v6(mio_udp_socket *socket,
                                      const mio_addr *group,
                                      uint32_t interface_index)
{
    return change_v6(socket, false, group, interface_index);
}
