/* signal_set.c: signals as events, as far as all systems have them; the rest is
 * in signal_set_unix.c and signal_set_process.c. */
#include "support.h"

#include <signal.h>

enum { SET = 1, OTHER = 2 };

#define SIGNAL_A SIGINT
#ifdef SIGBREAK
#define SIGNAL_B SIGBREAK
#else
#define SIGNAL_B SIGTERM
#endif

static void open_set(struct fixture *f, mio_signal_set *set,
                     mio_interest interest)
{
    const int signals[] = {SIGNAL_B, SIGNAL_A};
    assert_ok(mio_signal_set_init(set, signals, ARRAY_LENGTH(signals)));
    assert_ok(mio_registry_register(f->registry, &set->source, SET, interest));
    assert_true(mio_source_is_registered(&set->source));
}

/* Probed by main. */
static bool can_send_a;
static bool can_send_b;

#define SKIP_UNLESS(can_be_sent)                                               \
    do {                                                                       \
        if (!(can_be_sent)) {                                                  \
            SKIP("there is no console that sends this signal");                \
        }                                                                      \
    } while (0)

static void expect_none(mio_signal_set *set)
{
    mio_signal_info info;
    assert_error(mio_signal_set_read(set, &info, 1), MIO_ERR_WOULD_BLOCK);
}

/* Reads one signal and no other. */
static void expect_signal(mio_signal_set *set, int number)
{
    mio_signal_info infos[MIO_SIGNAL_SET_MAX];
    assert_count(mio_signal_set_read(set, infos, ARRAY_LENGTH(infos)), 1);
    assert_int_equal(infos[0].number, number);
    assert_int_equal(infos[0].count, 1);
    expect_none(set);
}

/* ---- Modes --------------------------------------------------------------*/

static void a_signal_is_an_event(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    SKIP_UNLESS(can_send_a);
    open_set(f, &set, MIO_READABLE);
    expect_none(&set);
    expect_quiet(f);
    for (int i = 0; i < 6; i++) {
        const int number = i % 2 == 0 || !can_send_b ? SIGNAL_A : SIGNAL_B;
        assert_true(signal_send(number));
        expect_only(f, SET, R_READABLE);
        expect_sleep(f); /* not read yet, but that is no news */
        expect_signal(&set, number);
        expect_quiet(f);
    }
    mio_signal_set_close(&set);
}

static void level_reports_until_it_is_read(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    SKIP_UNLESS(can_send_a);
    open_set(f, &set, MIO_READABLE | MIO_LEVEL);
    for (int i = 0; i < 2; i++) {
        assert_true(signal_send(SIGNAL_A));
        for (int j = 0; j < 3; j++) {
            expect_only(f, SET, R_READABLE);
        }
        expect_signal(&set, SIGNAL_A);
        expect_sleep(f);
    }
    mio_signal_set_close(&set);
}

static void oneshot_fires_once(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL};
    SKIP_UNLESS(can_send_a);
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        mio_signal_set set;
        open_set(f, &set, MIO_READABLE | modes[i]);
        assert_true(signal_send(SIGNAL_A));
        expect_only(f, SET, R_READABLE);
        expect_signal(&set, SIGNAL_A);
        assert_true(signal_send(SIGNAL_A));
        expect_sleep(f);
        assert_ok(mio_registry_reregister(f->registry, &set.source, OTHER,
                                          MIO_READABLE | modes[i]));
        expect_only(f, OTHER, R_READABLE);
        expect_signal(&set, SIGNAL_A);
        mio_signal_set_close(&set);
    }
}

static void the_interest_decides(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    SKIP_UNLESS(can_send_a);
    open_set(f, &set, MIO_WRITABLE);
    assert_true(signal_send(SIGNAL_A));
    expect_sleep(f);
    assert_ok(mio_registry_reregister(f->registry, &set.source, SET,
                                      MIO_READABLE | MIO_WRITABLE));
    expect_only(f, SET, R_READABLE);
    expect_signal(&set, SIGNAL_A);
    mio_signal_set_close(&set);
}

/* ---- Registration -------------------------------------------------------*/

