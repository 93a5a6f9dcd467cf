/* modes.c: edge, level and oneshot mean the same for every kind of source, on
 * every backend (G3). Fairness and MIO_EXCLUSIVE are in modes_fair.c, what arms
 * an edge again in rearm.c. */
#include "unix_support.h"

enum { TOKEN = 1, NEXT = 2 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

static void enter(struct fixture *f, struct subject *s, mio_interest interest)
{
    assert_ok(mio_registry_register(f->registry, s->source, TOKEN, interest));
}

static void enter_again(struct fixture *f, struct subject *s, mio_token token,
                        mio_interest interest)
{
    assert_ok(mio_registry_reregister(f->registry, s->source, token, interest));
}

/* ---- Every kind of source -----------------------------------------------*/

/* Reported in every wait, until the last unit is taken; and again when there
 * is one more. Nobody has to run into "would block". */
static void level_repeats_until_drained(struct fixture *f,
                                        const struct subject_kind *kind)
{
    struct subject s;
    subject_open(&s, kind);
    enter(f, &s, MIO_READABLE | MIO_LEVEL);
    expect_quiet(f);
    for (int round = 0; round < 2; round++) {
        subject_feed(&s);
        expect_only(f, TOKEN, R_READABLE);
        subject_feed(&s);
        expect_only(f, TOKEN, R_READABLE);
        expect_only(f, TOKEN, R_READABLE);
        subject_take(&s);
        expect_only(f, TOKEN, R_READABLE);
        subject_take(&s);
        expect_quiet(f);
    }
    subject_block(&s);
    expect_quiet(f);
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    subject_close(f, &s);
}
DEFINE_TESTS_OF_KINDS(level_repeats_until_drained)

/* Reported once, and then after the source has been found empty. */
static void edge_reports_changes(struct fixture *f,
                                 const struct subject_kind *kind)
{
    struct subject s;
    subject_open(&s, kind);
    subject_feed(&s); /* ready before it is registered */
    enter(f, &s, MIO_READABLE);
    expect_only(f, TOKEN, R_READABLE);
    expect_quiet(f);
    subject_take(&s);
    subject_block(&s);
    expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        subject_feed(&s);
        expect_only(f, TOKEN, R_READABLE);
        expect_quiet(f);
        subject_take(&s);
        subject_block(&s);
        expect_quiet(f);
    }
    subject_close(f, &s);
}
DEFINE_TESTS_OF_KINDS(edge_reports_changes)

/* A source that is still ready is reported again, as often as it is
 * reregistered. */
static void reregistering_reports_again(struct fixture *f,
                                        const struct subject_kind *kind)
{
    struct subject s;
    subject_open(&s, kind);
    subject_feed(&s);
    enter(f, &s, MIO_READABLE);
    expect_only(f, TOKEN, R_READABLE);
    for (mio_token i = 0; i < 3; i++) {
        enter_again(f, &s, NEXT + i, MIO_READABLE);
        expect_only(f, NEXT + i, R_READABLE);
        expect_quiet(f);
    }
    subject_take(&s);
    enter_again(f, &s, TOKEN, MIO_READABLE);
    expect_quiet(f);
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    subject_close(f, &s);
}
DEFINE_TESTS_OF_KINDS(reregistering_reports_again)

/* One event, and then nothing, whatever happens: not by more data, not by I/O
 * that would block, not by mio_source_rearm. */
static void check_oneshot(struct fixture *f, const struct subject_kind *kind,
                          mio_interest interest)
{
    struct subject s;
    subject_open(&s, kind);
    enter(f, &s, interest);
    expect_quiet(f);
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    expect_quiet(f);
    subject_feed(&s);
    expect_quiet(f);
    subject_take(&s);
    subject_take(&s);
    subject_block(&s);
    assert_ok(mio_source_rearm(s.source, MIO_READABLE));
    subject_feed(&s);
    expect_quiet(f);
    assert_true(mio_source_is_registered(s.source));
    enter_again(f, &s, NEXT, interest);
    expect_only(f, NEXT, R_READABLE);
    expect_quiet(f);

    /* Armed and not ready, it waits for the next unit. */
    subject_take(&s);
    subject_block(&s);
    enter_again(f, &s, TOKEN, interest);
    expect_quiet(f);
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    subject_feed(&s);
    expect_quiet(f);
    subject_close(f, &s);
}

