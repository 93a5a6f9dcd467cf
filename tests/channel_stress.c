/* channel_stress.c: channels between threads. Every message arrives once, in
 * an order that agrees with what the senders have seen, with an event when the
 * receiver would otherwise sleep; also while sides are closed and registrations
 * change. Single moments: channel_race.c. */
#include "support.h"

#include <stdatomic.h>

#define SENDERS 4
#define MAX_CAPACITY 1024

/* What a message says of all others: those whose sends had returned before its
 * own began must be received before it. */
struct message {
    unsigned sender;
    unsigned number; /* of the sender's messages, from 0 */
    unsigned sent_before[SENDERS];
};

struct stress {
    mio_channel channel;
    size_t
        storage[MIO_CHANNEL_STORAGE_SIZE(sizeof(struct message), MAX_CAPACITY) /
                sizeof(size_t)];
    atomic_uint sent[SENDERS]; /* how many sends have returned 0 */
    unsigned received[SENDERS];
    unsigned wrong;
};

struct sender {
    struct stress *stress;
    unsigned self;
    unsigned count; /* UINT32_MAX: until it is refused */
    struct thread thread;
};

static struct stress stress; /* too large for the stacks of some systems */

static void stress_open(size_t capacity)
{
    assert_ok(mio_channel_init(&stress.channel, stress.storage,
                               sizeof(stress.storage), sizeof(struct message),
                               capacity));
    for (unsigned i = 0; i < SENDERS; i++) {
        atomic_init(&stress.sent[i], 0);
        stress.received[i] = 0;
    }
    stress.wrong = 0;
}

/* Waits for room. Returns 0, the error of the channel, or MIO_ERR_TIMED_OUT. */
static int send_patiently(mio_channel *channel, const void *message)
{
    int error = mio_channel_send(channel, message);
    if (error == MIO_ERR_WOULD_BLOCK) {
        const int64_t end = monotonic_ns() + PATIENCE;
        do {
            thread_yield();
            error = mio_channel_send(channel, message);
        } while (error == MIO_ERR_WOULD_BLOCK && monotonic_ns() < end);
    }
    return error == MIO_ERR_WOULD_BLOCK ? MIO_ERR_TIMED_OUT : error;
}

static int send_all(void *argument)
{
    struct sender *sender = argument;
    struct stress *s = sender->stress;
    struct message message = {.sender = sender->self};
    for (unsigned n = 0; n < sender->count; n++) {
        message.number = n;
        for (unsigned i = 0; i < SENDERS; i++) {
            message.sent_before[i] = atomic_load(&s->sent[i]);
        }
        const int error = send_patiently(&s->channel, &message);
        if (error != 0) {
            return error;
        }
        atomic_store(&s->sent[sender->self], n + 1);
    }
    return 0;
}

static void senders_start(struct sender senders[SENDERS], unsigned count)
{
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i].stress = &stress;
        senders[i].self = i;
        senders[i].count = count;
        thread_start(&senders[i].thread, send_all, &senders[i]);
    }
}

static unsigned senders_join(struct sender senders[SENDERS], int result)
{
    unsigned sent = 0;
    for (unsigned i = 0; i < SENDERS; i++) {
        stress.wrong += thread_join(&senders[i].thread) != result;
        sent += atomic_load(&stress.sent[i]);
    }
    return sent;
}

static void check_message(const struct message *message)
{
    if (message->sender >= SENDERS) {
        stress.wrong++;
        return;
    }
    stress.wrong += stress.received[message->sender]++ != message->number;
    for (unsigned i = 0; i < SENDERS; i++) {
        stress.wrong += stress.received[i] < message->sent_before[i];
    }
}

/* Waits for the channel's event: one, with these flags and perhaps those of the
 * end. Returns false, and counts it as wrong, if there is anything else. */
static bool await_event(struct fixture *f, mio_token token, unsigned readiness)
{
    const bool good =
        fixture_wait(f, PATIENCE) == 1 &&
        mio_event_token(&f->events[0]) == token &&
        (readiness_of(&f->events[0]) & readiness) != 0 &&
        (readiness_of(&f->events[0]) & ~(readiness | R_READ_CLOSED)) == 0;
    stress.wrong += !good;
    return good;
}

