/* wake_storm.c: wakers between threads (G5, G8). No wake is lost, and what was
 * written before a wake is seen by the thread that gets the event. */
#include "stream.h"

#include <stdatomic.h>

#define WAKERS 4

/* ---- Ping-pong ----------------------------------------------------------*/

#define ROUNDS 300

/* The payload is not atomic: only the wake and the answer order it, as a
 * thread sanitizer can tell. */
struct player {
    mio_waker waker;
    unsigned payload;
    struct gate answered;
};

static int player_run(void *argument)
{
    struct player *player = argument;
    for (unsigned i = 1; i <= ROUNDS; i++) {
        player->payload = i;
        if (mio_waker_wake(&player->waker) != 0) {
            return 1;
        }
        if (!gate_await(&player->answered, i)) {
            return 2;
        }
    }
    return 0;
}

static void every_wake_brings_its_payload(void **state)
{
    struct fixture *f = *state;
    struct player players[WAKERS];
    struct thread threads[WAKERS];
    unsigned seen[WAKERS] = {0};
    unsigned left = WAKERS * ROUNDS;
    unsigned wrong = 0;
    int count = 1;
    for (unsigned i = 0; i < WAKERS; i++) {
        players[i].payload = 0;
        gate_init(&players[i].answered);
        assert_ok(mio_waker_init(&players[i].waker, f->registry, i));
    }
    for (unsigned i = 0; i < WAKERS; i++) {
        thread_start(&threads[i], player_run, &players[i]);
    }
    while (left > 0 && count > 0) {
        count = fixture_wait(f, PATIENCE);
        for (int i = 0; i < count; i++) {
            const size_t index = (size_t)mio_event_token(&f->events[i]);
            wrong += players[index].payload != ++seen[index];
            wrong += !mio_event_is_readable(&f->events[i]);
            left--;
            gate_pass(&players[index].answered);
        }
    }
    for (unsigned i = 0; i < WAKERS; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
        mio_waker_close(&players[i].waker);
        gate_destroy(&players[i].answered);
    }
    assert_int_equal(left, 0);
    assert_int_equal(wrong, 0);
    expect_quiet(f);
}

/* ---- On the way to sleep ------------------------------------------------*/

#define TIGHT_ROUNDS 20000

/* As above, but both sides answer at once, give or take some nanoseconds that
 * vary: some wakes come just when the poller is about to sleep. */
struct sprinter {
    mio_waker waker;
    atomic_uint answered;
};

static void linger(atomic_uint *counter, unsigned turns)
{
    while (turns-- > 0) {
        (void)atomic_load_explicit(counter, memory_order_relaxed);
    }
}

static bool spin_until(atomic_uint *counter, unsigned value)
{
    const int64_t end = monotonic_ns() + PATIENCE;
    for (unsigned spins = 1; atomic_load(counter) != value; spins++) {
        if (spins % 1024 == 0) {
            if (monotonic_ns() > end) {
                return false;
            }
            thread_yield();
        }
    }
    return true;
}

static int sprinter_run(void *argument)
{
    struct sprinter *sprinter = argument;
    for (unsigned i = 1; i <= TIGHT_ROUNDS; i++) {
        linger(&sprinter->answered, i % 256);
        if (mio_waker_wake(&sprinter->waker) != 0) {
            return 1;
        }
        if (!spin_until(&sprinter->answered, i)) {
            return 2;
        }
    }
    return 0;
}

static void a_wake_on_the_way_to_sleep_is_not_lost(void **state)
{
    struct fixture *f = *state;
    struct sprinter sprinter;
    struct thread thread;
    unsigned answered = 0;
    int count = 1;
    atomic_init(&sprinter.answered, 0);
    assert_ok(mio_waker_init(&sprinter.waker, f->registry, 0));
    thread_start(&thread, sprinter_run, &sprinter);
    while (answered < TIGHT_ROUNDS && count == 1) {
        linger(&sprinter.answered, answered * 7 % 512);
        count = fixture_wait(f, PATIENCE);
        if (count == 1) {
            atomic_store(&sprinter.answered, ++answered);
        }
    }
    assert_int_equal(thread_join(&thread), 0);
    assert_int_equal(answered, TIGHT_ROUNDS);
    expect_quiet(f);
    mio_waker_close(&sprinter.waker);
}

