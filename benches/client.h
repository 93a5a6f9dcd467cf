/* client.h: the clients of the echo server, the same for all contenders. They
 * run in a process of their own, started by exec, so that tools which watch the
 * server do not see them. */
#ifndef CLIENT_H
#define CLIENT_H

#include "samples.h"
#include "sockets.h"

#include <sched.h>
#include <sys/epoll.h>

enum { MESSAGE_SIZE = 64 };

static const char *program; /* this one, to start again */
static int client_fds[ENDS_MAX];

/* Server and client have a processor each, where there are two. */
static void pin_to(size_t processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    (void)sched_setaffinity(0, sizeof(set), &set); /* where that is allowed */
}

static pid_t start_client(const char *name, uint16_t port,
                          const struct order *order, int steps)
{
    char text[4][24];
    (void)snprintf(text[0], sizeof(text[0]), "%ld", order->count);
    (void)snprintf(text[1], sizeof(text[1]), "%d", order->width);
    (void)snprintf(text[2], sizeof(text[2]), "%u", (unsigned)port);
    (void)snprintf(text[3], sizeof(text[3]), "%d", steps);
    pid_t pid = fork();
    if (checked(pid, "fork") == 0) {
        (void)execl(program, program, name, text[0], text[1], text[2], text[3],
                    (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void client_send(int fd)
{
    const char message[MESSAGE_SIZE] = {0};
    if (send(fd, message, sizeof(message), MSG_NOSIGNAL) != MESSAGE_SIZE) {
        die("client: send");
    }
}

static void client_receive(int fd)
{
    char answer[MESSAGE_SIZE];
    if (recv(fd, answer, sizeof(answer), MSG_WAITALL) != MESSAGE_SIZE) {
        die("client: recv");
    }
}

static void client_connect(uint16_t port, int connections)
{
    for (int i = 0; i < connections; i++) {
        client_fds[i] = connect_to(port);
    }
}

static void client_close(int connections)
{
    for (int i = 0; i < connections; i++) {
        (void)checked(close(client_fds[i]), "close");
    }
}

/* Sends a message over each connection, tells that it has, and takes all the
 * answers, until there were `count`. */
static void client_in_steps(uint16_t port, const struct order *order, int steps)
{
    client_connect(port, order->width);
    for (long done = 0; done < order->count; done += order->width) {
        for (int i = 0; i < order->width; i++) {
            client_send(client_fds[i]);
        }
        if (order->width > 1) {
            (void)checked((int)write(steps, "", 1), "client: write");
        }
        for (int i = 0; i < order->width; i++) {
            client_receive(client_fds[i]);
        }
    }
    (void)checked(close(steps), "close");
    client_close(order->width);
}

/* Each connection sends its next message when its answer has come. */
static void client_at_speed(uint16_t port, const struct order *order)
{
    static struct epoll_event happened[ENDS_MAX];
    static int64_t sent_at[ENDS_MAX];
    static struct samples taken;
    pin_to(1);
    client_connect(port, order->width);
    int epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    long to_send = order->count, to_come = order->count;
    int64_t begun = now();
    for (int i = 0; i < order->width && to_send > 0; i++, to_send--) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i};
        (void)checked(epoll_ctl(epoll, EPOLL_CTL_ADD, client_fds[i], &event),
                      "epoll_ctl");
        sent_at[i] = now();
        client_send(client_fds[i]);
    }
    while (to_come > 0) {
        int n = checked(epoll_wait(epoll, happened, ENDS_MAX, -1), "epoll");
        for (int i = 0; i < n; i++, to_come--) {
            uint64_t which = happened[i].data.u64;
            client_receive(client_fds[which]);
            int64_t time = now();
            samples_add(&taken, time - sent_at[which]);
            if (to_send > 0) {
                to_send--;
                sent_at[which] = time;
                client_send(client_fds[which]);
            }
        }
    }
    report("req_per_s", (double)order->count * 1e9 / (double)(now() - begun));
    samples_report(&taken, 1e3, "p50_us", "p99_us");
    (void)checked(close(epoll), "close");
    client_close(order->width);
}

#endif
