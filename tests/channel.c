/* channel.c: what a channel holds, without a poll: full, empty, closed, and
 * misused. Events: channel_events.c. Senders against a receiver:
 * channel_stress.c. */
#include "support.h"

#define MAX_CAPACITY 64
#define MAX_MESSAGE 64

static _Alignas(size_t) unsigned char storage[MIO_CHANNEL_STORAGE_SIZE(
    MAX_MESSAGE, MAX_CAPACITY)];

static const size_t capacities[] = {1, 2, 3, 4, 5, 7, 8, 63, 64};

/* A channel for integers. */
static void open_channel(mio_channel *channel, size_t capacity)
{
    assert_ok(mio_channel_init(channel, storage, sizeof(storage),
                               sizeof(unsigned), capacity));
}

static void put(mio_channel *channel, unsigned value)
{
    assert_ok(mio_channel_send(channel, &value));
}

static void expect_message(mio_channel *channel, unsigned expected)
{
    unsigned value = ~expected;
    assert_count(mio_channel_receive(channel, &value), 1);
    assert_int_equal(value, expected);
}

/* Neither changes the caller's memory. */
static void expect_full(mio_channel *channel)
{
    unsigned value = 77;
    assert_error(mio_channel_send(channel, &value), MIO_ERR_WOULD_BLOCK);
    assert_int_equal(value, 77);
}

static void expect_empty(mio_channel *channel)
{
    unsigned value = 77;
    assert_error(mio_channel_receive(channel, &value), MIO_ERR_WOULD_BLOCK);
    assert_int_equal(value, 77);
}

static void expect_end(mio_channel *channel)
{
    unsigned value = 77;
    assert_count(mio_channel_receive(channel, &value), 0);
    assert_int_equal(value, 77);
}

/* ---- Full and empty -----------------------------------------------------*/

static void any_capacity_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(capacities); i++) {
        mio_channel channel;
        const unsigned capacity = (unsigned)capacities[i];
        unsigned sent = 0;
        unsigned received = 0;
        open_channel(&channel, capacity);
        expect_empty(&channel);
        for (int lap = 0; lap < 5; lap++) {
            for (unsigned n = 0; n < capacity; n++) {
                put(&channel, sent++);
            }
            expect_full(&channel);
            expect_full(&channel);
            for (unsigned n = 0; n < capacity; n++) {
                expect_message(&channel, received++);
                if (n == 0) { /* room for one */
                    put(&channel, sent++);
                    expect_full(&channel);
                }
            }
            expect_message(&channel, received++);
            expect_empty(&channel);
        }
        mio_channel_close(&channel);
    }
}

/* Every fill level at every place of the ring. */
static void the_ring_goes_round_with_any_number_in_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(capacities); i++) {
        mio_channel channel;
        const unsigned capacity = (unsigned)capacities[i];
        unsigned sent = 0;
        unsigned received = 0;
        open_channel(&channel, capacity);
        for (unsigned level = 0; level < capacity; level++) {
            while (sent - received < level) {
                put(&channel, sent++);
            }
            for (unsigned n = 0; n < 2 * capacity + 1; n++) {
                put(&channel, sent++);
                expect_message(&channel, received++);
            }
        }
        while (received < sent) {
            expect_message(&channel, received++);
        }
        expect_empty(&channel);
        mio_channel_close(&channel);
    }
}

/* ---- Sizes --------------------------------------------------------------*/

static void fill(unsigned char *message, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        message[i] = (unsigned char)(seed * 31 + i * 7 + size);
    }
}

/* Not a byte more or less is written, in the storage and in the message. */
static void any_message_size_is_exact(void **state)
{
    enum { CAPACITY = 3, MARGIN = 8 };
    (void)state;
    for (size_t size = 1; size <= MAX_MESSAGE; size++) {
        const size_t needed = MIO_CHANNEL_STORAGE_SIZE(size, CAPACITY);
        mio_channel channel;
        unsigned char out[MAX_MESSAGE + MARGIN];
        unsigned char in[MAX_MESSAGE];
        assert_true(needed >= size * CAPACITY);
        assert_true(needed + MARGIN <= sizeof(storage));
        memset(storage, 0xa5, sizeof(storage));
        assert_error(
            mio_channel_init(&channel, storage, needed - 1, size, CAPACITY),
            MIO_ERR_NO_SPACE);
        assert_ok(mio_channel_init(&channel, storage, needed, size, CAPACITY));
        for (unsigned n = 0; n < 10; n++) {
            fill(in, size, n);
            assert_ok(mio_channel_send(&channel, in));
            memset(out, 0x5a, sizeof(out));
            assert_count(mio_channel_receive(&channel, out), 1);
            assert_memory_equal(out, in, size);
            for (size_t i = size; i < size + MARGIN; i++) {
                assert_int_equal(out[i], 0x5a);
            }
        }
        mio_channel_close(&channel);
        for (size_t i = needed; i < needed + MARGIN; i++) {
            assert_int_equal(storage[i], 0xa5);
        }
    }
}

