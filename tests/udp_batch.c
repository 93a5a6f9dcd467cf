/* udp_batch.c: several datagrams in one call, and datagrams that do not fit. */
#include "support.h"

enum { RECEIVER = 1 };

/* More than one call moves. */
#define MANY 100

struct batch {
    mio_datagram datagrams[MANY];
    unsigned char data[MANY][8];
};

static void bind_to(mio_udp_socket *socket, mio_addr *addr)
{
    *addr = any_v4();
    assert_ok(mio_udp_socket_bind(socket, addr));
    assert_ok(mio_udp_socket_local_addr(socket, addr));
}

/* Datagram i has i % 8 bytes of value i. */
static void batch_fill(struct batch *batch, const mio_addr *to)
{
    size_t i;

    memset(batch, 0, sizeof(*batch));
    for (i = 0; i < MANY; i++) {
        memset(batch->data[i], (int)i, i % 8);
        batch->datagrams[i].data = batch->data[i];
        batch->datagrams[i].length = i % 8;
        if (to != NULL) {
            batch->datagrams[i].addr = *to;
        }
    }
}

static void batch_make_room(struct batch *batch, size_t room)
{
    size_t i;

    memset(batch, 0, sizeof(*batch));
    for (i = 0; i < MANY; i++) {
        batch->datagrams[i].data = batch->data[i];
        batch->datagrams[i].length = room;
    }
}

static void batch_check(const struct batch *batch, size_t begin, size_t end,
                        size_t first, const mio_addr *from)
{
    size_t i;

    for (i = begin; i < end; i++) {
        const size_t number = first + i - begin;
        size_t k;

        assert_int_equal(batch->datagrams[i].length, number % 8);
        assert_false(batch->datagrams[i].truncated);
        assert_addr_equal(&batch->datagrams[i].addr, from);
        for (k = 0; k < number % 8; k++) {
            assert_int_equal(batch->data[i][k], number);
        }
    }
}

/* ---- Whole batches ------------------------------------------------------*/

