/* tcp_echo_demo: runs tcp_echo and puts it under load.
 *
 *   tcp_echo_demo [CONNECTIONS [MESSAGES [SERVER]]]
 *
 * Starts the server as a child on a port that the system chooses, opens
 * CONNECTIONS connections and sends MESSAGES messages over each, one after
 * the other. Sizes and bytes are pseudo-random, and every byte that comes back
 * is compared. Prints what happened, stops the server, and ends with status 0
 * if nothing was lost or wrong.
 */
#define _POSIX_C_SOURCE 200809L
#include <mio.h>

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 4096,
    MESSAGE_MAX = 16384, /* more than the server's buffer */
    READ_SIZE = 65536,
    EVENTS = 256,
    BUCKETS = 2048,
    SERVER_OUTPUT = CONNECTIONS, /* tokens; those below are connections */
    STOP
};

#define BOTH (MIO_READABLE | MIO_WRITABLE)
#define SECOND INT64_C(1000000000)
#define TIME_LIMIT (120 * SECOND)

struct connection {
    mio_tcp_stream stream;
    bool connected, open;
    uint64_t random;
    long left;               /* messages still to be finished */
    size_t size, sent, back; /* of the current message */
    int64_t begun;           /* when it was begun */
    unsigned char message[MESSAGE_MAX];
};

static mio_poll poll;
static mio_slot slots[CONNECTIONS + 1];
static mio_waker stop;
static struct connection connections[CONNECTIONS];
static long connection_count = 64, message_count = 2000;
static long open_count;

static pid_t server;
static mio_pipe_receiver server_output;
static bool server_ended;
static char server_text[1024];
static size_t server_text_size;

static unsigned long long messages, bytes;
static int64_t deadline, slowest;
static unsigned long long latencies[BUCKETS];

extern char **environ;

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

/* Ends the server and exits with status 1. */
static _Noreturn void give_up(void)
{
    (void)fputc('\n', stderr);
    if (server > 0) {
        (void)kill(server, SIGKILL);
        (void)waitpid(server, NULL, 0);
    }
    exit(1);
}

#define FAIL(...)                                                              \
    ((void)fputs("tcp_echo_demo: ", stderr),                                   \
     (void)fprintf(stderr, __VA_ARGS__), give_up())

static void check(int result, const char *what)
{
    if (result < 0) {
        FAIL("%s: %s", what, mio_strerror(result));
    }
}

static int64_t nanoseconds(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) {
        FAIL("clock_gettime: %s", strerror(errno));
    }
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

/* ---- Latencies -----------------------------------------------------------*/

/* Each power of two is divided into 32 buckets, so a bucket's width is 3 % of
 * its value. */
static size_t bucket_of(int64_t value)
{
    size_t shift = 0;
    while ((value >> shift) >= 64) {
        shift++;
    }
    return shift * 32 + (size_t)(value >> shift);
}

static double percentile(double part)
{
    unsigned long long below = 0;
    size_t i = 0;
    while (i + 1 < BUCKETS) {
        below += latencies[i];
        if ((double)below >= part * (double)messages) {
            break;
        }
        i++;
    }
    size_t shift = i < 64 ? 0 : i / 32 - 1;
    int64_t top = (int64_t)(i - shift * 32 + 1) << shift;
    return (double)(top < slowest ? top : slowest) / 1000.0;
}

/* ---- The server ----------------------------------------------------------*/

static void start_server(const char *path)
{
    mio_pipe_sender sender;
    check(mio_pipe_open(&sender, &server_output), "pipe");
    /* Blocking mode belongs to the pipe's end, which the child will share. */
    check(mio_pipe_sender_set_nonblocking(&sender, false), "pipe");

    posix_spawn_file_actions_t actions;
    char *arguments[] = {(char *)(uintptr_t)path, NULL};
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, sender.source.fd, 1);
        if (error == 0) {
            error =
                posix_spawn(&server, path, &actions, NULL, arguments, environ);
        }
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    if (error != 0) {
        FAIL("cannot start %s: %s", path, strerror(error));
    }
    mio_pipe_sender_close(&sender);
    check(mio_registry_register(mio_poll_registry(&poll), &server_output.source,
                                SERVER_OUTPUT, MIO_READABLE),
          "register");
}