/* ---- Storm --------------------------------------------------------------*/

#define WAKES 20000

/* Several threads share each waker and wake without waiting for an answer. */
struct stormer {
    mio_waker *waker;
    atomic_uint *written;
};

static int storm_run(void *argument)
{
    struct stormer *stormer = argument;
    for (unsigned i = 0; i < WAKES; i++) {
        (void)atomic_fetch_add_explicit(stormer->written, 1,
                                        memory_order_relaxed);
        if (mio_waker_wake(stormer->waker) != 0) {
            return 1;
        }
    }
    return 0;
}

/* After the last wake of each waker there is an event that shows all of it. */
static void the_last_wake_is_not_lost(void **state)
{
    struct fixture *f = *state;
    mio_waker wakers[WAKERS / 2];
    atomic_uint written[WAKERS / 2];
    unsigned seen[WAKERS / 2] = {0};
    struct stormer stormers[WAKERS];
    struct thread threads[WAKERS];
    const unsigned all = 2 * WAKES;
    int count = 1;
    for (unsigned i = 0; i < WAKERS / 2; i++) {
        atomic_init(&written[i], 0);
        assert_ok(mio_waker_init(&wakers[i], f->registry, i));
    }
    for (unsigned i = 0; i < WAKERS; i++) {
        stormers[i].waker = &wakers[i / 2];
        stormers[i].written = &written[i / 2];
        thread_start(&threads[i], storm_run, &stormers[i]);
    }
    while (count > 0 && (seen[0] < all || seen[1] < all)) {
        count = fixture_wait(f, PATIENCE);
        for (int i = 0; i < count; i++) {
            const size_t index = (size_t)mio_event_token(&f->events[i]);
            seen[index] =
                atomic_load_explicit(&written[index], memory_order_relaxed);
        }
    }
    for (unsigned i = 0; i < WAKERS; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
    }
    assert_true(count > 0);

    /* The events may be two behind: one wake was delivered while another one
     * was under way. None is left after those. */
    for (int i = 0; i < 2 * WAKERS && fixture_wait(f, 0) > 0; i++) {
    }
    expect_quiet(f);
    for (unsigned i = 0; i < WAKERS / 2; i++) {
        mio_waker_close(&wakers[i]);
    }
}

/* The same, while sources are registered and removed all the time. */
struct registrar {
    mio_registry *registry;
    atomic_bool stop;
};

static int register_in_storm(void *argument)
{
    struct registrar *registrar = argument;
    local_stream a;
    local_stream b;
    int error = stream_pair(&a, &b);
    if (error != 0) {
        return error;
    }
    while (error == 0 && !atomic_load(&registrar->stop)) {
        error = mio_registry_register(registrar->registry, &a.source, WAKERS,
                                      MIO_WRITABLE);
        if (error == 0) {
            error = mio_registry_deregister(registrar->registry, &a.source);
        }
    }
    stream_close(&a);
    stream_close(&b);
    return error;
}

