/* sockets.h: the sockets of the workloads. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static inline void set_nodelay(int fd)
{
    const int on = 1;
    (void)checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)),
                  "TCP_NODELAY");
}

static inline int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    (void)checked(connect(fd, (struct sockaddr *)&address, sizeof(address)),
                  "connect");
    set_nodelay(fd);
    return fd;
}

static inline int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    (void)checked(bind(fd, (struct sockaddr *)&address, size), "bind");
    (void)checked(listen(fd, 1024), "listen");
    (void)checked(getsockname(fd, (struct sockaddr *)&address, &size), "name");
    *port = ntohs(address.sin_port);
    return fd;
}

static inline int accept_from(int listener)
{
    int fd = checked(
        accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept");
    set_nodelay(fd);
    return fd;
}

/* Closing resets the connection: thousands that lingered would use up the
 * ports. */
static inline void set_abrupt(int fd)
{
    const struct linger abrupt = {1, 0};
    (void)checked(
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abrupt, sizeof(abrupt)),
        "SO_LINGER");
}

/* Connected pairs: the even ends and the odd ones. */
static inline void open_pairs(int *pairs, int count, enum kind kind)
{
    uint16_t port = 0;
    int listener = kind == KIND_TCP ? listen_on(&port) : -1;
    for (int i = 0; i + 1 < count; i += 2) {
        if (kind == KIND_UNIX) {
            const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
            (void)checked(socketpair(AF_UNIX, type, 0, pairs + i),
                          "socketpair");
            continue;
        }
        pairs[i] = connect_to(port);
        (void)checked(fcntl(pairs[i], F_SETFL, O_NONBLOCK), "O_NONBLOCK");
        pairs[i + 1] = accept_from(listener);
        set_abrupt(pairs[i]);
        set_abrupt(pairs[i + 1]);
    }
    if (listener >= 0) {
        (void)checked(close(listener), "close");
    }
}

#endif
