/* rearm.c: what arms an edge again, and which one (G4). I/O that would block
 * arms its own direction and never the other one; on streams a short read or
 * write does the same. Unix sockets and pipes are in rearm_unix.c. */
#include "rearm.h"

enum { TOKEN = 1 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

static char data[64];
static mio_buffer buffer = {data, sizeof(data)};
static mio_addr addr;

/* ---- Reading functions --------------------------------------------------*/

static mio_ssize tcp_read(void *object)
{
    return mio_tcp_stream_read(object, data, sizeof(data));
}

static mio_ssize tcp_readv(void *object)
{
    return mio_tcp_stream_readv(object, &buffer, 1);
}

static mio_ssize tcp_peek(void *object)
{
    return mio_tcp_stream_peek(object, data, sizeof(data));
}

static mio_ssize udp_recv(void *object)
{
    return mio_udp_socket_recv(object, data, sizeof(data));
}

static mio_ssize udp_recv_from(void *object)
{
    return mio_udp_socket_recv_from(object, data, sizeof(data), &addr);
}

static mio_ssize udp_peek(void *object)
{
    return mio_udp_socket_peek(object, data, sizeof(data));
}

static mio_ssize udp_peek_from(void *object)
{
    return mio_udp_socket_peek_from(object, data, sizeof(data), &addr);
}

static mio_ssize udp_recv_batch(void *object)
{
    mio_datagram datagram = {.data = data, .length = sizeof(data)};
    return mio_udp_socket_recv_batch(object, &datagram, 1);
}

/* ---- A blocked read arms reading ----------------------------------------*/

static void blocked_tcp_reads_arm_reading(void **state)
{
    io_function *const reads[] = {tcp_read, tcp_readv, tcp_peek};
    check_blocked_reads(*state, &subject_tcp_stream, reads,
                        ARRAY_LENGTH(reads));
}

static void blocked_udp_reads_arm_reading(void **state)
{
    io_function *const reads[] = {udp_recv, udp_recv_from, udp_peek,
                                  udp_peek_from, udp_recv_batch};
    check_blocked_reads(*state, &subject_udp_socket, reads,
                        ARRAY_LENGTH(reads));
}

/* ---- A blocked write arms writing ---------------------------------------*/

static void blocked_tcp_writes_arm_writing(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream a;
    mio_tcp_stream b;
    static char block[65536];
    mio_buffer vector = {block, sizeof(block)};
    tcp_pair(&a, &b);
    write_all(&b, "x", 1);
    assert_true(fd_await_readable(a.source.fd));
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_READABLE | R_WRITABLE);
    for (int i = 0; i < 2; i++) {
        mio_ssize n = 1;
        size_t sent = 0;
        while (n > 0 && sent < (size_t)1 << 30) {
            n = i == 0 ? mio_tcp_stream_write(&a, block, sizeof(block))
                       : mio_tcp_stream_writev(&a, &vector, 1);
            sent += n > 0 ? (size_t)n : 0;
        }
        assert_error(n, MIO_ERR_WOULD_BLOCK);
        /* The network may still be moving data on, which makes room: that is
         * an event, and it may tell of all directions. */
        size_t received = 0;
        const int64_t end = monotonic_ns() + PATIENCE;
        while (received < sent && monotonic_ns() < end) {
            n = mio_tcp_stream_read(&b, block, sizeof(block));
            received += n > 0 ? (size_t)n : 0;
        }
        assert_int_equal(received, sent);
        expect_event(f, TOKEN, R_WRITABLE);
    }
    mio_tcp_stream_close(&a);
    mio_tcp_stream_close(&b);
}

/* ---- Short reads and writes ---------------------------------------------*/

static void short_reads_arm_reading(void **state)
{
    io_function *const tcp[] = {tcp_read, tcp_readv};
    check_short_reads(*state, &subject_tcp_stream, tcp, ARRAY_LENGTH(tcp));
}

static void short_batches_arm_reading(void **state)
{
    struct fixture *f = *state;
    mio_datagram batch[4];
    char room[4][8];
    mio_udp_socket a;
    mio_udp_socket b;
    udp_pair(&a, &b);
    assert_ok(
        mio_registry_register(f->registry, &a.source, TOKEN, MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(batch); j++) {
            batch[j].data = room[j];
            batch[j].length = sizeof(room[j]);
        }
        assert_count(mio_udp_socket_send(&b, "one", 3), 3);
        expect_event(f, TOKEN, R_READABLE);
        assert_count(mio_udp_socket_recv_batch(&a, batch, ARRAY_LENGTH(batch)),
                     1);
        expect_quiet(f);
    }
    assert_count(mio_udp_socket_send(&b, "two", 3), 3);
    expect_event(f, TOKEN, R_READABLE);
    mio_udp_socket_close(&a);
    mio_udp_socket_close(&b);
}

/* A peek that finds something takes nothing: the event is still owed to the
 * read that follows, which sees it all. */
static void a_peek_takes_nothing_away(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    subject_open(&s, &subject_tcp_stream);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        subject_feed(&s);
        expect_event(f, TOKEN, R_READABLE);
        assert_count(tcp_peek(&s.near_end), 1);
        assert_count(tcp_peek(&s.near_end), 1);
        subject_take(&s);
        subject_block(&s);
        (void)readiness_now(f, TOKEN);
        expect_quiet(f);
    }
    subject_close(f, &s);
}

/* ---- Foreign descriptors ------------------------------------------------*/

static void rearming_has_a_direction(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    subject_open(&s, &subject_foreign_socket);
    assert_ok(mio_registry_register(f->registry, s.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_WRITABLE);
    for (int i = 0; i < 3; i++) {
        assert_ok(mio_source_rearm(s.source, MIO_READABLE));
        expect_quiet(f);
    }
    subject_feed(&s);
    expect_event(f, TOKEN, R_READABLE);
    assert_int_equal(f->count, 1);
    subject_take(&s);
    subject_block(&s);

    /* Full: not writable, so that a rearmed writer hears of the first room. */
    size_t sent = 0;
    do {
        while (peer_send_all(s.source->fd, data, sizeof(data))) {
            sent += sizeof(data);
        }
        assert_int_equal(mio_error_from_os(mio_last_os_error()),
                         MIO_ERR_WOULD_BLOCK);
    } while (fd_is_writable(s.source->fd, 20));
    assert_ok(mio_source_rearm(s.source, MIO_WRITABLE));
    expect_quiet(f);
    assert_int_equal(peer_discard(s.far_end.fd, sent), sent);
    expect_event(f, TOKEN, R_WRITABLE);
    assert_ok(mio_source_rearm(s.source, BOTH));
    subject_close(f, &s);
}

/* It never adds a direction that was not asked for. */
static void rearming_adds_no_direction(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    subject_open(&s, &subject_foreign_socket);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    expect_quiet(f);
    assert_ok(mio_source_rearm(s.source, BOTH));
    expect_quiet(f);
    assert_ok(mio_source_rearm(s.source, MIO_WRITABLE));
    expect_quiet(f);
    subject_feed(&s);
    expect_event(f, TOKEN, R_READABLE);
    assert_ok(mio_registry_deregister(f->registry, s.source));
    assert_ok(mio_source_rearm(s.source, BOTH));
    expect_quiet(f);
    subject_close(f, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocked_tcp_reads_arm_reading),
        TEST(blocked_udp_reads_arm_reading),
        TEST(blocked_tcp_writes_arm_writing),
        TEST(short_reads_arm_reading),
        TEST(short_batches_arm_reading),
        TEST(a_peek_takes_nothing_away),
        TEST(rearming_has_a_direction),
        TEST(rearming_adds_no_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
