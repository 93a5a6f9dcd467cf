/* descriptor.c: see descriptor.h. */
#include "sys/sys.h"

#include "mio/error.h"
#include "sys/unix/descriptor.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void mio__fd_close(int fd)
{
    /* After EINTR the descriptor is gone on all systems but HP-UX. */
    int saved = errno;
    (void)close(fd);
    errno = saved;
}

int mio__fd_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return mio_error_from_os(errno);
    }
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (wanted != flags && fcntl(fd, F_SETFL, wanted) < 0) {
        return mio_error_from_os(errno);
    }
    return 0;
}

int mio__fd_set_cloexec(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) {
        return mio_error_from_os(errno);
    }
    if ((flags & FD_CLOEXEC) == 0 &&
        fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
        return mio_error_from_os(errno);
    }
    return 0;
}

#ifndef SOCK_CLOEXEC /* as old as pipe2, which is no macro */

int mio__fd_pipe(int ends[2])
{
    if (pipe(ends) < 0) {
        return mio_error_from_os(errno);
    }
    int error = 0;
    for (int i = 0; i < 2 && error == 0; i++) {
        error = mio__fd_set_cloexec(ends[i]);
        if (error == 0) {
            error = mio__fd_set_nonblocking(ends[i], true);
        }
    }
    if (error != 0) {
        mio__fd_close(ends[0]);
        mio__fd_close(ends[1]);
    }
    return error;
}

#else

int mio__fd_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? mio_error_from_os(errno)
                                                   : 0;
}

#endif

#endif /* !_WIN32 */
