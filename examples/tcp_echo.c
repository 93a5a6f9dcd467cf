/* tcp_echo: a TCP server that sends back what it receives.
 *
 *   tcp_echo [PORT [IDLE_SECONDS]]
 *
 * What it shows:
 *   - both directions of a connection registered once, edge-triggered;
 *   - one fixed buffer per connection, filled only when it is empty: a peer
 *     that does not read is not read from either;
 *   - an accept loop that survives running out of descriptors or of table;
 *   - peers that half-close, reset or fall silent: none keeps its place;
 *   - stopping by a signal: a waker may be called from the handler.
 */
#include "heap_count.h"
#include <mio.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CONNECTIONS = 4096,
    BUFFER_SIZE = 4096,
    EVENTS = 256,
    ROUNDS = 16, /* reads per event, so that no peer starves others */
    LISTENER = CONNECTIONS, /* tokens; those below are connections */
    STOP
};

#define BOTH (MIO_READABLE | MIO_WRITABLE)
#define SECOND INT64_C(1000000000)

struct connection {
    mio_tcp_stream stream;
    bool open;
    bool drained;      /* the last read took all there was */
    bool read_closed;  /* the end of the stream is among what there is */
    time_t last_moved; /* when bytes last came or went */
    size_t start, end; /* bytes in the buffer that are to be written */
    unsigned char buffer[BUFFER_SIZE];
};

static mio_poll poll;
static mio_slot slots[CONNECTIONS + 1];
static mio_waker stop;
static mio_tcp_listener listener;
static bool paused; /* connections may be waiting that were not accepted */
static bool resume; /* something was freed: accept again */
static struct connection connections[CONNECTIONS];
static uint16_t free_list[CONNECTIONS];
static size_t free_count, open_count;
static unsigned long long accepted, bytes;
static time_t now, last_tick, idle_limit = 60;

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

static void close_connection(struct connection *c)
{
    mio_tcp_stream_close(&c->stream);
    c->open = false;
    open_count--;
    free_list[free_count++] = (uint16_t)(c - connections);
    resume = paused;
}

/* Moves bytes until the socket would block. Returns false when the connection
 * is over. */
static bool echo(struct connection *c)
{
    for (int round = 0; round < ROUNDS; round++) {
        while (c->start < c->end) {
            mio_ssize n = mio_tcp_stream_write(&c->stream, c->buffer + c->start,
                                               c->end - c->start);
            if (n < 0) {
                return n == MIO_ERR_WOULD_BLOCK; /* an event will follow */
            }
            c->start += (size_t)n;
            c->last_moved = now;
            bytes += (unsigned long long)n;
        }
        /* A read that did not fill the buffer has taken all there was, but an
         * end of stream that was announced with it is still to be read. */
        if (c->drained && !c->read_closed) {
            return true;
        }
        mio_ssize n = mio_tcp_stream_read(&c->stream, c->buffer, BUFFER_SIZE);
        if (n <= 0) {
            return n == MIO_ERR_WOULD_BLOCK; /* an event will follow */
        }
        c->start = 0;
        c->end = (size_t)n;
        c->drained = n < BUFFER_SIZE;
        c->last_moved = now;
    }
    /* There is more, but it is the others' turn: ask for another event. */
    return mio_registry_reregister(mio_poll_registry(&poll), &c->stream.source,
                                   (mio_token)(c - connections), BOTH) == 0;
}

static void add_connection(mio_tcp_stream *stream)
{
    uint16_t index = free_list[free_count - 1];
    struct connection *c = &connections[index];
    c->stream = *stream; /* moved */
    c->drained = c->read_closed = false;
    c->last_moved = now;
    c->start = c->end = 0;
    /* Nagle's algorithm and delayed acknowledgements together would hold back
     * the end of an answer that takes more than one write. */
    if (mio_tcp_stream_set_nodelay(&c->stream, true) != 0 ||
        mio_registry_register(mio_poll_registry(&poll), &c->stream.source,
                              index, BOTH) != 0) {
        mio_tcp_stream_close(&c->stream);
        return;
    }
    c->open = true;
    free_count--;
    open_count++;
    accepted++;
}

/* Returns 0, or the error that has made the listener useless. */
static int accept_all(void)
{
    while (free_count > 0) {
        mio_tcp_stream stream;
        int error = mio_tcp_listener_accept(&listener, &stream, NULL);
        switch (mio_accept_classify(error)) {
        case MIO_ACCEPT_OK:
            add_connection(&stream);
            break;
        case MIO_ACCEPT_RETRY:
            break;
        case MIO_ACCEPT_DRAINED:
            return 0;
        case MIO_ACCEPT_NO_ROOM:
            paused = true;
            return 0;
        case MIO_ACCEPT_FATAL:
            return error;
        }
    }
    paused = true; /* the others wait in the system's queue */
    return 0;
}

