/* exhaustion.c: no descriptors left. Every call that makes one says so, leaves
 * its output alone and leaks nothing; and an accept loop recovers. */
#include "support.h"

enum { LISTENER = 1 };

static void poll_creation(void **state)
{
    struct fixture f;

    SKIP_UNLESS_FDS_RUN_OUT();
    (void)state;
    memset(&f, 0, sizeof(f));
    fds_use_up();
    assert_error(mio_poll_init(&f.poll, f.slots, FIXTURE_SLOTS),
                 MIO_ERR_OUT_OF_DESCRIPTORS);
    assert_null(mio_poll_registry(&f.poll));
    fds_restore();
    fixture_open(&f);
    assert_count(fixture_wait(&f, 0), 0);
    fixture_close(&f);
}

/* One is left, but some polls need two or three. */
static void poll_creation_with_one_left(void **state)
{
    const mio_addr addr = any_v4();
    mio_udp_socket socket;
    struct fixture f;
    int before;
    int result;

    SKIP_UNLESS_FDS_RUN_OUT();
    (void)state;
    memset(&f, 0, sizeof(f));
    assert_ok(mio_udp_socket_bind(&socket, &addr));
    fds_use_up();
    mio_udp_socket_close(&socket);
    result = mio_poll_init(&f.poll, f.slots, FIXTURE_SLOTS);
    if (result == 0) {
        mio_poll_close(&f.poll);
    } else {
        assert_error(result, MIO_ERR_OUT_OF_DESCRIPTORS);
    }
    fds_restore();
    before = fd_count();
    fixture_open(&f);
    fixture_close(&f);
    assert_int_equal(fd_count(), before);
}

/* A poll's first waker may need descriptors; the poll is none the worse for a
 * failure, and the next attempt succeeds. */
static void waker_creation(void **state)
{
    struct fixture *const f = *state;
    mio_waker waker;
    int result;

    SKIP_UNLESS_FDS_RUN_OUT();
    memset(&waker, 0, sizeof(waker));
    fds_use_up();
    result = mio_waker_init(&waker, f->registry, 1);
    if (result != 0) {
        assert_error(result, MIO_ERR_OUT_OF_DESCRIPTORS);
        assert_error(mio_waker_wake(&waker), MIO_ERR_NOT_FOUND);
        assert_count(fixture_wait(f, 0), 0);
        fds_restore();
        assert_ok(mio_waker_init(&waker, f->registry, 1));
    }
    fds_restore();
    assert_ok(mio_waker_wake(&waker));
    expect_only(f, 1, R_READABLE);
    mio_waker_close(&waker);
}

static void socket_creation(void **state)
{
    const mio_addr addr = any_v4();
    mio_tcp_listener listener = {.source = {.fd = MIO_FD_INVALID}};
    mio_tcp_stream stream = {.source = {.fd = MIO_FD_INVALID}};
    mio_udp_socket socket = {.source = {.fd = MIO_FD_INVALID}};

    SKIP_UNLESS_FDS_RUN_OUT();
    (void)state;
    fds_use_up();
    assert_error(mio_tcp_listener_bind(&listener, &addr),
                 MIO_ERR_OUT_OF_DESCRIPTORS);
    assert_error(mio_tcp_stream_connect(&stream, &addr),
                 MIO_ERR_OUT_OF_DESCRIPTORS);
    assert_error(mio_udp_socket_bind(&socket, &addr),
                 MIO_ERR_OUT_OF_DESCRIPTORS);
    assert_int_equal(listener.source.fd, MIO_FD_INVALID);
    assert_int_equal(stream.source.fd, MIO_FD_INVALID);
    assert_int_equal(socket.source.fd, MIO_FD_INVALID);
}

/* ---- Accepting ----------------------------------------------------------*/

static void accept_classes(void **state)
{
    static const struct {
        int result;
        mio_accept_class expected;
    } cases[] = {
        {0, MIO_ACCEPT_OK},
        {MIO_ERR_WOULD_BLOCK, MIO_ACCEPT_DRAINED},
        {MIO_ERR_CONNECTION_ABORTED, MIO_ACCEPT_RETRY},
        {MIO_ERR_INTERRUPTED, MIO_ACCEPT_RETRY},
        {MIO_ERR_OUT_OF_DESCRIPTORS, MIO_ACCEPT_NO_ROOM},
        {MIO_ERR_OUT_OF_MEMORY, MIO_ACCEPT_NO_ROOM},
        {MIO_ERR_BAD_DESCRIPTOR, MIO_ACCEPT_FATAL},
        {MIO_ERR_INVALID_INPUT, MIO_ACCEPT_FATAL},
        {MIO_ERR_OTHER, MIO_ACCEPT_FATAL},
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(mio_accept_classify(cases[i].result),
                         cases[i].expected);
    }
}

