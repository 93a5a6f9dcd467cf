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
 * What it shows: one wait for child processes, timers and signals; a child's
 * status; an orderly stop. Other children of the program, if there were any,
 * would be left alone.
 */
#define _POSIX_C_SOURCE 200809L
#include <mio.h>

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_DELAY (100 * MIO_MILLISECOND)
#define LAST_DELAY (10 * MIO_SECOND)
#define LONG_ENOUGH (10 * MIO_SECOND)

/* A copy's process and timer have its index as their token: which of them an
 * event is of, its state tells. */
enum { COPIES_MAX = 64, EVENTS = 16, SIGNALS = COPIES_MAX };

enum state { WAITING, RUNNING, FINISHED };

struct copy {
    enum state state;
    mio_process process; /* while it runs */
    mio_timer timer;     /* while it waits */
    pid_t pid;
    int64_t start;
    int64_t delay; /* before the next start */
    long starts;
};

static mio_poll poll;
static mio_timer_queue timers;
static mio_signal_set signals;
static struct copy copies[COPIES_MAX];
static size_t copy_count = 1;
static long restarts_max = -1;
static char **command;
static bool stopping;

extern char **environ; /* NOLINT: not every <unistd.h> declares it */

/* ---- A copy's life -------------------------------------------------------*/

/* It has ended, or could not be started. */
static void rest(struct copy *copy)
{
    const bool is_last = restarts_max >= 0 && copy->starts > restarts_max;
    if (stopping || is_last) {
        copy->state = FINISHED;
        return;
    }
    if (copy->delay == 0 || mio_now() - copy->start >= LONG_ENOUGH) {
        copy->delay = FIRST_DELAY;
    } else {
        copy->delay *= 2;
    }
    if (copy->delay > LAST_DELAY) {
        copy->delay = LAST_DELAY;
    }
    copy->state = WAITING;
    (void)mio_timer_arm_after(&timers, &copy->timer, copy->delay);
    printf("copy %td starts again in %d ms\n", copy - copies,
           (int)(copy->delay / MIO_MILLISECOND));
}

/* On Linux the signals of the set are blocked here, which the program that is
 * executed must not inherit. */
static int spawn(pid_t *pid)
{
    posix_spawnattr_t attributes;
    sigset_t none;
    int native = posix_spawnattr_init(&attributes);
    if (native != 0) {
        return native;
    }
    (void)sigemptyset(&none);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    native = posix_spawnp(pid, command[0], NULL, &attributes, command, environ);
    (void)posix_spawnattr_destroy(&attributes);
    return native;
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
    copy->start = mio_now();
    int native = spawn(&copy->pid);
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
            (void)mio_timer_cancel(&timers, &copies[i].timer);
            copies[i].state = FINISHED;
        }
    }
}

static int handle(mio_token token)
{
    struct copy *copy = &copies[token];
    if (token == SIGNALS) {
        mio_signal_info info[2];
        if (mio_signal_set_read(&signals, info, 2) > 0) {
            stop();
        }
    } else if (copy->state == RUNNING) {
        look(copy);
    } else if (mio_timer_expired(&copy->timer) > 0) {
        return start(copy);
    }
    return 0;
}

static int run(void)
{
    mio_event events[EVENTS];
    int error = 0;
    for (size_t i = 0; i < copy_count && error == 0; i++) {
        error = start(&copies[i]);
    }
    while (error == 0 && !is_finished()) {
        (void)fflush(stdout);
        int n = mio_poll_wait(&poll, events, EVENTS, -1);
        error = n < 0 ? n : 0;
        for (int i = 0; i < n && error == 0; i++) {
            error = handle(mio_event_token(&events[i]));
        }
    }
    return error;
}

/* ---- The beginning and the end ------------------------------------------*/

static int set_up(void)
{
    static mio_slot slots[COPIES_MAX + 1];
    static const int numbers[] = {SIGTERM, SIGINT};
    int error;
    if ((error = mio_poll_init(&poll, slots, COPIES_MAX + 1)) != 0 ||
        (error = mio_timer_queue_init(&timers, &poll)) != 0 ||
        (error = mio_signal_set_init(&signals, numbers, 2)) != 0) {
        return error;
    }
    for (size_t i = 0; i < copy_count; i++) {
        (void)mio_timer_init(&copies[i].timer, i);
    }
    return mio_registry_register(mio_poll_registry(&poll), &signals.source,
                                 SIGNALS, MIO_READABLE);
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
    }
    mio_signal_set_close(&signals);
    mio_timer_queue_close(&timers);
    mio_poll_close(&poll);
    if (error != 0) {
        return 1;
    }
    printf("no copy runs any more\n");
    return 0;
}
