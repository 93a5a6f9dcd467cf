/* modes_unix.c: modes and the hangups of Unix sockets and pipes, which say more
 * than the end of a TCP stream does. */
#include "unix_support.h"

enum { TOKEN = 1, NEXT = 2 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

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
        TEST(oneshot_is_silent_about_a_hangup),
        TEST(level_hangup_is_read_to_the_last_byte),
        TEST(edge_hangup_is_read_to_the_last_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
