/* support_peer_windows.c: sockets of support_os.h on Windows: what can be told
 * of them, and the peers. */
#include "support_windows.h"

#ifdef _WIN32

#include <stdio.h>

#define PATIENCE_MS 10000

void support_winsock(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL pending = FALSE;
    WSADATA data;

    if (!InitOnceBeginInitialize(&once, 0, &pending, NULL)) {
        support_die("InitOnceBeginInitialize");
    }
    if (pending) {
        if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
            support_die("WSAStartup");
        }
        (void)InitOnceComplete(&once, 0, NULL);
    }
}

/* ---- Descriptors --------------------------------------------------------*/

/* Waits until the socket is ready, or has failed, for reading or writing. */
static bool await_for(mio_fd fd, bool writing, int milliseconds)
{
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    fd_set ready;
    fd_set failed;

    FD_ZERO(&ready);
    FD_ZERO(&failed);
    FD_SET((SOCKET)fd, &ready);
    FD_SET((SOCKET)fd, &failed);
    return select(0, writing ? NULL : &ready, writing ? &ready : NULL, &failed,
                  &time) > 0;
}

bool fd_await_readable(mio_fd fd)
{
    return await_for(fd, false, PATIENCE_MS);
}

bool fd_await_writable(mio_fd fd)
{
    return await_for(fd, true, PATIENCE_MS);
}

bool fd_is_writable(mio_fd fd, int milliseconds)
{
    return await_for(fd, true, milliseconds);
}

static int option_of(mio_fd fd, int option)
{
    int value = 0;
    int length = sizeof(value);

    return getsockopt((SOCKET)fd, SOL_SOCKET, option, (char *)&value,
                      &length) == 0
               ? value
               : 0;
}

/* The peek of a blocking socket ends when a short time limit is over. */
static int peek_briefly(mio_fd fd)
{
    const DWORD before = (DWORD)option_of(fd, SO_RCVTIMEO);
    const DWORD brief = 1;
    char byte;
    int error = 0;

    (void)setsockopt((SOCKET)fd, SOL_SOCKET, SO_RCVTIMEO, (const char *)&brief,
                     sizeof(brief));
    if (recv((SOCKET)fd, &byte, 1, MSG_PEEK) == SOCKET_ERROR) {
        error = WSAGetLastError();
    }
    (void)setsockopt((SOCKET)fd, SOL_SOCKET, SO_RCVTIMEO, (const char *)&before,
                     sizeof(before));
    return error;
}

/* What has not returned by then blocks. A busy machine may take as long to
 * start a thread. */
enum { BLOCKED_MS = 2000 };

struct accepting {
    SOCKET listener;
    int error;
};

static unsigned __stdcall accept_one(void *argument)
{
    struct accepting *const accepting = argument;
    const SOCKET accepted = accept(accepting->listener, NULL, NULL);

    if (accepted == INVALID_SOCKET) {
        accepting->error = WSAGetLastError();
    } else {
        (void)closesocket(accepted);
    }
    return 0;
}

/* Accepts have no time limit: one that blocks is ended by a connection. */
static int accept_briefly(mio_fd listener)
{
    struct accepting accepting = {(SOCKET)listener, 0};
    mio_fd client = MIO_FD_INVALID;
    mio_addr addr;
    const HANDLE thread =
        (HANDLE)_beginthreadex(NULL, 0, accept_one, &accepting, 0, NULL);

    if (thread == NULL) {
        support_die("_beginthreadex");
    }
    if (WaitForSingleObject(thread, BLOCKED_MS) != WAIT_OBJECT_0 &&
        peer_local_addr(listener, &addr)) {
        client = peer_tcp_connect(&addr);
    }
    if (WaitForSingleObject(thread, PATIENCE_MS) != WAIT_OBJECT_0) {
        support_die("an accept does not end");
    }
    (void)CloseHandle(thread);
    if (client != MIO_FD_INVALID) {
        fd_close(client);
    }
    return accepting.error;
}

/* There is nothing to ask: tries whether a call blocks that finds nothing. If
 * it would find something, or the socket is not connected, this cannot be
 * told; the answer is then no, so that no test can rely on it. */
bool fd_is_nonblocking(mio_fd fd)
{
    int error;

    if (await_for(fd, false, 0)) {
        (void)fprintf(stderr, "fd_is_nonblocking: the socket is readable\n");
        return false;
    }
    error = option_of(fd, SO_ACCEPTCONN) != 0 ? accept_briefly(fd)
                                              : peek_briefly(fd);
    if (error != WSAEWOULDBLOCK && error != WSAETIMEDOUT && error != 0) {
        (void)fprintf(stderr, "fd_is_nonblocking: error %d\n", error);
    }
    return error == WSAEWOULDBLOCK;
}

void fd_set_blocking(mio_fd fd, bool blocking)
{
    u_long nonblocking = !blocking;

    (void)ioctlsocket((SOCKET)fd, (long)FIONBIO, &nonblocking);
}

