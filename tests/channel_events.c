/* channel_events.c: what the poll tells of a channel, in each mode, when it is
 * closed from either side, and among others. */
#include "stream.h"

enum { CHANNEL = 1, OTHER = 2, CAPACITY = 4 };
#define CLOSED (R_READABLE | R_READ_CLOSED)

/* A channel for integers, with its storage. */
struct queue {
    mio_channel channel;
    size_t storage[MIO_CHANNEL_STORAGE_SIZE(sizeof(unsigned), CAPACITY) /
                   sizeof(size_t)];
};

static void queue_open(struct queue *queue)
{
    assert_ok(mio_channel_init(&queue->channel, queue->storage,
                               sizeof(queue->storage), sizeof(unsigned),
                               CAPACITY));
}

static void queue_register(struct fixture *f, struct queue *queue,
                           mio_token token, mio_interest interest)
{
    assert_ok(mio_registry_register(f->registry, &queue->channel.source, token,
                                    interest));
    assert_true(mio_source_is_registered(&queue->channel.source));
}

static int put(struct queue *queue, unsigned value)
{
    return mio_channel_send(&queue->channel, &value);
}

static void expect_message(struct queue *queue, unsigned expected)
{
    unsigned value = ~expected;
    assert_count(mio_channel_receive(&queue->channel, &value), 1);
    assert_int_equal(value, expected);
}

static void expect_empty(struct queue *queue)
{
    unsigned value = 0;
    assert_error(mio_channel_receive(&queue->channel, &value),
                 MIO_ERR_WOULD_BLOCK);
}

static void expect_end(struct queue *queue)
{
    unsigned value = 0;
    assert_count(mio_channel_receive(&queue->channel, &value), 0);
}

/* ---- Modes --------------------------------------------------------------*/

static void each_message_is_an_edge(void **state)
{
    struct fixture *f = *state;
    struct queue queue;
    queue_open(&queue);
    queue_register(f, &queue, CHANNEL, MIO_READABLE);
    expect_quiet(f);
    for (unsigned i = 0; i < 3; i++) { /* not taken, but the next is news */
        assert_ok(put(&queue, i));
        expect_only(f, CHANNEL, R_READABLE);
        expect_sleep(f);
    }
    assert_ok(put(&queue, 3));
    assert_error(put(&queue, 4), MIO_ERR_WOULD_BLOCK);
    expect_only(f, CHANNEL, R_READABLE);
    assert_error(put(&queue, 4), MIO_ERR_WOULD_BLOCK);
    expect_quiet(f); /* what was refused is no news */
    for (unsigned i = 0; i < CAPACITY; i++) {
        expect_message(&queue, i);
    }
    expect_empty(&queue);
    expect_quiet(f);
    assert_ok(put(&queue, 5));
    assert_ok(put(&queue, 6));
    expect_only(f, CHANNEL, R_READABLE);
    expect_quiet(f);
    mio_channel_close(&queue.channel);
}

static void level_reports_until_it_is_empty(void **state)
{
    struct fixture *f = *state;
    struct queue queue;
    queue_open(&queue);
    queue_register(f, &queue, CHANNEL, MIO_READABLE | MIO_LEVEL);
    expect_quiet(f);
    for (int round = 0; round < 3; round++) {
        assert_ok(put(&queue, 1));
        assert_ok(put(&queue, 2));
        expect_only(f, CHANNEL, R_READABLE);
        expect_only(f, CHANNEL, R_READABLE);
        expect_message(&queue, 1);
        expect_only(f, CHANNEL, R_READABLE);
        expect_only(f, CHANNEL, R_READABLE);
        expect_message(&queue, 2);
        expect_sleep(f);
    }
    mio_channel_close(&queue.channel);
    expect_quiet(f);
}

static void oneshot_fires_once(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        struct queue queue;
        queue_open(&queue);
        queue_register(f, &queue, CHANNEL, MIO_READABLE | modes[i]);
        expect_quiet(f);
        assert_ok(put(&queue, 1));
        expect_only(f, CHANNEL, R_READABLE);
        assert_ok(put(&queue, 2));
        expect_sleep(f);
        assert_ok(mio_registry_reregister(f->registry, &queue.channel.source,
                                          OTHER, MIO_READABLE | modes[i]));
        expect_only(f, OTHER, R_READABLE);
        mio_channel_close_senders(&queue.channel);
        expect_sleep(f);
        assert_ok(mio_registry_reregister(f->registry, &queue.channel.source,
                                          CHANNEL, MIO_READABLE | modes[i]));
        expect_only(f, CHANNEL, CLOSED);
        expect_quiet(f);
        mio_channel_close(&queue.channel);
    }
}