static void what_comes_before_registering_is_kept(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_signal_set set;
    SKIP_UNLESS(can_send_a);
    fixture_open(&other);
    open_set(f, &set, MIO_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &set.source));
    assert_true(signal_send(SIGNAL_A));
    expect_sleep(f);
    assert_ok(mio_registry_register(other.registry, &set.source, OTHER,
                                    MIO_READABLE));
    expect_only(&other, OTHER, R_READABLE);
    expect_signal(&set, SIGNAL_A);
    assert_ok(mio_registry_deregister(other.registry, &set.source));
    fixture_close(&other);

    /* Without a poll at all. */
    const int64_t end = monotonic_ns() + PATIENCE;
    mio_signal_info info;
    mio_ssize count;
    assert_true(signal_send(SIGNAL_A));
    do {
        count = mio_signal_set_read(&set, &info, 1);
        thread_yield();
    } while (count == MIO_ERR_WOULD_BLOCK && monotonic_ns() < end);
    assert_count(count, 1);
    assert_int_equal(info.number, SIGNAL_A);
    mio_signal_set_close(&set);
}

static void a_closed_set_says_nothing(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    mio_signal_info info;
    SKIP_UNLESS(can_send_a);
    open_set(f, &set, MIO_READABLE);
    assert_true(signal_send(SIGNAL_A));
    expect_only(f, SET, R_READABLE);
    mio_signal_set_close(&set); /* and the signal is forgotten */
    assert_error(mio_signal_set_read(&set, &info, 1), MIO_ERR_BAD_DESCRIPTOR);
    expect_sleep(f);
    open_set(f, &set, MIO_READABLE);
    expect_sleep(f);
    expect_none(&set);
    assert_true(signal_send(SIGNAL_A));
    expect_only(f, SET, R_READABLE);
    expect_signal(&set, SIGNAL_A);
    mio_signal_set_close(&set);
}

