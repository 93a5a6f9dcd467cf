/* timer_wait.c: timers and the wait: limits, sources, wakers, and who comes
 * first. */
#include "stream.h"
#include "timer_support.h"

enum { TIMER = 1, SOURCE, WAKER, USER, KINDS, CROWD = 100 };

static void arm_after(mio_timer *timer, int64_t delay)
{
    assert_ok(mio_timer_init(timer, TIMER));
    assert_ok(mio_timer_arm_after(&queue, timer, delay));
}

/* Waits until the limit is over, with nothing. */
static void expect_limit(struct fixture *f, int64_t limit)
{
    const int64_t start = monotonic_ns();
    assert_count(fixture_wait(f, limit), 0);
    assert_true(monotonic_ns() - start >= limit);
}

/* ---- Limits -------------------------------------------------------------*/

static void the_first_of_deadline_and_limit_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    const int64_t limits[] = {-1, PATIENCE, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        arm_after(&timer, 5 * MILLISECOND);
        const int64_t start = monotonic_ns();
        assert_count(fixture_wait(f, limits[i]), 1);
        assert_true(monotonic_ns() - start < PATIENCE / 2);
        assert_true(mio_now() >= mio_timer_deadline(&timer));
    }
    arm_after(&timer, HOUR);
    expect_limit(f, 20 * MILLISECOND);
    expect_limit(f, 1);
    assert_count(fixture_wait(f, 0), 0);
    assert_true(mio_timer_is_armed(&queue, &timer));
}

/* The sleep ends with the deadline, and the limit passes before the program
 * runs again. */
static void a_limit_does_not_hide_a_deadline(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    for (int i = 0; i < 5; i++) {
        arm_after(&timer, 2 * MILLISECOND);
        assert_count(fixture_wait(f, 2 * MILLISECOND + 1), 1);
    }
}

static void no_armed_timer_no_end(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[30];
    expect_limit(f, 20 * MILLISECOND);
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        arm_after(&timers[i], 2 * MILLISECOND + (int64_t)i * MICROSECOND);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        assert_ok(mio_timer_cancel(&queue, &timers[i]));
    }
    expect_limit(f, 20 * MILLISECOND);
    arm_after(&timers[0], 3 * MILLISECOND);
    assert_ok(mio_timer_arm_after(&queue, &timers[0], HOUR));
    expect_limit(f, 20 * MILLISECOND);
}

/* A wait whose limit is over tells what is due, be it only a look. */
static void a_look_finds_what_is_due(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    arm_after(&timer, MILLISECOND);
    while (mio_now() < mio_timer_deadline(&timer)) {
        thread_pause(MILLISECOND);
    }
    assert_count(fixture_wait(f, 0), 1);
    arm_after(&timer, 0);
    assert_count(fixture_wait(f, 1), 1);
}

/* So many, so close together, that it takes several steps to sort them. */
static void a_look_finds_the_first_of_a_crowd(void **state)
{
    enum { MANY = 20000 };
    static mio_timer timers[MANY];
    struct fixture *f = *state;
    const int64_t start = mio_now() + 40 * MILLISECOND;
    for (int i = 0; i < MANY; i++) {
        assert_ok(mio_timer_init(&timers[i], (mio_token)i));
        assert_ok(mio_timer_arm_at(&queue, &timers[i],
                                   start + (MANY - i) * MICROSECOND));
    }
    /* This sorts them, as far as is needed, unless the time is over already. */
    const int early = fixture_wait(f, 0);
    assert_in_range(early, 0, FIXTURE_EVENTS);
    while (mio_now() < start + MANY * MICROSECOND) {
        thread_pause(MILLISECOND);
    }
    for (int i = MANY - early; i > 0;) {
        const int count = fixture_wait(f, 0);
        assert_in_range(count, 1, FIXTURE_EVENTS);
        for (int j = 0; j < count; j++) {
            assert_int_equal(mio_event_token(&f->events[j]), --i);
        }
    }
    assert_count(fixture_wait(f, 0), 0);
}

/* ---- With others --------------------------------------------------------*/

struct source {
    local_stream near_end;
    local_stream far_end;
};

static void source_open(struct fixture *f, struct source *source,
                        mio_interest mode)
{
    assert_ok(stream_pair(&source->near_end, &source->far_end));
    assert_ok(mio_registry_register(f->registry, &source->near_end.source,
                                    SOURCE, MIO_READABLE | mode));
}

static void source_feed(struct source *source)
{
    assert_count(stream_write(&source->far_end, "x", 1), 1);
    assert_true(stream_has(&source->near_end, 1));
}

static void source_close(struct source *source)
{
    stream_close(&source->near_end);
    stream_close(&source->far_end);
}

static void a_source_ends_the_wait_before_the_timer(void **state)
{
    struct fixture *f = *state;
    struct source source;
    mio_timer timer;
    source_open(f, &source, MIO_LEVEL);
    arm_after(&timer, HOUR);
    expect_limit(f, MILLISECOND);
    source_feed(&source);
    expect_only(f, SOURCE, R_READABLE);
    assert_true(mio_timer_is_armed(&queue, &timer));
    source_close(&source);
}

