/* user_source.c: readiness that the program decides, in each mode, from other
 * threads, and misused. */
#include "stream.h"

#include <stdatomic.h>

enum { SOURCE = 1, OTHER = 2, LIVE = 3 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

static void open_source(struct fixture *f, mio_user_source *source,
                        mio_interest interest)
{
    assert_ok(mio_user_source_init(source));
    assert_ok(
        mio_registry_register(f->registry, &source->source, SOURCE, interest));
    assert_true(mio_source_is_registered(&source->source));
}

/* ---- Modes --------------------------------------------------------------*/

static void each_set_is_an_edge(void **state)
{
    struct fixture *f = *state;
    mio_user_source source;
    open_source(f, &source, MIO_READABLE);
    expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
        expect_only(f, SOURCE, R_READABLE);
        expect_sleep(f); /* it is still ready, but that is no news */
    }
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    expect_only(f, SOURCE, R_READABLE);
    expect_quiet(f);
    mio_user_source_close(&source);
}

static void level_reports_until_it_is_cleared(void **state)
{
    struct fixture *f = *state;
    mio_user_source source;
    open_source(f, &source, BOTH | MIO_LEVEL);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    for (int i = 0; i < 3; i++) {
        expect_only(f, SOURCE, R_READABLE);
    }
    assert_ok(mio_user_source_set(&source, MIO_EVENT_OUT));
    for (int i = 0; i < 3; i++) {
        expect_only(f, SOURCE, R_READABLE | R_WRITABLE);
    }
    assert_ok(mio_user_source_clear(&source, MIO_EVENT_IN));
    expect_only(f, SOURCE, R_WRITABLE);
    assert_ok(mio_user_source_clear(&source, MIO_EVENT_OUT));
    expect_sleep(f);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    expect_only(f, SOURCE, R_READABLE);
    mio_user_source_close(&source);
    expect_sleep(f);
}

static void oneshot_fires_once(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        mio_user_source source;
        open_source(f, &source, BOTH | modes[i]);
        expect_quiet(f);
        assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
        expect_only(f, SOURCE, R_READABLE);
        expect_sleep(f);
        assert_ok(
            mio_user_source_set(&source, MIO_EVENT_OUT | MIO_EVENT_HANGUP));
        expect_quiet(f);
        assert_ok(mio_user_source_clear(&source, MIO_EVENT_HANGUP));
        assert_ok(mio_registry_reregister(f->registry, &source.source, OTHER,
                                          MIO_WRITABLE | modes[i]));
        expect_only(f, OTHER, R_WRITABLE);
        expect_quiet(f);
        mio_user_source_close(&source);
    }
}

static void registering_reports_what_is_ready(void **state)
{
    struct fixture *f = *state;
    mio_user_source source;
    assert_ok(mio_user_source_init(&source));
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    expect_quiet(f);
    assert_ok(mio_registry_register(f->registry, &source.source, SOURCE,
                                    MIO_READABLE));
    expect_only(f, SOURCE, R_READABLE);
    assert_ok(mio_registry_reregister(f->registry, &source.source, OTHER,
                                      MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    assert_ok(mio_registry_reregister(f->registry, &source.source, OTHER,
                                      MIO_WRITABLE));
    expect_quiet(f);
    assert_ok(mio_registry_deregister(f->registry, &source.source));
    assert_false(mio_source_is_registered(&source.source));
    assert_ok(mio_registry_register(f->registry, &source.source, SOURCE,
                                    MIO_READABLE));
    expect_only(f, SOURCE, R_READABLE);
    mio_user_source_close(&source);
}

/* ---- What is told -------------------------------------------------------*/

static void what_was_cleared_is_not_reported(void **state)
{
    struct fixture *f = *state;
    mio_user_source source;
    open_source(f, &source, BOTH);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN | MIO_EVENT_OUT));
    assert_ok(mio_user_source_clear(&source, MIO_EVENT_IN));
    expect_only(f, SOURCE, R_WRITABLE);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    assert_ok(mio_user_source_clear(&source, MIO_EVENT_IN));
    expect_sleep(f);
    assert_int_equal(mio_user_source_readiness(&source), MIO_EVENT_OUT);
    mio_user_source_close(&source);
}