static void messages_come_in_batches(void **state)
{
    enum { CAPACITY = 7 };
    (void)state;
    for (unsigned batch = 1; batch <= CAPACITY + 1; batch++) {
        mio_channel channel;
        unsigned values[CAPACITY + 2];
        unsigned received = 0;
        open_channel(&channel, CAPACITY);
        put(&channel, 100); /* so that batches go over the end of the ring */
        put(&channel, 101);
        expect_message(&channel, 100);
        expect_message(&channel, 101);
        for (unsigned n = 0; n < CAPACITY; n++) {
            put(&channel, n);
        }
        while (received < CAPACITY) {
            const unsigned left = CAPACITY - received;
            const unsigned expected = left < batch ? left : batch;
            memset(values, 0xff, sizeof(values));
            assert_count(mio_channel_receive_many(&channel, values, batch),
                         expected);
            for (unsigned n = 0; n < expected; n++) {
                assert_int_equal(values[n], received + n);
            }
            assert_int_equal(values[expected], UINT32_MAX);
            received += expected;
        }
        assert_error(mio_channel_receive_many(&channel, values, batch),
                     MIO_ERR_WOULD_BLOCK);
        put(&channel, 5);
        mio_channel_close_senders(&channel);
        assert_count(mio_channel_receive_many(&channel, values, batch), 1);
        assert_count(mio_channel_receive_many(&channel, values, batch), 0);
        mio_channel_close(&channel);
    }
}

/* ---- Closing ------------------------------------------------------------*/

static void what_was_sent_is_received_before_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(capacities); i++) {
        for (unsigned level = 0; level <= capacities[i]; level++) {
            mio_channel channel;
            open_channel(&channel, capacities[i]);
            for (unsigned n = 0; n < level; n++) {
                put(&channel, n);
            }
            mio_channel_close_senders(&channel);
            mio_channel_close_senders(&channel);
            for (unsigned n = 0; n < level; n++) {
                const unsigned more = 99;
                assert_error(mio_channel_send(&channel, &more),
                             MIO_ERR_BROKEN_PIPE);
                expect_message(&channel, n);
            }
            expect_end(&channel);
            expect_end(&channel);
            mio_channel_close(&channel);
        }
    }
}

