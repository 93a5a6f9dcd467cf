/* signals: an echo server that is told by signals what to do.
 *
 *   signals [PORT [FILE]]
 *
 * What it shows:
 *   - a signal set in the same wait as the sockets: no handlers, no globals
 *     that they share with the program, no calls that are interrupted;
 *   - SIGTERM or SIGINT (Ctrl-C): no new connections, those that are open may
 *     end in their own time, for some seconds; the second one ends at once;
 *   - SIGHUP: FILE is read again. Its first line is the greeting;
 *   - SIGUSR1: says what is going on.
 */
#include <mio.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONNECTIONS = 256,
    BUFFER_SIZE = 4096,
    EVENTS = 64,
    GRACE = 10,             /* seconds to end in good order */
    LISTENER = CONNECTIONS, /* tokens; those below are connections */
    SIGNALS
};

#define SECOND INT64_C(1000000000)

struct connection {
    mio_tcp_stream stream;
    bool open;
    size_t start, end; /* bytes in the buffer that are to be written */
    unsigned char buffer[BUFFER_SIZE];
};

static mio_poll poll;
static mio_slot slots[CONNECTIONS + 2];
static mio_tcp_listener listener;
static mio_signal_set signals;
static struct connection connections[CONNECTIONS];
static size_t open_count;
static char greeting[128] = "hello\n";
static const char *file;
static bool stopping; /* since `stop_time` */
static bool stop_at_once;
static time_t stop_time;

static void say(const char *what)
{
    (void)printf("%s\n", what);
    (void)fflush(stdout);
}

/* ---- Connections --------------------------------------------------------*/

static void close_connection(struct connection *c)
{
    mio_tcp_stream_close(&c->stream);
    c->open = false;
    open_count--;
}

/* Returns false when the connection is over. */
static bool echo(struct connection *c)
{
    for (;;) {
        while (c->start < c->end) {
            mio_ssize n = mio_tcp_stream_write(&c->stream, c->buffer + c->start,
                                               c->end - c->start);
            if (n < 0) {
                return n == MIO_ERR_WOULD_BLOCK; /* an event will follow */
            }
            c->start += (size_t)n;
        }
        mio_ssize n = mio_tcp_stream_read(&c->stream, c->buffer, BUFFER_SIZE);
        if (n <= 0) {
            return n == MIO_ERR_WOULD_BLOCK;
        }
        c->start = 0;
        c->end = (size_t)n;
    }
}

/* Begins with the greeting, which the first event for it sends. */
static void add_connection(mio_tcp_stream *stream)
{
    size_t index = 0;
    while (index < CONNECTIONS && connections[index].open) {
        index++;
    }
    if (index == CONNECTIONS) {
        mio_tcp_stream_close(stream); /* an example may be rude */
        return;
    }
    struct connection *c = &connections[index];
    c->stream = *stream; /* moved */
    c->start = 0;
    c->end = strlen(greeting);
    memcpy(c->buffer, greeting, c->end);
    if (mio_registry_register(mio_poll_registry(&poll), &c->stream.source,
                              index, MIO_READABLE | MIO_WRITABLE) != 0) {
        mio_tcp_stream_close(&c->stream);
        return;
    }
    c->open = true;
    open_count++;
}

static int accept_all(void)
{
    for (;;) {
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
        case MIO_ACCEPT_FATAL:
            return error;
        }
    }
}

/* ---- Signals ------------------------------------------------------------*/

static void read_greeting(void)
{
    FILE *f = file == NULL ? NULL : fopen(file, "r");
    if (f == NULL || fgets(greeting, sizeof(greeting), f) == NULL) {
        say("no new greeting");
    }
    if (f != NULL) {
        (void)fclose(f);
    }
}

static void begin_to_stop(void)
{
    if (stopping) {
        stop_at_once = true;
        return;
    }
    stopping = true;
    stop_time = time(NULL);
    mio_tcp_listener_close(&listener); /* nobody else is let in */
}

