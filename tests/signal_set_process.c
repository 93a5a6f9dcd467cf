/* signal_set_process.c: signal sets and forked children. */
#include "signal_support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

/* For children, which cannot assert. */
#define REQUIRE(condition)                                                     \
    do {                                                                       \
        if (!(condition)) {                                                    \
            _exit(__LINE__ % 200 + 20);                                        \
        }                                                                      \
    } while (0)

static void expect_signal_of(struct fixture *f, mio_signal_set *set, pid_t from)
{
    mio_signal_info infos[2];
    expect_only(f, SET, R_READABLE);
    assert_count(mio_signal_set_read(set, infos, 2), 1);
    assert_int_equal(infos[0].number, SIGTERM);
    expect_sender(&infos[0], from);
}

/* A child that waits to be told of something, by a byte. */
struct child {
    pid_t id;
    int ready[2];
};

static void child_says_ready(const struct child *child)
{
    REQUIRE(write(child->ready[1], "r", 1) == 1);
}

static void await_ready(struct child *child)
{
    char byte;
    assert_true(fd_await_readable(child->ready[0]));
    assert_int_equal(read(child->ready[0], &byte, 1), 1);
    fd_close(child->ready[0]);
    fd_close(child->ready[1]);
}

/* Returns the signal that has killed the child, 0 if none has. */
static int death_of(pid_t child)
{
    const int64_t deadline = monotonic_ns() + PATIENCE;
    int status = 0;
    pid_t done;
    do {
        done = waitpid(child, &status, WNOHANG);
        thread_pause(MILLISECOND);
    } while (done == 0 && monotonic_ns() < deadline);
    if (done == 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        return 0;
    }
    assert_int_equal(done, child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void sleep_for_ever(void)
{
    const struct timespec patience = {PATIENCE / SECOND, 0};
    (void)nanosleep(&patience, NULL);
    _exit(1);
}

/* Returns twice, as fork does: true in the child. */
static bool fork_child(struct child *child)
{
    raw_pipe(child->ready, false);
    child->id = fork();
    assert_true(child->id >= 0);
    return child->id == 0;
}

/* ---- Children that end --------------------------------------------------*/

static void a_child_that_closes_the_set_can_be_killed(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    struct child child;
    open_set(f, &set, SIGTERM);
    if (fork_child(&child)) {
        mio_signal_set_close(&set);
        child_says_ready(&child);
        sleep_for_ever();
    }
    await_ready(&child);
    assert_int_equal(kill(child.id, SIGTERM), 0);
    assert_int_equal(death_of(child.id), SIGTERM);
    /* The parent's set is as before. */
    expect_quiet(f);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    expect_signal_of(f, &set, getpid());
    mio_signal_set_close(&set);
}

/* What comes before the child has closed the set is the child's all the same. */
static void a_child_keeps_its_signals(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    struct child child;
    open_set(f, &set, SIGTERM);
    if (fork_child(&child)) {
        child_says_ready(&child);
        (void)kill(getpid(), SIGTERM);
        mio_signal_set_close(&set);
        sleep_for_ever();
    }
    await_ready(&child);
    assert_int_equal(death_of(child.id), SIGTERM);
    expect_quiet(f);
    mio_signal_set_close(&set);
}

/* The program kills itself, if it is not born with the signal blocked. */
static void a_program_is_executed_as_without_a_set(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    open_set(f, &set, SIGTERM);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mio_signal_set_close(&set);
        (void)execl("/bin/sh", "sh", "-c", "kill -TERM $$; exit 3",
                    (char *)NULL);
        _exit(2);
    }
    assert_int_equal(death_of(child), SIGTERM);
    expect_quiet(f);
    mio_signal_set_close(&set);
}

/* ---- Children that go on ------------------------------------------------*/

/* A worker: a poll and a set of its own, with the same signal. */
static void work(const struct child *child, mio_signal_set *set, bool knows)
{
    static struct fixture f;
    const int number = SIGTERM;
    mio_signal_info info;
    REQUIRE(mio_signal_set_read(set, &info, 1) == MIO_ERR_BAD_DESCRIPTOR);
    mio_signal_set_close(set);
    REQUIRE(mio_signal_set_read(set, &info, 1) == MIO_ERR_BAD_DESCRIPTOR);
    mio_signal_set_close(set);
    REQUIRE(mio_poll_init(&f.poll, f.slots, FIXTURE_SLOTS) == 0);
    REQUIRE(mio_signal_set_init(set, &number, 1) == 0);
    REQUIRE(mio_registry_register(mio_poll_registry(&f.poll), &set->source, 5,
                                  MIO_READABLE) == 0);
    child_says_ready(child);
    for (int i = 0; i < 3; i++) {
        REQUIRE(mio_poll_wait(&f.poll, f.events, 8, PATIENCE) == 1);
        REQUIRE(mio_event_token(&f.events[0]) == 5);
        REQUIRE(mio_signal_set_read(set, &info, 1) == 1);
        REQUIRE(info.number == SIGTERM && info.sender_known == knows);
        if (i == 0) {
            REQUIRE(info.sender_process == (knows ? getppid() : 0));
        }
        REQUIRE(mio_signal_set_read(set, &info, 1) == MIO_ERR_WOULD_BLOCK);
        if (i < 2) {
            REQUIRE(kill(getpid(), SIGTERM) == 0);
        }
    }
    mio_signal_set_close(set);
    mio_poll_close(&f.poll);
}

static void a_worker_has_its_own_set(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    struct child child;
    const bool knows = sets_know_senders();
    open_set(f, &set, SIGTERM);
    if (fork_child(&child)) {
        work(&child, &set, knows);
        _exit(0);
    }
    await_ready(&child);
    assert_int_equal(kill(child.id, SIGTERM), 0);
    assert_int_equal(child_wait(child.id), 0);
    expect_quiet(f);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    expect_signal_of(f, &set, getpid());
    mio_signal_set_close(&set);
}

/* The parent's signals, unread or yet to come, are not the child's. */
static void a_child_takes_nothing_from_its_parent(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    open_set(f, &set, SIGTERM);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        mio_signal_set_close(&set);
        _exit(0);
    }
    assert_int_equal(child_wait(child), 0);
    expect_signal_of(f, &set, getpid());
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    expect_signal_of(f, &set, getpid());
    assert_ok(mio_registry_deregister(f->registry, &set.source));
    mio_signal_set_close(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_that_closes_the_set_can_be_killed),
        TEST(a_child_keeps_its_signals),
        TEST(a_program_is_executed_as_without_a_set),
        TEST(a_worker_has_its_own_set),
        TEST(a_child_takes_nothing_from_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