static void read_server(void)
{
    for (;;) {
        size_t room = sizeof(server_text) - 1 - server_text_size;
        if (room == 0) {
            FAIL("the server talks too much: %s", server_text);
        }
        mio_ssize n = mio_pipe_receiver_read(
            &server_output, server_text + server_text_size, room);
        if (n == MIO_ERR_WOULD_BLOCK) {
            return;
        }
        check((int)n, "reading the server's output");
        if (n == 0) {
            server_ended = true;
            return;
        }
        server_text_size += (size_t)n;
    }
}

/* ---- Connections ---------------------------------------------------------*/

static uint64_t next_random(uint64_t *state) /* xorshift64 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Mostly small messages, and some larger than the server's buffer. */
static void next_message(struct connection *c)
{
    uint64_t r = next_random(&c->random);
    c->size = 1 + (size_t)(r >> 8) % (r % 32 == 0 ? MESSAGE_MAX : 512);
    for (size_t i = 0; i < c->size; i += sizeof(r)) {
        size_t rest = c->size - i;
        r = next_random(&c->random);
        memcpy(c->message + i, &r, rest < sizeof(r) ? rest : sizeof(r));
    }
    c->sent = c->back = 0;
    c->begun = nanoseconds();
}

static void open_connection(struct connection *c, const mio_addr *addr)
{
    long index = (long)(c - connections);
    c->random = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(index + 1);
    c->left = message_count;
    check(mio_tcp_stream_connect(&c->stream, addr), "connect");
    check(mio_registry_register(mio_poll_registry(&poll), &c->stream.source,
                                (mio_token)index, BOTH),
          "register");
    c->open = true;
    open_count++;
}

static void finish_message(struct connection *c)
{
    int64_t taken = nanoseconds() - c->begun;
    size_t bucket = bucket_of(taken);
    latencies[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    slowest = taken > slowest ? taken : slowest;
    messages++;
    bytes += c->size;
    if (--c->left > 0) {
        next_message(c);
        return;
    }
    mio_tcp_stream_close(&c->stream);
    c->open = false;
    open_count--;
}

/* Reads and compares what came back, until the socket would block. */
static void receive(struct connection *c)
{
    static unsigned char data[READ_SIZE];
    long index = (long)(c - connections);
    while (c->open) {
        mio_ssize n = mio_tcp_stream_read(&c->stream, data, sizeof(data));
        if (n == MIO_ERR_WOULD_BLOCK) {
            return;
        }
        check((int)n, "read");
        if (n == 0) {
            FAIL("connection %ld was lost", index);
        }
        if ((size_t)n > c->sent - c->back) {
            FAIL("connection %ld: bytes that were never sent", index);
        }
        if (memcmp(data, c->message + c->back, (size_t)n) != 0) {
            FAIL("connection %ld: wrong bytes in message %ld", index,
                 message_count - c->left);
        }
        c->back += (size_t)n;
        if (c->back < c->size) {
            continue;
        }
        finish_message(c);
        return; /* nothing is on its way now */
    }
}

/* Does all that can be done without blocking. */
static void go_on(struct connection *c)
{
    if (!c->connected) {
        int error = mio_tcp_stream_connect_finish(&c->stream);
        if (error == MIO_ERR_IN_PROGRESS) {
            return;
        }
        check(error, "connect");
        check(mio_tcp_stream_set_nodelay(&c->stream, true), "nodelay");
        c->connected = true;
        next_message(c);
    }
    receive(c);
    while (c->open && c->sent < c->size) {
        mio_ssize n = mio_tcp_stream_write(&c->stream, c->message + c->sent,
                                           c->size - c->sent);
        if (n == MIO_ERR_WOULD_BLOCK) {
            return;
        }
        check((int)n, "write");
        c->sent += (size_t)n;
    }
}

/* ---- The program ---------------------------------------------------------*/

/* Waits once and handles what has happened. */
static void turn(void)
{
    static mio_event events[EVENTS];
    int64_t left = deadline - nanoseconds();
    int n = left <= 0 ? 0 : mio_poll_wait(&poll, events, EVENTS, left);
    check(n, "wait");
    if (n == 0) {
        FAIL("not finished in time: %llu messages done", messages);
    }
    for (int i = 0; i < n; i++) {
        mio_token token = mio_event_token(&events[i]);
        if (token == STOP) {
            FAIL("interrupted");
        } else if (token == SERVER_OUTPUT) {
            read_server();
        } else if (connections[token].open) {
            go_on(&connections[token]);
        }
    }
}

static void run(const char *path)
{
    start_server(path);
    while (strchr(server_text, '\n') == NULL) {
        if (server_ended) {
            FAIL("the server did not start");
        }
        turn();
    }
    char text[64];
    mio_addr addr;
    if (sscanf(server_text, "listening on %63s", text) != 1 ||
        mio_addr_parse(&addr, text) != 0) {
        FAIL("no address from the server, but: %s", server_text);
    }
    int64_t begun = nanoseconds();
    for (long i = 0; i < connection_count; i++) {
        open_connection(&connections[i], &addr);
    }
    while (open_count > 0) {
        turn();
    }
    double seconds = (double)(nanoseconds() - begun) / 1e9;
    printf("backend           %s\n", mio_backend_name());
    printf("connections       %ld\n", connection_count);
    printf("messages          %llu, every byte compared\n", messages);
    printf("messages/s        %.0f\n", (double)messages / seconds);
    printf("bytes             %llu each way\n", bytes);
    printf("time              %.3f s\n", seconds);
    printf("latency (us)      p50 %.1f  p90 %.1f  p99 %.1f  max %.1f\n",
           percentile(0.50), percentile(0.90), percentile(0.99),
           (double)slowest / 1000.0);
}

/* Returns the number behind the word in the server's account of itself. */
static long long account(const char *word)
{
    const char *text = strchr(server_text, '\n') + 1; /* the second line */
    const char *place =
        strncmp(text, "stopped: ", 9) == 0 ? strstr(text, word) : NULL;
    char *end = NULL;
    long long value =
        place == NULL ? 0 : strtoll(place + strlen(word), &end, 10);
    if (end == NULL || end == place + strlen(word)) {
        FAIL("no account from the server, but: %s", text);
    }
    return value;
}

/* Stops the server and compares its own account with ours. */
static void finish(void)
{
    if (kill(server, SIGTERM) != 0) {
        FAIL("cannot stop the server: %s", strerror(errno));
    }
    while (!server_ended) {
        turn();
    }
    int status = 0;
    if (waitpid(server, &status, 0) != server) {
        FAIL("waitpid: %s", strerror(errno));
    }
    server = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        FAIL("the server failed");
    }
    long long accepted = account("accepted ");
    long long echoed = account("bytes ");
    long long heap = account("heap allocations ");
    if (accepted != connection_count || echoed != (long long)bytes) {
        FAIL("the server counted %lld connections and %lld bytes", accepted,
             echoed);
    }
    if (heap < 0) {
        printf("server's heap     not counted in this build\n");
    } else {
        printf("server's heap     %lld allocations while serving\n", heap);
    }
    if (heap > 0) {
        FAIL("the server has used the heap");
    }
}

