/* udp_socket_events.c: the registrations and edges of mio's
 * tests/udp_socket.rs. */
#include "support.h"

enum { SENDER = 0, RECEIVER = 1, OTHER = 2 };

static const char message[] = "hello world";

static void open_socket(mio_udp_socket *socket, mio_addr *addr)
{
    *addr = any_v4();
    assert_ok(mio_udp_socket_bind(socket, addr));
    assert_ok(mio_udp_socket_local_addr(socket, addr));
}

static void watch(struct fixture *f, mio_udp_socket *socket, mio_token token,
                  mio_interest interest)
{
    assert_ok(
        mio_registry_register(f->registry, &socket->source, token, interest));
}

static void send_message(mio_udp_socket *socket, const mio_addr *to)
{
    const mio_ssize count =
        to != NULL
            ? mio_udp_socket_send_to(socket, message, sizeof(message), to)
            : mio_udp_socket_send(socket, message, sizeof(message));

    assert_count(count, sizeof(message));
}

static void receive_message(mio_udp_socket *socket)
{
    char buffer[32] = "";

    assert_count(mio_udp_socket_recv(socket, buffer, sizeof(buffer)),
                 sizeof(message));
    assert_memory_equal(buffer, message, sizeof(message));
}

/* ---- Registering --------------------------------------------------------*/

static void udp_socket_register(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket socket;
    mio_addr addr;

    open_socket(&socket, &addr);
    watch(f, &socket, RECEIVER, MIO_READABLE);
    expect_no_events(f);
    mio_udp_socket_close(&socket);
}

static void udp_socket_reregister(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr addr;

    open_socket(&sender, &addr);
    open_socket(&receiver, &addr);
    watch(f, &receiver, RECEIVER, MIO_WRITABLE);
    send_message(&sender, &addr);
    assert_true(fd_await_readable(receiver.source.fd));
    expect_only(f, RECEIVER, R_WRITABLE);

    assert_ok(mio_registry_reregister(f->registry, &receiver.source, OTHER,
                                      MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    receive_message(&receiver);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

static void udp_socket_no_events_after_deregister(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr addr;

    open_socket(&sender, &addr);
    open_socket(&receiver, &addr);
    watch(f, &receiver, RECEIVER, MIO_READABLE);
    send_message(&sender, &addr);
    assert_true(fd_await_readable(receiver.source.fd));
    assert_ok(mio_registry_deregister(f->registry, &receiver.source));
    expect_no_events(f);
    receive_message(&receiver);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

/* ---- Hello world through events -----------------------------------------*/

static void hello_world(struct fixture *f, bool connected)
{
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr sender_addr;
    mio_addr receiver_addr;

    open_socket(&sender, &sender_addr);
    open_socket(&receiver, &receiver_addr);
    if (connected) {
        assert_ok(mio_udp_socket_connect(&sender, &receiver_addr));
        assert_ok(mio_udp_socket_connect(&receiver, &sender_addr));
    }
    watch(f, &sender, SENDER, MIO_WRITABLE);
    watch(f, &receiver, RECEIVER, MIO_READABLE);
    expect_only(f, SENDER, R_WRITABLE);
    send_message(&sender, connected ? NULL : &receiver_addr);
    expect_event(f, RECEIVER, R_READABLE);
    receive_message(&receiver);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

static void udp_socket(void **state)
{
    hello_world(*state, false);
}

static void udp_socket_send_recv(void **state)
{
    hello_world(*state, true);
}

/* A connected receiver is not told about a stranger's datagram. The datagram
 * of its peer, sent after it, shows that the stranger's has been dealt with. */
static void udp_socket_discard(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket receiver;
    mio_udp_socket friend;
    mio_udp_socket stranger;
    mio_addr receiver_addr;
    mio_addr friend_addr;
    mio_addr stranger_addr;

    open_socket(&receiver, &receiver_addr);
    open_socket(&friend, &friend_addr);
    open_socket(&stranger, &stranger_addr);
    assert_ok(mio_udp_socket_connect(&receiver, &friend_addr));
    watch(f, &receiver, RECEIVER, MIO_READABLE);
    send_message(&stranger, &receiver_addr);
    expect_no_events(f);

    send_message(&friend, &receiver_addr);
    expect_only(f, RECEIVER, R_READABLE);
    receive_message(&receiver);
    expect_no_events(f);
    mio_udp_socket_close(&receiver);
    mio_udp_socket_close(&friend);
    mio_udp_socket_close(&stranger);
}

/* ---- Edges --------------------------------------------------------------*/

static void et_behavior_recv(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr sender_addr;
    mio_addr receiver_addr;
    char buffer[32];
    int i;

    open_socket(&sender, &sender_addr);
    open_socket(&receiver, &receiver_addr);
    assert_ok(mio_udp_socket_connect(&sender, &receiver_addr));
    assert_ok(mio_udp_socket_connect(&receiver, &sender_addr));
    watch(f, &sender, SENDER, MIO_WRITABLE);
    watch(f, &receiver, RECEIVER, MIO_READABLE);
    expect_only(f, SENDER, R_WRITABLE);
    for (i = 0; i < 3; i++) {
        send_message(&sender, NULL);
        expect_event(f, RECEIVER, R_READABLE);
        receive_message(&receiver);
        assert_error(mio_udp_socket_recv(&receiver, buffer, sizeof(buffer)),
                     MIO_ERR_WOULD_BLOCK);
    }
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

static void et_behavior_recv_from(void **state)
{
    struct fixture *const f = *state;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr sender_addr;
    mio_addr receiver_addr;
    mio_addr from;
    char buffer[32];
    int i;

    open_socket(&sender, &sender_addr);
    open_socket(&receiver, &receiver_addr);
    watch(f, &receiver, RECEIVER, MIO_READABLE);
    for (i = 0; i < 3; i++) {
        send_message(&sender, &receiver_addr);
        expect_event(f, RECEIVER, R_READABLE);
        assert_count(
            mio_udp_socket_recv_from(&receiver, buffer, sizeof(buffer), &from),
            sizeof(message));
        assert_memory_equal(buffer, message, sizeof(message));
        assert_addr_equal(&from, &sender_addr);
        assert_error(
            mio_udp_socket_recv_from(&receiver, buffer, sizeof(buffer), &from),
            MIO_ERR_WOULD_BLOCK);
    }
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(udp_socket_register),
        TEST(udp_socket_reregister),
        TEST(udp_socket_no_events_after_deregister),
        TEST(udp_socket),
        TEST(udp_socket_send_recv),
        TEST(udp_socket_discard),
        TEST(et_behavior_recv),
        TEST(et_behavior_recv_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
