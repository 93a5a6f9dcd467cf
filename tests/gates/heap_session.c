/* heap_session: a session with everything the library has, during which no
 * function of the heap may be called (G1). Linked with the examples'
 * heap_count.c, which replaces malloc and counts. It is a program of its own
 * because a test framework allocates. */
#include <mio.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap_count.h"

enum { EVENTS = 16, SLOTS = 16, SKIPPED = 77 };
enum { WAKER, TIMER, LISTENER, CLIENT, SERVER, UDP, STREAM, DATAGRAM, PIPE };
#define PATIENCE INT64_C(10000000000)

static mio_poll poll;
static mio_slot slots[SLOTS];
static mio_event events[EVENTS];
static mio_registry *registry;
static char text[MIO_ADDR_TEXT_SIZE];
static char data[256];

static bool check(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "failed: %s\n", what);
    }
    return good;
}
#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!check((condition), #condition)) {                                 \
            return false;                                                      \
        }                                                                      \
    } while (0)

/* Waits for an event with the token; others are dropped. */
static bool await(mio_token token)
{
    for (int round = 0; round < 100; round++) {
        int n = mio_poll_wait(&poll, events, EVENTS, PATIENCE);
        CHECK(n > 0);
        for (int i = 0; i < n; i++) {
            if (mio_event_token(&events[i]) == token) {
                return true;
            }
        }
    }
    return check(false, "an event within 100 waits");
}

static bool use_waker(void)
{
    mio_waker waker;
    CHECK(mio_waker_init(&waker, registry, WAKER) == 0);
    for (int round = 0; round < 3; round++) {
        CHECK(mio_waker_wake(&waker) == 0);
        CHECK(mio_waker_wake(&waker) == 0);
        CHECK(await(WAKER));
    }
    mio_waker_close(&waker);
    return true;
}

static bool use_timers(void)
{
    static mio_timer_queue queue;
    mio_timer timer;
    int64_t next;
    CHECK(mio_timer_queue_init(&queue, &poll) == 0);
    CHECK(mio_timer_init(&timer, TIMER) == 0);
    CHECK(mio_timer_arm_periodic(&queue, &timer, mio_now(), MIO_MILLISECOND) ==
          0);
    CHECK(await(TIMER));
    CHECK(mio_timer_queue_next(&queue, &next) == 0);
    CHECK(await(TIMER));
    CHECK(mio_timer_cancel(&queue, &timer) == 0);
    mio_timer_queue_close(&queue);
    return true;
}

static bool talk_tcp(mio_tcp_stream *client, mio_tcp_stream *server)
{
    mio_buffer parts[2] = {{data, 1}, {data + 1, 1}};
    mio_addr addr;
    CHECK(mio_tcp_stream_set_nodelay(client, true) == 0);
    CHECK(mio_tcp_stream_local_addr(client, &addr) == 0);
    CHECK(mio_addr_format(&addr, text, sizeof(text)) > 0);
    CHECK(mio_tcp_stream_writev(client, parts, 2) == 2);
    CHECK(await(SERVER));
    CHECK(mio_tcp_stream_peek(server, data, sizeof(data)) == 2);
    CHECK(mio_tcp_stream_read(server, data, sizeof(data)) == 2);
    CHECK(mio_tcp_stream_read(server, data, 1) == MIO_ERR_WOULD_BLOCK);
    CHECK(mio_registry_reregister(registry, &server->source, SERVER,
                                  MIO_READABLE | MIO_LEVEL) == 0);
    CHECK(mio_tcp_stream_shutdown(client, MIO_SHUTDOWN_WRITE) == 0);
    CHECK(await(SERVER));
    CHECK(mio_tcp_stream_read(server, data, sizeof(data)) == 0);
    return true;
}

static bool use_tcp(void)
{
    mio_addr addr;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream server;
    CHECK(mio_addr_parse(&addr, "127.0.0.1:0") == 0);
    CHECK(mio_tcp_listener_bind(&listener, &addr) == 0);
    CHECK(mio_tcp_listener_local_addr(&listener, &addr) == 0);
    CHECK(mio_registry_register(registry, &listener.source, LISTENER,
                                MIO_READABLE) == 0);
    CHECK(mio_registry_register(registry, &listener.source, LISTENER,
                                MIO_READABLE) == MIO_ERR_ALREADY_EXISTS);
    CHECK(mio_tcp_stream_connect(&client, &addr) == 0);
    CHECK(mio_registry_register(registry, &client.source, CLIENT,
                                MIO_READABLE | MIO_WRITABLE) == 0);
    CHECK(await(LISTENER));
    CHECK(mio_tcp_listener_accept(&listener, &server, NULL) == 0);
    CHECK(mio_tcp_stream_connect_finish(&client) == 0);
    CHECK(mio_registry_register(registry, &server.source, SERVER,
                                MIO_READABLE) == 0);
    CHECK(talk_tcp(&client, &server));
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
    mio_tcp_listener_close(&listener);
    return true;
}

