/* socket_options.c: options set before bind, listen or connect, and linger. */
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#include "support.h"

#ifndef TCP_KEEPCNT /* in Windows' headers since 2017 */
#define TCP_KEEPCNT 16
#endif

/* What keeps others off a listener's address, but not the listener's own
 * successor. */
#ifdef _WIN32
#define LISTENER_OPTION SO_EXCLUSIVEADDRUSE
#else
#define LISTENER_OPTION SO_REUSEADDR
#endif

static mio_socket_options defaults(void)
{
    mio_socket_options options;

    memset(&options, 0xA5, sizeof(options));
    mio_socket_options_init(&options);
    return options;
}

/* What the system says about an option of a socket. */
static int native_option(mio_fd fd, int level, int name)
{
    int value = 0;
    socklen_t length = sizeof(value);

    assert_int_equal(getsockopt(fd, level, name, (void *)&value, &length), 0);
    return value;
}

/* ---- What is refused ----------------------------------------------------*/

/* Each field with a value that no kind of socket takes. */
static void out_of_range(void **state)
{
    static const struct {
        size_t offset;
        int low;
        int high;
    } cases[] = {
        {offsetof(mio_socket_options, reuse_address), -2, 2},
        {offsetof(mio_socket_options, reuse_port), -2, 2},
        {offsetof(mio_socket_options, v6_only), -2, 2},
        {offsetof(mio_socket_options, backlog), 0, -2},
        {offsetof(mio_socket_options, send_buffer), 0, -2},
        {offsetof(mio_socket_options, receive_buffer), 0, -2},
        {offsetof(mio_socket_options, keepalive), -2, 2},
        {offsetof(mio_socket_options, keepalive_idle), 0, 32768},
        {offsetof(mio_socket_options, keepalive_interval), 0, 32768},
        {offsetof(mio_socket_options, keepalive_count), 0, 128},
        {offsetof(mio_socket_options, no_delay), -2, 2},
        {offsetof(mio_socket_options, hop_limit), 0, 256},
        {offsetof(mio_socket_options, broadcast), -2, 2},
    };
    const mio_addr addr = any_v4();
    size_t i;

    (void)state;
    for (i = 0; i < 2 * ARRAY_LENGTH(cases); i++) {
        const int value = i % 2 == 0 ? cases[i / 2].low : cases[i / 2].high;
        mio_socket_options options = defaults();
        mio_tcp_listener listener;
        mio_tcp_stream stream;
        mio_udp_socket socket;

        memcpy((char *)&options + cases[i / 2].offset, &value, sizeof(value));
        assert_error(mio_tcp_listener_bind_with(&listener, &addr, &options),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_tcp_stream_connect_with(&stream, &addr, &options),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_udp_socket_bind_with(&socket, &addr, &options),
                     MIO_ERR_INVALID_INPUT);
    }
}

/* Options of one kind of socket for another: none is ignored. */
static void of_another_kind(void **state)
{
    const mio_addr addr = any_v4();
    mio_socket_options options;
    mio_tcp_listener listener;
    mio_tcp_stream stream;
    mio_udp_socket socket;

    (void)state;
    options = defaults();
    options.broadcast = 1;
    assert_error(mio_tcp_listener_bind_with(&listener, &addr, &options),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_connect_with(&stream, &addr, &options),
                 MIO_ERR_INVALID_INPUT);

    options = defaults();
    options.backlog = 5;
    assert_error(mio_tcp_stream_connect_with(&stream, &addr, &options),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_bind_with(&socket, &addr, &options),
                 MIO_ERR_INVALID_INPUT);

    options = defaults();
    options.no_delay = 1;
    assert_error(mio_udp_socket_bind_with(&socket, &addr, &options),
                 MIO_ERR_INVALID_INPUT);
    options = defaults();
    options.keepalive = 1;
    assert_error(mio_udp_socket_bind_with(&socket, &addr, &options),
                 MIO_ERR_INVALID_INPUT);

    options = defaults();
    options.local = &addr;
    assert_error(mio_tcp_listener_bind_with(&listener, &addr, &options),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_bind_with(&socket, &addr, &options),
                 MIO_ERR_INVALID_INPUT);

    options = defaults();
    options.v6_only = 1; /* on IPv4 */
    assert_error(mio_tcp_listener_bind_with(&listener, &addr, &options),
                 MIO_ERR_INVALID_INPUT);
    options = defaults();
    options.keepalive = 0;
    options.keepalive_idle = 10; /* implies the opposite */
    assert_error(mio_tcp_stream_connect_with(&stream, &addr, &options),
                 MIO_ERR_INVALID_INPUT);
}

/* An options structure that was never initialised. */
static void uninitialised(void **state)
{
    const mio_addr addr = any_v4();
    mio_socket_options options;
    mio_tcp_listener listener;

    (void)state;
    memset(&options, 0, sizeof(options));
    assert_error_among(mio_tcp_listener_bind_with(&listener, &addr, &options),
                       MIO_ERR_INVALID_INPUT, MIO_ERR_VERSION);
    mio_socket_options_init(NULL);
}

