/* modes_fair.c: nobody starves (the promise of mio_poll_wait), and
 * MIO_EXCLUSIVE. */
#include "subject.h"

#define CROWD 1000

#define PAIRS 4

/* More sources than a fixture has room for, all of them always ready: copies
 * of the ends of some streams with a byte in them. Some and not one, because a
 * system may limit how often one end can be watched. */
struct crowd {
    mio_poll poll;
    mio_registry *registry;
    mio_slot slots[CROWD];
    mio_source sources[CROWD];
    mio_fd pairs[PAIRS][2];
    unsigned reports[CROWD + 2]; /* of each token: sources, then wakers */
};

/* Makes the crowd, or tells that the system allows no such number. */
static bool crowd_open(struct crowd *crowd)
{
    memset(crowd, 0, sizeof(*crowd));
    if (!fds_allow(CROWD + 100)) {
        return false;
    }
    assert_ok(mio_poll_init(&crowd->poll, crowd->slots, CROWD));
    crowd->registry = mio_poll_registry(&crowd->poll);
    for (size_t i = 0; i < PAIRS; i++) {
        assert_true(peer_pair(crowd->pairs[i]));
        assert_true(peer_send_all(crowd->pairs[i][1], "x", 1));
        assert_true(fd_await_readable(crowd->pairs[i][0]));
    }
    for (size_t i = 0; i < CROWD; i++) {
        const mio_fd copy = valid_fd(fd_duplicate(crowd->pairs[i % PAIRS][0]));
        assert_ok(mio_source_from_fd(&crowd->sources[i], copy));
        assert_ok(mio_registry_register(crowd->registry, &crowd->sources[i], i,
                                        MIO_READABLE | MIO_LEVEL));
    }
    return true;
}

static void crowd_close(struct crowd *crowd)
{
    mio_poll_close(&crowd->poll);
    for (size_t i = 0; i < CROWD; i++) {
        fd_close(crowd->sources[i].fd);
    }
    for (size_t i = 0; i < PAIRS; i++) {
        fd_close(crowd->pairs[i][0]);
        fd_close(crowd->pairs[i][1]);
    }
    fds_restore();
}

static void crowd_wait(struct crowd *crowd, size_t capacity)
{
    mio_event events[64];
    assert_in_range(capacity, 1, ARRAY_LENGTH(events));
    const int count = mio_poll_wait(&crowd->poll, events, capacity, PATIENCE);
    assert_in_range(count, 1, capacity);
    for (int i = 0; i < count; i++) {
        const size_t token = (size_t)mio_event_token(&events[i]);
        assert_in_range(token, 0, CROWD + 1);
        crowd->reports[token]++;
    }
}

static unsigned least_reported(const struct crowd *crowd)
{
    unsigned least = UINT32_MAX;
    for (size_t i = 0; i < CROWD; i++) {
        least = crowd->reports[i] < least ? crowd->reports[i] : least;
    }
    return least;
}

/* In twice the number of events that one turn for all takes, each source has
 * had one. */
static void ready_sources_take_turns(void **state)
{
    const size_t capacities[] = {1, 3, 64};
    static struct crowd crowd;
    (void)state;
    if (!crowd_open(&crowd)) {
        SKIP("the process may not open that many descriptors");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(capacities); i++) {
        memset(crowd.reports, 0, sizeof(crowd.reports));
        for (size_t n = 0; n < 2 * CROWD; n += capacities[i]) {
            crowd_wait(&crowd, capacities[i]);
        }
        assert_true(least_reported(&crowd) >= 1);
    }
    crowd_close(&crowd);
}

/* Wakers that are woken all the time, sources that are ready all the time, and
 * room for one event. */
static void neither_wakers_nor_sources_starve(void **state)
{
    static struct crowd crowd;
    mio_waker wakers[2];
    (void)state;
    if (!crowd_open(&crowd)) {
        SKIP("the process may not open that many descriptors");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
        assert_ok(mio_waker_init(&wakers[i], crowd.registry, CROWD + i));
    }
    for (size_t n = 0; n < 4 * CROWD; n++) {
        for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
            assert_ok(mio_waker_wake(&wakers[i]));
        }
        crowd_wait(&crowd, 1);
    }
    assert_true(least_reported(&crowd) >= 1);
    for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
        assert_true(crowd.reports[CROWD + i] >= CROWD / 4);
        mio_waker_close(&wakers[i]);
    }
    crowd_close(&crowd);
}

