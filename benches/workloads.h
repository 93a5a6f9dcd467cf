/* workloads.h: the work, written once, for one loop without peers.
 *
 * Each returns the nanoseconds that `count` operations have taken. */
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include <sys/eventfd.h>
#include <sys/socket.h>

static struct end ends[ENDS_MAX];
static stream streams[ENDS_MAX];
static int fds[ENDS_MAX];

static int64_t now(void)
{
    return nanoseconds_of(CLOCK_MONOTONIC);
}

static void close_fds(int count)
{
    for (int i = 0; i < count; i++) {
        if (close(fds[i]) != 0) {
            die("close");
        }
    }
}

static void open_eventfds(int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fds[i] < 0) {
            die("eventfd");
        }
        end_adopt(&ends[i], fds[i]);
    }
}

static void ring(int fd)
{
    const uint64_t one = 1;
    if (write(fd, &one, sizeof(one)) != (ssize_t)sizeof(one)) {
        die("write");
    }
}

/* Ping-pong over `pairs` pairs of eventfds, `active` of them busy: each event
 * is one read and one write, which are the program's own; so the loop's share
 * is as large as it gets. One operation is one event. */
static int64_t pingpong_eventfd(long count, int pairs, int active)
{
    open_eventfds(2 * pairs);
    for (int i = 0; i < 2 * pairs; i++) {
        end_register(&ends[i], (uintptr_t)i);
    }
    for (int i = 0; i < active; i++) {
        ring(fds[2 * i]);
    }
    int64_t begun = now();
    while (count > 0) {
        int n = loop_wait(-1);
        for (int i = 0; i < n; i++) {
            uintptr_t token = event_token(i);
            uint64_t value;
            if (event_is_readable(i) &&
                read(fds[token], &value, sizeof(value)) > 0) {
                ring(fds[token ^ 1]);
                count--;
            }
        }
    }
    int64_t taken = now() - begun;
    for (int i = 0; i < 2 * pairs; i++) {
        end_deregister(&ends[i]);
    }
    close_fds(2 * pairs);
    return taken;
}

/* The same over Unix stream sockets, with the contender's reads and writes. A
 * read that does not fill the buffer has emptied the socket. */
static int64_t pingpong_unix(long count, int pairs, int active)
{
    char data[64] = {0};
    for (size_t i = 0; i < (size_t)pairs; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                       pair) != 0) {
            die("socketpair");
        }
        for (size_t j = 0; j < 2; j++) {
            stream_adopt(&streams[2 * i + j], pair[j], true);
            stream_register(&streams[2 * i + j], 2 * i + j, false);
        }
    }
    for (int i = 0; i < active; i++) {
        if (unix_write(&streams[2 * i], data, 1) != 1) {
            die("write");
        }
    }
    int64_t begun = now();
    while (count > 0) {
        int n = loop_wait(-1);
        for (int i = 0; i < n; i++) {
            if (!event_is_readable(i)) {
                continue;
            }
            stream *s = &streams[event_token(i)];
            ssize_t size = unix_read(s, data, sizeof(data));
            if (size > 0) {
                if (unix_write(s, data, (size_t)size) != size) {
                    die("write");
                }
                count--;
            }
        }
    }
    int64_t taken = now() - begun;
    for (int i = 0; i < 2 * pairs; i++) {
        stream_close(&streams[i]);
    }
    return taken;
}

/* Registers, changes and removes each of `width` descriptors. One operation is
 * all three, for one descriptor. */
static int64_t churn(long count, int width)
{
    open_eventfds(width);
    int64_t begun = now();
    for (long done = 0; done < count; done += width) {
        for (int i = 0; i < width; i++) {
            end_register(&ends[i], (uintptr_t)i);
        }
        for (int i = 0; i < width; i++) {
            end_reregister(&ends[i], (uintptr_t)i);
        }
        for (int i = 0; i < width; i++) {
            end_deregister(&ends[i]);
        }
    }
    int64_t taken = now() - begun;
    close_fds(width);
    return taken;
}

/* Wakes while nobody sleeps. */
static int64_t wake_flood(long count)
{
    waker_open(0);
    int64_t begun = now();
    for (long i = 0; i < count; i++) {
        waker_wake();
    }
    int64_t taken = now() - begun;
    if (loop_wait(0) != 1) {
        die("the wake was lost");
    }
    waker_close();
    return taken;
}

/* A thread that wakes itself and waits. */
static int64_t wake_self(long count)
{
    waker_open(0);
    int64_t begun = now();
    for (long i = 0; i < count; i++) {
        waker_wake();
        if (loop_wait(-1) != 1) {
            die("the wake was lost");
        }
    }
    int64_t taken = now() - begun;
    waker_close();
    return taken;
}

/* Looks and finds nothing. */
static int64_t wait_nothing(long count)
{
    open_eventfds(1);
    end_register(&ends[0], 0);
    int64_t begun = now();
    for (long i = 0; i < count; i++) {
        if (loop_wait(0) != 0) {
            die("an event of nothing");
        }
    }
    int64_t taken = now() - begun;
    end_deregister(&ends[0]);
    close_fds(1);
    return taken;
}

/* Waits 100 microseconds with nothing to come. */
static int64_t wait_100us(long count)
{
    int64_t begun = now();
    for (long i = 0; i < count; i++) {
        loop_wait_nanoseconds(100000);
    }
    return now() - begun;
}

#endif
