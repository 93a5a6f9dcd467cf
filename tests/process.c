/* process.c: the ends of child processes, as events and with their status. */
#include "child.h"

enum { CHILD = 1, OTHER = 2 };

/* A child that runs, registered. */
static void start(struct fixture *f, struct child *child, mio_process *process,
                  int code, mio_interest interest)
{
    child_start(child, code);
    assert_ok(child_open(process, child));
    assert_ok(
        mio_registry_register(f->registry, &process->source, CHILD, interest));
    assert_true(mio_source_is_registered(&process->source));
}

static void assert_code(mio_process *process, uint32_t code)
{
    mio_exit_status status = {0};
    assert_ok(mio_process_try_wait(process, &status));
    assert_int_equal(status.kind, MIO_EXIT_CODE);
    assert_int_equal(status.code, code);
    assert_false(status.core_dumped);
}

static void finish(struct child *child, mio_process *process)
{
    mio_process_close(process);
    child_forget(child);
}

static unsigned readable(const mio_event *event)
{
    return readiness_of(event) & R_READABLE;
}

/* ---- Status -------------------------------------------------------------*/

static void the_end_is_an_event_and_has_a_status(void **state)
{
    struct fixture *f = *state;
    const int codes[] = {0, 7, 255};
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        struct child child;
        mio_process process;
        mio_exit_status status = {.code = 77};
        start(f, &child, &process, codes[i], MIO_READABLE);
        assert_error(mio_process_try_wait(&process, &status),
                     MIO_ERR_WOULD_BLOCK);
        assert_int_equal(status.code, 77);
        expect_quiet(f);
        child_let_go(&child);
        expect_event(f, CHILD, R_READABLE);
        assert_code(&process, (uint32_t)codes[i]);
        assert_code(&process, (uint32_t)codes[i]);
        assert_true(child_none_left());
        finish(&child, &process);
    }
}

static void a_child_that_is_killed(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    mio_exit_status status;
    start(f, &child, &process, 0, MIO_READABLE);
    child_kill(&child, &process);
    expect_event(f, CHILD, R_READABLE);
    assert_ok(mio_process_try_wait(&process, &status));
    assert_int_equal(status.kind,
                     on_windows() ? MIO_EXIT_CODE : MIO_EXIT_SIGNAL);
    assert_int_equal(status.code, 9);
    assert_false(status.core_dumped);
    finish(&child, &process);
}

static void without_a_poll_it_can_be_asked(void **state)
{
    struct child child;
    mio_process process;
    mio_exit_status status;
    (void)state;
    child_start(&child, 5);
    assert_ok(child_open(&process, &child));
    assert_error(mio_process_try_wait(&process, &status), MIO_ERR_WOULD_BLOCK);
    child_let_go(&child);
    child_await_end(&child);
    assert_code(&process, 5);
    assert_false(mio_source_is_registered(&process.source));
    finish(&child, &process);
}

/* ---- When it is registered ----------------------------------------------*/

static void one_that_has_ended_before(void **state)
{
    struct fixture *f = *state;
    for (int opened_before = 0; opened_before < 2; opened_before++) {
        struct child child;
        mio_process process;
        child_start(&child, 3);
        if (opened_before) {
            assert_ok(child_open(&process, &child));
        }
        child_let_go(&child);
        child_await_end(&child);
        if (!opened_before) {
            assert_ok(child_open(&process, &child));
        }
        assert_ok(mio_registry_register(f->registry, &process.source, CHILD,
                                        MIO_READABLE));
        expect_event(f, CHILD, R_READABLE);
        assert_code(&process, 3);
        finish(&child, &process);
    }
}

static void edges_are_told_once(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    start(f, &child, &process, 0, MIO_READABLE);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    expect_sleep(f);
    assert_ok(mio_registry_reregister(f->registry, &process.source, OTHER,
                                      MIO_READABLE));
    expect_event(f, OTHER, R_READABLE);
    expect_quiet(f);
    assert_code(&process, 0);
    finish(&child, &process);
}

static void levels_are_told_until_it_is_deregistered(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    start(f, &child, &process, 0, MIO_READABLE | MIO_LEVEL);
    expect_sleep(f);
    child_let_go(&child);
    for (int i = 0; i < 3; i++) {
        assert_count(fixture_wait(f, PATIENCE), 1);
        assert_int_equal(mio_event_token(&f->events[0]), CHILD);
        assert_int_equal(readable(&f->events[0]), R_READABLE);
    }
    assert_code(&process, 0);
    assert_count(fixture_wait(f, PATIENCE), 1); /* also afterwards */
    assert_ok(mio_registry_deregister(f->registry, &process.source));
    assert_false(mio_source_is_registered(&process.source));
    expect_sleep(f);
    assert_ok(mio_registry_register(f->registry, &process.source, OTHER,
                                    MIO_READABLE | MIO_LEVEL));
    expect_event(f, OTHER, R_READABLE);
    finish(&child, &process);
    expect_sleep(f);
}

