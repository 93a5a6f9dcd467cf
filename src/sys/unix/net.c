/* net.c: making and naming sockets. See sys/net.h. */
#include "sys/net.h"

#ifndef _WIN32

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "sys/sockaddr.h"
#include "sys/unix/descriptor.h"

/* Whether socket() and accept() take the flags that make a descriptor
 * non-blocking and close-on-exec at birth. */
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
#define BIRTH_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)
#define HAS_ACCEPT4
#else
#define BIRTH_FLAGS 0
#endif

static int failure(void)
{
    return mio_error_from_os(errno);
}

/* What is sent is marked as not to raise SIGPIPE (MIO_SEND_FLAGS_). Older
 * versions of Apple's systems do not know that mark, but an option of the
 * socket. */
#if defined(SO_NOSIGPIPE) && (defined(__APPLE__) || !defined(MSG_NOSIGNAL))
static int sigpipe_disable(int fd)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on)) < 0 &&
        errno != EINVAL) { /* EINVAL: the peer is gone already */
        return failure();
    }
    return 0;
}
#else
static int sigpipe_disable(int fd)
{
    (void)fd;
    return 0;
}
#endif

bool mio__net_is_possible(mio_fd fd)
{
    return fd >= 0;
}

void mio__net_close(mio_fd fd)
{
    mio__fd_close(fd);
}

/* Finishes a new descriptor, or closes it. */
static int birth(int fd)
{
    int error = 0;
    if (BIRTH_FLAGS == 0) {
        error = mio__fd_set_cloexec(fd);
        if (error == 0) {
            error = mio__fd_set_nonblocking(fd, true);
        }
    }
    if (error == 0) {
        error = sigpipe_disable(fd);
    }
    if (error != 0) {
        mio__fd_close(fd);
    }
    return error;
}

static int native_type(enum mio__transport transport)
{
    return transport == MIO__STREAM ? SOCK_STREAM : SOCK_DGRAM;
}

int mio__net_open(mio_addr_family family, enum mio__transport transport,
                  mio_fd *fd)
{
    int native = AF_UNIX;
    if (family == MIO_ADDR_IPV4) {
        native = AF_INET;
    } else if (family == MIO_ADDR_IPV6) {
        native = AF_INET6;
    }
    int made = socket(native, native_type(transport) | BIRTH_FLAGS, 0);
    if (made < 0) {
        return failure();
    }
    int error = birth(made);
    if (error == 0) {
        *fd = made;
    }
    return error;
}

int mio__net_pair(enum mio__transport transport, mio_fd fds[2])
{
    int made[2];
    if (socketpair(AF_UNIX, native_type(transport) | BIRTH_FLAGS, 0, made) <
        0) {
        return failure();
    }
    int error = birth(made[0]);
    if (error != 0) {
        mio__fd_close(made[1]);
        return error;
    }
    error = birth(made[1]);
    if (error != 0) {
        mio__fd_close(made[0]);
        return error;
    }
    fds[0] = made[0];
    fds[1] = made[1];
    return 0;
}

/* Reads an int-sized option of the socket level. */
static int socket_option(int fd, int option, int *value)
{
    socklen_t length = sizeof(*value);
    return getsockopt(fd, SOL_SOCKET, option, value, &length) < 0 ? failure()
                                                                  : 0;
}

static int domain_check(int fd, enum mio__domain domain)
{
    mio_addr addr;
    int error = mio__net_local_addr(fd, &addr);
    if (error != 0) {
        return error == MIO_ERR_UNSUPPORTED ? MIO_ERR_INVALID_INPUT : error;
    }
    bool is_unix = mio_addr_kind(&addr) == MIO_ADDR_UNIX;
    return is_unix == (domain == MIO__DOMAIN_UNIX) ? 0 : MIO_ERR_INVALID_INPUT;
}

int mio__net_adopt(mio_fd fd, enum mio__domain domain,
                   enum mio__transport transport, bool listening)
{
    int type = 0;
    int accepts = 0;
    int error = socket_option(fd, SO_TYPE, &type);
    if (error != 0) {
        return error;
    }
    if (type != native_type(transport)) {
        return MIO_ERR_INVALID_INPUT;
    }
    error = domain_check(fd, domain);
    if (error == 0 && transport == MIO__STREAM) {
        /* Not all systems know SO_ACCEPTCONN; it is only a check. */
        if (socket_option(fd, SO_ACCEPTCONN, &accepts) == 0 &&
            (accepts != 0) != listening) {
            error = MIO_ERR_INVALID_INPUT;
        }
    }
    if (error == 0) {
        error = sigpipe_disable(fd);
    }
    if (error == 0) {
        error = mio__fd_set_cloexec(fd);
    }
    return error == 0 ? mio__fd_set_nonblocking(fd, true) : error;
}