static void the_interest_decides(void **state)
{
    struct fixture *f = *state;
    const struct {
        mio_interest interest;
        uint32_t set;
        uint32_t told;
    } cases[] = {
        {MIO_READABLE, MIO_EVENT_OUT, 0},
        {MIO_WRITABLE, MIO_EVENT_IN | MIO_EVENT_PRIORITY, 0},
        {MIO_PRIORITY, MIO_EVENT_IN | MIO_EVENT_PRIORITY, MIO_EVENT_PRIORITY},
        {MIO_WRITABLE, MIO_EVENT_READ_CLOSED, MIO_EVENT_READ_CLOSED},
        {MIO_READABLE, MIO_EVENT_WRITE_CLOSED, MIO_EVENT_WRITE_CLOSED},
        {MIO_READABLE, MIO_EVENT_ERROR | MIO_EVENT_HANGUP | MIO_EVENT_OUT,
         MIO_EVENT_ERROR | MIO_EVENT_HANGUP},
        {BOTH, MIO_USER_READINESS, MIO_USER_READINESS & ~MIO_EVENT_PRIORITY},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        mio_user_source source;
        open_source(f, &source, cases[i].interest);
        assert_ok(mio_user_source_set(&source, cases[i].set));
        assert_int_equal(mio_user_source_readiness(&source), cases[i].set);
        if (cases[i].told != 0) {
            assert_count(fixture_wait(f, PATIENCE), 1);
            assert_int_equal(f->events[0].flags, cases[i].told);
        }
        expect_quiet(f);
        mio_user_source_close(&source);
    }
}

static void nothing_is_told_after_deregistering(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {0, MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        mio_user_source source;
        open_source(f, &source, MIO_READABLE | modes[i]);
        assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
        assert_ok(mio_registry_deregister(f->registry, &source.source));
        assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
        expect_sleep(f);
        mio_user_source_close(&source);
    }
}

/* ---- With others --------------------------------------------------------*/

/* Always ready, by level, and room for one event: all have their turn. */
static void nobody_starves(void **state)
{
    enum { ALWAYS = 8, WAKER = 20, ROUNDS = 60 };
    struct fixture *f = *state;
    mio_user_source always[ALWAYS];
    mio_waker waker;
    local_stream near_end;
    local_stream far_end;
    unsigned seen[WAKER + 1] = {0};
    for (size_t i = 0; i < ALWAYS; i++) {
        assert_ok(mio_user_source_init(&always[i]));
        assert_ok(mio_registry_register(f->registry, &always[i].source, i,
                                        MIO_READABLE | MIO_LEVEL));
        assert_ok(mio_user_source_set(&always[i], MIO_EVENT_IN));
    }
    assert_ok(stream_pair(&near_end, &far_end));
    assert_count(stream_write(&far_end, "x", 1), 1);
    assert_true(fd_await_readable(near_end.source.fd));
    assert_ok(mio_registry_register(f->registry, &near_end.source, ALWAYS,
                                    MIO_READABLE | MIO_LEVEL));
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    for (int round = 0; round < ROUNDS; round++) {
        mio_event event;
        assert_ok(mio_waker_wake(&waker));
        assert_count(mio_poll_wait(&f->poll, &event, 1, PATIENCE), 1);
        assert_in_range(mio_event_token(&event), 0, WAKER);
        seen[mio_event_token(&event)]++;
    }
    for (size_t i = 0; i <= ALWAYS; i++) {
        assert_true(seen[i] > 0);
    }
    assert_true(seen[WAKER] > 0);
    for (size_t i = 0; i < ALWAYS; i++) {
        mio_user_source_close(&always[i]);
    }
    mio_waker_close(&waker);
    stream_close(&near_end);
    stream_close(&far_end);
}

/* ---- Threads ------------------------------------------------------------*/

#define SETTERS 4
#define SETS 20000

struct setter {
    mio_user_source *source;
    unsigned payload; /* not atomic: the event orders it */
    atomic_uint last; /* how many sets are done */
};

static int set_again_and_again(void *argument)
{
    struct setter *setter = argument;
    for (unsigned i = 1; i <= SETS; i++) {
        if (mio_user_source_set(setter->source, MIO_EVENT_IN) != 0) {
            return 1;
        }
        atomic_store(&setter->last, i);
    }
    setter->payload = 0x900d;
    return mio_user_source_set(setter->source, MIO_EVENT_OUT) != 0;
}