static void what_was_taken_is_not_reported(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {0, MIO_LEVEL, MIO_ONESHOT};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        struct queue queue;
        queue_open(&queue);
        queue_register(f, &queue, CHANNEL, MIO_READABLE | modes[i]);
        assert_ok(put(&queue, 1));
        expect_message(&queue, 1);
        expect_sleep(f);
        assert_ok(put(&queue, 2)); /* nor has that used up the oneshot */
        expect_only(f, CHANNEL, R_READABLE);
        mio_channel_close(&queue.channel);
    }
}

/* ---- Registering --------------------------------------------------------*/

static void registering_reports_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct queue queue;
    queue_open(&queue);
    assert_ok(put(&queue, 1));
    expect_quiet(f);
    queue_register(f, &queue, CHANNEL, MIO_READABLE);
    expect_only(f, CHANNEL, R_READABLE);
    assert_ok(mio_registry_reregister(f->registry, &queue.channel.source, OTHER,
                                      MIO_READABLE));
    expect_only(f, OTHER, R_READABLE);
    expect_quiet(f);
    assert_ok(mio_registry_deregister(f->registry, &queue.channel.source));
    assert_false(mio_source_is_registered(&queue.channel.source));
    expect_message(&queue, 1);
    queue_register(f, &queue, CHANNEL, MIO_READABLE);
    expect_quiet(f);
    assert_ok(put(&queue, 2));
    expect_only(f, CHANNEL, R_READABLE);
    mio_channel_close(&queue.channel);
}

static void the_interest_decides(void **state)
{
    struct fixture *f = *state;
    const mio_interest others[] = {MIO_WRITABLE, MIO_PRIORITY,
                                   MIO_WRITABLE | MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        struct queue queue;
        queue_open(&queue);
        queue_register(f, &queue, CHANNEL, others[i]);
        assert_ok(put(&queue, 1));
        expect_sleep(f);
        mio_channel_close_senders(&queue.channel);
        expect_only(f, CHANNEL, R_READ_CLOSED); /* told to everybody */
        mio_channel_close(&queue.channel);
    }
}

static void nothing_is_told_after_deregistering(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {0, MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        struct queue queue;
        queue_open(&queue);
        queue_register(f, &queue, CHANNEL, MIO_READABLE | modes[i]);
        assert_ok(put(&queue, 1));
        assert_ok(mio_registry_deregister(f->registry, &queue.channel.source));
        assert_ok(put(&queue, 2));
        expect_sleep(f);
        queue_register(f, &queue, CHANNEL, MIO_READABLE | modes[i]);
        assert_ok(put(&queue, 3));
        mio_channel_close(&queue.channel);
        assert_error(put(&queue, 4), MIO_ERR_BROKEN_PIPE);
        expect_sleep(f);
    }
}

