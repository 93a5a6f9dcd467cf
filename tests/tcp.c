/* tcp.c: listener and stream together, against blocking peers. */
#include "support.h"

enum { LISTENER = 1, SERVER = 2, CLIENT = 3 };

/* mio's assert_size: nothing is kept beside the source. */
_Static_assert(sizeof(mio_tcp_listener) == sizeof(mio_source), "a listener");
_Static_assert(sizeof(mio_tcp_stream) == sizeof(mio_source), "a stream");

#define BULK (UINT64_C(16) * 1024 * 1024)

static void watch(struct fixture *f, mio_source *source, mio_token token,
                  mio_interest interest)
{
    assert_ok(mio_registry_register(f->registry, source, token, interest));
}

static mio_fd peer_listener(mio_addr *addr)
{
    *addr = any_v4();
    return valid_fd(peer_tcp_listen(addr));
}

/* A library stream, not registered, and the blocking socket at its other
 * end. */
static mio_fd stream_and_peer(mio_tcp_stream *stream)
{
    mio_addr addr;
    const mio_fd listener = peer_listener(&addr);
    mio_fd peer;

    assert_ok(mio_tcp_stream_connect(stream, &addr));
    peer = valid_fd(peer_accept(listener));
    connect_soon(stream);
    fd_close(listener);
    return peer;
}

static void accept_(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted;
    mio_fd peer;

    listen_on(&listener, &addr);
    watch(f, &listener.source, LISTENER, MIO_READABLE);
    peer = valid_fd(peer_tcp_connect(&addr));
    expect_only(f, LISTENER, R_READABLE);
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, NULL));
    assert_nonblocking_cloexec(accepted.source.fd);
    mio_tcp_stream_close(&accepted);
    assert_error(mio_tcp_listener_accept(&listener, &accepted, NULL),
                 MIO_ERR_WOULD_BLOCK);
    fd_close(peer);
    mio_tcp_listener_close(&listener);
}

static void connect_(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr;
    const mio_fd listener = peer_listener(&addr);
    mio_tcp_stream stream;
    mio_fd peer;

    assert_ok(mio_tcp_stream_connect(&stream, &addr));
    watch(f, &stream.source, CLIENT, MIO_READABLE | MIO_WRITABLE);
    expect_only(f, CLIENT, R_WRITABLE);
    assert_ok(mio_tcp_stream_connect_finish(&stream));
    peer = valid_fd(peer_accept(listener));
    expect_no_events(f);

    fd_close(peer);
    expect_event(f, CLIENT, R_READABLE | R_READ_CLOSED);
    mio_tcp_stream_close(&stream);
    fd_close(listener);
}

/* ---- 16 MiB, one kilobyte at a time -------------------------------------*/

static int send_bulk(void *argument)
{
    static const unsigned char block[1024];
    const mio_fd peer = *(const mio_fd *)argument;
    uint64_t sent;

    for (sent = 0; sent < BULK; sent += sizeof(block)) {
        if (!peer_send_all(peer, block, sizeof(block))) {
            return -1;
        }
    }
    return 0;
}

/* Reads what is there, after each event until the stream would block. With
 * peeking, each event's first peek must find what the read then gets. */
static void receive_bulk(struct fixture *f, bool peeking)
{
    mio_tcp_stream stream;
    mio_fd peer = stream_and_peer(&stream);
    struct thread sender;
    uint64_t received = 0;

    watch(f, &stream.source, CLIENT, MIO_READABLE);
    thread_start(&sender, send_bulk, &peer);
    while (received < BULK) {
        assert_count(fixture_wait(f, PATIENCE), 1);
        assert_int_equal(mio_event_token(&f->events[0]), CLIENT);
        if (peeking) {
            unsigned char buffer[1024];
            const mio_ssize peeked =
                mio_tcp_stream_peek(&stream, buffer, sizeof(buffer));

            if (peeked == MIO_ERR_WOULD_BLOCK) {
                continue; /* the event was spurious */
            }
            assert_in_range(peeked, 1, sizeof(buffer));
        }
        received += read_until_blocked(&stream);
    }
    assert_int_equal(received, BULK);
    assert_int_equal(thread_join(&sender), 0);
    fd_close(peer);
    mio_tcp_stream_close(&stream);
}

