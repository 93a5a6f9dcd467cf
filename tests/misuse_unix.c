/* misuse_unix.c: every function of Unix sockets and pipes with NULL, closed
 * and foreign objects (G9), and descriptors of the wrong kind for all types.
 * What all systems have of it: misuse_io.c, misuse_kind.c. */
#include "unix_support.h"

#define TEXT_ROOM 8

static char data[TEXT_ROOM];
static const mio_buffer buffer = {data, TEXT_ROOM};
static mio_addr addr;

/* ---- Unix listeners and streams -----------------------------------------*/

static void check_unix_listener(mio_unix_listener *listener, int error)
{
    mio_unix_stream stream;
    assert_error(mio_unix_listener_accept(listener, &stream, &addr), error);
    assert_error(mio_unix_listener_local_addr(listener, &addr), error);
    assert_error(mio_unix_listener_take_error(listener), error);
    assert_int_equal(mio_unix_listener_into_fd(listener), MIO_FD_INVALID);
}

static void closed_unix_listeners(void **state)
{
    mio_unix_listener listener;
    mio_unix_stream stream;
    const mio_addr name = fresh_addr();
    (void)state;
    CHECK_CLOSED(mio_unix_listener, check_unix_listener,
                 mio_unix_listener_close);
    assert_error(mio_unix_listener_bind(NULL, "x"), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_listener_bind(&listener, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_listener_bind(&listener, ""), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_listener_bind_addr(NULL, &name),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_listener_bind_addr(&listener, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_unix_listener_bind_addr(&listener, &name));
    assert_error(mio_unix_listener_accept(&listener, NULL, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_listener_accept(&listener, &stream, NULL),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_unix_listener_local_addr(&listener, NULL),
                 MIO_ERR_INVALID_INPUT);
    mio_unix_listener_close(&listener);
    check_unix_listener(&listener, MIO_ERR_BAD_DESCRIPTOR);
    mio_unix_listener_close(&listener);
}

static void check_unix_stream(mio_unix_stream *stream, int error)
{
    mio_credentials credentials;
    mio_fd fd = STDIN_FILENO;
    size_t count = 0;
    assert_error(mio_unix_stream_read(stream, data, TEXT_ROOM), error);
    assert_error(mio_unix_stream_write(stream, data, TEXT_ROOM), error);
    assert_error(mio_unix_stream_readv(stream, &buffer, 1), error);
    assert_error(mio_unix_stream_writev(stream, &buffer, 1), error);
    assert_error(mio_unix_stream_peek(stream, data, TEXT_ROOM), error);
    assert_error(mio_unix_stream_shutdown(stream, MIO_SHUTDOWN_BOTH), error);
    assert_error(mio_unix_stream_local_addr(stream, &addr), error);
    assert_error(mio_unix_stream_peer_addr(stream, &addr), error);
    assert_error(mio_unix_stream_take_error(stream), error);
    assert_error(mio_unix_stream_peer_credentials(stream, &credentials), error);
    assert_error(mio_unix_stream_send_fds(stream, data, 1, &fd, 1), error);
    assert_error(mio_unix_stream_recv_fds(stream, data, 1, &fd, 1, &count),
                 error);
    assert_int_equal(mio_unix_stream_into_fd(stream), MIO_FD_INVALID);
}

static void closed_unix_streams(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    const mio_addr name = fresh_addr();
    (void)state;
    CHECK_CLOSED(mio_unix_stream, check_unix_stream, mio_unix_stream_close);
    assert_error(mio_unix_stream_connect(NULL, "x"), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_connect(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_connect(&a, ""), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_connect_addr(NULL, &name),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_connect_addr(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_pair(NULL, &b), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_pair(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_error(mio_unix_stream_read(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_peek(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_write(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_readv(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_writev(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_shutdown(&a, (mio_shutdown)-1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_local_addr(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_peer_addr(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_peer_credentials(&a, NULL),
                 MIO_ERR_INVALID_INPUT);
    mio_unix_stream_close(&a);
    check_unix_stream(&a, MIO_ERR_BAD_DESCRIPTOR);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

/* ---- Unix datagram sockets ----------------------------------------------*/

static void check_unix_datagram(mio_unix_datagram *socket, int error)
{
    const mio_addr name = fresh_addr();
    assert_error(mio_unix_datagram_connect(socket, "x"), error);
    assert_error(mio_unix_datagram_connect_addr(socket, &name), error);
    assert_error(mio_unix_datagram_send(socket, data, 1), error);
    assert_error(mio_unix_datagram_send_to(socket, data, 1, &name), error);
    assert_error(mio_unix_datagram_recv(socket, data, 1), error);
    assert_error(mio_unix_datagram_recv_from(socket, data, 1, &addr), error);
    assert_error(mio_unix_datagram_peek(socket, data, 1), error);
    assert_error(mio_unix_datagram_peek_from(socket, data, 1, &addr), error);
    assert_error(mio_unix_datagram_shutdown(socket, MIO_SHUTDOWN_BOTH), error);
    assert_error(mio_unix_datagram_local_addr(socket, &addr), error);
    assert_error(mio_unix_datagram_peer_addr(socket, &addr), error);
    assert_error(mio_unix_datagram_take_error(socket), error);
    assert_int_equal(mio_unix_datagram_into_fd(socket), MIO_FD_INVALID);
}

static void closed_unix_datagrams(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    const mio_addr name = fresh_addr();
    (void)state;
    CHECK_CLOSED(mio_unix_datagram, check_unix_datagram,
                 mio_unix_datagram_close);
    assert_error(mio_unix_datagram_bind(NULL, "x"), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_bind(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_bind(&a, ""), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_bind_addr(NULL, &name),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_bind_addr(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_unbound(NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_pair(NULL, &b), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_pair(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_ok(mio_unix_datagram_pair(&a, &b));
    assert_error(mio_unix_datagram_connect(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_connect(&a, ""), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_connect_addr(&a, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_send(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_send_to(&a, NULL, 1, &name),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_send_to(&a, data, 1, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_recv(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_recv_from(&a, NULL, 1, &addr),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_peek(&a, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_peek_from(&a, NULL, 1, &addr),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_shutdown(&a, (mio_shutdown)7),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_local_addr(&a, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_datagram_peer_addr(&a, NULL), MIO_ERR_INVALID_INPUT);
    mio_unix_datagram_close(&a);
    check_unix_datagram(&a, MIO_ERR_BAD_DESCRIPTOR);
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

/* ---- Pipes --------------------------------------------------------------*/

static void check_sender(mio_pipe_sender *sender, int error)
{
    assert_error(mio_pipe_sender_write(sender, data, 1), error);
    assert_error(mio_pipe_sender_writev(sender, &buffer, 1), error);
    assert_error(mio_pipe_sender_set_nonblocking(sender, true), error);
    assert_int_equal(mio_pipe_sender_into_fd(sender), MIO_FD_INVALID);
}

static void check_receiver(mio_pipe_receiver *receiver, int error)
{
    assert_error(mio_pipe_receiver_read(receiver, data, 1), error);
    assert_error(mio_pipe_receiver_readv(receiver, &buffer, 1), error);
    assert_error(mio_pipe_receiver_set_nonblocking(receiver, true), error);
    assert_int_equal(mio_pipe_receiver_into_fd(receiver), MIO_FD_INVALID);
}

static void closed_pipes(void **state)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    (void)state;
    CHECK_CLOSED(mio_pipe_sender, check_sender, mio_pipe_sender_close);
    CHECK_CLOSED(mio_pipe_receiver, check_receiver, mio_pipe_receiver_close);
    assert_error(mio_pipe_open(NULL, &receiver), MIO_ERR_INVALID_INPUT);
    assert_error(mio_pipe_open(&sender, NULL), MIO_ERR_INVALID_INPUT);
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_error(mio_pipe_sender_write(&sender, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_pipe_sender_writev(&sender, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_pipe_receiver_read(&receiver, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_pipe_receiver_readv(&receiver, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    mio_pipe_sender_close(&sender);
    check_sender(&sender, MIO_ERR_BAD_DESCRIPTOR);
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
    check_receiver(&receiver, MIO_ERR_BAD_DESCRIPTOR);
    mio_pipe_receiver_close(&receiver);
}

/* ---- Descriptors of the wrong kind --------------------------------------*/

enum kind {
    TCP_LISTENER,
    TCP_STREAM,
    UDP_SOCKET,
    UNIX_LISTENER,
    UNIX_STREAM,
    UNIX_DATAGRAM,
    PIPE_SENDER,
    PIPE_RECEIVER,
    KIND_COUNT
};

/* An object of any kind: all begin with their source. */
union object {
    mio_source source;
    mio_tcp_listener tcp_listener;
    mio_tcp_stream tcp_stream;
    mio_udp_socket udp_socket;
    mio_unix_listener unix_listener;
    mio_unix_stream unix_stream;
    mio_unix_datagram unix_datagram;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
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
    case UNIX_LISTENER:
        return mio_unix_listener_from_fd(any, fd);
    case UNIX_STREAM:
        return mio_unix_stream_from_fd(any, fd);
    case UNIX_DATAGRAM:
        return mio_unix_datagram_from_fd(any, fd);
    case PIPE_SENDER:
        return mio_pipe_sender_from_fd(any, fd);
    case PIPE_RECEIVER:
        return mio_pipe_receiver_from_fd(any, fd);
    case KIND_COUNT:
        break;
    }
    return MIO_ERR_OTHER;
}

/* Opens one descriptor of each kind. The last two are the ends of a pipe. */
static void open_each_kind(mio_fd fds[KIND_COUNT])
{
    mio_addr any = any_v4();
    mio_addr udp_any = any_v4();
    mio_unix_listener listener;
    const mio_addr name = fresh_addr();
    int ends[2];
    fds[TCP_LISTENER] = peer_tcp_listen(&any);
    fds[TCP_STREAM] = peer_tcp_connect(&any);
    fds[UDP_SOCKET] = peer_udp_bind(&udp_any);
    assert_ok(mio_unix_listener_bind_addr(&listener, &name));
    fds[UNIX_LISTENER] = mio_unix_listener_into_fd(&listener);
    fds[UNIX_STREAM] = socket(AF_UNIX, SOCK_STREAM, 0);
    fds[UNIX_DATAGRAM] = socket(AF_UNIX, SOCK_DGRAM, 0);
    raw_pipe(ends, false);
    fds[PIPE_SENDER] = ends[1];
    fds[PIPE_RECEIVER] = ends[0];
    for (int i = 0; i < KIND_COUNT; i++) {
        assert_true(fds[i] >= 0);
        fd_set_blocking(fds[i], true);
    }
}

/* Every kind refuses the descriptors of all others and leaves them as they
 * are. Pipe ends take any descriptor that can be read or written, for a
 * child's standard streams may be sockets. */
static void a_descriptor_of_another_kind_is_refused(void **state)
{
    mio_fd fds[KIND_COUNT];
    (void)state;
    open_each_kind(fds);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        const bool pipe_end = kind == PIPE_SENDER || kind == PIPE_RECEIVER;
        for (int i = 0; i < KIND_COUNT; i++) {
            union object object;
            const bool other_end = i == PIPE_SENDER || i == PIPE_RECEIVER;
            if (i == (int)kind || (pipe_end && !other_end)) {
                continue;
            }
            assert_error(take_over(kind, &object, fds[i]),
                         other_end && !pipe_end ? MIO_ERR_BAD_DESCRIPTOR
                                                : MIO_ERR_INVALID_INPUT);
            assert_false(fd_is_nonblocking(fds[i]));
        }
    }
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        union object object;
        assert_ok(take_over(kind, &object, fds[kind]));
        assert_int_equal(object.source.fd, fds[kind]);
        assert_nonblocking_cloexec(fds[kind]);
        fd_close(fds[kind]);
    }
}

static void no_descriptor_at_all_is_refused(void **state)
{
    int ends[2];
    (void)state;
    raw_pipe(ends, false);
    fd_close(ends[0]);
    fd_close(ends[1]);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        union object object;
        assert_error(take_over(kind, NULL, STDIN_FILENO),
                     MIO_ERR_INVALID_INPUT);
        assert_error(take_over(kind, &object, MIO_FD_INVALID),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_error(take_over(kind, &object, ends[0]), MIO_ERR_BAD_DESCRIPTOR);
        assert_error(take_over(kind, &object, 1 << 24), MIO_ERR_BAD_DESCRIPTOR);
    }
}

/* ---- What is no source ----------------------------------------------------*/

static void what_cannot_be_waited_for_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *path = temp_path();
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int unwaitable[] = {file, directory};
    mio_source source;
    for (size_t i = 0; i < ARRAY_LENGTH(unwaitable); i++) {
        assert_true(unwaitable[i] >= 0);
        assert_ok(mio_source_from_fd(&source, unwaitable[i]));
        assert_error(
            mio_registry_register(f->registry, &source, 1, MIO_READABLE),
            MIO_ERR_UNSUPPORTED);
        fd_close(unwaitable[i]);
        assert_error(
            mio_registry_register(f->registry, &source, 1, MIO_READABLE),
            MIO_ERR_BAD_DESCRIPTOR);
        assert_false(mio_source_is_registered(&source));
    }
    expect_quiet(f);
}

static void a_negative_number_is_no_descriptor(void **state)
{
    mio_source source;
    (void)state;
    assert_error(mio_source_from_fd(&source, -2), MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_source_from_fd(&source, INT32_MIN),
                 MIO_ERR_BAD_DESCRIPTOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(closed_unix_listeners),
        TEST_BARE(closed_unix_streams),
        TEST_BARE(closed_unix_datagrams),
        TEST_BARE(closed_pipes),
        TEST_BARE(a_descriptor_of_another_kind_is_refused),
        TEST_BARE(no_descriptor_at_all_is_refused),
        TEST(what_cannot_be_waited_for_is_refused),
        TEST_BARE(a_negative_number_is_no_descriptor),
    };
    if (!fd_0_open()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
