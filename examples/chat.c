/* chat: a chat room on a Unix socket.
 *
 *   chat -s PATH    the room: sends each line that it gets to all others
 *   chat PATH       a guest: sends the lines typed, prints those of the others
 *
 * What it shows: Unix sockets; many peers with bounded memory each, where one
 * that does not read is shown the door; the terminal as a foreign descriptor,
 * oneshot, so that nothing is read while the last line cannot be sent.
 */
#include <mio.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    GUESTS = 64,
    LINE_SIZE = 512,
    BACKLOG_SIZE = 16384, /* bytes kept for a guest that is slow to read */
    ROUNDS = 16,
    EVENTS = 64,
    LISTENER = GUESTS, /* tokens; in the room, those below are guests */
    STOP,
    TERMINAL
};

#define BOTH (MIO_READABLE | MIO_WRITABLE)
#define SECOND INT64_C(1000000000)

struct peer {
    mio_unix_stream stream;
    bool open;
    size_t in_size, out_size;
    char in[LINE_SIZE];
    char out[BACKLOG_SIZE];
};

static mio_poll poll;
static mio_slot slots[GUESTS + 1];
static mio_waker stop;

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

/* Writes what is to be written. Returns false if the peer is gone. */
static bool flush_output(struct peer *p)
{
    size_t done = 0;
    bool alive = true;
    while (done < p->out_size) {
        mio_ssize n = mio_unix_stream_write(&p->stream, p->out + done,
                                            p->out_size - done);
        if (n < 0) {
            alive = n == MIO_ERR_WOULD_BLOCK; /* an event will follow */
            break;
        }
        done += (size_t)n;
    }
    p->out_size -= done;
    memmove(p->out, p->out + done, p->out_size);
    return alive;
}

/* ---- The room ------------------------------------------------------------*/

static mio_unix_listener listener;
static struct peer guests[GUESTS];
static size_t guest_count;
static bool paused; /* guests may be waiting that were not accepted */
static bool resume; /* something was freed: accept again */

static void close_guest(struct peer *g)
{
    mio_unix_stream_close(&g->stream);
    g->open = false;
    guest_count--;
    resume = paused;
}

static void say(const struct peer *from, const char *line, size_t size)
{
    for (struct peer *g = guests; g < guests + GUESTS; g++) {
        if (!g->open || g == from) {
            continue;
        }
        char name[32];
        int n = snprintf(name, sizeof(name),
                         "guest %d: ", (int)(from - guests + 1));
        if (n < 0 || (size_t)n + size > BACKLOG_SIZE - g->out_size) {
            close_guest(g); /* has not read for too long */
            continue;
        }
        memcpy(g->out + g->out_size, name, (size_t)n);
        memcpy(g->out + g->out_size + n, line, size);
        g->out_size += (size_t)n + size;
        if (!flush_output(g)) {
            close_guest(g);
        }
    }
}

/* Returns false when the guest has gone or must go. */
static bool listen_to(struct peer *g)
{
    for (int round = 0; round < ROUNDS; round++) {
        mio_ssize n = mio_unix_stream_read(&g->stream, g->in + g->in_size,
                                           LINE_SIZE - g->in_size);
        if (n <= 0) {
            return n == MIO_ERR_WOULD_BLOCK; /* an event will follow */
        }
        g->in_size += (size_t)n;
        char *newline;
        while ((newline = memchr(g->in, '\n', g->in_size)) != NULL) {
            size_t size = (size_t)(newline + 1 - g->in);
            say(g, g->in, size);
            g->in_size -= size;
            memmove(g->in, newline + 1, g->in_size);
        }
        if (g->in_size == LINE_SIZE) {
            return false; /* nobody types that much */
        }
    }
    /* There is more, but it is the others' turn: ask for another event. */
    return mio_registry_reregister(mio_poll_registry(&poll), &g->stream.source,
                                   (mio_token)(g - guests), BOTH) == 0;
}