static void read_(void **state)
{
    receive_bulk(*state, false);
}

static void peek(void **state)
{
    receive_bulk(*state, true);
}

static int discard_bulk(void *argument)
{
    return peer_discard(*(const mio_fd *)argument, BULK) == BULK ? 0 : -1;
}

static void write_(void **state)
{
    static const unsigned char block[1024];
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    mio_fd peer = stream_and_peer(&stream);
    struct thread receiver;
    uint64_t sent = 0;

    watch(f, &stream.source, CLIENT, MIO_WRITABLE);
    thread_start(&receiver, discard_bulk, &peer);
    while (sent < BULK) {
        mio_ssize count = 0;

        expect_event(f, CLIENT, R_WRITABLE);
        while (sent < BULK && count >= 0) {
            const uint64_t left = BULK - sent;

            count = mio_tcp_stream_write(&stream, block,
                                         left < sizeof(block) ? (size_t)left
                                                              : sizeof(block));
            if (count < 0) {
                assert_error(count, MIO_ERR_WOULD_BLOCK);
            } else {
                sent += (uint64_t)count;
            }
        }
    }
    assert_int_equal(thread_join(&receiver), 0);
    fd_close(peer);
    mio_tcp_stream_close(&stream);
}

/* ---- Closing ------------------------------------------------------------*/

static void connect_then_close(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream accepted;

    listen_on(&listener, &addr);
    assert_ok(mio_tcp_stream_connect(&client, &addr));
    watch(f, &listener.source, LISTENER, MIO_READABLE);
    watch(f, &client.source, CLIENT, MIO_READABLE);
    expect_event(f, LISTENER, R_READABLE);
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, NULL));
    watch(f, &accepted.source, SERVER, MIO_READABLE);
    mio_tcp_stream_close(&accepted);

    expect_only(f, CLIENT, R_READABLE | R_READ_CLOSED);
    mio_tcp_stream_close(&client);
    mio_tcp_listener_close(&listener);
}

static void listen_then_close(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    watch(f, &listener.source, LISTENER, MIO_READABLE);
    mio_tcp_listener_close(&listener);
    assert_count(fixture_wait(f, 100 * MILLISECOND), 0);
}

static void bind_twice_bad(void **state)
{
    mio_addr addr = any_v4();
    mio_tcp_listener first;
    mio_tcp_listener second;

    (void)state;
    listen_on(&first, &addr);
    assert_error(mio_tcp_listener_bind(&second, &addr), MIO_ERR_ADDR_IN_USE);
    mio_tcp_listener_close(&first);
}

static void multiple_writes_immediate_success(void **state)
{
    static const unsigned char block[1024];
    enum { WRITES = 16 };
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = stream_and_peer(&stream);
    int i;

    watch(f, &stream.source, CLIENT, MIO_WRITABLE);
    expect_only(f, CLIENT, R_WRITABLE);
    for (i = 0; i < WRITES; i++) {
        write_all(&stream, block, sizeof(block));
    }
    assert_int_equal(peer_discard(peer, WRITES * sizeof(block)),
                     WRITES * sizeof(block));
    fd_close(peer);
    mio_tcp_stream_close(&stream);
}

static void connection_reset_by_peer(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream server;
    mio_fd client;
    mio_ssize result;
    char byte;

    listen_on(&listener, &addr);
    client = valid_fd(peer_tcp_connect(&addr));
    accept_soon(&listener, &server, NULL);
    assert_true(peer_reset_on_close(client));
    fd_close(client);

    assert_true(fd_await_readable(server.source.fd));
    watch(f, &server.source, SERVER, MIO_READABLE);
    expect_event(f, SERVER, R_READABLE | R_READ_CLOSED);
    result = mio_tcp_stream_read(&server, &byte, 1);
    mio_tcp_stream_close(&server);
    mio_tcp_listener_close(&listener);
    SKIP_UNLESS_RESETS_ARE_TOLD();
    assert_error(result, MIO_ERR_CONNECTION_RESET);
}

