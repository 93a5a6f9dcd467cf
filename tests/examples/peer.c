/* peer: the other side in the tests of the examples, well-behaved or not.
 *
 *   peer MODE ADDRESS [COUNT]
 *   peer all-at-once ADDRESS SERVER_PROCESS
 *   peer busy ADDRESS MILLISECONDS
 *
 * ADDRESS is a TCP or UDP port of 127.0.0.1, or the path of a Unix socket
 * (with a slash). Plain POSIX, without libmio, so that a mistake of the
 * library cannot hide in its own test. Ends with status 0 if the server
 * behaved, and after 60 seconds at the latest.
 */
#ifdef __linux__ /* elsewhere this would hide what is beyond POSIX */
#define _POSIX_C_SOURCE 200809L
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL /* older macOS; main ignores the signal */
#define MSG_NOSIGNAL 0
#endif

enum { COUNT_MAX = 5000, LIMIT_MS = 20000, BULK = 1 << 20 };

static const char *address;
static long count = 1;
static unsigned char bulk[BULK], back[BULK];

static void fail(const char *what)
{
    (void)fprintf(stderr, "peer: %s (errno %d: %s)\n", what, errno,
                  strerror(errno));
    exit(1);
}

static void check(bool good, const char *what)
{
    if (!good) {
        fail(what);
    }
}

static int open_socket(int type)
{
    int fd;
    if (strchr(address, '/') != NULL) {
        struct sockaddr_un path = {.sun_family = AF_UNIX};
        check(strlen(address) < sizeof(path.sun_path), "path");
        memcpy(path.sun_path, address, strlen(address));
        fd = socket(AF_UNIX, type, 0);
        check(fd >= 0, "socket");
        check(connect(fd, (struct sockaddr *)&path, sizeof(path)) == 0,
              "connect");
    } else {
        struct sockaddr_in ip = {.sin_family = AF_INET};
        ip.sin_port = htons((uint16_t)strtol(address, NULL, 10));
        ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = socket(AF_INET, type, 0);
        check(fd >= 0, "socket");
        check(connect(fd, (struct sockaddr *)&ip, sizeof(ip)) == 0, "connect");
    }
    return fd;
}

/* Waits for `events`; false when the time is over. */
static bool wait_for(int fd, short events, int milliseconds)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n = poll(&p, 1, milliseconds);
    check(n >= 0, "poll");
    return n > 0;
}

static void send_all(int fd, const void *data, size_t size)
{
    const unsigned char *p = data;
    while (size > 0) {
        ssize_t n = send(fd, p, size, MSG_NOSIGNAL);
        check(n > 0, "send");
        p += n;
        size -= (size_t)n;
    }
}

static void read_exactly(int fd, void *data, size_t size)
{
    unsigned char *p = data;
    while (size > 0) {
        check(wait_for(fd, POLLIN, LIMIT_MS), "no answer in time");
        ssize_t n = recv(fd, p, size, 0);
        check(n > 0, "the server has closed early");
        p += n;
        size -= (size_t)n;
    }
}

/* Reads to the end of the stream; a reset is an end too. */
static void read_to_end(int fd, bool print)
{
    for (;;) {
        check(wait_for(fd, POLLIN, LIMIT_MS), "the server does not close");
        ssize_t n = recv(fd, back, sizeof(back), 0);
        if (n <= 0) {
            return;
        }
        if (print) {
            check(fwrite(back, 1, (size_t)n, stdout) == (size_t)n, "print");
        }
    }
}

/* Sends a lot, ends its direction, and only then reads what comes back. */
static void half_close(void)
{
    int fd = open_socket(SOCK_STREAM);
    size_t sent = 0, got = 0;
    check(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
    while (sent < BULK) { /* by turns: the server's buffer is small */
        ssize_t n = send(fd, bulk + sent, BULK - sent, MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        check(errno == EAGAIN, "send");
        check(wait_for(fd, POLLIN | POLLOUT, LIMIT_MS), "stuck");
        n = recv(fd, back + got, BULK - got, 0);
        check(n > 0 || (n < 0 && errno == EAGAIN), "recv");
        got += n > 0 ? (size_t)n : 0;
    }
    check(shutdown(fd, SHUT_WR) == 0, "shutdown");
    check(fcntl(fd, F_SETFL, 0) == 0, "fcntl");
    read_exactly(fd, back + got, BULK - got);
    check(memcmp(bulk, back, BULK) == 0, "wrong bytes");
    check(wait_for(fd, POLLIN, LIMIT_MS), "no end of stream");
    check(recv(fd, back, 1, 0) == 0, "bytes behind the end");
    check(close(fd) == 0, "close");
}

/* Sends and resets the connection in the middle. */
static void reset(void)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    for (long i = 0; i < count; i++) {
        int fd = open_socket(SOCK_STREAM);
        send_all(fd, bulk, (size_t)(i % 3000) + 1);
        check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0,
              "linger");
        check(close(fd) == 0, "close");
    }
}

