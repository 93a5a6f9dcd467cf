/* tcp_client: sends a line and prints the line that comes back.
 *
 *   tcp_client ADDRESS:PORT [LINE [SECONDS]]
 *
 * What it shows: connecting without blocking, and asking how it ended; one
 * time limit for the whole exchange, however many waits it takes; partial
 * reads and writes. Status 0: a line came back.
 */
#define _POSIX_C_SOURCE 200809L
#include <mio.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_MAX_SIZE = 4096 };

static int64_t nanoseconds(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) {
        return 0;
    }
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Waits for the next event of the stream. Returns 0; MIO_ERR_TIMED_OUT; or
 * another error. */
static int wait_until(mio_poll *poll, int64_t deadline)
{
    mio_event event;
    int64_t left = deadline - nanoseconds();
    if (left <= 0) {
        return MIO_ERR_TIMED_OUT;
    }
    int n = mio_poll_wait(poll, &event, 1, left);
    return n > 0 ? 0 : n == 0 ? MIO_ERR_TIMED_OUT : n;
}

static int finish_connect(mio_tcp_stream *stream, mio_poll *poll,
                          int64_t deadline)
{
    for (;;) {
        int error = mio_tcp_stream_connect_finish(stream);
        if (error == MIO_ERR_IN_PROGRESS) {
            error = wait_until(poll, deadline);
            if (error == 0) {
                continue; /* an event may be spurious: ask again */
            }
        }
        return error;
    }
}

static int write_all(mio_tcp_stream *stream, mio_poll *poll, int64_t deadline,
                     const char *data, size_t length)
{
    while (length > 0) {
        mio_ssize n = mio_tcp_stream_write(stream, data, length);
        if (n >= 0) {
            data += n;
            length -= (size_t)n;
            continue;
        }
        int error = (int)n;
        if (error == MIO_ERR_WOULD_BLOCK) {
            error = wait_until(poll, deadline);
        }
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* Reads up to and with a newline; the end of the stream ends a line too.
 * Returns 0; MIO_ERR_NO_SPACE if the line is too long; or another error. */
static int read_line(mio_tcp_stream *stream, mio_poll *poll, int64_t deadline,
                     char *line, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        mio_ssize n =
            mio_tcp_stream_read(stream, line + *length, size - *length);
        if (n == 0) {
            return *length > 0 ? 0 : MIO_ERR_CONNECTION_ABORTED;
        }
        if (n > 0) {
            char *newline = memchr(line + *length, '\n', (size_t)n);
            *length += (size_t)n;
            if (newline != NULL) {
                *length = (size_t)(newline + 1 - line);
                return 0;
            }
            continue;
        }
        int error = (int)n;
        if (error == MIO_ERR_WOULD_BLOCK) {
            error = wait_until(poll, deadline);
        }
        if (error != 0) {
            return error;
        }
    }
    return MIO_ERR_NO_SPACE;
}

static int report(const char *what, int error)
{
    (void)fprintf(stderr, "tcp_client: %s: %s\n", what, mio_strerror(error));
    return error;
}

static int talk(mio_tcp_stream *stream, mio_poll *poll, int64_t deadline,
                const char *text)
{
    static char reply[LINE_MAX_SIZE];
    size_t length;
    int error = finish_connect(stream, poll, deadline);
    if (error != 0) {
        return report("connect", error);
    }
    error = write_all(stream, poll, deadline, text, strlen(text));
    if (error == 0) {
        error = write_all(stream, poll, deadline, "\n", 1);
    }
    if (error != 0) {
        return report("write", error);
    }
    error = read_line(stream, poll, deadline, reply, sizeof(reply), &length);
    if (error != 0) {
        return report("read", error);
    }
    if (fwrite(reply, 1, length, stdout) != length || fflush(stdout) != 0) {
        return report("print", MIO_ERR_OTHER);
    }
    return 0;
}

int main(int argc, char **argv)
{
    mio_addr addr;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 5;
    if (argc < 2 || argc > 4 || mio_addr_parse(&addr, argv[1]) != 0 ||
        !(seconds > 0 && seconds < 1e6)) {
        (void)fprintf(stderr, "usage: %s ADDRESS:PORT [LINE [SECONDS]]\n",
                      argv[0]);
        return 2;
    }
    int64_t deadline = nanoseconds() + (int64_t)(seconds * 1e9);
    mio_poll poll;
    mio_slot slots[1];
    mio_tcp_stream stream;
    int error = mio_poll_init(&poll, slots, 1);
    if (error != 0) {
        (void)report("poll", error);
        return 1;
    }
    error = mio_tcp_stream_connect(&stream, &addr);
    if (error != 0) {
        (void)report("connect", error);
    } else {
        /* Registered once, for both directions; edges tell when to go on. */
        error = mio_registry_register(mio_poll_registry(&poll), &stream.source,
                                      0, MIO_READABLE | MIO_WRITABLE);
        error = error != 0
                    ? report("register", error)
                    : talk(&stream, &poll, deadline, argc > 2 ? argv[2] : "");
        mio_tcp_stream_close(&stream);
    }
    mio_poll_close(&poll);
    return error == 0 ? 0 : 1;
}
