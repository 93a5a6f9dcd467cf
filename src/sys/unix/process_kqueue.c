/* process_kqueue.c: a child's end, by a kqueue that watches for nothing else.
 *
 * A kqueue is a descriptor that is readable while it has something to tell. One
 * that holds the EVFILT_PROC filter of a process, and from which nobody ever
 * fetches, is therefore readable from the end of that process on: a descriptor
 * for the process. It can be watched in every mode, which the filter itself
 * cannot, since it is gone once it has been fetched.
 *
 * Traps.
 * - Most systems refuse the filter for a process that has ended, and also for
 *   one that is about to: ESRCH. As the caller knows that it is a child, it is
 *   one of these. Readable for ever is then the end of a pipe without writer.
 * - In both cases the filter speaks a moment before the child can be waited
 *   for. So the wait for a child that has been told to end may block for that
 *   moment.
 * - A kqueue is not inherited by fork. */
#include "internal.h"

#ifdef MIO_PROCESS_KQUEUE

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "sys/unix/descriptor.h"
#include "sys/unix/kqueue_change.h"
#include "sys/unix/process.h"

static int watch_end(int kqueue, int pid)
{
    struct kevent change;
    memset(&change, 0, sizeof(change));
    change.ident = (uintptr_t)pid;
    change.filter = EVFILT_PROC;
    change.flags = EV_ADD;
    change.fflags = NOTE_EXIT;
    if (kevent(kqueue, &change, 1, NULL, 0, NULL) < 0) {
        return errno == ESRCH ? MIO_ERR_NOT_FOUND : mio_error_from_os(errno);
    }
    return 0;
}

static int open_readable(int *fd)
{
    int ends[2];
    int error = mio__fd_pipe(ends);
    if (error == 0) {
        mio__fd_close(ends[1]);
        *fd = ends[0];
    }
    return error;
}

static int open_watcher(int pid, int *made)
{
    int fd = mio__kqueue_open();
    if (fd < 0) {
        return fd;
    }
    int error = watch_end(fd, pid);
    if (error != 0) {
        mio__fd_close(fd);
        return error == MIO_ERR_NOT_FOUND ? open_readable(made) : error;
    }
    *made = fd;
    return 0;
}

static int kqueue_open(struct mio__process *process)
{
    int fd = -1;
    int error = open_watcher(process->pid, &fd);
    if (error == 0) {
        mio__source_open(&process->memory.source, fd, MIO__SOURCE_KQUEUE);
    }
    return error;
}

static bool is_readable(int fd)
{
    struct pollfd look = {fd, POLLIN, 0};
    return poll(&look, 1, 0) > 0;
}

static int kqueue_wait(struct mio__process *process, mio_exit_status *status)
{
    const id_t id = (id_t)process->pid;
    int error = mio__process_waitid(P_PID, id, WNOHANG, status);
    if (error == MIO_ERR_WOULD_BLOCK &&
        is_readable(process->memory.source.fd)) {
        error = mio__process_waitid(P_PID, id, 0, status);
    }
    return error;
}

static void kqueue_close(struct mio__process *process)
{
    mio__source_close(&process->memory.source);
}

const struct mio__process_way mio__process_kqueue = {kqueue_open, kqueue_wait,
                                                     kqueue_close};

#endif