/* Receives up to `most`; returns the last result. */
static int receive_some(unsigned most, unsigned *received)
{
    struct message message;
    int result = 1;
    for (unsigned n = 0; n < most && result > 0; n++) {
        result = mio_channel_receive(&stress.channel, &message);
        if (result > 0) {
            check_message(&message);
            (*received)++;
        }
    }
    return result;
}

static int receive_batches(unsigned *received)
{
    struct message messages[16];
    mio_ssize result;
    do {
        result = mio_channel_receive_many(&stress.channel, messages,
                                          ARRAY_LENGTH(messages));
        for (mio_ssize i = 0; i < result; i++) {
            check_message(&messages[i]);
            (*received)++;
        }
    } while (result > 0);
    return (int)result;
}

/* ---- Every message once -------------------------------------------------*/

#define LEVEL_BATCH 3

static void exchange(struct fixture *f, size_t capacity, mio_interest mode,
                     unsigned each)
{
    struct sender senders[SENDERS];
    unsigned received = 0;
    bool goes_on = true;
    stress_open(capacity);
    assert_ok(mio_registry_register(f->registry, &stress.channel.source, 1,
                                    MIO_READABLE | mode));
    senders_start(senders, each);
    while (received < SENDERS * each && goes_on) {
        const unsigned before = received;
        goes_on = await_event(f, 1, R_READABLE); /* and sleeps, if it can */
        if ((mode & MIO_LEVEL) != 0) {
            (void)receive_some(LEVEL_BATCH, &received);
        } else if ((received & 1) != 0) {
            (void)receive_batches(&received);
        } else {
            (void)receive_some(UINT32_MAX, &received);
        }
        stress.wrong += received == before; /* an event for nothing */
        if ((mode & MIO_ONESHOT) != 0) {
            goes_on =
                mio_registry_reregister(f->registry, &stress.channel.source, 1,
                                        MIO_READABLE | mode) == 0 &&
                goes_on;
        }
    }
    const unsigned sent = senders_join(senders, 0);
    assert_int_equal(stress.wrong, 0);
    assert_int_equal(sent, SENDERS * each);
    assert_int_equal(received, SENDERS * each);
    assert_error(receive_some(1, &received), MIO_ERR_WOULD_BLOCK);
    expect_quiet(f);
    mio_channel_close(&stress.channel);
}

static void a_million_messages(void **state)
{
    exchange(*state, MAX_CAPACITY, 0, 250000);
}

static const size_t capacities[] = {1, 2, 3, 7, 64};

static void any_capacity(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(capacities); i++) {
        exchange(*state, capacities[i], 0, 2000);
    }
}

static void any_mode(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(capacities); i++) {
        exchange(*state, capacities[i], MIO_LEVEL, 500);
        exchange(*state, capacities[i], MIO_ONESHOT, 500);
        exchange(*state, capacities[i], MIO_LEVEL | MIO_ONESHOT, 500);
    }
}

/* ---- Closing ------------------------------------------------------------*/

#define CLOSINGS 100

/* What a sender believes to be sent is received, and no more. */
static void the_end_comes_after_the_last_message(void **state)
{
    struct fixture *f = *state;
    for (unsigned round = 0; round < CLOSINGS; round++) {
        struct sender senders[SENDERS];
        unsigned received = 0;
        int result = MIO_ERR_WOULD_BLOCK;
        bool goes_on = true;
        stress_open(capacities[round % ARRAY_LENGTH(capacities)]);
        assert_ok(mio_registry_register(f->registry, &stress.channel.source, 1,
                                        MIO_READABLE));
        senders_start(senders, UINT32_MAX);
        while (result != 0 && goes_on) {
            goes_on = await_event(f, 1, R_READABLE | R_READ_CLOSED);
            result = receive_some(received < round ? 1 : UINT32_MAX, &received);
            if (result > 0) { /* early: go on without an event */
                result = receive_some(UINT32_MAX, &received);
            }
            if (received >= round) {
                mio_channel_close_senders(&stress.channel);
            }
        }
        mio_channel_close_senders(&stress.channel);
        const unsigned sent = senders_join(senders, MIO_ERR_BROKEN_PIPE);
        assert_int_equal(stress.wrong, 0);
        assert_true(goes_on);
        assert_int_equal(received, sent);
        assert_count(receive_some(1, &received), 0);
        mio_channel_close(&stress.channel);
    }
    expect_quiet(f);
}

