/* unix_names.c: how Unix sockets are named: paths and abstract names. */
#include "unix_support.h"

static void abstract_names_reach_their_socket(void **state)
{
    const mio_addr name = abstract_addr();
    mio_unix_datagram receiver;
    mio_unix_datagram sender;
    mio_addr from;
    mio_addr own = abstract_addr();
    char data[8];
    (void)state;
    assert_ok(mio_unix_datagram_bind_addr(&receiver, &name));
    assert_ok(mio_unix_datagram_bind_addr(&sender, &own));
    assert_count(mio_unix_datagram_send_to(&sender, "one", 3, &name), 3);
    assert_count(
        mio_unix_datagram_recv_from(&receiver, data, sizeof(data), &from), 3);
    assert_addr_equal(&from, &own);

    assert_ok(mio_unix_datagram_connect_addr(&sender, &name));
    assert_ok(mio_unix_datagram_peer_addr(&sender, &from));
    assert_addr_equal(&from, &name);
    assert_count(mio_unix_datagram_send(&sender, "two", 3), 3);
    assert_count(mio_unix_datagram_recv(&receiver, data, sizeof(data)), 3);
    assert_memory_equal(data, "two", 3);
    mio_unix_datagram_close(&receiver);
    assert_error_among(mio_unix_datagram_send(&sender, "three", 5),
                       MIO_ERR_CONNECTION_REFUSED, MIO_ERR_CONNECTION_RESET);
    assert_error(mio_unix_datagram_send_to(&sender, "four", 4, &name),
                 MIO_ERR_CONNECTION_REFUSED);
    mio_unix_datagram_close(&sender);
}

static void an_abstract_name_may_hold_any_bytes(void **state)
{
    const unsigned char bytes[] = {'l', 'i', 'b', 'm', 'i', 'o', 0,
                                   1,   255, 0,   '-', '%', 0};
    mio_unix_datagram socket;
    mio_addr name;
    mio_addr local;
    size_t length = 0;
    (void)state;
    need_abstract_names();
    assert_ok(mio_addr_unix_abstract(&name, bytes, sizeof(bytes)));
    assert_ok(mio_unix_datagram_bind_addr(&socket, &name));
    assert_ok(mio_unix_datagram_local_addr(&socket, &local));
    const void *read = mio_addr_abstract_name(&local, &length);
    assert_non_null(read);
    assert_int_equal(length, sizeof(bytes));
    assert_memory_equal(read, bytes, sizeof(bytes));
    mio_unix_datagram_close(&socket);
}

static void paths_have_a_longest_length(void **state)
{
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    const size_t longest = sizeof(path) - 2;
    const char *start = temp_path();
    mio_unix_datagram socket;
    mio_unix_datagram sender;
    mio_addr local;
    size_t length = 0;
    (void)state;
    assert_true(strlen(start) < longest);
    memset(path, 'p', sizeof(path));
    memcpy(path, start, strlen(start));
    path[longest + 1] = '\0';
    assert_error(mio_unix_datagram_bind(&socket, path), MIO_ERR_NAME_TOO_LONG);
    path[longest] = '\0';
    assert_ok(mio_unix_datagram_bind(&socket, path));
    assert_ok(mio_unix_datagram_local_addr(&socket, &local));
    assert_string_equal(mio_addr_path(&local, &length), path);
    assert_int_equal(length, longest);
    assert_ok(mio_unix_datagram_unbound(&sender));
    assert_ok(mio_unix_datagram_connect(&sender, path));
    assert_count(mio_unix_datagram_send(&sender, "x", 1), 1);
    path[longest] = 'p';
    assert_error(mio_unix_datagram_connect(&sender, path),
                 MIO_ERR_NAME_TOO_LONG);
    path[longest] = '\0';
    assert_int_equal(unlink(path), 0);
    mio_unix_datagram_close(&socket);
    mio_unix_datagram_close(&sender);
}

static void binding_fails_as_documented(void **state)
{
    const char *path = temp_path();
    char missing[256];
    mio_unix_datagram socket;
    mio_unix_datagram second;
    (void)state;
    assert_ok(mio_unix_datagram_bind(&socket, path));
    assert_error(mio_unix_datagram_bind(&second, path), MIO_ERR_ADDR_IN_USE);
    assert_true(snprintf(missing, sizeof(missing), "%s-/x", path) > 0);
    assert_error(mio_unix_datagram_bind(&second, missing), MIO_ERR_NOT_FOUND);
    mio_unix_datagram_close(&socket);
    assert_error(mio_unix_datagram_bind(&second, path), MIO_ERR_ADDR_IN_USE);
}

