/* rearm.c: what arms an edge again, and which one (G4). I/O that would block
 * arms its own direction and never the other one; on streams a short read or
 * write does the same. */
#include "unix_support.h"

enum { TOKEN = 1 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

static char data[64];
static mio_buffer buffer = {data, sizeof(data)};
static mio_addr addr;

/* ---- Reading functions --------------------------------------------------*/

/* Each object has one byte or datagram at most: every function takes it. */
typedef mio_ssize io_function(void *object);

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

static mio_ssize unix_read(void *object)
{
    return mio_unix_stream_read(object, data, sizeof(data));
}

static mio_ssize unix_readv(void *object)
{
    return mio_unix_stream_readv(object, &buffer, 1);
}

static mio_ssize unix_peek(void *object)
{
    return mio_unix_stream_peek(object, data, sizeof(data));
}

static mio_ssize unix_recv_fds(void *object)
{
    size_t count = 0;
    return mio_unix_stream_recv_fds(object, data, sizeof(data), NULL, 0,
                                    &count);
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

static mio_ssize datagram_recv(void *object)
{
    return mio_unix_datagram_recv(object, data, sizeof(data));
}

static mio_ssize datagram_recv_from(void *object)
{
    return mio_unix_datagram_recv_from(object, data, sizeof(data), &addr);
}

static mio_ssize datagram_peek(void *object)
{
    return mio_unix_datagram_peek(object, data, sizeof(data));
}

static mio_ssize datagram_peek_from(void *object)
{
    return mio_unix_datagram_peek_from(object, data, sizeof(data), &addr);
}

/* ---- A blocked read arms reading ----------------------------------------*/

/* Registers a subject that can be written and not read. Each of the functions
 * blocks several times, which gives no event, least of all a writable one; and
 * each of them is enough to get the next readable one. */
static void check_blocked_reads(struct fixture *f,
                                const struct subject_kind *kind,
                                io_function *const *reads, size_t count)
{
    struct subject s;
    subject_open(&s, kind);
    assert_ok(mio_registry_register(f->registry, s.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_WRITABLE);
    for (size_t i = 0; i < count; i++) {
        for (int j = 0; j < 3; j++) {
            assert_error(reads[i](&s.near), MIO_ERR_WOULD_BLOCK);
            expect_quiet(f);
        }
        subject_feed(&s);
        expect_event(f, TOKEN, R_READABLE);
        assert_int_equal(f->count, 1);
        subject_take(&s); /* fills what it was given: no short read */
    }
    subject_close(f, &s);
}

static void blocked_tcp_reads_arm_reading(void **state)
{
    io_function *const reads[] = {tcp_read, tcp_readv, tcp_peek};
    check_blocked_reads(*state, &subject_tcp_stream, reads,
                        ARRAY_LENGTH(reads));
}

static void blocked_unix_reads_arm_reading(void **state)
{
    io_function *const reads[] = {unix_read, unix_readv, unix_peek,
                                  unix_recv_fds};
    check_blocked_reads(*state, &subject_unix_stream, reads,
                        ARRAY_LENGTH(reads));
}

static void blocked_udp_reads_arm_reading(void **state)
{
    io_function *const reads[] = {udp_recv, udp_recv_from, udp_peek,
                                  udp_peek_from, udp_recv_batch};
    check_blocked_reads(*state, &subject_udp_socket, reads,
                        ARRAY_LENGTH(reads));
}

static void blocked_datagram_reads_arm_reading(void **state)
{
    io_function *const reads[] = {datagram_recv, datagram_recv_from,
                                  datagram_peek, datagram_peek_from};
    check_blocked_reads(*state, &subject_unix_datagram, reads,
                        ARRAY_LENGTH(reads));
}

static void blocked_pipe_reads_arm_reading(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_ok(mio_registry_register(f->registry, &receiver.source, TOKEN,
                                    MIO_READABLE));
    for (int i = 0; i < 6; i++) {
        const mio_ssize n =
            i % 2 == 0 ? mio_pipe_receiver_readv(&receiver, &buffer, 1)
                       : mio_pipe_receiver_read(&receiver, data, sizeof(data));
        assert_error(n, MIO_ERR_WOULD_BLOCK);
        expect_quiet(f);
        assert_count(mio_pipe_sender_write(&sender, "x", 1), 1);
        expect_only(f, TOKEN, R_READABLE);
        assert_count(mio_pipe_receiver_read(&receiver, data, 1), 1);
    }
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
}

/* ---- A blocked write arms writing ---------------------------------------*/

static mio_ssize unix_write(void *object)
{
    return mio_unix_stream_write(object, data, 1);
}

static mio_ssize unix_writev(void *object)
{
    return mio_unix_stream_writev(object, &buffer, 1);
}

static mio_ssize unix_send_fds(void *object)
{
    const mio_unix_stream *stream = object;
    return mio_unix_stream_send_fds(object, data, 1, &stream->source.fd, 1);
}

/* There is unread data, and it has been reported; a blocked write must not
 * report it again. Room is then reported once there is some. */
static void blocked_unix_writes_arm_writing(void **state)
{
    struct fixture *f = *state;
    io_function *const writes[] = {unix_write, unix_writev, unix_send_fds};
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_READABLE | R_WRITABLE);
    for (size_t i = 0; i < ARRAY_LENGTH(writes); i++) {
        const size_t sent = fill_stream(&a);
        for (int j = 0; j < 3; j++) {
            assert_error(writes[i](&a), MIO_ERR_WOULD_BLOCK);
            expect_quiet(f);
        }
        assert_int_equal(drain_stream(&b), sent);
        expect_event(f, TOKEN, R_WRITABLE);
        assert_int_equal(f->count, 1);
    }
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

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

static void blocked_pipe_writes_arm_writing(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_ok(mio_registry_register(f->registry, &sender.source, TOKEN,
                                    MIO_WRITABLE));
    expect_only(f, TOKEN, R_WRITABLE);
    for (int i = 0; i < 4; i++) {
        const size_t sent = fill_pipe(&sender);
        const mio_ssize n = i % 2 == 0
                                ? mio_pipe_sender_writev(&sender, &buffer, 1)
                                : mio_pipe_sender_write(&sender, data, 1);
        assert_error(n, MIO_ERR_WOULD_BLOCK);
        expect_quiet(f);
        assert_int_equal(drain_pipe(&receiver), sent);
        expect_only(f, TOKEN, R_WRITABLE);
    }
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
}

/* ---- Short reads and writes ---------------------------------------------*/

static void check_short_reads(struct fixture *f,
                              const struct subject_kind *kind,
                              io_function *const *reads, size_t count)
{
    struct subject s;
    subject_open(&s, kind);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    for (size_t i = 0; i < count; i++) {
        subject_feed(&s);
        expect_only(f, TOKEN, R_READABLE);
        assert_count(reads[i](&s.near), 1); /* and there was room for more */
        expect_quiet(f);
    }
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    subject_close(f, &s);
}

static mio_ssize pipe_read(void *object)
{
    return mio_pipe_receiver_read(object, data, sizeof(data));
}

static mio_ssize pipe_readv(void *object)
{
    return mio_pipe_receiver_readv(object, &buffer, 1);
}

static void short_reads_arm_reading(void **state)
{
    io_function *const tcp[] = {tcp_read, tcp_readv};
    io_function *const unix_[] = {unix_read, unix_readv, unix_recv_fds};
    io_function *const pipe_[] = {pipe_read, pipe_readv};
    check_short_reads(*state, &subject_tcp_stream, tcp, ARRAY_LENGTH(tcp));
    check_short_reads(*state, &subject_unix_stream, unix_, ARRAY_LENGTH(unix_));
    check_short_reads(*state, &subject_pipe, pipe_, ARRAY_LENGTH(pipe_));
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

/* One big write takes what fits; there is no "would block". */
static void short_writes_arm_writing(void **state)
{
    struct fixture *f = *state;
    static char block[4 * 1024 * 1024];
    mio_buffer vector = {block, sizeof(block)};
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_WRITABLE);
    for (int i = 0; i < 4; i++) {
        const mio_ssize n =
            i % 2 == 0 ? mio_unix_stream_write(&a, block, sizeof(block))
                       : mio_unix_stream_writev(&a, &vector, 1);
        assert_in_range(n, 1, sizeof(block) - 1);
        expect_quiet(f);
        assert_int_equal(drain_stream(&b), n);
        expect_only(f, TOKEN, R_WRITABLE);
    }
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void short_pipe_writes_arm_writing(void **state)
{
    struct fixture *f = *state;
    static char block[4 * 1024 * 1024];
    mio_buffer vector = {block, sizeof(block)};
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_ok(mio_registry_register(f->registry, &sender.source, TOKEN,
                                    MIO_WRITABLE));
    expect_only(f, TOKEN, R_WRITABLE);
    for (int i = 0; i < 4; i++) {
        const mio_ssize n =
            i % 2 == 0 ? mio_pipe_sender_write(&sender, block, sizeof(block))
                       : mio_pipe_sender_writev(&sender, &vector, 1);
        assert_in_range(n, 1, sizeof(block) - 1);
        expect_quiet(f);
        assert_int_equal(drain_pipe(&receiver), n);
        expect_only(f, TOKEN, R_WRITABLE);
    }
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
}

/* A peek that finds something takes nothing: the event is still owed to the
 * read that follows, which sees it all. */
static void a_peek_takes_nothing_away(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    subject_open(&s, &subject_unix_stream);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        subject_feed(&s);
        expect_event(f, TOKEN, R_READABLE);
        assert_count(unix_peek(&s.near), 1);
        assert_count(unix_peek(&s.near), 1);
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
    while (write(s.source->fd, data, sizeof(data)) > 0) {
    }
    assert_int_equal(mio_error_from_os(errno), MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_source_rearm(s.source, MIO_WRITABLE));
    expect_quiet(f);
    fd_set_blocking(s.far.fd, false);
    while (read(s.far.fd, data, sizeof(data)) > 0) {
    }
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
        TEST(blocked_unix_reads_arm_reading),
        TEST(blocked_udp_reads_arm_reading),
        TEST(blocked_datagram_reads_arm_reading),
        TEST(blocked_pipe_reads_arm_reading),
        TEST(blocked_unix_writes_arm_writing),
        TEST(blocked_tcp_writes_arm_writing),
        TEST(blocked_pipe_writes_arm_writing),
        TEST(short_reads_arm_reading),
        TEST(short_batches_arm_reading),
        TEST(short_writes_arm_writing),
        TEST(short_pipe_writes_arm_writing),
        TEST(a_peek_takes_nothing_away),
        TEST(rearming_has_a_direction),
        TEST(rearming_adds_no_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
