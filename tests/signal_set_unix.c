/* signal_set_unix.c: what Unix says of its signals: who sends them and how
 * often, which ones there are, and what is left behind. */
#include "signal_support.h"

#include <pthread.h>
#include <sys/time.h>
#include <time.h>

/* The event, and its one signal. */
static mio_signal_info next_signal(struct fixture *f, mio_signal_set *set)
{
    mio_signal_info infos[MIO_SIGNAL_SET_MAX];
    expect_only(f, SET, R_READABLE);
    assert_count(mio_signal_set_read(set, infos, ARRAY_LENGTH(infos)), 1);
    return infos[0];
}

static bool is_blocked(int number)
{
    sigset_t mask;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, number) == 1;
}

static bool is_pending(int number)
{
    sigset_t pending;
    assert_int_equal(sigpending(&pending), 0);
    return sigismember(&pending, number) == 1;
}

static void mask(int how, int number)
{
    sigset_t one;
    assert_int_equal(sigemptyset(&one), 0);
    assert_int_equal(sigaddset(&one, number), 0);
    assert_int_equal(pthread_sigmask(how, &one, NULL), 0);
}

/* ---- Senders ------------------------------------------------------------*/

static void the_sender_is_told(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    open_set(f, &set, SIGTERM);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    const mio_signal_info own = next_signal(f, &set);
    assert_int_equal(own.number, SIGTERM);
    assert_int_equal(own.count, 1);
    expect_sender(&own, getpid());

    const pid_t parent = getpid();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(kill(parent, SIGTERM) == 0 ? 0 : 1);
    }
    const mio_signal_info other = next_signal(f, &set);
    assert_int_equal(child_wait(child), 0);
    expect_sender(&other, child);
    mio_signal_set_close(&set);
}

static void a_timer_has_no_sender(void **state)
{
    struct fixture *f = *state;
    const struct itimerval soon = {{0, 0}, {0, 1000}};
    mio_signal_set set;
    open_set(f, &set, SIGALRM);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    const mio_signal_info info = next_signal(f, &set);
    assert_int_equal(info.number, SIGALRM);
    assert_false(info.sender_known);
    assert_int_equal(info.sender_process, 0);
    assert_int_equal(info.sender_user, 0);
    mio_signal_set_close(&set);
}

#ifdef __linux__

/* These have a number where other signals have the sender's. */
static void a_posix_timer_has_no_sender(void **state)
{
    struct fixture *f = *state;
    const struct itimerspec soon = {{0, 0}, {0, MILLISECOND}};
    timer_t timers[3];
    struct sigevent event;
    mio_signal_set set;
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    open_set(f, &set, SIGALRM);
    for (int i = 0; i < 3; i++) { /* the number may begin with 0 */
        assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timers[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(timer_settime(timers[i], 0, &soon, NULL), 0);
        const mio_signal_info info = next_signal(f, &set);
        assert_int_equal(info.number, SIGALRM);
        assert_false(info.sender_known);
        assert_int_equal(info.sender_process, 0);
        assert_int_equal(timer_delete(timers[i]), 0);
    }
    mio_signal_set_close(&set);
}

#else

static void a_posix_timer_has_no_sender(void **state)
{
    (void)state;
    SKIP("not every system has these timers");
}

#endif

static void a_child_that_ends_is_told(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    open_set(f, &set, SIGCHLD);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(7);
    }
    const mio_signal_info info = next_signal(f, &set);
    assert_int_equal(info.number, SIGCHLD);
    expect_sender(&info, child);
    assert_int_equal(child_wait(child), 7); /* it was not reaped */
    mio_signal_set_close(&set);
}

/* ---- How often, and in which order --------------------------------------*/

static void signals_that_are_not_read_become_one(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    open_set(f, &set, SIGHUP);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(kill(getpid(), SIGHUP), 0);
    }
    const mio_signal_info info = next_signal(f, &set);
    assert_in_range(info.count, 1, 5);
    expect_sender(&info, getpid());
    expect_quiet(f);
    mio_signal_set_close(&set);
}

