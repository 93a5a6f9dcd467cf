/* unix_stream.c: Unix streams, wherever there are Unix sockets. The first tests
 * are mio's scenarios, under mio's names. What only Unix systems have of them is
 * in unix_peer.c. */
#include "unix_socket.h"

enum { A = 1, B = 2 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

/* ---- mio's scenarios ----------------------------------------------------*/

#define TRANSFER ((size_t)4 * 1024 * 1024)

static int read_transfer(void *argument)
{
    mio_unix_stream *stream = argument;
    unsigned char block[8192];
    size_t total = 0;
    while (total < TRANSFER) {
        if (!fd_await_readable(stream->source.fd)) {
            return 1;
        }
        mio_ssize n = mio_unix_stream_read(stream, block, sizeof(block));
        for (mio_ssize i = 0; i < n; i++) {
            if (block[i] != (unsigned char)((total + (size_t)i) % 251)) {
                return 2;
            }
        }
        if (n > 0) {
            total += (size_t)n;
        } else if (n != MIO_ERR_WOULD_BLOCK) {
            return 3;
        }
    }
    return 0;
}

static int write_transfer(void *argument)
{
    mio_unix_stream *stream = argument;
    unsigned char block[8192];
    size_t total = 0;
    while (total < TRANSFER) {
        size_t length = TRANSFER - total;
        length = length < sizeof(block) ? length : sizeof(block);
        for (size_t i = 0; i < length; i++) {
            block[i] = (unsigned char)((total + i) % 251);
        }
        if (!fd_await_writable(stream->source.fd)) {
            return 1;
        }
        mio_ssize n = mio_unix_stream_write(stream, block, length);
        if (n > 0) {
            total += (size_t)n;
        } else if (n != MIO_ERR_WOULD_BLOCK) {
            return 3;
        }
    }
    return 0;
}

/* Two threads use one stream, one in each direction. */
static void unix_stream_send_and_sync(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    mio_unix_stream a;
    mio_unix_stream b;
    struct thread threads[3];
    (void)state;
    unix_pair(&a, &b);
    thread_start(&threads[0], read_transfer, &a);
    thread_start(&threads[1], write_transfer, &b);
    thread_start(&threads[2], read_transfer, &b);
    int written = write_transfer(&a);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
    }
    assert_int_equal(written, 0);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

/* The peer at the other end echoes with blocking calls of the system. */
static void echo(mio_fd peer, size_t length)
{
    char data[64];
    assert_true(length <= sizeof(data));
    assert_true(peer_recv_all(peer, data, length));
    assert_true(peer_send_all(peer, data, length));
}

static void smoke(struct fixture *f, mio_unix_stream *stream, mio_fd peer)
{
    char data[16];
    char first[4] = "aaa";
    char second[4] = "bbb";
    mio_buffer out[] = {{first, 3}, {NULL, 0}, {second, 3}};
    mio_buffer in[] = {{data, 2}, {data + 2, 5}};
    assert_nonblocking_cloexec(stream->source.fd);
    assert_ok(mio_registry_register(f->registry, &stream->source, A, BOTH));
    expect_event(f, A, R_WRITABLE);
    assert_error(mio_unix_stream_read(stream, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);

    assert_count(mio_unix_stream_write(stream, "hello", 5), 5);
    echo(peer, 5);
    expect_event(f, A, R_READABLE);
    assert_count(mio_unix_stream_read(stream, data, sizeof(data)), 5);
    assert_memory_equal(data, "hello", 5);
    assert_error(mio_unix_stream_read(stream, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_unix_stream_take_error(stream));

    assert_count(mio_unix_stream_writev(stream, out, ARRAY_LENGTH(out)), 6);
    echo(peer, 6);
    expect_event(f, A, R_READABLE);
    memset(data, '.', sizeof(data));
    assert_count(mio_unix_stream_readv(stream, in, ARRAY_LENGTH(in)), 6);
    assert_memory_equal(data, "aaabbb.", 7); /* the last byte is untouched */
    mio_unix_stream_close(stream);
}

static void unix_stream_smoke(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream stream;
    mio_unix_stream server;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_unix_stream_connect(&stream, path));
    assert_ok(mio_unix_listener_accept(&listener, &server, NULL));
    fd_set_blocking(server.source.fd, true);
    smoke(*state, &stream, server.source.fd);
    mio_unix_stream_close(&server);
    mio_unix_listener_close(&listener);
}

static void unix_stream_from_std(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    mio_addr addr = unix_temp_addr();
    const mio_fd listener = valid_fd(peer_tcp_listen(&addr));
    const mio_fd client = valid_fd(peer_tcp_connect(&addr));
    const mio_fd server = valid_fd(peer_accept(listener));
    mio_unix_stream stream;
    fd_set_inherited(client);
    assert_ok(mio_unix_stream_from_fd(&stream, client));
    smoke(*state, &stream, server);
    fd_close(server);
    fd_close(listener);
}

static void unix_stream_connect(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream stream;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_unix_stream_connect(&stream, path));
    unix_see_the_peer_leave(*state, &listener, &stream);
}

static void unix_stream_pair(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    unix_pair(&a, &b);
    assert_nonblocking_cloexec(a.source.fd);
    assert_nonblocking_cloexec(b.source.fd);
    assert_ok(mio_registry_register(f->registry, &a.source, A, BOTH));
    assert_ok(mio_registry_register(f->registry, &b.source, B, BOTH));
    expect_events(f, {A, R_WRITABLE}, {B, R_WRITABLE});
    assert_error(mio_unix_stream_read(&a, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_unix_stream_read(&b, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_unix_stream_write(&a, "ping", 4), 4);
    expect_event(f, B, R_READABLE);
    assert_count(mio_unix_stream_read(&b, data, sizeof(data)), 4);
    assert_count(mio_unix_stream_write(&b, "pong", 4), 4);
    expect_event(f, A, R_READABLE);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 4);
    assert_memory_equal(data, "pong", 4);
    assert_ok(mio_unix_stream_take_error(&a));
    assert_ok(mio_unix_stream_take_error(&b));
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_peer_addr(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    mio_unix_stream stream;
    mio_addr expected;
    mio_addr addr;
    (void)state;
    assert_ok(mio_addr_unix_path(&expected, path));
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_unix_stream_connect(&stream, path));
    assert_ok(mio_unix_stream_peer_addr(&stream, &addr));
    assert_addr_equal(&addr, &expected);
    assert_ok(mio_unix_stream_local_addr(&stream, &addr));
    assert_true(mio_addr_is_unnamed(&addr));
    mio_unix_stream_close(&stream);
    mio_unix_listener_close(&listener);
}

static void registered_pair(struct fixture *f, mio_unix_stream *a,
                            mio_unix_stream *b)
{
    unix_pair(a, b);
    assert_ok(mio_registry_register(f->registry, &a->source, A, BOTH));
    expect_only(f, A, R_WRITABLE);
}

static void unix_stream_shutdown_read(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    registered_pair(f, &a, &b);
    assert_ok(mio_unix_stream_shutdown(&a, MIO_SHUTDOWN_READ));
    expect_event(f, A, R_READABLE | R_READ_CLOSED);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 0);
    assert_count(mio_unix_stream_write(&a, "data", 4), 4);
    assert_count(mio_unix_stream_read(&b, data, sizeof(data)), 4);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_shutdown_write(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    registered_pair(f, &a, &b);
    assert_ok(mio_unix_stream_shutdown(&a, MIO_SHUTDOWN_WRITE));
    assert_error(mio_unix_stream_write(&a, "data", 4), MIO_ERR_BROKEN_PIPE);
    assert_count(mio_unix_stream_write(&b, "data", 4), 4);
    expect_event(f, A, R_READABLE);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 4);
    assert_count(mio_unix_stream_read(&b, data, sizeof(data)), 0);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_shutdown_both(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    registered_pair(f, &a, &b);
    assert_ok(mio_unix_stream_shutdown(&a, MIO_SHUTDOWN_BOTH));
    expect_event(f, A, R_READ_CLOSED | R_WRITE_CLOSED);
    assert_error(mio_unix_stream_write(&a, "data", 4), MIO_ERR_BROKEN_PIPE);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 0);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_shutdown_listener_write(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    registered_pair(f, &a, &b);
    assert_ok(mio_unix_stream_shutdown(&b, MIO_SHUTDOWN_WRITE));
    expect_event(f, A, R_READABLE | R_READ_CLOSED);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 0);
    assert_count(mio_unix_stream_write(&a, "data", 4), 4);
    assert_count(mio_unix_stream_read(&b, data, sizeof(data)), 4);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_register(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    unix_pair(&a, &b);
    assert_ok(mio_registry_register(f->registry, &a.source, A, MIO_READABLE));
    expect_no_events(f);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_reregister(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    unix_pair(&a, &b);
    assert_ok(mio_registry_register(f->registry, &a.source, A, MIO_READABLE));
    expect_quiet(f);
    assert_ok(mio_registry_reregister(f->registry, &a.source, B, MIO_WRITABLE));
    expect_only(f, B, R_WRITABLE);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void unix_stream_deregister(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[4];
    unix_pair(&a, &b);
    assert_ok(mio_registry_register(f->registry, &a.source, A, BOTH));
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    assert_ok(mio_registry_deregister(f->registry, &a.source));
    expect_no_events(f);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 1);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

/* ---- What mio does not have ---------------------------------------------*/

static void peek_leaves_the_bytes(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    (void)state;
    unix_pair(&a, &b);
    assert_error(mio_unix_stream_peek(&a, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_unix_stream_write(&b, "abc", 3), 3);
    assert_count(mio_unix_stream_peek(&a, data, 2), 2);
    assert_count(mio_unix_stream_peek(&a, data, sizeof(data)), 3);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 3);
    assert_memory_equal(data, "abc", 3);
    mio_unix_stream_close(&b);
    assert_count(mio_unix_stream_peek(&a, data, sizeof(data)), 0);
    mio_unix_stream_close(&a);
}

static void reads_without_room_are_refused(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    mio_unix_stream a;
    mio_unix_stream b;
    char data[4];
    mio_buffer none[] = {{data, 0}, {NULL, 0}};
    mio_buffer late[] = {{NULL, 0}, {data, 4}};
    (void)state;
    unix_pair(&a, &b);
    assert_count(mio_unix_stream_write(&b, "data", 4), 4);
    assert_error(mio_unix_stream_read(&a, data, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_peek(&a, data, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_readv(&a, none, ARRAY_LENGTH(none)),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_readv(&a, late, 0), MIO_ERR_INVALID_INPUT);
    assert_count(mio_unix_stream_readv(&a, late, ARRAY_LENGTH(late)), 4);
    assert_memory_equal(data, "data", 4);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void an_empty_write_is_no_end(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    mio_unix_stream a;
    mio_unix_stream b;
    char data[4];
    mio_buffer none[] = {{NULL, 0}};
    (void)state;
    unix_pair(&a, &b);
    assert_count(mio_unix_stream_write(&b, NULL, 0), 0);
    assert_count(mio_unix_stream_writev(&b, none, 1), 0);
    assert_error(mio_unix_stream_read(&a, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void more_buffers_than_the_system_takes_are_left_over(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    static unsigned char bytes[1500];
    static unsigned char received[1500];
    static mio_buffer out[ARRAY_LENGTH(bytes)];
    static mio_buffer in[ARRAY_LENGTH(bytes)];
    mio_unix_stream a;
    mio_unix_stream b;
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bytes); i++) {
        bytes[i] = (unsigned char)(i % 251);
        out[i] = (mio_buffer){&bytes[i], 1};
        in[i] = (mio_buffer){&received[i], 1};
    }
    unix_pair(&a, &b);
    assert_count(mio_unix_stream_writev(&a, out, ARRAY_LENGTH(out)), 1024);
    assert_count(mio_unix_stream_writev(&a, out + 1024, 1500 - 1024), 476);
    assert_count(mio_unix_stream_readv(&b, in, ARRAY_LENGTH(in)), 1024);
    assert_count(mio_unix_stream_readv(&b, in + 1024, 1500 - 1024), 476);
    assert_memory_equal(received, bytes, sizeof(bytes));
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void a_moved_stream_works_where_it_is(void **state)
{
    SKIP_UNLESS_UNIX_SOCKETS();
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    mio_unix_stream moved;
    char data[4];
    registered_pair(f, &a, &b);
    moved = a;
    memset(&a, 0xa5, sizeof(a));
    assert_true(mio_source_is_registered(&moved.source));
    assert_error(mio_unix_stream_read(&moved, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    expect_event(f, A, R_READABLE);
    assert_ok(
        mio_registry_reregister(f->registry, &moved.source, B, MIO_READABLE));
    expect_only(f, B, R_READABLE);
    mio_unix_stream_close(&moved);
    mio_unix_stream_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(unix_stream_send_and_sync),
        TEST(unix_stream_smoke),
        TEST(unix_stream_from_std),
        TEST(unix_stream_connect),
        TEST(unix_stream_pair),
        TEST_BARE(unix_stream_peer_addr),
        TEST(unix_stream_shutdown_read),
        TEST(unix_stream_shutdown_write),
        TEST(unix_stream_shutdown_both),
        TEST(unix_stream_shutdown_listener_write),
        TEST(unix_stream_register),
        TEST(unix_stream_reregister),
        TEST(unix_stream_deregister),
        TEST_BARE(peek_leaves_the_bytes),
        TEST_BARE(reads_without_room_are_refused),
        TEST_BARE(an_empty_write_is_no_end),
        TEST_BARE(more_buffers_than_the_system_takes_are_left_over),
        TEST(a_moved_stream_works_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
