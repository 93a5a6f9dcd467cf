/* http_server: HTTP/1.1 with one page.
 *
 *   http_server [PORT [SECONDS]]
 *
 * Answers GET and HEAD, keeps connections alive, and takes pipelined requests
 * one after the other. It shows a protocol on top of edges, in memory of fixed
 * size: a head that does not fit is refused, and so are bodies. A connection
 * on which no request is completed for SECONDS is closed, however busy it is,
 * so that slow peers cannot hold their places.
 */
#include "http_request.h"
#include <mio.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONNECTIONS = 4096,
    HEAD_MAX = 4096,
    RESPONSE_MAX = 512,
    DISCARD_MAX = 262144, /* bytes read after an error, for the peer's sake */
    EVENTS = 256,
    ROUNDS = 64,
    LISTENER = CONNECTIONS, /* tokens; those below are connections */
    STOP
};

#define BOTH (MIO_READABLE | MIO_WRITABLE)
#define SECOND INT64_C(1000000000)

static const char page[] = "Hello from libmio.\n";

struct connection {
    mio_tcp_stream stream;
    bool open;
    bool drained, read_closed; /* as in tcp_echo.c */
    bool last;                 /* close after the response */
    bool shut;                 /* our direction is closed */
    time_t since;              /* the last completed request */
    size_t in_size, out_start, out_end, discarded;
    char in[HEAD_MAX];
    char out[RESPONSE_MAX];
};

static mio_poll poll;
static mio_slot slots[CONNECTIONS + 1];
static mio_waker stop;
static mio_tcp_listener listener;
static bool paused, resume; /* as in tcp_echo.c */
static struct connection connections[CONNECTIONS];
static uint16_t free_list[CONNECTIONS];
static size_t free_count, open_count;
static unsigned long long accepted, answered;
static time_t now, last_tick, time_limit = 10;

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

/* ---- Responses -----------------------------------------------------------*/

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Bad Request";
    }
}

static const char *date(void)
{
    static time_t then;
    static char text[64];
    if (then != now) {
        struct tm *t = gmtime(&now);
        if (t == NULL ||
            strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
                     t) == 0) {
            text[0] = '\0';
        }
        then = now;
    }
    return text;
}

static void respond(struct connection *c, int status, const struct request *r)
{
    char error[64];
    const char *body = page;
    if (status != 200) {
        (void)snprintf(error, sizeof(error), "%d %s\n", status, reason(status));
        body = error;
    }
    bool refused = status != 200 && status != 404;
    c->last = refused || r->close || (!r->is_http11 && !r->keep_alive);
    int n =
        snprintf(c->out, sizeof(c->out),
                 "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain\r\n"
                 "Content-Length: %zu\r\n%s%s\r\n%s",
                 status, reason(status), date(), strlen(body),
                 status == 405 ? "Allow: GET, HEAD\r\n" : "",
                 c->last ? "Connection: close\r\n"
                         : (r->is_http11 ? "" : "Connection: keep-alive\r\n"),
                 r->head ? "" : body);
    c->out_start = 0;
    c->out_end = n < 0 || n >= RESPONSE_MAX ? 0 : (size_t)n;
    c->since = now;
    answered++;
}

/* Answers the first request in the input. Returns false if there is none. */
static bool answer(struct connection *c)
{
    struct request r;
    size_t skip = 0; /* empty lines before a request */
    while (c->in_size - skip >= 2 && memcmp(c->in + skip, "\r\n", 2) == 0) {
        skip += 2;
    }
    size_t size = head_size(c->in + skip, c->in_size - skip);
    int status;
    if (size > 0) {
        status = parse_head(&r, c->in + skip, c->in + skip + size);
    } else if (c->in_size > skip && c->in[skip] != '\r' &&
               !is_token_char(c->in[skip])) {
        status = 400; /* not HTTP: perhaps TLS */
        memset(&r, 0, sizeof(r));
    } else if (c->in_size == HEAD_MAX) {
        status = 431;
        memset(&r, 0, sizeof(r));
    } else {
        return false;
    }
    respond(c, status, &r);
    c->in_size -= skip + size;
    memmove(c->in, c->in + skip + size, c->in_size);
    return true;
}

