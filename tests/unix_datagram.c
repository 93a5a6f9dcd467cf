/* unix_datagram.c: Unix datagram sockets. The first tests are mio's scenarios,
 * under mio's names. */
#include "unix_support.h"

enum { A = 1, B = 2 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

static mio_addr path_addr(const char *path)
{
    mio_addr addr;
    assert_ok(mio_addr_unix_path(&addr, path));
    return addr;
}

/* A socket as another library would hand it over: blocking, inherited. */
static int plain_datagram(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_true(strlen(path) < sizeof(name.sun_path));
    memcpy(name.sun_path, path, strlen(path) + 1);
    assert_int_equal(
        bind(fd, (const struct sockaddr *)&name, (socklen_t)sizeof(name)), 0);
    return fd;
}

/* ---- mio's scenarios ----------------------------------------------------*/

#define ROUNDS 200

static int receive_rounds(void *argument)
{
    mio_unix_datagram *socket = argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned value = 0;
        mio_ssize n = MIO_ERR_WOULD_BLOCK;
        while (n == MIO_ERR_WOULD_BLOCK) {
            if (!fd_await_readable(socket->source.fd)) {
                return 1;
            }
            n = mio_unix_datagram_recv(socket, &value, sizeof(value));
        }
        if (n != (mio_ssize)sizeof(value) || value != i) {
            return 2;
        }
    }
    return 0;
}

static void send_soon(mio_unix_datagram *socket, unsigned value)
{
    mio_ssize n = MIO_ERR_WOULD_BLOCK;
    while (n == MIO_ERR_WOULD_BLOCK) {
        assert_true(fd_await_writable(socket->source.fd));
        n = mio_unix_datagram_send(socket, &value, sizeof(value));
    }
    assert_count(n, sizeof(value));
}

/* One thread reads from a socket while another writes to it. */
static void is_send_and_sync(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    struct thread reader;
    (void)state;
    assert_ok(mio_unix_datagram_pair(&a, &b));
    thread_start(&reader, receive_rounds, &a);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned value = 0;
        send_soon(&b, i);
        send_soon(&a, i);
        assert_count(mio_unix_datagram_recv(&b, &value, sizeof(value)),
                     sizeof(value));
        assert_int_equal(value, i);
    }
    assert_int_equal(thread_join(&reader), 0);
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void smoke_unconnected(struct fixture *f, mio_unix_datagram *a,
                              const mio_addr *addr_a, mio_unix_datagram *b,
                              const mio_addr *addr_b)
{
    char data[16];
    mio_addr from;
    assert_nonblocking_cloexec(a->source.fd);
    assert_nonblocking_cloexec(b->source.fd);
    assert_ok(mio_registry_register(f->registry, &a->source, A, BOTH));
    assert_ok(mio_registry_register(f->registry, &b->source, B, BOTH));
    expect_events(f, {A, R_WRITABLE}, {B, R_WRITABLE});
    assert_error(mio_unix_datagram_recv_from(a, data, sizeof(data), &from),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_unix_datagram_recv_from(b, data, sizeof(data), &from),
                 MIO_ERR_WOULD_BLOCK);

    assert_count(mio_unix_datagram_send_to(a, "hello", 5, addr_b), 5);
    assert_count(mio_unix_datagram_send_to(b, "bye", 3, addr_a), 3);
    expect_events(f, {A, R_READABLE}, {B, R_READABLE});
    assert_count(mio_unix_datagram_recv_from(b, data, sizeof(data), &from), 5);
    assert_memory_equal(data, "hello", 5);
    assert_addr_equal(&from, addr_a);
    assert_count(mio_unix_datagram_recv_from(a, data, sizeof(data), &from), 3);
    assert_memory_equal(data, "bye", 3);
    assert_addr_equal(&from, addr_b);

    assert_ok(mio_unix_datagram_take_error(a));
    assert_ok(mio_unix_datagram_take_error(b));
    mio_unix_datagram_close(a);
    mio_unix_datagram_close(b);
}

static void unix_datagram_smoke_unconnected(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    mio_addr addr_a = path_addr(temp_path());
    mio_addr addr_b = path_addr(temp_path());
    assert_ok(mio_unix_datagram_bind(&a, mio_addr_path(&addr_a, NULL)));
    assert_ok(mio_unix_datagram_bind_addr(&b, &addr_b));
    smoke_unconnected(*state, &a, &addr_a, &b, &addr_b);
}

