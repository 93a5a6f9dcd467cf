/* timer_life.c: timer queues opened, closed and misused; and many timers. */
#include "support.h"

#define HOUR (3600 * SECOND)

/* ---- Misuse -------------------------------------------------------------*/

static void arguments_are_checked(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timer;
    int64_t next = 5;
    assert_error(mio_timer_queue_init(NULL, &f->poll), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_queue_init(&queue, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_init(NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_init(&timer, MIO_TOKEN_RESERVED),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    assert_error(mio_timer_arm_at(&queue, NULL, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_arm_after(&queue, NULL, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_arm_periodic(&queue, NULL, 0, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_cancel(&queue, NULL), MIO_ERR_INVALID_INPUT);
    assert_false(mio_timer_is_armed(&queue, NULL));
    assert_int_equal(mio_timer_deadline(NULL), 0);
    assert_int_equal(mio_timer_expired(NULL), 0);
    assert_error(mio_timer_queue_next(&queue, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_queue_next(NULL, &next), MIO_ERR_INVALID_INPUT);
    assert_int_equal(next, 5);
    mio_timer_queue_close(NULL);
    mio_timer_queue_close(&queue);
}

static void a_bad_period_changes_nothing(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timer;
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    assert_ok(mio_timer_init(&timer, 1));
    assert_error(mio_timer_arm_periodic(&queue, &timer, 0, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_false(mio_timer_is_armed(&queue, &timer));
    assert_ok(mio_timer_arm_periodic(&queue, &timer, 4, HOUR));
    assert_error(mio_timer_arm_periodic(&queue, &timer, 5, INT64_MIN),
                 MIO_ERR_INVALID_INPUT);
    assert_int_equal(mio_timer_deadline(&timer), 4);
    expect_only(f, 1, R_READABLE);
    assert_true(mio_timer_is_armed(&queue, &timer));
    mio_timer_queue_close(&queue);
}

static void check_closed(mio_timer_queue *queue, mio_timer *timer)
{
    int64_t next = 5;
    const int64_t deadline = mio_timer_deadline(timer);
    assert_error(mio_timer_arm_at(queue, timer, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_arm_after(queue, timer, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_arm_periodic(queue, timer, 0, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_cancel(queue, timer), MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_queue_next(queue, &next), MIO_ERR_INVALID_INPUT);
    assert_false(mio_timer_is_armed(queue, timer));
    assert_int_equal(mio_timer_deadline(timer), deadline);
    assert_int_equal(next, 5);
}

static void closed_queues_are_refused(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    check_closed(NULL, &timer);
    memset(&queue, 0, sizeof(queue));
    check_closed(&queue, &timer);
    mio_timer_queue_close(&queue);
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    assert_ok(mio_timer_arm_after(&queue, &timer, HOUR));
    mio_timer_queue_close(&queue);
    check_closed(&queue, &timer);
    mio_timer_queue_close(&queue);
    check_closed(&queue, &timer);
}

static void a_poll_has_one_queue(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue first;
    mio_timer_queue second;
    mio_timer timer;
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_queue_init(&first, &f->poll));
    assert_error(mio_timer_queue_init(&second, &f->poll),
                 MIO_ERR_ALREADY_EXISTS);
    mio_timer_queue_close(&first);
    assert_ok(mio_timer_queue_init(&second, &f->poll));
    assert_ok(mio_timer_arm_at(&second, &timer, 0));
    mio_timer_queue_close(&first); /* closed already: does not touch the poll */
    expect_only(f, 1, R_READABLE);
    mio_timer_queue_close(&second);
}

/* A timer is armed with one queue at a time. */
static void a_timer_has_one_queue(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_timer_queue queues[2];
    mio_timer timer;
    fixture_open(&other);
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_queue_init(&queues[0], &f->poll));
    assert_ok(mio_timer_queue_init(&queues[1], &other.poll));
    assert_ok(mio_timer_arm_at(&queues[0], &timer, 3));
    assert_error(mio_timer_arm_at(&queues[1], &timer, 4),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_timer_arm_periodic(&queues[1], &timer, 4, 5),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_timer_cancel(&queues[1], &timer), MIO_ERR_NOT_FOUND);
    assert_false(mio_timer_is_armed(&queues[1], &timer));
    assert_int_equal(mio_timer_deadline(&timer), 3);
    assert_count(fixture_wait(&other, 0), 0);
    expect_only(f, 1, R_READABLE);
    assert_ok(mio_timer_arm_at(&queues[1], &timer, 4));
    assert_count(fixture_wait(f, 0), 0);
    expect_only(&other, 1, R_READABLE);
    mio_timer_queue_close(&queues[0]);
    mio_timer_queue_close(&queues[1]);
    fixture_close(&other);
}

/* ---- Life ---------------------------------------------------------------*/

static void the_queue_may_be_closed_first(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timers[20];
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], 0));
    }
    mio_timer_queue_close(&queue);
    memset(timers, 0xff, sizeof(timers));
    memset(&queue, 0xff, sizeof(queue));
    expect_sleep(f); /* and the poll waits on, without timers */
}

static void the_poll_may_be_closed_first(void **state)
{
    mio_poll poll;
    mio_timer_queue queue;
    mio_timer timers[2];
    (void)state;
    assert_ok(mio_poll_init(&poll, NULL, 0));
    assert_ok(mio_timer_queue_init(&queue, &poll));
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], 0));
    }
    mio_poll_close(&poll);
    assert_error(mio_timer_arm_at(&queue, &timers[0], 5),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_timer_queue_init(&queue, &poll), MIO_ERR_INVALID_INPUT);
    assert_true(mio_timer_is_armed(&queue, &timers[0]));
    assert_ok(mio_timer_cancel(&queue, &timers[0]));
    assert_error(mio_timer_cancel(&queue, &timers[0]), MIO_ERR_NOT_FOUND);

    /* The poll's memory becomes another poll, which is not the queue's. */
    mio_event event;
    mio_timer_queue its_own;
    assert_ok(mio_poll_init(&poll, NULL, 0));
    assert_error(mio_timer_arm_at(&queue, &timers[0], 5),
                 MIO_ERR_INVALID_INPUT);
    assert_count(mio_poll_wait(&poll, &event, 1, 0), 0);
    assert_ok(mio_timer_queue_init(&its_own, &poll));
    assert_ok(mio_timer_arm_at(&its_own, &timers[0], 5));
    mio_timer_queue_close(&queue);
    assert_count(mio_poll_wait(&poll, &event, 1, -1), 1);
    mio_timer_queue_close(&its_own);
    mio_poll_close(&poll);
}

/* What was armed when its queue was closed is refused by others, which cannot
 * know, until it is made anew. */
static void stale_timers_are_refused(void **state)
{
    struct fixture *f = *state;
    mio_timer_queue queue;
    mio_timer timers[2];
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_init(&timers[i], i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i], 0));
    }
    mio_timer_queue_close(&queue);
    assert_ok(mio_timer_queue_init(&queue, &f->poll)); /* the same memory */
    assert_false(mio_timer_is_armed(&queue, &timers[0]));
    assert_error(mio_timer_cancel(&queue, &timers[0]), MIO_ERR_NOT_FOUND);
    assert_error(mio_timer_arm_at(&queue, &timers[0], 0),
                 MIO_ERR_ALREADY_EXISTS);
    assert_count(fixture_wait(f, 0), 0);
    assert_ok(mio_timer_init(&timers[0], 2));
    assert_ok(mio_timer_arm_at(&queue, &timers[0], 0));
    expect_only(f, 2, R_READABLE);
    mio_timer_queue_close(&queue);
}