/* ---- Errors -------------------------------------------------------------*/

static void connect_error(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr;
    mio_tcp_stream stream;
    int result;

    /* A port that was free a moment ago. */
    fd_close(peer_listener(&addr));
    result = mio_tcp_stream_connect(&stream, &addr);
    if (result != 0) {
        assert_error(result, MIO_ERR_CONNECTION_REFUSED);
        return; /* the system has refused it at once */
    }
    watch(f, &stream.source, CLIENT, MIO_WRITABLE);
    expect_event(f, CLIENT, R_WRITABLE | R_WRITE_CLOSED | R_ERROR);
    assert_error(mio_tcp_stream_take_error(&stream),
                 MIO_ERR_CONNECTION_REFUSED);
    result = mio_tcp_stream_take_error(&stream);
    mio_tcp_stream_close(&stream);
    if (is_wine()) {
        SKIP("Wine 8 does not clear an error that was taken");
    }
    assert_ok(result);
}

static void write_error(void **state)
{
    enum { WRITES = 100000 };
    static const unsigned char block[1024];
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = stream_and_peer(&stream);
    mio_ssize result = 0;
    int i;

    watch(f, &stream.source, CLIENT, MIO_READABLE | MIO_WRITABLE);
    expect_event(f, CLIENT, R_WRITABLE);
    fd_close(peer);
    for (i = 0; i < WRITES && result >= 0; i++) {
        result = mio_tcp_stream_write(&stream, block, sizeof(block));
        if (result == MIO_ERR_WOULD_BLOCK) {
            expect_event(f, CLIENT, R_WRITABLE);
            result = 0;
        }
    }
    assert_error_among(result, MIO_ERR_BROKEN_PIPE, MIO_ERR_CONNECTION_RESET);
    mio_tcp_stream_close(&stream);
}

static void write_shutdown(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream stream;
    const mio_fd peer = stream_and_peer(&stream);

    watch(f, &stream.source, CLIENT, MIO_READABLE | MIO_WRITABLE);
    expect_only(f, CLIENT, R_WRITABLE);
    expect_no_events(f);
    assert_true(peer_shutdown_write(peer));
    expect_event(f, CLIENT, R_READABLE | R_READ_CLOSED);
    assert_int_equal(readiness_of(&f->events[0]) & (R_WRITE_CLOSED | R_ERROR),
                     0);
    expect_no_events(f);
    fd_close(peer);
    mio_tcp_stream_close(&stream);
}

/* ---- Both ends in one poll ----------------------------------------------*/

/* A listener and a client on their way to each other; the listener's event is
 * the first, the accepted stream is not registered. */
static void meet(struct fixture *f, mio_tcp_listener *listener,
                 mio_tcp_stream *client, mio_tcp_stream *accepted)
{
    mio_addr addr = any_v4();

    listen_on(listener, &addr);
    assert_ok(mio_tcp_stream_connect(client, &addr));
    watch(f, &listener->source, LISTENER, MIO_READABLE);
    watch(f, &client->source, CLIENT, MIO_READABLE);
    expect_only(f, LISTENER, R_READABLE);
    assert_ok(mio_tcp_listener_accept(listener, accepted, NULL));
}

static void part(mio_tcp_listener *listener, mio_tcp_stream *client,
                 mio_tcp_stream *accepted)
{
    mio_tcp_stream_close(accepted);
    mio_tcp_stream_close(client);
    mio_tcp_listener_close(listener);
}