static void add_guest(mio_unix_stream *stream)
{
    struct peer *g = guests;
    while (g->open) {
        g++; /* one is free: see accept_all */
    }
    g->stream = *stream; /* moved */
    g->in_size = g->out_size = 0;
    if (mio_registry_register(mio_poll_registry(&poll), &g->stream.source,
                              (mio_token)(g - guests), BOTH) != 0) {
        mio_unix_stream_close(&g->stream);
        return;
    }
    g->open = true;
    guest_count++;
}

/* Returns 0, or the error that has made the listener useless. */
static int accept_all(void)
{
    while (guest_count < GUESTS) {
        mio_unix_stream stream;
        int error = mio_unix_listener_accept(&listener, &stream, NULL);
        switch (mio_accept_classify(error)) {
        case MIO_ACCEPT_OK:
            add_guest(&stream);
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

/* Returns 0 when asked to stop, or an error. */
static int serve(void)
{
    for (;;) {
        mio_event events[EVENTS];
        int n = mio_poll_wait(&poll, events, EVENTS, paused ? SECOND : -1);
        int error = n < 0 ? n : 0;
        for (int i = 0; i < n && error == 0; i++) {
            mio_token token = mio_event_token(&events[i]);
            if (token == STOP) {
                return 0;
            }
            if (token == LISTENER) {
                error = accept_all();
            } else if (guests[token].open && !(flush_output(&guests[token]) &&
                                               listen_to(&guests[token]))) {
                close_guest(&guests[token]);
            }
        }
        if (n == 0) {
            resume = paused && guest_count < GUESTS;
        }
        if (error == 0 && resume) {
            paused = resume = false;
            error = mio_registry_reregister(mio_poll_registry(&poll),
                                            &listener.source, LISTENER,
                                            MIO_READABLE);
        }
        if (error != 0) {
            return error;
        }
    }
}

/* Binds the listener, also where a room that has crashed has left its path. */
static int open_room(const char *path)
{
    int error = mio_unix_listener_bind(&listener, path);
    if (error == MIO_ERR_ADDR_IN_USE) {
        mio_unix_stream probe;
        int answer = mio_unix_stream_connect(&probe, path);
        if (answer == MIO_ERR_CONNECTION_REFUSED && unlink(path) == 0) {
            error = mio_unix_listener_bind(&listener, path);
        } else if (answer == 0) {
            mio_unix_stream_close(&probe);
        }
    }
    return error;
}

static int run_room(const char *path)
{
    int error = open_room(path);
    if (error != 0) {
        return error;
    }
    error = mio_registry_register(mio_poll_registry(&poll), &listener.source,
                                  LISTENER, MIO_READABLE);
    if (error == 0 &&
        (printf("listening on unix:%s\n", path) < 0 || fflush(stdout) != 0)) {
        error = MIO_ERR_OTHER;
    }
    if (error == 0) {
        error = serve();
    }
    size_t open_at_stop = guest_count;
    for (size_t i = 0; i < GUESTS; i++) {
        if (guests[i].open) {
            close_guest(&guests[i]);
        }
    }
    mio_unix_listener_close(&listener);
    if (unlink(path) != 0 || printf("stopped: open %zu\n", open_at_stop) < 0) {
        return error != 0 ? error : MIO_ERR_OTHER;
    }
    return error;
}

/* ---- A guest -------------------------------------------------------------*/

static struct peer room;
static mio_source terminal;
static bool terminal_is_file, terminal_ended;

/* Sends what was typed. Returns 0 or an error. */
static int send_lines(void)
{
    if (!flush_output(&room)) {
        return MIO_ERR_BROKEN_PIPE;
    }
    if (room.out_size > 0 || terminal_ended || terminal_is_file) {
        return 0;
    }
    /* All is sent: we want to be told of the next line. */
    return mio_registry_reregister(mio_poll_registry(&poll), &terminal,
                                   TERMINAL, MIO_READABLE | MIO_ONESHOT);
}

static int read_terminal(void)
{
    ssize_t n = read(STDIN_FILENO, room.out, LINE_SIZE);
    if (n > 0) {
        room.out_size = (size_t)n;
        return send_lines();
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return send_lines();
    }
    terminal_ended = true; /* the room will close the connection */
    return mio_unix_stream_shutdown(&room.stream, MIO_SHUTDOWN_WRITE);
}

/* Prints what the others say. Returns 0, 1 at the end, or an error. */
static int print_lines(void)
{
    for (;;) {
        mio_ssize n = mio_unix_stream_read(&room.stream, room.in, LINE_SIZE);
        if (n <= 0) {
            return n == 0 ? 1 : n == MIO_ERR_WOULD_BLOCK ? 0 : (int)n;
        }
        if (fwrite(room.in, 1, (size_t)n, stdout) != (size_t)n ||
            fflush(stdout) != 0) {
            return MIO_ERR_OTHER;
        }
    }
}

static int handle(const mio_event *event)
{
    if (mio_event_token(event) == TERMINAL) {
        return read_terminal();
    }
    int error = print_lines();
    return error == 0 && room.out_size > 0 ? send_lines() : error;
}

/* Returns 0 at the end of the conversation, or an error. */
static int converse(void)
{
    int error = 0;
    while (error == 0) {
        mio_event events[EVENTS];
        bool file_next =
            terminal_is_file && !terminal_ended && room.out_size == 0;
        int n = mio_poll_wait(&poll, events, EVENTS, file_next ? 0 : -1);
        if (n < 0) {
            error = n;
        }
        for (int i = 0; i < n && error == 0; i++) {
            if (mio_event_token(&events[i]) == STOP) {
                return 0;
            }
            error = handle(&events[i]);
        }
        if (error == 0 && file_next && room.out_size == 0) {
            error = read_terminal();
        }
    }
    return error > 0 ? 0 : error;
}

static int run_guest(const char *path)
{
    int error = mio_unix_stream_connect(&room.stream, path);
    if (error != 0) {
        return error;
    }
    error = mio_registry_register(mio_poll_registry(&poll), &room.stream.source,
                                  0, BOTH);
    if (error == 0) {
        error = mio_source_from_fd(&terminal, STDIN_FILENO);
    }
    if (error == 0) {
        error = mio_registry_register(mio_poll_registry(&poll), &terminal,
                                      TERMINAL, MIO_READABLE | MIO_ONESHOT);
        if (error == MIO_ERR_UNSUPPORTED) {
            terminal_is_file = true; /* is always ready */
            error = 0;
        }
    }
    if (error == 0) {
        error = converse();
    }
    if (mio_source_is_registered(&terminal)) {
        (void)mio_registry_deregister(mio_poll_registry(&poll), &terminal);
    }
    mio_unix_stream_close(&room.stream);
    return error;
}

int main(int argc, char **argv)
{
    bool is_room = argc == 3 && strcmp(argv[1], "-s") == 0;
    if (!is_room && (argc != 2 || argv[1][0] == '-')) {
        (void)fprintf(stderr, "usage: %s [-s] PATH\n", argv[0]);
        return 2;
    }
    int error = mio_poll_init(&poll, slots, GUESTS + 1);
    if (error == 0) {
        error = mio_waker_init(&stop, mio_poll_registry(&poll), STOP);
    }
    if (error == 0 && (signal(SIGINT, on_signal) == SIG_ERR ||
                       signal(SIGTERM, on_signal) == SIG_ERR)) {
        error = MIO_ERR_OTHER;
    }
    if (error == 0) {
        error = is_room ? run_room(argv[2]) : run_guest(argv[1]);
    }
    (void)signal(SIGINT, SIG_IGN); /* the waker is about to go */
    (void)signal(SIGTERM, SIG_IGN);
    mio_waker_close(&stop);
    mio_poll_close(&poll);
    if (error != 0) {
        (void)fprintf(stderr, "chat: %s\n", mio_strerror(error));
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
