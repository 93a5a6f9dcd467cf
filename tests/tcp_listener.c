/* tcp_listener.c: listeners. */
#include "support.h"

enum { ID1 = 1, ID2 = 2 };

static void register_readable(struct fixture *f, mio_tcp_listener *listener,
                              mio_token token)
{
    assert_ok(mio_registry_register(f->registry, &listener->source, token,
                                    MIO_READABLE));
}

/* An idle listener, a connection, and nothing more after it. Closes the
 * listener. */
static void smoke(struct fixture *f, mio_tcp_listener *listener)
{
    mio_addr addr;
    mio_addr peer_addr;
    mio_addr accepted_addr;
    mio_tcp_stream accepted;
    mio_fd peer;

    assert_nonblocking_cloexec(listener->source.fd);
    assert_ok(mio_tcp_listener_local_addr(listener, &addr));
    assert_int_not_equal(mio_addr_port(&addr), 0);
    register_readable(f, listener, ID1);
    expect_no_events(f);

    peer = valid_fd(peer_tcp_connect(&addr));
    expect_event(f, ID1, R_READABLE);
    assert_ok(mio_tcp_listener_accept(listener, &accepted, &peer_addr));
    assert_nonblocking_cloexec(accepted.source.fd);
    assert_true(peer_local_addr(peer, &addr));
    assert_addr_equal(&peer_addr, &addr);
    assert_ok(mio_tcp_stream_peer_addr(&accepted, &accepted_addr));
    assert_addr_equal(&accepted_addr, &addr);
    assert_ok(mio_tcp_stream_local_addr(&accepted, &accepted_addr));
    assert_ok(mio_tcp_listener_local_addr(listener, &addr));
    assert_addr_equal(&accepted_addr, &addr);

    mio_tcp_stream_close(&accepted);
    assert_error(mio_tcp_listener_accept(listener, &accepted, NULL),
                 MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_tcp_listener_take_error(listener));
    fd_close(peer);
    mio_tcp_listener_close(listener);
}

static void tcp_listener(void **state)
{
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    smoke(*state, &listener);
}

static void tcp_listener_ipv6(void **state)
{
    const mio_addr addr = any_v6();
    mio_tcp_listener listener;

    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    smoke(*state, &listener);
}

/* A listener made of one that is blocking and inherited. */
static void tcp_listener_std(void **state)
{
    mio_addr addr = any_v4();
    const mio_fd fd = valid_fd(peer_tcp_listen(&addr));
    mio_tcp_listener listener;

    assert_false(fd_is_nonblocking(fd));
    assert_ok(mio_tcp_listener_from_fd(&listener, fd));
    assert_int_equal(listener.source.fd, fd);
    smoke(*state, &listener);
}

static void set_get_ttl(void **state)
{
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;
    uint32_t ttl = 0;

    (void)state;
    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    assert_ok(mio_tcp_listener_set_ttl(&listener, 10));
    assert_ok(mio_tcp_listener_ttl(&listener, &ttl));
    assert_int_equal(ttl, 10);
    assert_error(mio_tcp_listener_set_ttl(&listener, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_set_ttl(&listener, 256),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_tcp_listener_ttl(&listener, &ttl));
    assert_int_equal(ttl, 10);
    mio_tcp_listener_close(&listener);
}

static void get_ttl_without_previous_set(void **state)
{
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;
    uint32_t ttl = 0;

    (void)state;
    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    assert_ok(mio_tcp_listener_ttl(&listener, &ttl));
    assert_in_range(ttl, 1, 255);
    mio_tcp_listener_close(&listener);
}

static void raw_fd(void **state)
{
    mio_addr addr = any_v4();
    mio_addr later;
    mio_tcp_listener listener;
    mio_fd fd;

    (void)state;
    listen_on(&listener, &addr);
    fd = listener.source.fd;
    assert_int_equal(mio_tcp_listener_into_fd(&listener), fd);
    assert_int_equal(mio_tcp_listener_into_fd(&listener), MIO_FD_INVALID);
    mio_tcp_listener_close(&listener);
    assert_true(fd_is_nonblocking(fd));

    assert_ok(mio_tcp_listener_from_fd(&listener, fd));
    assert_int_equal(listener.source.fd, fd);
    assert_ok(mio_tcp_listener_local_addr(&listener, &later));
    assert_addr_equal(&later, &addr);
    mio_tcp_listener_close(&listener);
}

static void registering(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    register_readable(f, &listener, ID1);
    expect_no_events(f);
    mio_tcp_listener_close(&listener);
}

static void reregister(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted;
    mio_fd peer;

    listen_on(&listener, &addr);
    register_readable(f, &listener, ID1);
    assert_ok(mio_registry_reregister(f->registry, &listener.source, ID2,
                                      MIO_READABLE));
    expect_no_events(f);
    peer = valid_fd(peer_tcp_connect(&addr));
    expect_only(f, ID2, R_READABLE);
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, NULL));
    assert_error(mio_tcp_listener_accept(&listener, &accepted, NULL),
                 MIO_ERR_WOULD_BLOCK);
    mio_tcp_stream_close(&accepted);
    fd_close(peer);
    mio_tcp_listener_close(&listener);
}

static void no_events_after_deregister(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted;
    mio_fd peer;

    listen_on(&listener, &addr);
    register_readable(f, &listener, ID1);
    peer = valid_fd(peer_tcp_connect(&addr));
    assert_true(fd_await_readable(listener.source.fd));
    assert_ok(mio_registry_deregister(f->registry, &listener.source));
    expect_no_events(f);
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, NULL));
    mio_tcp_stream_close(&accepted);
    fd_close(peer);
    mio_tcp_listener_close(&listener);
}

static void tcp_listener_two_streams(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted[2];
    mio_fd peers[2];
    size_t i;

    listen_on(&listener, &addr);
    register_readable(f, &listener, ID1);
    for (i = 0; i < ARRAY_LENGTH(peers); i++) {
        peers[i] = valid_fd(peer_tcp_connect(&addr));
        expect_event(f, ID1, R_READABLE);
        assert_ok(mio_tcp_listener_accept(&listener, &accepted[i], NULL));
        assert_error(mio_tcp_listener_accept(&listener, &accepted[i], NULL),
                     MIO_ERR_WOULD_BLOCK);
        expect_no_events(f);
    }
    for (i = 0; i < ARRAY_LENGTH(peers); i++) {
        mio_tcp_stream_close(&accepted[i]);
        fd_close(peers[i]);
    }
    mio_tcp_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tcp_listener),
        TEST(tcp_listener_ipv6),
        TEST(tcp_listener_std),
        TEST_BARE(set_get_ttl),
        TEST_BARE(get_ttl_without_previous_set),
        TEST_BARE(raw_fd),
        TEST(registering),
        TEST(reregister),
        TEST(no_events_after_deregister),
        TEST(tcp_listener_two_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
