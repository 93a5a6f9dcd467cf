/* channel_race.c: channels between two threads that meet at a certain moment, in
 * many rounds that differ by nanoseconds: what goes wrong there goes wrong only
 * if the steps of one come between those of the other. */
#include "support.h"

#include <stdatomic.h>

enum { CAPACITY = 1024 };

static mio_channel channel;
static size_t storage[MIO_CHANNEL_STORAGE_SIZE(sizeof(unsigned), CAPACITY) /
                      sizeof(size_t)];

static void channel_open(struct fixture *f, size_t capacity, mio_interest mode)
{
    assert_ok(mio_channel_init(&channel, storage, sizeof(storage),
                               sizeof(unsigned), capacity));
    assert_ok(mio_registry_register(f->registry, &channel.source, 1,
                                    MIO_READABLE | mode));
}

/* Waits for one event, of the channel. */
static bool await_event(struct fixture *f)
{
    return fixture_wait(f, PATIENCE) == 1 &&
           mio_event_token(&f->events[0]) == 1 &&
           readiness_of(&f->events[0]) == R_READABLE;
}

/* Waits until the counter has the value, awake. */
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

/* Lets some nanoseconds pass. */
static void linger(unsigned turns)
{
    static atomic_uint counter;
    while (turns-- > 0) {
        (void)atomic_load_explicit(&counter, memory_order_relaxed);
    }
}

/* ---- A receiver that is not the poller ----------------------------------*/

enum { TAKE_ROUNDS = 300, PUT = CAPACITY, TAKEN = PUT - 1 };

struct receiver {
    struct gate filled;
    struct gate taken;
    atomic_uint done; /* rounds */
};

static int take_most(void *argument)
{
    struct receiver *receiver = argument;
    for (unsigned round = 1; round <= TAKE_ROUNDS; round++) {
        unsigned message;
        if (!gate_await(&receiver->filled, round)) {
            return 1;
        }
        for (int i = 0; i < TAKEN; i++) {
            if (mio_channel_receive(&channel, &message) != 1) {
                return 2;
            }
        }
        atomic_store(&receiver->done, round);
        gate_pass(&receiver->taken);
    }
    return 0;
}

/* The poller looks at the channel while the other one takes messages, and must
 * not take it to be empty: it never is. */
static void level_does_not_lose_sight_of_the_rest(void **state)
{
    struct fixture *f = *state;
    struct receiver receiver;
    struct thread thread;
    unsigned message = 0;
    unsigned missed = 0;
    bool goes_on = true;
    gate_init(&receiver.filled);
    gate_init(&receiver.taken);
    atomic_init(&receiver.done, 0);
    channel_open(f, CAPACITY, MIO_LEVEL);
    thread_start(&thread, take_most, &receiver);
    for (unsigned round = 1; round <= TAKE_ROUNDS && goes_on; round++) {
        for (int i = 0; i < PUT; i++) {
            goes_on = mio_channel_send(&channel, &message) == 0 && goes_on;
        }
        const int64_t end = monotonic_ns() + PATIENCE;
        gate_pass(&receiver.filled);
        while (atomic_load(&receiver.done) < round && monotonic_ns() < end) {
            missed += fixture_wait(f, 0) != 1;
        }
        goes_on = gate_await(&receiver.taken, round) && goes_on;
        missed += fixture_wait(f, 0) != 1;
        goes_on = mio_channel_receive(&channel, &message) == 1 && goes_on;
    }
    assert_ok(thread_join(&thread));
    assert_true(goes_on);
    assert_int_equal(missed, 0);
    expect_sleep(f);
    mio_channel_close(&channel);
    gate_destroy(&receiver.filled);
    gate_destroy(&receiver.taken);
}

/* ---- On the way to sleep ------------------------------------------------*/

enum { SLEEP_ROUNDS = 10000 };

struct sprinter {
    atomic_uint answered;
    bool pairs;
};

/* Sends as soon as the last message was answered, give or take some
 * nanoseconds: some come just when the poller is about to sleep. */
static int sprint(void *argument)
{
    struct sprinter *sprinter = argument;
    for (unsigned n = 0; n < SLEEP_ROUNDS; n++) {
        if (!spin_until(&sprinter->answered, n)) {
            return 1;
        }
        linger(n % 256);
        if (sprinter->pairs) {
            if (mio_channel_send(&channel, &n) != 0) {
                return 2;
            }
            linger(n * 13 % 1024);
        }
        if (mio_channel_send(&channel, &n) != 0) {
            return 2;
        }
    }
    return 0;
}

static bool receive_number(unsigned expected)
{
    unsigned message = ~expected;
    return mio_channel_receive(&channel, &message) == 1 && message == expected;
}

