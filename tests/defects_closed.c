/* defects_closed.c: what goes wrong in mio 1.2 when something is closed or has
 * failed; the other half of defects.c. */
#include "unix_support.h"

enum { SOURCE = 1, OTHER = 2, LIVE = 3 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

/* ---- An error on a socket that lives on ---------------------------------*/

/* A connected UDP socket whose peer is gone and has refused a datagram. */
static void refused_socket(struct fixture *f, mio_udp_socket *socket,
                           mio_addr *peer, mio_interest interest)
{
    const mio_addr any = any_v4();
    mio_udp_socket gone;
    assert_ok(mio_udp_socket_bind(socket, &any));
    assert_ok(mio_udp_socket_bind(&gone, &any));
    assert_ok(mio_udp_socket_local_addr(&gone, peer));
    assert_ok(mio_udp_socket_connect(socket, peer));
    assert_ok(
        mio_registry_register(f->registry, &socket->source, SOURCE, interest));
    if ((interest & MIO_WRITABLE) != 0) {
        expect_event(f, SOURCE, R_WRITABLE);
    }
    mio_udp_socket_close(&gone);
    assert_count(mio_udp_socket_send(socket, "x", 1), 1);
}

/* mio: claims that writing has ended; and on poll(2) the socket is
 * deregistered for good, the second read says "not found", and so do
 * reregister and deregister. */
static void a_refused_datagram_does_not_end_a_socket(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket socket;
    mio_udp_socket next;
    mio_addr peer;
    mio_addr local;
    char data[8];
    refused_socket(f, &socket, &peer, BOTH);
    expect_event(f, SOURCE, R_ERROR | R_READABLE | R_WRITABLE);
    for (int i = 0; i < f->count; i++) {
        assert_int_equal(
            readiness_of(&f->events[i]) & (R_WRITE_CLOSED | R_READ_CLOSED), 0);
    }
    assert_true(mio_source_is_registered(&socket.source));
    assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                 MIO_ERR_CONNECTION_REFUSED);
    assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);

    assert_ok(mio_udp_socket_local_addr(&socket, &local));
    assert_ok(mio_udp_socket_bind(&next, &peer));
    for (int i = 0; i < 3; i++) {
        assert_count(mio_udp_socket_send_to(&next, "abc", 3, &local), 3);
        expect_event(f, SOURCE, R_READABLE);
        assert_count(mio_udp_socket_recv(&socket, data, sizeof(data)), 3);
        assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                     MIO_ERR_WOULD_BLOCK);
    }
    assert_ok(mio_registry_reregister(f->registry, &socket.source, OTHER,
                                      MIO_READABLE));
    assert_count(mio_udp_socket_send_to(&next, "abc", 3, &local), 3);
    expect_event(f, OTHER, R_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &socket.source));
    mio_udp_socket_close(&socket);
    mio_udp_socket_close(&next);
}

/* The error is taken in place of a read, and the socket is armed again by the
 * read that follows. */
static void an_error_that_was_taken_comes_again(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket socket;
    mio_addr peer;
    char data[8];
    refused_socket(f, &socket, &peer, MIO_READABLE);
    for (int i = 0; i < 3; i++) {
        expect_event(f, SOURCE, R_ERROR);
        assert_error(mio_udp_socket_take_error(&socket),
                     MIO_ERR_CONNECTION_REFUSED);
        assert_ok(mio_udp_socket_take_error(&socket));
        assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                     MIO_ERR_WOULD_BLOCK);
        expect_quiet(f);
        assert_count(mio_udp_socket_send(&socket, "x", 1), 1);
    }
    expect_event(f, SOURCE, R_ERROR);
    mio_udp_socket_close(&socket);
}

/* An error that nobody looks at is reported once, not in every wait (G11). */
static void an_error_does_not_spin(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket socket;
    mio_addr peer;
    refused_socket(f, &socket, &peer, MIO_READABLE);
    expect_event(f, SOURCE, R_ERROR);
    expect_sleep(f);
    mio_udp_socket_close(&socket);
}

