/* misuse_io.c: every function of TCP and UDP sockets with NULL, closed and
 * foreign objects (G9). Polls, sources and wakers: misuse.c. */
#include "support.h"

#define TEXT_ROOM 8

/* What the calls below are given; each call must refuse before it looks. */
static char data[TEXT_ROOM];
static const mio_buffer buffer = {data, TEXT_ROOM};
static mio_addr addr;
static bool on;
static uint32_t number;

/* ---- TCP ----------------------------------------------------------------*/

static void check_tcp_listener(mio_tcp_listener *listener, int error)
{
    mio_tcp_stream stream;
    assert_error(mio_tcp_listener_accept(listener, &stream, &addr), error);
    assert_error(mio_tcp_listener_local_addr(listener, &addr), error);
    assert_error(mio_tcp_listener_set_ttl(listener, 64), error);
    assert_error(mio_tcp_listener_ttl(listener, &number), error);
    assert_error(mio_tcp_listener_take_error(listener), error);
    assert_int_equal(mio_tcp_listener_into_fd(listener), MIO_FD_INVALID);
}

static void closed_tcp_listeners(void **state)
{
    mio_tcp_listener listener;
    mio_tcp_stream stream;
    const mio_addr any = any_v4();
    const mio_addr none = {0};
    (void)state;
    CHECK_CLOSED(mio_tcp_listener, check_tcp_listener, mio_tcp_listener_close);
    assert_error(mio_tcp_listener_bind(NULL, &any), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_bind(&listener, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_bind(&listener, &none),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_bind_with(NULL, &any, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_bind_with(&listener, NULL, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_tcp_listener_bind(&listener, &any));
    assert_error(mio_tcp_listener_accept(&listener, NULL, &addr),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_accept(&listener, &stream, NULL),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_tcp_listener_local_addr(&listener, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_ttl(&listener, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_set_ttl(&listener, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_listener_set_ttl(&listener, 256),
                 MIO_ERR_INVALID_INPUT);
    mio_tcp_listener_close(&listener);
    check_tcp_listener(&listener, MIO_ERR_BAD_DESCRIPTOR);
    mio_tcp_listener_close(&listener);
}

static void check_tcp_stream(mio_tcp_stream *stream, int error)
{
    assert_error(mio_tcp_stream_connect_finish(stream), error);
    assert_error(mio_tcp_stream_read(stream, data, TEXT_ROOM), error);
    assert_error(mio_tcp_stream_write(stream, data, TEXT_ROOM), error);
    assert_error(mio_tcp_stream_readv(stream, &buffer, 1), error);
    assert_error(mio_tcp_stream_writev(stream, &buffer, 1), error);
    assert_error(mio_tcp_stream_peek(stream, data, TEXT_ROOM), error);
    assert_error(mio_tcp_stream_shutdown(stream, MIO_SHUTDOWN_BOTH), error);
    assert_error(mio_tcp_stream_local_addr(stream, &addr), error);
    assert_error(mio_tcp_stream_peer_addr(stream, &addr), error);
    assert_error(mio_tcp_stream_set_nodelay(stream, true), error);
    assert_error(mio_tcp_stream_nodelay(stream, &on), error);
    assert_error(mio_tcp_stream_set_ttl(stream, 64), error);
    assert_error(mio_tcp_stream_ttl(stream, &number), error);
    assert_error(mio_tcp_stream_set_linger(stream, 0), error);
    assert_error(mio_tcp_stream_take_error(stream), error);
    assert_int_equal(mio_tcp_stream_into_fd(stream), MIO_FD_INVALID);
}

static void closed_tcp_streams(void **state)
{
    mio_tcp_stream client;
    mio_tcp_stream server;
    const mio_addr any = any_v4();
    const mio_addr none = {0};
    (void)state;
    CHECK_CLOSED(mio_tcp_stream, check_tcp_stream, mio_tcp_stream_close);
    assert_error(mio_tcp_stream_connect(NULL, &any), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_connect(&client, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_connect(&client, &none), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_connect_with(NULL, &any, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_connect_with(&client, NULL, NULL),
                 MIO_ERR_INVALID_INPUT);
    tcp_pair(&client, &server);
    assert_error(mio_tcp_stream_read(&client, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_read(&client, data, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_peek(&client, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_peek(&client, data, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_write(&client, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_readv(&client, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_readv(&client, &buffer, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_writev(&client, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_shutdown(&client, (mio_shutdown)7),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_local_addr(&client, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_peer_addr(&client, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_nodelay(&client, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_ttl(&client, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_set_ttl(&client, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_set_ttl(&client, 256), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_set_linger(&client, -2), MIO_ERR_INVALID_INPUT);
    assert_error(mio_tcp_stream_set_linger(&client, 65536),
                 MIO_ERR_INVALID_INPUT);
    mio_tcp_stream_close(&client);
    check_tcp_stream(&client, MIO_ERR_BAD_DESCRIPTOR);
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
}

/* ---- UDP ----------------------------------------------------------------*/

static void check_udp_io(mio_udp_socket *socket, int error)
{
    mio_datagram datagram = {.data = data, .length = TEXT_ROOM};
    const mio_addr any = any_v4();
    assert_error(mio_udp_socket_connect(socket, &any), error);
    assert_error(mio_udp_socket_send(socket, data, 1), error);
    assert_error(mio_udp_socket_send_to(socket, data, 1, &any), error);
    assert_error(mio_udp_socket_recv(socket, data, 1), error);
    assert_error(mio_udp_socket_recv_from(socket, data, 1, &addr), error);
    assert_error(mio_udp_socket_peek(socket, data, 1), error);
    assert_error(mio_udp_socket_peek_from(socket, data, 1, &addr), error);
    assert_error(mio_udp_socket_send_batch(socket, &datagram, 1), error);
    assert_error(mio_udp_socket_recv_batch(socket, &datagram, 1), error);
    assert_error(mio_udp_socket_take_error(socket), error);
    assert_int_equal(mio_udp_socket_into_fd(socket), MIO_FD_INVALID);
}

static void check_udp_options(mio_udp_socket *socket, int error)
{
    mio_addr v4;
    mio_addr v6;
    assert_ok(mio_addr_parse(&v4, "239.1.2.3:0"));
    assert_ok(mio_addr_parse(&v6, "[ff02::114]:0"));
    assert_error(mio_udp_socket_local_addr(socket, &addr), error);
    assert_error(mio_udp_socket_peer_addr(socket, &addr), error);
    assert_error(mio_udp_socket_set_broadcast(socket, true), error);
    assert_error(mio_udp_socket_broadcast(socket, &on), error);
    assert_error(mio_udp_socket_set_connection_reset(socket, true), error);
    assert_error(mio_udp_socket_set_multicast_loop_v4(socket, true), error);
    assert_error(mio_udp_socket_multicast_loop_v4(socket, &on), error);
    assert_error(mio_udp_socket_set_multicast_ttl_v4(socket, 1), error);
    assert_error(mio_udp_socket_multicast_ttl_v4(socket, &number), error);
    assert_error(mio_udp_socket_set_multicast_loop_v6(socket, true), error);
    assert_error(mio_udp_socket_multicast_loop_v6(socket, &on), error);
    assert_error(mio_udp_socket_join_multicast_v4(socket, &v4, NULL), error);
    assert_error(mio_udp_socket_leave_multicast_v4(socket, &v4, NULL), error);
    assert_error(mio_udp_socket_join_multicast_v6(socket, &v6, 0), error);
    assert_error(mio_udp_socket_leave_multicast_v6(socket, &v6, 0), error);
    assert_error(mio_udp_socket_only_v6(socket, &on), error);
    assert_error(mio_udp_socket_set_ttl(socket, 64), error);
    assert_error(mio_udp_socket_ttl(socket, &number), error);
}

static void check_udp_socket(mio_udp_socket *socket, int error)
{
    check_udp_io(socket, error);
    check_udp_options(socket, error);
}

static void closed_udp_sockets(void **state)
{
    mio_udp_socket socket;
    const mio_addr any = any_v4();
    const mio_addr none = {0};
    (void)state;
    CHECK_CLOSED(mio_udp_socket, check_udp_socket, mio_udp_socket_close);
    assert_error(mio_udp_socket_bind(NULL, &any), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_bind(&socket, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_bind(&socket, &none), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_bind_with(NULL, &any, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_bind_with(&socket, NULL, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_udp_socket_bind(&socket, &any));
    mio_udp_socket_close(&socket);
    check_udp_socket(&socket, MIO_ERR_BAD_DESCRIPTOR);
    mio_udp_socket_close(&socket);
}

static void bad_arguments_of_udp_io(void **state)
{
    mio_udp_socket socket;
    mio_datagram datagram = {.data = NULL, .length = 1};
    const mio_addr any = any_v4();
    const mio_addr none = {0};
    (void)state;
    assert_ok(mio_udp_socket_bind(&socket, &any));
    assert_error(mio_udp_socket_connect(&socket, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_connect(&socket, &none), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send(&socket, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send_to(&socket, NULL, 1, &any),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send_to(&socket, data, 1, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send_to(&socket, data, 1, &none),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_recv(&socket, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_recv_from(&socket, NULL, 1, &addr),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_peek(&socket, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_peek_from(&socket, NULL, 1, &addr),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send_batch(&socket, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send_batch(&socket, &datagram, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_send_batch(&socket, &datagram, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_recv_batch(&socket, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_recv_batch(&socket, &datagram, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_recv_batch(&socket, &datagram, 1),
                 MIO_ERR_INVALID_INPUT);
    mio_udp_socket_close(&socket);
}

static void bad_arguments_of_udp_options(void **state)
{
    mio_udp_socket socket;
    const mio_addr any = any_v4();
    mio_addr v4;
    mio_addr v6;
    (void)state;
    assert_ok(mio_addr_parse(&v4, "239.1.2.3:0"));
    assert_ok(mio_addr_parse(&v6, "[ff02::114]:0"));
    assert_ok(mio_udp_socket_bind(&socket, &any));
    assert_error(mio_udp_socket_local_addr(&socket, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_peer_addr(&socket, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_broadcast(&socket, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_multicast_loop_v4(&socket, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_set_multicast_ttl_v4(&socket, 256),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_multicast_ttl_v4(&socket, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_multicast_loop_v6(&socket, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_multicast_loop_v6(&socket, &on),
                 MIO_ERR_UNSUPPORTED);
    assert_error(mio_udp_socket_set_multicast_loop_v6(&socket, true),
                 MIO_ERR_UNSUPPORTED);
    assert_error(mio_udp_socket_only_v6(&socket, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_only_v6(&socket, &on), MIO_ERR_UNSUPPORTED);
    assert_error(mio_udp_socket_set_ttl(&socket, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_set_ttl(&socket, 256), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_ttl(&socket, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_join_multicast_v4(&socket, NULL, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_join_multicast_v4(&socket, &v6, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_join_multicast_v4(&socket, &any, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_join_multicast_v4(&socket, &v4, &v6),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_leave_multicast_v4(&socket, NULL, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_leave_multicast_v4(&socket, &v6, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_join_multicast_v6(&socket, NULL, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_join_multicast_v6(&socket, &v4, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_leave_multicast_v6(&socket, NULL, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_udp_socket_leave_multicast_v6(&socket, &v4, 0),
                 MIO_ERR_INVALID_INPUT);
    mio_udp_socket_close(&socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(closed_tcp_listeners),
        TEST_BARE(closed_tcp_streams),
        TEST_BARE(closed_udp_sockets),
        TEST_BARE(bad_arguments_of_udp_io),
        TEST_BARE(bad_arguments_of_udp_options),
    };
    if (!fd_0_open()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