/* Once a second: closes idle connections, tries again to accept. */
static void tick(void)
{
    for (size_t i = 0; open_count > 0 && i < CONNECTIONS; i++) {
        struct connection *c = &connections[i];
        if (c->open && now - c->last_moved > idle_limit) {
            close_connection(c);
        }
    }
    resume = paused && free_count > 0;
}

static int handle(const mio_event *event)
{
    mio_token token = mio_event_token(event);
    if (token == LISTENER) {
        return accept_all();
    }
    /* The event may be for a connection that was closed since the wait, or for
     * a later one in its place; to that one it is a spurious event. */
    struct connection *c = &connections[token];
    c->drained = false;
    c->read_closed = c->read_closed || mio_event_is_read_closed(event);
    if (c->open && !echo(c)) {
        close_connection(c);
    }
    return 0;
}

/* Returns 0 when asked to stop, or an error. */
static int serve(void)
{
    static mio_event events[EVENTS];
    int error = 0;
    while (error == 0) {
        bool ticking = open_count > 0 || paused;
        int n = mio_poll_wait(&poll, events, EVENTS, ticking ? SECOND : -1);
        now = time(NULL);
        for (int i = 0; i < n && error == 0; i++) {
            if (mio_event_token(&events[i]) == STOP) {
                return 0;
            }
            error = handle(&events[i]);
        }
        if (n < 0) {
            error = n;
        }
        if (now != last_tick) {
            last_tick = now;
            tick();
        }
        if (error == 0 && resume) {
            paused = resume = false;
            error = mio_registry_reregister(mio_poll_registry(&poll),
                                            &listener.source, LISTENER,
                                            MIO_READABLE);
        }
    }
    return error;
}

static int start(uint16_t port)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    mio_addr addr;
    int error;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        free_list[free_count++] = (uint16_t)(CONNECTIONS - 1 - i);
    }
    if ((error = mio_addr_ipv4(&addr, loopback, port)) != 0 ||
        (error = mio_poll_init(&poll, slots, CONNECTIONS + 1)) != 0 ||
        (error = mio_waker_init(&stop, mio_poll_registry(&poll), STOP)) != 0 ||
        (error = mio_tcp_listener_bind(&listener, &addr)) != 0 ||
        (error =
             mio_registry_register(mio_poll_registry(&poll), &listener.source,
                                   LISTENER, MIO_READABLE)) != 0 ||
        (error = mio_tcp_listener_local_addr(&listener, &addr)) != 0) {
        return error;
    }
    if (signal(SIGINT, on_signal) == SIG_ERR ||
        signal(SIGTERM, on_signal) == SIG_ERR ||
        printf("listening on 127.0.0.1:%d\n", mio_addr_port(&addr)) < 0 ||
        fflush(stdout) != 0) {
        return MIO_ERR_OTHER;
    }
    return 0;
}

static void finish(void)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (connections[i].open) {
            close_connection(&connections[i]);
        }
    }
    mio_tcp_listener_close(&listener);
    (void)signal(SIGINT, SIG_IGN); /* the waker is about to go */
    (void)signal(SIGTERM, SIG_IGN);
    mio_waker_close(&stop);
    mio_poll_close(&poll);
}

/* Returns the number that the text is, or -1. */
static long number(const char *text, long most)
{
    char *end;
    long value = strtol(text, &end, 10);
    bool good = end != text && *end == '\0' && value >= 0 && value <= most;
    return good ? value : -1;
}

int main(int argc, char **argv)
{
    long port = argc > 1 ? number(argv[1], 65535) : 0;
    long idle = argc > 2 ? number(argv[2], 86400) : (long)idle_limit;
    if (argc > 3 || port < 0 || idle < 0) {
        (void)fprintf(stderr, "usage: %s [PORT [IDLE_SECONDS]]\n", argv[0]);
        return 2;
    }
    idle_limit = (time_t)idle;
    int error = start((uint16_t)port);
    long heap = heap_count(); /* counted from here to the stop */
    if (error == 0) {
        error = serve();
    }
    heap = heap < 0 ? -1 : heap_count() - heap;
    size_t open_at_stop = open_count;
    finish();
    if (error != 0) {
        (void)fprintf(stderr, "tcp_echo: %s\n", mio_strerror(error));
        return 1;
    }
    /* -1 heap allocations: they cannot be counted here. */
    int printed =
        printf("stopped: backend %s, accepted %llu, open %zu, bytes "
               "%llu, heap allocations %ld\n",
               mio_backend_name(), accepted, open_at_stop, bytes, heap);
    return printed > 0 && fflush(stdout) == 0 ? 0 : 1;
}
