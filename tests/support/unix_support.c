/* unix_support.c: see unix_support.h. */
#include "support_os.h"

#ifndef _WIN32

#include "unix_support.h"

#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

/* ---- Pipes and names ----------------------------------------------------*/

/* More than any kernel buffers for a pipe, so that filling one ends. */
#define FILL_LIMIT ((size_t)64 * 1024 * 1024)

size_t fill_pipe(mio_pipe_sender *sender)
{
    static const unsigned char block[4096];
    size_t total = 0;
    while (total < FILL_LIMIT) {
        mio_ssize n = mio_pipe_sender_write(sender, block, sizeof(block));
        if (n == MIO_ERR_WOULD_BLOCK) {
            return total;
        }
        assert_true(n > 0);
        total += (size_t)n;
    }
    fail_msg("%s", "the pipe never fills");
    return total;
}

size_t drain_pipe(mio_pipe_receiver *receiver)
{
    unsigned char block[4096];
    size_t total = 0;
    while (total < FILL_LIMIT) {
        mio_ssize n = mio_pipe_receiver_read(receiver, block, sizeof(block));
        if (n == MIO_ERR_WOULD_BLOCK || n == 0) {
            return total;
        }
        assert_true(n > 0);
        total += (size_t)n;
    }
    fail_msg("%s", "the pipe never drains");
    return total;
}

mio_addr abstract_addr(void)
{
    static atomic_uint counter;
    char name[64];
    mio_addr addr;
    int length = snprintf(name, sizeof(name), "libmio-test-%ld-%u",
                          (long)getpid(), atomic_fetch_add(&counter, 1u));
    assert_true(length > 0);
    assert_ok(mio_addr_unix_abstract(&addr, name, (size_t)length));
    return addr;
}

/* ---- Plain descriptors --------------------------------------------------*/

void raw_pipe(int fds[2], bool nonblocking)
{
    assert_int_equal(pipe(fds), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fcntl(fds[i], F_SETFD, FD_CLOEXEC), 0);
        if (nonblocking) {
            assert_int_equal(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
        }
    }
}

void raw_pair(int fds[2], int type)
{
    assert_int_equal(socketpair(AF_UNIX, type, 0, fds), 0);
}

/* ---- Children -----------------------------------------------------------*/

int run_in_child(int (*run)(void))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(run());
    }
    return child_wait(child);
}

int child_wait(pid_t child)
{
    const struct timespec pause = {0, (long)MILLISECOND};
    const int64_t deadline = monotonic_ns() + PATIENCE;
    int status = 0;
    pid_t done = 0;
    while (done == 0) {
        done = waitpid(child, &status, WNOHANG);
        if (done == 0 && monotonic_ns() > deadline) {
            (void)kill(child, SIGKILL);
            done = waitpid(child, &status, 0);
        } else if (done == 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    assert_int_equal(done, child);
    if (WIFSIGNALED(status)) {
        print_error("child killed by signal %d\n", WTERMSIG(status));
        return -1;
    }
    return WEXITSTATUS(status);
}

#endif