static void local_addr_ready(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream accepted;
    mio_addr addrs[5];
    char buffer[8];

    meet(f, &listener, &client, &accepted);
    watch(f, &accepted.source, SERVER, MIO_READABLE | MIO_WRITABLE);
    expect_event(f, SERVER, R_WRITABLE);
    assert_ok(mio_tcp_listener_local_addr(&listener, &addrs[0]));
    assert_ok(mio_tcp_stream_local_addr(&accepted, &addrs[1]));
    assert_ok(mio_tcp_stream_peer_addr(&accepted, &addrs[2]));
    write_all(&accepted, "123", 3);

    expect_event(f, CLIENT, R_READABLE);
    assert_ok(mio_tcp_stream_local_addr(&client, &addrs[3]));
    assert_ok(mio_tcp_stream_peer_addr(&client, &addrs[4]));
    assert_addr_equal(&addrs[1], &addrs[0]);
    assert_addr_equal(&addrs[4], &addrs[0]);
    assert_addr_equal(&addrs[3], &addrs[2]);
    assert_count(mio_tcp_stream_read(&client, buffer, sizeof(buffer)), 3);
    part(&listener, &client, &accepted);
}

static void expect_four_bytes(struct fixture *f, mio_tcp_stream *client)
{
    char buffer[10];

    assert_ok(mio_registry_reregister(f->registry, &client->source, CLIENT,
                                      MIO_READABLE));
    assert_count(fixture_wait(f, PATIENCE), 1);
    assert_int_equal(mio_event_token(&f->events[0]), CLIENT);
    assert_true(mio_event_is_readable(&f->events[0]));
    assert_count(mio_tcp_stream_read(client, buffer, sizeof(buffer)), 4);
    assert_memory_equal(buffer, "1234", 4);
}

static void write_then_drop(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream accepted;

    meet(f, &listener, &client, &accepted);
    watch(f, &accepted.source, SERVER, MIO_WRITABLE);
    expect_only(f, SERVER, R_WRITABLE);
    write_all(&accepted, "1234", 4);
    mio_tcp_stream_close(&accepted);
    expect_four_bytes(f, &client);
    part(&listener, &client, &accepted);
}

static void write_then_deregister(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream accepted;

    meet(f, &listener, &client, &accepted);
    watch(f, &accepted.source, SERVER, MIO_WRITABLE);
    expect_only(f, SERVER, R_WRITABLE);
    write_all(&accepted, "1234", 4);
    assert_ok(mio_registry_deregister(f->registry, &accepted.source));
    expect_four_bytes(f, &client);
    part(&listener, &client, &accepted);
}

static void tcp_no_events_after_deregister(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream accepted;
    char buffer[8];

    meet(f, &listener, &client, &accepted);
    watch(f, &accepted.source, SERVER, MIO_READABLE | MIO_WRITABLE);
    expect_event(f, SERVER, R_WRITABLE);
    write_all(&client, "foo", 3);
    write_all(&accepted, "bar", 3);
    assert_true(fd_await_readable(accepted.source.fd));
    assert_true(fd_await_readable(client.source.fd));

    assert_ok(mio_registry_deregister(f->registry, &client.source));
    assert_ok(mio_registry_deregister(f->registry, &accepted.source));
    assert_ok(mio_registry_deregister(f->registry, &listener.source));
    expect_no_events(f);
    assert_count(mio_tcp_stream_read(&accepted, buffer, sizeof(buffer)), 3);
    assert_memory_equal(buffer, "foo", 3);
    assert_count(mio_tcp_stream_read(&client, buffer, sizeof(buffer)), 3);
    assert_memory_equal(buffer, "bar", 3);
    expect_no_events(f);
    part(&listener, &client, &accepted);
}

/* The plain names belong to the system's own functions. */
#define NAMED(name, function)                                                  \
    {                                                                          \
        name, function, support_setup_fixture, support_teardown, NULL          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED("accept", accept_),
        NAMED("connect", connect_),
        NAMED("read", read_),
        TEST(peek),
        NAMED("write", write_),
        TEST(connect_then_close),
        TEST(listen_then_close),
        TEST_BARE(bind_twice_bad),
        TEST(multiple_writes_immediate_success),
        TEST(connection_reset_by_peer),
        TEST(connect_error),
        TEST(write_error),
        TEST(write_shutdown),
        TEST(local_addr_ready),
        TEST(write_then_drop),
        TEST(write_then_deregister),
        TEST(tcp_no_events_after_deregister),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