static bool use_udp(void)
{
    mio_addr addr;
    mio_addr from;
    mio_udp_socket socket;
    CHECK(mio_addr_parse(&addr, "127.0.0.1:0") == 0);
    CHECK(mio_udp_socket_bind(&socket, &addr) == 0);
    CHECK(mio_udp_socket_local_addr(&socket, &addr) == 0);
    CHECK(mio_registry_register(registry, &socket.source, UDP,
                                MIO_READABLE | MIO_ONESHOT) == 0);
    CHECK(mio_udp_socket_send_to(&socket, data, 3, &addr) == 3);
    CHECK(await(UDP));
    CHECK(mio_udp_socket_recv_from(&socket, data, sizeof(data), &from) == 3);
    CHECK(mio_addr_equal(&addr, &from));
    mio_datagram batch[2];
    memset(batch, 0, sizeof(batch));
    for (size_t i = 0; i < 2; i++) {
        batch[i].data = data + 16 * i;
        batch[i].length = 16;
        batch[i].addr = addr;
    }
    CHECK(mio_udp_socket_send_batch(&socket, batch, 2) == 2);
    CHECK(mio_registry_reregister(registry, &socket.source, UDP,
                                  MIO_READABLE) == 0);
    CHECK(await(UDP));
    CHECK(mio_udp_socket_recv_batch(&socket, batch, 2) > 0);
    CHECK(mio_registry_deregister(registry, &socket.source) == 0);
    mio_udp_socket_close(&socket);
    return true;
}

static bool use_unix(void)
{
    mio_unix_stream a;
    mio_unix_stream b;
    mio_unix_datagram c;
    mio_unix_datagram d;
    mio_fd fds[2];
    size_t count;
    CHECK(mio_unix_stream_pair(&a, &b) == 0);
    CHECK(mio_unix_datagram_pair(&c, &d) == 0);
    CHECK(mio_registry_register(registry, &a.source, STREAM, MIO_READABLE) ==
          0);
    CHECK(mio_registry_register(registry, &d.source, DATAGRAM, MIO_READABLE) ==
          0);
    fds[0] = b.source.fd;
    CHECK(mio_unix_stream_send_fds(&b, data, 1, fds, 1) == 1);
    CHECK(await(STREAM));
    CHECK(mio_unix_stream_recv_fds(&a, data, 1, fds, 2, &count) == 1);
    CHECK(count == 1);
    mio_unix_stream passed;
    CHECK(mio_unix_stream_from_fd(&passed, fds[0]) == 0);
    mio_unix_stream_close(&passed);
    CHECK(mio_unix_datagram_send(&c, data, 5) == 5);
    CHECK(await(DATAGRAM));
    CHECK(mio_unix_datagram_recv(&d, data, sizeof(data)) == 5);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
    mio_unix_datagram_close(&c);
    mio_unix_datagram_close(&d);
    return true;
}

static bool use_pipe(void)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    mio_source foreign;
    CHECK(mio_pipe_open(&sender, &receiver) == 0);
    CHECK(mio_source_from_fd(&foreign, receiver.source.fd) == 0);
    CHECK(mio_registry_register(registry, &foreign, PIPE, MIO_READABLE) == 0);
    CHECK(mio_pipe_sender_write(&sender, data, 4) == 4);
    CHECK(await(PIPE));
    CHECK(mio_event_format(&events[0], text, sizeof(text)) > 0);
    CHECK(mio_pipe_receiver_read(&receiver, data, sizeof(data)) == 4);
    CHECK(mio_source_rearm(&foreign, MIO_READABLE) == 0);
    CHECK(mio_registry_deregister(registry, &foreign) == 0);
    mio_pipe_receiver_close(&receiver);
    CHECK(mio_pipe_sender_write(&sender, data, 4) == MIO_ERR_BROKEN_PIPE);
    mio_pipe_sender_close(&sender);
    return true;
}

static bool session(void)
{
    CHECK(mio_poll_init(&poll, slots, SLOTS) == 0);
    registry = mio_poll_registry(&poll);
    CHECK(use_waker() && use_tcp() && use_udp() && use_unix() && use_pipe() &&
          use_timers());
    CHECK(mio_poll_wait(&poll, events, EVENTS, INT64_C(1500000)) == 0);
    CHECK(mio_strerror(MIO_ERR_TIMED_OUT) != NULL);
    mio_poll_close(&poll);
    return true;
}

int main(void)
{
    long before = heap_count();
    if (before < 0) {
        (void)printf("skipped: malloc cannot be counted in this build\n");
        return SKIPPED;
    }

    /* The count can fail: one call is seen. */
    void *volatile block = malloc(1);
    free(block);
    if (!check(heap_count() == before + 1, "the count sees a call")) {
        return EXIT_FAILURE;
    }

    before = heap_count();
    bool good = session();
    long calls = heap_count() - before;
    (void)printf("%ld heap calls in the session\n", calls);
    return good && calls == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
