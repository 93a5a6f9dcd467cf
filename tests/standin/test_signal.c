/* test_signal.c: the stand-in's EVFILT_SIGNAL. */
#include "rig.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

static atomic_int caught;

static void count_it(int number)
{
    (void)number;
    atomic_fetch_add(&caught, 1);
}

static void count_it_with_info(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_signo == number && info->si_pid == getpid()) {
        atomic_fetch_add(&caught, 1);
    }
}

static void set_action(int number, void (*handler)(int), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    assert_int_equal(sigaction(number, &action, NULL), 0);
}

static struct sigaction action_of(int number)
{
    struct sigaction action;
    assert_int_equal(sigaction(number, NULL, &action), 0);
    return action;
}

static void mask(int how, int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    assert_int_equal(pthread_sigmask(how, &one, NULL), 0);
}

#define assert_watches(rig, number, udata)                                     \
    assert_changes((rig), (number), EVFILT_SIGNAL, EV_ADD, (udata))
#define assert_unwatches(rig, number)                                          \
    assert_changes((rig), (number), EVFILT_SIGNAL, EV_DELETE, 0)
#define assert_sent(number) assert_int_equal(kill(getpid(), (number)), 0)

static void assert_told(struct rig *rig, int number, int times)
{
    const struct kevent *event = assert_one(rig, number, EVFILT_SIGNAL);
    assert_int_equal(event->data, times);
    assert_true((event->flags & EV_CLEAR) != 0);
    assert_silent(rig);
}

/* ---- What is told -------------------------------------------------------*/

static void signals_are_counted(void **state)
{
    struct rig *rig = *state;
    set_action(SIGUSR1, SIG_IGN, 0);
    assert_watches(rig, SIGUSR1, 7);
    assert_silent(rig);
    for (int i = 1; i <= 3; i++) {
        for (int j = 0; j < i; j++) {
            assert_sent(SIGUSR1);
        }
        assert_int_equal(rig_wait(rig, PATIENCE_MS), 1);
        assert_int_equal(rig->events[0].data, i);
        assert_int_equal((uintptr_t)rig->events[0].udata, 7);
    }
    assert_silent(rig);
    assert_unwatches(rig, SIGUSR1);
    assert_sent(SIGUSR1);
    assert_silent(rig);
    set_action(SIGUSR1, SIG_DFL, 0);
}

/* The change of a note keeps its count, and so does EV_DISABLE. */
static void a_disabled_note_counts_on(void **state)
{
    struct rig *rig = *state;
    set_action(SIGUSR1, SIG_IGN, 0);
    assert_watches(rig, SIGUSR1, 1);
    assert_sent(SIGUSR1);
    assert_changes(rig, SIGUSR1, EVFILT_SIGNAL, EV_DISABLE, 1);
    assert_sent(SIGUSR1);
    assert_silent(rig);
    assert_changes(rig, SIGUSR1, EVFILT_SIGNAL, EV_ENABLE, 2);
    assert_told(rig, SIGUSR1, 2);
    assert_changes(rig, SIGUSR1, EVFILT_SIGNAL, EV_ADD, 3);
    assert_silent(rig);
    assert_unwatches(rig, SIGUSR1);
    set_action(SIGUSR1, SIG_DFL, 0);
}

static void a_oneshot_note_goes(void **state)
{
    struct rig *rig = *state;
    set_action(SIGUSR1, count_it, 0);
    assert_changes(rig, SIGUSR1, EVFILT_SIGNAL, EV_ADD | EV_ONESHOT, 0);
    assert_sent(SIGUSR1);
    assert_told(rig, SIGUSR1, 1);
    assert_int_equal(
        rig_change(rig->kq, SIGUSR1, (int)EVFILT_SIGNAL, EV_DELETE, 0, 0),
        ENOENT);
    set_action(SIGUSR1, SIG_DFL, 0);
}

static void what_is_no_signal_is_refused(void **state)
{
    struct rig *rig = *state;
    const uintptr_t bad[] = {0, 1000, UINTPTR_MAX, SIGKILL};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            rig_change(rig->kq, bad[i], (int)EVFILT_SIGNAL, EV_ADD, 0, 0),
            EINVAL);
    }
    assert_int_equal(
        rig_change(rig->kq, SIGUSR1, (int)EVFILT_SIGNAL, EV_ENABLE, 0, 0),
        ENOENT);
}

static void what_was_sent_before_is_not_told(void **state)
{
    struct rig *rig = *state;
    set_action(SIGUSR1, count_it, 0);
    mask(SIG_BLOCK, SIGUSR1);
    for (int again = 0; again < 2; again++) {
        assert_sent(SIGUSR1);
        assert_watches(rig, SIGUSR1, 0);
        if (again != 0) {
            assert_sent(SIGUSR1);
        }
        mask(SIG_UNBLOCK, SIGUSR1);
        if (again != 0) {
            assert_told(rig, SIGUSR1, 1);
        } else {
            assert_silent(rig);
        }
        assert_sent(SIGUSR1);
        assert_told(rig, SIGUSR1, 1);
        assert_unwatches(rig, SIGUSR1);
        mask(SIG_BLOCK, SIGUSR1);
    }
    mask(SIG_UNBLOCK, SIGUSR1);
    set_action(SIGUSR1, SIG_DFL, 0);
}

static void *send_soon(void *unused)
{
    (void)unused;
    (void)poll(NULL, 0, MOMENT_MS);
    assert_sent(SIGUSR1);
    return NULL;
}

