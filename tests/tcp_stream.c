/* tcp_stream.c: streams. What closing does to them is in
 * tcp_stream_closed.c. */
#include "support.h"

enum { ID1 = 1, ID2 = 2 };

static const char data1[] = "Hello world!";
static const char data2[] = "Hello mars!";

#define DATA1_LENGTH (sizeof(data1) - 1)
#define DATA2_LENGTH (sizeof(data2) - 1)

/* A library stream on its way to a blocking socket. */
struct link {
    mio_tcp_stream stream;
    mio_fd listener;
    mio_addr addr; /* the listener's */
};

static void link_open(struct link *link, mio_addr addr)
{
    link->addr = addr;
    link->listener = valid_fd(peer_tcp_listen(&link->addr));
    assert_ok(mio_tcp_stream_connect(&link->stream, &link->addr));
}

static mio_fd link_accept(const struct link *link)
{
    return valid_fd(peer_accept(link->listener));
}

static void link_close(struct link *link)
{
    mio_tcp_stream_close(&link->stream);
    fd_close(link->listener);
}

static void watch(struct fixture *f, struct link *link, mio_token token,
                  mio_interest interest)
{
    assert_ok(mio_registry_register(f->registry, &link->stream.source, token,
                                    interest));
}

/* ---- Smoke --------------------------------------------------------------*/

static void exchange(struct fixture *f, mio_tcp_stream *stream, mio_fd peer)
{
    char buffer[32];

    write_all(stream, data1, DATA1_LENGTH);
    assert_true(peer_recv_all(peer, buffer, DATA1_LENGTH));
    assert_memory_equal(buffer, data1, DATA1_LENGTH);
    assert_true(peer_send_all(peer, data1, DATA1_LENGTH));
    expect_event(f, ID1, R_READABLE);
    memset(buffer, 0, sizeof(buffer));
    assert_count(mio_tcp_stream_peek(stream, buffer, sizeof(buffer)),
                 DATA1_LENGTH);
    assert_memory_equal(buffer, data1, DATA1_LENGTH);
    memset(buffer, 0, sizeof(buffer));
    assert_count(mio_tcp_stream_read(stream, buffer, sizeof(buffer)),
                 DATA1_LENGTH);
    assert_memory_equal(buffer, data1, DATA1_LENGTH);
    assert_ok(mio_tcp_stream_take_error(stream));
}

/* Two parts written at once; read into two buffers, of which the second has
 * one byte more than there is to read. */
static void exchange_vectored(struct fixture *f, mio_tcp_stream *stream,
                              mio_fd peer)
{
    char both[DATA1_LENGTH + DATA2_LENGTH];
    char first[DATA1_LENGTH];
    char second[DATA2_LENGTH + 1];
    char out[2][16];
    const mio_buffer parts[] = {{out[0], DATA1_LENGTH}, {out[1], DATA2_LENGTH}};
    const mio_buffer rooms[] = {{first, sizeof(first)},
                                {second, sizeof(second)}};

    memcpy(out[0], data1, DATA1_LENGTH);
    memcpy(out[1], data2, DATA2_LENGTH);
    assert_count(mio_tcp_stream_writev(stream, parts, 2), sizeof(both));
    assert_true(peer_recv_all(peer, both, sizeof(both)));
    assert_memory_equal(both, data1, DATA1_LENGTH);
    assert_memory_equal(both + DATA1_LENGTH, data2, DATA2_LENGTH);

    assert_true(peer_send_all(peer, both, sizeof(both)));
    expect_event(f, ID1, R_READABLE);
    second[DATA2_LENGTH] = '?';
    assert_count(mio_tcp_stream_readv(stream, rooms, 2), sizeof(both));
    assert_memory_equal(first, data1, DATA1_LENGTH);
    assert_memory_equal(second, data2, DATA2_LENGTH);
    assert_int_equal(second[DATA2_LENGTH], '?');
}

