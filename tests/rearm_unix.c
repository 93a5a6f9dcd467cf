/* rearm_unix.c: what arms an edge again on Unix sockets and pipes; the other
 * half of rearm.c. */
#include "unix_support.h"

#include "rearm.h"

enum { TOKEN = 1 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

static char data[64];
static mio_buffer buffer = {data, sizeof(data)};
static mio_addr addr;

/* ---- Reading functions --------------------------------------------------*/

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

static mio_ssize pipe_read(void *object)
{
    return mio_pipe_receiver_read(object, data, sizeof(data));
}

static mio_ssize pipe_readv(void *object)
{
    return mio_pipe_receiver_readv(object, &buffer, 1);
}

/* ---- A blocked read arms reading ----------------------------------------*/

static void blocked_unix_reads_arm_reading(void **state)
{
    io_function *const reads[] = {unix_read, unix_readv, unix_peek,
                                  unix_recv_fds};
    check_blocked_reads(*state, &subject_unix_stream, reads,
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
        const size_t sent = stream_fill(&a);
        for (int j = 0; j < 3; j++) {
            assert_error(writes[i](&a), MIO_ERR_WOULD_BLOCK);
            expect_quiet(f);
        }
        stream_drain(&b, sent);
        expect_event(f, TOKEN, R_WRITABLE);
        assert_int_equal(f->count, 1);
    }
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
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

static void short_reads_arm_reading(void **state)
{
    io_function *const unix_[] = {unix_read, unix_readv, unix_recv_fds};
    io_function *const pipe_[] = {pipe_read, pipe_readv};
    check_short_reads(*state, &subject_unix_stream, unix_, ARRAY_LENGTH(unix_));
    check_short_reads(*state, &subject_pipe, pipe_, ARRAY_LENGTH(pipe_));
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
        stream_drain(&b, (size_t)n);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocked_unix_reads_arm_reading),
        TEST(blocked_datagram_reads_arm_reading),
        TEST(blocked_pipe_reads_arm_reading),
        TEST(blocked_unix_writes_arm_writing),
        TEST(blocked_pipe_writes_arm_writing),
        TEST(short_reads_arm_reading),
        TEST(short_writes_arm_writing),
        TEST(short_pipe_writes_arm_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