/* Tells whether a connection stays in the queue when the system has no
 * descriptor for it, as the system's own calls show. Under valgrind, which
 * imitates the limit, it does not. */
static bool connections_wait(void)
{
    mio_addr addr = any_v4();
    const mio_fd listener = valid_fd(peer_tcp_listen(&addr));
    const mio_fd client = valid_fd(peer_tcp_connect(&addr));
    mio_fd accepted;
    bool waits;

    assert_true(fd_await_readable(listener));
    fds_use_up();
    assert_int_equal(peer_accept(listener), MIO_FD_INVALID);
    fds_restore();
    fd_set_blocking(listener, false);
    accepted = peer_accept(listener);
    waits = accepted != MIO_FD_INVALID;
    if (waits) {
        fd_close(accepted);
    }
    fd_close(client);
    fd_close(listener);
    return waits;
}

#define SKIP_UNLESS_CONNECTIONS_WAIT()                                         \
    do {                                                                       \
        SKIP_UNLESS_FDS_RUN_OUT();                                             \
        if (!connections_wait()) {                                             \
            SKIP("an accept that fails takes the connection");                 \
        }                                                                      \
    } while (0)

/* The connection that could not be accepted waits; after a reregister there is
 * an event for it, in each mode. */
static void accept_recovers(struct fixture *f, mio_interest mode)
{
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted = {.source = {.fd = MIO_FD_INVALID}};
    mio_addr peer = {0};
    mio_fd client;
    int result;

    SKIP_UNLESS_CONNECTIONS_WAIT();
    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE | mode));
    client = valid_fd(peer_tcp_connect(&addr));
    expect_only(f, LISTENER, R_READABLE);

    fds_use_up();
    result = mio_tcp_listener_accept(&listener, &accepted, &peer);
    assert_error(result, MIO_ERR_OUT_OF_DESCRIPTORS);
    assert_int_equal(mio_accept_classify(result), MIO_ACCEPT_NO_ROOM);
    assert_int_equal(accepted.source.fd, MIO_FD_INVALID);
    assert_int_equal(mio_addr_kind(&peer), MIO_ADDR_NONE);

    fds_restore();
    assert_ok(mio_registry_reregister(f->registry, &listener.source, LISTENER,
                                      MIO_READABLE | mode));
    expect_only(f, LISTENER, R_READABLE);
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, &peer));
    assert_int_equal(mio_addr_kind(&peer), MIO_ADDR_IPV4);
    assert_error(mio_tcp_listener_accept(&listener, &accepted, &peer),
                 MIO_ERR_WOULD_BLOCK);
    mio_tcp_stream_close(&accepted);
    fd_close(client);
    mio_tcp_listener_close(&listener);
}

static void accept_recovers_edge(void **state)
{
    accept_recovers(*state, 0);
}

static void accept_recovers_level(void **state)
{
    accept_recovers(*state, MIO_LEVEL);
}

static void accept_recovers_oneshot(void **state)
{
    accept_recovers(*state, MIO_ONESHOT);
}

/* Level-triggered, the event comes in every wait anyway. */
static void accept_is_reported_again_level(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted;
    mio_fd client;
    int i;

    SKIP_UNLESS_CONNECTIONS_WAIT();
    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE | MIO_LEVEL));
    client = valid_fd(peer_tcp_connect(&addr));
    expect_only(f, LISTENER, R_READABLE);
    fds_use_up();
    for (i = 0; i < 3; i++) {
        assert_error(mio_tcp_listener_accept(&listener, &accepted, NULL),
                     MIO_ERR_OUT_OF_DESCRIPTORS);
        expect_only(f, LISTENER, R_READABLE);
    }
    fds_restore();
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, NULL));
    expect_no_events(f);
    mio_tcp_stream_close(&accepted);
    fd_close(client);
    mio_tcp_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(poll_creation),
        TEST_BARE(poll_creation_with_one_left),
        TEST(waker_creation),
        TEST_BARE(socket_creation),
        TEST_BARE(accept_classes),
        TEST(accept_recovers_edge),
        TEST(accept_recovers_level),
        TEST(accept_recovers_oneshot),
        TEST(accept_is_reported_again_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
