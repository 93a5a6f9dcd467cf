/* registering.c: the life of a registration. */
#include "support.h"

enum { SERVER = 0, CLIENT = 1 };

static void register_deregister(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener server;
    mio_tcp_stream client;
    mio_tcp_stream accepted;
    char buffer[8];

    listen_on(&server, &addr);
    assert_ok(mio_registry_register(f->registry, &server.source, SERVER,
                                    MIO_READABLE));
    assert_ok(mio_tcp_stream_connect(&client, &addr));
    assert_ok(mio_registry_register(f->registry, &client.source, CLIENT,
                                    MIO_READABLE));

    expect_event(f, SERVER, R_READABLE);
    assert_ok(mio_tcp_listener_accept(&server, &accepted, NULL));
    write_all(&accepted, "foobar", 6);

    expect_event(f, CLIENT, R_READABLE);
    assert_count(mio_tcp_stream_read(&client, buffer, sizeof(buffer)), 6);
    assert_memory_equal(buffer, "foobar", 6);
    assert_ok(mio_registry_reregister(f->registry, &client.source, CLIENT,
                                      MIO_WRITABLE));
    expect_only(f, CLIENT, R_WRITABLE);

    assert_ok(mio_registry_deregister(f->registry, &server.source));
    assert_ok(mio_registry_deregister(f->registry, &client.source));
    write_all(&accepted, "more", 4);
    assert_true(fd_await_readable(client.source.fd));
    assert_count(fixture_wait(f, 100 * MILLISECOND), 0);

    mio_tcp_stream_close(&accepted);
    mio_tcp_stream_close(&client);
    mio_tcp_listener_close(&server);
}

static void reregister_different_interest_without_poll(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_fd client;

    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, SERVER,
                                    MIO_READABLE));
    client = valid_fd(peer_tcp_connect(&addr));
    assert_true(fd_await_readable(listener.source.fd));

    assert_ok(mio_registry_reregister(f->registry, &listener.source, SERVER,
                                      MIO_WRITABLE));
    expect_no_events(f);

    fd_close(client);
    mio_tcp_listener_close(&listener);
}

/* No call of another poll touches a registration, which goes on. */
static void expect_refused(struct fixture *other, mio_source *source)
{
    assert_error(
        mio_registry_register(other->registry, source, SERVER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(
        mio_registry_reregister(other->registry, source, SERVER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_deregister(other->registry, source),
                 MIO_ERR_ALREADY_EXISTS);
    assert_true(mio_source_is_registered(source));
}

static void tcp_register_multiple_event_loops(void **state)
{
    struct fixture *const f = *state;
    struct fixture second;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream client;

    fixture_open(&second);
    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, SERVER,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_refused(&second, &listener.source);

    assert_ok(mio_tcp_stream_connect(&client, &addr));
    assert_ok(mio_registry_register(f->registry, &client.source, CLIENT,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_refused(&second, &client.source);

    expect_events(f, {SERVER, R_READABLE}, {CLIENT, R_WRITABLE});
    expect_no_events(&second);
    mio_tcp_stream_close(&client);
    mio_tcp_listener_close(&listener);
    fixture_close(&second);
}

static void udp_register_multiple_event_loops(void **state)
{
    struct fixture *const f = *state;
    struct fixture second;
    const mio_addr addr = any_v4();
    mio_udp_socket socket;

    fixture_open(&second);
    assert_ok(mio_udp_socket_bind(&socket, &addr));
    assert_ok(mio_registry_register(f->registry, &socket.source, CLIENT,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_refused(&second, &socket.source);

    expect_only(f, CLIENT, R_WRITABLE);
    expect_no_events(&second);
    mio_udp_socket_close(&socket);
    fixture_close(&second);
}

static void registering_after_deregistering(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    assert_ok(mio_registry_register(f->registry, &listener.source, SERVER,
                                    MIO_READABLE));
    assert_ok(mio_registry_deregister(f->registry, &listener.source));
    assert_false(mio_source_is_registered(&listener.source));
    assert_ok(mio_registry_register(f->registry, &listener.source, SERVER,
                                    MIO_READABLE));
    assert_true(mio_source_is_registered(&listener.source));
    expect_no_events(f);
    mio_tcp_listener_close(&listener);
}

/* mio: kqueue::does_not_register_rw, and a poll inside a poll. The inner poll
 * is only ever readable: when a wait on it would return at once. kqueue refuses
 * to watch it for anything else. */
static void does_not_register_rw(void **state)
{
    enum { INNER = 7, WAKER = 8 };
    struct fixture *const f = *state;
    struct fixture inner;
    mio_source source;
    mio_waker waker;
    mio_fd fd;
    int result;
    int i;

    fixture_open(&inner);
    if (mio_poll_fd(&inner.poll, &fd) == MIO_ERR_UNSUPPORTED) {
        fixture_close(&inner);
        SKIP("the backend has no descriptor of its own");
    }
    assert_ok(mio_waker_init(&waker, inner.registry, WAKER));
    assert_ok(mio_source_from_fd(&source, fd));
    result = mio_registry_register(f->registry, &source, INNER,
                                   MIO_READABLE | MIO_WRITABLE);
    if (backend_is("kqueue")) {
        assert_error(result, MIO_ERR_UNSUPPORTED);
        result =
            mio_registry_register(f->registry, &source, INNER, MIO_READABLE);
    }
    assert_ok(result);
    (void)fixture_wait(&inner, 0);
    (void)fixture_wait(f, 0);
    expect_no_events(f);
    for (i = 0; i < 3; i++) {
        assert_ok(mio_waker_wake(&waker));
        expect_only(f, INNER, R_READABLE);
        expect_only(&inner, WAKER, R_READABLE);
        expect_no_events(f);
    }
    assert_ok(mio_registry_deregister(f->registry, &source));
    mio_waker_close(&waker);
    fixture_close(&inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(register_deregister),
        TEST(reregister_different_interest_without_poll),
        TEST(tcp_register_multiple_event_loops),
        TEST(udp_register_multiple_event_loops),
        TEST(registering_after_deregistering),
        TEST(does_not_register_rw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
