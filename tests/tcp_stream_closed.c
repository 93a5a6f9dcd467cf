/* tcp_stream_closed.c: the part of mio's tests/tcp_stream.rs about streams
 * that end: shutdown, reset, the closed flags; and out-of-band data. */
#include "support.h"

enum { ID1 = 1 };

/* A connected stream, registered for both directions if there is a fixture,
 * with its writable event taken; and the blocking socket at its other end. */
static mio_fd open_link(struct fixture *f, mio_tcp_stream *stream)
{
    mio_addr addr = any_v4();
    const mio_fd listener = valid_fd(peer_tcp_listen(&addr));
    mio_fd peer;

    assert_ok(mio_tcp_stream_connect(stream, &addr));
    peer = valid_fd(peer_accept(listener));
    connect_soon(stream);
    fd_close(listener);
    if (f != NULL) {
        assert_ok(mio_registry_register(f->registry, &stream->source, ID1,
                                        MIO_READABLE | MIO_WRITABLE));
        expect_only(f, ID1, R_WRITABLE);
    }
    return peer;
}

static void close_link(mio_tcp_stream *stream, mio_fd peer)
{
    mio_tcp_stream_close(stream);
    fd_close(peer);
}

/* ---- What reads and writes say ------------------------------------------*/

static void shutdown_read(void **state)
{
    mio_tcp_stream stream;
    const mio_fd peer = open_link(*state, &stream);
    char byte;

    assert_error(mio_tcp_stream_read(&stream, &byte, 1), MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_READ));
    assert_count(mio_tcp_stream_read(&stream, &byte, 1), 0);
    write_all(&stream, "x", 1);
    assert_true(peer_recv_all(peer, &byte, 1));
    close_link(&stream, peer);
}

static void shutdown_write(void **state)
{
    mio_tcp_stream stream;
    const mio_fd peer = open_link(*state, &stream);
    char byte;

    assert_ok(mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_WRITE));
    assert_error(mio_tcp_stream_write(&stream, "x", 1), MIO_ERR_BROKEN_PIPE);
    assert_int_equal(peer_recv(peer, &byte, 1), 0);
    assert_true(peer_send_all(peer, "y", 1));
    assert_true(fd_await_readable(stream.source.fd));
    assert_count(mio_tcp_stream_read(&stream, &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close_link(&stream, peer);
}

static void shutdown_both(void **state)
{
    mio_tcp_stream stream;
    const mio_fd peer = open_link(*state, &stream);
    char byte;

    assert_ok(mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_BOTH));
    assert_count(mio_tcp_stream_read(&stream, &byte, 1), 0);
    if (on_windows()) { /* 10053 on Windows, 10058 on Wine; mio has both too */
        assert_error_among(mio_tcp_stream_write(&stream, "x", 1),
                           MIO_ERR_CONNECTION_ABORTED, MIO_ERR_BROKEN_PIPE);
    } else {
        assert_error(mio_tcp_stream_write(&stream, "x", 1),
                     MIO_ERR_BROKEN_PIPE);
    }
    close_link(&stream, peer);
}

/* ---- What events say ----------------------------------------------------*/

/* The driver of Windows' sockets tells what the peer has closed. */
#define SKIP_UNLESS_OWN_SHUTDOWNS_ARE_TOLD()                                   \
    do {                                                                       \
        if (on_windows()) {                                                    \
            SKIP("Windows has no event for one's own shutdown");               \
        }                                                                      \
    } while (0)

static void tcp_shutdown_client_read_close_event(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    mio_fd peer;

    SKIP_UNLESS_OWN_SHUTDOWNS_ARE_TOLD();
    peer = open_link(f, &stream);
    assert_ok(mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_READ));
    expect_event(f, ID1, R_READABLE | R_READ_CLOSED);
    close_link(&stream, peer);
}

/* mio expects write_closed here on the BSDs and macOS only. Elsewhere the
 * event may be writable alone, or missing, but it must not say anything else:
 * the peer has closed nothing. */
static void tcp_shutdown_client_write_close_event(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = open_link(f, &stream);
    char byte;
    int i;

    assert_ok(mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_WRITE));
    assert_int_equal(peer_recv(peer, &byte, 1), 0);
    assert_true(fixture_wait(f, 50 * MILLISECOND) >= 0);
    for (i = 0; i < f->count; i++) {
        assert_int_equal(mio_event_token(&f->events[i]), ID1);
        assert_int_equal(
            readiness_of(&f->events[i]) & ~(R_WRITABLE | R_WRITE_CLOSED), 0);
    }
    assert_error(mio_tcp_stream_write(&stream, "x", 1), MIO_ERR_BROKEN_PIPE);
    close_link(&stream, peer);
}

static void tcp_shutdown_server_write_close_event(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = open_link(f, &stream);
    char byte;

    assert_true(peer_shutdown_write(peer));
    expect_event(f, ID1, R_READABLE | R_READ_CLOSED);
    assert_count(mio_tcp_stream_read(&stream, &byte, 1), 0);
    write_all(&stream, "x", 1);
    assert_true(peer_recv_all(peer, &byte, 1));
    close_link(&stream, peer);
}

/* A close with unread data sends a reset. */
static void tcp_reset_close_event(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = open_link(f, &stream);
    mio_ssize result;
    char byte;

    write_all(&stream, "unread", 6);
    assert_true(fd_await_readable(peer));
    fd_close(peer);
    expect_event(f, ID1, R_READABLE | R_READ_CLOSED);
    result = mio_tcp_stream_read(&stream, &byte, 1);
    expect_no_events(f);
    mio_tcp_stream_close(&stream);
    SKIP_UNLESS_RESETS_ARE_TOLD();
    assert_error(result, MIO_ERR_CONNECTION_RESET);
}

static void tcp_shutdown_client_both_close_event(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    mio_fd peer;

    SKIP_UNLESS_OWN_SHUTDOWNS_ARE_TOLD();
    peer = open_link(f, &stream);
    assert_ok(mio_tcp_stream_shutdown(&stream, MIO_SHUTDOWN_BOTH));
    expect_event(f, ID1, R_WRITE_CLOSED);
    close_link(&stream, peer);
}

static void hup_event_on_disconnect(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = open_link(f, &stream);
    int result;

    assert_true(peer_reset_on_close(peer));
    fd_close(peer);
    expect_event(f, ID1, R_READABLE);
    result = mio_tcp_stream_take_error(&stream);
    mio_tcp_stream_close(&stream);
    if (!on_windows()) { /* there the next read or write tells */
        assert_error(result, MIO_ERR_CONNECTION_RESET);
    }
}

static void priority_event_on_oob_data(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = open_link(NULL, &stream);

    if (mio_registry_register(f->registry, &stream.source, ID1, MIO_PRIORITY) ==
        MIO_ERR_UNSUPPORTED) {
        close_link(&stream, peer);
        SKIP("this system does not tell of out-of-band data");
    }
    assert_true(mio_source_is_registered(&stream.source));
    expect_no_events(f);
    assert_true(peer_send_oob(peer, "!", 1));
    expect_event(f, ID1, R_READABLE | R_PRIORITY);
    close_link(&stream, peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shutdown_read),
        TEST(shutdown_write),
        TEST(shutdown_both),
        TEST(tcp_shutdown_client_read_close_event),
        TEST(tcp_shutdown_client_write_close_event),
        TEST(tcp_shutdown_server_write_close_event),
        TEST(tcp_reset_close_event),
        TEST(tcp_shutdown_client_both_close_event),
        TEST(hup_event_on_disconnect),
        TEST(priority_event_on_oob_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