/* Puts the path of tcp_echo in the directory of this program into `path`. */
static void find_server(char *path, size_t size, const char *self)
{
    const char *slash = strrchr(self, '/');
    int directory = slash == NULL ? 0 : (int)(slash + 1 - self);
    int n = snprintf(path, size, "%s%.*stcp_echo", slash == NULL ? "./" : "",
                     directory, self);
    if (n < 0 || (size_t)n >= size) {
        FAIL("the path is too long");
    }
}

/* Returns the number from 1 to `most` that the text is, or 0. */
static long number(const char *text, long most)
{
    char *end;
    long value = strtol(text, &end, 10);
    bool good = end != text && *end == '\0' && value >= 1 && value <= most;
    return good ? value : 0;
}

int main(int argc, char **argv)
{
    static char path[4096];
    connection_count = argc > 1 ? number(argv[1], CONNECTIONS) : 64;
    message_count = argc > 2 ? number(argv[2], 1000000000) : 2000;
    if (argc > 4 || connection_count == 0 || message_count == 0) {
        (void)fprintf(stderr, "usage: %s [CONNECTIONS [MESSAGES [SERVER]]]\n",
                      argv[0]);
        return 2;
    }
    find_server(path, sizeof(path), argv[0]);
    deadline = nanoseconds() + TIME_LIMIT;
    check(mio_poll_init(&poll, slots, CONNECTIONS + 1), "poll");
    check(mio_waker_init(&stop, mio_poll_registry(&poll), STOP), "waker");
    if (signal(SIGINT, on_signal) == SIG_ERR ||
        signal(SIGTERM, on_signal) == SIG_ERR) {
        FAIL("signal: %s", strerror(errno));
    }
    run(argc > 3 ? argv[3] : path);
    finish();

    mio_pipe_receiver_close(&server_output);
    (void)signal(SIGINT, SIG_IGN); /* the waker is about to go */
    (void)signal(SIGTERM, SIG_IGN);
    mio_waker_close(&stop);
    mio_poll_close(&poll);
    return fflush(stdout) == 0 ? 0 : 1;
}