#ifdef SIGRTMIN

/* The system keeps each of these. */
static void real_time_signals_are_counted(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    const union sigval value = {0};
    SKIP_UNLESS_SIGNALS_ARE_COUNTED();
    open_set(f, &set, SIGRTMIN);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sigqueue(getpid(), SIGRTMIN, value), 0);
    }
    const mio_signal_info info = next_signal(f, &set);
    assert_int_equal(info.number, SIGRTMIN);
    assert_int_equal(info.count, 20);
    expect_sender(&info, getpid());
    expect_quiet(f);
    mio_signal_set_close(&set);
}

#else

static void real_time_signals_are_counted(void **state)
{
    (void)state;
    SKIP("this system has no real-time signals");
}

#endif

static void the_lowest_number_comes_first(void **state)
{
    struct fixture *f = *state;
    const int signals[] = {SIGUSR1, SIGTERM, SIGHUP, SIGUSR2};
    int sorted[] = {SIGUSR1, SIGTERM, SIGHUP, SIGUSR2};
    mio_signal_info infos[4];
    mio_signal_set set;
    for (int i = 0; i < 4; i++) { /* the numbers are the system's */
        for (int j = i; j > 0 && sorted[j - 1] > sorted[j]; j--) {
            const int higher = sorted[j - 1];
            sorted[j - 1] = sorted[j];
            sorted[j] = higher;
        }
    }
    assert_ok(mio_signal_set_init(&set, signals, 4));
    assert_ok(
        mio_registry_register(f->registry, &set.source, SET, MIO_READABLE));
    for (size_t room = 1; room <= 4; room++) {
        for (int i = 0; i < 4; i++) {
            assert_int_equal(kill(getpid(), signals[i]), 0);
        }
        expect_only(f, SET, R_READABLE);
        for (size_t taken = 0; taken < 4;) {
            const mio_ssize count = mio_signal_set_read(&set, infos, room);
            const size_t expected = 4 - taken < room ? 4 - taken : room;
            assert_count(count, expected);
            for (size_t i = 0; i < expected; i++) {
                assert_int_equal(infos[i].number, sorted[taken]);
                taken++;
            }
        }
        assert_error(mio_signal_set_read(&set, infos, room),
                     MIO_ERR_WOULD_BLOCK);
    }
    mio_signal_set_close(&set);
}

/* With little room the higher ones are kept, and are news to a poll that tells
 * states. */
