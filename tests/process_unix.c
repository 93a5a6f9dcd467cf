/* process_unix.c: child processes, where Unix has more to get wrong: signals,
 * other waiters, SIGCHLD's handlers, fork. */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD = 1, OTHER = 2 };

static void watch(struct fixture *f, struct child *child, mio_process *process)
{
    assert_ok(child_open(process, child));
    assert_ok(mio_registry_register(f->registry, &process->source, CHILD,
                                    MIO_READABLE));
}

static void start(struct fixture *f, struct child *child, mio_process *process,
                  int code)
{
    child_start(child, code);
    watch(f, child, process);
}

static void assert_gone(mio_process *process)
{
    mio_exit_status status;
    assert_error(mio_process_try_wait(process, &status), MIO_ERR_NOT_FOUND);
}

/* This program is run a second time as on an older Linux. */
static bool has_no_pidfd;

/* ---- Which process ------------------------------------------------------*/

static void only_children_are_taken(void **state)
{
    mio_process process;
    (void)state;
    assert_error(mio_process_from_pid(&process, -1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_process_from_pid(&process, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_process_from_pid(&process, INT64_C(1) << 32 | 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_process_from_pid(&process, getpid()), MIO_ERR_NOT_FOUND);
    assert_error(mio_process_from_pid(&process, getppid()), MIO_ERR_NOT_FOUND);
    assert_error(mio_process_from_pid(&process, 0x7fffffff), MIO_ERR_NOT_FOUND);
}

static void one_that_has_been_waited_for_is_none(void **state)
{
    struct child child;
    mio_process process;
    (void)state;
    child_start(&child, 0);
    child_let_go(&child);
    assert_int_equal(child_reap(&child), 0);
    assert_error(child_open(&process, &child), MIO_ERR_NOT_FOUND);
}

static void somebody_else_waits(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    start(f, &child, &process, 3);
    child_let_go(&child);
    assert_int_equal(child_reap(&child), 3);
    expect_event(f, CHILD, R_READABLE);
    assert_gone(&process);
    assert_gone(&process);
    mio_process_close(&process);
}

static void the_descriptor_is_not_inherited(void **state)
{
    struct child child;
    mio_process process;
    (void)state;
    child_start(&child, 0);
    assert_ok(child_open(&process, &child));
    assert_false(has_no_pidfd && process.source.fd != MIO_FD_INVALID);
    if (process.source.fd != MIO_FD_INVALID) {
        assert_true(fd_is_cloexec(process.source.fd));
    }
    mio_process_close(&process);
    child_let_go(&child);
    assert_int_equal(child_reap(&child), 0);
}

static void without_descriptors(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    mio_exit_status status;
    memset(&process, 0, sizeof(process));
    SKIP_UNLESS_FDS_RUN_OUT();
    child_start(&child, 0);
    fds_use_up();
    int error = child_open(&process, &child);
    fds_restore();
    if (error == 0) { /* it needs none */
        assert_int_equal(process.source.fd, MIO_FD_INVALID);
        mio_process_close(&process);
    } else {
        assert_error(error, MIO_ERR_OUT_OF_DESCRIPTORS);
        assert_error(mio_process_try_wait(&process, &status),
                     MIO_ERR_BAD_DESCRIPTOR);
    }
    watch(f, &child, &process);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    assert_ok(mio_process_try_wait(&process, &status));
    mio_process_close(&process);
}

/* ---- How it ends --------------------------------------------------------*/

static void signals_are_told(void **state)
{
    struct fixture *f = *state;
    const int numbers[] = {SIGTERM, SIGKILL, SIGUSR1};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        struct child child;
        mio_process process;
        mio_exit_status status;
        start(f, &child, &process, 0);
        assert_int_equal(kill((pid_t)child.pid, numbers[i]), 0);
        expect_event(f, CHILD, R_READABLE);
        assert_ok(mio_process_try_wait(&process, &status));
        assert_int_equal(status.kind, MIO_EXIT_SIGNAL);
        assert_int_equal(status.code, numbers[i]);
        assert_false(status.core_dumped);
        mio_process_close(&process);
        (void)close(child.gate);
    }
}

static void stopping_is_no_end(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    mio_exit_status status;
    siginfo_t info; /* looked at, and left for others */
    start(f, &child, &process, 4);
    assert_int_equal(kill((pid_t)child.pid, SIGSTOP), 0);
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WSTOPPED | WNOWAIT),
                     0);
    expect_sleep(f);
    assert_error(mio_process_try_wait(&process, &status), MIO_ERR_WOULD_BLOCK);
    assert_int_equal(kill((pid_t)child.pid, SIGCONT), 0);
    assert_int_equal(
        waitid(P_PID, (id_t)child.pid, &info, WCONTINUED | WNOWAIT), 0);
    expect_sleep(f);
    assert_error(mio_process_try_wait(&process, &status), MIO_ERR_WOULD_BLOCK);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    assert_ok(mio_process_try_wait(&process, &status));
    assert_int_equal(status.code, 4);
    mio_process_close(&process);
}

