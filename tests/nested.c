/* nested.c: a poll inside another loop, by mio_poll_fd. */
#include "unix_support.h"

#include <poll.h>

enum { INNER = 1, WAKER = 2, SOURCE = 3 };

/* poll(2) has no descriptor that stands for all it watches. */
static void require_descriptor(struct fixture *f, mio_fd *fd)
{
    const int result = mio_poll_fd(&f->poll, fd);
    if (backend_is("poll")) {
        assert_error(result, MIO_ERR_UNSUPPORTED);
        SKIP("poll(2) has no descriptor to nest");
    }
    assert_ok(result);
    assert_true(*fd >= 0);
    assert_true(fd_is_cloexec(*fd));
}

/* Whether an outer loop that is not the library's would look at the poll. */
static bool is_due(mio_fd fd, int timeout_ms)
{
    struct pollfd pollfd = {fd, POLLIN, 0};
    return poll(&pollfd, 1, timeout_ms) == 1 && (pollfd.revents & POLLIN) != 0;
}

static void a_poll_without_a_descriptor_says_so(void **state)
{
    struct fixture *f = *state;
    mio_fd fd = -7;
    if (!backend_is("poll")) {
        SKIP("this backend has a descriptor");
    }
    assert_error(mio_poll_fd(&f->poll, &fd), MIO_ERR_UNSUPPORTED);
    assert_int_equal(fd, -7);
}

static void events_and_wakes_reach_the_outer_loop(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    mio_waker waker;
    mio_fd fd = -1;
    require_descriptor(f, &fd);
    subject_open(&s, &subject_unix_stream);
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(
        mio_registry_register(f->registry, s.source, SOURCE, MIO_READABLE));
    expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        assert_false(is_due(fd, 5));
        assert_ok(mio_waker_wake(&waker));
        assert_true(is_due(fd, 10000));
        expect_only(f, WAKER, R_READABLE);
        assert_false(is_due(fd, 5));
        subject_feed(&s);
        assert_true(is_due(fd, 10000));
        expect_only(f, SOURCE, R_READABLE);
        subject_take(&s);
        subject_block(&s);
    }
    mio_waker_close(&waker);
    subject_close(f, &s);
}

/* The outer loop is a poll of the library too, and sleeps in another thread
 * than the one that wakes. */
static int wait_for_inner(void *argument)
{
    return fixture_wait(argument, PATIENCE);
}

static void a_poll_can_be_a_source(void **state)
{
    struct fixture *f = *state;
    struct fixture outer;
    mio_source source;
    mio_waker waker;
    mio_fd fd = -1;
    require_descriptor(f, &fd);
    fixture_open(&outer);
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_count(fixture_wait(f, 0), 0);
    assert_ok(mio_source_from_fd(&source, fd));
    assert_ok(mio_registry_register(outer.registry, &source, INNER,
                                    MIO_READABLE | MIO_LEVEL));
    expect_quiet(&outer);
    for (int i = 0; i < 10; i++) {
        struct thread thread;
        thread_start(&thread, wait_for_inner, &outer);
        if (i % 2 == 0) {
            thread_await_asleep(&thread);
        }
        const int woken = mio_waker_wake(&waker);
        assert_count(thread_join(&thread), 1);
        assert_ok(woken);
        assert_int_equal(mio_event_token(&outer.events[0]), INNER);
        expect_only(&outer, INNER, R_READABLE);
        assert_count(fixture_wait(f, 0), 1);
        assert_int_equal(mio_event_token(&f->events[0]), WAKER);
        expect_quiet(&outer);
    }
    assert_ok(mio_registry_deregister(outer.registry, &source));
    mio_waker_close(&waker);
    fixture_close(&outer);
}

/* What was there before anybody asked for the descriptor. */
static void an_earlier_wake_makes_it_due(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    mio_fd fd = -1;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(mio_waker_wake(&waker));
    require_descriptor(f, &fd);
    assert_true(is_due(fd, 10000));
    expect_only(f, WAKER, R_READABLE);
    assert_false(is_due(fd, 5));
    mio_waker_close(&waker);
}

/* Wakes that did not fit into the array keep the poll due. */
static void what_did_not_fit_keeps_it_due(void **state)
{
    struct fixture *f = *state;
    mio_waker wakers[3];
    mio_fd fd = -1;
    require_descriptor(f, &fd);
    for (mio_token i = 0; i < ARRAY_LENGTH(wakers); i++) {
        assert_ok(mio_waker_init(&wakers[i], f->registry, i));
        assert_ok(mio_waker_wake(&wakers[i]));
    }
    bool seen[3] = {false};
    for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
        mio_event event;
        assert_true(is_due(fd, 10000));
        assert_count(mio_poll_wait(&f->poll, &event, 1, 0), 1);
        assert_in_range(mio_event_token(&event), 0, 2);
        seen[mio_event_token(&event)] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    assert_count(fixture_wait(f, 0), 0);
    assert_false(is_due(fd, 5));
    for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
        mio_waker_close(&wakers[i]);
    }
}

/* A wake that was cancelled must not leave the poll due for ever. */
static void a_cancelled_wake_is_over_after_one_look(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    mio_fd fd = -1;
    require_descriptor(f, &fd);
    for (int i = 0; i < 3; i++) {
        assert_ok(mio_waker_init(&waker, f->registry, WAKER));
        assert_ok(mio_waker_wake(&waker));
        mio_waker_close(&waker);
        assert_count(fixture_wait(f, 0), 0);
        assert_false(is_due(fd, 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_poll_without_a_descriptor_says_so),
        TEST(events_and_wakes_reach_the_outer_loop),
        TEST(a_poll_can_be_a_source),
        TEST(an_earlier_wake_makes_it_due),
        TEST(what_did_not_fit_keeps_it_due),
        TEST(a_cancelled_wake_is_over_after_one_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