static void smoke(struct fixture *f, struct link *link)
{
    mio_tcp_stream *const stream = &link->stream;
    mio_addr addr;
    mio_fd peer;
    char byte;

    assert_nonblocking_cloexec(stream->source.fd);
    watch(f, link, ID1, MIO_READABLE | MIO_WRITABLE);
    peer = link_accept(link);
    expect_event(f, ID1, R_WRITABLE);
    assert_ok(mio_tcp_stream_connect_finish(stream));
    assert_error(mio_tcp_stream_peek(stream, &byte, 1), MIO_ERR_WOULD_BLOCK);
    assert_error(mio_tcp_stream_read(stream, &byte, 1), MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_tcp_stream_peer_addr(stream, &addr));
    assert_addr_equal(&addr, &link->addr);
    assert_ok(mio_tcp_stream_local_addr(stream, &addr));
    assert_int_equal(mio_addr_kind(&addr), mio_addr_kind(&link->addr));
    assert_int_not_equal(mio_addr_port(&addr), 0);

    exchange(f, stream, peer);
    exchange_vectored(f, stream, peer);
    fd_close(peer);
    link_close(link);
}

static void tcp_stream_ipv4(void **state)
{
    struct link link;

    link_open(&link, any_v4());
    smoke(*state, &link);
}

static void tcp_stream_ipv6(void **state)
{
    struct link link;

    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    link_open(&link, any_v6());
    smoke(*state, &link);
}

/* A stream made of a socket that is blocking and connected already. */
static void tcp_stream_std(void **state)
{
    struct link link = {.addr = any_v4()};
    mio_fd fd;

    link.listener = valid_fd(peer_tcp_listen(&link.addr));
    fd = valid_fd(peer_tcp_connect(&link.addr));
    assert_false(fd_is_nonblocking(fd));
    assert_ok(mio_tcp_stream_from_fd(&link.stream, fd));
    assert_int_equal(link.stream.source.fd, fd);
    smoke(*state, &link);
}

/* ---- Two threads --------------------------------------------------------*/

#define SHARED_BYTES 200000u

static int read_shared(void *argument)
{
    mio_tcp_stream *const stream = argument;
    unsigned char buffer[512];
    size_t total = 0;

    while (total < SHARED_BYTES) {
        const mio_ssize count =
            mio_tcp_stream_read(stream, buffer, sizeof(buffer));

        if (count > 0) {
            total += (size_t)count;
        } else if (count != MIO_ERR_WOULD_BLOCK ||
                   !fd_await_readable(stream->source.fd)) {
            return -1;
        }
    }
    return 0;
}

static int echo_shared(void *argument)
{
    const mio_fd peer = *(const mio_fd *)argument;
    unsigned char buffer[512];
    size_t total = 0;

    while (total < SHARED_BYTES) {
        const ptrdiff_t count = peer_recv(peer, buffer, sizeof(buffer));

        if (count <= 0 || !peer_send_all(peer, buffer, (size_t)count)) {
            return -1;
        }
        total += (size_t)count;
    }
    return 0;
}

/* One thread reads from a stream while another writes to it, and a third one
 * echoes. */
static void is_send_and_sync(void **state)
{
    static const unsigned char block[500];
    struct fixture *const f = *state;
    struct link link;
    struct thread reader;
    struct thread echo;
    size_t total = 0;
    mio_fd peer;

    link_open(&link, any_v4());
    peer = link_accept(&link);
    connect_soon(&link.stream);
    watch(f, &link, ID1, MIO_READABLE | MIO_WRITABLE);
    thread_start(&reader, read_shared, &link.stream);
    thread_start(&echo, echo_shared, &peer);
    while (total < SHARED_BYTES) {
        const mio_ssize count =
            mio_tcp_stream_write(&link.stream, block, sizeof(block));

        if (count == MIO_ERR_WOULD_BLOCK) {
            assert_true(fd_await_writable(link.stream.source.fd));
        } else {
            assert_in_range(count, 1, sizeof(block));
            total += (size_t)count;
        }
    }
    assert_int_equal(thread_join(&echo), 0);
    assert_int_equal(thread_join(&reader), 0);
    fd_close(peer);
    link_close(&link);
}

