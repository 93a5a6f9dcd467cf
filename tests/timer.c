/* timer.c: arming, cancelling, order, periods. What timers and the wait do to
 * each other is in timer_wait.c, misuse and life in timer_life.c, the queue
 * itself in timer_model.c. */
#include "timer_support.h"

/* An event of a timer, the i-th of the last wait. */
static void assert_timer_event(const struct fixture *f, int i, mio_token token)
{
    assert_in_range(i + 1, 1, f->count);
    assert_int_equal(mio_event_token(&f->events[i]), token);
    assert_int_equal(readiness_of(&f->events[i]), R_READABLE);
}

/* ---- One timer ----------------------------------------------------------*/

static void a_timer_gives_one_event(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 7));
    assert_false(mio_timer_is_armed(&queue, &timer));
    assert_ok(mio_timer_arm_after(&queue, &timer, MILLISECOND));
    assert_true(mio_timer_is_armed(&queue, &timer));
    assert_int_equal(mio_timer_expired(&timer), 0);
    expect_only(f, 7, R_READABLE);
    assert_false(mio_timer_is_armed(&queue, &timer));
    assert_int_equal(mio_timer_expired(&timer), 1);
    expect_sleep(f);
}

static void events_are_never_early(void **state)
{
    static const int64_t delays[] = {
        1,
        500,
        100 * MICROSECOND,
        999 * MICROSECOND + 999,
        MILLISECOND,
        MILLISECOND + 1,
        MILLISECOND + 500 * MICROSECOND,
        7 * MILLISECOND + 1,
        40 * MILLISECOND,
    };
    struct fixture *f = *state;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    for (size_t i = 0; i < ARRAY_LENGTH(delays); i++) {
        const int64_t start = monotonic_ns();
        assert_ok(mio_timer_arm_after(&queue, &timer, delays[i]));
        const int64_t deadline = mio_timer_deadline(&timer);
        assert_count(fixture_wait(f, -1), 1);
        assert_true(monotonic_ns() - start >= delays[i]);
        assert_true(mio_now() >= deadline);
        assert_timer_event(f, 0, 1);
    }
}

static void a_zeroed_timer_is_valid(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    memset(&timer, 0, sizeof(timer));
    assert_false(mio_timer_is_armed(&queue, &timer));
    assert_error(mio_timer_cancel(&queue, &timer), MIO_ERR_NOT_FOUND);
    assert_int_equal(mio_timer_deadline(&timer), 0);
    assert_ok(mio_timer_arm_at(&queue, &timer, 0));
    expect_only(f, 0, R_READABLE);
}

static void a_timer_that_is_not_armed_can_be_moved(void **state)
{
    struct fixture *f = *state;
    mio_timer places[3];
    assert_ok(mio_timer_init(&places[0], 5));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(mio_timer_arm_at(&queue, &places[i], 0));
        if (i == 0) {
            assert_ok(mio_timer_cancel(&queue, &places[i]));
        } else {
            expect_only(f, 5, R_READABLE);
        }
        places[i + 1] = places[i];
        memset(&places[i], 0xff, sizeof(places[i]));
    }
    assert_ok(mio_timer_arm_at(&queue, &places[2], 0));
    expect_only(f, 5, R_READABLE);
}

/* ---- Moments ------------------------------------------------------------*/

static void the_past_is_due_at_once(void **state)
{
    const int64_t moments[] = {INT64_MIN, INT64_MIN + 1,     -1, 0,
                               1,         mio_now() - SECOND};
    struct fixture *f = *state;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    for (size_t i = 0; i < ARRAY_LENGTH(moments); i++) {
        assert_ok(mio_timer_arm_at(&queue, &timer, moments[i]));
        assert_int_equal(mio_timer_deadline(&timer), moments[i]);
        assert_count(fixture_wait(f, 0), 1);
        assert_timer_event(f, 0, 1);
        assert_int_equal(mio_timer_expired(&timer), 1);
    }
    const int64_t delays[] = {INT64_MIN, -1, 0};
    for (size_t i = 0; i < ARRAY_LENGTH(delays); i++) {
        assert_ok(mio_timer_arm_after(&queue, &timer, delays[i]));
        assert_true(mio_timer_deadline(&timer) <= mio_now());
        assert_count(fixture_wait(f, 0), 1);
    }
}

