/* misuse_kind.c: sockets of the wrong kind, and what is no socket, are not
 * taken over (G9). With Unix sockets and pipes too: misuse_unix.c. */
#include "support.h"

enum kind { TCP_LISTENER, TCP_STREAM, UDP_SOCKET, KIND_COUNT };

/* An object of any kind: all begin with their source. */
union object {
    mio_source source;
    mio_tcp_listener tcp_listener;
    mio_tcp_stream tcp_stream;
    mio_udp_socket udp_socket;
};

static int take_over(enum kind kind, union object *object, mio_fd fd)
{
    void *any = object; /* the members of NULL have no address */
    switch (kind) {
    case TCP_LISTENER:
        return mio_tcp_listener_from_fd(any, fd);
    case TCP_STREAM:
        return mio_tcp_stream_from_fd(any, fd);
    case UDP_SOCKET:
        return mio_udp_socket_from_fd(any, fd);
    case KIND_COUNT:
        break;
    }
    return MIO_ERR_OTHER;
}

/* Opens one descriptor of each kind, and the end that the stream needs. */
static mio_fd open_each_kind(mio_fd fds[KIND_COUNT])
{
    mio_addr addr = any_v4();
    mio_addr udp_addr = any_v4();
    fds[TCP_LISTENER] = valid_fd(peer_tcp_listen(&addr));
    fds[TCP_STREAM] = valid_fd(peer_tcp_connect(&addr));
    fds[UDP_SOCKET] = valid_fd(peer_udp_bind(&udp_addr));
    return valid_fd(peer_accept(fds[TCP_LISTENER]));
}

/* Every kind refuses the descriptors of the others and leaves them as they
 * are; and it takes its own as it comes, blocking and inherited. */
static void a_socket_of_another_kind_is_refused(void **state)
{
    mio_fd fds[KIND_COUNT];
    (void)state;
    const mio_fd server = open_each_kind(fds);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        union object object;
        fd_set_inherited(fds[kind]);
        for (enum kind other = 0; other < KIND_COUNT; other++) {
            if (other != kind) {
                assert_error(take_over(other, &object, fds[kind]),
                             MIO_ERR_INVALID_INPUT);
            }
        }
        assert_false(fd_is_nonblocking(fds[kind]));
        assert_false(fd_is_cloexec(fds[kind]));
        assert_ok(take_over(kind, &object, fds[kind]));
        assert_int_equal(object.source.fd, fds[kind]);
        assert_nonblocking_cloexec(fds[kind]);
        fd_close(fds[kind]);
    }
    fd_close(server);
}

static void no_socket_at_all_is_refused(void **state)
{
    mio_fd closed[2];
    (void)state;
    assert_true(peer_pair(closed));
    fd_close(closed[0]);
    fd_close(closed[1]);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        union object object;
        assert_error(take_over(kind, NULL, closed[0]), MIO_ERR_INVALID_INPUT);
        assert_error(take_over(kind, &object, MIO_FD_INVALID),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_error(take_over(kind, &object, closed[0]),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_error(take_over(kind, &object, (mio_fd)1 << 24),
                     MIO_ERR_BAD_DESCRIPTOR);
    }
}

/* Nor does a registry take it. */
static void what_is_closed_is_not_registered(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_fd closed[2];
    assert_true(peer_pair(closed));
    assert_ok(mio_source_from_fd(&source, closed[0]));
    fd_close(closed[0]);
    fd_close(closed[1]);
    assert_error(mio_registry_register(f->registry, &source, 1, MIO_READABLE),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_false(mio_source_is_registered(&source));
    expect_quiet(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(a_socket_of_another_kind_is_refused),
        TEST_BARE(no_socket_at_all_is_refused),
        TEST(what_is_closed_is_not_registered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
