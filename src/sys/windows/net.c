/* net.c: making and naming sockets. See sys/net.h.
 *
 * What differs from Unix. A socket does not say its name before it is bound,
 * so its family comes from the description of its protocol. An address can be
 * bound again while old connections of it are waited out, without asking;
 * SO_REUSEADDR on TCP would let others take the address of a listener that is
 * open, and is never set. A connect that has failed is known by select alone:
 * there is no name, and the error may have been taken. */
#include "sys/net.h"

#ifdef _WIN32

#include "sys/sockaddr.h"
#include "sys/windows/winsock.h"

#ifndef WSA_FLAG_NO_HANDLE_INHERIT
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#endif
#ifndef SOMAXCONN_HINT
#define SOMAXCONN_HINT(backlog) (-(backlog))
#endif

/* ---- Starting -----------------------------------------------------------*/

/* Whether Winsock has been started. One of the library's two writable globals;
 * the other numbers the polls. */
static INIT_ONCE net_start_once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK start(PINIT_ONCE once, PVOID error, PVOID *context)
{
    WSADATA data;
    (void)once;
    (void)context;
    *(int *)error = WSAStartup(MAKEWORD(2, 2), &data);
    return *(int *)error == 0;
}

int mio__net_start(void)
{
    int error = 0;
    if (InitOnceExecuteOnce(&net_start_once, start, &error, NULL)) {
        return 0;
    }
    return error != 0 ? mio__failure_of((DWORD)error) : mio__failure();
}

/* ---- Making -------------------------------------------------------------*/

bool mio__net_is_possible(mio_fd fd)
{
    return fd != INVALID_SOCKET && fd != 0;
}

static int set_nonblocking(mio_fd fd, u_long on)
{
    return ioctlsocket(fd, (long)FIONBIO, &on) != 0 ? mio__failure() : 0;
}

void mio__net_close(mio_fd fd)
{
    DWORD saved = GetLastError();
    if (closesocket(fd) != 0 && GetLastError() == WSAEWOULDBLOCK) {
        /* It is to linger, which only a blocking socket does; and it is still
         * open. */
        (void)set_nonblocking(fd, 0);
        (void)closesocket(fd);
    }
    SetLastError(saved);
}

static int native_type(enum mio__transport transport)
{
    return transport == MIO__STREAM ? SOCK_STREAM : SOCK_DGRAM;
}

/* What a socket of any origin needs. */
static int prepare(mio_fd fd, enum mio__transport transport)
{
    if (!SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0)) {
        return mio__failure();
    }
    int error = set_nonblocking(fd, 1);
    if (error == 0 && transport == MIO__DATAGRAM) {
        /* An older provider may not know it, and has nothing to switch off. */
        (void)mio__net_set_connection_reset(fd, false);
    }
    return error;
}

/* Finishes a new socket, or closes it. */
static int birth(SOCKET made, enum mio__transport transport, mio_fd *fd)
{
    int error = prepare(made, transport);
    if (error == 0) {
        *fd = made;
    } else {
        mio__net_close(made);
    }
    return error;
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
    int error = mio__net_start();
    if (error != 0) {
        return error;
    }
    SOCKET made = WSASocketW(native, native_type(transport), 0, NULL, 0,
                             WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    return made == INVALID_SOCKET ? mio__failure() : birth(made, transport, fd);
}

int mio__net_pair(enum mio__transport transport, mio_fd fds[2])
{
    (void)transport;
    (void)fds;
    return MIO_ERR_UNSUPPORTED;
}

int mio__net_kind(mio_fd fd, int *family, int *type)
{
    WSAPROTOCOL_INFOW protocol;
    int length = sizeof(protocol);
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&protocol,
                   &length) != 0) {
        return mio__failure();
    }
    *family = protocol.iAddressFamily;
    *type = protocol.iSocketType;
    return 0;
}

/* Reads an int-sized option of the socket level. */
static int socket_option(mio_fd fd, int option, int *value)
{
    int length = sizeof(*value);
    *value = 0; /* some options are a single byte */
    return getsockopt(fd, SOL_SOCKET, option, (char *)value, &length) != 0
               ? mio__failure()
               : 0;
}

static bool is_in_domain(int family, enum mio__domain domain)
{
    return domain == MIO__DOMAIN_UNIX ? family == AF_UNIX
                                      : family == AF_INET || family == AF_INET6;
}

int mio__net_adopt(mio_fd fd, enum mio__domain domain,
                   enum mio__transport transport, bool listening)
{
    int family = 0;
    int type = 0;
    int accepts = 0;
    int error = mio__net_start();
    if (error == 0) {
        error = mio__net_kind(fd, &family, &type);
    }
    if (error != 0) {
        return error;
    }
    if (type != native_type(transport) || !is_in_domain(family, domain)) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (transport == MIO__STREAM &&
        socket_option(fd, SO_ACCEPTCONN, &accepts) == 0 &&
        (accepts != 0) != listening) {
        return MIO_ERR_INVALID_INPUT;
    }
    return prepare(fd, transport);
}

/* ---- Names --------------------------------------------------------------*/

static const struct sockaddr *native_of(const mio_addr *addr, int *length)
{
    size_t size = 0;
    const struct sockaddr *native = mio_addr_sockaddr(addr, &size);
    *length = (int)size;
    return native;
}