/* ---- Connections ---------------------------------------------------------*/

static void close_connection(struct connection *c)
{
    mio_tcp_stream_close(&c->stream);
    c->open = false;
    open_count--;
    free_list[free_count++] = (uint16_t)(c - connections);
    resume = paused;
}

/* Writes what is to be written. Returns 1 when that is done, 0 when it must
 * wait, and a negative value when the connection is over. */
static int flush_output(struct connection *c)
{
    while (c->out_start < c->out_end) {
        mio_ssize n = mio_tcp_stream_write(&c->stream, c->out + c->out_start,
                                           c->out_end - c->out_start);
        if (n < 0) {
            return n == MIO_ERR_WOULD_BLOCK ? 0 : -1;
        }
        c->out_start += (size_t)n;
    }
    /* After the last response only our direction is closed at first: closing
     * a socket with unread input would reset the connection, and the peer
     * might lose the response. */
    if (c->last && !c->shut) {
        c->shut = true;
        return mio_tcp_stream_shutdown(&c->stream, MIO_SHUTDOWN_WRITE) == 0
                   ? 1
                   : -1;
    }
    return 1;
}

/* Does all that can be done without blocking. Returns false when the
 * connection is over. */
static bool serve_connection(struct connection *c)
{
    for (int round = 0; round < ROUNDS; round++) {
        int flushed = flush_output(c);
        if (flushed <= 0) {
            return flushed == 0; /* an event will follow */
        }
        if (c->shut) {
            c->discarded += c->in_size;
            c->in_size = 0;
            if (c->discarded > DISCARD_MAX) {
                return false;
            }
        } else if (answer(c)) {
            continue;
        }
        if (c->drained && !c->read_closed) {
            return true;
        }
        size_t room = HEAD_MAX - c->in_size;
        mio_ssize n = mio_tcp_stream_read(&c->stream, c->in + c->in_size, room);
        if (n <= 0) {
            return n == MIO_ERR_WOULD_BLOCK; /* an event will follow */
        }
        c->in_size += (size_t)n;
        c->drained = (size_t)n < room;
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
    c->drained = c->read_closed = c->last = c->shut = false;
    c->in_size = c->out_start = c->out_end = c->discarded = 0;
    c->since = now;
    if (mio_registry_register(mio_poll_registry(&poll), &c->stream.source,
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

static void tick(void)
{
    for (size_t i = 0; open_count > 0 && i < CONNECTIONS; i++) {
        struct connection *c = &connections[i];
        if (c->open && now - c->since > time_limit) {
            close_connection(c);
        }
    }
    resume = paused && free_count > 0;
}

/* ---- The program ---------------------------------------------------------*/

static int handle(const mio_event *event)
{
    mio_token token = mio_event_token(event);
    if (token == LISTENER) {
        return accept_all();
    }
    struct connection *c = &connections[token];
    c->drained = false;
    c->read_closed = c->read_closed || mio_event_is_read_closed(event);
    if (c->open && !serve_connection(c)) {
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

int main(int argc, char **argv)
{
    char *end = NULL;
    long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
    long seconds = argc > 2 ? strtol(argv[2], NULL, 10) : (long)time_limit;
    if (argc > 3 || (end != NULL && *end != '\0') || port < 0 || port > 65535 ||
        seconds < 1 || seconds > 86400) {
        (void)fprintf(stderr, "usage: %s [PORT [SECONDS]]\n", argv[0]);
        return 2;
    }
    time_limit = (time_t)seconds;
    now = time(NULL);
    int error = start((uint16_t)port);
    if (error == 0) {
        error = serve();
    }
    size_t open_at_stop = open_count;
    finish();
    if (error != 0) {
        (void)fprintf(stderr, "http_server: %s\n", mio_strerror(error));
        return 1;
    }
    int printed = printf("stopped: accepted %llu, open %zu, answered %llu\n",
                         accepted, open_at_stop, answered);
    return printed > 0 && fflush(stdout) == 0 ? 0 : 1;
}
