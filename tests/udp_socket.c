/* udp_socket.c: sending and receiving datagrams. The options of mio's
 * tests/udp_socket.rs are in udp_socket_options.c, registrations and edges in
 * udp_socket_events.c. */
#include "support.h"

enum { ID1 = 1, ID2 = 2 };

static const char data1[] = "Hello world!";
static const char data2[] = "Hello mars!";

#define DATA1_LENGTH (sizeof(data1) - 1)
#define DATA2_LENGTH (sizeof(data2) - 1)

/* mio's assert_size: nothing is kept beside the source. */
_Static_assert(sizeof(mio_udp_socket) == sizeof(mio_source), "a socket");

/* Two sockets with their addresses. */
struct pair {
    mio_udp_socket socket1;
    mio_udp_socket socket2;
    mio_addr addr1;
    mio_addr addr2;
};

static void bind_to(mio_udp_socket *socket, mio_addr *addr)
{
    assert_ok(mio_udp_socket_bind(socket, addr));
    assert_ok(mio_udp_socket_local_addr(socket, addr));
}

static void pair_open(struct pair *pair, mio_addr addr)
{
    pair->addr1 = addr;
    pair->addr2 = addr;
    bind_to(&pair->socket1, &pair->addr1);
    bind_to(&pair->socket2, &pair->addr2);
}

/* The same of sockets that are blocking and inherited. */
static void pair_open_std(struct pair *pair)
{
    mio_fd fd;

    pair->addr1 = any_v4();
    pair->addr2 = any_v4();
    fd = valid_fd(peer_udp_bind(&pair->addr1));
    assert_false(fd_is_nonblocking(fd));
    assert_ok(mio_udp_socket_from_fd(&pair->socket1, fd));
    fd = valid_fd(peer_udp_bind(&pair->addr2));
    assert_ok(mio_udp_socket_from_fd(&pair->socket2, fd));
}

static void pair_connect(struct pair *pair)
{
    assert_ok(mio_udp_socket_connect(&pair->socket1, &pair->addr2));
    assert_ok(mio_udp_socket_connect(&pair->socket2, &pair->addr1));
}

static void pair_close(struct pair *pair)
{
    mio_udp_socket_close(&pair->socket1);
    mio_udp_socket_close(&pair->socket2);
}