static void addr_of(mio_addr *addr, const struct sockaddr_storage *native,
                    int length)
{
    *addr = (mio_addr){0};
    if (length == 0) {
        mio__addr_unnamed(addr); /* a Unix socket without a name */
    } else {
        (void)mio_addr_from_sockaddr(addr, (const struct sockaddr *)native,
                                     (size_t)length);
    }
}

int mio__net_claim(mio_fd fd)
{
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on,
                      sizeof(on)) != 0
               ? mio__failure()
               : 0;
}

int mio__net_bind(mio_fd fd, const mio_addr *addr)
{
    int length;
    const struct sockaddr *native = native_of(addr, &length);
    return bind(fd, native, length) != 0 ? mio__failure() : 0;
}

int mio__net_listen(mio_fd fd, int backlog)
{
    int family = 0;
    int type = 0;
    int error = mio__net_kind(fd, &family, &type);
    if (error != 0) {
        return error;
    }
    /* A plain number is cut to 200; as a hint it counts, up to 65535. */
    bool can_hint = family == AF_INET || family == AF_INET6;
    if (can_hint && listen(fd, SOMAXCONN_HINT(backlog)) == 0) {
        return 0;
    }
    return listen(fd, backlog) != 0 ? mio__failure() : 0;
}

int mio__net_connect(mio_fd fd, const mio_addr *addr)
{
    int length;
    const struct sockaddr *native = native_of(addr, &length);
    if (connect(fd, native, length) == 0 || GetLastError() == WSAEWOULDBLOCK) {
        return 0;
    }
    return mio__failure();
}

int mio__net_connect_finish(mio_fd fd)
{
    int error = mio__net_take_error(fd);
    if (error != 0) {
        return error;
    }
    struct sockaddr_storage peer;
    int length = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0) {
        return 0;
    }
    if (GetLastError() != WSAENOTCONN && GetLastError() != WSAEINVAL) {
        return mio__failure();
    }
    /* Not connected: not yet, or not any more, the error having been taken. */
    struct timeval now = {0, 0};
    fd_set failed;
    failed.fd_count = 1;
    failed.fd_array[0] = fd;
    if (select(0, NULL, NULL, &failed, &now) > 0) {
        SetLastError(WSAENOTCONN);
        return MIO_ERR_NOT_CONNECTED;
    }
    return MIO_ERR_IN_PROGRESS;
}

/* What may go wrong with the connection that was next in the queue, and has
 * nothing to do with the listener. */
static bool concerns_one_connection(DWORD native)
{
    switch (native) {
    case WSAECONNABORTED:
    case WSAECONNRESET:
    case WSAENETRESET:
    case WSAENETDOWN:
    case WSAENETUNREACH:
    case WSAEHOSTDOWN:
    case WSAEHOSTUNREACH:
    case WSAETIMEDOUT:
        return true;
    default:
        return false;
    }
}

int mio__net_accept(mio_fd fd, mio_fd *accepted, mio_addr *peer)
{
    struct sockaddr_storage native;
    int length = sizeof(native);
    SOCKET made = accept(fd, (struct sockaddr *)&native, &length);
    if (made == INVALID_SOCKET) {
        return concerns_one_connection(GetLastError())
                   ? MIO_ERR_CONNECTION_ABORTED
                   : mio__failure();
    }
    int error = birth(made, MIO__STREAM, accepted);
    if (error == 0 && peer != NULL) {
        addr_of(peer, &native, length);
    }
    return error;
}

/* The name of a socket that has none yet, as Unix tells it. */
static int unbound_addr(mio_fd fd, mio_addr *addr)
{
    int family = 0;
    int type = 0;
    int error = mio__net_kind(fd, &family, &type);
    if (error != 0) {
        return error;
    }
    switch (family) {
    case AF_INET:
        return mio_addr_ipv4(addr, NULL, 0);
    case AF_INET6:
        return mio_addr_ipv6(addr, NULL, 0, 0);
    default:
        mio__addr_unnamed(addr);
        return 0;
    }
}

int mio__net_local_addr(mio_fd fd, mio_addr *addr)
{
    struct sockaddr_storage native;
    int length = sizeof(native);
    if (getsockname(fd, (struct sockaddr *)&native, &length) != 0) {
        return GetLastError() == WSAEINVAL ? unbound_addr(fd, addr)
                                           : mio__failure();
    }
    addr_of(addr, &native, length);
    return 0;
}

int mio__net_peer_addr(mio_fd fd, mio_addr *addr)
{
    struct sockaddr_storage native;
    int length = sizeof(native);
    if (getpeername(fd, (struct sockaddr *)&native, &length) != 0) {
        return mio__failure();
    }
    addr_of(addr, &native, length);
    return 0;
}

int mio__net_shutdown(mio_fd fd, mio_shutdown how)
{
    static const int natives[] = {SD_RECEIVE, SD_SEND, SD_BOTH};
    return shutdown(fd, natives[how]) != 0 ? mio__failure() : 0;
}

int mio__net_take_error(mio_fd fd)
{
    int pending = 0;
    int error = socket_option(fd, SO_ERROR, &pending);
    if (error == 0 && pending != 0) {
        return mio__failure_of((DWORD)pending);
    }
    return error;
}

#endif /* _WIN32 */
