/* defects_unix.c: what goes wrong in mio 1.2 and takes pipes, files or the
 * system's own waits to see; the part of defects.c and defects_closed.c that
 * only Unix systems have. */
#include "unix_support.h"

enum { SOURCE = 1, OTHER = 2, LIVE = 3 };

/* ---- Time ---------------------------------------------------------------*/

/* The system's own waits, for comparison; INT64_MAX if it has none so short. */
static int64_t time_system_waits(void)
{
    const int64_t start = monotonic_ns();
    for (int i = 0; i < 50; i++) {
        if (system_wait(100 * MICROSECOND) != 0) {
            return INT64_MAX;
        }
    }
    return monotonic_ns() - start;
}

static int64_t time_waits(struct fixture *f)
{
    const int64_t start = monotonic_ns();
    for (int i = 0; i < 50; i++) {
        assert_count(fixture_wait(f, 100 * MICROSECOND), 0);
    }
    return monotonic_ns() - start;
}

/* mio: each takes more than a millisecond. That makes 50 ms in any case, while
 * a busy machine may delay any number of exact ones: several attempts. */
static void short_waits_are_short(void **state)
{
    struct fixture *f = *state;
    int64_t system = INT64_MAX;
    int64_t library = INT64_MAX;
    if (system_wait(100 * MICROSECOND) == -1) {
        assert_true(time_waits(f) >= 50 * MILLISECOND);
        SKIP("this system has no waits below 1 ms; they were rounded up");
    }
    for (int i = 0; i < 50 && library >= 50 * MILLISECOND; i++) {
        const int64_t system_now = time_system_waits();
        const int64_t library_now = time_waits(f);
        system = system_now < system ? system_now : system;
        library = library_now < library ? library_now : library;
        if (i >= 5 && system >= 50 * MILLISECOND) {
            SKIP("this system's own waits are not shorter than 1 ms");
        }
    }
    assert_true(library >= 50 * 100 * MICROSECOND);
    assert_true(library < 50 * MILLISECOND);
}

/* ---- Pipes --------------------------------------------------------------*/

/* mio on poll(2): a foreign descriptor gives its first event and no other. */
static void a_foreign_pipe_gives_more_than_one_event(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    int fds[2];
    char data[8];
    raw_pipe(fds, true);
    assert_ok(mio_source_from_fd(&source, fds[0]));
    assert_ok(
        mio_registry_register(f->registry, &source, SOURCE, MIO_READABLE));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(write(fds[1], "x", 1), 1);
        expect_only(f, SOURCE, R_READABLE);
        assert_int_equal(read(fds[0], data, sizeof(data)), 1);
        assert_int_equal(read(fds[0], data, sizeof(data)), -1);
        assert_ok(mio_source_rearm(&source, MIO_READABLE));
        expect_quiet(f);
    }
    assert_ok(mio_registry_deregister(f->registry, &source));
    fd_close(fds[0]);
    fd_close(fds[1]);
}

/* mio on poll(2): flagless events, and no wait sleeps any more. */
static void a_closed_pipe(struct fixture *f, mio_interest mode)
{
    mio_source source;
    mio_pipe_sender sender;
    mio_pipe_receiver live;
    int fds[2];
    raw_pipe(fds, true);
    assert_ok(mio_pipe_open(&sender, &live));
    assert_ok(
        mio_registry_register(f->registry, &live.source, LIVE, MIO_READABLE));
    assert_ok(mio_source_from_fd(&source, fds[0]));
    assert_ok(mio_registry_register(f->registry, &source, SOURCE,
                                    MIO_READABLE | mode));
    expect_quiet(f);
    fd_close(fds[0]);
    expect_closed_once(f, SOURCE);

    /* The other sources are none the worse for it (G12). */
    assert_count(mio_pipe_sender_write(&sender, "x", 1), 1);
    expect_only(f, LIVE, R_READABLE);
    deregister_closed(f, &source);
    mio_pipe_sender_close(&sender);
    expect_event(f, LIVE, R_READ_CLOSED);
    mio_pipe_receiver_close(&live);
    fd_close(fds[1]);
}

static void a_closed_pipe_does_not_spin(void **state)
{
    a_closed_pipe(*state, 0);
    a_closed_pipe(*state, MIO_LEVEL);
    a_closed_pipe(*state, MIO_ONESHOT);
}

/* mio on epoll: as long as a duplicate is open, events come for a source that
 * is gone. */
static void a_duplicate_of_a_pipe_gives_no_ghost_events(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_ok(mio_registry_register(f->registry, &receiver.source, SOURCE,
                                    MIO_READABLE | MIO_LEVEL));
    const mio_fd copy = fd_duplicate(receiver.source.fd);
    mio_pipe_receiver_close(&receiver);
    assert_count(mio_pipe_sender_write(&sender, "ghost", 5), 5);
    expect_no_events(f);
    mio_pipe_sender_close(&sender);
    expect_no_events(f);
    fd_close(copy);
}

/* ---- Hangups ------------------------------------------------------------*/

static void a_hangup_does_not_spin(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    char data[8];
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    mio_unix_stream_close(&b);
    /* Who asks kqueue for reading is told nothing of writing. */
    expect_event(f, SOURCE,
                 R_READ_CLOSED | (backend_is("kqueue") ? 0 : R_WRITE_CLOSED));
    expect_sleep(f);
    assert_count(mio_unix_stream_read(&a, data, sizeof(data)), 0);
    expect_sleep(f);
    assert_ok(
        mio_registry_reregister(f->registry, &a.source, OTHER, MIO_READABLE));
    expect_event(f, OTHER, R_READ_CLOSED);
    assert_ok(mio_registry_deregister(f->registry, &a.source));
    expect_quiet(f);
    mio_unix_stream_close(&a);
}

static void a_unix_peer_that_closes_is_seen_while_writing(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    assert_ok(mio_unix_stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_WRITABLE));
    expect_only(f, SOURCE, R_WRITABLE);
    mio_unix_stream_close(&b);
    expect_event(f, SOURCE, R_WRITABLE | R_READ_CLOSED | R_WRITE_CLOSED);
    mio_unix_stream_close(&a);
}

/* ---- Files --------------------------------------------------------------*/

/* mio on poll(2): accepted, and ready for ever. */
static void regular_files_are_refused(void **state)
{
    struct fixture *f = *state;
    const char *path = temp_path();
    mio_source source;
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_ok(mio_source_from_fd(&source, file));
    assert_error(
        mio_registry_register(f->registry, &source, SOURCE, MIO_READABLE),
        MIO_ERR_UNSUPPORTED);
    assert_error(mio_registry_register(f->registry, &source, SOURCE,
                                       MIO_WRITABLE | MIO_LEVEL),
                 MIO_ERR_UNSUPPORTED);
    assert_false(mio_source_is_registered(&source));
    assert_error(mio_registry_deregister(f->registry, &source),
                 MIO_ERR_NOT_FOUND);
    expect_quiet(f);
    fd_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(short_waits_are_short),
        TEST(a_foreign_pipe_gives_more_than_one_event),
        TEST(a_closed_pipe_does_not_spin),
        TEST(a_duplicate_of_a_pipe_gives_no_ghost_events),
        TEST(a_hangup_does_not_spin),
        TEST(a_unix_peer_that_closes_is_seen_while_writing),
        TEST(regular_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
