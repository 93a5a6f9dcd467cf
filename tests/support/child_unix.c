/* child_unix.c: see child.h. Children are forks, which are quick, and do no
 * more than what a signal handler may do. */
#include "child.h"

#ifndef _WIN32

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* musl comes without the kernel's headers. */
#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/filter.h>)
#define HAS_FILTERS
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#define PIDFD_OPEN 434 /* on all processors but Alpha */
#endif
#endif

void child_start(struct child *child, int code)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char byte;
        (void)alarm(60);
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {
        }
        _exit(code);
    }
    (void)close(ends[0]);
    child->pid = pid;
    child->gate = ends[1];
    child->handle = -1;
}

void child_let_go(struct child *child)
{
    /* A byte, since those that were forked later have the gate too. */
    assert_int_equal(write(child->gate, "x", 1), 1);
    (void)close(child->gate);
    child->gate = -1;
}

int child_open(mio_process *process, const struct child *child)
{
    return mio_process_from_pid(process, child->pid);
}

void child_kill(struct child *child, const mio_process *process)
{
    (void)process;
    assert_int_equal(kill((pid_t)child->pid, SIGKILL), 0);
    if (child->gate >= 0) {
        (void)close(child->gate);
    }
}

void child_await_end(const struct child *child)
{
    siginfo_t info;
    int result;
    do {
        result = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT);
    } while (result < 0 && errno == EINTR);
    assert_int_equal(result, 0);
}

int child_reap(struct child *child)
{
    int status;
    pid_t found;
    do {
        found = waitpid((pid_t)child->pid, &status, 0);
    } while (found < 0 && errno == EINTR);
    assert_int_equal(found, child->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void child_forget(struct child *child)
{
    child->pid = 0;
}

bool child_none_left(void)
{
    int status;
    return waitpid(-1, &status, WNOHANG) < 0 && errno == ECHILD;
}

#ifdef HAS_FILTERS

bool child_deny_pidfd(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PIDFD_OPEN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {ARRAY_LENGTH(filter), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
           syscall(PIDFD_OPEN, getpid(), 0u) < 0 && errno == ENOSYS;
}

#else

bool child_deny_pidfd(void)
{
    return false;
}

#endif

void child_main(int count, char **arguments)
{
    (void)count;
    (void)arguments;
}

#endif
