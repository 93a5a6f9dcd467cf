/* timer_wheel_server: a TCP echo server that closes connections on which
 * nothing has moved for a while; made for 10,000 of them.
 *
 *   timer_wheel_server [PORT [MILLISECONDS]]
 *
 * Each connection has a timer, armed anew whenever bytes have moved: that costs
 * less than reading the clock, which is done once for each wait. It does not
 * matter if they are closed a little late, so many are closed by one wake-up.
 */
#include <mio.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    CONNECTIONS = 10000,
    DESCRIPTORS = CONNECTIONS + 16, /* the listener, standard streams ... */
    BUFFER_SIZE = 1024,
    EVENTS = 256,
    TIMERS = CONNECTIONS, /* tokens; those below are streams */
    LISTENER = TIMERS + CONNECTIONS,
    STOP
};

#define READING (MIO_READABLE | MIO_LEVEL)
#define WRITING (MIO_WRITABLE | MIO_LEVEL)

struct connection {
    mio_tcp_stream stream;
    mio_timer idle;
    bool is_open;
    size_t start, end; /* bytes in the buffer that are to be written */
    unsigned char buffer[BUFFER_SIZE];
};

static mio_poll poll;
static mio_registry *registry;
static mio_slot slots[CONNECTIONS + 1];
static mio_timer_queue timers;
static mio_waker stop;
static mio_tcp_listener listener;
static struct connection connections[CONNECTIONS], *free_list[CONNECTIONS];
static size_t free_count, open_count, most_open;
static bool is_paused; /* connections may wait that could not be accepted */
static bool has_room;  /* something was closed since */
static int64_t now, idle_limit;
static unsigned long long accepted, timed_out;

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

/* Bytes have moved: the connection's time begins again. */
static void put_off(struct connection *c)
{
    int64_t at = mio_timer_round(now + idle_limit, idle_limit / 10);
    (void)mio_timer_arm_at(&timers, &c->idle, at);
}

static void close_connection(struct connection *c)
{
    (void)mio_timer_cancel(&timers, &c->idle);
    mio_tcp_stream_close(&c->stream);
    c->is_open = false;
    open_count--;
    free_list[free_count++] = c;
    has_room = is_paused;
}

/* Moves what one read gives, or what the last one has left; if there is more,
 * another event follows. Returns false when the connection is over. */
static bool echo(struct connection *c)
{
    bool was_blocked = c->start < c->end;
    if (!was_blocked) {
        mio_ssize n = mio_tcp_stream_read(&c->stream, c->buffer, BUFFER_SIZE);
        if (n <= 0) {
            return n == MIO_ERR_WOULD_BLOCK;
        }
        c->start = 0;
        c->end = (size_t)n;
    }
    mio_ssize n = mio_tcp_stream_write(&c->stream, c->buffer + c->start,
                                       c->end - c->start);
    if (n > 0) {
        c->start += (size_t)n;
        put_off(c);
    } else if (n != MIO_ERR_WOULD_BLOCK) {
        return false;
    }
    bool is_blocked = c->start < c->end; /* so do not read either */
    return is_blocked == was_blocked ||
           mio_registry_reregister(registry, &c->stream.source,
                                   (mio_token)(c - connections),
                                   is_blocked ? WRITING : READING) == 0;
}

static void add_connection(mio_tcp_stream *stream)
{
    struct connection *c = free_list[free_count - 1];
    mio_token token = (mio_token)(c - connections);
    c->stream = *stream; /* moved */
    c->start = c->end = 0;
    if (mio_timer_init(&c->idle, TIMERS + token) != 0 ||
        mio_registry_register(registry, &c->stream.source, token, READING) !=
            0) {
        mio_tcp_stream_close(&c->stream);
        return;
    }
    put_off(c);
    c->is_open = true;
    free_count--;
    open_count++;
    most_open = open_count > most_open ? open_count : most_open;
    accepted++;
}

/* Returns 0, or the error that has made the listener useless. */
static int accept_all(void)
{
    while (free_count > 0) {
        mio_tcp_stream stream;
        int error = mio_tcp_listener_accept(&listener, &stream, NULL);
        mio_accept_class class = mio_accept_classify(error);
        if (class == MIO_ACCEPT_OK) {
            add_connection(&stream);
        } else if (class == MIO_ACCEPT_NO_ROOM) {
            break;
        } else if (class != MIO_ACCEPT_RETRY) {
            return class == MIO_ACCEPT_DRAINED ? 0 : error;
        }
    }
    is_paused = true; /* the others wait in the system's queue */
    return 0;
}

