/* udp_socket_options.c: the options of mio's tests/udp_socket.rs. */
#include "support.h"

static void open_socket(mio_udp_socket *socket, mio_addr addr)
{
    assert_ok(mio_udp_socket_bind(socket, &addr));
}

/* A switch is as the system has it, then on, then off. */
static void check_switch(mio_udp_socket *socket,
                         int (*set)(mio_udp_socket *socket, bool on),
                         int (*get)(const mio_udp_socket *socket, bool *on))
{
    bool on = false;

    assert_ok(set(socket, true));
    assert_ok(get(socket, &on));
    assert_true(on);
    assert_ok(set(socket, false));
    assert_ok(get(socket, &on));
    assert_false(on);
}

static void set_get_ttl(void **state)
{
    mio_udp_socket socket;
    uint32_t ttl = 0;

    (void)state;
    open_socket(&socket, any_v4());
    assert_ok(mio_udp_socket_set_ttl(&socket, 10));
    assert_ok(mio_udp_socket_ttl(&socket, &ttl));
    assert_int_equal(ttl, 10);
    assert_error(mio_udp_socket_set_ttl(&socket, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_set_ttl(&socket, 256), MIO_ERR_INVALID_INPUT);
    mio_udp_socket_close(&socket);
}

static void get_ttl_without_previous_set(void **state)
{
    mio_udp_socket socket;
    uint32_t ttl = 0;

    (void)state;
    open_socket(&socket, any_v4());
    assert_ok(mio_udp_socket_ttl(&socket, &ttl));
    assert_in_range(ttl, 1, 255);
    mio_udp_socket_close(&socket);
}

static void set_get_broadcast(void **state)
{
    mio_udp_socket socket;

    (void)state;
    open_socket(&socket, any_v4());
    check_switch(&socket, mio_udp_socket_set_broadcast,
                 mio_udp_socket_broadcast);
    mio_udp_socket_close(&socket);
}

static void get_broadcast_without_previous_set(void **state)
{
    mio_udp_socket socket;
    bool on = true;

    (void)state;
    open_socket(&socket, any_v4());
    assert_ok(mio_udp_socket_broadcast(&socket, &on));
    assert_false(on);
    mio_udp_socket_close(&socket);
}

static void set_get_multicast_loop_v4(void **state)
{
    mio_udp_socket socket;

    (void)state;
    open_socket(&socket, any_v4());
    check_switch(&socket, mio_udp_socket_set_multicast_loop_v4,
                 mio_udp_socket_multicast_loop_v4);
    mio_udp_socket_close(&socket);
}

static void get_multicast_loop_v4_without_previous_set(void **state)
{
    mio_udp_socket socket;
    bool on = false;

    (void)state;
    open_socket(&socket, any_v4());
    assert_ok(mio_udp_socket_multicast_loop_v4(&socket, &on));
    assert_true(on);
    mio_udp_socket_close(&socket);
}

static void set_get_multicast_ttl_v4(void **state)
{
    mio_udp_socket socket;
    uint32_t ttl = 1;

    (void)state;
    open_socket(&socket, any_v4());
    assert_ok(mio_udp_socket_set_multicast_ttl_v4(&socket, 10));
    assert_ok(mio_udp_socket_multicast_ttl_v4(&socket, &ttl));
    assert_int_equal(ttl, 10);
    assert_ok(mio_udp_socket_set_multicast_ttl_v4(&socket, 0));
    assert_ok(mio_udp_socket_multicast_ttl_v4(&socket, &ttl));
    assert_int_equal(ttl, 0);
    assert_error(mio_udp_socket_set_multicast_ttl_v4(&socket, 256),
                 MIO_ERR_INVALID_INPUT);
    mio_udp_socket_close(&socket);
}

static void get_multicast_ttl_v4_without_previous_set(void **state)
{
    mio_udp_socket socket;
    uint32_t ttl = 0;

    (void)state;
    open_socket(&socket, any_v4());
    assert_ok(mio_udp_socket_multicast_ttl_v4(&socket, &ttl));
    assert_int_equal(ttl, 1);
    mio_udp_socket_close(&socket);
}

static void set_get_multicast_loop_v6(void **state)
{
    mio_udp_socket socket;

    (void)state;
    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    open_socket(&socket, any_v6());
    check_switch(&socket, mio_udp_socket_set_multicast_loop_v6,
                 mio_udp_socket_multicast_loop_v6);
    mio_udp_socket_close(&socket);
}

static void get_multicast_loop_v6_without_previous_set(void **state)
{
    mio_udp_socket socket;
    bool on = false;

    (void)state;
    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    open_socket(&socket, any_v6());
    assert_ok(mio_udp_socket_multicast_loop_v6(&socket, &on));
    assert_true(on);
    mio_udp_socket_close(&socket);
}

/* The options of one family on a socket of the other. */
static void v6_options_need_v6(void **state)
{
    mio_udp_socket socket;
    bool on = false;

    (void)state;
    open_socket(&socket, any_v4());
    assert_error(mio_udp_socket_set_multicast_loop_v6(&socket, true),
                 MIO_ERR_UNSUPPORTED);
    assert_error(mio_udp_socket_multicast_loop_v6(&socket, &on),
                 MIO_ERR_UNSUPPORTED);
    assert_error(mio_udp_socket_only_v6(&socket, &on), MIO_ERR_UNSUPPORTED);
    mio_udp_socket_close(&socket);
}

/* ---- Multicast ----------------------------------------------------------*/

enum { SENDER = 1, RECEIVER = 2 };

static mio_addr parsed(const char *text)
{
    mio_addr addr;

    assert_ok(mio_addr_parse(&addr, text));
    return addr;
}

/* Joining groups does not keep a socket from unicast datagrams. */
static void multicast(void **state)
{
    static const char message[] = "hello world";
    struct fixture *const f = *state;
    const mio_addr groups[] = {parsed("227.1.1.100:0"),
                               parsed("227.1.1.101:0")};
    const mio_addr interface_addr = any_v4();
    mio_addr addrs[2];
    mio_addr from;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    char buffer[32];
    size_t i;

    open_socket(&sender, any_v4());
    open_socket(&receiver, any_v4());
    assert_ok(mio_udp_socket_local_addr(&sender, &addrs[0]));
    assert_ok(mio_udp_socket_local_addr(&receiver, &addrs[1]));
    for (i = 0; i < ARRAY_LENGTH(groups); i++) {
        assert_ok(mio_udp_socket_join_multicast_v4(&receiver, &groups[i],
                                                   &interface_addr));
    }
    assert_error(mio_udp_socket_join_multicast_v4(&receiver, &groups[0],
                                                  &interface_addr),
                 MIO_ERR_ADDR_IN_USE);
    assert_ok(mio_registry_register(f->registry, &sender.source, SENDER,
                                    MIO_WRITABLE));
    assert_ok(mio_registry_register(f->registry, &receiver.source, RECEIVER,
                                    MIO_READABLE));
    expect_only(f, SENDER, R_WRITABLE);
    assert_count(
        mio_udp_socket_send_to(&sender, message, sizeof(message), &addrs[1]),
        sizeof(message));
    expect_event(f, RECEIVER, R_READABLE);
    assert_count(
        mio_udp_socket_recv_from(&receiver, buffer, sizeof(buffer), &from),
        sizeof(message));
    assert_memory_equal(buffer, message, sizeof(message));
    assert_addr_equal(&from, &addrs[0]);

    for (i = 0; i < ARRAY_LENGTH(groups); i++) {
        assert_ok(mio_udp_socket_leave_multicast_v4(&receiver, &groups[i],
                                                    &interface_addr));
    }
    assert_error(mio_udp_socket_leave_multicast_v4(&receiver, &groups[0],
                                                   &interface_addr),
                 MIO_ERR_ADDR_NOT_AVAILABLE);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

/* ---- Unreachable receivers ----------------------------------------------*/

/* Sends to a port of 127.0.0.1 that nobody is bound to. */
static void send_to_nobody(mio_udp_socket *socket)
{
    mio_udp_socket nobody;
    mio_addr addr;

    open_socket(&nobody, any_v4());
    assert_ok(mio_udp_socket_local_addr(&nobody, &addr));
    mio_udp_socket_close(&nobody);
    assert_count(mio_udp_socket_send_to(socket, "x", 1, &addr), 1);
}

/* Receives what another socket sends now, before anything else. */
static void check_receives(mio_udp_socket *socket)
{
    mio_udp_socket sender;
    mio_addr addr;
    mio_addr from;
    mio_addr sender_addr;
    char data[8];

    open_socket(&sender, any_v4());
    assert_ok(mio_udp_socket_local_addr(&sender, &sender_addr));
    assert_ok(mio_udp_socket_local_addr(socket, &addr));
    assert_count(mio_udp_socket_send_to(&sender, "abc", 3, &addr), 3);
    assert_true(fd_await_readable(socket->source.fd));
    assert_count(mio_udp_socket_recv_from(socket, data, sizeof(data), &from),
                 3);
    assert_memory_equal(data, "abc", 3);
    assert_addr_equal(&from, &sender_addr);
    assert_error(mio_udp_socket_recv_from(socket, data, sizeof(data), &from),
                 MIO_ERR_WOULD_BLOCK);
    mio_udp_socket_close(&sender);
}

static void check_refusals_are_silent(mio_udp_socket *socket)
{
    for (int i = 0; i < 3; i++) {
        send_to_nobody(socket);
        check_receives(socket);
    }
}

static void refusals_are_silent_by_default(void **state)
{
    mio_udp_socket socket;
    mio_addr addr = any_v4();

    (void)state;
    open_socket(&socket, any_v4());
    check_refusals_are_silent(&socket);
    mio_udp_socket_close(&socket);

    /* The system's own default is another on Windows. */
    const mio_fd fd = valid_fd(peer_udp_bind(&addr));
    assert_ok(mio_udp_socket_from_fd(&socket, fd));
    check_refusals_are_silent(&socket);
    mio_udp_socket_close(&socket);
}

/* A refusal is on its way; it is the result of one receive. */
static void check_refusal_is_told(mio_udp_socket *socket)
{
    const int64_t end = monotonic_ns() + PATIENCE;
    mio_ssize result;
    mio_addr from;
    char data[8];

    do {
        thread_yield();
        result = mio_udp_socket_recv_from(socket, data, sizeof(data), &from);
    } while (result == MIO_ERR_WOULD_BLOCK && monotonic_ns() < end);
    assert_error(result, MIO_ERR_CONNECTION_RESET);
}

static void set_connection_reset(void **state)
{
    mio_udp_socket socket;

    (void)state;
    open_socket(&socket, any_v4());
    const int result = mio_udp_socket_set_connection_reset(&socket, true);
    if (backend_is("afd")) {
        assert_ok(result);
        if (!is_wine()) {
            send_to_nobody(&socket);
            check_refusal_is_told(&socket);
            check_receives(&socket);
        }
        assert_ok(mio_udp_socket_set_connection_reset(&socket, false));
    } else {
        assert_error(result, MIO_ERR_UNSUPPORTED);
        assert_error(mio_udp_socket_set_connection_reset(&socket, false),
                     MIO_ERR_UNSUPPORTED);
    }
    check_refusals_are_silent(&socket);
    mio_udp_socket_close(&socket);
    assert_error(mio_udp_socket_set_connection_reset(&socket, true),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_udp_socket_set_connection_reset(NULL, true),
                 MIO_ERR_INVALID_INPUT);
    if (is_wine()) {
        SKIP("on Wine 8 a refused datagram does not fail the next receive");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(set_get_ttl),
        TEST_BARE(get_ttl_without_previous_set),
        TEST_BARE(set_get_broadcast),
        TEST_BARE(get_broadcast_without_previous_set),
        TEST_BARE(set_get_multicast_loop_v4),
        TEST_BARE(get_multicast_loop_v4_without_previous_set),
        TEST_BARE(set_get_multicast_ttl_v4),
        TEST_BARE(get_multicast_ttl_v4_without_previous_set),
        TEST_BARE(set_get_multicast_loop_v6),
        TEST_BARE(get_multicast_loop_v6_without_previous_set),
        TEST_BARE(v6_options_need_v6),
        TEST(multicast),
        TEST_BARE(refusals_are_silent_by_default),
        TEST_BARE(set_connection_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