/* ---- Names --------------------------------------------------------------*/

static const struct sockaddr *native_of(const mio_addr *addr, socklen_t *length)
{
    size_t size = 0;
    const struct sockaddr *native = mio_addr_sockaddr(addr, &size);
    *length = (socklen_t)size;
    return native;
}

int mio__net_claim(mio_fd fd)
{
    /* It lets nobody else in while the listener is open. */
    return mio__net_set_option(fd, MIO__OPTION_REUSE_ADDRESS, 1);
}

int mio__net_bind(mio_fd fd, const mio_addr *addr)
{
    socklen_t length;
    const struct sockaddr *native = native_of(addr, &length);
    return bind(fd, native, length) < 0 ? failure() : 0;
}

int mio__net_listen(mio_fd fd, int backlog)
{
    return listen(fd, backlog) < 0 ? failure() : 0;
}

int mio__net_connect(mio_fd fd, const mio_addr *addr)
{
    socklen_t length;
    const struct sockaddr *native = native_of(addr, &length);
    if (connect(fd, native, length) == 0) {
        return 0;
    }
    /* A connect that a signal interrupts goes on by itself. */
    return errno == EINPROGRESS || errno == EINTR ? 0 : failure();
}

int mio__net_connect_finish(mio_fd fd)
{
    int error = mio__net_take_error(fd);
    if (error != 0) {
        return error;
    }
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0) {
        return 0;
    }
    /* EINVAL: some systems' word for a socket that was reset. */
    if (errno != ENOTCONN && errno != EINVAL) {
        return failure();
    }
    /* Not connected: not yet, or not any more, the error having been taken. */
    struct pollfd state = {fd, POLLOUT, 0};
    if (poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0) {
        errno = ENOTCONN;
        return MIO_ERR_NOT_CONNECTED;
    }
    return MIO_ERR_IN_PROGRESS;
}

/* What may go wrong with the connection that was next in the queue, and has
 * nothing to do with the listener. */
static bool concerns_one_connection(int native)
{
    switch (native) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ETIMEDOUT:
    case ENOPROTOOPT:
    case EPERM: /* a firewall's rule */
#ifdef ENONET
    case ENONET:
#endif
        return true;
    default:
        return false;
    }
}

static int accept_native(int fd, struct sockaddr *peer, socklen_t *length)
{
#ifdef HAS_ACCEPT4
    return accept4(fd, peer, length, BIRTH_FLAGS);
#else
    return accept(fd, peer, length);
#endif
}

int mio__net_accept(mio_fd fd, mio_fd *accepted, mio_addr *peer)
{
    struct sockaddr_storage native;
    socklen_t length = sizeof(native);
    int made;
    do {
        made = accept_native(fd, (struct sockaddr *)&native, &length);
    } while (made < 0 && errno == EINTR);
    if (made < 0) {
        return concerns_one_connection(errno) ? MIO_ERR_CONNECTION_ABORTED
                                              : failure();
    }
    int error = birth(made);
    if (error != 0) {
        return error;
    }
    if (peer != NULL) {
        *peer = (mio_addr){0};
        if (length == 0) {
            mio__addr_unnamed(peer);
        } else {
            (void)mio_addr_from_sockaddr(peer, (struct sockaddr *)&native,
                                         length);
        }
    }
    *accepted = made;
    return 0;
}

static int name_of(int (*get)(int, struct sockaddr *, socklen_t *), int fd,
                   mio_addr *addr)
{
    struct sockaddr_storage native;
    socklen_t length = sizeof(native);
    if (get(fd, (struct sockaddr *)&native, &length) < 0) {
        return failure();
    }
    return mio_addr_from_sockaddr(addr, (struct sockaddr *)&native, length);
}

int mio__net_local_addr(mio_fd fd, mio_addr *addr)
{
    return name_of(getsockname, fd, addr);
}

int mio__net_peer_addr(mio_fd fd, mio_addr *addr)
{
    return name_of(getpeername, fd, addr);
}

int mio__net_shutdown(mio_fd fd, mio_shutdown how)
{
    static const int natives[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
    return shutdown(fd, natives[how]) < 0 ? failure() : 0;
}

int mio__net_take_error(mio_fd fd)
{
    int pending = 0;
    int error = socket_option(fd, SO_ERROR, &pending);
    if (error == 0 && pending != 0) {
        errno = pending;
        return failure();
    }
    return error;
}

#endif /* !_WIN32 */