static void oneshot_reports_once(struct fixture *f,
                                 const struct subject_kind *kind)
{
    check_oneshot(f, kind, MIO_READABLE | MIO_ONESHOT);
}
DEFINE_TESTS_OF_KINDS(oneshot_reports_once)

static void level_oneshot_reports_once(struct fixture *f,
                                       const struct subject_kind *kind)
{
    check_oneshot(f, kind, MIO_READABLE | MIO_LEVEL | MIO_ONESHOT);
}
DEFINE_TESTS_OF_KINDS(level_oneshot_reports_once)

/* The mode is replaced too. */
static void modes_can_be_changed(struct fixture *f,
                                 const struct subject_kind *kind)
{
    struct subject s;
    subject_open(&s, kind);
    subject_feed(&s);
    enter(f, &s, MIO_READABLE | MIO_ONESHOT);
    expect_only(f, TOKEN, R_READABLE);
    expect_quiet(f);
    enter_again(f, &s, NEXT, MIO_READABLE | MIO_LEVEL);
    expect_only(f, NEXT, R_READABLE);
    expect_only(f, NEXT, R_READABLE);
    enter_again(f, &s, TOKEN, MIO_READABLE);
    expect_only(f, TOKEN, R_READABLE);
    expect_quiet(f);
    enter_again(f, &s, NEXT, MIO_READABLE | MIO_ONESHOT);
    expect_only(f, NEXT, R_READABLE);
    expect_quiet(f);
    enter_again(f, &s, TOKEN, MIO_WRITABLE | MIO_ONESHOT);
    (void)readiness_now(f, TOKEN); /* streams can be written, listeners not */
    expect_quiet(f);
    subject_close(f, &s);
}
DEFINE_TESTS_OF_KINDS(modes_can_be_changed)

/* ---- Both directions ----------------------------------------------------*/

/* The event of one direction silences the other one too. */
static void oneshot_silences_both_directions(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[4];
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN,
                                    BOTH | MIO_ONESHOT));
    expect_only(f, TOKEN, R_WRITABLE);
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    expect_quiet(f);
    assert_ok(mio_registry_reregister(f->registry, &a.source, NEXT,
                                      BOTH | MIO_ONESHOT));
    expect_only(f, NEXT, R_READABLE | R_WRITABLE);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 1);
    assert_error(mio_unix_stream_read(&a, data, 1), MIO_ERR_WOULD_BLOCK);
    (void)fill_stream(&a);
    (void)drain_stream(&b);
    expect_quiet(f);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

/* Not even the end of the connection is reported before it is asked for. */
static void oneshot_is_silent_about_a_hangup(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    const mio_interest modes[] = {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        assert_ok(mio_unix_stream_pair(&a, &b));
        assert_ok(mio_pipe_open(&sender, &receiver));
        assert_ok(mio_registry_register(f->registry, &a.source, TOKEN,
                                        BOTH | modes[i]));
        assert_ok(mio_registry_register(f->registry, &sender.source, NEXT,
                                        MIO_WRITABLE | modes[i]));
        expect_events(f, {TOKEN, R_WRITABLE}, {NEXT, R_WRITABLE});
        mio_unix_stream_close(&b);
        mio_pipe_receiver_close(&receiver);
        expect_sleep(f);
        assert_ok(mio_registry_reregister(f->registry, &a.source, TOKEN,
                                          BOTH | modes[i]));
        expect_only(f, TOKEN,
                    R_READABLE | R_WRITABLE | R_READ_CLOSED | R_WRITE_CLOSED);
        assert_ok(mio_registry_reregister(f->registry, &sender.source, NEXT,
                                          MIO_WRITABLE | modes[i]));
        expect_event(f, NEXT, R_WRITABLE | R_WRITE_CLOSED);
        expect_quiet(f);
        mio_unix_stream_close(&a);
        mio_pipe_sender_close(&sender);
    }
}