/* The wait is interrupted, or ends with the event. */
static void a_wait_is_ended(void **state)
{
    struct rig *rig = *state;
    pthread_t thread;
    set_action(SIGUSR1, SIG_IGN, 0);
    assert_watches(rig, SIGUSR1, 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pthread_create(&thread, NULL, send_soon, NULL), 0);
        if (rig_wait(rig, PATIENCE_MS) < 0) {
            assert_int_equal(errno, EINTR);
            assert_int_equal(rig_wait(rig, PATIENCE_MS), 1);
        }
        assert_int_equal(rig->events[0].data, 1);
        pthread_join(thread, NULL);
        assert_silent(rig);
    }
    assert_unwatches(rig, SIGUSR1);
    set_action(SIGUSR1, SIG_DFL, 0);
}

/* ---- Actions ------------------------------------------------------------*/

/* The program's action takes its course, and is the one that it sees. */
static void the_action_stays_the_programs(void **state)
{
    struct rig *rig = *state;
    struct sigaction action;
    set_action(SIGUSR1, count_it, SA_RESTART);
    atomic_store(&caught, 0);
    assert_watches(rig, SIGUSR1, 0);
    action = action_of(SIGUSR1);
    assert_true(action.sa_handler == count_it);
    assert_true((action.sa_flags & SA_SIGINFO) == 0);
    assert_true((action.sa_flags & SA_RESTART) != 0);
    assert_sent(SIGUSR1);
    assert_int_equal(atomic_load(&caught), 1);
    assert_told(rig, SIGUSR1, 1);

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = count_it_with_info;
    action.sa_flags = SA_SIGINFO;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_sent(SIGUSR1);
    assert_int_equal(atomic_load(&caught), 2);
    assert_told(rig, SIGUSR1, 1);
    assert_unwatches(rig, SIGUSR1);
    assert_true(action_of(SIGUSR1).sa_sigaction == count_it_with_info);
    assert_sent(SIGUSR1);
    assert_int_equal(atomic_load(&caught), 3);
    set_action(SIGUSR1, SIG_DFL, 0);
}

static void kqueues_close_in_any_order(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct rig both[2];
        set_action(SIGUSR1, count_it, 0);
        for (int i = 0; i < 2; i++) {
            both[i].kq = kqueue();
            assert_true(both[i].kq >= 0);
            assert_watches(&both[i], SIGUSR1, i);
        }
        assert_sent(SIGUSR1);
        assert_told(&both[0], SIGUSR1, 1);
        assert_told(&both[1], SIGUSR1, 1);
        close(both[order].kq);
        assert_sent(SIGUSR1);
        assert_told(&both[1 - order], SIGUSR1, 1);
        close(both[1 - order].kq);
        assert_true(action_of(SIGUSR1).sa_handler == count_it);
        set_action(SIGUSR1, SIG_IGN, 0);
        assert_true(action_of(SIGUSR1).sa_handler == SIG_IGN);
        assert_sent(SIGUSR1);
    }
    set_action(SIGUSR1, SIG_DFL, 0);
}

static void who_ignores_sigchld_is_told_nothing(void **state)
{
    struct rig *rig = *state;
    assert_watches(rig, SIGCHLD, 0);
    assert_sent(SIGCHLD); /* the default does not count as ignoring */
    assert_told(rig, SIGCHLD, 1);
    set_action(SIGCHLD, SIG_IGN, 0);
    assert_sent(SIGCHLD);
    assert_silent(rig);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), -1); /* the system collects it */
    assert_int_equal(errno, ECHILD);
    assert_silent(rig);
    set_action(SIGCHLD, SIG_DFL, 0);
    assert_unwatches(rig, SIGCHLD);
}

/* ---- Children -----------------------------------------------------------*/

static int status_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* It sets an action of its own, and makes a kqueue. */
static void go_on_as_child(void)
{
    struct sigaction action;
    struct sigaction before;
    (void)alarm(60);
    memset(&action, 0, sizeof(action));
    action.sa_handler = count_it;
    atomic_store(&caught, 0);
    if (sigaction(SIGTERM, &action, &before) != 0 ||
        before.sa_handler != SIG_DFL || kill(getpid(), SIGTERM) != 0 ||
        atomic_load(&caught) != 1 || kqueue() < 0) {
        _exit(1);
    }
    _exit(sigaction(SIGTERM, NULL, &before) == 0 &&
                  before.sa_handler == count_it
              ? 0
              : 2);
}

/* In the child a signal has the effect that its action says. */
static void a_child_has_no_notes(void **state)
{
    struct rig *rig = *state;
    assert_watches(rig, SIGTERM, 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)kill(getpid(), SIGTERM);
        _exit(1);
    }
    int status = status_of(child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);

    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        go_on_as_child();
    }
    status = status_of(child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_silent(rig);
    assert_unwatches(rig, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(signals_are_counted),
        RIG_TEST(a_disabled_note_counts_on),
        RIG_TEST(a_oneshot_note_goes),
        RIG_TEST(what_is_no_signal_is_refused),
        RIG_TEST(what_was_sent_before_is_not_told),
        RIG_TEST(a_wait_is_ended),
        RIG_TEST(the_action_stays_the_programs),
        RIG_TEST(kqueues_close_in_any_order),
        RIG_TEST(who_ignores_sigchld_is_told_nothing),
        RIG_TEST(a_child_has_no_notes),
    };
    return cmocka_run_group_tests_name("standin_signal", tests, NULL, NULL);
}
