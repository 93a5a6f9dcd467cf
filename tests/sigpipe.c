/* sigpipe.c: no write raises SIGPIPE, and none touches the signals of its
 * caller (G13). Each test runs in a child, which the signal would kill. */
#include "unix_support.h"

#include <pthread.h>

/* What a child returns. */
enum { FINE = 0, NO_SETUP, WRONG_RESULT, MASK_CHANGED, WRONG_PENDING };

/* ---- Writes to an end that nobody reads ---------------------------------*/

typedef mio_ssize broken_write(void);

static mio_ssize pipe_write(bool vectored)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    char byte = 'x';
    const mio_buffer buffer = {&byte, 1};
    if (mio_pipe_open(&sender, &receiver) != 0) {
        return 0;
    }
    mio_pipe_receiver_close(&receiver);
    mio_ssize n = vectored ? mio_pipe_sender_writev(&sender, &buffer, 1)
                           : mio_pipe_sender_write(&sender, &byte, 1);
    mio_pipe_sender_close(&sender);
    return n;
}

static mio_ssize pipe_sender_write(void)
{
    return pipe_write(false);
}

static mio_ssize pipe_sender_writev(void)
{
    return pipe_write(true);
}

enum call { WRITE, WRITEV, SEND_FDS };

static mio_ssize unix_write(enum call call)
{
    mio_unix_stream a;
    mio_unix_stream b;
    char byte = 'x';
    const mio_buffer buffer = {&byte, 1};
    mio_ssize n = 0;
    if (mio_unix_stream_pair(&a, &b) != 0) {
        return 0;
    }
    mio_unix_stream_close(&b);
    if (call == WRITE) {
        n = mio_unix_stream_write(&a, &byte, 1);
    } else if (call == WRITEV) {
        n = mio_unix_stream_writev(&a, &buffer, 1);
    } else {
        n = mio_unix_stream_send_fds(&a, &byte, 1, &a.source.fd, 1);
    }
    mio_unix_stream_close(&a);
    return n;
}

static mio_ssize unix_stream_write(void)
{
    return unix_write(WRITE);
}

static mio_ssize unix_stream_writev(void)
{
    return unix_write(WRITEV);
}

static mio_ssize unix_stream_send_fds(void)
{
    return unix_write(SEND_FDS);
}

static mio_ssize unix_datagram_send(void)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    mio_ssize n = 0;
    if (mio_unix_datagram_pair(&a, &b) != 0) {
        return 0;
    }
    if (mio_unix_datagram_shutdown(&a, MIO_SHUTDOWN_WRITE) == 0) {
        n = mio_unix_datagram_send(&a, "x", 1);
    }
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
    return n;
}

static mio_ssize tcp_write(bool vectored)
{
    mio_tcp_listener listener;
    mio_tcp_stream stream;
    mio_addr addr;
    char byte = 'x';
    const mio_buffer buffer = {&byte, 1};
    mio_ssize n = 0;
    if (mio_addr_ipv4(&addr, (const uint8_t[]){127, 0, 0, 1}, 0) != 0 ||
        mio_tcp_listener_bind(&listener, &addr) != 0) {
        return 0;
    }
    if (mio_tcp_listener_local_addr(&listener, &addr) == 0 &&
        mio_tcp_stream_connect(&stream, &addr) == 0) {
        if (fd_await_writable(stream.source.fd) &&
            mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_WRITE) == 0) {
            n = vectored ? mio_tcp_stream_writev(&stream, &buffer, 1)
                         : mio_tcp_stream_write(&stream, &byte, 1);
        }
        mio_tcp_stream_close(&stream);
    }
    mio_tcp_listener_close(&listener);
    return n;
}

static mio_ssize tcp_stream_write(void)
{
    return tcp_write(false);
}

static mio_ssize tcp_stream_writev(void)
{
    return tcp_write(true);
}

static broken_write *const writes[] = {
    pipe_sender_write,  pipe_sender_writev,   unix_stream_write,
    unix_stream_writev, unix_stream_send_fds, unix_datagram_send,
    tcp_stream_write,   tcp_stream_writev,
};
#define WRITE_COUNT ARRAY_LENGTH(writes)

/* ---- The signal before and after ----------------------------------------*/

static int set_mask(int how)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    return pthread_sigmask(how, &set, NULL);
}

static bool is_blocked(void)
{
    sigset_t set;
    return pthread_sigmask(SIG_BLOCK, NULL, &set) == 0 &&
           sigismember(&set, SIGPIPE) == 1;
}

static bool is_pending(void)
{
    sigset_t set;
    return sigpending(&set) == 0 && sigismember(&set, SIGPIPE) == 1;
}

/* Does all the writes twice; a child's exit status tells which one failed. */
static int write_all_kinds(bool blocked, bool pending)
{
    for (size_t i = 0; i < 2 * WRITE_COUNT; i++) {
        int failure = FINE;
        if (writes[i % WRITE_COUNT]() != MIO_ERR_BROKEN_PIPE) {
            failure = WRONG_RESULT;
        } else if (is_blocked() != blocked) {
            failure = MASK_CHANGED;
        } else if (is_pending() != pending) {
            failure = WRONG_PENDING;
        }
        if (failure != FINE) {
            return (int)(i % WRITE_COUNT) * 10 + failure;
        }
    }
    return FINE;
}

static int with_the_default_disposition(void)
{
    if (signal(SIGPIPE, SIG_DFL) == SIG_ERR || set_mask(SIG_UNBLOCK) != 0) {
        return NO_SETUP;
    }
    return write_all_kinds(false, false);
}

static void no_write_kills_the_process(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(with_the_default_disposition), FINE);
}

static volatile sig_atomic_t handled;

static void count_signal(int number)
{
    (void)number;
    handled++;
}

static int with_a_handler(void)
{
    if (signal(SIGPIPE, count_signal) == SIG_ERR ||
        set_mask(SIG_UNBLOCK) != 0) {
        return NO_SETUP;
    }
    const int result = write_all_kinds(false, false);
    return result != FINE ? result : handled == 0 ? FINE : WRONG_PENDING;
}

static void no_write_runs_the_handler(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(with_a_handler), FINE);
}

static int while_ignored(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || set_mask(SIG_UNBLOCK) != 0) {
        return NO_SETUP;
    }
    return write_all_kinds(false, false);
}

static void an_ignored_signal_stays_ignored(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(while_ignored), FINE);
}

static int while_blocked(void)
{
    if (signal(SIGPIPE, SIG_DFL) == SIG_ERR || set_mask(SIG_BLOCK) != 0) {
        return NO_SETUP;
    }
    const int result = write_all_kinds(true, false);
    (void)set_mask(SIG_UNBLOCK);
    return result;
}

static void a_blocked_signal_is_not_left_pending(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(while_blocked), FINE);
}

/* A signal that was there before belongs to the program: it stays. */
static int while_pending(void)
{
    if (signal(SIGPIPE, count_signal) == SIG_ERR || set_mask(SIG_BLOCK) != 0 ||
        pthread_kill(pthread_self(), SIGPIPE) != 0) {
        return NO_SETUP;
    }
    const int result = write_all_kinds(true, true);
    (void)set_mask(SIG_UNBLOCK);
    return result != FINE ? result : handled == 1 ? FINE : WRONG_PENDING;
}

static void a_pending_signal_is_not_swallowed(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(while_pending), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(no_write_kills_the_process),
        TEST_BARE(no_write_runs_the_handler),
        TEST_BARE(an_ignored_signal_stays_ignored),
        TEST_BARE(a_blocked_signal_is_not_left_pending),
        TEST_BARE(a_pending_signal_is_not_swallowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