static void wakes_survive_a_storm_of_registrations(void **state)
{
    struct fixture *f = *state;
    struct registrar registrar = {.registry = f->registry};
    struct player player;
    struct thread threads[2];
    unsigned seen = 0;
    unsigned wrong = 0;
    int count = 1;
    player.payload = 0;
    gate_init(&player.answered);
    assert_ok(mio_waker_init(&player.waker, f->registry, 0));
    thread_start(&threads[0], register_in_storm, &registrar);
    thread_start(&threads[1], player_run, &player);
    while (seen < ROUNDS && count > 0) {
        count = fixture_wait(f, PATIENCE);
        for (int i = 0; i < count; i++) {
            if (mio_event_token(&f->events[i]) == 0) {
                wrong += player.payload != ++seen;
                gate_pass(&player.answered);
            }
        }
    }
    atomic_store(&registrar.stop, true);
    assert_ok(thread_join(&threads[0]));
    assert_int_equal(thread_join(&threads[1]), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(seen, ROUNDS);
    mio_waker_close(&player.waker);
    gate_destroy(&player.answered);
}

/* ---- Closing ------------------------------------------------------------*/

#define LIVES 300

/* Wakers come, wake and go in several threads. What a thread has closed must
 * not be reported by a wait that begins later. */
struct hatcher {
    mio_registry *registry;
    size_t index;
    atomic_uint closed; /* the thread's wakers up to this one are closed */
};

static int hatch(void *argument)
{
    struct hatcher *hatcher = argument;
    mio_waker waker;
    for (unsigned life = 1; life <= LIVES; life++) {
        const mio_token token = (mio_token)life * WAKERS + hatcher->index;
        if (mio_waker_init(&waker, hatcher->registry, token) != 0 ||
            mio_waker_wake(&waker) != 0) {
            return 1;
        }
        mio_waker_close(&waker);
        atomic_store(&hatcher->closed, life);
        memset(&waker, 0xa5, sizeof(waker)); /* nobody looks into it now */
    }
    return 0;
}

static void a_waker_can_be_closed_right_after_its_wake(void **state)
{
    struct fixture *f = *state;
    struct hatcher hatchers[WAKERS];
    struct thread threads[WAKERS];
    unsigned stale = 0;
    bool done = false;
    for (size_t i = 0; i < WAKERS; i++) {
        hatchers[i].registry = f->registry;
        hatchers[i].index = i;
        atomic_init(&hatchers[i].closed, 0);
        thread_start(&threads[i], hatch, &hatchers[i]);
    }
    const int64_t end = monotonic_ns() + PATIENCE;
    while (!done && monotonic_ns() < end) {
        unsigned closed[WAKERS];
        done = true;
        for (size_t i = 0; i < WAKERS; i++) {
            closed[i] = atomic_load(&hatchers[i].closed);
            done = done && closed[i] == LIVES;
        }
        const int count = fixture_wait(f, 5 * MILLISECOND);
        for (int i = 0; i < count; i++) {
            const size_t token = (size_t)mio_event_token(&f->events[i]);
            stale += token / WAKERS <= closed[token % WAKERS];
        }
    }
    for (size_t i = 0; i < WAKERS; i++) {
        assert_int_equal(thread_join(&threads[i]), 0);
    }
    assert_true(done);
    assert_int_equal(stale, 0);
    expect_quiet(f);
}

/* ---- The first waker ----------------------------------------------------*/

static int wait_for_event(void *argument)
{
    return fixture_wait(argument, PATIENCE);
}

/* A poll that sleeps has had no waker so far, and perhaps no doorbell. */
static void the_first_waker_may_come_during_a_wait(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct fixture f;
        struct thread thread;
        mio_waker waker;
        fixture_open(&f);
        thread_start(&thread, wait_for_event, &f);
        if (i % 2 == 0) {
            thread_await_asleep(&thread);
        }
        const int made = mio_waker_init(&waker, f.registry, 7);
        const int woken = mio_waker_wake(&waker);
        assert_count(thread_join(&thread), 1);
        assert_ok(made);
        assert_ok(woken);
        assert_int_equal(mio_event_token(&f.events[0]), 7);
        expect_quiet(&f);
        mio_waker_close(&waker);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_wake_brings_its_payload),
        TEST(a_wake_on_the_way_to_sleep_is_not_lost),
        TEST(the_last_wake_is_not_lost),
        TEST(wakes_survive_a_storm_of_registrations),
        TEST(a_waker_can_be_closed_right_after_its_wake),
        TEST_BARE(the_first_waker_may_come_during_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