/* Whoever begins, what room is left is for the others. */
static void all_that_is_there_comes_at_once(void **state)
{
    struct fixture *f = *state;
    struct source source;
    mio_waker waker;
    mio_user_source user;
    mio_timer timers[2];
    source_open(f, &source, MIO_LEVEL);
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(mio_user_source_init(&user));
    assert_ok(mio_registry_register(f->registry, &user.source, USER,
                                    MIO_READABLE | MIO_LEVEL));
    assert_ok(mio_user_source_set(&user, MIO_EVENT_IN));
    source_feed(&source);
    for (int round = 0; round < 8; round++) {
        unsigned seen[KINDS] = {0};
        assert_ok(mio_waker_wake(&waker));
        arm_after(&timers[0], 0);
        arm_after(&timers[1], 0);
        /* Besides, the first wait hears that the bell has been opened. */
        const size_t capacity = round == 0 ? FIXTURE_EVENTS : 5;
        assert_count(mio_poll_wait(&f->poll, f->events, capacity, -1), 5);
        for (int i = 0; i < 5; i++) {
            seen[mio_event_token(&f->events[i])]++;
        }
        assert_int_equal(seen[TIMER], 2);
        assert_int_equal(seen[SOURCE], 1);
        assert_int_equal(seen[WAKER], 1);
        assert_int_equal(seen[USER], 1);
    }
    mio_user_source_close(&user);
    mio_waker_close(&waker);
    source_close(&source);
}

struct load {
    struct source source;
    mio_user_source user;
    mio_waker waker;
    mio_timer timers[CROWD];
};

/* All there is to say to one event: its cause goes on. Returns its kind. */
static int load_handle(struct load *load, const mio_event *event)
{
    const mio_token token = mio_event_token(event);
    if (token == WAKER) {
        assert_ok(mio_waker_wake(&load->waker));
    } else if (token >= KINDS) {
        assert_ok(mio_timer_arm_at(&queue, &load->timers[token - KINDS], 0));
        return TIMER;
    }
    assert_in_range(token, SOURCE, USER);
    return (int)token;
}

/* Sources, a waker and many timers, all of them due all the time, and room for
 * a few events. Each kind has its turn within a small number of waits. */
static void check_fairness(struct fixture *f, struct load *load,
                           size_t capacity)
{
    unsigned waited[KINDS] = {0}; /* waits since the last event */
    for (int round = 0; round < 1000; round++) {
        const int count =
            mio_poll_wait(&f->poll, f->events, capacity, PATIENCE);
        assert_int_equal(count, capacity);
        for (int kind = TIMER; kind < KINDS; kind++) {
            waited[kind]++;
        }
        for (int i = 0; i < count; i++) {
            waited[load_handle(load, &f->events[i])] = 0;
        }
        for (int kind = TIMER; kind < KINDS; kind++) {
            assert_in_range(waited[kind], 0, 16);
        }
    }
}

static void nobody_starves(void **state)
{
    struct fixture *f = *state;
    static struct load load;
    source_open(f, &load.source, MIO_LEVEL);
    source_feed(&load.source);
    assert_ok(mio_user_source_init(&load.user));
    assert_ok(mio_registry_register(f->registry, &load.user.source, USER,
                                    MIO_READABLE | MIO_LEVEL));
    assert_ok(mio_user_source_set(&load.user, MIO_EVENT_IN));
    assert_ok(mio_waker_init(&load.waker, f->registry, WAKER));
    assert_ok(mio_waker_wake(&load.waker));
    for (size_t i = 0; i < CROWD; i++) {
        assert_ok(mio_timer_init(&load.timers[i], KINDS + i));
        assert_ok(mio_timer_arm_at(&queue, &load.timers[i], 0));
    }
    for (size_t capacity = 1; capacity <= 3; capacity++) {
        check_fairness(f, &load, capacity);
    }
    mio_waker_close(&load.waker);
    mio_user_source_close(&load.user);
    source_close(&load.source);
}

/* ---- From other threads -------------------------------------------------*/

static int wake_sleeper(void *argument)
{
    thread_pause(20 * MILLISECOND); /* so that it sleeps, most times */
    return mio_waker_wake(argument);
}

/* The first waker comes after the queue, so that the poll has slept without a
 * bell; the deadline is the last that there is. */
static void a_wake_ends_the_sleep_until_a_timer(void **state)
{
    struct fixture *f = *state;
    mio_timer timer;
    mio_waker waker;
    const int64_t deadlines[] = {mio_now() + HOUR, INT64_MAX - 1, INT64_MAX};
    assert_ok(mio_timer_init(&timer, TIMER));
    for (size_t i = 0; i < ARRAY_LENGTH(deadlines); i++) {
        struct thread thread;
        assert_ok(mio_timer_arm_at(&queue, &timer, deadlines[i]));
        expect_limit(f, MILLISECOND);
        assert_ok(mio_waker_init(&waker, f->registry, WAKER));
        thread_start(&thread, wake_sleeper, &waker);
        const int count = fixture_wait(f, -1);
        assert_ok(thread_join(&thread));
        assert_count(count, 1);
        assert_int_equal(mio_event_token(&f->events[0]), WAKER);
        mio_waker_close(&waker);
    }
    assert_true(mio_timer_is_armed(&queue, &timer));
}