static void the_end_of_time_does_not_come(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[4];
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
    }
    assert_ok(mio_timer_arm_at(&queue, &timers[0], INT64_MAX));
    assert_ok(mio_timer_arm_at(&queue, &timers[1], INT64_MAX - 1));
    assert_ok(mio_timer_arm_after(&queue, &timers[2], INT64_MAX));
    assert_int_equal(mio_timer_deadline(&timers[2]), INT64_MAX);
    expect_sleep(f);
    assert_ok(mio_timer_arm_at(&queue, &timers[3], INT64_MIN));
    expect_only(f, 3, R_READABLE);
    assert_ok(mio_timer_cancel(&queue, &timers[1]));
    expect_sleep(f);
    assert_true(mio_timer_is_armed(&queue, &timers[0]));
}

/* ---- Order --------------------------------------------------------------*/

static void the_earliest_deadline_comes_first(void **state)
{
    static const int64_t deadlines[] = {30, 10, 20, 10, INT64_MIN, 20, 10};
    static const mio_token order[] = {4, 1, 3, 6, 2, 5, 0};
    struct fixture *f = *state;
    mio_timer timers[ARRAY_LENGTH(deadlines)];
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], deadlines[i]));
    }
    assert_count(fixture_wait(f, -1), (int)ARRAY_LENGTH(timers));
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        assert_timer_event(f, (int)i, order[i]);
    }
}

/* Of equal deadlines, that which was armed last comes last: also if it was
 * armed for that deadline before. */
static void arming_again_goes_behind(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[3];
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], 10));
    }
    assert_ok(mio_timer_arm_at(&queue, &timers[0], 10));
    assert_ok(mio_timer_arm_at(&queue, &timers[1], 5));
    assert_ok(mio_timer_arm_at(&queue, &timers[1], 10));
    assert_count(fixture_wait(f, -1), 3);
    assert_timer_event(f, 0, 2);
    assert_timer_event(f, 1, 0);
    assert_timer_event(f, 2, 1);
}

static void a_small_array_gets_the_first(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[40];
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], 1000 - (int64_t)i));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        mio_event event;
        assert_count(mio_poll_wait(&f->poll, &event, 1, -1), 1);
        assert_int_equal(mio_event_token(&event), ARRAY_LENGTH(timers) - 1 - i);
    }
    expect_quiet(f);
}

/* ---- Cancelling and re-arming -------------------------------------------*/

static void a_cancelled_timer_is_silent(void **state)
{
    struct fixture *f = *state;
    mio_timer due;
    mio_timer later;
    assert_ok(mio_timer_init(&due, 1));
    assert_ok(mio_timer_init(&later, 2));
    assert_ok(mio_timer_arm_at(&queue, &due, 0));
    assert_ok(mio_timer_arm_after(&queue, &later, 5 * MILLISECOND));
    assert_ok(mio_timer_cancel(&queue, &due));
    assert_ok(mio_timer_cancel(&queue, &later));
    assert_false(mio_timer_is_armed(&queue, &due));
    assert_error(mio_timer_cancel(&queue, &due), MIO_ERR_NOT_FOUND);
    expect_sleep(f);
    assert_int_equal(mio_timer_expired(&due), 0);
}

static void a_rearmed_timer_forgets_the_first_deadline(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_arm_at(&queue, &timer, 0));
    assert_ok(mio_timer_arm_after(&queue, &timer, 5 * MILLISECOND));
    assert_count(fixture_wait(f, 0), 0);
    const int64_t deadline = mio_timer_deadline(&timer);
    expect_only(f, 1, R_READABLE);
    assert_true(mio_now() >= deadline);
    expect_sleep(f);

    assert_ok(mio_timer_arm_after(&queue, &timer, HOUR));
    expect_quiet(f);
    assert_ok(mio_timer_arm_after(&queue, &timer, MILLISECOND));
    expect_only(f, 1, R_READABLE);
    expect_quiet(f);
}

/* Timers that have expired in the same wait, cancelled and re-armed by the
 * handler of the first: their events are void. */
static void events_in_the_array_are_made_void(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[4];
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], (int64_t)i));
    }
    assert_ok(mio_timer_arm_periodic(&queue, &timers[3], 3, HOUR));
    assert_count(fixture_wait(f, -1), 4);
    assert_error(mio_timer_cancel(&queue, &timers[1]), MIO_ERR_NOT_FOUND);
    assert_ok(mio_timer_arm_at(&queue, &timers[2], 2));
    assert_ok(mio_timer_cancel(&queue, &timers[3]));
    assert_int_equal(mio_timer_expired(&timers[0]), 1);
    assert_int_equal(mio_timer_expired(&timers[1]), 0);
    assert_int_equal(mio_timer_expired(&timers[2]), 0);
    assert_int_equal(mio_timer_expired(&timers[3]), 0);
    expect_only(f, 2, R_READABLE);
    assert_int_equal(mio_timer_expired(&timers[2]), 1);
    expect_quiet(f);
}