/* ---- Options ------------------------------------------------------------*/

static void set_get_ttl(void **state)
{
    struct link link;
    uint32_t ttl = 0;

    (void)state;
    link_open(&link, any_v4());
    connect_soon(&link.stream);
    assert_ok(mio_tcp_stream_set_ttl(&link.stream, 10));
    assert_ok(mio_tcp_stream_ttl(&link.stream, &ttl));
    assert_int_equal(ttl, 10);
    link_close(&link);
}

static void get_ttl_without_previous_set(void **state)
{
    struct link link;
    uint32_t ttl = 0;

    (void)state;
    link_open(&link, any_v4());
    connect_soon(&link.stream);
    assert_ok(mio_tcp_stream_ttl(&link.stream, &ttl));
    assert_in_range(ttl, 1, 255);
    link_close(&link);
}

static void set_get_nodelay(void **state)
{
    struct link link;
    bool on = false;

    (void)state;
    link_open(&link, any_v4());
    connect_soon(&link.stream);
    assert_ok(mio_tcp_stream_set_nodelay(&link.stream, true));
    assert_ok(mio_tcp_stream_nodelay(&link.stream, &on));
    assert_true(on);
    assert_ok(mio_tcp_stream_set_nodelay(&link.stream, false));
    assert_ok(mio_tcp_stream_nodelay(&link.stream, &on));
    assert_false(on);
    link_close(&link);
}

static void get_nodelay_without_previous_set(void **state)
{
    struct link link;
    bool on = true;

    (void)state;
    link_open(&link, any_v4());
    connect_soon(&link.stream);
    assert_ok(mio_tcp_stream_nodelay(&link.stream, &on));
    assert_false(on);
    link_close(&link);
}

static void raw_fd(void **state)
{
    struct link link;
    mio_addr before;
    mio_addr after;
    mio_fd fd;

    (void)state;
    link_open(&link, any_v4());
    connect_soon(&link.stream);
    assert_ok(mio_tcp_stream_local_addr(&link.stream, &before));
    fd = link.stream.source.fd;
    assert_int_equal(mio_tcp_stream_into_fd(&link.stream), fd);
    assert_int_equal(mio_tcp_stream_into_fd(&link.stream), MIO_FD_INVALID);
    mio_tcp_stream_close(&link.stream);
    assert_true(fd_is_nonblocking(fd));

    assert_ok(mio_tcp_stream_from_fd(&link.stream, fd));
    assert_int_equal(link.stream.source.fd, fd);
    assert_ok(mio_tcp_stream_local_addr(&link.stream, &after));
    assert_addr_equal(&after, &before);
    link_close(&link);
}

/* ---- Registering --------------------------------------------------------*/

static void registering(void **state)
{
    struct fixture *const f = *state;
    struct link link;
    mio_fd peer;

    link_open(&link, any_v4());
    watch(f, &link, ID1, MIO_READABLE);
    peer = link_accept(&link);
    expect_no_events(f);
    fd_close(peer);
    link_close(&link);
}

static void reregistering(void **state)
{
    struct fixture *const f = *state;
    struct link link;
    mio_fd peer;

    link_open(&link, any_v4());
    watch(f, &link, ID1, MIO_READABLE);
    assert_ok(mio_registry_reregister(f->registry, &link.stream.source, ID2,
                                      MIO_WRITABLE));
    peer = link_accept(&link);
    expect_only(f, ID2, R_WRITABLE);
    fd_close(peer);
    link_close(&link);
}