static void exchange(struct fixture *f, bool connected)
{
    struct batch batch;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr from;
    mio_addr to;

    bind_to(&sender, &from);
    bind_to(&receiver, &to);
    if (connected) {
        assert_ok(mio_udp_socket_connect(&sender, &to));
    }
    assert_ok(mio_registry_register(f->registry, &receiver.source, RECEIVER,
                                    MIO_READABLE));
    batch_fill(&batch, connected ? NULL : &to);
    assert_count(mio_udp_socket_send_batch(&sender, batch.datagrams, MANY),
                 MIO_BATCH_MAX);
    assert_count(mio_udp_socket_send_batch(&sender,
                                           batch.datagrams + MIO_BATCH_MAX,
                                           MANY - MIO_BATCH_MAX),
                 MANY - MIO_BATCH_MAX);
    expect_event(f, RECEIVER, R_READABLE);

    /* A part, the rest into more room than is needed, and nothing. */
    batch_make_room(&batch, 8);
    assert_count(mio_udp_socket_recv_batch(&receiver, batch.datagrams, 40), 40);
    batch_check(&batch, 0, 40, 0, &from);
    batch_make_room(&batch, 8);
    assert_count(mio_udp_socket_recv_batch(&receiver, batch.datagrams, MANY),
                 MANY - 40);
    batch_check(&batch, 0, MANY - 40, 40, &from);
    assert_int_equal(batch.datagrams[MANY - 40].length, 8);
    assert_error(mio_udp_socket_recv_batch(&receiver, batch.datagrams, MANY),
                 MIO_ERR_WOULD_BLOCK);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

static void unconnected(void **state)
{
    exchange(*state, false);
}

static void connected(void **state)
{
    exchange(*state, true);
}

/* Fewer datagrams than there was room for: the socket is drained, and the next
 * datagram gives an event. */
static void a_short_batch_ends_draining(void **state)
{
    struct fixture *const f = *state;
    struct batch batch;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr from;
    mio_addr to;
    int i;

    bind_to(&sender, &from);
    bind_to(&receiver, &to);
    assert_ok(mio_registry_register(f->registry, &receiver.source, RECEIVER,
                                    MIO_READABLE));
    for (i = 0; i < 3; i++) {
        assert_count(mio_udp_socket_send_to(&sender, "x", 1, &to), 1);
        expect_only(f, RECEIVER, R_READABLE);
        batch_make_room(&batch, 8);
        assert_count(
            mio_udp_socket_recv_batch(&receiver, batch.datagrams, MANY), 1);
        expect_no_events(f);
    }
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

/* ---- Errors -------------------------------------------------------------*/

/* The datagrams before one that cannot be sent are sent. */
static void an_error_ends_a_batch(void **state)
{
    static unsigned char huge[70000];
    struct batch batch;
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr from;
    int result;
    mio_addr to;

    (void)state;
    bind_to(&sender, &from);
    bind_to(&receiver, &to);
    batch_fill(&batch, &to);
    batch.datagrams[50].data = huge;
    batch.datagrams[50].length = sizeof(huge);
    assert_count(mio_udp_socket_send_batch(&sender, batch.datagrams, MANY), 50);
    assert_error(mio_udp_socket_send_batch(&sender, &batch.datagrams[50], 1),
                 MIO_ERR_MESSAGE_TOO_LONG);
    assert_error(
        mio_udp_socket_send_batch(&sender, &batch.datagrams[50], MANY - 50),
        MIO_ERR_MESSAGE_TOO_LONG);

    assert_true(fd_await_readable(receiver.source.fd));
    batch_make_room(&batch, 8);
    assert_count(mio_udp_socket_recv_batch(&receiver, batch.datagrams, MANY),
                 50);
    batch_check(&batch, 0, 50, 0, &from);

    batch_fill(&batch, NULL);
    result = mio_udp_socket_send_batch(&sender, batch.datagrams, MANY);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
    if (is_wine()) {
        SKIP("Wine 8 has another error for sending without a receiver");
    }
    assert_error(result, MIO_ERR_NOT_CONNECTED);
}

/* One datagram of five bytes for three receiving calls with room for two. */
static void what_does_not_fit(void **state)
{
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_datagram datagram = {0};
    mio_addr from;
    mio_addr to;
    mio_addr addr = {0};
    char data[4] = {'.', '.', '.', '.'};

    (void)state;
    bind_to(&sender, &from);
    bind_to(&receiver, &to);

    assert_count(mio_udp_socket_send_to(&sender, "12345", 5, &to), 5);
    assert_true(fd_await_readable(receiver.source.fd));
    assert_error(mio_udp_socket_peek(&receiver, data, 2),
                 MIO_ERR_MESSAGE_TOO_LONG);
    assert_memory_equal(data, "12..", 4);
    assert_error(mio_udp_socket_recv_from(&receiver, data, 2, &addr),
                 MIO_ERR_MESSAGE_TOO_LONG);
    assert_memory_equal(data, "12..", 4);
    assert_addr_equal(&addr, &from);
    assert_error(mio_udp_socket_recv(&receiver, data, 2), MIO_ERR_WOULD_BLOCK);

    assert_count(mio_udp_socket_send_to(&sender, "67890", 5, &to), 5);
    assert_true(fd_await_readable(receiver.source.fd));
    datagram.data = data;
    datagram.length = 2;
    assert_count(mio_udp_socket_recv_batch(&receiver, &datagram, 1), 1);
    assert_true(datagram.truncated);
    assert_int_equal(datagram.length, 2);
    assert_addr_equal(&datagram.addr, &from);
    assert_memory_equal(data, "67..", 4);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

static void longest_datagram(void **state)
{
    static unsigned char data[65508];
    static unsigned char copy[65508];
    mio_udp_socket sender;
    mio_udp_socket receiver;
    mio_addr from;
    mio_addr to;
    size_t i;

    (void)state;
    bind_to(&sender, &from);
    bind_to(&receiver, &to);
    for (i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)(i * 7);
    }
    assert_error(mio_udp_socket_send_to(&sender, data, 65508, &to),
                 MIO_ERR_MESSAGE_TOO_LONG);
    assert_count(mio_udp_socket_send_to(&sender, data, 65507, &to), 65507);
    assert_true(fd_await_readable(receiver.source.fd));
    assert_count(mio_udp_socket_recv(&receiver, copy, sizeof(copy)), 65507);
    assert_memory_equal(copy, data, 65507);
    mio_udp_socket_close(&sender);
    mio_udp_socket_close(&receiver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unconnected),
        TEST(connected),
        TEST(a_short_batch_ends_draining),
        TEST_BARE(an_error_ends_a_batch),
        TEST_BARE(what_does_not_fit),
        TEST_BARE(longest_datagram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
