/* unix_support.c: see unix_support.h. */
#include "support_os.h"

#ifndef _WIN32

#include "unix_support.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/syscall.h>
#endif

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

static bool have_abstract_names(void)
{
    mio_addr addr;
    return mio_addr_unix_abstract(&addr, "x", 1) != MIO_ERR_UNSUPPORTED;
}

void need_abstract_names(void)
{
    if (!have_abstract_names()) {
        SKIP("the system has no abstract names");
    }
}

mio_addr abstract_addr(void)
{
    static atomic_uint counter;
    char name[64];
    mio_addr addr;
    need_abstract_names();
    int length = snprintf(name, sizeof(name), "libmio-test-%ld-%u",
                          (long)getpid(), atomic_fetch_add(&counter, 1u));
    assert_true(length > 0);
    assert_ok(mio_addr_unix_abstract(&addr, name, (size_t)length));
    return addr;
}

mio_addr fresh_addr(void)
{
    return have_abstract_names() ? abstract_addr() : unix_temp_addr();
}

#ifdef __linux__
pid_t known_process_id(void)
{
    return getpid();
}
#else
pid_t known_process_id(void)
{
    return -1;
}
#endif

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

/* ---- Time ---------------------------------------------------------------*/

#ifdef SYS_epoll_pwait2
static int wait_by_epoll(const struct timespec *timeout)
{
    const int64_t exact[2] = {timeout->tv_sec, timeout->tv_nsec};
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    assert_true(epoll >= 0);
    const long result =
        syscall(SYS_epoll_pwait2, epoll, &event, 1, exact, NULL, (size_t)0);
    fd_close(epoll);
    return (int)result;
}
#else
static int wait_by_epoll(const struct timespec *timeout)
{
    (void)timeout;
    return -1;
}
#endif

/* poll(2) itself counts milliseconds. */
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
static int wait_by_poll(const struct timespec *timeout)
{
    return ppoll(NULL, 0, timeout, NULL);
}
#else
static int wait_by_poll(const struct timespec *timeout)
{
    (void)timeout;
    return -1;
}
#endif

int system_wait(int64_t timeout_ns)
{
    const struct timespec timeout = {(time_t)(timeout_ns / SECOND),
                                     (long)(timeout_ns % SECOND)};
    if (backend_is("epoll")) {
        return wait_by_epoll(&timeout);
    }
    if (backend_is("kqueue")) { /* the same clock, and no header of kqueue */
        return pselect(0, NULL, NULL, NULL, &timeout, NULL);
    }
    return wait_by_poll(&timeout);
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