/* Receives without a wait, as a program does that is still at an event. */
static bool receive_awake(unsigned expected)
{
    const int64_t end = monotonic_ns() + PATIENCE;
    unsigned message;
    int result = mio_channel_receive(&channel, &message);
    for (unsigned spins = 1; result == MIO_ERR_WOULD_BLOCK; spins++) {
        if (spins % 1024 == 0) {
            if (monotonic_ns() > end) {
                return false;
            }
            thread_yield();
        }
        result = mio_channel_receive(&channel, &message);
    }
    return result == 1 && message == expected;
}

static void race_with_sleep(struct fixture *f, bool pairs)
{
    struct sprinter sprinter = {.pairs = pairs};
    struct thread thread;
    unsigned round = 0;
    bool goes_on = true;
    atomic_init(&sprinter.answered, 0);
    channel_open(f, 2, 0);
    thread_start(&thread, sprint, &sprinter);
    while (round < SLEEP_ROUNDS && goes_on) {
        goes_on = !pairs || receive_awake(round);
        linger(round * 7 % 512);
        goes_on = goes_on && await_event(f) && receive_number(round);
        round += goes_on;
        atomic_store(&sprinter.answered, round);
    }
    const int result = thread_join(&thread);
    assert_int_equal(round, SLEEP_ROUNDS);
    assert_ok(result);
    expect_quiet(f);
    mio_channel_close(&channel);
}

static void a_message_on_the_way_to_sleep_is_not_lost(void **state)
{
    race_with_sleep(*state, false);
}

/* The first of two is received without its event. So the second may find its
 * wake queued still, when the poller has found nothing to report. */
static void a_message_behind_one_that_was_taken_is_not_lost(void **state)
{
    race_with_sleep(*state, true);
}

/* ---- A message that is being written ------------------------------------*/

/* Large, so that it takes its time. */
enum { LARGE = 1 << 20, CLOSE_ROUNDS = 300 };
static unsigned char large_sent[LARGE];
static unsigned char large_received[LARGE];
static size_t
    large_storage[MIO_CHANNEL_STORAGE_SIZE(LARGE, 1) / sizeof(size_t)];

struct writer {
    struct gate begin;
    atomic_uint begun;
    struct gate ended;
    int result; /* of the send */
};

static int write_large(void *argument)
{
    struct writer *writer = argument;
    for (unsigned round = 1; round <= CLOSE_ROUNDS; round++) {
        if (!gate_await(&writer->begin, round)) {
            return 1;
        }
        atomic_store(&writer->begun, round);
        writer->result = mio_channel_send(&channel, large_sent);
        gate_pass(&writer->ended);
    }
    return 0;
}

/* Receives until the end. Returns the number of messages, or -1 without an end
 * or if an event has promised what was not there. */
static int receive_to_the_end(struct fixture *f)
{
    int count = 0;
    bool promised = false;
    for (;;) {
        int result = mio_channel_receive(&channel, large_received);
        if (result == 0) {
            return count;
        }
        if (result > 0) {
            count++;
        } else if (promised || fixture_wait(f, PATIENCE) != 1) {
            return -1;
        } else {
            promised = mio_event_is_readable(&f->events[0]);
        }
    }
}

/* The senders' side is closed in the middle of a send: before the message, and
 * then it is refused, or after. */
static void the_end_waits_for_what_is_being_written(void **state)
{
    struct fixture *f = *state;
    struct writer writer;
    struct thread thread;
    unsigned wrong = 0;
    bool goes_on = true;
    gate_init(&writer.begin);
    gate_init(&writer.ended);
    atomic_init(&writer.begun, 0);
    memset(large_sent, 0x5a, sizeof(large_sent));
    thread_start(&thread, write_large, &writer);
    for (unsigned round = 1; round <= CLOSE_ROUNDS && goes_on; round++) {
        wrong += mio_channel_init(&channel, large_storage,
                                  sizeof(large_storage), LARGE, 1) != 0;
        wrong += mio_registry_register(f->registry, &channel.source, 1,
                                       MIO_READABLE) != 0;
        gate_pass(&writer.begin);
        goes_on = spin_until(&writer.begun, round);
        linger(round % 64);
        mio_channel_close_senders(&channel);
        const int received = receive_to_the_end(f);
        goes_on = gate_await(&writer.ended, round) && goes_on;
        wrong += received != (writer.result == 0 ? 1 : 0);
        wrong += writer.result != 0 && writer.result != MIO_ERR_BROKEN_PIPE;
        mio_channel_close(&channel);
    }
    assert_ok(thread_join(&thread));
    assert_true(goes_on);
    assert_int_equal(wrong, 0);
    gate_destroy(&writer.begin);
    gate_destroy(&writer.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(level_does_not_lose_sight_of_the_rest),
        TEST(a_message_on_the_way_to_sleep_is_not_lost),
        TEST(a_message_behind_one_that_was_taken_is_not_lost),
        TEST(the_end_waits_for_what_is_being_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