static void what_there_was_no_room_for_stays(void **state)
{
    struct fixture *f = *state;
    const int signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM};
    mio_signal_info info;
    mio_signal_set set;
    int last = 0;
    assert_ok(mio_signal_set_init(&set, signals, ARRAY_LENGTH(signals)));
    assert_ok(mio_registry_register(f->registry, &set.source, SET,
                                    MIO_READABLE | MIO_LEVEL));
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        assert_int_equal(kill(getpid(), signals[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        expect_only(f, SET, R_READABLE);
        assert_count(mio_signal_set_read(&set, &info, 1), 1);
        assert_true(info.number > last);
        assert_int_equal(info.count, 1);
        last = info.number;
    }
    expect_quiet(f);
    /* Those that come now are told too. */
    for (size_t i = ARRAY_LENGTH(signals); i > 0; i--) {
        assert_int_equal(kill(getpid(), signals[i - 1]), 0);
        expect_only(f, SET, R_READABLE);
        assert_count(mio_signal_set_read(&set, &info, 1), 1);
        assert_int_equal(info.number, signals[i - 1]);
    }
    expect_quiet(f);
    mio_signal_set_close(&set);
}

/* ---- The descriptor -----------------------------------------------------*/

static void a_descriptor_is_as_all_are(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    if (!sets_are_descriptors()) {
        SKIP("sets are not descriptors here");
    }
    const bool is_kqueue = !sets_know_senders();
    open_set(f, &set, SIGUSR1);
    if (is_kqueue) { /* which nobody can read from */
        assert_true(fd_is_cloexec(set.source.fd));
    } else {
        assert_nonblocking_cloexec(set.source.fd);
    }
    mio_signal_set_close(&set);
}

/* ---- The stack ----------------------------------------------------------*/

/* Other languages' threads have one, and too little room elsewhere. */
static void an_alternate_stack_is_used(void **state)
{
    struct fixture *f = *state;
    static unsigned char memory[65536];
    struct sigaction action;
    stack_t stack;
    stack_t before;
    mio_signal_set set;
    memset(&stack, 0, sizeof(stack));
    stack.ss_sp = memory;
    stack.ss_size = sizeof(memory);
    assert_int_equal(sigaltstack(&stack, &before), 0);
    open_set(f, &set, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, NULL, &action), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(next_signal(f, &set).number, SIGUSR1);
    mio_signal_set_close(&set);
    if ((before.ss_flags & SS_DISABLE) != 0) { /* macOS checks its size too */
        before.ss_size = sizeof(memory);
    }
    assert_int_equal(sigaltstack(&before, NULL), 0);
    if (!sets_block_signals()) {
        assert_true((action.sa_flags & SA_ONSTACK) != 0);
    }
}

/* ---- Which signals ------------------------------------------------------*/

static void all_but_errors_can_be_had(void **state)
{
    const int refused[] = {SIGKILL, SIGSTOP, SIGABRT, SIGBUS, SIGFPE,
                           SIGILL,  SIGSEGV, SIGSYS,  SIGTRAP};
    const int usual[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,  SIGALRM,
                         SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD,  SIGCONT,
                         SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGURG};
    mio_signal_set set;
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        assert_error(mio_signal_set_init(&set, &refused[i], 1),
                     MIO_ERR_UNSUPPORTED);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        assert_ok(mio_signal_set_init(&set, &usual[i], 1));
        mio_signal_set_close(&set);
    }
    assert_ok(mio_signal_set_init(&set, usual, ARRAY_LENGTH(usual)));
    mio_signal_set_close(&set);
    for (int number = 1; number < 128; number++) {
        const int error = mio_signal_set_init(&set, &number, 1);
        if (error == 0) {
            mio_signal_set_close(&set);
        } else {
            assert_error_among(error, MIO_ERR_UNSUPPORTED,
                               MIO_ERR_INVALID_INPUT);
        }
        assert_false(is_blocked(number));
    }
}

/* ---- What was before ----------------------------------------------------*/

static void the_handler_is_called_before_and_after(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    set_action(SIGUSR1, count_it);
    handled_reset();
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(handled_count(), 1);
    open_set(f, &set, SIGUSR1);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    (void)next_signal(f, &set);
    assert_int_equal(handled_count(), 1);
    mio_signal_set_close(&set);
    assert_true(action_is(SIGUSR1, count_it));
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(handled_count(), 2);
    set_action(SIGUSR1, SIG_DFL);
}

static void an_ignored_signal_is_told(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    set_action(SIGUSR1, SIG_IGN);
    open_set(f, &set, SIGUSR1);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(next_signal(f, &set).number, SIGUSR1);
    mio_signal_set_close(&set);
    assert_true(action_is(SIGUSR1, SIG_IGN));
    set_action(SIGUSR1, SIG_DFL);
}

static void a_blocked_signal_is_told(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    mask(SIG_BLOCK, SIGUSR1);
    open_set(f, &set, SIGUSR1);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(next_signal(f, &set).number, SIGUSR1);
    assert_false(is_blocked(SIGUSR2));
    mio_signal_set_close(&set);
    assert_true(is_blocked(SIGUSR1));
    mask(SIG_UNBLOCK, SIGUSR1);
}

