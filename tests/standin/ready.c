/* ready.c: what a descriptor's state means in terms of kqueue. See standin.h.
 *
 * An event of an epoll only says "look": the state is asked for again, so that
 * what another thread has taken meanwhile is not reported.
 *
 * Linux wakes an edge-triggered entry also when something else has happened to
 * the socket, such as the peer's end of stream for a writer. For TCP the count
 * of bytes tells: if none has been moved since the last report, and the state
 * is the same, there is nothing new. Other sockets have no such count. */
#include "standin.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ASKED (POLLIN | POLLOUT | POLLPRI | POLLRDHUP)
#define NO_EVENT 0u
#define IS_READY 1u
#define IS_EOF 2u
#define IS_ERROR 4u

/* The kernel's states of a TCP connection; <netinet/tcp.h> does not go
 * together with <linux/tcp.h>. */
enum {
    STATE_ESTABLISHED = 1,
    STATE_SYN_SENT = 2,
    STATE_SYN_RECEIVED = 3,
    STATE_CLOSE_WAIT = 8,
    STATE_LISTEN = 10
};

static int option(int fd, int name)
{
    int value = 0;
    socklen_t length = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) < 0 ? 0 : value;
}

enum kind standin_kind_of(int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return KIND_OTHER;
    }
    switch (status.st_mode & S_IFMT) {
    case S_IFSOCK:
        if (option(fd, SO_PROTOCOL) == IPPROTO_TCP) {
            return KIND_TCP;
        }
        return option(fd, SO_TYPE) == SOCK_DGRAM ? KIND_DATAGRAM : KIND_STREAM;
    case S_IFIFO:
        return KIND_PIPE;
    case S_IFREG:
        return KIND_FILE;
    case 0:
        return standin_find(fd) != NULL ? KIND_KQUEUE : KIND_OTHER;
    default:
        return KIND_OTHER;
    }
}

/* ---- Sockets ------------------------------------------------------------*/

static bool tcp_info(int fd, struct tcp_info *info)
{
    socklen_t length = sizeof(*info);
    memset(info, 0, sizeof(*info));
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) == 0;
}