/* What did not fit comes with the next waits, once each. */
static void edges_that_did_not_fit_are_kept(void **state)
{
    static struct crowd crowd;
    (void)state;
    if (!crowd_open(&crowd)) {
        SKIP("the process may not open that many descriptors");
    }
    for (size_t i = 0; i < CROWD; i++) {
        assert_ok(mio_registry_reregister(crowd.registry, &crowd.sources[i], i,
                                          MIO_READABLE));
    }
    for (size_t n = 0; n < CROWD; n++) {
        crowd_wait(&crowd, 1);
    }
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(crowd.reports[i], 1);
    }
    mio_event event;
    assert_count(mio_poll_wait(&crowd.poll, &event, 1, 5 * MILLISECOND), 0);
    crowd_close(&crowd);
}

/* ---- MIO_EXCLUSIVE ------------------------------------------------------*/

static void exclusive_is_accepted_and_can_be_changed(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {0, MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        const mio_interest plain = MIO_READABLE | modes[i];
        const mio_interest exclusive = plain | MIO_EXCLUSIVE;
        struct subject s;
        subject_open(&s, &subject_tcp_listener);
        assert_ok(mio_registry_register(f->registry, s.source, 1, exclusive));
        assert_error(mio_registry_register(f->registry, s.source, 1, exclusive),
                     MIO_ERR_ALREADY_EXISTS);
        subject_feed(&s);
        expect_only(f, 1, R_READABLE);
        assert_ok(mio_registry_reregister(f->registry, s.source, 2, exclusive));
        expect_only(f, 2, R_READABLE);
        assert_ok(mio_registry_reregister(f->registry, s.source, 3, plain));
        expect_only(f, 3, R_READABLE);
        assert_ok(mio_registry_reregister(f->registry, s.source, 4, exclusive));
        expect_only(f, 4, R_READABLE);
        assert_error(mio_registry_reregister(f->registry, s.source, 5,
                                             exclusive | MIO_ONESHOT),
                     MIO_ERR_INVALID_INPUT);
        assert_error(mio_registry_reregister(f->registry, s.source, 5,
                                             exclusive | MIO_PRIORITY),
                     MIO_ERR_INVALID_INPUT);
        subject_take(&s);
        subject_block(&s);
        expect_quiet(f);
        subject_feed(&s);
        expect_only(f, 4, R_READABLE);
        assert_ok(mio_registry_deregister(f->registry, s.source));
        expect_quiet(f);
        assert_error(mio_registry_deregister(f->registry, s.source),
                     MIO_ERR_NOT_FOUND);
        assert_ok(mio_registry_register(f->registry, s.source, 6, exclusive));
        expect_only(f, 6, R_READABLE);
        subject_close(f, &s);
    }
}

/* What it is for: one listener in several polls. At least one of them hears of
 * each connection, and a hint is all it is. */
static void exclusive_works_in_several_polls(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct subject s;
    mio_source twin;
    fixture_open(&other);
    subject_open(&s, &subject_tcp_listener);
    assert_ok(mio_source_from_fd(&twin, s.source->fd));
    assert_ok(mio_registry_register(f->registry, s.source, 1,
                                    MIO_READABLE | MIO_EXCLUSIVE));
    assert_ok(mio_registry_register(other.registry, &twin, 1,
                                    MIO_READABLE | MIO_EXCLUSIVE));
    for (int i = 0; i < 3; i++) {
        subject_feed(&s);
        assert_true(fd_await_readable(s.source->fd));
        const unsigned here = readiness_now(f, 1);
        const unsigned there = readiness_now(&other, 1);
        assert_int_equal((here | there) & R_READABLE, R_READABLE);
        subject_take(&s);
        subject_block(&s);
        assert_ok(mio_source_rearm(&twin, MIO_READABLE));
    }
    assert_ok(mio_registry_deregister(other.registry, &twin));
    subject_close(f, &s);
    fixture_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(ready_sources_take_turns),
        TEST_BARE(neither_wakers_nor_sources_starve),
        TEST_BARE(edges_that_did_not_fit_are_kept),
        TEST(exclusive_is_accepted_and_can_be_changed),
        TEST(exclusive_works_in_several_polls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
