/* subject.c: the subjects of unix_support.h. */
#include "unix_support.h"

struct subject_kind {
    mio_source *(*open)(struct subject *subject);
    void (*close)(struct subject *subject);
    void (*feed)(struct subject *subject);
    mio_ssize (*take)(struct subject *subject); /* 0 or more, or an error */
};

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
    listen_on(&subject->near.tcp_listener, &subject->addr);
    return &subject->near.tcp_listener.source;
}

static void tcp_listener_close(struct subject *subject)
{
    for (unsigned i = 0; i < SUBJECT_CLIENTS; i++) {
        mio_tcp_stream_close(&subject->far.tcp_clients[i]);
    }
    mio_tcp_listener_close(&subject->near.tcp_listener);
}

static void tcp_listener_feed(struct subject *subject)
{
    mio_tcp_stream *client = &subject->far.tcp_clients[subject->fed];
    assert_ok(mio_tcp_stream_connect(client, &subject->addr));
    connect_soon(client);
}

static mio_ssize tcp_listener_take(struct subject *subject)
{
    mio_tcp_stream stream;
    const int result =
        mio_tcp_listener_accept(&subject->near.tcp_listener, &stream, NULL);
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
    subject->addr = abstract_addr();
    assert_ok(mio_unix_listener_bind_addr(&subject->near.unix_listener,
                                          &subject->addr));
    return &subject->near.unix_listener.source;
}

static void unix_listener_close(struct subject *subject)
{
    for (unsigned i = 0; i < SUBJECT_CLIENTS; i++) {
        mio_unix_stream_close(&subject->far.unix_clients[i]);
    }
    mio_unix_listener_close(&subject->near.unix_listener);
}

static void unix_listener_feed(struct subject *subject)
{
    assert_ok(mio_unix_stream_connect_addr(
        &subject->far.unix_clients[subject->fed], &subject->addr));
}

static mio_ssize unix_listener_take(struct subject *subject)
{
    mio_unix_stream stream;
    const int result =
        mio_unix_listener_accept(&subject->near.unix_listener, &stream, NULL);
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
    tcp_pair(&subject->near.tcp_stream, &subject->far.tcp_stream);
    return &subject->near.tcp_stream.source;
}

static void tcp_stream_close(struct subject *subject)
{
    mio_tcp_stream_close(&subject->near.tcp_stream);
    mio_tcp_stream_close(&subject->far.tcp_stream);
}

static void tcp_stream_feed(struct subject *subject)
{
    assert_count(mio_tcp_stream_write(&subject->far.tcp_stream, "x", 1), 1);
}

static mio_ssize tcp_stream_take(struct subject *subject)
{
    char data[1];
    return mio_tcp_stream_read(&subject->near.tcp_stream, data, sizeof(data));
}

const struct subject_kind subject_tcp_stream = {
    tcp_stream_open, tcp_stream_close, tcp_stream_feed, tcp_stream_take};

static mio_source *udp_socket_open(struct subject *subject)
{
    udp_pair(&subject->near.udp_socket, &subject->far.udp_socket);
    return &subject->near.udp_socket.source;
}

static void udp_socket_close(struct subject *subject)
{
    mio_udp_socket_close(&subject->near.udp_socket);
    mio_udp_socket_close(&subject->far.udp_socket);
}

static void udp_socket_feed(struct subject *subject)
{
    assert_count(mio_udp_socket_send(&subject->far.udp_socket, "x", 1), 1);
}

static mio_ssize udp_socket_take(struct subject *subject)
{
    char data[4];
    return mio_udp_socket_recv(&subject->near.udp_socket, data, sizeof(data));
}

const struct subject_kind subject_udp_socket = {
    udp_socket_open, udp_socket_close, udp_socket_feed, udp_socket_take};

static mio_source *unix_stream_open(struct subject *subject)
{
    assert_ok(mio_unix_stream_pair(&subject->near.unix_stream,
                                   &subject->far.unix_stream));
    return &subject->near.unix_stream.source;
}

