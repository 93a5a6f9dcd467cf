/* time.c: how long waits take (G6). Signals are in signals.c; that
 * registrations do not restart the time, and that short waits are short, in
 * defects.c. */
#include "stream.h"

enum { WAKER = 1, SOURCE = 2 };

static const int64_t durations[] = {
    1,
    500,
    100 * MICROSECOND,
    999 * MICROSECOND + 999,
    MILLISECOND,
    MILLISECOND + 1,
    MILLISECOND + 500 * MICROSECOND,
    2 * MILLISECOND,
    7 * MILLISECOND + 1,
    20 * MILLISECOND,
};

static void check_never_early(struct fixture *f, int repeats)
{
    for (int i = 0; i < repeats; i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(durations); j++) {
            const int64_t start = monotonic_ns();
            const int count = fixture_wait(f, durations[j]);
            const int64_t taken = monotonic_ns() - start;
            assert_count(count, 0);
            if (taken < durations[j]) {
                print_error("%lld ns took %lld ns\n", (long long)durations[j],
                            (long long)taken);
            }
            assert_true(taken >= durations[j]);
        }
    }
}

static void never_early_with_nothing(void **state)
{
    check_never_early(*state, 3);
}

static void never_early_with_sources(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    mio_waker waker;
    assert_ok(stream_pair(&a, &b));
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    check_never_early(f, 1);

    /* Something has been reported and is still there. */
    assert_count(stream_write(&b, "x", 1), 1);
    expect_only(f, SOURCE, R_READABLE);
    check_never_early(f, 1);
    mio_waker_close(&waker);
    stream_close(&a);
    stream_close(&b);
}

/* A wake that was cancelled leaves a ring of the doorbell behind, which is no
 * reason to return. */
static void never_early_after_cancelled_wakes(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    for (size_t i = 0; i < ARRAY_LENGTH(durations); i++) {
        assert_ok(mio_waker_init(&waker, f->registry, WAKER));
        assert_ok(mio_waker_wake(&waker));
        mio_waker_close(&waker);
        const int64_t start = monotonic_ns();
        assert_count(fixture_wait(f, durations[i]), 0);
        assert_true(monotonic_ns() - start >= durations[i]);
    }
}

/* 0 only looks; the upper bound is for a machine that is very busy. */
static void zero_only_looks(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    assert_ok(stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    const int64_t start = monotonic_ns();
    for (int i = 0; i < 100; i++) {
        assert_count(fixture_wait(f, 0), 0);
    }
    assert_true(monotonic_ns() - start < PATIENCE);
    assert_count(stream_write(&b, "x", 1), 1);
    assert_count(fixture_wait(f, 0), 1);
    assert_int_equal(mio_event_token(&f->events[0]), SOURCE);
    assert_count(fixture_wait(f, 0), 0);
    stream_close(&a);
    stream_close(&b);
}

/* ---- Long waits ---------------------------------------------------------*/

struct alarm {
    long sleeper;
    mio_waker *waker;
};

static int wake_sleeper(void *argument)
{
    struct alarm *alarm = argument;
    task_await_asleep(alarm->sleeper);
    return mio_waker_wake(alarm->waker);
}

/* Times that mean "for ever" or overflow some smaller unit on the way to the
 * system: a wake ends them, and nothing else does. */
static void long_waits_end_by_a_wake_alone(void **state)
{
    struct fixture *f = *state;
    const int64_t timeouts[] = {
        -1,
        -SECOND,
        INT64_MIN,
        INT64_MAX,
        INT64_MAX - 1,
        INT64_MAX / 2,
        INT64_C(9999999999) * MICROSECOND, /* sub-ms: not a whole number */
        ((INT64_C(1) << 31) - 1) * MILLISECOND,
        (INT64_C(1) << 31) * MILLISECOND,
        (INT64_C(1) << 32) * MILLISECOND,
        (INT64_C(1) << 32) * MILLISECOND + 1,
        PATIENCE,
        PATIENCE + 1,
    };
    mio_waker waker;
    struct alarm alarm = {task_current(), &waker};
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    for (size_t i = 0; i < ARRAY_LENGTH(timeouts); i++) {
        struct thread thread;
        thread_start(&thread, wake_sleeper, &alarm);
        const int count = fixture_wait(f, timeouts[i]);
        assert_ok(thread_join(&thread));
        if (count != 1) {
            print_error("timeout %lld\n", (long long)timeouts[i]);
        }
        assert_count(count, 1);
        assert_int_equal(mio_event_token(&f->events[0]), WAKER);
    }
    mio_waker_close(&waker);
}

struct writer {
    long sleeper;
    local_stream *stream;
};

static int write_to_sleeper(void *argument)
{
    struct writer *writer = argument;
    task_await_asleep(writer->sleeper);
    return stream_write(writer->stream, "x", 1) == 1 ? 0 : 1;
}

/* An event ends a wait before its time. */
static void an_event_ends_a_long_wait(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    struct writer writer = {task_current(), &b};
    const int64_t timeouts[] = {-1, 2 * PATIENCE, 2 * PATIENCE + 1};
    assert_ok(stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, SOURCE,
                                    MIO_READABLE | MIO_LEVEL));
    for (size_t i = 0; i < ARRAY_LENGTH(timeouts); i++) {
        struct thread thread;
        thread_start(&thread, write_to_sleeper, &writer);
        const int64_t start = monotonic_ns();
        const int count = fixture_wait(f, timeouts[i]);
        assert_true(monotonic_ns() - start < PATIENCE);
        assert_ok(thread_join(&thread));
        assert_count(count, 1);
        stream_drain(&a, 1);
    }
    stream_close(&a);
    stream_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(never_early_with_nothing),
        TEST(never_early_with_sources),
        TEST(never_early_after_cancelled_wakes),
        TEST(zero_only_looks),
        TEST(long_waits_end_by_a_wake_alone),
        TEST(an_event_ends_a_long_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
