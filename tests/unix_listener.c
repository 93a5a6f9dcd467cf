/* unix_listener.c: Unix listeners, wherever there are Unix sockets. The first
 * tests are mio's scenarios, under mio's names. What only Unix systems have of
 * them is in unix_peer.c. */
#include "unix_socket.h"

enum { LISTENER = 1, OTHER = 2 };

/* A listener as another library would hand it over: blocking, inherited. */
static mio_fd plain_listener(const char *path)
{
    mio_addr addr;
    assert_ok(mio_addr_unix_path(&addr, path));
    const mio_fd fd = valid_fd(peer_tcp_listen(&addr));
    fd_set_inherited(fd);
    return fd;
}

/* ---- mio's scenarios ----------------------------------------------------*/

struct acceptor {
    mio_unix_listener *listener;
    mio_unix_stream stream;
};

static int accept_in_thread(void *argument)
{
    struct acceptor *acceptor = argument;
    if (!fd_await_readable(acceptor->listener->source.fd)) {
        return MIO_ERR_TIMED_OUT;
    }
    return mio_unix_listener_accept(acceptor->listener, &acceptor->stream,
                                    NULL);
}

/* A listener made here accepts in another thread, and the stream comes back. */
static void unix_listener_send_and_sync(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream client;
    struct acceptor acceptor = {&listener, {{0}}};
    struct thread thread;
    char data[4];
    (void)state;
    assert_ok(mio_unix_listener_bind(&listener, path));
    thread_start(&thread, accept_in_thread, &acceptor);
    int connected = mio_unix_stream_connect(&client, path);
    assert_ok(thread_join(&thread));
    assert_ok(connected);
    assert_count(mio_unix_stream_write(&client, "hi", 2), 2);
    assert_count(mio_unix_stream_read(&acceptor.stream, data, sizeof(data)), 2);
    mio_unix_stream_close(&client);
    mio_unix_stream_close(&acceptor.stream);
    mio_unix_listener_close(&listener);
}

static void smoke(struct fixture *f, mio_unix_listener *listener,
                  const char *path)
{
    mio_unix_stream client;
    mio_unix_stream server;
    mio_unix_stream none;
    mio_addr peer;
    char data[8];
    assert_nonblocking_cloexec(listener->source.fd);
    assert_ok(mio_registry_register(f->registry, &listener->source, LISTENER,
                                    MIO_READABLE));
    expect_no_events(f);
    assert_error(mio_unix_listener_accept(listener, &none, NULL),
                 MIO_ERR_WOULD_BLOCK);

    assert_ok(mio_unix_stream_connect(&client, path));
    expect_event(f, LISTENER, R_READABLE);
    assert_ok(mio_unix_listener_accept(listener, &server, &peer));
    assert_nonblocking_cloexec(server.source.fd);
    assert_true(mio_addr_is_unnamed(&peer));
    assert_error(mio_unix_listener_accept(listener, &none, &peer),
                 MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_unix_listener_take_error(listener));

    assert_count(mio_unix_stream_write(&client, "hello", 5), 5);
    assert_count(mio_unix_stream_read(&server, data, sizeof(data)), 5);
    assert_memory_equal(data, "hello", 5);
    mio_unix_stream_close(&client);
    mio_unix_stream_close(&server);
    mio_unix_listener_close(listener);
}

static void unix_listener_smoke(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    assert_ok(mio_unix_listener_bind(&listener, path));
    smoke(*state, &listener, path);
}

static void unix_listener_from_std(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    assert_ok(mio_unix_listener_from_fd(&listener, plain_listener(path)));
    smoke(*state, &listener, path);
}

static void unix_listener_local_addr(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream client;
    mio_unix_stream server;
    mio_addr expected;
    mio_addr addr;
    (void)state;
    assert_ok(mio_addr_unix_path(&expected, path));
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_unix_stream_connect(&client, path));
    assert_ok(mio_unix_listener_accept(&listener, &server, &addr));
    assert_true(mio_addr_is_unnamed(&addr));
    assert_ok(mio_unix_listener_local_addr(&listener, &addr));
    assert_addr_equal(&addr, &expected);
    assert_ok(mio_unix_stream_local_addr(&server, &addr));
    assert_addr_equal(&addr, &expected);
    assert_ok(mio_unix_stream_peer_addr(&server, &addr));
    assert_true(mio_addr_is_unnamed(&addr));
    mio_unix_stream_close(&client);
    mio_unix_stream_close(&server);
    mio_unix_listener_close(&listener);
}

