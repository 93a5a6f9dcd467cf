/* slots.c: the caller's slots bound the number of registrations where the
 * system needs state for each; a full array is an error and harms nothing
 * (G2, G9). */
#include "stream.h"

#define SLOTS 4
#define MANY (3 * SLOTS)
#define SWAPS (40 * MANY)
#define STOP 99

struct crowd {
    mio_poll poll;
    mio_registry *registry;
    mio_slot slots[SLOTS + 1]; /* the last one is not the poll's */
    local_stream near[MANY];
    local_stream far[MANY];
    struct thread waiter;
};

/* epoll and kqueue keep the state of registrations themselves. */
static bool slots_count(void)
{
    return backend_is("poll") || backend_is("afd");
}

static void crowd_open(struct crowd *crowd, size_t slot_count)
{
    memset(crowd->slots, 0x5a, sizeof(crowd->slots));
    assert_ok(mio_poll_init(&crowd->poll, slot_count > 0 ? crowd->slots : NULL,
                            slot_count));
    crowd->registry = mio_poll_registry(&crowd->poll);
    for (size_t i = 0; i < MANY; i++) {
        assert_ok(stream_pair(&crowd->near[i], &crowd->far[i]));
    }
}

static void crowd_close(struct crowd *crowd)
{
    mio_slot untouched;
    memset(&untouched, 0x5a, sizeof(untouched));
    assert_memory_equal(&crowd->slots[SLOTS], &untouched, sizeof(untouched));
    for (size_t i = 0; i < MANY; i++) {
        stream_close(&crowd->near[i]);
        stream_close(&crowd->far[i]);
    }
    mio_poll_close(&crowd->poll);
}

static int enter(struct crowd *crowd, size_t index)
{
    return mio_registry_register(crowd->registry, &crowd->near[index].source,
                                 index, MIO_READABLE);
}

/* Every source from first to last, and no other, answers to a byte. */
static void check_who_answers(struct crowd *crowd, size_t first, size_t last)
{
    bool answered[MANY] = {false};
    char data[4];
    for (size_t i = 0; i < MANY; i++) {
        assert_count(stream_write(&crowd->far[i], "x", 1), 1);
        assert_true(fd_await_readable(crowd->near[i].source.fd));
    }
    size_t left = last - first + 1;
    for (int n = 1; n > 0;) {
        mio_event events[2];
        n = mio_poll_wait(&crowd->poll, events, 2,
                          left > 0 ? PATIENCE : 10 * MILLISECOND);
        assert_in_range(n, 0, 2);
        for (int i = 0; i < n; i++) {
            const size_t index = (size_t)mio_event_token(&events[i]);
            assert_in_range(index, first, last);
            assert_false(answered[index]);
            answered[index] = true;
            left--;
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(answered[i], i >= first && i <= last);
        assert_count(stream_read(&crowd->near[i], data, 4), 1);
        assert_error(stream_read(&crowd->near[i], data, 4),
                     MIO_ERR_WOULD_BLOCK);
    }
}

static void a_full_array_refuses_one_more(void **state)
{
    struct crowd crowd;
    (void)state;
    if (!slots_count()) {
        SKIP("this backend needs no slots");
    }
    crowd_open(&crowd, SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_ok(enter(&crowd, i));
    }
    for (size_t i = SLOTS; i < MANY; i++) {
        assert_error(enter(&crowd, i), MIO_ERR_NO_SLOTS);
        assert_false(mio_source_is_registered(&crowd.near[i].source));
        assert_error(
            mio_registry_deregister(crowd.registry, &crowd.near[i].source),
            MIO_ERR_NOT_FOUND);
    }
    check_who_answers(&crowd, 0, SLOTS - 1);

    /* What is registered can be changed all the same. */
    assert_ok(mio_registry_reregister(crowd.registry, &crowd.near[0].source, 0,
                                      MIO_READABLE | MIO_LEVEL));
    assert_ok(mio_registry_reregister(crowd.registry, &crowd.near[0].source, 0,
                                      MIO_READABLE));
    check_who_answers(&crowd, 0, SLOTS - 1);
    crowd_close(&crowd);
}

static void slots_come_back(void **state)
{
    struct crowd crowd;
    (void)state;
    crowd_open(&crowd, SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_ok(enter(&crowd, i));
    }
    /* One by one the first leave and others come, in two ways. */
    for (size_t i = SLOTS; i < MANY; i++) {
        mio_source *leaving = &crowd.near[i - SLOTS].source;
        assert_ok(mio_registry_deregister(crowd.registry, leaving));
        assert_ok(enter(&crowd, i));
        check_who_answers(&crowd, i - SLOTS + 1, i);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        const size_t leaving = MANY - SLOTS + i;
        stream_close(&crowd.near[leaving]);
        stream_close(&crowd.far[leaving]);
        assert_ok(enter(&crowd, i));
        assert_ok(stream_pair(&crowd.near[leaving], &crowd.far[leaving]));
    }
    check_who_answers(&crowd, 0, SLOTS - 1);
    crowd_close(&crowd);
}

static void no_slots_is_a_poll_for_wakers(void **state)
{
    struct crowd crowd;
    mio_waker waker;
    mio_event event;
    (void)state;
    crowd_open(&crowd, 0);
    if (slots_count()) {
        assert_error(enter(&crowd, 0), MIO_ERR_NO_SLOTS);
    } else {
        for (size_t i = 0; i < MANY; i++) {
            assert_ok(enter(&crowd, i));
        }
        check_who_answers(&crowd, 0, MANY - 1);
    }
    assert_ok(mio_waker_init(&waker, crowd.registry, 99));
    assert_ok(mio_waker_wake(&waker));
    assert_count(mio_poll_wait(&crowd.poll, &event, 1, PATIENCE), 1);
    assert_int_equal(mio_event_token(&event), 99);
    assert_count(mio_poll_wait(&crowd.poll, &event, 1, MILLISECOND), 0);
    mio_waker_close(&waker);
    crowd_close(&crowd);
}

/* Wakers need no slots, however many there are. */
static void wakers_take_no_slots(void **state)
{
    struct crowd crowd;
    mio_waker wakers[MANY];
    mio_event events[2 * MANY];
    bool answered[2 * MANY] = {false};
    (void)state;
    crowd_open(&crowd, SLOTS);
    for (size_t i = 0; i < MANY; i++) {
        assert_ok(mio_waker_init(&wakers[i], crowd.registry, MANY + i));
    }
    for (size_t i = 0; i < SLOTS; i++) {
        assert_ok(enter(&crowd, i));
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_ok(mio_waker_wake(&wakers[i]));
    }
    const int n = mio_poll_wait(&crowd.poll, events, ARRAY_LENGTH(events), 0);
    assert_count(n, MANY);
    for (int i = 0; i < n; i++) {
        const size_t index = (size_t)mio_event_token(&events[i]);
        assert_in_range(index, MANY, 2 * MANY - 1);
        assert_false(answered[index]);
        answered[index] = true;
    }
    check_who_answers(&crowd, 0, SLOTS - 1);
    for (size_t i = 0; i < MANY; i++) {
        mio_waker_close(&wakers[i]);
    }
    crowd_close(&crowd);
}

/* The slots are the caller's again when the poll is closed. */
static void slots_can_be_used_again(void **state)
{
    struct crowd crowd;
    (void)state;
    crowd_open(&crowd, SLOTS);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < SLOTS; i++) {
            assert_ok(enter(&crowd, i));
        }
        check_who_answers(&crowd, 0, SLOTS - 1);
        mio_poll_close(&crowd.poll);
        memset(crowd.slots, 0x5a, sizeof(crowd.slots));
        assert_ok(mio_poll_init(&crowd.poll, crowd.slots, SLOTS));
        crowd.registry = mio_poll_registry(&crowd.poll);
    }
    crowd_close(&crowd);
}

