/* process_pidfd.c: a child's end, by Linux's descriptors for processes.
 *
 * pidfd_open (5.3) makes a descriptor of a process ID, close-on-exec, which is
 * readable from the end of the process on, for ever; and waitid (5.4) takes it
 * in place of a process ID. It stands for that one process: if the number comes
 * up again, that is another. So once it is open and has been found to be a
 * child's, nothing can go wrong.
 *
 * Kernels that are too old say ENOSYS, sandboxes too, or EPERM. */
#include "internal.h"

#ifdef MIO_PROCESS_PIDFD

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/unix/descriptor.h"
#include "sys/unix/process.h"

/* Older headers lack both. The number is the same on all processors but one. */
#ifdef SYS_pidfd_open
#define PIDFD_OPEN SYS_pidfd_open
#elif defined(__alpha__)
#define PIDFD_OPEN 544
#else
#define PIDFD_OPEN 434
#endif
#define BY_PIDFD ((idtype_t)3) /* P_PIDFD */

static int open_failure(void)
{
    switch (errno) {
    case ENOSYS:
    case EPERM:
        return MIO_ERR_UNSUPPORTED;
    case ESRCH:
    case EINVAL: /* a thread */
        return MIO_ERR_NOT_FOUND;
    default:
        return mio_error_from_os(errno);
    }
}

/* The number may have been another process's by the time of the opening. */
static int check(int fd)
{
    int error =
        mio__process_waitid(BY_PIDFD, (id_t)fd, WNOHANG | WNOWAIT, NULL);
    if (error == MIO_ERR_INVALID_INPUT) {
        return MIO_ERR_UNSUPPORTED; /* 5.3: not known to waitid */
    }
    return error == MIO_ERR_WOULD_BLOCK ? 0 : error;
}

static int pidfd_open_child(struct mio__process *process)
{
    int fd = (int)syscall(PIDFD_OPEN, process->pid, 0u);
    if (fd < 0) {
        return open_failure();
    }
    int error = check(fd);
    if (error != 0) {
        mio__fd_close(fd);
        return error;
    }
    mio__source_open(&process->memory.source, fd, MIO__SOURCE_FOREIGN);
    return 0;
}

static int pidfd_wait(struct mio__process *process, mio_exit_status *status)
{
    return mio__process_waitid(BY_PIDFD, (id_t)process->memory.source.fd,
                               WNOHANG, status);
}

static void pidfd_close(struct mio__process *process)
{
    mio__source_close(&process->memory.source);
}

const struct mio__process_way mio__process_pidfd = {pidfd_open_child,
                                                    pidfd_wait, pidfd_close};

#endif
