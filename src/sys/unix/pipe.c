/* pipe.c: pipes without SIGPIPE. See sys/pipe.h.
 *
 * A write to a socket can be told not to raise SIGPIPE, a write to a pipe
 * cannot. The signal goes to the thread that writes; so that thread blocks it
 * for the time of the write, and takes back the one that the write has made
 * pending. One that was pending before is the program's and stays. */
#include "sys/pipe.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "sys/net.h"
#include "sys/unix/descriptor.h"
#include "sys/unix/iovec.h"

int mio__pipe_open(mio_fd ends[2])
{
    return mio__fd_pipe(ends);
}

int mio__pipe_adopt(mio_fd fd, enum mio__pipe_direction direction)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return mio_error_from_os(errno);
    }
    int other = direction == MIO__PIPE_READS ? O_WRONLY : O_RDONLY;
    if ((flags & O_ACCMODE) == other) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__fd_set_cloexec(fd);
    return error == 0 ? mio__fd_set_nonblocking(fd, true) : error;
}

int mio__pipe_set_nonblocking(mio_fd fd, bool on)
{
    return mio__fd_set_nonblocking(fd, on);
}

static int count_of(size_t count)
{
    return count < MIO__BUFFERS_MAX ? (int)count : MIO__BUFFERS_MAX;
}

mio_ssize mio__pipe_readv(mio_fd fd, const mio_buffer *buffers, size_t count)
{
    ssize_t moved;
    do {
        moved = readv(fd, mio__iovec_of(buffers), count_of(count));
    } while (moved < 0 && errno == EINTR);
    return moved < 0 ? mio_error_from_os(errno) : moved;
}

/* ---- Writing ------------------------------------------------------------*/

struct sigpipe_guard {
    sigset_t sigpipe;
    sigset_t mask; /* the thread's, before */
    bool was_blocked;
    bool was_pending;
};

static bool sigpipe_is_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static void guard_enter(struct sigpipe_guard *guard)
{
    (void)sigemptyset(&guard->sigpipe);
    (void)sigaddset(&guard->sigpipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &guard->sigpipe, &guard->mask);
    guard->was_blocked = sigismember(&guard->mask, SIGPIPE) == 1;
    /* Not blocked means not pending either. */
    guard->was_pending = guard->was_blocked && sigpipe_is_pending();
}

static void sigpipe_take_back(struct sigpipe_guard *guard)
{
    if (!guard->was_pending && sigpipe_is_pending()) {
#if defined(__APPLE__) || defined(__OpenBSD__)
        int number;
        (void)sigwait(&guard->sigpipe, &number);
#else
        const struct timespec now = {0, 0};
        while (sigtimedwait(&guard->sigpipe, NULL, &now) < 0 &&
               errno == EINTR) {
        }
#endif
    }
}

static void guard_leave(struct sigpipe_guard *guard, bool broken)
{
    int saved = errno;
    if (broken) {
        sigpipe_take_back(guard);
    }
    if (!guard->was_blocked) {
        (void)pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
    }
    errno = saved;
}

mio_ssize mio__pipe_writev(mio_fd fd, const mio_buffer *buffers, size_t count)
{
    struct sigpipe_guard guard;
    guard_enter(&guard);
    ssize_t moved;
    do {
        moved = writev(fd, mio__iovec_of(buffers), count_of(count));
    } while (moved < 0 && errno == EINTR);
    guard_leave(&guard, moved < 0 && errno == EPIPE);
    return moved < 0 ? mio_error_from_os(errno) : moved;
}

#endif /* !_WIN32 */