static void the_last_set_is_not_lost(void **state)
{
    struct fixture *f = *state;
    mio_user_source sources[SETTERS];
    struct setter setters[SETTERS];
    struct thread threads[SETTERS];
    unsigned done = 0;
    for (size_t i = 0; i < SETTERS; i++) {
        assert_ok(mio_user_source_init(&sources[i]));
        assert_ok(
            mio_registry_register(f->registry, &sources[i].source, i, BOTH));
        setters[i].source = &sources[i];
        setters[i].payload = 0;
        atomic_init(&setters[i].last, 0);
        thread_start(&threads[i], set_again_and_again, &setters[i]);
    }
    while (done < SETTERS) {
        assert_in_range(fixture_wait(f, PATIENCE), 1, SETTERS);
        for (int i = 0; i < f->count; i++) {
            if ((readiness_of(&f->events[i]) & R_WRITABLE) != 0) {
                const size_t at = (size_t)mio_event_token(&f->events[i]);
                assert_int_equal(setters[at].payload, 0x900d);
                done++;
            }
        }
    }
    for (size_t i = 0; i < SETTERS; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
        mio_user_source_close(&sources[i]);
    }
    expect_quiet(f);
}

/* Deregistering waits for the setters that are inside, and they go on. */
static void registrations_change_during_sets(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct setter setter;
    struct thread thread;
    mio_user_source source;
    fixture_open(&other);
    assert_ok(mio_user_source_init(&source));
    setter.source = &source;
    setter.payload = 0;
    atomic_init(&setter.last, 0);
    thread_start(&thread, set_again_and_again, &setter);
    for (unsigned i = 0; atomic_load(&setter.last) < SETS; i++) {
        struct fixture *here = i % 2 == 0 ? f : &other;
        const unsigned before = atomic_load(&setter.last);
        assert_ok(mio_registry_register(here->registry, &source.source, i,
                                        MIO_READABLE));
        if (before > 0) { /* it is ready, whether set just now or not */
            expect_event(here, i, R_READABLE);
        }
        assert_ok(mio_registry_deregister(here->registry, &source.source));
        assert_count(fixture_wait(here, 0), 0);
    }
    assert_int_equal(thread_join(&thread), 0);
    expect_quiet(f);
    expect_quiet(&other);
    mio_user_source_close(&source);
    fixture_close(&other);
}

enum { CHANGES = 5000 };

struct changer {
    mio_registry *registry;
    mio_user_source *source;
};

static int reregister_again_and_again(void *argument)
{
    const struct changer *changer = argument;
    int error = 0;
    for (unsigned i = 1; i <= CHANGES && error == 0; i++) {
        error = mio_registry_reregister(
            changer->registry, &changer->source->source, i,
            MIO_READABLE | (i % 2 == 0 ? 0 : MIO_LEVEL));
    }
    return error;
}

/* While the poll waits, and makes events of it. */
static void another_thread_may_reregister(void **state)
{
    struct fixture *f = *state;
    struct changer changer;
    struct thread thread;
    mio_user_source source;
    mio_token last = 0;
    bool in_order = true;
    open_source(f, &source, MIO_READABLE);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    expect_only(f, SOURCE, R_READABLE);
    changer.registry = f->registry;
    changer.source = &source;
    thread_start(&thread, reregister_again_and_again, &changer);
    while (last != CHANGES && in_order) {
        in_order = fixture_wait(f, PATIENCE) == 1 &&
                   mio_event_token(&f->events[0]) >= last;
        last = mio_event_token(&f->events[0]);
    }
    assert_ok(thread_join(&thread));
    assert_true(in_order);
    expect_quiet(f);
    mio_user_source_close(&source);
}

/* A wait in progress ends, and what was written before is seen. */
static int set_soon(void *argument)
{
    struct setter *setter = argument;
    thread_pause(20 * MILLISECOND);
    setter->payload = 7;
    return mio_user_source_set(setter->source, MIO_EVENT_IN);
}

static void a_set_ends_a_wait(void **state)
{
    struct fixture *f = *state;
    mio_user_source source;
    struct setter setter = {.source = &source};
    struct thread thread;
    open_source(f, &source, MIO_READABLE);
    thread_start(&thread, set_soon, &setter);
    assert_count(fixture_wait(f, -1), 1);
    assert_int_equal(setter.payload, 7);
    assert_int_equal(thread_join(&thread), 0);
    mio_user_source_close(&source);
}

/* ---- Misuse -------------------------------------------------------------*/

static void check_closed(mio_user_source *source, int error)
{
    assert_error(mio_user_source_set(source, MIO_EVENT_IN), error);
    assert_error(mio_user_source_clear(source, MIO_EVENT_IN), error);
    assert_int_equal(mio_user_source_readiness(source), 0);
}