static void unix_listener_register(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_listener listener;
    assert_ok(mio_unix_listener_bind(&listener, temp_path()));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE));
    expect_no_events(f);
    mio_unix_listener_close(&listener);
}

static void unix_listener_reregister(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream client;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_WRITABLE));
    assert_ok(mio_unix_stream_connect(&client, path));
    expect_no_events(f);
    assert_ok(mio_registry_reregister(f->registry, &listener.source, OTHER,
                                      MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    mio_unix_stream_close(&client);
    mio_unix_listener_close(&listener);
}

static void unix_listener_deregister(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream client;
    mio_unix_stream server;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE));
    assert_ok(mio_unix_stream_connect(&client, path));
    assert_ok(mio_registry_deregister(f->registry, &listener.source));
    expect_no_events(f);
    assert_ok(mio_unix_listener_accept(&listener, &server, NULL));
    mio_unix_stream_close(&server);
    mio_unix_stream_close(&client);
    mio_unix_listener_close(&listener);
}

/* ---- What mio does not have ---------------------------------------------*/

/* Without Unix sockets the library says so, and loses nothing. */
static void they_may_be_unsupported(void **state)
{
    const char *path = temp_path();
    const int expected = have_unix_sockets() ? 0 : MIO_ERR_UNSUPPORTED;
    mio_unix_listener listener = {{.fd = MIO_FD_INVALID}};
    mio_unix_stream stream = {{.fd = MIO_FD_INVALID}};
    (void)state;
    assert_error(mio_unix_listener_bind(&listener, path), expected);
    assert_error(mio_unix_stream_connect(&stream, path), expected);
    assert_int_equal(listener.source.fd != MIO_FD_INVALID, expected == 0);
    assert_int_equal(stream.source.fd != MIO_FD_INVALID, expected == 0);
    mio_unix_stream_close(&stream);
    mio_unix_listener_close(&listener);
}

static void each_connection_after_draining_is_reported(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream client;
    mio_unix_stream server;
    mio_unix_stream none;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE));
    for (int i = 0; i < 5; i++) {
        assert_ok(mio_unix_stream_connect(&client, path));
        expect_only(f, LISTENER, R_READABLE);
        assert_ok(mio_unix_listener_accept(&listener, &server, NULL));
        assert_error(mio_unix_listener_accept(&listener, &none, NULL),
                     MIO_ERR_WOULD_BLOCK);
        mio_unix_stream_close(&client);
        mio_unix_stream_close(&server);
    }
    mio_unix_listener_close(&listener);
}

static void a_path_is_taken_until_it_is_removed(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener first;
    mio_unix_listener second;
    mio_unix_stream client;
    (void)state;
    assert_error(mio_unix_stream_connect(&client, path), MIO_ERR_NOT_FOUND);
    assert_ok(mio_unix_listener_bind(&first, path));
    assert_error(mio_unix_listener_bind(&second, path), MIO_ERR_ADDR_IN_USE);
    mio_unix_listener_close(&first);
    assert_error(mio_unix_listener_bind(&second, path), MIO_ERR_ADDR_IN_USE);
    assert_error(mio_unix_stream_connect(&client, path),
                 MIO_ERR_CONNECTION_REFUSED);
    temp_path_remove(path);
    assert_ok(mio_unix_listener_bind(&second, path));
    mio_unix_listener_close(&second);
}

static void the_descriptor_can_be_given_away_and_taken_back(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream client;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE));
    const mio_fd made = listener.source.fd;
    assert_int_equal(mio_unix_listener_into_fd(&listener), made);
    assert_int_equal(mio_unix_listener_into_fd(&listener), MIO_FD_INVALID);
    assert_ok(mio_unix_stream_connect(&client, path));
    expect_quiet(f);
    assert_ok(mio_unix_listener_from_fd(&listener, made));
    assert_int_equal(listener.source.fd, made);
    assert_ok(mio_registry_register(f->registry, &listener.source, OTHER,
                                    MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    mio_unix_stream_close(&client);
    mio_unix_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(unix_listener_send_and_sync),
        TEST(unix_listener_smoke),
        TEST(unix_listener_from_std),
        TEST_BARE(unix_listener_local_addr),
        TEST(unix_listener_register),
        TEST(unix_listener_reregister),
        TEST(unix_listener_deregister),
        TEST_BARE(they_may_be_unsupported),
        TEST(each_connection_after_draining_is_reported),
        TEST_BARE(a_path_is_taken_until_it_is_removed),
        TEST(the_descriptor_can_be_given_away_and_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