static void stream_names_have_a_longest_length_too(void **state)
{
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    const size_t longest = sizeof(path) - 2;
    const char *start = temp_path();
    mio_unix_listener listener;
    mio_unix_stream stream;
    mio_addr peer;
    (void)state;
    assert_true(strlen(start) < longest);
    memset(path, 'p', sizeof(path));
    memcpy(path, start, strlen(start));
    path[longest + 1] = '\0';
    assert_error(mio_unix_listener_bind(&listener, path),
                 MIO_ERR_NAME_TOO_LONG);
    assert_error(mio_unix_stream_connect(&stream, path), MIO_ERR_NAME_TOO_LONG);
    path[longest] = '\0';
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_unix_stream_connect(&stream, path));
    assert_ok(mio_unix_stream_peer_addr(&stream, &peer));
    assert_string_equal(mio_addr_path(&peer, NULL), path);
    assert_int_equal(unlink(path), 0);
    mio_unix_stream_close(&stream);
    mio_unix_listener_close(&listener);
}

static void the_longest_abstract_name_works(void **state)
{
    char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    const size_t longest = sizeof(name) - 1;
    mio_unix_listener listener;
    mio_unix_stream stream;
    mio_addr addr;
    mio_addr peer;
    size_t length = 0;
    (void)state;
    need_abstract_names();
    memset(name, 'n', sizeof(name));
    assert_true(snprintf(name, sizeof(name), "libmio-%ld", (long)getpid()) > 0);
    assert_error(mio_addr_unix_abstract(&addr, name, longest + 1),
                 MIO_ERR_NAME_TOO_LONG);
    assert_ok(mio_addr_unix_abstract(&addr, name, longest));
    assert_ok(mio_unix_listener_bind_addr(&listener, &addr));
    assert_ok(mio_unix_stream_connect_addr(&stream, &addr));
    assert_ok(mio_unix_stream_peer_addr(&stream, &peer));
    const void *read = mio_addr_abstract_name(&peer, &length);
    assert_non_null(read);
    assert_int_equal(length, longest);
    assert_memory_equal(read, name, longest);
    mio_unix_stream_close(&stream);
    mio_unix_listener_close(&listener);
}

/* An abstract name is in use only as long as its socket is open. */
static void an_abstract_name_is_free_after_close(void **state)
{
    const mio_addr name = abstract_addr();
    mio_unix_listener listener;
    mio_unix_listener second;
    (void)state;
    assert_ok(mio_unix_listener_bind_addr(&listener, &name));
    assert_error(mio_unix_listener_bind_addr(&second, &name),
                 MIO_ERR_ADDR_IN_USE);
    mio_unix_listener_close(&listener);
    assert_ok(mio_unix_listener_bind_addr(&second, &name));
    mio_unix_listener_close(&second);
}

static void other_families_are_refused(void **state)
{
    const mio_addr ip = any_v4();
    const mio_addr none = {0};
    mio_unix_listener listener;
    mio_unix_stream stream;
    mio_unix_datagram datagram;
    (void)state;
    for (int i = 0; i < 2; i++) {
        const mio_addr *addr = i == 0 ? &ip : &none;
        assert_error(mio_unix_listener_bind_addr(&listener, addr),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_unix_stream_connect_addr(&stream, addr),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_unix_datagram_bind_addr(&datagram, addr),
                     MIO_ERR_INVALID_INPUT);
        assert_ok(mio_unix_datagram_unbound(&datagram));
        assert_error(mio_unix_datagram_connect_addr(&datagram, addr),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_unix_datagram_send_to(&datagram, "x", 1, addr),
                     MIO_ERR_INVALID_INPUT);
        mio_unix_datagram_close(&datagram);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(abstract_names_reach_their_socket),
        TEST_BARE(an_abstract_name_may_hold_any_bytes),
        TEST_BARE(paths_have_a_longest_length),
        TEST_BARE(binding_fails_as_documented),
        TEST_BARE(stream_names_have_a_longest_length_too),
        TEST_BARE(the_longest_abstract_name_works),
        TEST_BARE(an_abstract_name_is_free_after_close),
        TEST_BARE(other_families_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