/* ---- What is set --------------------------------------------------------*/

/* All options at their defaults are the same as no options. */
static void defaults_change_nothing(void **state)
{
    const mio_addr addr = any_v4();
    const mio_socket_options options = defaults();
    mio_tcp_listener listener;
    mio_udp_socket socket;

    (void)state;
    assert_ok(mio_tcp_listener_bind_with(&listener, &addr, &options));
    assert_int_not_equal(
        native_option(listener.source.fd, SOL_SOCKET, LISTENER_OPTION), 0);
    assert_nonblocking_cloexec(listener.source.fd);
    mio_tcp_listener_close(&listener);
    assert_ok(mio_tcp_listener_bind_with(&listener, &addr, NULL));
    mio_tcp_listener_close(&listener);
    assert_ok(mio_udp_socket_bind_with(&socket, &addr, &options));
    assert_int_equal(native_option(socket.source.fd, SOL_SOCKET, SO_REUSEADDR),
                     0);
    mio_udp_socket_close(&socket);
}

static void of_a_listener(void **state)
{
    const mio_addr addr = any_v4();
    mio_socket_options options = defaults();
    mio_tcp_listener listener;
    uint32_t ttl = 0;
    mio_fd fd;

    (void)state;
    options.reuse_address = 0;
    options.backlog = 1;
    options.send_buffer = 20000;
    options.receive_buffer = 30000;
    options.keepalive = 1;
    options.no_delay = 1;
    options.hop_limit = 9;
    assert_ok(mio_tcp_listener_bind_with(&listener, &addr, &options));
    fd = listener.source.fd;
    assert_int_equal(native_option(fd, SOL_SOCKET, SO_REUSEADDR), 0);
    assert_in_range(native_option(fd, SOL_SOCKET, SO_SNDBUF), 20000, 40000);
    assert_in_range(native_option(fd, SOL_SOCKET, SO_RCVBUF), 30000, 60000);
    assert_int_not_equal(native_option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_not_equal(native_option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    assert_ok(mio_tcp_listener_ttl(&listener, &ttl));
    assert_int_equal(ttl, 9);
    mio_tcp_listener_close(&listener);
}

static void of_a_stream(void **state)
{
    mio_addr addr = any_v4();
    const mio_addr local = any_v4();
    mio_socket_options options = defaults();
    mio_tcp_listener listener;
    mio_tcp_stream stream;
    mio_addr bound;
    bool on = false;
    uint32_t ttl = 0;

    (void)state;
    listen_on(&listener, &addr);
    options.local = &local;
    options.no_delay = 1;
    options.hop_limit = 77;
    options.send_buffer = 20000;
    assert_ok(mio_tcp_stream_connect_with(&stream, &addr, &options));
    connect_soon(&stream);
    assert_ok(mio_tcp_stream_local_addr(&stream, &bound));
    assert_memory_equal(mio_addr_ip(&bound, NULL), mio_addr_ip(&local, NULL),
                        4);
    assert_ok(mio_tcp_stream_nodelay(&stream, &on));
    assert_true(on);
    assert_ok(mio_tcp_stream_ttl(&stream, &ttl));
    assert_int_equal(ttl, 77);
    assert_in_range(native_option(stream.source.fd, SOL_SOCKET, SO_SNDBUF),
                    20000, 40000);
    assert_nonblocking_cloexec(stream.source.fd);

    /* The address is taken now; reuse_address is off for streams. */
    options.local = &bound;
    {
        mio_tcp_stream second;

        assert_error_among(
            mio_tcp_stream_connect_with(&second, &addr, &options),
            MIO_ERR_ADDR_IN_USE, MIO_ERR_ADDR_NOT_AVAILABLE);
    }
    mio_tcp_stream_close(&stream);
    mio_tcp_listener_close(&listener);
}

/* Windows 10 has the three options since 2017, Wine 8 has not. */
static bool have_keepalive_times(void)
{
    mio_addr addr = any_v4();
    const mio_fd fd = valid_fd(peer_tcp_listen(&addr));
    int value = 0;
    socklen_t length = sizeof(value);
    const int result =
        getsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, (void *)&value, &length);

    fd_close(fd);
    return result == 0;
}

/* Each of the three turns keepalive on. */
static void keepalive_is_implied(void **state)
{
    static const size_t offsets[] = {
        offsetof(mio_socket_options, keepalive_idle),
        offsetof(mio_socket_options, keepalive_interval),
        offsetof(mio_socket_options, keepalive_count),
    };
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    size_t i;

    (void)state;
    if (!have_keepalive_times()) {
        SKIP("the system has no TCP_KEEPCNT");
    }
    listen_on(&listener, &addr);
    for (i = 0; i < ARRAY_LENGTH(offsets); i++) {
        const int value = 7;
        mio_socket_options options = defaults();
        mio_tcp_stream stream;

        memcpy((char *)&options + offsets[i], &value, sizeof(value));
        assert_ok(mio_tcp_stream_connect_with(&stream, &addr, &options));
        assert_int_not_equal(
            native_option(stream.source.fd, SOL_SOCKET, SO_KEEPALIVE), 0);
        mio_tcp_stream_close(&stream);
    }
    mio_tcp_listener_close(&listener);
}

static void of_a_udp_socket(void **state)
{
    const mio_addr addr = any_v4();
    mio_socket_options options = defaults();
    mio_udp_socket socket;
    uint32_t ttl = 0;
    bool on = false;

    (void)state;
    options.broadcast = 1;
    options.hop_limit = 3;
    options.receive_buffer = 50000;
    assert_ok(mio_udp_socket_bind_with(&socket, &addr, &options));
    assert_ok(mio_udp_socket_broadcast(&socket, &on));
    assert_true(on);
    assert_ok(mio_udp_socket_ttl(&socket, &ttl));
    assert_int_equal(ttl, 3);
    assert_in_range(native_option(socket.source.fd, SOL_SOCKET, SO_RCVBUF),
                    50000, 100000);
    mio_udp_socket_close(&socket);
}

/* Two sockets on one address, which needs the option on both. */
static void reuse_port(void **state)
{
    mio_addr addr = any_v4();
    mio_socket_options options = defaults();
    mio_udp_socket first;
    mio_udp_socket second;
    int result;

    (void)state;
    options.reuse_port = 1;
    result = mio_udp_socket_bind_with(&first, &addr, &options);
    if (result == MIO_ERR_UNSUPPORTED) {
        SKIP("the system has no SO_REUSEPORT");
    }
    assert_ok(result);
    assert_ok(mio_udp_socket_local_addr(&first, &addr));
    assert_error(mio_udp_socket_bind(&second, &addr), MIO_ERR_ADDR_IN_USE);
    assert_ok(mio_udp_socket_bind_with(&second, &addr, &options));
    mio_udp_socket_close(&second);
    mio_udp_socket_close(&first);
}

/* On [::], because a socket bound to any other address has one family only,
 * whatever the option says. */
static void of_ipv6(void **state)
{
    mio_addr addr;
    mio_socket_options options = defaults();
    mio_udp_socket socket;
    uint32_t ttl = 0;
    int value;

    (void)state;
    if (!have_ipv6()) {
        SKIP("no socket can be bound to [::1]");
    }
    assert_ok(mio_addr_ipv6(&addr, NULL, 0, 0));
    options.hop_limit = 5;
    for (value = 0; value <= 1; value++) {
        bool on = value == 0;

        options.v6_only = value;
        assert_ok(mio_udp_socket_bind_with(&socket, &addr, &options));
        assert_ok(mio_udp_socket_only_v6(&socket, &on));
        assert_int_equal(on, value);
        assert_ok(mio_udp_socket_ttl(&socket, &ttl));
        assert_int_equal(ttl, 5);
        assert_ok(mio_udp_socket_set_ttl(&socket, 6));
        assert_ok(mio_udp_socket_ttl(&socket, &ttl));
        assert_int_equal(ttl, 6);
        assert_int_equal(
            native_option(socket.source.fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS),
            6);
        mio_udp_socket_close(&socket);
    }
}

/* ---- Linger -------------------------------------------------------------*/

static void linger(void **state)
{
    mio_tcp_stream a;
    mio_tcp_stream b;
    char byte;

    (void)state;
    tcp_pair(&a, &b);
    assert_error(mio_tcp_stream_set_linger(&a, -2), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_set_linger(&a, 65536), MIO_ERR_INVALID_INPUT);
    assert_ok(mio_tcp_stream_set_linger(&a, 65535));
    assert_ok(mio_tcp_stream_set_linger(&a, 0));
    assert_ok(mio_tcp_stream_set_linger(&a, -1));
    mio_tcp_stream_close(&a); /* an orderly end */
    assert_true(fd_await_readable(b.source.fd));
    assert_count(mio_tcp_stream_read(&b, &byte, 1), 0);
    mio_tcp_stream_close(&b);
}

static void linger_of_0_resets(void **state)
{
    mio_tcp_stream a;
    mio_tcp_stream b;
    char byte;

    (void)state;
    SKIP_UNLESS_RESETS_ARE_TOLD();
    tcp_pair(&a, &b);
    assert_ok(mio_tcp_stream_set_linger(&a, 0));
    mio_tcp_stream_close(&a);
    assert_true(fd_await_readable(b.source.fd));
    assert_error(mio_tcp_stream_read(&b, &byte, 1), MIO_ERR_CONNECTION_RESET);
    mio_tcp_stream_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(out_of_range),
        TEST_BARE(of_another_kind),
        TEST_BARE(uninitialised),
        TEST_BARE(defaults_change_nothing),
        TEST_BARE(of_a_listener),
        TEST_BARE(of_a_stream),
        TEST_BARE(keepalive_is_implied),
        TEST_BARE(of_a_udp_socket),
        TEST_BARE(reuse_port),
        TEST_BARE(of_ipv6),
        TEST_BARE(linger),
        TEST_BARE(linger_of_0_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
