/* unix_support.c: see unix_support.h. */
#include "unix_support.h"

#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

bool backend_is(const char *name)
{
    return strcmp(mio_backend_name(), name) == 0;
}

/* ---- Events -------------------------------------------------------------*/

static void fail_with_events(const struct fixture *fixture, const char *file,
                             int line)
{
    for (int i = 0; i < fixture->count; i++) {
        char text[160];
        (void)mio_event_format(&fixture->events[i], text, sizeof(text));
        print_error("event: %s\n", text);
    }
    _fail(file, line);
}

void expect_quiet_at(struct fixture *fixture, const char *file, int line)
{
    int count = fixture_wait(fixture, 2 * MILLISECOND);
    if (count != 0) {
        print_error("wait returned %d, not 0\n", count);
        fail_with_events(fixture, file, line);
    }
}

unsigned readiness_now(struct fixture *fixture, mio_token token)
{
    unsigned readiness = 0;
    int count = fixture_wait(fixture, 10 * MILLISECOND);
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        if (mio_event_token(&fixture->events[i]) == token) {
            readiness |= readiness_of(&fixture->events[i]);
        }
    }
    return readiness;
}

void expect_sleep_at(struct fixture *fixture, const char *file, int line)
{
    const int64_t start = monotonic_ns();
    int count = fixture_wait(fixture, 200 * MILLISECOND);
    if (count != 0) {
        print_error("wait returned %d, not 0\n", count);
        fail_with_events(fixture, file, line);
    }
    if (monotonic_ns() - start < 200 * MILLISECOND) {
        print_error("wait returned early\n");
        _fail(file, line);
    }
}

/* ---- Streams ------------------------------------------------------------*/

/* More than any kernel buffers for a local socket or a pipe, so that filling
 * one ends. */
#define FILL_LIMIT ((size_t)64 * 1024 * 1024)

size_t fill_stream(mio_unix_stream *stream)
{
    static const unsigned char block[4096];
    size_t total = 0;
    while (total < FILL_LIMIT) {
        mio_ssize n = mio_unix_stream_write(stream, block, sizeof(block));
        if (n == MIO_ERR_WOULD_BLOCK) {
            return total;
        }
        assert_true(n > 0);
        total += (size_t)n;
    }
    fail_msg("%s", "the stream never fills");
    return total;
}

size_t drain_stream(mio_unix_stream *stream)
{
    unsigned char block[4096];
    size_t total = 0;
    while (total < FILL_LIMIT) {
        mio_ssize n = mio_unix_stream_read(stream, block, sizeof(block));
        if (n == MIO_ERR_WOULD_BLOCK || n == 0) {
            return total;
        }
        assert_true(n > 0);
        total += (size_t)n;
    }
    fail_msg("%s", "the stream never drains");
    return total;
}

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

/* ---- UDP ----------------------------------------------------------------*/

void udp_pair(mio_udp_socket *a, mio_udp_socket *b)
{
    mio_addr addr = any_v4();
    mio_addr local;
    assert_ok(mio_udp_socket_bind(a, &addr));
    assert_ok(mio_udp_socket_bind(b, &addr));
    assert_ok(mio_udp_socket_local_addr(a, &local));
    assert_ok(mio_udp_socket_connect(b, &local));
    assert_ok(mio_udp_socket_local_addr(b, &local));
    assert_ok(mio_udp_socket_connect(a, &local));
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

/* ---- Closed objects -----------------------------------------------------*/

bool descriptor_0_open(void)
{
    return fcntl(STDIN_FILENO, F_GETFD) >= 0 ||
           open("/dev/null", O_RDONLY) == STDIN_FILENO;
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
