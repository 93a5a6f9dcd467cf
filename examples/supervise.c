/* supervise: keeps programs running.
 *
 *   supervise [-n COPIES] [-r RESTARTS] PROGRAM [ARGUMENT ...]
 *
 * Starts COPIES (1) of a program and starts each again when it has ended, at
 * first after a tenth of a second and then, as long as it keeps ending at once,
 * after twice the time of the last time, up to ten seconds. A copy that has run
 * for ten seconds begins anew. With RESTARTS, a copy that has been started
 * again that many times and has ended stays so. SIGTERM or SIGINT ends the
 * copies, by SIGTERM, and then the program.
 *
 * What it shows: processes as sources, beside a waker for signals; their
 * status; deadlines by the time limit of a wait; an orderly stop. Other children
 * of the program, if there were any, would be left alone.
 */
#define _POSIX_C_SOURCE 200809L
#include <mio.h>

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define FIRST_DELAY (100 * MS)
#define LAST_DELAY (10000 * MS)
#define LONG_ENOUGH (10000 * MS)

enum { COPIES_MAX = 64, EVENTS = 16, STOP = COPIES_MAX };

enum state { WAITING, RUNNING, FINISHED };

struct copy {
    enum state state;
    mio_process process; /* while it runs */
    pid_t pid;
    int64_t time;  /* running: since when; waiting: until when */
    int64_t delay; /* before the next start */
    long starts;
};

static mio_poll poll;
static mio_waker stop_waker;
static struct copy copies[COPIES_MAX];
static size_t copy_count = 1;
static long restarts_max = -1;
static char **command;
static bool stopping;

extern char **environ; /* NOLINT: not every <unistd.h> declares it */

static int64_t now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 * MS + time.tv_nsec;
}

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop_waker);
}

/* ---- A copy's life -------------------------------------------------------*/

/* It has ended, or could not be started. */
static void rest(struct copy *copy)
{
    const bool is_last = restarts_max >= 0 && copy->starts > restarts_max;
    if (stopping || is_last) {
        copy->state = FINISHED;
        return;
    }
    if (copy->delay == 0 || now() - copy->time >= LONG_ENOUGH) {
        copy->delay = FIRST_DELAY;
    } else {
        copy->delay *= 2;
    }
    if (copy->delay > LAST_DELAY) {
        copy->delay = LAST_DELAY;
    }
    copy->time = now() + copy->delay;
    copy->state = WAITING;
    printf("copy %td starts again in %d ms\n", copy - copies,
           (int)(copy->delay / MS));
}

/* Makes it a source. If that fails nobody would see its end. */
static int watch(struct copy *copy)
{
    int error = mio_process_from_pid(&copy->process, copy->pid);
    if (error == 0) {
        error = mio_registry_register(mio_poll_registry(&poll),
                                      &copy->process.source,
                                      (mio_token)(copy - copies), MIO_READABLE);
        if (error != 0) {
            mio_process_close(&copy->process);
        }
    }
    return error;
}

static int start(struct copy *copy)
{
    copy->starts++;
    copy->time = now();
    int native =
        posix_spawnp(&copy->pid, command[0], NULL, NULL, command, environ);
    if (native != 0) {
        printf("copy %td cannot be started: %s\n", copy - copies,
               strerror(native));
        rest(copy);
        return 0;
    }
    printf("copy %td is process %ld\n", copy - copies, (long)copy->pid);
    copy->state = RUNNING;
    return watch(copy);
}

static void tell(const struct copy *copy, const mio_exit_status *status)
{
    printf("copy %td ended: %s %u%s\n", copy - copies,
           status->kind == MIO_EXIT_SIGNAL ? "signal" : "code",
           (unsigned)status->code, status->core_dumped ? ", core dumped" : "");
}

/* The event of a copy has come; it may have come for nothing. */
static void look(struct copy *copy)
{
    mio_exit_status status;
    int error = mio_process_try_wait(&copy->process, &status);
    if (error == MIO_ERR_WOULD_BLOCK) {
        return;
    }
    if (error == 0) {
        tell(copy, &status);
    } else {
        printf("copy %td ended: no status\n", copy - copies);
    }
    mio_process_close(&copy->process);
    rest(copy);
}