static void wrong_registrations_are_errors(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct queue queue;
    mio_source *source = &queue.channel.source;
    fixture_open(&other);
    queue_open(&queue);
    assert_error(mio_registry_reregister(f->registry, source, 1, MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_deregister(f->registry, source),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_register(f->registry, source, 1, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_register(f->registry, source, MIO_TOKEN_RESERVED,
                                       MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    queue_register(f, &queue, CHANNEL, MIO_READABLE);
    assert_error(mio_registry_register(f->registry, source, 2, MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_register(other.registry, source, 2, MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(
        mio_registry_reregister(other.registry, source, 2, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_deregister(other.registry, source),
                 MIO_ERR_ALREADY_EXISTS);
    assert_ok(put(&queue, 1)); /* all of which has changed nothing */
    expect_only(f, CHANNEL, R_READABLE);
    mio_channel_close(&queue.channel);
    fixture_close(&other);
}

/* A poll that is closed has forgotten its sources, and the wakes that it has
 * not delivered. */
static void a_channel_outlives_its_poll(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct fixture first;
        struct queue queue;
        fixture_open(&first);
        queue_open(&queue);
        queue_register(&first, &queue, CHANNEL, MIO_READABLE);
        if ((i & 1) != 0) {
            assert_ok(put(&queue, 1));
        }
        fixture_close(&first);
        assert_false(mio_source_is_registered(&queue.channel.source));
        if ((i & 2) != 0) {
            assert_ok(put(&queue, 2));
        }
        queue_register(f, &queue, OTHER, MIO_READABLE);
        if (i != 0) {
            expect_only(f, OTHER, R_READABLE);
        }
        expect_quiet(f);
        assert_ok(put(&queue, 3));
        expect_only(f, OTHER, R_READABLE);
        mio_channel_close(&queue.channel);
    }
}

/* A poll numbers its waits; another one's numbers are of no account. */
static void a_channel_may_move_from_poll_to_poll(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct queue queue;
    fixture_open(&other);
    queue_open(&queue);
    assert_ok(put(&queue, 1));
    for (int waits = 1; waits < 20; waits++) {
        for (int here = 0; here < 2; here++) {
            struct fixture *poll = here == 0 ? f : &other;
            queue_register(poll, &queue, CHANNEL, MIO_READABLE | MIO_LEVEL);
            for (int i = 0; i < (here == 0 ? waits : 1); i++) {
                assert_count(fixture_wait(poll, 0), 1); /* at once */
            }
            assert_ok(
                mio_registry_deregister(poll->registry, &queue.channel.source));
            assert_count(fixture_wait(poll, 0), 0);
        }
    }
    mio_channel_close(&queue.channel);
    fixture_close(&other);
}

/* ---- Closing ------------------------------------------------------------*/

static void the_end_is_an_edge(void **state)
{
    struct fixture *f = *state;
    struct queue queue;
    queue_open(&queue);
    queue_register(f, &queue, CHANNEL, MIO_READABLE);
    mio_channel_close_senders(&queue.channel);
    expect_only(f, CHANNEL, CLOSED);
    expect_end(&queue);
    expect_sleep(f);
    mio_channel_close_senders(&queue.channel);
    mio_channel_close(&queue.channel);

    queue_open(&queue); /* with a message in it, reported or not */
    queue_register(f, &queue, CHANNEL, MIO_READABLE);
    assert_ok(put(&queue, 1));
    expect_only(f, CHANNEL, R_READABLE);
    assert_ok(put(&queue, 2));
    mio_channel_close_senders(&queue.channel);
    expect_only(f, CHANNEL, CLOSED);
    expect_sleep(f);
    expect_message(&queue, 1);
    expect_message(&queue, 2);
    expect_end(&queue);
    expect_sleep(f);
    mio_channel_close(&queue.channel);
}

static void the_end_lasts_with_level(void **state)
{
    struct fixture *f = *state;
    struct queue queue;
    queue_open(&queue);
    queue_register(f, &queue, CHANNEL, MIO_READABLE | MIO_LEVEL);
    assert_ok(put(&queue, 1));
    mio_channel_close_senders(&queue.channel);
    expect_only(f, CHANNEL, CLOSED);
    expect_message(&queue, 1);
    for (int i = 0; i < 3; i++) {
        expect_only(f, CHANNEL, CLOSED);
        expect_end(&queue);
    }
    assert_ok(mio_registry_deregister(f->registry, &queue.channel.source));
    expect_sleep(f);
    queue_register(f, &queue, OTHER, MIO_READABLE | MIO_LEVEL);
    expect_only(f, OTHER, CLOSED);
    mio_channel_close(&queue.channel);
    expect_sleep(f);
}

/* ---- Among others -------------------------------------------------------*/

#define CROWD 6

/* Channels, a waker and a socket, all of them always ready, and room for one
 * event: each has had its turns. */
static void nobody_starves(mio_interest mode)
{
    enum { WAKER = CROWD, SOCKET, ALL, ROUNDS = 20 * ALL };
    struct fixture fixture;
    struct queue queues[CROWD];
    unsigned seen[ALL] = {0};
    mio_waker waker;
    local_stream near_end;
    local_stream far_end;
    fixture_open(&fixture);
    for (size_t i = 0; i < CROWD; i++) {
        queue_open(&queues[i]);
        queue_register(&fixture, &queues[i], i, MIO_READABLE | mode);
        assert_ok(put(&queues[i], 0));
    }
    assert_ok(stream_pair(&near_end, &far_end));
    assert_count(stream_write(&far_end, "x", 1), 1);
    assert_true(fd_await_readable(near_end.source.fd));
    assert_ok(mio_registry_register(fixture.registry, &near_end.source, SOCKET,
                                    MIO_READABLE | MIO_LEVEL));
    assert_ok(mio_waker_init(&waker, fixture.registry, WAKER));
    for (unsigned round = 0; round < ROUNDS; round++) {
        mio_event event;
        assert_ok(mio_waker_wake(&waker));
        assert_count(mio_poll_wait(&fixture.poll, &event, 1, PATIENCE), 1);
        const size_t token = (size_t)mio_event_token(&event);
        assert_in_range(token, 0, ALL - 1);
        seen[token]++;
        if (token < CROWD) { /* there is always one message in it */
            unsigned value = 0;
            assert_count(mio_channel_receive(&queues[token].channel, &value),
                         1);
            assert_ok(put(&queues[token], value + 1));
        }
    }
    for (size_t i = 0; i < ALL; i++) {
        assert_in_range(seen[i], ROUNDS / ALL / 4, ROUNDS);
    }
    for (size_t i = 0; i < CROWD; i++) {
        expect_message(&queues[i], seen[i]);
        mio_channel_close(&queues[i].channel);
    }
    mio_waker_close(&waker);
    stream_close(&near_end);
    stream_close(&far_end);
    fixture_close(&fixture);
}

static void nobody_starves_with_edges(void **state)
{
    (void)state;
    nobody_starves(0);
}

static void nobody_starves_with_levels(void **state)
{
    (void)state;
    nobody_starves(MIO_LEVEL);
}

static void each_channel_has_its_event(void **state)
{
    struct fixture *f = *state;
    struct queue queues[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        queue_open(&queues[i]);
        queue_register(f, &queues[i], i, MIO_READABLE);
        assert_ok(put(&queues[i], 0));
    }
    assert_count(fixture_wait(f, PATIENCE), CROWD);
    for (size_t i = 0; i < CROWD; i++) { /* oldest first */
        assert_int_equal(mio_event_token(&f->events[i]), i);
        assert_int_equal(f->events[i].flags, MIO_EVENT_IN);
    }
    assert_ok(put(&queues[3], 0));
    mio_channel_close(&queues[2].channel);
    assert_ok(put(&queues[1], 0));
    mio_channel_close(&queues[3].channel);
    expect_only(f, 1, R_READABLE);
    for (size_t i = 0; i < CROWD; i++) {
        mio_channel_close(&queues[i].channel);
    }
}

/* ---- Sleeping -----------------------------------------------------------*/

/* What another thread does when the poll sleeps, hopefully. */
struct caller {
    struct queue *queue;
    long sleeper;
    bool close;
};

static int call_when_asleep(void *argument)
{
    struct caller *caller = argument;
    task_await_asleep(caller->sleeper);
    if (caller->close) {
        mio_channel_close_senders(&caller->queue->channel);
        return 0;
    }
    return put(caller->queue, 7);
}

static void a_sleeping_poll_is_woken(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {0, MIO_LEVEL, MIO_ONESHOT};
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(modes); i++) {
        struct queue queue;
        struct caller caller = {&queue, task_current(), i % 2 != 0};
        struct thread thread;
        queue_open(&queue);
        queue_register(f, &queue, CHANNEL, MIO_READABLE | modes[i / 2]);
        thread_start(&thread, call_when_asleep, &caller);
        expect_only(f, CHANNEL, caller.close ? CLOSED : R_READABLE);
        assert_ok(thread_join(&thread));
        if (caller.close) {
            expect_end(&queue);
        } else {
            expect_message(&queue, 7);
        }
        mio_channel_close(&queue.channel);
        expect_quiet(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_message_is_an_edge),
        TEST(level_reports_until_it_is_empty),
        TEST(oneshot_fires_once),
        TEST(what_was_taken_is_not_reported),
        TEST(registering_reports_what_is_there),
        TEST(the_interest_decides),
        TEST(nothing_is_told_after_deregistering),
        TEST(wrong_registrations_are_errors),
        TEST(a_channel_outlives_its_poll),
        TEST(a_channel_may_move_from_poll_to_poll),
        TEST(the_end_is_an_edge),
        TEST(the_end_lasts_with_level),
        TEST_BARE(nobody_starves_with_edges),
        TEST_BARE(nobody_starves_with_levels),
        TEST(each_channel_has_its_event),
        TEST(a_sleeping_poll_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