static void misuse_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_user_source source;
    const uint32_t bad[] = {0, MIO_EVENT_PIPE_SENDER, MIO_EVENT_IN | 1u << 16,
                            MIO_EVENT_AIO};
    assert_error(mio_user_source_init(NULL), MIO_ERR_INVALID_INPUT);
    check_closed(NULL, MIO_ERR_INVALID_INPUT);
    mio_user_source_close(NULL);
    memset(&source, 0, sizeof(source));
    check_closed(&source, MIO_ERR_BAD_DESCRIPTOR);
    mio_user_source_close(&source);
    assert_error(mio_registry_register(f->registry, &source.source, SOURCE,
                                       MIO_READABLE),
                 MIO_ERR_BAD_DESCRIPTOR);

    fixture_open(&other);
    open_source(f, &source, MIO_READABLE);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_error(mio_user_source_set(&source, bad[i]),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_user_source_clear(&source, bad[i]),
                     MIO_ERR_INVALID_INPUT);
    }
    assert_error(
        mio_registry_register(f->registry, &source.source, OTHER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_register(other.registry, &source.source, OTHER,
                                       MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_reregister(other.registry, &source.source, OTHER,
                                         MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_deregister(other.registry, &source.source),
                 MIO_ERR_ALREADY_EXISTS);
    assert_ok(mio_source_rearm(&source.source, MIO_READABLE));
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    expect_only(f, SOURCE, R_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &source.source));
    assert_error(mio_registry_deregister(f->registry, &source.source),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_reregister(f->registry, &source.source, OTHER,
                                         MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    mio_user_source_close(&source);
    check_closed(&source, MIO_ERR_BAD_DESCRIPTOR);
    mio_user_source_close(&source);
    fixture_close(&other);
}

/* A poll that is closed has forgotten its sources. */
static void a_user_source_outlives_its_poll(void **state)
{
    struct fixture *f = *state;
    struct fixture first;
    mio_user_source source;
    fixture_open(&first);
    open_source(&first, &source, MIO_READABLE);
    assert_ok(mio_registry_deregister(first.registry, &source.source));
    fixture_close(&first);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    assert_ok(mio_registry_register(f->registry, &source.source, OTHER,
                                    MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    mio_user_source_close(&source);
}

/* Its memory may be something else by now. */
static void a_closed_poll_is_not_touched(void **state)
{
    struct fixture closed;
    mio_poll before;
    mio_user_source source;
    (void)state;
    memset(&closed, 0, sizeof(closed));
    fixture_open(&closed);
    open_source(&closed, &source, MIO_READABLE);
    expect_quiet(&closed);
    fixture_close(&closed);
    memcpy(&before, &closed.poll, sizeof(before));
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    assert_memory_equal(&closed.poll, &before, sizeof(before));
    mio_user_source_close(&source);
    assert_memory_equal(&closed.poll, &before, sizeof(before));
}

/* What was registered with the poll that was there before is not with this. */
static void a_poll_in_the_same_place_is_another(void **state)
{
    struct fixture place;
    mio_user_source source;
    (void)state;
    fixture_open(&place);
    open_source(&place, &source, MIO_READABLE);
    fixture_close(&place);
    fixture_open(&place);
    assert_error(mio_registry_reregister(place.registry, &source.source, OTHER,
                                         MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_deregister(place.registry, &source.source),
                 MIO_ERR_NOT_FOUND);
    assert_ok(mio_user_source_set(&source, MIO_EVENT_IN));
    expect_quiet(&place);
    assert_ok(mio_registry_register(place.registry, &source.source, OTHER,
                                    MIO_READABLE));
    expect_only(&place, OTHER, R_READABLE);
    mio_user_source_close(&source);
    fixture_close(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_set_is_an_edge),
        TEST(level_reports_until_it_is_cleared),
        TEST(oneshot_fires_once),
        TEST(registering_reports_what_is_ready),
        TEST(what_was_cleared_is_not_reported),
        TEST(the_interest_decides),
        TEST(nothing_is_told_after_deregistering),
        TEST(nobody_starves),
        TEST(the_last_set_is_not_lost),
        TEST(registrations_change_during_sets),
        TEST(another_thread_may_reregister),
        TEST(a_set_ends_a_wait),
        TEST(misuse_is_an_error),
        TEST(a_user_source_outlives_its_poll),
        TEST_BARE(a_closed_poll_is_not_touched),
        TEST_BARE(a_poll_in_the_same_place_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