/* Waits without an end until the waker comes, and for nothing else. */
static int wait_for_stop(void *argument)
{
    mio_event event;
    int n = 0;
    for (int tries = 0; n == 0 && tries < 6; tries++) {
        n = mio_poll_wait(argument, &event, 1, PATIENCE);
    }
    return n == 1 && mio_event_token(&event) == STOP ? 0 : 1;
}

/* Again and again the first source leaves and the next one comes; returns the
 * first error. */
static int swap_all(struct crowd *crowd, size_t slot_count)
{
    int error = 0;
    for (size_t i = 0; i < SWAPS && error == 0; i++) {
        if (i % MANY == 0) { /* it knows of the last one then */
            thread_await_asleep(&crowd->waiter);
        }
        error = mio_registry_deregister(crowd->registry,
                                        &crowd->near[i % MANY].source);
        if (error == 0) {
            error = enter(crowd, (i + slot_count) % MANY);
        }
    }
    return error;
}

/* A slot that is on its way back, since another thread's wait has an operation
 * on it in flight, counts as free: registering waits for it. */
static void check_swaps_during_a_wait(size_t slot_count)
{
    struct crowd crowd;
    mio_waker waker;
    crowd_open(&crowd, slot_count);
    assert_ok(mio_waker_init(&waker, crowd.registry, STOP));
    for (size_t i = 0; i < slot_count; i++) {
        assert_ok(enter(&crowd, i));
    }
    thread_start(&crowd.waiter, wait_for_stop, &crowd.poll);
    const int error = swap_all(&crowd, slot_count);
    const int wake_error = mio_waker_wake(&waker);
    assert_int_equal(thread_join(&crowd.waiter), 0);
    assert_ok(wake_error);
    assert_ok(error);
    check_who_answers(&crowd, 0, slot_count - 1);
    mio_waker_close(&waker);
    crowd_close(&crowd);
}

static void the_last_slot_comes_back_during_a_wait(void **state)
{
    (void)state;
    check_swaps_during_a_wait(1);
    check_swaps_during_a_wait(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(a_full_array_refuses_one_more),
        TEST_BARE(slots_come_back),
        TEST_BARE(no_slots_is_a_poll_for_wakers),
        TEST_BARE(wakers_take_no_slots),
        TEST_BARE(slots_can_be_used_again),
        TEST_BARE(the_last_slot_comes_back_during_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
