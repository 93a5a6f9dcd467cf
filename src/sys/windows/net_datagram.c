/* net_datagram.c: sending and receiving datagrams. See sys/net.h.
 *
 * A datagram that does not fit is an error here, WSAEMSGSIZE, with the buffer
 * filled and the sender told. */
#include "sys/net.h"

#ifdef _WIN32

#include "sys/sockaddr.h"
#include "sys/windows/winsock.h"

mio_ssize mio__net_send(mio_fd fd, const void *data, size_t length,
                        const mio_addr *addr)
{
    if (length > INT_MAX) {
        SetLastError(WSAEMSGSIZE);
        return MIO_ERR_MESSAGE_TOO_LONG;
    }
    const char *bytes = data != NULL ? data : ""; /* NULL is a fault */
    int sent;
    if (addr == NULL) {
        sent = send(fd, bytes, (int)length, 0);
    } else {
        size_t size = 0;
        const struct sockaddr *native = mio_addr_sockaddr(addr, &size);
        sent = sendto(fd, bytes, (int)length, 0, native, (int)size);
    }
    return sent < 0 ? mio__failure() : sent;
}

mio_ssize mio__net_recv(mio_fd fd, void *data, size_t length, mio_addr *addr,
                        bool peek)
{
    struct sockaddr_storage native = {0};
    int size = sizeof(native);
    char nothing;
    int received =
        recvfrom(fd, data != NULL ? data : &nothing, mio__net_length(length),
                 peek ? MSG_PEEK : 0, (struct sockaddr *)&native, &size);
    int error = received < 0 ? mio__failure() : 0;
    if (error != 0 && error != MIO_ERR_MESSAGE_TOO_LONG) {
        return error;
    }
    if (addr != NULL) {
        *addr = (mio_addr){0};
        (void)mio_addr_from_sockaddr(addr, (struct sockaddr *)&native,
                                     (size_t)size);
    }
    return error != 0 ? error : received;
}

#endif /* _WIN32 */
