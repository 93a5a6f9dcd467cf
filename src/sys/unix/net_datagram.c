/* net_datagram.c: sending and receiving datagrams. See sys/net.h.
 *
 * Receiving goes through recvmsg, the only call that tells on every system
 * that a datagram was cut short. Batches are one system call where there are
 * recvmmsg and sendmmsg; see sys/net_batch.c for elsewhere. */
#include "sys/net.h"

#ifndef _WIN32

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/sockaddr.h"

static int failure(void)
{
    return mio_error_from_os(errno);
}

/* An address is received in place; its length tells how much of it there is. */
static void addr_received(mio_addr *addr, socklen_t length)
{
    if (length == 0) {
        mio__addr_unnamed(addr); /* a Unix socket without a name */
        return;
    }
    struct sockaddr_storage native;
    memcpy(&native, addr->native_.bytes_, MIO_ADDR_NATIVE_SIZE);
    if (mio_addr_from_sockaddr(addr, (struct sockaddr *)&native, length) != 0) {
        *addr = (mio_addr){0};
    }
}

mio_ssize mio__net_send(mio_fd fd, const void *data, size_t length,
                        const mio_addr *addr)
{
    size_t size = 0;
    const struct sockaddr *native = NULL;
    if (addr != NULL) {
        native = mio_addr_sockaddr(addr, &size);
    }
    ssize_t sent;
    do {
        sent =
            sendto(fd, data, length, MIO_SEND_FLAGS_, native, (socklen_t)size);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? failure() : sent;
}

mio_ssize mio__net_recv(mio_fd fd, void *data, size_t length, mio_addr *addr,
                        bool peek)
{
    struct sockaddr_storage native;
    struct iovec buffer = {data, length};
    struct msghdr message = {0};
    message.msg_name = addr != NULL ? &native : NULL;
    message.msg_namelen = addr != NULL ? sizeof(native) : 0;
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    ssize_t received;
    do {
        received = recvmsg(fd, &message, peek ? MSG_PEEK : 0);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return failure();
    }
    if (addr != NULL) {
        memcpy(mio__addr_native(addr), &native, MIO_ADDR_NATIVE_SIZE);
        addr_received(addr, message.msg_namelen);
    }
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        errno = EMSGSIZE;
        return MIO_ERR_MESSAGE_TOO_LONG;
    }
    return received;
}

/* ---- Batches ------------------------------------------------------------*/

#ifdef MIO__HAS_MMSG

/* Some 5 KiB of stack. */
struct batch {
    struct mmsghdr messages[MIO_BATCH_MAX];
    struct iovec buffers[MIO_BATCH_MAX];
};

static void batch_set(struct batch *batch, size_t i, void *data, size_t length,
                      const void *name, socklen_t name_length)
{
    batch->buffers[i] = (struct iovec){data, length};
    batch->messages[i] = (struct mmsghdr){0};
    batch->messages[i].msg_hdr.msg_iov = &batch->buffers[i];
    batch->messages[i].msg_hdr.msg_iovlen = 1;
    /* The kernel does not write to the name of a message that it sends. */
    batch->messages[i].msg_hdr.msg_name = (void *)(uintptr_t)name;
    batch->messages[i].msg_hdr.msg_namelen = name_length;
}

int mio__net_send_batch(mio_fd fd, const mio_datagram *datagrams, size_t count)
{
    struct batch batch;
    for (size_t i = 0; i < count; i++) {
        size_t size = 0;
        const struct sockaddr *native =
            mio_addr_sockaddr(&datagrams[i].addr, &size);
        batch_set(&batch, i, datagrams[i].data, datagrams[i].length, native,
                  (socklen_t)size);
    }
    ssize_t sent; /* what FreeBSD returns; an int elsewhere */
    do {
        sent = sendmmsg(fd, batch.messages, (unsigned)count, MIO_SEND_FLAGS_);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? failure() : (int)sent;
}

int mio__net_recv_batch(mio_fd fd, mio_datagram *datagrams, size_t count)
{
    struct batch batch;
    for (size_t i = 0; i < count; i++) {
        batch_set(&batch, i, datagrams[i].data, datagrams[i].length,
                  mio__addr_native(&datagrams[i].addr), MIO_ADDR_NATIVE_SIZE);
    }
    ssize_t received;
    do {
        received = recvmmsg(fd, batch.messages, (unsigned)count, 0, NULL);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return failure();
    }
    for (ssize_t i = 0; i < received; i++) {
        const struct mmsghdr *message = &batch.messages[i];
        datagrams[i].length = (size_t)message->msg_len;
        datagrams[i].truncated = (message->msg_hdr.msg_flags & MSG_TRUNC) != 0;
        addr_received(&datagrams[i].addr, message->msg_hdr.msg_namelen);
    }
    return (int)received;
}

#endif

#endif /* !_WIN32 */
