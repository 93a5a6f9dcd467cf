/* process.h: what the ways of learning of a child's end have in common. */
#ifndef MIO_SYS_UNIX_PROCESS_H
#define MIO_SYS_UNIX_PROCESS_H

#include "internal.h"

#include <signal.h> /* siginfo_t, which some <sys/wait.h> lack */
#include <sys/wait.h>

#include "sys/process.h"

/* The contracts are those of mio_process_from_pid and sys/process.h. An open
 * that returns MIO_ERR_UNSUPPORTED lets the next way try. pre: the pid was
 * that of a child just now, and is in the process. */
struct mio__process_way {
    int (*open)(struct mio__process *process);
    int (*wait)(struct mio__process *process, mio_exit_status *status);
    void (*close)(struct mio__process *process);
};

extern const struct mio__process_way mio__process_pidfd;
extern const struct mio__process_way mio__process_kqueue;
extern const struct mio__process_way mio__process_sigchld;

/* waitid for children that have ended. Options are WNOHANG and WNOWAIT; status
 * may be NULL. Repeats what is interrupted. 0, MIO_ERR_WOULD_BLOCK,
 * MIO_ERR_NOT_FOUND, or another error with errno. */
int mio__process_waitid(idtype_t type, id_t id, int options,
                        mio_exit_status *status);

#endif
