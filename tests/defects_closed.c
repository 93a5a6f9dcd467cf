/* defects_closed.c: what goes wrong in mio 1.2 when something is closed or has
 * failed; the other half of defects.c. */
#include "stream.h"

enum { SOURCE = 1, OTHER = 2, LIVE = 3 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

/* ---- An error on a socket that lives on ---------------------------------*/

/* Windows tells only who asks: mio_udp_socket_set_connection_reset. */
static bool refusals_are_told(void)
{
    return !on_windows();
}

#define SKIP_UNLESS_REFUSALS_ARE_TOLD()                                        \
    do {                                                                       \
        if (!refusals_are_told()) {                                            \
            SKIP("Windows does not tell of datagrams that were refused");      \
        }                                                                      \
    } while (0)

/* How an error shows that is the socket's only news: kqueue makes it ready and
 * does not say why. */
static unsigned error_alone(void)
{
    return backend_is("kqueue") ? R_READABLE : R_ERROR;
}

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
    if (refusals_are_told()) {
        expect_event(f, SOURCE, error_alone() | R_READABLE | R_WRITABLE);
        for (int i = 0; i < f->count; i++) {
            assert_int_equal(readiness_of(&f->events[i]) &
                                 (R_WRITE_CLOSED | R_READ_CLOSED),
                             0);
        }
        assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                     MIO_ERR_CONNECTION_REFUSED);
    } else {
        expect_no_events(f);
    }
    if (is_wine()) {
        mio_udp_socket_close(&socket);
        SKIP("Wine 8 watches no socket whose datagram was refused");
    }
    assert_true(mio_source_is_registered(&socket.source));
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
    SKIP_UNLESS_REFUSALS_ARE_TOLD();
    refused_socket(f, &socket, &peer, MIO_READABLE);
    for (int i = 0; i < 3; i++) {
        expect_event(f, SOURCE, error_alone());
        assert_error(mio_udp_socket_take_error(&socket),
                     MIO_ERR_CONNECTION_REFUSED);
        assert_ok(mio_udp_socket_take_error(&socket));
        assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                     MIO_ERR_WOULD_BLOCK);
        expect_quiet(f);
        assert_count(mio_udp_socket_send(&socket, "x", 1), 1);
    }
    expect_event(f, SOURCE, error_alone());
    mio_udp_socket_close(&socket);
}

/* An error that nobody looks at is reported once, not in every wait (G11). */
static void an_error_does_not_spin(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket socket;
    mio_addr peer;
    SKIP_UNLESS_REFUSALS_ARE_TOLD();
    refused_socket(f, &socket, &peer, MIO_READABLE);
    expect_event(f, SOURCE, error_alone());
    expect_sleep(f);
    mio_udp_socket_close(&socket);
}

/* On Windows the next receive fails, if that was asked for. */
static void a_refusal_is_told_if_asked_for(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket socket;
    mio_addr peer;
    char data[8];
    refused_socket(f, &socket, &peer, MIO_READABLE);
    const int result = mio_udp_socket_set_connection_reset(&socket, true);
    if (result == MIO_ERR_UNSUPPORTED) {
        mio_udp_socket_close(&socket);
        SKIP("there is no choice on this system");
    }
    assert_ok(result);
    assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_udp_socket_send(&socket, "x", 1), 1);
    if (is_wine()) {
        mio_udp_socket_close(&socket);
        SKIP("on Wine 8 the receive does not fail");
    }
    expect_event(f, SOURCE, R_READABLE);
    assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                 MIO_ERR_CONNECTION_RESET);
    assert_error(mio_udp_socket_recv(&socket, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_true(mio_source_is_registered(&socket.source));
    mio_udp_socket_close(&socket);
}

/* Nor is the end of a connection. */
static void an_end_does_not_spin(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    char data[8];
    tcp_pair(&client, &server);
    assert_ok(mio_registry_register(f->registry, &client.source, SOURCE,
                                    MIO_READABLE));
    mio_tcp_stream_close(&server);
    expect_event(f, SOURCE, R_READ_CLOSED);
    expect_sleep(f);
    assert_count(mio_tcp_stream_read(&client, data, sizeof(data)), 0);
    expect_sleep(f);
    assert_ok(mio_registry_reregister(f->registry, &client.source, OTHER,
                                      MIO_READABLE));
    expect_event(f, OTHER, R_READ_CLOSED);
    assert_ok(mio_registry_deregister(f->registry, &client.source));
    expect_quiet(f);
    mio_tcp_stream_close(&client);
}

/* ---- The peer's end, seen while only writing ----------------------------*/

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
    local_stream far_end;
    local_stream live;
    mio_fd fds[2];
    assert_true(peer_pair(fds));
    assert_ok(stream_pair(&far_end, &live));
    assert_ok(
        mio_registry_register(f->registry, &live.source, LIVE, MIO_READABLE));
    assert_ok(mio_source_from_fd(&source, fds[0]));
    assert_ok(mio_registry_register(f->registry, &source, SOURCE,
                                    MIO_READABLE | mode));
    expect_quiet(f);
    fd_close(fds[0]);
    expect_closed_once(f, SOURCE);

    /* The other sources are none the worse for it (G12). */
    assert_count(stream_write(&far_end, "x", 1), 1);
    expect_only(f, LIVE, R_READABLE);
    deregister_closed(f, &source);
    stream_drain(&live, 1);
    stream_close(&far_end);
    expect_event(f, LIVE, R_READ_CLOSED);
    stream_close(&live);
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
    local_stream a;
    local_stream b;
    const mio_interest modes[] = {0, MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        assert_ok(stream_pair(&a, &b));
        assert_ok(mio_registry_register(f->registry, &a.source, SOURCE,
                                        MIO_READABLE | modes[i]));
        const mio_fd copy = valid_fd(fd_duplicate(a.source.fd));
        stream_close(&a);
        assert_count(stream_write(&b, "ghost", 5), 5);
        expect_no_events(f);
        stream_close(&b);
        expect_no_events(f);
        fd_close(copy);
    }
}