static void handle_signal(const mio_signal_info *info)
{
    (void)printf("signal %d", info->number);
    if (info->sender_known) {
        (void)printf(" of process %lld", (long long)info->sender_process);
    }
    say("");
    switch (info->number) {
#ifdef SIGHUP
    case SIGHUP:
        read_greeting();
        say("reloaded");
        break;
    case SIGUSR1:
        (void)printf("%zu connections\n", open_count);
        (void)fflush(stdout);
        break;
#endif
    default:
        begin_to_stop();
    }
}

static int handle_signals(void)
{
    for (;;) {
        mio_signal_info infos[MIO_SIGNAL_SET_MAX];
        mio_ssize n = mio_signal_set_read(&signals, infos, MIO_SIGNAL_SET_MAX);
        if (n < 0) {
            return n == MIO_ERR_WOULD_BLOCK ? 0 : (int)n;
        }
        for (mio_ssize i = 0; i < n; i++) {
            handle_signal(&infos[i]);
        }
    }
}

/* ---- The loop -----------------------------------------------------------*/

static int handle(const mio_event *event)
{
    mio_token token = mio_event_token(event);
    if (token == SIGNALS) {
        return handle_signals();
    }
    if (token == LISTENER) {
        return stopping ? 0 : accept_all();
    }
    /* The event may be for a connection that was closed since the wait. */
    struct connection *c = &connections[token];
    if (c->open && !echo(c)) {
        close_connection(c);
    }
    return 0;
}

static bool goes_on(void)
{
    return !stopping ||
           (!stop_at_once && open_count > 0 && time(NULL) - stop_time < GRACE);
}

static int serve(void)
{
    int error = 0;
    while (error == 0 && goes_on()) {
        mio_event events[EVENTS];
        int n = mio_poll_wait(&poll, events, EVENTS, stopping ? SECOND : -1);
        for (int i = 0; i < n && error == 0; i++) {
            error = handle(&events[i]);
        }
        if (n < 0) {
            error = n;
        }
    }
    return error;
}

static int start(uint16_t port)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    static const int numbers[] = {
        SIGINT,
        SIGTERM,
#ifdef SIGHUP /* Windows has neither */
        SIGHUP,
        SIGUSR1,
#endif
    };
    mio_registry *registry;
    mio_addr addr;
    int error;
    /* The set first: a signal that comes during the start waits for the loop,
     * and threads that are started later have the signals blocked. */
    if ((error = mio_signal_set_init(
             &signals, numbers, sizeof(numbers) / sizeof(numbers[0]))) != 0 ||
        (error = mio_poll_init(&poll, slots, CONNECTIONS + 2)) != 0) {
        return error;
    }
    registry = mio_poll_registry(&poll);
    if ((error = mio_registry_register(registry, &signals.source, SIGNALS,
                                       MIO_READABLE)) != 0 ||
        (error = mio_addr_ipv4(&addr, loopback, port)) != 0 ||
        (error = mio_tcp_listener_bind(&listener, &addr)) != 0 ||
        (error = mio_registry_register(registry, &listener.source, LISTENER,
                                       MIO_READABLE)) != 0 ||
        (error = mio_tcp_listener_local_addr(&listener, &addr)) != 0) {
        return error;
    }
    if (file != NULL) {
        read_greeting();
    }
    int printed = printf("listening on 127.0.0.1:%d\n", mio_addr_port(&addr));
    return printed > 0 && fflush(stdout) == 0 ? 0 : MIO_ERR_OTHER;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
    if (argc > 3 || port < 0 || port > 65535 ||
        (end != NULL && (end == argv[1] || *end != '\0'))) {
        (void)fprintf(stderr, "usage: %s [PORT [FILE]]\n", argv[0]);
        return 2;
    }
    file = argc > 2 ? argv[2] : NULL;
    int error = start((uint16_t)port);
    if (error == 0) {
        error = serve();
    }
    size_t open_at_end = open_count;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (connections[i].open) {
            close_connection(&connections[i]);
        }
    }
    mio_tcp_listener_close(&listener);
    mio_signal_set_close(&signals);
    mio_poll_close(&poll);
    if (error != 0) {
        (void)fprintf(stderr, "signals: %s\n", mio_strerror(error));
        return 1;
    }
    int printed = printf("stopped: open %zu\n", open_at_end);
    return printed > 0 && fflush(stdout) == 0 ? 0 : 1;
}
