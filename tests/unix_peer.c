/* unix_peer.c: what Unix listeners and streams are on Unix alone: abstract names
 * and those of the peer, its credentials, a queue that is full. The first tests
 * are mio's scenarios, under mio's names. */
#include "unix_support.h"

enum { LISTENER = 1 };

/* ---- mio's scenarios ----------------------------------------------------*/

static void unix_listener_abstract_namespace(void **state)
{
    struct fixture *f = *state;
    const mio_addr name = abstract_addr();
    mio_unix_listener listener;
    mio_unix_stream client;
    mio_unix_stream server;
    mio_addr addr;
    assert_ok(mio_unix_listener_bind_addr(&listener, &name));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE));
    assert_ok(mio_unix_stream_connect_addr(&client, &name));
    expect_event(f, LISTENER, R_READABLE);
    assert_ok(mio_unix_listener_accept(&listener, &server, &addr));
    assert_true(mio_addr_is_unnamed(&addr));
    assert_ok(mio_unix_listener_local_addr(&listener, &addr));
    assert_addr_equal(&addr, &name);
    assert_ok(mio_unix_stream_peer_addr(&client, &addr));
    assert_addr_equal(&addr, &name);
    mio_unix_stream_close(&client);
    mio_unix_stream_close(&server);
    mio_unix_listener_close(&listener);
}

static void unix_stream_connect_addr(void **state)
{
    const mio_addr name = abstract_addr();
    mio_unix_listener listener;
    mio_unix_stream stream;
    assert_error(mio_unix_stream_connect_addr(&stream, &name),
                 MIO_ERR_CONNECTION_REFUSED);
    assert_ok(mio_unix_listener_bind_addr(&listener, &name));
    assert_ok(mio_unix_stream_connect_addr(&stream, &name));
    unix_see_the_peer_leave(*state, &listener, &stream);
}

/* ---- What mio does not have ---------------------------------------------*/

/* A client that has a name of its own is known by it (mio drops the name). */
static void accept_keeps_the_name_of_the_peer(void **state)
{
    const mio_addr server_name = fresh_addr();
    mio_unix_listener listener;
    (void)state;
    assert_ok(mio_unix_listener_bind_addr(&listener, &server_name));
    for (int path = 0; path < 2; path++) {
        mio_addr client_name = fresh_addr();
        mio_unix_stream client;
        mio_unix_stream server;
        mio_addr peer;
        size_t length = 0;
        size_t native_length = 0;
        if (path) {
            client_name = unix_temp_addr();
        }
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_true(fd >= 0);
        const struct sockaddr *native =
            mio_addr_sockaddr(&client_name, &native_length);
        assert_int_equal(bind(fd, native, (socklen_t)native_length), 0);
        native = mio_addr_sockaddr(&server_name, &native_length);
        assert_int_equal(connect(fd, native, (socklen_t)native_length), 0);
        assert_ok(mio_unix_stream_from_fd(&client, fd));

        assert_ok(mio_unix_listener_accept(&listener, &server, &peer));
        assert_addr_equal(&peer, &client_name);
        assert_false(mio_addr_is_unnamed(&peer));
        assert_int_equal(mio_addr_path(&peer, &length) != NULL,
                         mio_addr_path(&client_name, &length) != NULL);
        assert_ok(mio_unix_stream_peer_addr(&server, &peer));
        assert_addr_equal(&peer, &client_name);
        mio_unix_stream_close(&client);
        mio_unix_stream_close(&server);
    }
    mio_unix_listener_close(&listener);
}

/* The queue has an end, and a connect beyond it says so and leaks nothing. */
static void connecting_to_a_full_queue_would_block(void **state)
{
    const char *path = temp_path();
    enum { MOST = 64 };
    mio_unix_stream clients[MOST];
    mio_unix_stream server;
    mio_unix_listener listener;
    int made = 0;
    int result = 0;
    (void)state;
    mio_addr addr;
    assert_ok(mio_addr_unix_path(&addr, path));
    const mio_fd fd = valid_fd(peer_tcp_listen(&addr));
    assert_int_equal(listen(fd, 1), 0);
    assert_ok(mio_unix_listener_from_fd(&listener, fd));
    while (made < MOST) {
        result = mio_unix_stream_connect(&clients[made], path);
        if (result != 0) {
            break;
        }
        made++;
    }
    const int before = fd_count();
    assert_error(result, MIO_ERR_WOULD_BLOCK);
    assert_error(mio_unix_stream_connect(&clients[made], path),
                 MIO_ERR_WOULD_BLOCK);
    assert_int_equal(fd_count(), before);
    assert_ok(mio_unix_listener_accept(&listener, &server, NULL));
    mio_unix_stream_close(&server);
    assert_ok(mio_unix_stream_connect(&clients[made], path));
    made++;
    while (made > 0) {
        mio_unix_stream_close(&clients[--made]);
    }
    mio_unix_listener_close(&listener);
}

static void credentials_tell_the_peer(void **state)
{
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream stream;
    mio_unix_stream server;
    mio_credentials credentials;
    (void)state;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_unix_stream_connect(&stream, path));
    assert_ok(mio_unix_listener_accept(&listener, &server, NULL));
    assert_ok(mio_unix_stream_peer_credentials(&server, &credentials));
    assert_int_equal(credentials.user, geteuid());
    assert_int_equal(credentials.group, getegid());
    assert_int_equal(credentials.process, known_process_id());
    memset(&credentials, 0, sizeof(credentials));
    assert_ok(mio_unix_stream_peer_credentials(&stream, &credentials));
    assert_int_equal(credentials.process, known_process_id());
    mio_unix_stream_close(&stream);
    mio_unix_stream_close(&server);
    mio_unix_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unix_listener_abstract_namespace),
        TEST(unix_stream_connect_addr),
        TEST_BARE(accept_keeps_the_name_of_the_peer),
        TEST_BARE(connecting_to_a_full_queue_would_block),
        TEST_BARE(credentials_tell_the_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
