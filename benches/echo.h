/* echo.h: a TCP echo server. Its client is in client.h. */
#ifndef ECHO_H
#define ECHO_H

#include "client.h"
#include "workloads.h"

#include <sys/wait.h>

/* What an echo server registers: both directions once, if it can. */
#ifndef ECHO_WANT
#define ECHO_WANT (BENCH_MODE == MODE_EDGE ? WANT_BOTH : WANT_READ)
#endif

enum { BUFFER_SIZE = 4096 };

static int connected;

/* Answers one event: what came is sent back. Returns false at the end. */
static inline bool serve_event(struct watch *w, bool closed)
{
    char data[BUFFER_SIZE];
    for (;;) {
        ssize_t size = tcp_read(w, data, sizeof(data));
        if (size <= 0) {
            return size < 0; /* it would have blocked */
        }
        if (tcp_write(w, data, (size_t)size) != size) {
            die("the client does not read");
        }
        left--;
        /* A short read has emptied the socket, unless the end is there. */
        if (size < BUFFER_SIZE && !closed) {
            return true;
        }
    }
}

static inline void serve(uintptr_t token, bool readable, bool closed)
{
    struct watch *w = &ends[token];
    if (readable) {
        if (serve_event(w, closed)) {
            rearm(w, token);
        } else {
            watch_close(w, KIND_TCP);
            connected--;
        }
    }
}
LOOP_HANDLER(serve)

static void accept_all(int listener, int connections)
{
    for (int i = 0; i < connections; i++) {
        watch_open(&ends[i], accept_from(listener), KIND_TCP);
        (void)watch_add(&ends[i], (uintptr_t)i, ECHO_WANT, serve);
    }
    connected = connections;
}

static void finish_client(pid_t client, int listener)
{
    int status;
    if (waitpid(client, &status, 0) != client || status != 0) {
        die("client");
    }
    (void)checked(close(listener), "close");
}

/* How fast it is: `width` connections, each with one message under way. Reports
 * the server's CPU time for each; the client reports requests in a second, and
 * how long they take. */
static void echo(const struct order *order)
{
    uint16_t port;
    int listener = listen_on(&port);
    pid_t client = start_client("client", port, order, -1);
    pin_to(0);
    accept_all(listener, order->width);
    int64_t begun = busy_now();
    while (connected > 0) {
        serve_turn(FOR_EVER);
    }
    int64_t taken = busy_now() - begun;
    finish_client(client, listener);
    report("cpu_ns", (double)taken / (double)order->count);
}

/* For tools that count and slow the server down: the client tells by a byte
 * when it has sent a message over each connection, and only then the server
 * waits. So one wait finds them all, whatever the speeds are. */
static void echo_steps(const struct order *order)
{
    uint16_t port;
    int steps[2];
    char step;
    int listener = listen_on(&port);
    (void)checked(pipe(steps), "pipe");
    pid_t client = start_client("steps", port, order, steps[1]);
    (void)checked(close(steps[1]), "close");
    accept_all(listener, order->width);
    for (left = order->count; connected > 0;) {
        if (order->width > 1 && left % order->width == 0) {
            (void)checked((int)read(steps[0], &step, 1), "read");
        }
        serve_turn(FOR_EVER);
    }
    (void)checked(close(steps[0]), "close");
    finish_client(client, listener);
}

#endif