static void unix_stream_close(struct subject *subject)
{
    mio_unix_stream_close(&subject->near.unix_stream);
    mio_unix_stream_close(&subject->far.unix_stream);
}

static void unix_stream_feed(struct subject *subject)
{
    assert_count(mio_unix_stream_write(&subject->far.unix_stream, "x", 1), 1);
}

static mio_ssize unix_stream_take(struct subject *subject)
{
    char data[1];
    return mio_unix_stream_read(&subject->near.unix_stream, data, sizeof(data));
}

const struct subject_kind subject_unix_stream = {
    unix_stream_open, unix_stream_close, unix_stream_feed, unix_stream_take};

static mio_source *unix_datagram_open(struct subject *subject)
{
    assert_ok(mio_unix_datagram_pair(&subject->near.unix_datagram,
                                     &subject->far.unix_datagram));
    return &subject->near.unix_datagram.source;
}

static void unix_datagram_close(struct subject *subject)
{
    mio_unix_datagram_close(&subject->near.unix_datagram);
    mio_unix_datagram_close(&subject->far.unix_datagram);
}

static void unix_datagram_feed(struct subject *subject)
{
    assert_count(mio_unix_datagram_send(&subject->far.unix_datagram, "x", 1),
                 1);
}

static mio_ssize unix_datagram_take(struct subject *subject)
{
    char data[4];
    return mio_unix_datagram_recv(&subject->near.unix_datagram, data,
                                  sizeof(data));
}

const struct subject_kind subject_unix_datagram = {
    unix_datagram_open, unix_datagram_close, unix_datagram_feed,
    unix_datagram_take};

static mio_source *pipe_open(struct subject *subject)
{
    assert_ok(mio_pipe_open(&subject->far.sender, &subject->near.receiver));
    return &subject->near.receiver.source;
}

static void pipe_close(struct subject *subject)
{
    mio_pipe_receiver_close(&subject->near.receiver);
    mio_pipe_sender_close(&subject->far.sender);
}

static void pipe_feed(struct subject *subject)
{
    assert_count(mio_pipe_sender_write(&subject->far.sender, "x", 1), 1);
}

static mio_ssize pipe_take(struct subject *subject)
{
    char data[1];
    return mio_pipe_receiver_read(&subject->near.receiver, data, sizeof(data));
}

const struct subject_kind subject_pipe = {pipe_open, pipe_close, pipe_feed,
                                          pipe_take};

/* ---- Foreign descriptors ------------------------------------------------*/

static mio_source *foreign_open(struct subject *subject, const int fds[2])
{
    subject->far.fd = fds[1];
    assert_ok(mio_source_from_fd(&subject->near.source, fds[0]));
    return &subject->near.source;
}

static mio_source *foreign_pipe_open(struct subject *subject)
{
    int fds[2];
    raw_pipe(fds, true);
    return foreign_open(subject, fds);
}

static mio_source *foreign_socket_open(struct subject *subject)
{
    int fds[2];
    raw_pair(fds, SOCK_STREAM);
    fd_set_blocking(fds[0], false);
    return foreign_open(subject, fds);
}

static void foreign_close(struct subject *subject)
{
    fd_close(subject->source->fd);
    fd_close(subject->far.fd);
}

static void foreign_feed(struct subject *subject)
{
    assert_int_equal(write(subject->far.fd, "x", 1), 1);
}

static mio_ssize foreign_take(struct subject *subject)
{
    char data[1];
    const mio_ssize n = read(subject->source->fd, data, sizeof(data));
    if (n >= 0) {
        return n;
    }
    const int error = mio_error_from_os(errno);
    if (error == MIO_ERR_WOULD_BLOCK) {
        assert_ok(mio_source_rearm(subject->source, MIO_READABLE));
    }
    return error;
}

const struct subject_kind subject_foreign_pipe = {
    foreign_pipe_open, foreign_close, foreign_feed, foreign_take};

const struct subject_kind subject_foreign_socket = {
    foreign_socket_open, foreign_close, foreign_feed, foreign_take};