/* Registers both for both directions; both are writable at once. */
static void pair_register(struct fixture *f, struct pair *pair)
{
    assert_ok(mio_registry_register(f->registry, &pair->socket1.source, ID1,
                                    MIO_READABLE | MIO_WRITABLE));
    assert_ok(mio_registry_register(f->registry, &pair->socket2.source, ID2,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_events(f, {ID1, R_WRITABLE}, {ID2, R_WRITABLE});
}

/* ---- Smoke --------------------------------------------------------------*/

static void expect_from(mio_udp_socket *socket, const char *data, size_t length,
                        const mio_addr *sender)
{
    char buffer[32] = "";
    mio_addr addr = {0};

    assert_count(
        mio_udp_socket_peek_from(socket, buffer, sizeof(buffer), &addr),
        length);
    assert_memory_equal(buffer, data, length);
    assert_addr_equal(&addr, sender);

    memset(buffer, 0, sizeof(buffer));
    memset(&addr, 0, sizeof(addr));
    assert_count(
        mio_udp_socket_recv_from(socket, buffer, sizeof(buffer), &addr),
        length);
    assert_memory_equal(buffer, data, length);
    assert_addr_equal(&addr, sender);
}

static void expect_datagram(mio_udp_socket *socket, const char *data,
                            size_t length)
{
    char buffer[32] = "";

    assert_count(mio_udp_socket_peek(socket, buffer, sizeof(buffer)), length);
    assert_memory_equal(buffer, data, length);
    memset(buffer, 0, sizeof(buffer));
    assert_count(mio_udp_socket_recv(socket, buffer, sizeof(buffer)), length);
    assert_memory_equal(buffer, data, length);
}

static void smoke_unconnected(struct fixture *f, struct pair *pair)
{
    char buffer[32];
    mio_addr addr = {0};

    assert_nonblocking_cloexec(pair->socket1.source.fd);
    assert_nonblocking_cloexec(pair->socket2.source.fd);
    pair_register(f, pair);
    assert_error(
        mio_udp_socket_peek_from(&pair->socket1, buffer, sizeof(buffer), &addr),
        MIO_ERR_WOULD_BLOCK);
    assert_error(
        mio_udp_socket_recv_from(&pair->socket1, buffer, sizeof(buffer), &addr),
        MIO_ERR_WOULD_BLOCK);
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_NONE);

    assert_count(mio_udp_socket_send_to(&pair->socket1, data1, DATA1_LENGTH,
                                        &pair->addr2),
                 DATA1_LENGTH);
    assert_count(mio_udp_socket_send_to(&pair->socket2, data2, DATA2_LENGTH,
                                        &pair->addr1),
                 DATA2_LENGTH);
    expect_events(f, {ID1, R_READABLE}, {ID2, R_READABLE});
    expect_from(&pair->socket1, data2, DATA2_LENGTH, &pair->addr2);
    expect_from(&pair->socket2, data1, DATA1_LENGTH, &pair->addr1);
    assert_ok(mio_udp_socket_take_error(&pair->socket1));
    assert_ok(mio_udp_socket_take_error(&pair->socket2));
    pair_close(pair);
}

static void smoke_connected(struct fixture *f, struct pair *pair)
{
    char buffer[32];
    mio_addr addr;

    assert_nonblocking_cloexec(pair->socket1.source.fd);
    assert_nonblocking_cloexec(pair->socket2.source.fd);
    assert_error(mio_udp_socket_peer_addr(&pair->socket1, &addr),
                 MIO_ERR_NOT_CONNECTED);
    pair_connect(pair);
    assert_ok(mio_udp_socket_peer_addr(&pair->socket1, &addr));
    assert_addr_equal(&addr, &pair->addr2);
    pair_register(f, pair);
    assert_error(mio_udp_socket_peek(&pair->socket1, buffer, sizeof(buffer)),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_udp_socket_recv(&pair->socket1, buffer, sizeof(buffer)),
                 MIO_ERR_WOULD_BLOCK);

    assert_count(mio_udp_socket_send(&pair->socket1, data1, DATA1_LENGTH),
                 DATA1_LENGTH);
    assert_count(mio_udp_socket_send(&pair->socket2, data2, DATA2_LENGTH),
                 DATA2_LENGTH);
    expect_events(f, {ID1, R_READABLE}, {ID2, R_READABLE});
    expect_datagram(&pair->socket1, data2, DATA2_LENGTH);
    expect_datagram(&pair->socket2, data1, DATA1_LENGTH);
    assert_ok(mio_udp_socket_take_error(&pair->socket1));
    assert_ok(mio_udp_socket_take_error(&pair->socket2));
    pair_close(pair);
}

static void unconnected_udp_socket_ipv4(void **state)
{
    struct pair pair;

    pair_open(&pair, any_v4());
    smoke_unconnected(*state, &pair);
}

static void unconnected_udp_socket_ipv6(void **state)
{
    struct pair pair;

    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    pair_open(&pair, any_v6());
    smoke_unconnected(*state, &pair);
}

static void unconnected_udp_socket_std(void **state)
{
    struct pair pair;

    pair_open_std(&pair);
    smoke_unconnected(*state, &pair);
}

static void connected_udp_socket_ipv4(void **state)
{
    struct pair pair;

    pair_open(&pair, any_v4());
    smoke_connected(*state, &pair);
}

static void connected_udp_socket_ipv6(void **state)
{
    struct pair pair;

    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    pair_open(&pair, any_v6());
    smoke_connected(*state, &pair);
}

static void connected_udp_socket_std(void **state)
{
    struct pair pair;

    pair_open_std(&pair);
    smoke_connected(*state, &pair);
}

static void empty_datagram(void **state)
{
    struct fixture *const f = *state;
    struct pair pair;
    mio_addr addr;
    char byte = '?';

    pair_open(&pair, any_v4());
    pair_register(f, &pair);
    assert_count(mio_udp_socket_send_to(&pair.socket1, NULL, 0, &pair.addr2),
                 0);
    expect_event(f, ID2, R_READABLE);
    assert_count(mio_udp_socket_recv_from(&pair.socket2, &byte, 1, &addr), 0);
    assert_addr_equal(&addr, &pair.addr1);
    assert_int_equal(byte, '?');
    assert_error(mio_udp_socket_recv_from(&pair.socket2, &byte, 1, &addr),
                 MIO_ERR_WOULD_BLOCK);
    pair_close(&pair);
}

/* ---- Connected and unconnected methods ----------------------------------*/

static void reconnect_udp_socket_sending(void **state)
{
    struct fixture *const f = *state;
    struct pair pair;
    mio_udp_socket third;
    mio_addr third_addr = any_v4();
    char byte;

    pair_open(&pair, any_v4());
    bind_to(&third, &third_addr);
    pair_register(f, &pair);
    assert_ok(
        mio_registry_register(f->registry, &third.source, 3, MIO_READABLE));

    assert_ok(mio_udp_socket_connect(&pair.socket1, &pair.addr2));
    assert_count(mio_udp_socket_send(&pair.socket1, data1, DATA1_LENGTH),
                 DATA1_LENGTH);
    expect_event(f, ID2, R_READABLE);
    expect_datagram(&pair.socket2, data1, DATA1_LENGTH);

    assert_ok(mio_udp_socket_connect(&pair.socket1, &third_addr));
    assert_count(mio_udp_socket_send(&pair.socket1, data2, DATA2_LENGTH),
                 DATA2_LENGTH);
    expect_event(f, 3, R_READABLE);
    expect_datagram(&third, data2, DATA2_LENGTH);
    assert_error(mio_udp_socket_recv(&pair.socket2, &byte, 1),
                 MIO_ERR_WOULD_BLOCK);
    mio_udp_socket_close(&third);
    pair_close(&pair);
}

static void reconnect_udp_socket_receiving(void **state)
{
    struct fixture *const f = *state;
    struct pair pair;
    mio_udp_socket third;
    mio_addr third_addr = any_v4();
    char byte;

    pair_open(&pair, any_v4());
    bind_to(&third, &third_addr);
    pair_register(f, &pair);

    assert_ok(mio_udp_socket_connect(&pair.socket1, &pair.addr2));
    assert_count(
        mio_udp_socket_send_to(&pair.socket2, data1, DATA1_LENGTH, &pair.addr1),
        DATA1_LENGTH);
    expect_event(f, ID1, R_READABLE);
    expect_datagram(&pair.socket1, data1, DATA1_LENGTH);
    assert_error(mio_udp_socket_recv(&pair.socket1, &byte, 1),
                 MIO_ERR_WOULD_BLOCK);

    assert_ok(mio_udp_socket_connect(&pair.socket1, &third_addr));
    assert_count(
        mio_udp_socket_send_to(&third, data2, DATA2_LENGTH, &pair.addr1),
        DATA2_LENGTH);
    expect_event(f, ID1, R_READABLE);
    expect_datagram(&pair.socket1, data2, DATA2_LENGTH);
    assert_error(mio_udp_socket_recv(&pair.socket1, &byte, 1),
                 MIO_ERR_WOULD_BLOCK);

    /* The first peer's datagrams do not arrive any more. */
    assert_count(
        mio_udp_socket_send_to(&pair.socket2, data1, DATA1_LENGTH, &pair.addr1),
        DATA1_LENGTH);
    assert_count(
        mio_udp_socket_send_to(&third, data2, DATA2_LENGTH, &pair.addr1),
        DATA2_LENGTH);
    expect_event(f, ID1, R_READABLE);
    expect_datagram(&pair.socket1, data2, DATA2_LENGTH);
    mio_udp_socket_close(&third);
    pair_close(&pair);
}

static void unconnected_udp_socket_connected_methods(void **state)
{
    struct fixture *const f = *state;
    struct pair pair;
    mio_ssize result;

    pair_open(&pair, any_v4());
    pair_register(f, &pair);
    result = mio_udp_socket_send(&pair.socket1, data1, DATA1_LENGTH);
    assert_true(result < 0);
    assert_count(
        mio_udp_socket_send_to(&pair.socket1, data1, DATA1_LENGTH, &pair.addr2),
        DATA1_LENGTH);
    expect_event(f, ID2, R_READABLE);
    expect_datagram(&pair.socket2, data1, DATA1_LENGTH);
    pair_close(&pair);
    if (is_wine()) {
        SKIP("Wine 8 has another error for sending without a receiver");
    }
    assert_error(result, MIO_ERR_NOT_CONNECTED);
}

static void connected_udp_socket_unconnected_methods(void **state)
{
    struct fixture *const f = *state;
    struct pair pair;
    mio_udp_socket third;
    mio_addr third_addr = any_v4();
    mio_ssize result;

    pair_open(&pair, any_v4());
    bind_to(&third, &third_addr);
    pair_connect(&pair);
    pair_register(f, &pair);
    assert_ok(
        mio_registry_register(f->registry, &third.source, 3, MIO_READABLE));

    /* Linux and Windows allow it, the BSDs and macOS do not. */
    result =
        mio_udp_socket_send_to(&pair.socket1, data1, DATA1_LENGTH, &third_addr);
    if (result < 0) {
        assert_error(result, MIO_ERR_ALREADY_CONNECTED);
    } else {
        assert_count(result, DATA1_LENGTH);
        expect_event(f, 3, R_READABLE);
        expect_from(&third, data1, DATA1_LENGTH, &pair.addr1);
    }

    assert_count(mio_udp_socket_send(&pair.socket1, data2, DATA2_LENGTH),
                 DATA2_LENGTH);
    expect_event(f, ID2, R_READABLE);
    expect_from(&pair.socket2, data2, DATA2_LENGTH, &pair.addr1);
    mio_udp_socket_close(&third);
    pair_close(&pair);
}

static void udp_socket_raw_fd(void **state)
{
    mio_addr addr = any_v4();
    mio_addr later;
    mio_udp_socket socket;
    mio_fd fd;

    (void)state;
    bind_to(&socket, &addr);
    fd = socket.source.fd;
    assert_int_equal(mio_udp_socket_into_fd(&socket), fd);
    assert_int_equal(mio_udp_socket_into_fd(&socket), MIO_FD_INVALID);
    mio_udp_socket_close(&socket);
    assert_true(fd_is_nonblocking(fd));

    assert_ok(mio_udp_socket_from_fd(&socket, fd));
    assert_int_equal(socket.source.fd, fd);
    assert_ok(mio_udp_socket_local_addr(&socket, &later));
    assert_addr_equal(&later, &addr);
    mio_udp_socket_close(&socket);
}

/* ---- Two threads --------------------------------------------------------*/

/* All of them fit into a socket's buffer: a receiver that gets no time loses
 * none. */
#define SHARED_ROUNDS 64

static int receive_shared(void *argument)
{
    mio_udp_socket *const socket = argument;
    int received = 0;

    while (received < SHARED_ROUNDS) {
        unsigned value;
        const mio_ssize count =
            mio_udp_socket_recv(socket, &value, sizeof(value));

        if (count == sizeof(value) && value == (unsigned)received) {
            received++;
        } else if (count != MIO_ERR_WOULD_BLOCK ||
                   !fd_await_readable(socket->source.fd)) {
            return -1;
        }
    }
    return 0;
}

/* One thread receives from a socket that another one sends from. */
static void is_send_and_sync(void **state)
{
    struct fixture *const f = *state;
    struct pair pair;
    struct thread receiver;
    unsigned i;

    pair_open(&pair, any_v4());
    pair_connect(&pair);
    pair_register(f, &pair);
    thread_start(&receiver, receive_shared, &pair.socket1);
    for (i = 0; i < SHARED_ROUNDS; i++) {
        unsigned value = SHARED_ROUNDS;

        assert_count(mio_udp_socket_send(&pair.socket1, &i, sizeof(i)),
                     sizeof(i));
        assert_true(fd_await_readable(pair.socket2.source.fd));
        assert_count(mio_udp_socket_recv(&pair.socket2, &value, sizeof(value)),
                     sizeof(value));
        assert_int_equal(value, i);
        assert_count(mio_udp_socket_send(&pair.socket2, &i, sizeof(i)),
                     sizeof(i));
    }
    assert_int_equal(thread_join(&receiver), 0);
    pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unconnected_udp_socket_ipv4),
        TEST(unconnected_udp_socket_ipv6),
        TEST(unconnected_udp_socket_std),
        TEST(connected_udp_socket_ipv4),
        TEST(connected_udp_socket_ipv6),
        TEST(connected_udp_socket_std),
        TEST(empty_datagram),
        TEST(reconnect_udp_socket_sending),
        TEST(reconnect_udp_socket_receiving),
        TEST(unconnected_udp_socket_connected_methods),
        TEST(connected_udp_socket_unconnected_methods),
        TEST_BARE(udp_socket_raw_fd),
        TEST(is_send_and_sync),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
