/* descriptors.c: what the library's descriptors are like (G13). With Unix
 * sockets, pipes and children: descriptors_unix.c. Running out of them:
 * exhaustion.c. */
#include "support.h"

enum { TOKEN = 1 };

/* ---- One of everything --------------------------------------------------*/

struct everything {
    mio_poll poll;
    mio_slot slots[4];
    mio_waker waker;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream server;
    mio_udp_socket socket;
};

#define IO_OBJECTS 4

static void everything_open(struct everything *all)
{
    mio_addr addr = any_v4();
    mio_registry *registry;
    assert_ok(mio_poll_init(&all->poll, all->slots, ARRAY_LENGTH(all->slots)));
    registry = mio_poll_registry(&all->poll);
    assert_ok(mio_waker_init(&all->waker, registry, TOKEN));
    assert_ok(mio_udp_socket_bind(&all->socket, &addr));
    listen_on(&all->listener, &addr);
    assert_ok(mio_tcp_stream_connect(&all->client, &addr));
    accept_soon(&all->listener, &all->server, NULL);
    connect_soon(&all->client);

    /* What is opened when it is first needed is there too. */
    assert_ok(mio_registry_register(registry, &all->socket.source, TOKEN,
                                    MIO_READABLE));
    mio_event event;
    assert_count(mio_poll_wait(&all->poll, &event, 1, 0), 0);
}

static void everything_close(struct everything *all)
{
    mio_waker_close(&all->waker);
    mio_tcp_listener_close(&all->listener);
    mio_tcp_stream_close(&all->client);
    mio_tcp_stream_close(&all->server);
    mio_udp_socket_close(&all->socket);
    mio_poll_close(&all->poll);
}

/* Counts all that have come up, also those inside the poll. */
static void nothing_is_inherited(void **state)
{
    struct everything all;
    const int before = fd_count();
    const int inherited_before = fd_count_inherited();
    (void)state;
    everything_open(&all);
    assert_true(fd_count() >= before + IO_OBJECTS + 1);
    assert_int_equal(fd_count_inherited(), inherited_before);
    everything_close(&all);
}

/* The count above would notice: a descriptor that is inherited counts. */
static void what_is_inherited_counts(void **state)
{
    mio_addr addr = any_v4();
    const int before = fd_count_inherited();
    (void)state;
    const mio_fd fd = valid_fd(peer_udp_bind(&addr));
    assert_int_equal(fd_count_inherited(), before);
    fd_set_inherited(fd);
    assert_int_equal(fd_count_inherited(), before + 1);
    fd_close(fd);
}

static void everything_is_nonblocking(void **state)
{
    struct everything all;
    (void)state;
    everything_open(&all);
    assert_nonblocking_cloexec(all.listener.source.fd);
    assert_nonblocking_cloexec(all.client.source.fd);
    assert_nonblocking_cloexec(all.server.source.fd);
    assert_nonblocking_cloexec(all.socket.source.fd);
    everything_close(&all);
}

/* ---- Ownership ----------------------------------------------------------*/

static void descriptors_make_round_trips(void **state)
{
    struct fixture *f = *state;
    struct everything all;
    everything_open(&all);
    assert_ok(mio_registry_deregister(mio_poll_registry(&all.poll),
                                      &all.socket.source));
    assert_round_trip(f, tcp_listener, &all.listener);
    assert_round_trip(f, tcp_stream, &all.client);
    assert_round_trip(f, udp_socket, &all.socket);
    everything_close(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(nothing_is_inherited),
        TEST_BARE(what_is_inherited_counts),
        TEST_BARE(everything_is_nonblocking),
        TEST(descriptors_make_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
