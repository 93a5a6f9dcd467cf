/* net_unix.c: credentials and descriptor passing. See sys/net_unix.h. */
#include "sys/net_unix.h"

#ifndef _WIN32

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/unix/descriptor.h"

#ifdef MSG_CMSG_CLOEXEC
#define RECEIVE_FLAGS MSG_CMSG_CLOEXEC
#else
#define RECEIVE_FLAGS 0
#endif

static int failure(void)
{
    return mio_error_from_os(errno);
}

#ifdef __linux__

int mio__net_peer_credentials(mio_fd fd, mio_credentials *credentials)
{
    struct ucred native;
    socklen_t length = sizeof(native);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &native, &length) < 0) {
        return failure();
    }
    if (native.pid == 0 && native.uid == (uid_t)-1) {
        errno = ENOTCONN;
        return MIO_ERR_NOT_CONNECTED;
    }
    credentials->user = native.uid;
    credentials->group = native.gid;
    credentials->process = native.pid;
    return 0;
}

#else

int mio__net_peer_credentials(mio_fd fd, mio_credentials *credentials)
{
    uid_t user;
    gid_t group;
    if (getpeereid(fd, &user, &group) < 0) {
        return failure();
    }
    credentials->user = (uint32_t)user;
    credentials->group = (uint32_t)group;
    credentials->process = -1;
    return 0;
}

#endif

/* ---- Descriptors --------------------------------------------------------*/

/* Room for one message with MIO_FDS_MAX descriptors. CMSG_SPACE is not a
 * constant on every system, hence the number. */
#define CONTROL_SIZE 512

union control {
    struct cmsghdr align;
    unsigned char bytes[CONTROL_SIZE];
};

_Static_assert(sizeof(int) * MIO_FDS_MAX + 128 <= CONTROL_SIZE,
               "the descriptors and any header fit");

mio_ssize mio__net_send_fds(mio_fd fd, const void *data, size_t length,
                            const mio_fd *fds, size_t fd_count)
{
    union control control;
    struct iovec buffer = {(void *)(uintptr_t)data, length};
    struct msghdr message = {0};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    if (fd_count > 0) {
        size_t size = fd_count * sizeof(int);
        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        /* The lengths are a size_t here and an int there: a short fits both. */
        message.msg_controllen = (unsigned short)CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = (unsigned short)CMSG_LEN(size);
        memcpy(CMSG_DATA(header), fds, size);
    }
    ssize_t moved;
    do {
        moved = sendmsg(fd, &message, MIO_SEND_FLAGS_);
    } while (moved < 0 && errno == EINTR);
    if (moved < 0) {
        return errno == ETOOMANYREFS ? MIO_ERR_OUT_OF_DESCRIPTORS : failure();
    }
    return moved;
}

/* Collects the descriptors of one control message; closes those beyond the
 * room. Returns how many there are now. */
static size_t descriptors_take(const unsigned char *data, size_t count,
                               mio_fd *fds, size_t room, size_t total)
{
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
        if (RECEIVE_FLAGS == 0) {
            (void)mio__fd_set_cloexec(fd);
        }
        if (total < room) {
            fds[total] = fd;
        } else {
            mio__fd_close(fd);
        }
        total++;
    }
    return total;
}

/* The same for all control messages. Walks by hand, since CMSG_NXTHDR does not
 * compile without warnings everywhere. */
static size_t control_take(const struct msghdr *message, mio_fd *fds,
                           size_t room)
{
    const unsigned char *at = message->msg_control;
    size_t left = message->msg_controllen;
    size_t total = 0;
    while (left >= CMSG_LEN(0)) {
        struct cmsghdr header;
        memcpy(&header, at, sizeof(header));
        if (header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > left) {
            break;
        }
        size_t size = header.cmsg_len - CMSG_LEN(0);
        if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
            total = descriptors_take(at + CMSG_LEN(0), size / sizeof(int), fds,
                                     room, total);
        }
        if (CMSG_SPACE(size) >= left) {
            break;
        }
        at += CMSG_SPACE(size);
        left -= CMSG_SPACE(size);
    }
    return total;
}

mio_ssize mio__net_recv_fds(mio_fd fd, void *data, size_t length, mio_fd *fds,
                            size_t fd_room, size_t *fd_count)
{
    union control control;
    mio_fd taken[MIO_FDS_MAX];
    struct iovec buffer = {data, length};
    struct msghdr message = {0};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof(control);
    ssize_t moved;
    do {
        moved = recvmsg(fd, &message, RECEIVE_FLAGS);
    } while (moved < 0 && errno == EINTR);
    if (moved < 0) {
        return failure();
    }
    size_t total = control_take(&message, taken, MIO_FDS_MAX);
    bool is_cut = (message.msg_flags & MSG_CTRUNC) != 0 || total > MIO_FDS_MAX;
    if (is_cut || total > fd_room) {
        for (size_t i = 0; i < total && i < MIO_FDS_MAX; i++) {
            mio__fd_close(taken[i]);
        }
    } else if (total > 0) {
        memcpy(fds, taken, total * sizeof(*fds));
    }
    *fd_count = is_cut ? MIO_FDS_MAX + 1 : total;
    return moved;
}

#endif /* !_WIN32 */