static void each_set_has_its_own(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_signal_set first;
    mio_signal_set second;
    const int first_signal[] = {SIGNAL_A};
    const int second_signal[] = {SIGNAL_B};
    SKIP_UNLESS(can_send_a && can_send_b);
    fixture_open(&other);
    assert_ok(mio_signal_set_init(&first, first_signal, 1));
    assert_ok(mio_signal_set_init(&second, second_signal, 1));
    assert_ok(
        mio_registry_register(f->registry, &first.source, 1, MIO_READABLE));
    assert_ok(
        mio_registry_register(other.registry, &second.source, 2, MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        assert_true(signal_send(SIGNAL_B));
        expect_only(&other, 2, R_READABLE);
        expect_quiet(f);
        expect_none(&first);
        expect_signal(&second, SIGNAL_B);
        assert_true(signal_send(SIGNAL_A));
        expect_only(f, 1, R_READABLE);
        expect_quiet(&other);
        expect_signal(&first, SIGNAL_A);
    }
    /* In one poll, and one of them closed. */
    assert_ok(mio_registry_deregister(other.registry, &second.source));
    assert_ok(
        mio_registry_register(f->registry, &second.source, 2, MIO_READABLE));
    mio_signal_set_close(&first);
    assert_true(signal_send(SIGNAL_B));
    expect_only(f, 2, R_READABLE);
    expect_signal(&second, SIGNAL_B);
    mio_signal_set_close(&second);
    fixture_close(&other);
}

/* ---- Threads ------------------------------------------------------------*/

static int send_soon(void *unused)
{
    (void)unused;
    thread_pause(20 * MILLISECOND);
    return signal_send(SIGNAL_A) ? 0 : 1;
}

static void a_signal_ends_a_wait(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    SKIP_UNLESS(can_send_a);
    open_set(f, &set, MIO_READABLE);
    for (int i = 0; i < 5; i++) {
        struct thread thread;
        thread_start(&thread, send_soon, NULL);
        assert_count(fixture_wait(f, i % 2 == 0 ? -1 : PATIENCE + 1), 1);
        assert_int_equal(mio_event_token(&f->events[0]), SET);
        assert_int_equal(thread_join(&thread), 0);
        expect_signal(&set, SIGNAL_A);
    }
    mio_signal_set_close(&set);
}

/* ---- Misuse -------------------------------------------------------------*/

static void check_closed(mio_signal_set *set, int error)
{
    mio_signal_info info;
    assert_error(mio_signal_set_read(set, &info, 1), error);
}

static void misuse_is_an_error(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    mio_signal_info info;
    const int good[] = {SIGNAL_A, SIGNAL_B};
    const int twice[] = {SIGNAL_A, SIGNAL_B, SIGNAL_A};
    const int bad[] = {0, -1, -SIGINT, 128, 100000, INT32_MIN, INT32_MAX};
    int many[MIO_SIGNAL_SET_MAX + 1];
    CHECK_CLOSED(mio_signal_set, check_closed, mio_signal_set_close);
    assert_error(mio_signal_set_init(NULL, good, 2), MIO_ERR_INVALID_INPUT);
    assert_error(mio_signal_set_init(&set, NULL, 2), MIO_ERR_INVALID_INPUT);
    assert_error(mio_signal_set_init(&set, good, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_signal_set_init(&set, twice, 3), MIO_ERR_INVALID_INPUT);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        const int signals[] = {SIGNAL_A, bad[i]};
        assert_error(mio_signal_set_init(&set, signals, 2),
                     MIO_ERR_INVALID_INPUT);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
        many[i] = (int)i + 1;
    }
    assert_error(mio_signal_set_init(&set, many, ARRAY_LENGTH(many)),
                 MIO_ERR_INVALID_INPUT);
    const int segv[] = {SIGNAL_A, SIGSEGV};
    assert_error(mio_signal_set_init(&set, segv, 2), MIO_ERR_UNSUPPORTED);

    /* None of that has taken a signal. */
    open_set(f, &set, MIO_READABLE);
    assert_error(mio_signal_set_read(&set, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_signal_set_read(&set, &info, 0), MIO_ERR_INVALID_INPUT);
    assert_error(
        mio_registry_register(f->registry, &set.source, OTHER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    mio_signal_set_close(&set);
    mio_signal_set_close(&set);
    check_closed(&set, MIO_ERR_BAD_DESCRIPTOR);
    assert_error(
        mio_registry_register(f->registry, &set.source, SET, MIO_READABLE),
        MIO_ERR_BAD_DESCRIPTOR);
}

static void a_signal_has_one_set(void **state)
{
    mio_signal_set set;
    mio_signal_set other;
    const int both[] = {SIGNAL_A, SIGNAL_B};
    const int first[] = {SIGNAL_A};
    const int second[] = {SIGNAL_B};
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_ok(mio_signal_set_init(&set, second, 1));
        assert_error(mio_signal_set_init(&other, both, 2),
                     MIO_ERR_ALREADY_EXISTS);
        assert_error(mio_signal_set_init(&other, second, 1),
                     MIO_ERR_ALREADY_EXISTS);
        assert_ok(mio_signal_set_init(&other, first, 1));
        mio_signal_set_close(&set);
        mio_signal_set_close(&other);
    }
}

static void a_set_outlives_its_poll(void **state)
{
    struct fixture *f = *state;
    struct fixture first;
    mio_signal_set set;
    SKIP_UNLESS(can_send_a);
    fixture_open(&first);
    open_set(&first, &set, MIO_READABLE);
    assert_ok(mio_registry_deregister(first.registry, &set.source));
    fixture_close(&first);
    assert_true(signal_send(SIGNAL_A));
    assert_ok(
        mio_registry_register(f->registry, &set.source, OTHER, MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    expect_signal(&set, SIGNAL_A);
    mio_signal_set_close(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_signal_is_an_event),
        TEST(level_reports_until_it_is_read),
        TEST(oneshot_fires_once),
        TEST(the_interest_decides),
        TEST(what_comes_before_registering_is_kept),
        TEST(a_closed_set_says_nothing),
        TEST(each_set_has_its_own),
        TEST(a_signal_ends_a_wait),
        TEST(misuse_is_an_error),
        TEST_BARE(a_signal_has_one_set),
        TEST(a_set_outlives_its_poll),
    };
    if (!fd_0_open()) {
        return 1;
    }
    can_send_a = signal_can_be_sent(SIGNAL_A);
    can_send_b = signal_can_be_sent(SIGNAL_B);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