static void a_closed_channel_refuses(void **state)
{
    mio_channel channel;
    unsigned value = 3;
    (void)state;
    open_channel(&channel, 2);
    put(&channel, 1);
    mio_channel_close(&channel);
    for (int i = 0; i < 2; i++) {
        assert_error(mio_channel_send(&channel, &value), MIO_ERR_BROKEN_PIPE);
        assert_error(mio_channel_receive(&channel, &value),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_error(mio_channel_receive_many(&channel, &value, 1),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_int_equal(value, 3);
        mio_channel_close_senders(&channel);
        mio_channel_close(&channel);
    }
    open_channel(&channel, 2); /* nothing is left of before */
    expect_empty(&channel);
    put(&channel, 4);
    expect_message(&channel, 4);
    expect_empty(&channel);
    mio_channel_close(&channel);
}

/* ---- Misuse -------------------------------------------------------------*/

static void a_channel_is_made_with_sane_arguments_only(void **state)
{
    mio_channel channel;
    const size_t size = sizeof(storage);
    (void)state;
    memset(&channel, 0, sizeof(channel));
    assert_error(mio_channel_init(NULL, storage, size, 1, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_init(&channel, NULL, size, 1, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_init(&channel, storage, size, 0, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_init(&channel, storage, size, 1, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_init(&channel, storage, 0, 1, 1),
                 MIO_ERR_NO_SPACE);
    for (size_t i = 1; i < _Alignof(size_t); i++) {
        assert_error(mio_channel_init(&channel, storage + i, size - i, 1, 1),
                     MIO_ERR_INVALID_INPUT);
    }
    /* Products and sums that do not fit into a size_t. */
    const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1,
                           SIZE_MAX / sizeof(size_t) + 1, SIZE_MAX / 4};
    for (size_t i = 0; i < ARRAY_LENGTH(huge); i++) {
        assert_error(mio_channel_init(&channel, storage, size, 1, huge[i]),
                     MIO_ERR_NO_SPACE);
        assert_error(mio_channel_init(&channel, storage, size, huge[i], 1),
                     MIO_ERR_NO_SPACE);
        assert_error(
            mio_channel_init(&channel, storage, size, huge[i], huge[i]),
            MIO_ERR_NO_SPACE);
    }
    assert_error(mio_channel_init(&channel, storage, SIZE_MAX, SIZE_MAX, 1),
                 MIO_ERR_NO_SPACE);
    /* None of these has made it a channel. */
    assert_error(mio_channel_send(&channel, storage), MIO_ERR_BAD_DESCRIPTOR);
}

static void misuse_is_an_error(void **state)
{
    struct fixture *f = *state;
    mio_channel channel;
    unsigned value = 3;
    assert_error(mio_channel_send(NULL, &value), MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_receive(NULL, &value), MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_receive_many(NULL, &value, 1),
                 MIO_ERR_INVALID_INPUT);
    mio_channel_close(NULL);
    mio_channel_close_senders(NULL);

    memset(&channel, 0, sizeof(channel));
    for (int i = 0; i < 2; i++) {
        assert_error(mio_channel_send(&channel, &value),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_error(mio_channel_receive(&channel, &value),
                     MIO_ERR_BAD_DESCRIPTOR);
        assert_error(mio_registry_register(f->registry, &channel.source, 1,
                                           MIO_READABLE),
                     MIO_ERR_BAD_DESCRIPTOR);
        mio_channel_close_senders(&channel);
        mio_channel_close(&channel);
    }

    open_channel(&channel, 2);
    assert_error(mio_channel_send(&channel, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_receive(&channel, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_receive_many(&channel, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_channel_receive_many(&channel, &value, 0),
                 MIO_ERR_INVALID_INPUT);
    expect_empty(&channel);
    mio_channel_close(&channel);
    assert_error(
        mio_registry_register(f->registry, &channel.source, 1, MIO_READABLE),
        MIO_ERR_BAD_DESCRIPTOR);
}

/* The macro is a constant expression, and an exact one. */
_Static_assert(MIO_CHANNEL_STORAGE_SIZE(1, 1) == 2 * sizeof(size_t), "small");

static void storage_is_counted_in_words(void **state)
{
    const size_t word = sizeof(size_t);
    (void)state;
    assert_int_equal(MIO_CHANNEL_STORAGE_SIZE(5, 3),
                     3 * (word + (5 + word - 1) / word * word));
    assert_int_equal(MIO_CHANNEL_STORAGE_SIZE(word, 10), 20 * word);
    assert_int_equal(MIO_CHANNEL_STORAGE_SIZE(word + 1, 10), 30 * word);
}

/* ---- Several senders ----------------------------------------------------*/

enum { SENDERS = 4, EACH = 50000 };

struct filler {
    mio_channel *channel;
    struct gate *begin;
    struct thread thread;
};

static int send_each(void *argument)
{
    const struct filler *filler = argument;
    bool all_sent = gate_await(filler->begin, 1);
    for (unsigned i = 0; i < EACH; i++) {
        all_sent = mio_channel_send(filler->channel, &i) == 0 && all_sent;
    }
    return all_sent ? 0 : 1;
}

/* Nobody is refused because others are claiming the same place. */
static void a_channel_with_room_is_not_full(void **state)
{
    static size_t
        places[MIO_CHANNEL_STORAGE_SIZE(sizeof(unsigned), SENDERS * EACH) /
               sizeof(size_t)];
    struct filler fillers[SENDERS];
    struct gate begin;
    mio_channel channel;
    int failed = 0;
    (void)state;
    assert_ok(mio_channel_init(&channel, places, sizeof(places),
                               sizeof(unsigned), (size_t)SENDERS * EACH));
    gate_init(&begin);
    for (size_t i = 0; i < SENDERS; i++) {
        fillers[i].channel = &channel;
        fillers[i].begin = &begin;
        thread_start(&fillers[i].thread, send_each, &fillers[i]);
    }
    gate_pass(&begin);
    for (size_t i = 0; i < SENDERS; i++) {
        failed += thread_join(&fillers[i].thread);
    }
    assert_int_equal(failed, 0);
    expect_full(&channel);
    mio_channel_close(&channel);
    gate_destroy(&begin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(any_capacity_is_exact),
        TEST_BARE(the_ring_goes_round_with_any_number_in_it),
        TEST_BARE(any_message_size_is_exact),
        TEST_BARE(messages_come_in_batches),
        TEST_BARE(what_was_sent_is_received_before_the_end),
        TEST_BARE(a_closed_channel_refuses),
        TEST_BARE(a_channel_is_made_with_sane_arguments_only),
        TEST(misuse_is_an_error),
        TEST_BARE(storage_is_counted_in_words),
        TEST_BARE(a_channel_with_room_is_not_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
