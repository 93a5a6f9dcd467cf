/* elsewhere.c: scenarios of other libraries' suites that mio's lacks:
 * many_connections and multiple_pollers of polling, mixed-socket-types and
 * udp-pings of wepoll. */
#include "support.h"

/* ---- Many connections ---------------------------------------------------*/

enum { CONNECTIONS = 30 };

/* Connections become readable in an order of their own; each event is of the
 * one that was written to, and of no other. */
static void many_connections(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream near[CONNECTIONS];
    mio_tcp_stream far[CONNECTIONS];
    unsigned char byte;
    size_t i;

    for (i = 0; i < CONNECTIONS; i++) {
        tcp_pair(&near[i], &far[i]);
        assert_ok(mio_registry_register(f->registry, &near[i].source, i,
                                        MIO_READABLE));
    }
    for (i = 0; i < 3 * CONNECTIONS; i++) {
        const size_t k = i * 7 % CONNECTIONS; /* 7 and 30: all are met */

        byte = (unsigned char)i;
        write_all(&far[k], &byte, 1);
        expect_only(f, k, R_READABLE);
        assert_count(mio_tcp_stream_read(&near[k], &byte, 1), 1);
        assert_int_equal(byte, (unsigned char)i);
        assert_error(mio_tcp_stream_read(&near[k], &byte, 1),
                     MIO_ERR_WOULD_BLOCK);
    }
    /* They go one by one; those that are left are not disturbed. */
    for (i = 0; i < CONNECTIONS; i++) {
        mio_tcp_stream_close(&far[i]);
        expect_only(f, i, R_READABLE | R_READ_CLOSED);
        mio_tcp_stream_close(&near[i]);
    }
    expect_no_events(f);
}

/* ---- One descriptor in two polls ----------------------------------------*/

/* Two sources of one descriptor, each with its poll; both polls hear of a
 * datagram, each as its mode says, and neither disturbs the other. */
static void two_polls(struct fixture *f, mio_interest mode)
{
    struct fixture second;
    struct fixture *const polls[] = {f, &second};
    mio_addr addr = any_v4();
    const mio_fd fd = valid_fd(peer_udp_bind(&addr));
    mio_source sources[2];
    char byte;
    size_t i;

    fixture_open(&second);
    fd_set_blocking(fd, false);
    for (i = 0; i < ARRAY_LENGTH(polls); i++) {
        assert_ok(mio_source_from_fd(&sources[i], fd));
        assert_ok(mio_registry_register(polls[i]->registry, &sources[i], i,
                                        MIO_READABLE | mode));
        expect_no_events(polls[i]);
    }
    assert_true(peer_send_to(fd, "x", 1, &addr));
    for (i = 0; i < ARRAY_LENGTH(polls); i++) {
        expect_only(polls[i], i, R_READABLE);
        if (mode == MIO_LEVEL) {
            expect_only(polls[i], i, R_READABLE);
        } else {
            expect_no_events(polls[i]);
        }
    }
    assert_int_equal(peer_recv(fd, &byte, 1), 1);
    for (i = 0; i < ARRAY_LENGTH(polls); i++) {
        expect_no_events(polls[i]);
    }
    /* Leaving one poll does not end the other's registration. */
    assert_ok(mio_registry_deregister(f->registry, &sources[0]));
    assert_ok(mio_registry_reregister(second.registry, &sources[1], 1,
                                      MIO_READABLE | mode));
    assert_true(peer_send_to(fd, "y", 1, &addr));
    expect_only(&second, 1, R_READABLE);
    expect_no_events(f);
    assert_ok(mio_registry_deregister(second.registry, &sources[1]));
    fixture_close(&second);
    fd_close(fd);
}

static void multiple_pollers_edge(void **state)
{
    two_polls(*state, 0);
}

static void multiple_pollers_level(void **state)
{
    two_polls(*state, MIO_LEVEL);
}