static void a_hangup_does_not_spin(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    mio_unix_stream_close(&b);
    expect_event(f, SOURCE, R_READ_CLOSED | R_WRITE_CLOSED);
    expect_sleep(f);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 0);
    expect_sleep(f);
    assert_ok(
        mio_registry_reregister(f->registry, &a.source, OTHER, MIO_READABLE));
    expect_event(f, OTHER, R_READ_CLOSED);
    assert_ok(mio_registry_deregister(f->registry, &a.source));
    expect_quiet(f);
    mio_unix_stream_close(&a);
}

/* ---- The peer's end, seen while only writing ----------------------------*/

static void a_unix_peer_that_closes_is_seen_while_writing(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_WRITABLE));
    expect_only(f, SOURCE, R_WRITABLE);
    mio_unix_stream_close(&b);
    expect_event(f, SOURCE, R_WRITABLE | R_READ_CLOSED | R_WRITE_CLOSED);
    mio_unix_stream_close(&a);
}

/* mio: not reported on epoll, nor on poll(2). */
static void a_tcp_fin_is_seen_while_writing(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    tcp_pair(&client, &server);
    assert_ok(mio_registry_register(f->registry, &client.source, SOURCE,
                                    MIO_WRITABLE));
    expect_event(f, SOURCE, R_WRITABLE);
    assert_ok(mio_tcp_stream_shutdown(&server, MIO_SHUTDOWN_WRITE));
    expect_event(f, SOURCE, R_READ_CLOSED);
    for (int i = 0; i < f->count; i++) {
        assert_int_equal(readiness_of(&f->events[i]) & R_WRITE_CLOSED, 0);
    }
    assert_count(mio_tcp_stream_write(&client, "x", 1), 1);
    expect_sleep(f);
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
}

/* ---- Descriptors closed behind the library's back -----------------------*/

/* mio on poll(2): flagless events, and no wait sleeps any more. */
static void closed_without_deregistering(struct fixture *f, mio_interest mode)
{
    mio_source source;
    mio_pipe_sender sender;
    mio_pipe_receiver live;
    int fds[2];
    raw_pipe(fds, true);
    assert_ok(mio_pipe_open(&sender, &live));
    assert_ok(
        mio_registry_register(f->registry, &live.source, LIVE, MIO_READABLE));
    assert_ok(mio_source_from_fd(&source, fds[0]));
    assert_ok(mio_registry_register(f->registry, &source, SOURCE,
                                    MIO_READABLE | mode));
    expect_quiet(f);
    fd_close(fds[0]);
    const int count = fixture_wait(f, 10 * MILLISECOND);
    assert_in_range(count, 0, 1);
    if (count == 1) {
        assert_int_equal(mio_event_token(&f->events[0]), SOURCE);
        assert_true(mio_event_is_error(&f->events[0]));
        assert_true(mio_event_is_readable(&f->events[0]));
    }
    expect_sleep(f);

    /* The other sources are none the worse for it (G12). */
    assert_count(mio_pipe_sender_write(&sender, "x", 1), 1);
    expect_only(f, LIVE, R_READABLE);
    assert_error_among(mio_registry_deregister(f->registry, &source), 0,
                       MIO_ERR_NOT_FOUND, MIO_ERR_BAD_DESCRIPTOR);
    assert_false(mio_source_is_registered(&source));
    expect_quiet(f);
    mio_pipe_sender_close(&sender);
    expect_event(f, LIVE, R_READ_CLOSED);
    mio_pipe_receiver_close(&live);
    fd_close(fds[1]);
}

static void a_closed_descriptor_does_not_spin(void **state)
{
    closed_without_deregistering(*state, 0);
}

static void a_closed_descriptor_does_not_spin_level(void **state)
{
    closed_without_deregistering(*state, MIO_LEVEL);
}

static void a_closed_descriptor_does_not_spin_oneshot(void **state)
{
    closed_without_deregistering(*state, MIO_ONESHOT);
}