/* Whether a connection's own writing side is shut down. */
static bool cannot_send(int fd, enum kind kind)
{
    struct tcp_info info;
    if (kind == KIND_TCP) {
        return tcp_info(fd, &info) && info.tcpi_state != STATE_ESTABLISHED &&
               info.tcpi_state != STATE_CLOSE_WAIT &&
               info.tcpi_state != STATE_SYN_SENT &&
               info.tcpi_state != STATE_SYN_RECEIVED;
    }
    /* Nothing is sent by this, and no error is taken. */
    return option(fd, SO_TYPE) == SOCK_STREAM &&
           send(fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE;
}

/* The error that a socket has to tell. Asking for it would take it away, so it
 * is guessed from what the connection has been through. */
static int pending_error(int fd, enum kind kind)
{
    struct tcp_info info;
    if (kind != KIND_TCP || !tcp_info(fd, &info)) {
        return ECONNRESET;
    }
    bool was_connected = info.tcpi_bytes_acked != 0 ||
                         info.tcpi_bytes_received != 0 ||
                         info.tcpi_min_rtt + 1 > 1;
    return was_connected ? ECONNRESET : ECONNREFUSED;
}

static int64_t readable_bytes(int fd, enum kind kind)
{
    struct tcp_info info;
    int bytes = 0;
    if (kind == KIND_TCP && tcp_info(fd, &info) &&
        info.tcpi_state == STATE_LISTEN) {
        return info.tcpi_unacked; /* connections to be accepted */
    }
    return ioctl(fd, FIONREAD, &bytes) < 0 ? 1 : bytes;
}

static int64_t room_to_write(int fd, enum kind kind)
{
    int used = 0;
    if (kind == KIND_PIPE) {
        return ioctl(fd, FIONREAD, &used) < 0 || used >= 65536 ? 1
                                                               : 65536 - used;
    }
    int size = option(fd, SO_SNDBUF);
    (void)ioctl(fd, SIOCOUTQ, &used);
    return size > used ? size - used : 1;
}

/* ---- States -------------------------------------------------------------*/

static uint32_t reading_state(enum kind kind, unsigned found)
{
    const bool is_connection = kind == KIND_TCP || kind == KIND_STREAM;
    uint32_t state = NO_EVENT;
    if (is_connection && (found & (POLLHUP | POLLRDHUP)) == POLLHUP) {
        return NO_EVENT; /* not connected yet: silent */
    }
    if ((found & (POLLIN | POLLERR)) != 0) {
        state |= IS_READY;
    }
    if ((found & (POLLHUP | POLLRDHUP)) != 0 ||
        (kind == KIND_PIPE && (found & POLLERR) != 0)) {
        state |= IS_READY | IS_EOF;
    }
    return state;
}

static uint32_t writing_state(int fd, enum kind kind, unsigned found)
{
    const bool is_connection = kind == KIND_TCP || kind == KIND_STREAM;
    uint32_t state = NO_EVENT;
    if (is_connection && (found & (POLLHUP | POLLRDHUP)) == POLLHUP) {
        return NO_EVENT;
    }
    if ((found & (POLLOUT | POLLERR)) != 0) {
        state |= IS_READY;
    }
    if ((found & POLLHUP) != 0 ||
        (kind == KIND_PIPE && (found & POLLERR) != 0) ||
        (is_connection && state != NO_EVENT && cannot_send(fd, kind))) {
        state |= IS_READY | IS_EOF;
    }
    return state;
}

/* Whether there is less to read than asked for. Listeners and what is not a
 * socket have no such mark. */
static bool is_below_mark(const struct knote *note)
{
    const int fd = (int)note->ident;
    return (note->fflags & NOTE_LOWAT) != 0 && note->kind <= KIND_DATAGRAM &&
           option(fd, SO_ACCEPTCONN) == 0 &&
           readable_bytes(fd, note->kind) < note->data;
}

static uint32_t state_of(const struct knote *note, int filter)
{
    const int fd = (int)note->ident;
    struct pollfd look = {.fd = fd, .events = ASKED};
    if (poll(&look, 1, 0) < 0 || (look.revents & POLLNVAL) != 0) {
        return NO_EVENT;
    }
    unsigned found = (unsigned)look.revents;
    if (filter == FILTER_EXCEPT) {
        return (found & POLLPRI) != 0 ? IS_READY : NO_EVENT;
    }
    if (filter == FILTER_READ && is_below_mark(note)) {
        found &= ~(unsigned)POLLIN;
    }
    uint32_t state = filter == FILTER_READ
                         ? reading_state(note->kind, found)
                         : writing_state(fd, note->kind, found);
    if ((state & IS_EOF) != 0 && note->kind <= KIND_STREAM &&
        (found & POLLERR) != 0) {
        state |= IS_ERROR;
    }
    return state;
}

/* ---- Reports ------------------------------------------------------------*/

void standin_fill(const struct knote *note, int filter, struct kevent *event)
{
    static const int filters[] = {
        [FILTER_READ] = (int)EVFILT_READ,
        [FILTER_WRITE] = (int)EVFILT_WRITE,
#ifdef EVFILT_EXCEPT
        [FILTER_EXCEPT] = EVFILT_EXCEPT,
#endif
#ifdef EVFILT_USER
        [FILTER_USER] = (int)EVFILT_USER,
#endif
        [FILTER_AIO] = (int)EVFILT_AIO,
        [FILTER_PROC] = (int)EVFILT_PROC,
        [FILTER_SIGNAL] = (int)EVFILT_SIGNAL,
#ifdef EVFILT_LIO
        [FILTER_LIO] = EVFILT_LIO,
#endif
    };
    EV_SET(event, note->ident, (kevent_filter_type)filters[filter],
           (kevent_flags_type)note->flags, 0, 0, note->udata);
}

/* How much has been moved in all, to tell news from a wake for nothing. Counted
 * before the state is looked at: what is moved in between makes the next wake
 * look like news, and never the other way round. */
struct count {
    uint64_t bytes;
    bool is_known;
};

static struct count count_bytes(const struct knote *note, int filter)
{
    struct count count = {0, false};
    struct tcp_info info;
    if (note->kind != KIND_TCP || filter == FILTER_EXCEPT ||
        !tcp_info((int)note->ident, &info) || info.tcpi_state == STATE_LISTEN) {
        return count;
    }
    count.is_known = true;
    count.bytes = filter == FILTER_READ
                      ? info.tcpi_bytes_received
                      : info.tcpi_bytes_sent - info.tcpi_bytes_retrans +
                            info.tcpi_notsent_bytes;
    return count;
}

static bool is_news(struct knote *note, const struct count *count,
                    uint32_t state)
{
    bool is_same = note->was_reported && count->is_known &&
                   count->bytes == note->bytes && state == note->state;
    note->was_reported = count->is_known;
    note->bytes = count->bytes;
    note->state = state;
    return !is_same;
}

bool standin_report(struct knote *note, int filter, struct kevent *event)
{
    const int fd = (int)note->ident;
    const struct count count = count_bytes(note, filter);
    uint32_t state = state_of(note, filter);
    if (state == NO_EVENT) {
        return false;
    }
    if ((note->flags & EV_CLEAR) != 0 && !is_news(note, &count, state)) {
        return false;
    }
    standin_fill(note, filter, event);
    if ((state & IS_EOF) != 0) {
        event->flags |= EV_EOF;
    }
    if ((state & IS_ERROR) != 0) {
        event->fflags = (uint32_t)pending_error(fd, note->kind);
    }
#ifdef EVFILT_EXCEPT
    if (filter == FILTER_EXCEPT) {
        event->fflags = NOTE_OOB;
        return true;
    }
#endif
    event->data = (kevent_data_type)(filter == FILTER_READ
                                         ? readable_bytes(fd, note->kind)
                                         : room_to_write(fd, note->kind));
    return true;
}
