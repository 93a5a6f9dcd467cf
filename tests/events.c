/* events.c: what mio_poll_wait puts into the caller's array. */
#include "support.h"

#define WAKE_TOKEN 10

static void events_all(void **state)
{
    struct fixture *const f = *state;
    mio_event events[17];
    mio_event before;
    mio_waker waker;

    memset(events, 0xA5, sizeof(events));
    before = events[0];

    assert_ok(mio_waker_init(&waker, f->registry, WAKE_TOKEN));
    assert_count(mio_poll_wait(&f->poll, events, 16, 0), 0);
    assert_memory_equal(&events[16], &before, sizeof(before));

    assert_ok(mio_waker_wake(&waker));
    assert_count(mio_poll_wait(&f->poll, events, 16, PATIENCE), 1);
    assert_int_equal(mio_event_token(&events[0]), WAKE_TOKEN);
    assert_int_equal(readiness_of(&events[0]), R_READABLE);
    assert_memory_equal(&events[16], &before, sizeof(before));

    assert_count(mio_poll_wait(&f->poll, events, 16, 0), 0);
    mio_waker_close(&waker);
}

/* More is ready than fits: the rest comes with the next waits, all of it, and
 * nothing is written behind the array. */
static void events_beyond_capacity(void **state)
{
    enum { SOCKETS = 40, CAPACITY = 16, WAITS = 100 };
    struct fixture *const f = *state;
    mio_udp_socket sockets[SOCKETS];
    mio_event events[CAPACITY + 1];
    mio_event before;
    bool seen[SOCKETS] = {false};
    size_t distinct = 0;
    size_t i;

    for (i = 0; i < SOCKETS; i++) {
        const mio_addr addr = any_v4();

        assert_ok(mio_udp_socket_bind(&sockets[i], &addr));
        assert_ok(mio_registry_register(f->registry, &sockets[i].source, i,
                                        MIO_WRITABLE));
    }
    memset(events, 0xA5, sizeof(events));
    before = events[CAPACITY];
    for (i = 0; i < WAITS && distinct < SOCKETS; i++) {
        int count =
            mio_poll_wait(&f->poll, events, CAPACITY, 100 * MILLISECOND);

        assert_in_range(count, 0, CAPACITY);
        assert_memory_equal(&events[CAPACITY], &before, sizeof(before));
        while (count-- > 0) {
            const mio_token token = mio_event_token(&events[count]);

            assert_in_range(token, 0, SOCKETS - 1);
            assert_false(seen[token]);
            seen[token] = true;
            distinct++;
        }
    }
    assert_int_equal(distinct, SOCKETS);
    for (i = 0; i < SOCKETS; i++) {
        mio_udp_socket_close(&sockets[i]);
    }
}

static int read_event(void *argument)
{
    const mio_event *const event = argument;

    return mio_event_token(event) == WAKE_TOKEN &&
                   mio_event_is_readable(event) && !mio_event_is_error(event)
               ? 0
               : -1;
}

/* Events are plain values: one that was copied outlives the poll, and any
 * thread may read it. */
static void is_event_send_sync(void **state)
{
    struct fixture second;
    struct thread thread;
    mio_waker waker;
    mio_event copy;

    (void)state;
    fixture_open(&second);
    assert_ok(mio_waker_init(&waker, second.registry, WAKE_TOKEN));
    assert_ok(mio_waker_wake(&waker));
    expect_event(&second, WAKE_TOKEN, R_READABLE);
    copy = second.events[0];
    mio_waker_close(&waker);
    fixture_close(&second);
    memset(&second, 0, sizeof(second));

    thread_start(&thread, read_event, &copy);
    assert_int_equal(thread_join(&thread), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_all),
        TEST(events_beyond_capacity),
        TEST_BARE(is_event_send_sync),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
