/* modes.c: edge, level and oneshot mean the same for every kind of source, on
 * every backend (G3). Fairness and MIO_EXCLUSIVE are in modes_fair.c, what arms
 * an edge again in rearm.c, hangups of Unix sockets and pipes in modes_unix.c. */
#include "stream.h"
#include "subject.h"

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
    local_stream a;
    local_stream b;
    char data[4];
    assert_ok(stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN,
                                    BOTH | MIO_ONESHOT));
    expect_only(f, TOKEN, R_WRITABLE);
    assert_count(stream_write(&b, "x", 1), 1);
    assert_true(fd_await_readable(a.source.fd));
    expect_quiet(f);
    assert_ok(mio_registry_reregister(f->registry, &a.source, NEXT,
                                      BOTH | MIO_ONESHOT));
    expect_only(f, NEXT, R_READABLE | R_WRITABLE);
    assert_count(stream_read(&a, data, sizeof(data)), 1);
    assert_error(stream_read(&a, data, 1), MIO_ERR_WOULD_BLOCK);
    stream_drain(&b, stream_fill(&a));
    expect_quiet(f);
    stream_close(&a);
    stream_close(&b);
}

/* Not even the end of the connection is reported before it is asked for. */
static void oneshot_is_silent_about_an_end(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    const mio_interest modes[] = {MIO_ONESHOT, MIO_ONESHOT | MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        tcp_pair(&client, &server);
        assert_ok(mio_registry_register(f->registry, &client.source, TOKEN,
                                        BOTH | modes[i]));
        expect_only(f, TOKEN, R_WRITABLE);
        mio_tcp_stream_close(&server);
        assert_true(fd_await_readable(client.source.fd));
        expect_sleep(f);
        assert_ok(mio_registry_reregister(f->registry, &client.source, TOKEN,
                                          BOTH | modes[i]));
        expect_only(f, TOKEN, R_READABLE | R_WRITABLE | R_READ_CLOSED);
        expect_quiet(f);
        mio_tcp_stream_close(&client);
    }
}

static void level_reports_room_to_write(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    assert_ok(stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, TOKEN, BOTH | MIO_LEVEL));
    expect_only(f, TOKEN, R_WRITABLE);
    expect_only(f, TOKEN, R_WRITABLE);
    const size_t sent = stream_fill(&a);
    expect_quiet(f);
    stream_drain(&b, sent);
    expect_only(f, TOKEN, R_WRITABLE);
    expect_only(f, TOKEN, R_WRITABLE);
    assert_count(stream_write(&b, "x", 1), 1);
    assert_true(fd_await_readable(a.source.fd));
    expect_only(f, TOKEN, R_READABLE | R_WRITABLE);
    stream_drain(&a, 1);
    expect_only(f, TOKEN, R_WRITABLE);
    stream_close(&a);
    stream_close(&b);
}

static void edge_reports_room_to_write_once(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    assert_ok(stream_pair(&a, &b));
    assert_ok(mio_registry_register(f->registry, &a.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_WRITABLE);
    expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        const size_t sent = stream_fill(&a);
        expect_quiet(f);
        stream_drain(&b, sent);
        expect_event(f, TOKEN, R_WRITABLE);
    }
    stream_close(&a);
    stream_close(&b);
}

/* ---- The end of a stream with data --------------------------------------*/

/* Reads a byte for each event, until the end. */
#define LAST_WORDS 10
static void level_end_is_read_to_the_last_byte(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    tcp_pair(&client, &server);
    write_all(&server, "last words", LAST_WORDS);
    mio_tcp_stream_close(&server);
    assert_ok(mio_registry_register(f->registry, &client.source, TOKEN,
                                    MIO_READABLE | MIO_LEVEL));
    for (unsigned i = 0; i <= LAST_WORDS; i++) {
        char byte = 0;
        expect_event(f, TOKEN, R_READABLE);
        assert_int_equal(f->count, 1);
        assert_count(mio_tcp_stream_read(&client, &byte, 1), i < LAST_WORDS);
        assert_int_equal(byte, i < LAST_WORDS ? "last words"[i] : 0);
    }
    expect_event(f, TOKEN, R_READABLE | R_READ_CLOSED); /* it stays so */
    assert_ok(mio_registry_deregister(f->registry, &client.source));
    expect_quiet(f);
    mio_tcp_stream_close(&client);
}

/* With edges there is one event for all of it, or one for the data and one for
 * the end, and reading goes on to the end of the stream. */
static void edge_end_is_read_to_the_last_byte(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    char data[4];
    size_t total = 0;
    mio_ssize n = 1;
    tcp_pair(&client, &server);
    assert_ok(mio_registry_register(f->registry, &client.source, TOKEN,
                                    MIO_READABLE));
    write_all(&server, "last words", LAST_WORDS);
    expect_event(f, TOKEN, R_READABLE);
    mio_tcp_stream_close(&server);
    const int64_t end = monotonic_ns() + PATIENCE;
    while (n != 0 && monotonic_ns() < end) {
        n = mio_tcp_stream_read(&client, data, sizeof(data));
        if (n == MIO_ERR_WOULD_BLOCK) {
            expect_event(f, TOKEN, R_READABLE | R_READ_CLOSED);
        } else {
            assert_true(n >= 0);
            total += (size_t)n;
        }
    }
    assert_count(n, 0);
    assert_int_equal(total, LAST_WORDS);

    /* A short read has armed the source: it may say so once more. */
    (void)readiness_now(f, TOKEN);
    expect_sleep(f);
    mio_tcp_stream_close(&client);
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
        TEST(level_reports_room_to_write),
        TEST(oneshot_is_silent_about_an_end),
        TEST(edge_reports_room_to_write_once),
        TEST(level_end_is_read_to_the_last_byte),
        TEST(edge_end_is_read_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
