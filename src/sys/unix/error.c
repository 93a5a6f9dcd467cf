/* error.c: errno values as MIO_ERR_* codes. */
#include "sys/sys.h"

#include "mio/error.h"

#ifndef _WIN32

#include <errno.h>
#include <stddef.h>

int mio_last_os_error(void)
{
    return errno;
}

/* The first match counts: some systems have one number under two names. What
 * is asked for most comes first. */
static const struct {
    int native;
    int code;
} map[] = {
    {EAGAIN, MIO_ERR_WOULD_BLOCK},
    {EWOULDBLOCK, MIO_ERR_WOULD_BLOCK},
    {EINTR, MIO_ERR_INTERRUPTED},
    {EINPROGRESS, MIO_ERR_IN_PROGRESS},
    {EALREADY, MIO_ERR_IN_PROGRESS},
    {EINVAL, MIO_ERR_INVALID_INPUT},
    {EFAULT, MIO_ERR_INVALID_INPUT},
    {EBADF, MIO_ERR_BAD_DESCRIPTOR},
    {ENOTSOCK, MIO_ERR_BAD_DESCRIPTOR},
    {EEXIST, MIO_ERR_ALREADY_EXISTS},
    {ENOENT, MIO_ERR_NOT_FOUND},
    {ENOTDIR, MIO_ERR_NOT_FOUND},
    {EAFNOSUPPORT, MIO_ERR_UNSUPPORTED},
    {EOPNOTSUPP, MIO_ERR_UNSUPPORTED},
    {ENOTSUP, MIO_ERR_UNSUPPORTED},
    {EPROTONOSUPPORT, MIO_ERR_UNSUPPORTED},
    {ENOPROTOOPT, MIO_ERR_UNSUPPORTED},
    {ENOSYS, MIO_ERR_UNSUPPORTED},
    {EBUSY, MIO_ERR_BUSY},
    {EMSGSIZE, MIO_ERR_MESSAGE_TOO_LONG},
    {ENAMETOOLONG, MIO_ERR_NAME_TOO_LONG},
    {EMFILE, MIO_ERR_OUT_OF_DESCRIPTORS},
    {ENFILE, MIO_ERR_OUT_OF_DESCRIPTORS},
    {ENOMEM, MIO_ERR_OUT_OF_MEMORY},
    {ENOBUFS, MIO_ERR_OUT_OF_MEMORY},
    {EACCES, MIO_ERR_PERMISSION_DENIED},
    {EPERM, MIO_ERR_PERMISSION_DENIED},
    {EROFS, MIO_ERR_PERMISSION_DENIED},
    {EADDRINUSE, MIO_ERR_ADDR_IN_USE},
    {EADDRNOTAVAIL, MIO_ERR_ADDR_NOT_AVAILABLE},
    {ECONNREFUSED, MIO_ERR_CONNECTION_REFUSED},
    {ECONNRESET, MIO_ERR_CONNECTION_RESET},
    {ECONNABORTED, MIO_ERR_CONNECTION_ABORTED},
    {ENOTCONN, MIO_ERR_NOT_CONNECTED},
    {EDESTADDRREQ, MIO_ERR_NOT_CONNECTED},
    {EISCONN, MIO_ERR_ALREADY_CONNECTED},
    {EPIPE, MIO_ERR_BROKEN_PIPE},
    {ETIMEDOUT, MIO_ERR_TIMED_OUT},
    {EHOSTUNREACH, MIO_ERR_HOST_UNREACHABLE},
    {EHOSTDOWN, MIO_ERR_HOST_UNREACHABLE},
    {ENETUNREACH, MIO_ERR_NETWORK_UNREACHABLE},
    {ENETDOWN, MIO_ERR_NETWORK_DOWN},
};

int mio_error_from_os(int native)
{
    if (native == 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (map[i].native == native) {
            return map[i].code;
        }
    }
    return MIO_ERR_OTHER;
}

#endif /* !_WIN32 */