static void level_reports_room_to_write(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, TOKEN, BOTH | MIO_LEVEL));
    expect_only(f, TOKEN, R_WRITABLE);
    expect_only(f, TOKEN, R_WRITABLE);
    const size_t sent = fill_stream(&a);
    expect_quiet(f);
    assert_int_equal(drain_stream(&b), sent);
    expect_only(f, TOKEN, R_WRITABLE);
    expect_only(f, TOKEN, R_WRITABLE);
    assert_count(mio_unix_stream_write(&b, "x", 1), 1);
    expect_only(f, TOKEN, R_READABLE | R_WRITABLE);
    assert_int_equal(drain_stream(&a), 1);
    expect_only(f, TOKEN, R_WRITABLE);
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

static void edge_reports_room_to_write_once(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_WRITABLE);
    expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        const size_t sent = fill_stream(&a);
        expect_quiet(f);
        assert_int_equal(drain_stream(&b), sent);
        expect_event(f, TOKEN, R_WRITABLE);
    }
    mio_unix_stream_close(&a);
    mio_unix_stream_close(&b);
}

/* ---- Hangup with data ---------------------------------------------------*/

/* Reads a byte for each event, until the end. */
#define LAST_WORDS 10
static void read_last_words(struct fixture *f, mio_source *source)
{
    assert_ok(mio_registry_register(f->registry, source, TOKEN,
                                    MIO_READABLE | MIO_LEVEL));
    for (unsigned i = 0; i <= LAST_WORDS; i++) {
        char byte = 0;
        expect_event(f, TOKEN, R_READABLE);
        assert_int_equal(f->count, 1);
        assert_int_equal(read(source->fd, &byte, 1), i < LAST_WORDS);
        assert_int_equal(byte, i < LAST_WORDS ? "last words"[i] : 0);
    }
    expect_event(f, TOKEN, R_READABLE | R_READ_CLOSED); /* it stays so */
    assert_ok(mio_registry_deregister(f->registry, source));
    expect_quiet(f);
}

static void level_hangup_is_read_to_the_last_byte(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    mio_tcp_stream client;
    mio_tcp_stream server;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_count(mio_unix_stream_write(&b, "last words", LAST_WORDS),
                 LAST_WORDS);
    mio_unix_stream_close(&b);
    read_last_words(f, &a.source);
    mio_unix_stream_close(&a);

    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_count(mio_pipe_sender_write(&sender, "last words", LAST_WORDS),
                 LAST_WORDS);
    mio_pipe_sender_close(&sender);
    read_last_words(f, &receiver.source);
    mio_pipe_receiver_close(&receiver);

    tcp_pair(&client, &server);
    write_all(&server, "last words", LAST_WORDS);
    mio_tcp_stream_close(&server);
    read_last_words(f, &client.source);
    mio_tcp_stream_close(&client);
}

/* With edges there is one event for all of it, and reading goes on to the end
 * of the stream. */
static void edge_hangup_is_read_to_the_last_byte(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[4];
    size_t total = 0;
    mio_ssize n = 1;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, TOKEN, MIO_READABLE));
    assert_count(mio_unix_stream_write(&b, "last words", LAST_WORDS),
                 LAST_WORDS);
    mio_unix_stream_close(&b);
    expect_event(f, TOKEN, R_READABLE | R_READ_CLOSED);
    while (n > 0 && total <= LAST_WORDS) {
        n = mio_unix_stream_read(&a, data, sizeof(data));
        total += n > 0 ? (size_t)n : 0;
    }
    assert_count(n, 0);
    assert_int_equal(total, LAST_WORDS);

    /* A short read has armed the source: it may say so once more. */
    (void)readiness_now(f, TOKEN);
    expect_sleep(f);
    mio_unix_stream_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_OF_KINDS(level_repeats_until_drained),
        TESTS_OF_KINDS(edge_reports_changes),
        TESTS_OF_KINDS(reregistering_reports_again),
        TESTS_OF_KINDS(oneshot_reports_once),
        TESTS_OF_KINDS(level_oneshot_reports_once),
        TESTS_OF_KINDS(modes_can_be_changed),
        TEST(oneshot_silences_both_directions),
        TEST(oneshot_is_silent_about_a_hangup),
        TEST(level_reports_room_to_write),
        TEST(edge_reports_room_to_write_once),
        TEST(level_hangup_is_read_to_the_last_byte),
        TEST(edge_hangup_is_read_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