/* A queue costs no descriptor, and its timers no slot. */
static void nothing_of_the_system_is_needed(void **state)
{
    mio_poll poll;
    mio_timer_queue queue;
    mio_timer timer;
    mio_event event;
    (void)state;
    assert_ok(mio_poll_init(&poll, NULL, 0));
    const int fds = fd_count();
    assert_ok(mio_timer_queue_init(&queue, &poll));
    assert_ok(mio_timer_init(&timer, 1));
    assert_ok(mio_timer_arm_after(&queue, &timer, MILLISECOND));
    assert_count(mio_poll_wait(&poll, &event, 1, PATIENCE), 1);
    assert_int_equal(fd_count(), fds);
    mio_timer_queue_close(&queue);
    mio_poll_close(&poll);
}

static void the_sizes_are_as_promised(void **state)
{
    (void)state;
    assert_true(sizeof(mio_timer) <= 64);
    assert_int_equal(sizeof(mio_timer_queue), MIO_TIMER_QUEUE_SIZE);
}

/* ---- Many ---------------------------------------------------------------*/

enum { MANY = 100000, SPREAD_MS = 50, BATCH = 256 };

struct crowd {
    mio_timer timers[MANY];
    unsigned char is_expected[MANY];
    mio_event events[BATCH];
};