/* Due timers that did not fit, cancelled and re-armed between two waits. */
static void timers_that_did_not_fit_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[5];
    mio_event event;
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], (int64_t)i));
    }
    assert_count(mio_poll_wait(&f->poll, &event, 1, -1), 1);
    assert_int_equal(mio_event_token(&event), 0);
    assert_ok(mio_timer_cancel(&queue, &timers[1]));
    assert_ok(mio_timer_arm_after(&queue, &timers[2], HOUR));
    assert_ok(mio_timer_arm_at(&queue, &timers[3], 100));
    assert_count(fixture_wait(f, -1), 2);
    assert_timer_event(f, 0, 4);
    assert_timer_event(f, 1, 3);
    expect_quiet(f);
    assert_true(mio_timer_is_armed(&queue, &timers[2]));
}

/* A handler that arms its own timer for now gets one event in each wait. */
static void a_timer_can_be_armed_by_its_handler(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[2];
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], 0));
    }
    for (int round = 0; round < 100; round++) {
        assert_count(fixture_wait(f, -1), 2);
        for (int i = 0; i < 2; i++) {
            mio_timer *timer = &timers[mio_event_token(&f->events[i])];
            assert_int_equal(mio_timer_expired(timer), 1);
            assert_ok(mio_timer_arm_after(&queue, timer, 0));
            assert_int_equal(mio_timer_expired(timer), 0);
        }
    }
}

/* ---- Periods ------------------------------------------------------------*/

static void missed_periods_are_counted(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    const int64_t first = mio_now() - 10 * HOUR - HOUR / 2;
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_arm_periodic(&queue, &timer, first, HOUR));
    expect_only(f, 1, R_READABLE);
    assert_int_equal(mio_timer_expired(&timer), 11);
    assert_true(mio_timer_is_armed(&queue, &timer));
    assert_int_equal(mio_timer_deadline(&timer), first + 11 * HOUR);
    expect_sleep(f);
    assert_ok(mio_timer_cancel(&queue, &timer));
    assert_int_equal(mio_timer_expired(&timer), 0);
}

static void periods_do_not_drift(void **state)
{
    struct fixture *f = *state;
    const int64_t period = 3 * MILLISECOND;
    const int64_t first = mio_now() + period;
    int64_t passed = 0; /* deadlines */
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_arm_periodic(&queue, &timer, first, period));
    for (int i = 0; i < 20; i++) {
        assert_count(fixture_wait(f, PATIENCE), 1);
        const int64_t now = mio_now();
        passed += mio_timer_expired(&timer);
        assert_true(mio_timer_expired(&timer) >= 1);
        assert_int_equal(mio_timer_deadline(&timer), first + passed * period);
        assert_true(now >= first + (passed - 1) * period);
    }
    /* Armed for once, it comes once. */
    assert_ok(mio_timer_arm_after(&queue, &timer, MILLISECOND));
    expect_only(f, 1, R_READABLE);
    expect_sleep(f);
}

static void a_period_beyond_the_end_of_time_is_the_last(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_arm_periodic(&queue, &timer, INT64_MIN, 1));
    expect_only(f, 1, R_READABLE);
    assert_int_equal(mio_timer_expired(&timer), UINT32_MAX);
    assert_ok(mio_timer_arm_periodic(&queue, &timer, 1, INT64_MAX));
    expect_only(f, 1, R_READABLE);
    assert_int_equal(mio_timer_expired(&timer), 1);
    assert_false(mio_timer_is_armed(&queue, &timer));
    expect_quiet(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMER_TEST(a_timer_gives_one_event),
        TIMER_TEST(events_are_never_early),
        TIMER_TEST(a_zeroed_timer_is_valid),
        TIMER_TEST(a_timer_that_is_not_armed_can_be_moved),
        TIMER_TEST(the_past_is_due_at_once),
        TIMER_TEST(the_end_of_time_does_not_come),
        TIMER_TEST(the_earliest_deadline_comes_first),
        TIMER_TEST(arming_again_goes_behind),
        TIMER_TEST(a_small_array_gets_the_first),
        TIMER_TEST(a_cancelled_timer_is_silent),
        TIMER_TEST(a_rearmed_timer_forgets_the_first_deadline),
        TIMER_TEST(events_in_the_array_are_made_void),
        TIMER_TEST(timers_that_did_not_fit_can_be_cancelled),
        TIMER_TEST(a_timer_can_be_armed_by_its_handler),
        TIMER_TEST(missed_periods_are_counted),
        TIMER_TEST(periods_do_not_drift),
        TIMER_TEST(a_period_beyond_the_end_of_time_is_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