mio_fd fd_duplicate(mio_fd fd)
{
    WSAPROTOCOL_INFOW info;

    if (WSADuplicateSocketW((SOCKET)fd, GetCurrentProcessId(), &info) != 0) {
        return MIO_FD_INVALID;
    }
    return WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO,
                      FROM_PROTOCOL_INFO, &info, 0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

void fd_close(mio_fd fd)
{
    (void)closesocket((SOCKET)fd);
}

/* ---- Peers --------------------------------------------------------------*/

static SOCKET open_socket(int family, int type)
{
    support_winsock();
    return WSASocketW(family, type, 0, NULL, 0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

/* Gives a socket its time limits, or closes it. */
static mio_fd peer_limit(SOCKET socket)
{
    const DWORD limit = PATIENCE_MS;

    if (socket != INVALID_SOCKET &&
        (setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, (const char *)&limit,
                    sizeof(limit)) != 0 ||
         setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, (const char *)&limit,
                    sizeof(limit)) != 0 ||
         !SetHandleInformation((HANDLE)socket, HANDLE_FLAG_INHERIT, 0))) {
        (void)closesocket(socket);
        return MIO_FD_INVALID;
    }
    return socket;
}

static mio_fd peer_bound(mio_addr *addr, int type)
{
    size_t length = 0;
    const struct sockaddr *const native = mio_addr_sockaddr(addr, &length);
    const mio_fd fd = peer_limit(open_socket(native->sa_family, type));

    if (fd != MIO_FD_INVALID && (bind((SOCKET)fd, native, (int)length) != 0 ||
                                 !peer_local_addr(fd, addr))) {
        fd_close(fd);
        return MIO_FD_INVALID;
    }
    return fd;
}

mio_fd peer_tcp_listen(mio_addr *addr)
{
    const mio_fd fd = peer_bound(addr, SOCK_STREAM);

    if (fd != MIO_FD_INVALID && listen((SOCKET)fd, 16) != 0) {
        fd_close(fd);
        return MIO_FD_INVALID;
    }
    return fd;
}

mio_fd peer_tcp_connect(const mio_addr *addr)
{
    const int family = mio_addr_sockaddr(addr, NULL)->sa_family;
    const mio_fd fd = peer_limit(open_socket(family, SOCK_STREAM));

    if (fd != MIO_FD_INVALID && !peer_connect(fd, addr)) {
        fd_close(fd);
        return MIO_FD_INVALID;
    }
    return fd;
}

mio_fd peer_accept(mio_fd listener)
{
    if (!fd_await_readable(listener)) {
        return MIO_FD_INVALID;
    }
    return peer_limit(accept((SOCKET)listener, NULL, NULL));
}

mio_fd peer_udp_bind(mio_addr *addr)
{
    return peer_bound(addr, SOCK_DGRAM);
}

bool peer_pair(mio_fd fds[2])
{
    mio_addr addr;
    mio_fd listener;

    if (mio_addr_parse(&addr, "127.0.0.1:0") != 0) {
        return false;
    }
    listener = peer_tcp_listen(&addr);
    if (listener == MIO_FD_INVALID) {
        return false;
    }
    fds[1] = MIO_FD_INVALID;
    fds[0] = peer_tcp_connect(&addr);
    if (fds[0] != MIO_FD_INVALID) {
        fds[1] = peer_accept(listener);
        if (fds[1] == MIO_FD_INVALID) {
            fd_close(fds[0]);
        }
    }
    fd_close(listener);
    return fds[1] != MIO_FD_INVALID;
}

bool have_unix_sockets(void)
{
    const SOCKET socket = open_socket(AF_UNIX, SOCK_STREAM);

    if (socket != INVALID_SOCKET) {
        (void)closesocket(socket);
    }
    return socket != INVALID_SOCKET;
}

bool peer_connect(mio_fd socket, const mio_addr *addr)
{
    size_t length = 0;
    const struct sockaddr *const native = mio_addr_sockaddr(addr, &length);

    return connect((SOCKET)socket, native, (int)length) == 0;
}

bool peer_local_addr(mio_fd socket, mio_addr *addr)
{
    struct sockaddr_storage native;
    int length = sizeof(native);

    return getsockname((SOCKET)socket, (struct sockaddr *)&native, &length) ==
               0 &&
           mio_addr_from_sockaddr(addr, (const struct sockaddr *)&native,
                                  (size_t)length) == 0;
}

bool peer_send_all(mio_fd socket, const void *data, size_t length)
{
    const char *bytes = data;

    do {
        const int count = send((SOCKET)socket, bytes, (int)length, 0);

        if (count == SOCKET_ERROR) {
            return false;
        }
        bytes += count;
        length -= (size_t)count;
    } while (length > 0);
    return true;
}

bool peer_send_to(mio_fd socket, const void *data, size_t length,
                  const mio_addr *addr)
{
    size_t size = 0;
    const struct sockaddr *const native = mio_addr_sockaddr(addr, &size);

    return sendto((SOCKET)socket, data, (int)length, 0, native, (int)size) ==
           (int)length;
}

bool peer_send_oob(mio_fd socket, const void *data, size_t length)
{
    return send((SOCKET)socket, data, (int)length, MSG_OOB) == (int)length;
}

ptrdiff_t peer_recv(mio_fd socket, void *data, size_t length)
{
    return recv((SOCKET)socket, data, (int)length, 0);
}

bool peer_shutdown_write(mio_fd socket)
{
    return shutdown((SOCKET)socket, SD_SEND) == 0;
}

bool peer_reset_on_close(mio_fd socket)
{
    const struct linger now = {1, 0};

    return setsockopt((SOCKET)socket, SOL_SOCKET, SO_LINGER, (const char *)&now,
                      sizeof(now)) == 0;
}

#endif