struct setting {
    mio_user_source *user;
    int times;
};

static int set_and_clear(void *argument)
{
    const struct setting *setting = argument;
    int error = 0;
    for (int i = 0; i < setting->times && error == 0; i++) {
        error = mio_user_source_set(setting->user, MIO_EVENT_OUT);
        thread_yield();
    }
    return error;
}

/* Rings of the bell that mean nothing to the program end no wait early. */
static void rings_do_not_make_timers_early(void **state)
{
    struct fixture *f = *state;
    mio_user_source user;
    mio_timer timer;
    struct setting setting = {&user, 2000};
    struct thread thread;
    assert_ok(mio_user_source_init(&user));
    assert_ok(mio_registry_register(f->registry, &user.source, USER,
                                    MIO_READABLE)); /* which is never set */
    thread_start(&thread, set_and_clear, &setting);
    bool good = true;
    for (int i = 0; i < 10; i++) {
        good = good && mio_timer_init(&timer, TIMER) == 0 &&
               mio_timer_arm_after(&queue, &timer, 2 * MILLISECOND) == 0 &&
               fixture_wait(f, -1) == 1 &&
               mio_event_token(&f->events[0]) == TIMER &&
               mio_now() >= mio_timer_deadline(&timer);
    }
    assert_ok(thread_join(&thread));
    assert_true(good);
    mio_user_source_close(&user);
}

/* ---- Where else a program may wait --------------------------------------*/

static void next_tells_when_to_look(void **state)
{
    struct fixture *f = *state;
    mio_timer timers[3];
    int64_t next = 0;
    assert_ok(mio_timer_queue_next(&queue, &next));
    assert_true(next == INT64_MAX);
    for (size_t i = 0; i < ARRAY_LENGTH(timers); i++) {
        arm_after(&timers[i], (3 - (int64_t)i) * 10 * MILLISECOND);
    }
    for (size_t i = ARRAY_LENGTH(timers); i > 0; i--) {
        assert_ok(mio_timer_queue_next(&queue, &next));
        assert_true(next == mio_timer_deadline(&timers[i - 1]));
        while (mio_now() < next) {
            thread_pause(MILLISECOND);
        }
        assert_true(fixture_wait(f, 0) >= 1);
        i -= (size_t)f->count - 1;
    }
    assert_ok(mio_timer_queue_next(&queue, &next));
    assert_true(next == INT64_MAX);
}

/* The descriptor of the poll says nothing of timers. */
static void an_outer_poll_is_not_told(void **state)
{
    struct fixture *f = *state;
    struct fixture outer;
    mio_source source;
    mio_timer timer;
    mio_fd fd;
    if (mio_poll_fd(&f->poll, &fd) == MIO_ERR_UNSUPPORTED) {
        SKIP("this backend has no descriptor to nest");
    }
    fixture_open(&outer);
    assert_ok(mio_source_from_fd(&source, fd));
    assert_ok(mio_registry_register(outer.registry, &source, SOURCE,
                                    MIO_READABLE | MIO_LEVEL));
    arm_after(&timer, 0);
    expect_quiet(&outer);
    assert_count(fixture_wait(f, 0), 1);
    assert_ok(mio_registry_deregister(outer.registry, &source));
    fixture_close(&outer);
}

/* The waits before there were timers may have been made inline. */
static void a_poll_may_get_timers_late(void **state)
{
    struct fixture *f = *state;
    struct source source;
    mio_timer timer;
    source_open(f, &source, MIO_LEVEL);
    source_feed(&source);
    expect_only(f, SOURCE, R_READABLE);
    source_close(&source);
    assert_ok(mio_timer_queue_init(&queue, &f->poll));
    arm_after(&timer, MILLISECOND);
    assert_count(fixture_wait(f, -1), 1);
    arm_after(&timer, 0);
    assert_count(fixture_wait(f, 0), 1);
    mio_timer_queue_close(&queue);
    expect_limit(f, MILLISECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMER_TEST(the_first_of_deadline_and_limit_ends_the_wait),
        TIMER_TEST(a_limit_does_not_hide_a_deadline),
        TIMER_TEST(no_armed_timer_no_end),
        TIMER_TEST(a_look_finds_what_is_due),
        TIMER_TEST(a_look_finds_the_first_of_a_crowd),
        TIMER_TEST(a_source_ends_the_wait_before_the_timer),
        TIMER_TEST(all_that_is_there_comes_at_once),
        TIMER_TEST(nobody_starves),
        TIMER_TEST(a_wake_ends_the_sleep_until_a_timer),
        TIMER_TEST(rings_do_not_make_timers_early),
        TIMER_TEST(next_tells_when_to_look),
        TIMER_TEST(an_outer_poll_is_not_told),
        TEST(a_poll_may_get_timers_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