static void unix_datagram_smoke_unconnected_from_std(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    const char *path_a = temp_path();
    const char *path_b = temp_path();
    mio_addr addr_a = path_addr(path_a);
    mio_addr addr_b = path_addr(path_b);
    assert_ok(mio_unix_datagram_from_fd(&a, plain_datagram(path_a)));
    assert_ok(mio_unix_datagram_from_fd(&b, plain_datagram(path_b)));
    smoke_unconnected(*state, &a, &addr_a, &b, &addr_b);
}

static void smoke_connected(struct fixture *f, mio_unix_datagram *a,
                            const char *path_a, mio_unix_datagram *b,
                            const char *path_b)
{
    char data[16];
    mio_addr addr;
    mio_addr addr_a = path_addr(path_a);
    mio_addr addr_b = path_addr(path_b);
    assert_ok(mio_unix_datagram_connect(a, path_b));
    assert_ok(mio_unix_datagram_connect(b, path_a));
    assert_nonblocking_cloexec(a->source.fd);
    assert_nonblocking_cloexec(b->source.fd);
    assert_ok(mio_unix_datagram_local_addr(a, &addr));
    assert_addr_equal(&addr, &addr_a);
    assert_ok(mio_unix_datagram_peer_addr(a, &addr));
    assert_addr_equal(&addr, &addr_b);

    assert_ok(mio_registry_register(f->registry, &a->source, A, BOTH));
    assert_ok(mio_registry_register(f->registry, &b->source, B, BOTH));
    expect_events(f, {A, R_WRITABLE}, {B, R_WRITABLE});
    assert_error(mio_unix_datagram_recv(a, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_unix_datagram_recv(b, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_unix_datagram_send(a, "hello", 5), 5);
    assert_count(mio_unix_datagram_send(b, "bye", 3), 3);
    expect_events(f, {A, R_READABLE}, {B, R_READABLE});
    assert_count(mio_unix_datagram_recv(b, data, sizeof(data)), 5);
    assert_memory_equal(data, "hello", 5);
    assert_count(mio_unix_datagram_recv(a, data, sizeof(data)), 3);
    assert_memory_equal(data, "bye", 3);
    assert_ok(mio_unix_datagram_take_error(a));
    assert_ok(mio_unix_datagram_take_error(b));
    mio_unix_datagram_close(a);
    mio_unix_datagram_close(b);
}

static void unix_datagram_smoke_connected(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    const char *path_a = temp_path();
    const char *path_b = temp_path();
    assert_ok(mio_unix_datagram_bind(&a, path_a));
    assert_ok(mio_unix_datagram_bind(&b, path_b));
    smoke_connected(*state, &a, path_a, &b, path_b);
}

static void unix_datagram_smoke_connected_from_std(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    const char *path_a = temp_path();
    const char *path_b = temp_path();
    assert_ok(mio_unix_datagram_from_fd(&a, plain_datagram(path_a)));
    assert_ok(mio_unix_datagram_from_fd(&b, plain_datagram(path_b)));
    smoke_connected(*state, &a, path_a, &b, path_b);
}

static void unix_datagram_connect(void **state)
{
    const char *path = temp_path();
    mio_unix_datagram socket;
    char data[8];
    (void)state;
    assert_ok(mio_unix_datagram_bind(&socket, path));
    assert_ok(mio_unix_datagram_connect(&socket, path));
    assert_count(mio_unix_datagram_send(&socket, "me", 2), 2);
    assert_count(mio_unix_datagram_recv(&socket, data, sizeof(data)), 2);
    assert_error(mio_unix_datagram_connect(&socket, temp_path()),
                 MIO_ERR_NOT_FOUND);
    mio_unix_datagram_close(&socket);
}

static void unix_datagram_pair(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram a;
    mio_unix_datagram b;
    char data[8];
    mio_addr addr;
    assert_ok(mio_unix_datagram_pair(&a, &b));
    assert_nonblocking_cloexec(a.source.fd);
    assert_nonblocking_cloexec(b.source.fd);
    assert_ok(mio_registry_register(f->registry, &a.source, A, BOTH));
    assert_ok(mio_registry_register(f->registry, &b.source, B, BOTH));
    expect_events(f, {A, R_WRITABLE}, {B, R_WRITABLE});
    assert_count(mio_unix_datagram_send(&a, "ping", 4), 4);
    expect_event(f, B, R_READABLE);
    assert_count(mio_unix_datagram_recv(&b, data, sizeof(data)), 4);
    assert_count(mio_unix_datagram_send(&b, "pong", 4), 4);
    expect_event(f, A, R_READABLE);
    assert_count(mio_unix_datagram_recv(&a, data, sizeof(data)), 4);
    assert_memory_equal(data, "pong", 4);
    assert_ok(mio_unix_datagram_local_addr(&a, &addr));
    assert_true(mio_addr_is_unnamed(&addr));
    assert_ok(mio_unix_datagram_peer_addr(&a, &addr));
    assert_true(mio_addr_is_unnamed(&addr));
    assert_ok(mio_unix_datagram_take_error(&a));
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void unix_datagram_shutdown(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram a;
    mio_unix_datagram b;
    char data[8];
    assert_ok(mio_unix_datagram_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, A, BOTH));
    assert_ok(mio_registry_register(f->registry, &b.source, B, BOTH));
    expect_events(f, {A, R_WRITABLE}, {B, R_WRITABLE});
    assert_count(mio_unix_datagram_send(&a, "data", 4), 4);
    expect_event(f, B, R_READABLE);
    assert_count(mio_unix_datagram_recv(&b, data, sizeof(data)), 4);

    assert_ok(mio_unix_datagram_shutdown(&a, MIO_SHUTDOWN_READ));
    expect_event(f, A, R_READ_CLOSED);
    assert_ok(mio_unix_datagram_shutdown(&a, MIO_SHUTDOWN_WRITE));
    expect_event(f, A, R_WRITE_CLOSED);
    assert_error(mio_unix_datagram_send(&a, "data", 4), MIO_ERR_BROKEN_PIPE);
    assert_ok(mio_unix_datagram_take_error(&a));
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void unix_datagram_register(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram socket;
    assert_ok(mio_unix_datagram_bind(&socket, temp_path()));
    assert_ok(
        mio_registry_register(f->registry, &socket.source, A, MIO_READABLE));
    expect_no_events(f);
    mio_unix_datagram_close(&socket);
}

static void unix_datagram_reregister(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram socket;
    assert_ok(mio_unix_datagram_bind(&socket, temp_path()));
    assert_ok(
        mio_registry_register(f->registry, &socket.source, A, MIO_READABLE));
    expect_quiet(f);
    assert_ok(
        mio_registry_reregister(f->registry, &socket.source, B, MIO_WRITABLE));
    expect_only(f, B, R_WRITABLE);
    mio_unix_datagram_close(&socket);
}

static void unix_datagram_deregister(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram socket;
    assert_ok(mio_unix_datagram_bind(&socket, temp_path()));
    assert_ok(
        mio_registry_register(f->registry, &socket.source, A, MIO_WRITABLE));
    assert_ok(mio_registry_deregister(f->registry, &socket.source));
    expect_no_events(f);
    mio_unix_datagram_close(&socket);
}

/* regressions.rs: the sender has no name. */
static void issue_1403(void **state)
{
    const char *path = temp_path();
    mio_addr addr = path_addr(path);
    mio_unix_datagram receiver;
    mio_unix_datagram sender;
    char data[8];
    mio_addr from;
    (void)state;
    assert_ok(mio_unix_datagram_bind(&receiver, path));
    assert_ok(mio_unix_datagram_unbound(&sender));
    assert_nonblocking_cloexec(sender.source.fd);
    assert_count(mio_unix_datagram_send_to(&sender, "x", 1, &addr), 1);
    assert_count(
        mio_unix_datagram_recv_from(&receiver, data, sizeof(data), &from), 1);
    assert_int_equal(mio_addr_kind(&from), MIO_ADDR_UNIX);
    assert_true(mio_addr_is_unnamed(&from));
    assert_null(mio_addr_path(&from, NULL));
    mio_unix_datagram_close(&receiver);
    mio_unix_datagram_close(&sender);
}

/* ---- What mio does not have ---------------------------------------------*/

static void peek_leaves_the_datagram(void **state)
{
    const char *path = temp_path();
    mio_addr addr = path_addr(path);
    mio_addr from;
    mio_unix_datagram a;
    mio_unix_datagram b;
    char data[8];
    (void)state;
    assert_ok(mio_unix_datagram_bind(&a, path));
    assert_ok(mio_unix_datagram_unbound(&b));
    assert_ok(mio_unix_datagram_connect_addr(&b, &addr));
    assert_error(mio_unix_datagram_peek(&a, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_unix_datagram_peek_from(&a, data, sizeof(data), &from),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_unix_datagram_send(&b, "peek", 4), 4);
    assert_count(mio_unix_datagram_peek(&a, data, sizeof(data)), 4);
    memset(data, 0, sizeof(data));
    assert_count(mio_unix_datagram_peek_from(&a, data, sizeof(data), &from), 4);
    assert_memory_equal(data, "peek", 4);
    assert_true(mio_addr_is_unnamed(&from));
    assert_count(mio_unix_datagram_peek_from(&a, data, sizeof(data), NULL), 4);
    assert_error(mio_unix_datagram_peek(&a, data, 2), MIO_ERR_MESSAGE_TOO_LONG);
    assert_count(mio_unix_datagram_recv(&a, data, sizeof(data)), 4);
    assert_error(mio_unix_datagram_recv(&a, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void a_datagram_that_does_not_fit_is_an_error(void **state)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    char data[4] = "zzz";
    mio_addr from;
    (void)state;
    assert_ok(mio_unix_datagram_pair(&a, &b));
    assert_count(mio_unix_datagram_send(&a, "abcdef", 6), 6);
    assert_count(mio_unix_datagram_send(&a, "ghijkl", 6), 6);
    assert_error(mio_unix_datagram_recv(&b, data, 3), MIO_ERR_MESSAGE_TOO_LONG);
    assert_memory_equal(data, "abc\0", 4);
    assert_error(mio_unix_datagram_recv_from(&b, data, 3, &from),
                 MIO_ERR_MESSAGE_TOO_LONG);
    assert_memory_equal(data, "ghi\0", 4);
    assert_true(mio_addr_is_unnamed(&from));
    assert_error(mio_unix_datagram_recv(&b, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void an_empty_datagram_is_one(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram a;
    mio_unix_datagram b;
    char data[4];
    assert_ok(mio_unix_datagram_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &b.source, B, MIO_READABLE));
    assert_count(mio_unix_datagram_send(&a, NULL, 0), 0);
    expect_event(f, B, R_READABLE);
    assert_count(mio_unix_datagram_recv(&b, data, sizeof(data)), 0);
    assert_error(mio_unix_datagram_recv(&b, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void a_full_queue_blocks_and_is_reported_when_it_drains(void **state)
{
    struct fixture *f = *state;
    mio_unix_datagram a;
    mio_unix_datagram b;
    char data[4];
    mio_ssize n = 1;
    unsigned sent = 0;
    assert_ok(mio_unix_datagram_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, A, MIO_WRITABLE));
    expect_event(f, A, R_WRITABLE);
    while (n == 1 && sent < 100000) {
        n = mio_unix_datagram_send(&a, "x", 1);
        sent += n == 1;
    }
    assert_error(n, MIO_ERR_WOULD_BLOCK);
    expect_quiet(f);
    while (sent > 0) {
        assert_count(mio_unix_datagram_recv(&b, data, sizeof(data)), 1);
        sent--;
    }
    expect_event(f, A, R_WRITABLE);
    assert_count(mio_unix_datagram_send(&a, "x", 1), 1);
    mio_unix_datagram_close(&a);
    mio_unix_datagram_close(&b);
}

static void sending_without_a_peer_fails(void **state)
{
    mio_unix_datagram socket;
    mio_addr missing = path_addr(temp_path());
    mio_addr addr;
    (void)state;
    assert_ok(mio_unix_datagram_unbound(&socket));
    assert_error(mio_unix_datagram_send(&socket, "x", 1),
                 MIO_ERR_NOT_CONNECTED);
    assert_error(mio_unix_datagram_peer_addr(&socket, &addr),
                 MIO_ERR_NOT_CONNECTED);
    assert_error(mio_unix_datagram_send_to(&socket, "x", 1, &missing),
                 MIO_ERR_NOT_FOUND);
    mio_unix_datagram_close(&socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(is_send_and_sync),
        TEST(unix_datagram_smoke_unconnected),
        TEST(unix_datagram_smoke_unconnected_from_std),
        TEST(unix_datagram_smoke_connected),
        TEST(unix_datagram_smoke_connected_from_std),
        TEST_BARE(unix_datagram_connect),
        TEST(unix_datagram_pair),
        TEST(unix_datagram_shutdown),
        TEST(unix_datagram_register),
        TEST(unix_datagram_reregister),
        TEST(unix_datagram_deregister),
        TEST_BARE(issue_1403),
        TEST_BARE(peek_leaves_the_datagram),
        TEST_BARE(a_datagram_that_does_not_fit_is_an_error),
        TEST(an_empty_datagram_is_one),
        TEST(a_full_queue_blocks_and_is_reported_when_it_drains),
        TEST_BARE(sending_without_a_peer_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