/* As in a program that blocks its signals first of all, and then gets ready. */
static void a_pending_signal_is_told(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    mask(SIG_BLOCK, SIGTERM);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kill(getpid(), SIGTERM), 0);
        open_set(f, &set, SIGTERM);
        const mio_signal_info info = next_signal(f, &set);
        assert_int_equal(info.number, SIGTERM);
        assert_int_equal(info.count, 1);
        expect_quiet(f);
        mio_signal_set_close(&set);
        assert_true(is_blocked(SIGTERM));
        assert_false(is_pending(SIGTERM));
    }
    mask(SIG_UNBLOCK, SIGTERM);
}

static void count_it_with_info(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    count_it(number);
}

static void a_handler_that_is_newer_stays(void **state)
{
    struct fixture *f = *state;
    struct sigaction action;
    mio_signal_set set;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = count_it_with_info;
    action.sa_flags = SA_SIGINFO;
    open_set(f, &set, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    mio_signal_set_close(&set);
    assert_int_equal(sigaction(SIGUSR1, NULL, &action), 0);
    assert_true(action.sa_sigaction == count_it_with_info);
    open_set(f, &set, SIGUSR1);
    set_action(SIGUSR1, count_it);
    mio_signal_set_close(&set);
    assert_true(action_is(SIGUSR1, count_it));
    assert_false(is_blocked(SIGUSR1));
    set_action(SIGUSR1, SIG_DFL);
}

/* Or this test would not see its end. */
static void closing_forgets_what_was_not_read(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    for (int i = 0; i < 3; i++) {
        open_set(f, &set, SIGTERM);
        assert_int_equal(kill(getpid(), SIGTERM), 0);
        mio_signal_set_close(&set);
        assert_true(action_is(SIGTERM, SIG_DFL));
        assert_false(is_blocked(SIGTERM));
    }
}

static void failing_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    const int signals[] = {SIGUSR1, SIGTERM};
    const int taken[] = {SIGTERM};
    struct fixture fresh;
    mio_signal_set set;
    mio_signal_set other;
    SKIP_UNLESS_FDS_RUN_OUT();
    assert_ok(mio_signal_set_init(&other, taken, 1));
    assert_error(mio_signal_set_init(&set, signals, 2), MIO_ERR_ALREADY_EXISTS);
    assert_true(action_is(SIGUSR1, SIG_DFL));
    assert_false(is_blocked(SIGUSR1));
    mio_signal_set_close(&other);

    /* A set is a descriptor, or its registration needs one, unless the poll
     * has it already or needs none. */
    const bool is_descriptor = sets_are_descriptors();
    fixture_open(&fresh);
    fds_use_up();
    int error = mio_signal_set_init(&set, signals, 2);
    if (error == 0) {
        error = mio_registry_register(fresh.registry, &set.source, SET,
                                      MIO_READABLE);
        mio_signal_set_close(&set);
    }
    fds_restore();
    if (is_descriptor || backend_is("epoll")) {
        assert_error(error, MIO_ERR_OUT_OF_DESCRIPTORS);
    }
    fixture_close(&fresh);
    assert_true(action_is(SIGUSR1, SIG_DFL));
    assert_false(is_blocked(SIGUSR1));
    open_set(f, &set, SIGUSR1);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    (void)next_signal(f, &set);
    mio_signal_set_close(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_sender_is_told),
        TEST(a_timer_has_no_sender),
        TEST(a_posix_timer_has_no_sender),
        TEST(a_child_that_ends_is_told),
        TEST(signals_that_are_not_read_become_one),
        TEST(real_time_signals_are_counted),
        TEST(the_lowest_number_comes_first),
        TEST(what_there_was_no_room_for_stays),
        TEST(a_descriptor_is_as_all_are),
        TEST(an_alternate_stack_is_used),
        TEST_BARE(all_but_errors_can_be_had),
        TEST(the_handler_is_called_before_and_after),
        TEST(an_ignored_signal_is_told),
        TEST(a_blocked_signal_is_told),
        TEST(a_pending_signal_is_told),
        TEST(a_handler_that_is_newer_stays),
        TEST(closing_forgets_what_was_not_read),
        TEST(failing_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
