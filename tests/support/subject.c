/* subject.c: the subjects of subject.h that exist on every system. Unix
 * datagram sockets and pipes: subject_unix.c. */
#include "subject.h"

#include "subject_kind.h"
#include "unix_socket.h"

void subject_open(struct subject *subject, const struct subject_kind *kind)
{
    memset(subject, 0, sizeof(*subject));
    subject->kind = kind;
    subject->source = kind->open(subject);
}

void subject_close(struct fixture *fixture, struct subject *subject)
{
    if (mio_source_is_registered(subject->source)) {
        assert_ok(mio_registry_deregister(fixture->registry, subject->source));
    }
    subject->kind->close(subject);
}

void subject_feed(struct subject *subject)
{
    assert_in_range(subject->fed, 0, SUBJECT_CLIENTS - 1);
    subject->kind->feed(subject);
    subject->fed++;
}

void subject_take(struct subject *subject)
{
    assert_true(fd_await_readable(subject->source->fd));
    assert_true(subject->kind->take(subject) >= 0);
}

void subject_block(struct subject *subject)
{
    assert_error(subject->kind->take(subject), MIO_ERR_WOULD_BLOCK);
}

/* ---- Listeners ----------------------------------------------------------*/

static mio_source *tcp_listener_open(struct subject *subject)
{
    subject->addr = any_v4();
    listen_on(&subject->near_end.tcp_listener, &subject->addr);
    return &subject->near_end.tcp_listener.source;
}

static void tcp_listener_close(struct subject *subject)
{
    for (unsigned i = 0; i < SUBJECT_CLIENTS; i++) {
        mio_tcp_stream_close(&subject->far_end.tcp_clients[i]);
    }
    mio_tcp_listener_close(&subject->near_end.tcp_listener);
}

static void tcp_listener_feed(struct subject *subject)
{
    mio_tcp_stream *client = &subject->far_end.tcp_clients[subject->fed];
    assert_ok(mio_tcp_stream_connect(client, &subject->addr));
    connect_soon(client);
}

static mio_ssize tcp_listener_take(struct subject *subject)
{
    mio_tcp_stream stream;
    const int result =
        mio_tcp_listener_accept(&subject->near_end.tcp_listener, &stream, NULL);
    if (result == 0) {
        mio_tcp_stream_close(&stream);
    }
    return result;
}

const struct subject_kind subject_tcp_listener = {
    tcp_listener_open, tcp_listener_close, tcp_listener_feed,
    tcp_listener_take};

static mio_source *unix_listener_open(struct subject *subject)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    subject->addr = unix_temp_addr();
    assert_ok(mio_unix_listener_bind_addr(&subject->near_end.unix_listener,
                                          &subject->addr));
    return &subject->near_end.unix_listener.source;
}

static void unix_listener_close(struct subject *subject)
{
    for (unsigned i = 0; i < SUBJECT_CLIENTS; i++) {
        mio_unix_stream_close(&subject->far_end.unix_clients[i]);
    }
    mio_unix_listener_close(&subject->near_end.unix_listener);
}

static void unix_listener_feed(struct subject *subject)
{
    assert_ok(mio_unix_stream_connect_addr(
        &subject->far_end.unix_clients[subject->fed], &subject->addr));
}

static mio_ssize unix_listener_take(struct subject *subject)
{
    mio_unix_stream stream;
    const int result = mio_unix_listener_accept(
        &subject->near_end.unix_listener, &stream, NULL);
    if (result == 0) {
        mio_unix_stream_close(&stream);
    }
    return result;
}

const struct subject_kind subject_unix_listener = {
    unix_listener_open, unix_listener_close, unix_listener_feed,
    unix_listener_take};

/* ---- Pairs --------------------------------------------------------------*/

static mio_source *tcp_stream_open(struct subject *subject)
{
    tcp_pair(&subject->near_end.tcp_stream, &subject->far_end.tcp_stream);
    return &subject->near_end.tcp_stream.source;
}

