/* foreign_fd: runs a command and labels what it prints.
 *
 *   foreign_fd COMMAND [ARGUMENT...]
 *
 * Copies the command's standard output and standard error, each line behind
 * "out: " or "err: ", and ends with the command's status.
 *
 * What it shows: descriptors that the library has not made. It watches them,
 * and the program does the I/O with the system's own calls. In edge-triggered
 * mode it says so when such a call would have blocked: mio_source_rearm.
 */
#define _POSIX_C_SOURCE 200809L
#include <mio.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT, ERR, STREAMS, STOP = STREAMS }; /* tokens */
enum { CHUNK = 4096, ROUNDS = 16, EVENTS = 4 };

struct stream {
    mio_source source;
    const char *label;
    bool open;
};

static mio_poll poll;
static mio_slot slots[STREAMS];
static mio_waker stop;
static struct stream streams[STREAMS] = {{.label = "out: "},
                                         {.label = "err: "}};
static const struct stream *unfinished; /* the last line printed is of this */

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

/* ---- The command ---------------------------------------------------------*/

static void run_command(char **command, const int *outputs)
{
    if (dup2(outputs[OUT], STDOUT_FILENO) >= 0 &&
        dup2(outputs[ERR], STDERR_FILENO) >= 0) {
        (void)execvp(command[0], command);
    }
    _exit(127);
}

static bool set_flags(int fd, bool nonblocking)
{
    if (nonblocking) {
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
            return false;
        }
    }
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* Returns the command's process id, or -1 with errno set. */
static pid_t start_command(char **command)
{
    int pipes[STREAMS][2] = {{-1, -1}, {-1, -1}};
    pid_t child = -1;
    bool good = true;
    for (int i = 0; i < STREAMS && good; i++) {
        good = pipe(pipes[i]) == 0 && set_flags(pipes[i][0], true) &&
               set_flags(pipes[i][1], false) &&
               mio_source_from_fd(&streams[i].source, pipes[i][0]) == 0;
    }
    if (good) {
        child = fork();
    }
    if (child == 0) {
        run_command(command, (int[]){pipes[OUT][1], pipes[ERR][1]});
    }
    for (int i = 0; i < STREAMS; i++) {
        if (pipes[i][1] >= 0) {
            (void)close(pipes[i][1]);
        }
        streams[i].open = child > 0;
        if (child < 0 && pipes[i][0] >= 0) {
            (void)close(pipes[i][0]);
        }
    }
    return child;
}

/* ---- Its output ----------------------------------------------------------*/

static bool print(const struct stream *s, const char *data, size_t size)
{
    while (size > 0) {
        const char *newline = memchr(data, '\n', size);
        size_t part = newline == NULL ? size : (size_t)(newline + 1 - data);
        if (unfinished != NULL && unfinished != s && fputc('\n', stdout) < 0) {
            return false;
        }
        if (unfinished != s && fputs(s->label, stdout) < 0) {
            return false;
        }
        if (fwrite(data, 1, part, stdout) != part) {
            return false;
        }
        unfinished = newline == NULL ? s : NULL;
        data += part;
        size -= part;
    }
    return fflush(stdout) == 0;
}

static void close_stream(struct stream *s)
{
    /* Deregister first: the library does not own the descriptor. */
    (void)mio_registry_deregister(mio_poll_registry(&poll), &s->source);
    (void)close(s->source.fd);
    s->open = false;
}

/* Reads until there is no more for now. Returns 0 or an error. */
static int copy(struct stream *s)
{
    for (int round = 0; round < ROUNDS; round++) {
        char data[CHUNK];
        ssize_t n = read(s->source.fd, data, sizeof(data));
        if (n > 0) {
            if (!print(s, data, (size_t)n)) {
                return MIO_ERR_OTHER;
            }
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return mio_source_rearm(&s->source, MIO_READABLE);
        } else if (n == 0 || errno != EINTR) {
            int error = n == 0 ? 0 : mio_error_from_os(errno);
            close_stream(s);
            return error;
        }
    }
    /* There is more, but it is the other's turn: ask for another event. */
    return mio_registry_reregister(mio_poll_registry(&poll), &s->source,
                                   (mio_token)(s - streams), MIO_READABLE);
}

/* Returns 0 when the command has closed its outputs, or an error. */
static int copy_all(void)
{
    for (int i = 0; i < STREAMS; i++) {
        int error =
            mio_registry_register(mio_poll_registry(&poll), &streams[i].source,
                                  (mio_token)i, MIO_READABLE);
        if (error != 0) {
            return error;
        }
    }
    while (streams[OUT].open || streams[ERR].open) {
        mio_event events[EVENTS];
        int n = mio_poll_wait(&poll, events, EVENTS, -1);
        int error = n < 0 ? n : 0;
        for (int i = 0; i < n && error == 0; i++) {
            mio_token token = mio_event_token(&events[i]);
            if (token == STOP) {
                return MIO_ERR_INTERRUPTED;
            }
            if (streams[token].open) {
                error = copy(&streams[token]);
            }
        }
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s COMMAND [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    int error = mio_poll_init(&poll, slots, STREAMS);
    if (error == 0) {
        error = mio_waker_init(&stop, mio_poll_registry(&poll), STOP);
    }
    if (error != 0) {
        (void)fprintf(stderr, "foreign_fd: %s\n", mio_strerror(error));
        return 1;
    }
    pid_t child = start_command(argv + 1);
    if (child < 0) {
        (void)fprintf(stderr, "foreign_fd: %s\n", strerror(errno));
        return 1;
    }
    if (signal(SIGINT, on_signal) == SIG_ERR ||
        signal(SIGTERM, on_signal) == SIG_ERR) {
        error = MIO_ERR_OTHER;
    } else {
        error = copy_all();
    }
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i].open) {
            close_stream(&streams[i]);
        }
    }
    if (error != 0) {
        (void)fprintf(stderr, "foreign_fd: %s\n", mio_strerror(error));
        (void)kill(child, SIGTERM);
    }
    (void)signal(SIGINT, SIG_DFL); /* the waker is about to go */
    (void)signal(SIGTERM, SIG_DFL);
    mio_waker_close(&stop);
    mio_poll_close(&poll);
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return 1;
        }
    }
    return error == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