/* An event may be for a connection that was closed since the wait, or for one in
 * its place: a stream does not mind, and its timer has not expired. Nor has it
 * when bytes have just moved, by an event before. */
static int handle(const mio_event *event)
{
    mio_token token = mio_event_token(event);
    if (token == LISTENER) {
        return accept_all();
    }
    struct connection *c = &connections[token % CONNECTIONS];
    if (token >= TIMERS) {
        if (mio_timer_expired(&c->idle) > 0) {
            timed_out++;
            close_connection(c);
        }
    } else if (c->is_open && !echo(c)) {
        close_connection(c);
    }
    return 0;
}

static int serve(void)
{
    static mio_event events[EVENTS];
    int error = 0;
    while (error == 0) {
        int n = mio_poll_wait(&poll, events, EVENTS, -1);
        error = n < 0 ? n : 0;
        now = mio_now();
        for (int i = 0; i < n && error == 0; i++) {
            if (mio_event_token(&events[i]) == STOP) {
                return 0;
            }
            error = handle(&events[i]);
        }
        if (error == 0 && has_room) {
            is_paused = has_room = false;
            error = mio_registry_reregister(registry, &listener.source,
                                            LISTENER, MIO_READABLE);
        }
    }
    return error;
}

/* Asks for a descriptor for each connection; tells if there are fewer. */
static void allow_descriptors(void)
{
    struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < DESCRIPTORS) {
        rlim_t most = limit.rlim_max;
        limit.rlim_cur = most < DESCRIPTORS ? most : DESCRIPTORS;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || most < DESCRIPTORS) {
            (void)fprintf(stderr, "fewer than %d descriptors: some will wait\n",
                          DESCRIPTORS);
        }
    }
}

/* Returns 0 when asked to stop, or an error. */
static int run(uint16_t port)
{
    mio_addr addr;
    int error;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        free_list[free_count++] = &connections[CONNECTIONS - 1 - i];
    }
    if ((error = mio_addr_parse(&addr, "127.0.0.1:0")) != 0 ||
        (error = mio_addr_set_port(&addr, port)) != 0 ||
        (error = mio_poll_init(&poll, slots, CONNECTIONS + 1)) != 0 ||
        (error = mio_timer_queue_init(&timers, &poll)) != 0 ||
        (error = mio_waker_init(&stop, registry = mio_poll_registry(&poll),
                                STOP)) != 0 ||
        (error = mio_tcp_listener_bind(&listener, &addr)) != 0 ||
        (error = mio_registry_register(registry, &listener.source, LISTENER,
                                       MIO_READABLE)) != 0 ||
        (error = mio_tcp_listener_local_addr(&listener, &addr)) != 0) {
        return error;
    }
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGTERM, on_signal);
    (void)printf("listening on 127.0.0.1:%d\n", mio_addr_port(&addr));
    return fflush(stdout) == 0 ? serve() : MIO_ERR_OTHER;
}

int main(int argc, char **argv)
{
    long port = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    long idle = argc > 2 ? strtol(argv[2], NULL, 10) : 60000;
    if (argc > 3 || port < 0 || port > 65535 || idle < 1 || idle > 86400000) {
        (void)fprintf(stderr, "usage: %s [PORT [MILLISECONDS]]\n", argv[0]);
        return 2;
    }
    idle_limit = idle * MIO_MILLISECOND;
    allow_descriptors();
    int error = run((uint16_t)port);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (connections[i].is_open) {
            close_connection(&connections[i]);
        }
    }
    (void)signal(SIGINT, SIG_IGN); /* the waker is about to go */
    (void)signal(SIGTERM, SIG_IGN);
    mio_tcp_listener_close(&listener);
    mio_waker_close(&stop);
    mio_timer_queue_close(&timers);
    mio_poll_close(&poll);
    (void)printf("%s: accepted %llu, at once %zu, timed out %llu\n",
                 error == 0 ? "stopped" : mio_strerror(error), accepted,
                 most_open, timed_out);
    return error == 0 && fflush(stdout) == 0 ? 0 : 1;
}