static void tcp_stream_close(struct subject *subject)
{
    mio_tcp_stream_close(&subject->near_end.tcp_stream);
    mio_tcp_stream_close(&subject->far_end.tcp_stream);
}

static void tcp_stream_feed(struct subject *subject)
{
    assert_count(mio_tcp_stream_write(&subject->far_end.tcp_stream, "x", 1), 1);
}

static mio_ssize tcp_stream_take(struct subject *subject)
{
    char data[1];
    return mio_tcp_stream_read(&subject->near_end.tcp_stream, data,
                               sizeof(data));
}

const struct subject_kind subject_tcp_stream = {
    tcp_stream_open, tcp_stream_close, tcp_stream_feed, tcp_stream_take};

static mio_source *udp_socket_open(struct subject *subject)
{
    udp_pair(&subject->near_end.udp_socket, &subject->far_end.udp_socket);
    return &subject->near_end.udp_socket.source;
}

static void udp_socket_close(struct subject *subject)
{
    mio_udp_socket_close(&subject->near_end.udp_socket);
    mio_udp_socket_close(&subject->far_end.udp_socket);
}

static void udp_socket_feed(struct subject *subject)
{
    assert_count(mio_udp_socket_send(&subject->far_end.udp_socket, "x", 1), 1);
}

static mio_ssize udp_socket_take(struct subject *subject)
{
    char data[4];
    return mio_udp_socket_recv(&subject->near_end.udp_socket, data,
                               sizeof(data));
}

const struct subject_kind subject_udp_socket = {
    udp_socket_open, udp_socket_close, udp_socket_feed, udp_socket_take};

static mio_source *unix_stream_open(struct subject *subject)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    unix_pair(&subject->near_end.unix_stream, &subject->far_end.unix_stream);
    return &subject->near_end.unix_stream.source;
}

static void unix_stream_close(struct subject *subject)
{
    mio_unix_stream_close(&subject->near_end.unix_stream);
    mio_unix_stream_close(&subject->far_end.unix_stream);
}

static void unix_stream_feed(struct subject *subject)
{
    assert_count(mio_unix_stream_write(&subject->far_end.unix_stream, "x", 1),
                 1);
}

static mio_ssize unix_stream_take(struct subject *subject)
{
    char data[1];
    return mio_unix_stream_read(&subject->near_end.unix_stream, data,
                                sizeof(data));
}

const struct subject_kind subject_unix_stream = {
    unix_stream_open, unix_stream_close, unix_stream_feed, unix_stream_take};

/* ---- Foreign descriptors ------------------------------------------------*/

mio_source *foreign_open(struct subject *subject, const mio_fd fds[2])
{
    subject->far_end.fd = fds[1];
    assert_ok(mio_source_from_fd(&subject->near_end.source, fds[0]));
    return &subject->near_end.source;
}

void foreign_close(struct subject *subject)
{
    fd_close(subject->source->fd);
    fd_close(subject->far_end.fd);
}

mio_ssize foreign_took(struct subject *subject, ptrdiff_t count)
{
    const int error = count < 0 ? mio_error_from_os(mio_last_os_error()) : 0;

    if (error == MIO_ERR_WOULD_BLOCK) {
        assert_ok(mio_source_rearm(subject->source, MIO_READABLE));
    }
    return error != 0 ? error : count;
}

static mio_source *foreign_socket_open(struct subject *subject)
{
    mio_fd fds[2];
    assert_true(peer_pair(fds));
    fd_set_blocking(fds[0], false);
    return foreign_open(subject, fds);
}

static void foreign_socket_feed(struct subject *subject)
{
    assert_true(peer_send_all(subject->far_end.fd, "x", 1));
}

static mio_ssize foreign_socket_take(struct subject *subject)
{
    char data[1];
    return foreign_took(subject,
                        peer_recv(subject->source->fd, data, sizeof(data)));
}

const struct subject_kind subject_foreign_socket = {
    foreign_socket_open, foreign_close, foreign_socket_feed,
    foreign_socket_take};