static void multiple_pollers_oneshot(void **state)
{
    two_polls(*state, MIO_ONESHOT);
}

/* ---- All kinds of sockets -----------------------------------------------*/

static void mixed_socket_types(void **state)
{
    enum { LISTENER, CLIENT, SERVER, SOCKET };
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_addr udp_addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream server;
    mio_udp_socket socket;

    listen_on(&listener, &addr);
    assert_ok(mio_udp_socket_bind(&socket, &udp_addr));
    assert_ok(mio_udp_socket_local_addr(&socket, &udp_addr));
    assert_ok(mio_registry_register(f->registry, &listener.source, LISTENER,
                                    MIO_READABLE));
    assert_ok(mio_registry_register(f->registry, &socket.source, SOCKET,
                                    MIO_READABLE));
    assert_ok(mio_tcp_stream_connect(&client, &addr));
    assert_ok(mio_registry_register(f->registry, &client.source, CLIENT,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_events(f, {LISTENER, R_READABLE}, {CLIENT, R_WRITABLE});
    assert_ok(mio_tcp_listener_accept(&listener, &server, NULL));
    assert_ok(mio_registry_register(f->registry, &server.source, SERVER,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_event(f, SERVER, R_WRITABLE);

    write_all(&client, "to the server", 13);
    write_all(&server, "to the client", 13);
    assert_count(mio_udp_socket_send_to(&socket, "to me", 5, &udp_addr), 5);
    expect_events(f, {CLIENT, R_READABLE}, {SERVER, R_READABLE},
                  {SOCKET, R_READABLE});
    mio_udp_socket_close(&socket);
    mio_tcp_stream_close(&server);
    mio_tcp_stream_close(&client);
    mio_tcp_listener_close(&listener);
}

/* ---- UDP pings ----------------------------------------------------------*/

enum { PINGERS = 10, PINGS = 100 };

/* Each socket sends every datagram that it gets on to its neighbour, until
 * each of the datagrams has been passed on PINGS times. One is on its way for
 * each socket, so that no buffer overflows. */
static void udp_pings(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket sockets[PINGERS];
    mio_addr addrs[PINGERS];
    int finished = 0;
    unsigned hops = 0;
    size_t i;

    for (i = 0; i < PINGERS; i++) {
        addrs[i] = any_v4();
        assert_ok(mio_udp_socket_bind(&sockets[i], &addrs[i]));
        assert_ok(mio_udp_socket_local_addr(&sockets[i], &addrs[i]));
        assert_ok(mio_registry_register(f->registry, &sockets[i].source, i,
                                        MIO_READABLE));
    }
    for (i = 0; i < PINGERS; i++) {
        assert_count(
            mio_udp_socket_send_to(&sockets[i], &hops, sizeof(hops), &addrs[i]),
            sizeof(hops));
    }
    while (finished < PINGERS) {
        int k;

        assert_true(fixture_wait(f, PATIENCE) > 0);
        for (k = 0; k < f->count; k++) {
            const size_t own = mio_event_token(&f->events[k]);
            mio_udp_socket *const socket = &sockets[own];
            mio_ssize count;

            while ((count = mio_udp_socket_recv(socket, &hops, sizeof(hops))) >
                   0) {
                assert_count(count, sizeof(hops));
                finished += ++hops == PINGS;
                if (hops < PINGS) {
                    assert_count(
                        mio_udp_socket_send_to(socket, &hops, sizeof(hops),
                                               &addrs[(own + 1) % PINGERS]),
                        sizeof(hops));
                }
            }
            assert_error(count, MIO_ERR_WOULD_BLOCK);
        }
    }
    expect_no_events(f);
    for (i = 0; i < PINGERS; i++) {
        mio_udp_socket_close(&sockets[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_connections),       TEST(multiple_pollers_edge),
        TEST(multiple_pollers_level), TEST(multiple_pollers_oneshot),
        TEST(mixed_socket_types),     TEST(udp_pings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
