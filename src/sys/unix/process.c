/* process.c: makes a mio_process in the first way that works here. */
#include "internal.h"

#ifndef _WIN32

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sys/unix/process.h"

/* What the build has, the best first. */
static const struct mio__process_way *const ways[] = {
#ifdef MIO_PROCESS_PIDFD
    &mio__process_pidfd,
#endif
#ifdef MIO_PROCESS_KQUEUE
    &mio__process_kqueue,
#endif
#ifdef MIO_PROCESS_SIGCHLD
    &mio__process_sigchld,
#endif
};

static mio_exit_status decode(const siginfo_t *info)
{
    mio_exit_status status = {MIO_EXIT_SIGNAL, (uint32_t)info->si_status,
                              info->si_code == CLD_DUMPED};
    if (info->si_code == CLD_EXITED) {
        status.kind = MIO_EXIT_CODE;
        status.code &= 0xff; /* some systems keep more, most do not */
    }
    return status;
}

int mio__process_waitid(idtype_t type, id_t id, int options,
                        mio_exit_status *status)
{
    siginfo_t info;
    int result;
    do {
        memset(&info, 0, sizeof(info)); /* not every system does it */
        result = waitid(type, id, &info, WEXITED | options);
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
        return errno == ECHILD ? MIO_ERR_NOT_FOUND : mio_error_from_os(errno);
    }
    if (info.si_pid == 0) {
        return MIO_ERR_WOULD_BLOCK;
    }
    if (status != NULL) {
        *status = decode(&info);
    }
    return 0;
}

int mio_process_from_pid(mio_process *object, int64_t pid)
{
    if (object == NULL || pid < 1 || pid > INT_MAX) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__process_waitid(P_PID, (id_t)pid, WNOHANG | WNOWAIT, NULL);
    if (error != 0 && error != MIO_ERR_WOULD_BLOCK) {
        return error;
    }
    struct mio__process *process = mio__process_of(object);
    mio__process_clear(process);
    process->pid = (int)pid;
    error = MIO_ERR_UNSUPPORTED;
    for (size_t i = 0;
         i < sizeof(ways) / sizeof(ways[0]) && error == MIO_ERR_UNSUPPORTED;
         i++) {
        process->way = ways[i];
        error = ways[i]->open(process);
    }
    return error;
}

int mio__process_wait(struct mio__process *process, mio_exit_status *status)
{
    return process->way->wait(process, status);
}

void mio__process_close(struct mio__process *process)
{
    process->way->close(process);
}

#endif