/* Arms all, puts a third off, and cancels another. Returns how many are left. */
static size_t crowd_arm(struct crowd *crowd, mio_timer_queue *queue)
{
    uint64_t random = 1;
    size_t left = 0;
    const int64_t now = mio_now();
    for (size_t i = 0; i < MANY; i++) {
        assert_ok(mio_timer_init(&crowd->timers[i], i));
    }
    for (size_t i = 0; i < MANY + MANY / 3; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint64_t delay =
            (random >> 16) % (uint64_t)(SPREAD_MS * MILLISECOND);
        assert_ok(mio_timer_arm_at(queue, &crowd->timers[i % MANY],
                                   now + (int64_t)delay));
    }
    for (size_t i = 0; i < MANY; i++) {
        crowd->is_expected[i] = i % 3 != 0;
        left += crowd->is_expected[i];
        if (!crowd->is_expected[i]) {
            assert_ok(mio_timer_cancel(queue, &crowd->timers[i]));
        }
    }
    return left;
}

/* Each comes once, none early, and all of them in order. */
static void a_hundred_thousand(void **state)
{
    static struct crowd crowd;
    struct fixture *f = *state;
    mio_timer_queue queue;
    int64_t last = 0;
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    size_t left = crowd_arm(&crowd, &queue);
    while (left > 0) {
        const int count =
            mio_poll_wait(&f->poll, crowd.events, BATCH, PATIENCE);
        const int64_t now = mio_now();
        assert_in_range(count, 1, BATCH);
        for (int i = 0; i < count; i++) {
            const mio_token token = mio_event_token(&crowd.events[i]);
            assert_in_range(token, 0, MANY - 1);
            const mio_timer *timer = &crowd.timers[token];
            assert_true(crowd.is_expected[token]);
            crowd.is_expected[token] = 0;
            assert_int_equal(mio_timer_expired(timer), 1);
            assert_true(mio_timer_deadline(timer) >= last);
            last = mio_timer_deadline(timer);
            assert_true(now >= last);
        }
        left -= (size_t)count;
    }
    expect_quiet(f);
    mio_timer_queue_close(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arguments_are_checked),
        TEST(a_bad_period_changes_nothing),
        TEST(closed_queues_are_refused),
        TEST(a_poll_has_one_queue),
        TEST(a_timer_has_one_queue),
        TEST(the_queue_may_be_closed_first),
        TEST_BARE(the_poll_may_be_closed_first),
        TEST(stale_timers_are_refused),
        TEST_BARE(nothing_of_the_system_is_needed),
        TEST_BARE(the_sizes_are_as_promised),
        TEST(a_hundred_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