/* ---- SIGCHLD ------------------------------------------------------------*/

static volatile sig_atomic_t calls;
static volatile sig_atomic_t calls_with_info;

static void on_child(int number)
{
    if (number == SIGCHLD) {
        calls++;
    }
}

static void on_child_info(int number, siginfo_t *info, void *context)
{
    if (number == SIGCHLD && info != NULL && context != NULL) {
        calls_with_info++;
    }
}

static void set_handler(void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
}

/* The signal may come a moment later than the event. */
static void await_call(volatile sig_atomic_t *counter)
{
    const int64_t begin = monotonic_ns();
    while (*counter == 0 && monotonic_ns() - begin < PATIENCE) {
        thread_pause(MILLISECOND);
    }
    assert_int_equal(*counter, 1);
}

static struct sigaction action_now(void)
{
    struct sigaction action;
    assert_int_equal(sigaction(SIGCHLD, NULL, &action), 0);
    return action;
}

/* What was there before is called, and is there again afterwards. */
static void the_programs_handler_stays(void **state)
{
    struct fixture *f = *state;
    for (int with_info = 0; with_info < 2; with_info++) {
        struct child child;
        mio_process process;
        mio_exit_status status;
        set_handler(on_child);
        if (with_info) {
            struct sigaction action = action_now();
            action.sa_flags |= SA_SIGINFO;
            action.sa_sigaction = on_child_info;
            assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
        }
        calls = 0;
        calls_with_info = 0;
        start(f, &child, &process, 0);
        child_let_go(&child);
        expect_event(f, CHILD, R_READABLE);
        await_call(with_info ? &calls_with_info : &calls);
        assert_int_equal(with_info ? calls : calls_with_info, 0);
        assert_ok(mio_process_try_wait(&process, &status));
        mio_process_close(&process);
        struct sigaction after = action_now();
        assert_int_equal(after.sa_flags & SA_SIGINFO,
                         with_info ? SA_SIGINFO : 0);
        assert_true(with_info ? after.sa_sigaction == on_child_info
                              : after.sa_handler == on_child);
    }
    set_handler(SIG_DFL);
}

static void the_default_comes_back(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    mio_process second;
    set_handler(SIG_DFL);
    start(f, &child, &process, 0);
    assert_ok(child_open(&second, &child));
    mio_process_close(&process);
    assert_ok(mio_registry_register(f->registry, &second.source, OTHER,
                                    MIO_READABLE));
    child_let_go(&child);
    expect_event(f, OTHER, R_READABLE); /* the handler is there still */
    mio_process_close(&second);
    assert_true(action_now().sa_handler == SIG_DFL);
    assert_int_equal(child_reap(&child), 0);
}

