/* child.h: child processes for the tests of mio_process. */
#ifndef CHILD_H
#define CHILD_H

#include "support.h"

/** A child that ends when it is let go, and after a minute in any case. */
struct child {
    int64_t pid;
    mio_fd gate;
    mio_fd handle; /* Windows: the caller's, closed by child_open */
};

/** How it ends: by itself, with an exit code. */
void child_start(struct child *child, int code);
void child_let_go(struct child *child);

/** Makes the mio_process. */
int child_open(mio_process *process, const struct child *child);

/** Ends it by the system's means: SIGKILL, or TerminateProcess with code 9. */
void child_kill(struct child *child, const mio_process *process);

/** Waits until it has ended, outside the library; the status stays. */
void child_await_end(const struct child *child);

/** Takes the status, outside the library, of one that ends: the exit code, or
 *  -1. One of these two is the end of each child. */
int child_reap(struct child *child);
/** The library has taken it. */
void child_forget(struct child *child);

/** Tells whether the process has no child left. True on Windows. */
bool child_none_left(void);

/** Makes this process's kernel an old one, which has no pidfd_open, for good;
 *  false where that cannot be done. */
bool child_deny_pidfd(void);

/** The program is also its own child on Windows: for the beginning of main.
 *  Does not return then. */
void child_main(int count, char **arguments);

#endif
