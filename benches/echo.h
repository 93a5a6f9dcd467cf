/* echo.h: a TCP echo server, and the client that it is measured with.
 *
 * The client is the same for both contenders. It runs in a process of its own,
 * started by exec, so that tools which watch the server do not see it. */
#ifndef ECHO_H
#define ECHO_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { MESSAGE_SIZE = 64, BUFFER_SIZE = 4096 };

static void set_nodelay(int fd)
{
    const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
        die("TCP_NODELAY");
    }
}

/* ---- The client ---------------------------------------------------------*/

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        die("connect");
    }
    set_nodelay(fd);
    return fd;
}

/* Sends a message over each connection at once, and the next one over each
 * whose answer has come, `count` in all. All connections have an answer to
 * send before the server is waited for, so that a server that is slowed down
 * by a tool gets the same batches. Returns the exit status. */
static int run_client(uint16_t port, long count, int connections)
{
    static int client_fds[ENDS_MAX];
    char message[MESSAGE_SIZE] = {0}, answer[MESSAGE_SIZE];
    for (int i = 0; i < connections; i++) {
        client_fds[i] = connect_to(port);
    }
    for (long done = 0; done < count; done += connections) {
        for (int i = 0; i < connections; i++) {
            if (send(client_fds[i], message, MESSAGE_SIZE, MSG_NOSIGNAL) !=
                MESSAGE_SIZE) {
                die("client: send");
            }
        }
        for (int i = 0; i < connections; i++) {
            if (recv(client_fds[i], answer, MESSAGE_SIZE, MSG_WAITALL) !=
                MESSAGE_SIZE) {
                die("client: recv");
            }
        }
    }
    for (int i = 0; i < connections; i++) {
        if (close(client_fds[i]) != 0) {
            die("client: close");
        }
    }
    return 0;
}

/* ---- The server ---------------------------------------------------------*/

static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        die("listen");
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static pid_t start_client(const char *self, uint16_t port, long count,
                          int connections)
{
    char port_text[16], count_text[24], connections_text[16];
    (void)snprintf(port_text, sizeof(port_text), "%u", (unsigned)port);
    (void)snprintf(count_text, sizeof(count_text), "%ld", count);
    (void)snprintf(connections_text, sizeof(connections_text), "%d",
                   connections);
    pid_t pid = fork();
    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        (void)execl(self, self, "client", count_text, connections_text,
                    port_text, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Answers one event: what came is sent back. Returns false at the end. */
static bool serve_event(stream *s, int event)
{
    char data[BUFFER_SIZE];
    for (;;) {
        ssize_t size = tcp_read(s, data, sizeof(data));
        if (size <= 0) {
            return size == WOULD_BLOCK;
        }
        if (tcp_write(s, data, (size_t)size) != size) {
            die("the client does not read");
        }
        /* A short read has emptied the socket, unless the end is there. */
        if (size < BUFFER_SIZE && !event_is_read_closed(event)) {
            return true;
        }
    }
}

/* One operation is one message; returns the server's CPU time in it. */
static int64_t echo(long count, int connections, const char *self)
{
    uint16_t port;
    int listener = listen_on(&port);
    pid_t client = start_client(self, port, count, connections);
    for (int i = 0; i < connections; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            die("accept");
        }
        set_nodelay(fd);
        stream_adopt(&streams[i], fd, false);
        stream_register(&streams[i], (uintptr_t)i, true);
    }
    int64_t begun = nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID);
    int open = connections;
    while (open > 0) {
        int n = loop_wait(-1);
        for (int i = 0; i < n; i++) {
            stream *s = &streams[event_token(i)];
            if (event_is_readable(i) && !serve_event(s, i)) {
                stream_close(s);
                open--;
            }
        }
    }
    int64_t taken = nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID) - begun;
    int status;
    if (waitpid(client, &status, 0) != client || status != 0 ||
        close(listener) != 0) {
        die("client");
    }
    return taken;
}

#endif