/* Ignored: the system throws statuses away, ours and those of others. */
static void an_ignored_signal(void **state)
{
    struct fixture *f = *state;
    struct child child;
    struct child other;
    mio_process process;
    siginfo_t info;
    set_handler(SIG_IGN);
    start(f, &child, &process, 0);
    child_start(&other, 0);
    child_let_go(&other);
    assert_int_equal(waitid(P_PID, (id_t)other.pid, &info, WEXITED), -1);
    assert_int_equal(errno, ECHILD);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED), -1);
    assert_gone(&process);
    mio_process_close(&process);
    assert_true(action_now().sa_handler == SIG_IGN);
    set_handler(SIG_DFL);
}

/* ---- Fork ---------------------------------------------------------------*/

static int wait_asleep(void *argument)
{
    struct fixture *f = argument;
    return fixture_wait(f, PATIENCE);
}

/* Children of a child are its own business: its parent's poll sleeps on. */
static void grandchildren_wake_nobody(void **state)
{
    struct fixture *f = *state;
    struct thread waiter;
    struct child child;
    mio_process process;
    mio_waker waker;
    assert_ok(mio_waker_init(&waker, f->registry, OTHER));
    start(f, &child, &process, 0);
    expect_quiet(f);
    thread_start(&waiter, wait_asleep, f);
    thread_await_asleep(&waiter);
    pid_t parent = fork(); /* a copy of the library's memory, as it sleeps */
    assert_true(parent >= 0);
    if (parent == 0) {
        int status;
        (void)alarm(60);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            _exit(0);
        }
        while (waitpid(grandchild, &status, 0) < 0 && errno == EINTR) {
        }
        _exit(0);
    }
    struct child forked = {.pid = parent};
    child_await_end(&forked);
    assert_int_equal(child_reap(&forked), 0);
    assert_ok(mio_waker_wake(&waker));
    assert_int_equal(thread_join(&waiter), 1);
    assert_int_equal(mio_event_token(&f->events[0]), OTHER);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    mio_process_close(&process);
    assert_int_equal(child_reap(&child), 0);
    mio_waker_close(&waker);
}

/* ---- Threads ------------------------------------------------------------*/

enum { THREADS = 3, ROUNDS = 60 };

/* Each with a poll and children of its own, all at once. */
static int run_children(void *argument)
{
    struct fixture *f = argument;
    for (int i = 0; i < ROUNDS; i++) {
        mio_process process;
        mio_exit_status status;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(i);
        }
        if (pid < 0 || mio_process_from_pid(&process, pid) != 0 ||
            mio_registry_register(f->registry, &process.source, (mio_token)i,
                                  MIO_READABLE) != 0) {
            return 1;
        }
        if (fixture_wait(f, PATIENCE) != 1 ||
            mio_event_token(&f->events[0]) != (mio_token)i ||
            mio_process_try_wait(&process, &status) != 0 ||
            status.code != (uint32_t)i) {
            return 2;
        }
        mio_process_close(&process);
    }
    return 0;
}

static void threads_with_children_each(void **state)
{
    struct fixture fixtures[THREADS];
    struct thread threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        fixture_open(&fixtures[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        thread_start(&threads[i], run_children, &fixtures[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
        fixture_close(&fixtures[i]);
    }
    assert_true(child_none_left());
    assert_true(action_now().sa_handler == SIG_DFL);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(only_children_are_taken),
        TEST_BARE(one_that_has_been_waited_for_is_none),
        TEST(somebody_else_waits),
        TEST_BARE(the_descriptor_is_not_inherited),
        TEST(without_descriptors),
        TEST(signals_are_told),
        TEST(stopping_is_no_end),
        TEST(the_programs_handler_stays),
        TEST(the_default_comes_back),
        TEST(an_ignored_signal),
        TEST(grandchildren_wake_nobody),
        TEST_BARE(threads_with_children_each),
    };
    if (count > 1 && strcmp(arguments[1], "no-pidfd") == 0) {
        has_no_pidfd = child_deny_pidfd();
        if (!has_no_pidfd) {
            print_message("skipped: a kernel without pidfd_open cannot be "
                          "imitated here\n");
            return 77;
        }
    }
    return cmocka_run_group_tests_name("process_unix", tests, NULL, NULL);
}