/* One of the senders closes their side: its messages have been sent before. */
struct closer {
    struct sender sender;
    struct thread thread;
};

static int send_and_close(void *argument)
{
    struct closer *closer = argument;
    const int error = send_all(&closer->sender);
    mio_channel_close_senders(&stress.channel);
    return error;
}

static void a_sender_may_close_their_side(void **state)
{
    struct fixture *f = *state;
    for (unsigned round = 0; round < CLOSINGS; round++) {
        struct closer closer;
        unsigned received = 0;
        int result = MIO_ERR_WOULD_BLOCK;
        bool goes_on = true;
        stress_open(capacities[round % ARRAY_LENGTH(capacities)]);
        assert_ok(mio_registry_register(f->registry, &stress.channel.source, 1,
                                        MIO_READABLE));
        closer.sender.stress = &stress;
        closer.sender.self = 2;
        closer.sender.count = round;
        thread_start(&closer.thread, send_and_close, &closer);
        while (result != 0 && goes_on) {
            goes_on = await_event(f, 1, R_READABLE | R_READ_CLOSED);
            result = receive_batches(&received);
        }
        assert_ok(thread_join(&closer.thread));
        assert_true(goes_on);
        assert_int_equal(stress.wrong, 0);
        assert_int_equal(received, round);
        mio_channel_close(&stress.channel);
    }
    expect_quiet(f);
}

static void a_receiver_may_close_while_others_send(void **state)
{
    struct fixture *f = *state;
    for (unsigned round = 0; round < CLOSINGS; round++) {
        struct sender senders[SENDERS];
        unsigned received = 0;
        stress_open(capacities[round % ARRAY_LENGTH(capacities)]);
        assert_ok(mio_registry_register(f->registry, &stress.channel.source, 1,
                                        MIO_READABLE |
                                            (round % 2 == 0 ? 0 : MIO_LEVEL)));
        senders_start(senders, UINT32_MAX);
        const int64_t end = monotonic_ns() + PATIENCE;
        while (received < round % 50 && monotonic_ns() < end) {
            (void)receive_some(1, &received);
        }
        mio_channel_close(&stress.channel);
        const int count = fixture_wait(f, 0);
        (void)senders_join(senders, MIO_ERR_BROKEN_PIPE);
        assert_int_equal(received, round % 50);
        assert_int_equal(stress.wrong, 0);
        assert_int_equal(count, 0);
    }
    expect_quiet(f);
}

/* ---- Registrations ------------------------------------------------------*/

static void registrations_change_while_others_send(void **state)
{
    enum { EACH = 5000 };
    struct fixture *f = *state;
    struct fixture other;
    struct sender senders[SENDERS];
    unsigned received = 0;
    bool goes_on = true;
    int error = 0;
    fixture_open(&other);
    stress_open(7);
    senders_start(senders, EACH);
    for (unsigned i = 0; received < SENDERS * EACH && goes_on && error == 0;
         i++) {
        struct fixture *here = i % 2 == 0 ? f : &other;
        mio_source *source = &stress.channel.source;
        const mio_interest interest =
            MIO_READABLE | (i % 3 == 0 ? MIO_LEVEL : 0);
        error = mio_registry_register(here->registry, source, i, interest);
        if (error == 0 && i % 5 == 0) {
            error = mio_registry_reregister(here->registry, source, i,
                                            MIO_READABLE);
        }
        goes_on = await_event(here, i, R_READABLE);
        (void)receive_some(i % 11, &received);
        if (error == 0) {
            error = mio_registry_deregister(here->registry, source);
        }
        stress.wrong += fixture_wait(here, 0) != 0;
    }
    (void)senders_join(senders, 0);
    assert_ok(error);
    assert_true(goes_on);
    assert_int_equal(stress.wrong, 0);
    assert_int_equal(received, SENDERS * EACH);
    mio_channel_close(&stress.channel);
    fixture_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_million_messages),
        TEST(any_capacity),
        TEST(any_mode),
        TEST(the_end_comes_after_the_last_message),
        TEST(a_sender_may_close_their_side),
        TEST(a_receiver_may_close_while_others_send),
        TEST(registrations_change_while_others_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