static void no_events_after_deregister(void **state)
{
    struct fixture *const f = *state;
    struct link link;
    char buffer[32];
    mio_fd peer;

    link_open(&link, any_v4());
    watch(f, &link, ID1, MIO_READABLE | MIO_WRITABLE);
    peer = link_accept(&link);
    expect_event(f, ID1, R_WRITABLE);
    assert_true(peer_send_all(peer, data1, DATA1_LENGTH));
    assert_true(fd_await_readable(link.stream.source.fd));
    assert_ok(mio_registry_deregister(f->registry, &link.stream.source));
    expect_no_events(f);

    assert_ok(mio_tcp_stream_connect_finish(&link.stream));
    assert_count(mio_tcp_stream_peek(&link.stream, buffer, sizeof(buffer)),
                 DATA1_LENGTH);
    assert_count(mio_tcp_stream_read(&link.stream, buffer, sizeof(buffer)),
                 DATA1_LENGTH);
    assert_memory_equal(buffer, data1, DATA1_LENGTH);
    write_all(&link.stream, data2, DATA2_LENGTH);
    assert_true(peer_recv_all(peer, buffer, DATA2_LENGTH));
    expect_no_events(f);
    fd_close(peer);
    link_close(&link);
}

/* ---- Peeking ------------------------------------------------------------*/

static void send_data1(mio_fd peer)
{
    assert_true(peer_send_all(peer, data1, DATA1_LENGTH));
}

/* Reads what is there and not a byte more, so that this read cannot tell that
 * the next one would block. */
static void read_data1(mio_tcp_stream *stream)
{
    char buffer[DATA1_LENGTH];

    assert_count(mio_tcp_stream_read(stream, buffer, sizeof(buffer)),
                 sizeof(buffer));
    assert_memory_equal(buffer, data1, sizeof(buffer));
}

/* A peek that succeeds does not use up the event. */
static void peek_ok(void **state)
{
    struct fixture *const f = *state;
    struct link link;
    char buffer[32];
    mio_fd peer;

    link_open(&link, any_v4());
    watch(f, &link, ID1, MIO_READABLE);
    peer = link_accept(&link);
    send_data1(peer);
    assert_true(fd_await_readable(link.stream.source.fd));
    assert_count(mio_tcp_stream_peek(&link.stream, buffer, sizeof(buffer)),
                 DATA1_LENGTH);
    expect_only(f, ID1, R_READABLE);
    read_data1(&link.stream);
    fd_close(peer);
    link_close(&link);
}

static void peek_would_block(void **state)
{
    struct fixture *const f = *state;
    struct link link;
    mio_fd peer;
    char byte;
    int i;

    link_open(&link, any_v4());
    watch(f, &link, ID1, MIO_READABLE);
    peer = link_accept(&link);
    for (i = 0; i < 3; i++) {
        send_data1(peer);
        expect_only(f, ID1, R_READABLE);
        read_data1(&link.stream);
        assert_error(mio_tcp_stream_peek(&link.stream, &byte, 1),
                     MIO_ERR_WOULD_BLOCK);
        expect_no_events(f);
    }
    fd_close(peer);
    link_close(&link);
}

static void read_peek_would_block(void **state)
{
    struct fixture *const f = *state;
    struct link link;
    mio_fd peer;
    char byte;
    int i;

    link_open(&link, any_v4());
    watch(f, &link, ID1, MIO_READABLE);
    peer = link_accept(&link);
    for (i = 0; i < 3; i++) {
        send_data1(peer);
        expect_only(f, ID1, R_READABLE);
        read_data1(&link.stream);
        assert_error(mio_tcp_stream_read(&link.stream, &byte, 1),
                     MIO_ERR_WOULD_BLOCK);
        send_data1(peer);
        expect_only(f, ID1, R_READABLE);
        read_data1(&link.stream);
        assert_error(mio_tcp_stream_peek(&link.stream, &byte, 1),
                     MIO_ERR_WOULD_BLOCK);
        expect_no_events(f);
    }
    fd_close(peer);
    link_close(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tcp_stream_ipv4),
        TEST(tcp_stream_ipv6),
        TEST(tcp_stream_std),
        TEST(is_send_and_sync),
        TEST_BARE(set_get_ttl),
        TEST_BARE(get_ttl_without_previous_set),
        TEST_BARE(set_get_nodelay),
        TEST_BARE(get_nodelay_without_previous_set),
        TEST_BARE(raw_fd),
        TEST(registering),
        TEST(reregistering),
        TEST(no_events_after_deregister),
        TEST(peek_ok),
        TEST(peek_would_block),
        TEST(read_peek_would_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