/* ---- The loop ------------------------------------------------------------*/

static int start_what_is_due(void)
{
    int error = 0;
    for (size_t i = 0; i < copy_count && error == 0; i++) {
        if (copies[i].state == WAITING && copies[i].time <= now()) {
            error = start(&copies[i]);
        }
    }
    return error;
}

/* How long until a copy is due; -1: none is. */
static int64_t time_left(void)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < copy_count; i++) {
        if (copies[i].state == WAITING && copies[i].time < next) {
            next = copies[i].time;
        }
    }
    if (next == INT64_MAX) {
        return -1;
    }
    next -= now();
    return next > 0 ? next : 0;
}

static bool is_finished(void)
{
    for (size_t i = 0; i < copy_count; i++) {
        if (copies[i].state != FINISHED) {
            return false;
        }
    }
    return true;
}

/* A process that has not been waited for keeps its number, so this cannot hit
 * another. */
static void stop(void)
{
    stopping = true;
    for (size_t i = 0; i < copy_count; i++) {
        if (copies[i].state == RUNNING) {
            (void)kill(copies[i].pid, SIGTERM);
        } else {
            copies[i].state = FINISHED;
        }
    }
}

static int run(void)
{
    mio_event events[EVENTS];
    for (;;) {
        int error = start_what_is_due();
        (void)fflush(stdout);
        if (error != 0 || is_finished()) {
            return error;
        }
        int n = mio_poll_wait(&poll, events, EVENTS, time_left());
        if (n < 0) {
            return n;
        }
        for (int i = 0; i < n; i++) {
            const mio_token token = mio_event_token(&events[i]);
            if (token == STOP) {
                stop();
            } else if (copies[token].state == RUNNING) {
                look(&copies[token]);
            }
        }
    }
}

/* ---- The beginning and the end ------------------------------------------*/

static int set_up(void)
{
    static mio_slot slots[COPIES_MAX];
    struct sigaction action;
    int error = mio_poll_init(&poll, slots, COPIES_MAX);
    if (error == 0) {
        error = mio_waker_init(&stop_waker, mio_poll_registry(&poll), STOP);
    }
    if (error != 0) {
        return error;
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    if (sigaction(SIGTERM, &action, NULL) < 0 ||
        sigaction(SIGINT, &action, NULL) < 0) {
        return mio_error_from_os(errno);
    }
    return 0;
}

static bool take_arguments(int count, char **arguments)
{
    long wanted = 1;
    int at = 1;
    while (at + 1 < count && arguments[at][0] == '-') {
        const long number = strtol(arguments[at + 1], NULL, 10);
        if (strcmp(arguments[at], "-n") == 0) {
            wanted = number;
        } else if (strcmp(arguments[at], "-r") == 0) {
            restarts_max = number;
        } else {
            return false;
        }
        at += 2;
    }
    command = arguments + at;
    copy_count = (size_t)wanted;
    return wanted >= 1 && wanted <= COPIES_MAX && at < count;
}

int main(int count, char **arguments)
{
    if (!take_arguments(count, arguments)) {
        (void)fprintf(stderr,
                      "usage: supervise [-n COPIES, up to %d] "
                      "[-r RESTARTS] PROGRAM [ARGUMENT ...]\n",
                      COPIES_MAX);
        return 2;
    }
    int error = set_up();
    if (error == 0) {
        error = run();
    }
    if (error != 0) {
        stop(); /* nobody would start them again */
        (void)fprintf(stderr, "supervise: %s\n", mio_strerror(error));
        return 1;
    }
    (void)signal(SIGTERM, SIG_IGN); /* the waker is closed now */
    (void)signal(SIGINT, SIG_IGN);
    mio_waker_close(&stop_waker);
    mio_poll_close(&poll);
    printf("no copy runs any more\n");
    return 0;
}