/* The same when the descriptor is given away, which keeps it open. */
static void a_descriptor_given_away_gives_no_events(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    assert_ok(stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, SOURCE, BOTH));
    const mio_fd fd = stream_into_fd(&a);
    assert_count(stream_write(&b, "ghost", 5), 5);
    expect_no_events(f);
    stream_close(&b);
    expect_quiet(f);
    fd_close(fd);
}

/* Two connected sockets, the first of which has the number of a socket that
 * was closed: the system gives a number again, if perhaps not at once. */
static bool udp_pair_with_number(mio_fd number, mio_udp_socket *a,
                                 mio_udp_socket *b)
{
    mio_udp_socket others[2 * 32];
    size_t count = 0;
    bool found = false;
    while (!found && count < ARRAY_LENGTH(others)) {
        udp_pair(a, b);
        found = a->source.fd == number;
        if (!found) {
            others[count++] = *a;
            others[count++] = *b;
        }
    }
    while (count > 0) {
        mio_udp_socket_close(&others[--count]);
    }
    return found;
}

#define SKIP_UNLESS_NUMBER_COMES_AGAIN(number, a, b)                           \
    do {                                                                       \
        if (!udp_pair_with_number((number), (a), (b))) {                       \
            SKIP("the system has not given the number again");                 \
        }                                                                      \
    } while (0)

/* The system gives the number of a closed descriptor to the next one. */
static void a_number_used_again_is_another_source(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket a;
    mio_udp_socket b;
    mio_udp_socket c;
    mio_udp_socket d;
    udp_pair(&a, &b);
    assert_ok(mio_registry_register(f->registry, &a.source, SOURCE, BOTH));
    assert_count(mio_udp_socket_send(&b, "x", 1), 1);
    const mio_fd number = a.source.fd;
    mio_udp_socket_close(&a);
    mio_udp_socket_close(&b);
    SKIP_UNLESS_NUMBER_COMES_AGAIN(number, &c, &d);
    expect_quiet(f);
    assert_ok(
        mio_registry_register(f->registry, &c.source, OTHER, MIO_READABLE));
    expect_quiet(f);
    assert_count(mio_udp_socket_send(&d, "x", 1), 1);
    expect_only(f, OTHER, R_READABLE);
    mio_udp_socket_close(&c);
    mio_udp_socket_close(&d);
}

/* A stale object of the same number, which was never closed by the library,
 * has no power over the new one. */
static void a_closed_object_cannot_harm_its_successor(void **state)
{
    struct fixture *f = *state;
    mio_udp_socket a;
    mio_udp_socket b;
    mio_udp_socket c;
    mio_udp_socket d;
    char data[4];
    udp_pair(&a, &b);
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    const mio_fd number = a.source.fd;
    mio_udp_socket_close(&a);
    mio_udp_socket_close(&b);
    SKIP_UNLESS_NUMBER_COMES_AGAIN(number, &c, &d);
    assert_ok(
        mio_registry_register(f->registry, &c.source, OTHER, MIO_READABLE));
    mio_udp_socket_close(&a);
    assert_error(mio_registry_deregister(f->registry, &a.source),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(
        mio_registry_reregister(f->registry, &a.source, SOURCE, MIO_READABLE),
        MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_udp_socket_recv(&a, data, sizeof(data)),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_ok(mio_source_rearm(&a.source, MIO_READABLE));
    assert_count(mio_udp_socket_send(&d, "x", 1), 1);
    expect_only(f, OTHER, R_READABLE);
    mio_udp_socket_close(&c);
    mio_udp_socket_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_refused_datagram_does_not_end_a_socket),
        TEST(an_error_that_was_taken_comes_again),
        TEST(an_error_does_not_spin),
        TEST(a_refusal_is_told_if_asked_for),
        TEST(an_end_does_not_spin),
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