/* mio on epoll: as long as a duplicate is open, events come for a source that
 * is gone. */
static void a_duplicate_gives_no_ghost_events(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    assert_ok(mio_registry_register(f->registry, &receiver.source, OTHER,
                                    MIO_READABLE | MIO_LEVEL));
    const mio_fd copy_a = fd_duplicate(a.source.fd);
    const mio_fd copy_receiver = fd_duplicate(receiver.source.fd);
    mio_unix_stream_close(&a);
    mio_pipe_receiver_close(&receiver);
    assert_count(mio_unix_stream_write(&b, "ghost", 5), 5);
    assert_count(mio_pipe_sender_write(&sender, "ghost", 5), 5);
    expect_no_events(f);
    mio_unix_stream_close(&b);
    mio_pipe_sender_close(&sender);
    expect_no_events(f);
    fd_close(copy_a);
    fd_close(copy_receiver);
}

/* The same when the descriptor is given away, which keeps it open. */
static void a_descriptor_given_away_gives_no_events(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, SOURCE, BOTH));
    const mio_fd fd = mio_unix_stream_into_fd(&a);
    assert_count(mio_unix_stream_write(&b, "ghost", 5), 5);
    expect_no_events(f);
    mio_unix_stream_close(&b);
    expect_quiet(f);
    fd_close(fd);
}

/* The system gives the number of a closed descriptor to the next one. */
static void a_number_used_again_is_another_source(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    mio_unix_stream c;
    mio_unix_stream d;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, SOURCE, BOTH));
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    const mio_fd number = a.source.fd;
    mio_unix_stream_close(&a);
    assert_ok(mio_unix_stream_pair(&c, &d));
    assert_int_equal(c.source.fd, number);
    expect_quiet(f);
    assert_ok(
        mio_registry_register(f->registry, &c.source, OTHER, MIO_READABLE));
    expect_quiet(f);
    assert_count(mio_unix_stream_write(&d, "x", 1), 1);
    expect_only(f, OTHER, R_READABLE);
    mio_unix_stream_close(&b);
    expect_quiet(f);
    mio_unix_stream_close(&c);
    mio_unix_stream_close(&d);
}

/* A stale object of the same number, which was never closed by the library,
 * has no power over the new one. */
static void a_closed_object_cannot_harm_its_successor(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    mio_unix_stream c;
    mio_unix_stream d;
    char data[4];
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    const mio_fd number = a.source.fd;
    mio_unix_stream_close(&a);
    assert_ok(mio_unix_stream_pair(&c, &d));
    assert_int_equal(c.source.fd, number);
    assert_ok(
        mio_registry_register(f->registry, &c.source, OTHER, MIO_READABLE));
    mio_unix_stream_close(&a);
    assert_error(mio_registry_deregister(f->registry, &a.source),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(
        mio_registry_reregister(f->registry, &a.source, SOURCE, MIO_READABLE),
        MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_unix_stream_read(&a, data, sizeof(data)),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_ok(mio_source_rearm(&a.source, MIO_READABLE));
    assert_count(mio_unix_stream_write(&d, "x", 1), 1);
    expect_only(f, OTHER, R_READABLE);
    mio_unix_stream_close(&b);
    mio_unix_stream_close(&c);
    mio_unix_stream_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_refused_datagram_does_not_end_a_socket),
        TEST(an_error_that_was_taken_comes_again),
        TEST(an_error_does_not_spin),
        TEST(a_hangup_does_not_spin),
        TEST(a_unix_peer_that_closes_is_seen_while_writing),
        TEST(a_tcp_fin_is_seen_while_writing),
        TEST(a_closed_descriptor_does_not_spin),
        TEST(a_closed_descriptor_does_not_spin_level),
        TEST(a_closed_descriptor_does_not_spin_oneshot),
        TEST(a_duplicate_gives_no_ghost_events),
        TEST(a_descriptor_given_away_gives_no_events),
        TEST(a_number_used_again_is_another_source),
        TEST(a_closed_object_cannot_harm_its_successor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