/* Sends whatever is taken, and never reads, until the server has closed the
 * connections. */
static void never_read(void)
{
    static struct pollfd fds[COUNT_MAX];
    for (long i = 0; i < count; i++) {
        fds[i] =
            (struct pollfd){.fd = open_socket(SOCK_STREAM), .events = POLLOUT};
        check(fcntl(fds[i].fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
    }
    for (long left = count; left > 0;) {
        check(poll(fds, (nfds_t)count, LIMIT_MS) > 0, "not closed in time");
        for (long i = 0; i < count; i++) {
            if (fds[i].revents != 0 &&
                send(fds[i].fd, bulk, BULK, MSG_NOSIGNAL) < 0 &&
                errno != EAGAIN) {
                check(close(fds[i].fd) == 0, "close");
                fds[i].fd = -1;
                left--;
            }
        }
    }
}

/* Connects and says nothing until the server closes the connection. */
static void silent(void)
{
    static int fds[COUNT_MAX];
    for (long i = 0; i < count; i++) {
        fds[i] = open_socket(SOCK_STREAM);
    }
    for (long i = 0; i < count; i++) {
        read_to_end(fds[i], false);
        check(close(fds[i]) == 0, "close");
    }
}

/* Opens all connections first, then wants each to be served in its turn. */
static void crowd(void)
{
    static int fds[COUNT_MAX];
    static const char line[] = "GET / HTTP/1.0\r\n\r\n";
    for (long i = 0; i < count; i++) {
        fds[i] = open_socket(SOCK_STREAM);
        send_all(fds[i], line, sizeof(line) - 1);
    }
    for (long i = 0; i < count; i++) {
        read_exactly(fds[i], back, sizeof(line) - 1);
        check(close(fds[i]) == 0, "close");
    }
}

/* Sends standard input and prints what comes back. */
static void talk(void)
{
    int fd = open_socket(SOCK_STREAM);
    size_t size = fread(bulk, 1, BULK, stdin);
    size_t sent = 0;
    while (sent < size) { /* the server may close before it has all */
        ssize_t n = send(fd, bulk + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        sent += (size_t)n;
    }
    (void)shutdown(fd, SHUT_WR);
    read_to_end(fd, true);
    check(close(fd) == 0, "close");
}

/* Lets bytes and the end of the stream arrive at a server that is stopped, so
 * that it hears of both at once. */
static void all_at_once(void)
{
    pid_t server = (pid_t)count;
    check(kill(server, SIGSTOP) == 0, "SIGSTOP");
    int fd = open_socket(SOCK_STREAM);
    send_all(fd, bulk, 100);
    check(shutdown(fd, SHUT_WR) == 0, "shutdown");
    check(kill(server, SIGCONT) == 0, "SIGCONT");
    read_exactly(fd, back, 100);
    check(memcmp(bulk, back, 100) == 0, "wrong bytes");
    read_to_end(fd, false);
    check(close(fd) == 0, "close");
}

/* Sends a byte from time to time until the server closes the connection. */
static void slowly(void)
{
    int fd = open_socket(SOCK_STREAM);
    for (int i = 0; i < LIMIT_MS / 50; i++) {
        (void)send(fd, "a", 1, MSG_NOSIGNAL);
        if (wait_for(fd, POLLIN, 50)) {
            read_to_end(fd, false);
            check(close(fd) == 0, "close");
            return;
        }
    }
    fail("the server waits for ever");
}

static long milliseconds(void)
{
    struct timespec time;
    check(clock_gettime(CLOCK_MONOTONIC, &time) == 0, "clock_gettime");
    return (long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Has a byte echoed again and again, for longer than the server would wait for
 * one: COUNT milliseconds. Returns false if this process was too slow. */
static bool keep_busy(int fd)
{
    long last = milliseconds(); /* when the last byte that came back was sent */
    for (const long end = last + 3 * count; last < end;) {
        const long start = milliseconds();
        (void)send(fd, "a", 1, MSG_NOSIGNAL);
        check(wait_for(fd, POLLIN, LIMIT_MS), "no answer in time");
        if (recv(fd, back, 1, 0) != 1) {
            check(milliseconds() - last >= count, "closed although busy");
            return false;
        }
        last = start;
        (void)poll(NULL, 0, (int)count / 10);
    }
    return true;
}

/* Is busy, and then silent until the server closes the connection, which must
 * not be before its time. */
static void busy(void)
{
    int fd = open_socket(SOCK_STREAM);
    while (!keep_busy(fd)) {
        check(close(fd) == 0, "close");
        fd = open_socket(SOCK_STREAM);
    }
    const long start = milliseconds();
    send_all(fd, "a", 1);
    read_to_end(fd, false);
    check(milliseconds() - start >= count, "closed too early");
    check(close(fd) == 0, "close");
}

/* Sends datagrams one by one and wants each of them back. */
static void datagrams(void)
{
    int fd = open_socket(SOCK_DGRAM);
    for (long i = 0; i < count; i++) { /* a flood that may be lost */
        (void)send(fd, bulk, (size_t)(i % 1400), 0);
    }
    for (long i = 0; i < count; i++) {
        size_t size = i == 1 ? 60000 : (size_t)(i * 7 % 1400) + sizeof(i);
        bool done = false;
        memcpy(bulk, &i, sizeof(i));
        for (int attempt = 0; attempt < 20 && !done; attempt++) {
            check(send(fd, bulk, size, 0) == (ssize_t)size, "send");
            while (!done && wait_for(fd, POLLIN, 500)) {
                ssize_t n = recv(fd, back, BULK, 0);
                check(n >= 0, "recv");
                done = (size_t)n == size && memcmp(bulk, back, size) == 0;
            }
        }
        check(done, "a datagram did not come back");
    }
    /* An empty datagram comes back too. */
    bool empty = false;
    for (int attempt = 0; attempt < 20 && !empty; attempt++) {
        check(send(fd, bulk, 0, 0) == 0, "send");
        while (!empty && wait_for(fd, POLLIN, 500)) {
            empty = recv(fd, back, BULK, 0) == 0;
        }
    }
    check(empty, "the empty datagram did not come back");
    check(close(fd) == 0, "close");
}

/* Sends datagrams and is gone before the answers come. */
static void gone(void)
{
    for (long i = 0; i < count; i++) {
        int fd = open_socket(SOCK_DGRAM);
        check(send(fd, bulk, 100, 0) == 100, "send");
        check(close(fd) == 0, "close");
    }
}

/* One guest of the chat talks; the other does not read until it is thrown
 * out. */
static void slow_guest(void)
{
    int deaf = open_socket(SOCK_STREAM);
    int loud = open_socket(SOCK_STREAM);
    memset(bulk, 'x', 100);
    bulk[99] = '\n';
    for (int i = 0; i < 20000; i++) {
        send_all(loud, bulk, 100);
    }
    read_to_end(deaf, false);
    check(close(deaf) == 0 && close(loud) == 0, "close");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {{"half-close", half_close},
                 {"reset", reset},
                 {"never-read", never_read},
                 {"silent", silent},
                 {"crowd", crowd},
                 {"talk", talk},
                 {"all-at-once", all_at_once},
                 {"slowly", slowly},
                 {"busy", busy},
                 {"datagrams", datagrams},
                 {"gone", gone},
                 {"slow-guest", slow_guest}};
    count = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    bool is_process = argc > 3 && strcmp(argv[1], "all-at-once") == 0;
    if (argc < 3 || count < 1 || (count > COUNT_MAX && !is_process)) {
        (void)fprintf(stderr, "usage: peer MODE ADDRESS [COUNT]\n");
        return 2;
    }
    address = argv[2];
    for (size_t i = 0; i < BULK; i++) {
        bulk[i] = (unsigned char)(i * 31 + i / 251);
    }
    (void)alarm(60);
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    (void)fprintf(stderr, "peer: no mode %s\n", argv[1]);
    return 2;
}