static void oneshot_fires_once(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        struct child child;
        mio_process process;
        start(f, &child, &process, 0, MIO_READABLE | modes[i]);
        child_let_go(&child);
        expect_event(f, CHILD, R_READABLE);
        expect_sleep(f);
        assert_ok(mio_registry_reregister(f->registry, &process.source, OTHER,
                                          MIO_READABLE | modes[i]));
        expect_event(f, OTHER, R_READABLE);
        expect_quiet(f);
        assert_code(&process, 0);
        finish(&child, &process);
    }
}

static void nothing_is_told_after_deregistering(void **state)
{
    struct fixture *f = *state;
    struct child child;
    mio_process process;
    start(f, &child, &process, 0, MIO_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &process.source));
    assert_error(mio_registry_deregister(f->registry, &process.source),
                 MIO_ERR_NOT_FOUND);
    child_let_go(&child);
    child_await_end(&child);
    expect_sleep(f);
    assert_code(&process, 0);
    finish(&child, &process);
}

static void it_is_registered_once(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct child child;
    mio_process process;
    fixture_open(&other);
    start(f, &child, &process, 0, MIO_READABLE);
    assert_error(mio_registry_register(f->registry, &process.source, OTHER,
                                       MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_register(other.registry, &process.source, OTHER,
                                       MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    assert_code(&process, 0);
    finish(&child, &process);
    fixture_close(&other);
}

/* ---- Others -------------------------------------------------------------*/

static void other_children_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct child child;
    struct child unknown; /* to the library */
    mio_process process;
    child_start(&unknown, 6);
    start(f, &child, &process, 4, MIO_READABLE);
    child_let_go(&unknown);
    child_await_end(&unknown);
    expect_sleep(f);
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    assert_code(&process, 4);
    finish(&child, &process);
    assert_int_equal(child_reap(&unknown), 6);
}

/* Each with a poll; on Unix one of them gets the status. */
static void several_of_one_child(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct child child;
    mio_process first;
    mio_process second;
    mio_exit_status status;
    fixture_open(&other);
    start(f, &child, &first, 8, MIO_READABLE);
    assert_ok(child_open(&second, &child));
    assert_ok(mio_registry_register(other.registry, &second.source, OTHER,
                                    MIO_READABLE));
    child_let_go(&child);
    expect_event(f, CHILD, R_READABLE);
    assert_code(&first, 8);
    expect_event(&other, OTHER, R_READABLE);
    assert_int_equal(mio_process_try_wait(&second, &status),
                     on_windows() ? 0 : MIO_ERR_NOT_FOUND);
    mio_process_close(&second);
    finish(&child, &first);
    fixture_close(&other);
}

static void closing_leaves_the_child_alone(void **state)
{
    struct fixture *f = *state;
    for (int has_ended = 0; has_ended < 2; has_ended++) {
        struct child child;
        mio_process process;
        start(f, &child, &process, 2, MIO_READABLE);
        if (has_ended) {
            child_let_go(&child);
            expect_event(f, CHILD, R_READABLE);
        }
        mio_process_close(&process);
        mio_process_close(&process);
        if (!has_ended) {
            child_let_go(&child);
        }
        assert_int_equal(child_reap(&child), 2);
        expect_quiet(f);
    }
}

static void the_poll_may_be_closed_first(void **state)
{
    struct fixture *f = *state;
    struct fixture first;
    struct child child;
    mio_process process;
    for (int ends_before = 0; ends_before < 2; ends_before++) {
        fixture_open(&first);
        start(&first, &child, &process, 0, MIO_READABLE);
        if (ends_before) {
            child_let_go(&child);
            child_await_end(&child);
        }
        fixture_close(&first);
        assert_false(mio_source_is_registered(&process.source));
        assert_ok(mio_registry_register(f->registry, &process.source, OTHER,
                                        MIO_READABLE));
        if (!ends_before) {
            child_let_go(&child);
        }
        expect_event(f, OTHER, R_READABLE);
        assert_code(&process, 0);
        finish(&child, &process);
    }
    fixture_open(&first);
    start(&first, &child, &process, 0, MIO_READABLE);
    fixture_close(&first);
    child_let_go(&child);
    child_await_end(&child);
    assert_code(&process, 0);
    finish(&child, &process);
}

/* ---- Threads ------------------------------------------------------------*/

static int wait_for_child(void *argument)
{
    struct fixture *f = argument;
    int count = fixture_wait(f, PATIENCE);
    return count == 1 ? (int)mio_event_token(&f->events[0]) : -1;
}

static void a_thread_that_waits_is_told(void **state)
{
    struct fixture *f = *state;
    for (int registered_late = 0; registered_late < 2; registered_late++) {
        struct thread waiter;
        struct child child;
        mio_process process;
        child_start(&child, 1);
        assert_ok(child_open(&process, &child));
        if (!registered_late) {
            assert_ok(mio_registry_register(f->registry, &process.source, CHILD,
                                            MIO_READABLE));
        }
        thread_start(&waiter, wait_for_child, f);
        thread_await_asleep(&waiter);
        if (registered_late) {
            assert_ok(mio_registry_register(f->registry, &process.source, CHILD,
                                            MIO_READABLE));
        }
        child_let_go(&child);
        assert_int_equal(thread_join(&waiter), CHILD);
        assert_code(&process, 1);
        finish(&child, &process);
    }
}

/* ---- Many ---------------------------------------------------------------*/

enum { MANY = 1000, FEWER = 200, FEW = 70, MANY_EVENTS = 64 };

static struct many {
    struct child children[MANY];
    mio_process processes[MANY];
    bool has_ended[MANY];
    mio_slot slots[MANY];
} many;

static void take(const mio_event *event, size_t count)
{
    const size_t index = (size_t)mio_event_token(event);
    assert_in_range(index, 0, count - 1);
    assert_int_equal(readable(event), R_READABLE);
    assert_false(many.has_ended[index]);
    many.has_ended[index] = true;
    assert_code(&many.processes[index], (uint32_t)(index % 200));
    finish(&many.children[index], &many.processes[index]);
}

/* On Windows more than one thread of the pool can wait for. The stand-in for
 * kqueue looks through all kqueues whenever something is closed. */
static size_t how_many(void)
{
    return on_windows() ? FEW : backend_is("kqueue") ? FEWER : MANY;
}

static void many_at_once(void **state)
{
    const size_t count = how_many();
    mio_poll poll;
    mio_event events[MANY_EVENTS];
    size_t taken = 0;
    (void)state;
    if (!on_windows() && !fds_allow((unsigned)count * 8)) {
        SKIP("there are not enough descriptors for so many children");
    }
    memset(&many, 0, sizeof(many));
    assert_ok(mio_poll_init(&poll, many.slots, MANY));
    for (size_t i = 0; i < count; i++) {
        child_start(&many.children[i], (int)(i % 200));
        assert_ok(child_open(&many.processes[i], &many.children[i]));
        assert_ok(mio_registry_register(mio_poll_registry(&poll),
                                        &many.processes[i].source, i,
                                        MIO_READABLE));
    }
    for (size_t i = 0; i < count; i++) {
        child_let_go(&many.children[i]);
    }
    while (taken < count) {
        int found = mio_poll_wait(&poll, events, MANY_EVENTS, PATIENCE);
        assert_in_range(found, 1, MANY_EVENTS);
        for (int i = 0; i < found; i++) {
            take(&events[i], count);
        }
        taken += (size_t)found;
    }
    assert_true(child_none_left());
    mio_poll_close(&poll);
    fds_restore();
}

/* More rounds than are tolerated on Windows. */
static void nothing_is_left_open(void **state)
{
    struct fixture *f = *state;
    struct child child;
    child_start(&child, 1);
    for (int i = 0; i < 100; i++) {
        mio_process process;
        assert_ok(child_open(&process, &child));
        assert_ok(mio_registry_register(f->registry, &process.source, CHILD,
                                        MIO_READABLE));
        mio_process_close(&process);
    }
    expect_quiet(f);
    child_let_go(&child);
    assert_int_equal(child_reap(&child), 1);
}

/* ---- Misuse -------------------------------------------------------------*/

static void check_closed(mio_process *process, int error)
{
    mio_exit_status status;
    assert_error(mio_process_try_wait(process, &status), error);
}

static void closed_and_null(void **state)
{
    struct child child;
    mio_process process;
    (void)state;
    CHECK_CLOSED(mio_process, check_closed, mio_process_close);
    child_start(&child, 0);
    assert_error(child_open(NULL, &child), MIO_ERR_INVALID_INPUT);
    assert_ok(child_open(&process, &child));
    assert_error(mio_process_try_wait(&process, NULL), MIO_ERR_INVALID_INPUT);
    mio_process_close(&process);
    check_closed(&process, MIO_ERR_BAD_DESCRIPTOR);
    child_let_go(&child);
    assert_int_equal(child_reap(&child), 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        TEST(the_end_is_an_event_and_has_a_status),
        TEST(a_child_that_is_killed),
        TEST_BARE(without_a_poll_it_can_be_asked),
        TEST(one_that_has_ended_before),
        TEST(edges_are_told_once),
        TEST(levels_are_told_until_it_is_deregistered),
        TEST(oneshot_fires_once),
        TEST(nothing_is_told_after_deregistering),
        TEST(it_is_registered_once),
        TEST(other_children_are_left_alone),
        TEST(several_of_one_child),
        TEST(closing_leaves_the_child_alone),
        TEST(the_poll_may_be_closed_first),
        TEST(a_thread_that_waits_is_told),
        TEST_BARE(many_at_once),
        TEST(nothing_is_left_open),
        TEST_BARE(closed_and_null),
    };
    child_main(count, arguments);
    if (on_windows()) { /* whose thread pool waits for processes */
        support_tolerate_fds(10);
    }
    if (!fd_0_open()) {
        return 1;
    }
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
