/* misuse.c: wrong use of polls, registries, sources and wakers is an error
 * (G9), never more than that. Sockets and pipes: misuse_io.c. */
#include "stream.h"

enum { ONE = 1, TWO = 2, THREE = 3 };

static const mio_interest bad_interests[] = {
    0,
    MIO_LEVEL,
    MIO_ONESHOT,
    MIO_EXCLUSIVE,
    MIO_LEVEL | MIO_ONESHOT,
    MIO_READABLE | 0x0008u,
    MIO_READABLE | 0x0010u,
    MIO_READABLE | 0x2000u,
    MIO_READABLE | 0x20000000u,
    UINT32_MAX,
    MIO_READABLE | MIO_EXCLUSIVE | MIO_ONESHOT,
    MIO_READABLE | MIO_EXCLUSIVE | MIO_PRIORITY,
};

/* A source of the system's making, [0], and what writes to it. */
static void open_source(mio_source *source, mio_fd fds[2])
{
    assert_true(peer_pair(fds));
    fd_set_blocking(fds[0], false);
    assert_ok(mio_source_from_fd(source, fds[0]));
}

static void close_source(const mio_fd fds[2])
{
    fd_close(fds[0]);
    fd_close(fds[1]);
}

/* ---- Opening a poll -----------------------------------------------------*/

static void a_poll_is_opened_with_sane_arguments_only(void **state)
{
    mio_poll poll;
    mio_slot slot;
    const mio_abi abi = {MIO_VERSION_NUMBER, sizeof(mio_poll), sizeof(mio_slot),
                         sizeof(mio_event), sizeof(mio_source)};
    (void)state;
    assert_error(mio_poll_init(NULL, &slot, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_init(&poll, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_init(&poll, &slot, 16777216), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_init(&poll, &slot, SIZE_MAX), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_init_checked(&poll, &slot, 1, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_init_checked(NULL, &slot, 1, &abi),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_poll_init_checked(&poll, &slot, 1, &abi));
    mio_poll_close(&poll);
    assert_ok(mio_poll_init(&poll, NULL, 0));
    mio_poll_close(&poll);
    assert_ok(mio_poll_init(&poll, &slot, 0));
    mio_poll_close(&poll);
}

static void another_header_is_refused(void **state)
{
    const mio_abi right = {MIO_VERSION_NUMBER, sizeof(mio_poll),
                           sizeof(mio_slot), sizeof(mio_event),
                           sizeof(mio_source)};
    mio_poll poll;
    mio_abi wrong[] = {right, right, right, right, right, right, right};
    (void)state;
    wrong[0].version += 1u << 16;
    wrong[1].version = 0;
    wrong[2].version = UINT32_MAX;
    wrong[3].poll_size += 8;
    wrong[4].slot_size -= 8;
    wrong[5].event_size += 4;
    wrong[6].source_size -= 8;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_error(mio_poll_init_checked(&poll, NULL, 0, &wrong[i]),
                     MIO_ERR_VERSION);
    }
}

static void a_closed_poll_is_refused(void **state)
{
    mio_poll poll;
    mio_slot slot;
    mio_event event;
    mio_waker waker;
    mio_source source;
    mio_fd fds[2];
    mio_fd fd = MIO_FD_INVALID;
    (void)state;
    assert_ok(mio_poll_init(&poll, &slot, 1));
    mio_registry *registry = mio_poll_registry(&poll);
    assert_non_null(registry);
    open_source(&source, fds);
    assert_ok(mio_registry_register(registry, &source, ONE, MIO_READABLE));
    mio_poll_close(&poll);
    mio_poll_close(&poll);
    mio_poll_close(NULL);
    assert_null(mio_poll_registry(&poll));
    assert_null(mio_poll_registry(NULL));
    assert_error(mio_poll_wait(&poll, &event, 1, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_wait(&poll, &event, 1, -1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_wait(NULL, &event, 1, -1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_set_interruptible(&poll, true),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_set_interruptible(NULL, true), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_fd(&poll, &fd), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_fd(NULL, &fd), MIO_ERR_INVALID_INPUT);
    assert_int_equal(fd, MIO_FD_INVALID);
    assert_error(mio_waker_init(&waker, registry, ONE), MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_register(registry, &source, ONE, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_reregister(registry, &source, ONE, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_deregister(registry, &source),
                 MIO_ERR_INVALID_INPUT);
    assert_false(mio_source_is_registered(&source));
    close_source(fds);
}

static void a_zeroed_poll_is_closed(void **state)
{
    mio_poll poll;
    mio_event event;
    (void)state;
    memset(&poll, 0, sizeof(poll));
    mio_poll_close(&poll);
    assert_null(mio_poll_registry(&poll));
    assert_error(mio_poll_wait(&poll, &event, 1, 0), MIO_ERR_INVALID_INPUT);
}

static void waiting_needs_room_for_events(void **state)
{
    struct fixture *f = *state;
    assert_error(mio_poll_wait(&f->poll, NULL, 1, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_wait(&f->poll, NULL, 0, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_wait(&f->poll, f->events, 0, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_fd(&f->poll, NULL), MIO_ERR_INVALID_INPUT);
}

/* ---- Registering --------------------------------------------------------*/

static void registering_needs_its_arguments(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_fd fds[2];
    open_source(&source, fds);
    assert_error(mio_registry_register(NULL, &source, ONE, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_register(f->registry, NULL, ONE, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_reregister(NULL, &source, ONE, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_reregister(f->registry, NULL, ONE, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_deregister(NULL, &source), MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_deregister(f->registry, NULL),
                 MIO_ERR_INVALID_INPUT);
    close_source(fds);
}

static void bad_interests_and_tokens_are_refused(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_fd fds[2];
    open_source(&source, fds);
    for (size_t i = 0; i < ARRAY_LENGTH(bad_interests); i++) {
        assert_error(
            mio_registry_register(f->registry, &source, ONE, bad_interests[i]),
            MIO_ERR_INVALID_INPUT);
    }
    assert_error(mio_registry_register(f->registry, &source, MIO_TOKEN_RESERVED,
                                       MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_false(mio_source_is_registered(&source));

    /* A registration is untouched by a reregistration that fails. */
    assert_ok(mio_registry_register(f->registry, &source, ONE, MIO_READABLE));
    for (size_t i = 0; i < ARRAY_LENGTH(bad_interests); i++) {
        assert_error(mio_registry_reregister(f->registry, &source, TWO,
                                             bad_interests[i]),
                     MIO_ERR_INVALID_INPUT);
    }
    assert_error(mio_registry_reregister(f->registry, &source,
                                         MIO_TOKEN_RESERVED, MIO_READABLE),
                 MIO_ERR_INVALID_INPUT);
    assert_true(peer_send_all(fds[1], "x", 1));
    expect_only(f, ONE, R_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &source));
    close_source(fds);
}

/* Directions of other systems are known, but cannot be had here. */
static void directions_of_other_systems_are_unsupported(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_fd fds[2];
    open_source(&source, fds);
    if (mio_registry_register(f->registry, &source, ONE, MIO_AIO) == 0) {
        assert_true(backend_is("kqueue"));
        assert_ok(mio_registry_deregister(f->registry, &source));
        close_source(fds);
        SKIP("this system has all of them");
    }
    assert_error(mio_registry_register(f->registry, &source, ONE, MIO_AIO),
                 MIO_ERR_UNSUPPORTED);
    assert_error(mio_registry_register(f->registry, &source, ONE,
                                       MIO_READABLE | MIO_LIO),
                 MIO_ERR_UNSUPPORTED);
    close_source(fds);
}

static void registering_twice_is_refused(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_source same;
    mio_fd fds[2];
    open_source(&source, fds);
    assert_ok(mio_registry_register(f->registry, &source, ONE, MIO_READABLE));
    assert_error(mio_registry_register(f->registry, &source, TWO, MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);

    /* Another source of the same descriptor, which takes over where the kernel
     * does not tell. */
    assert_ok(mio_source_from_fd(&same, fds[0]));
    if (backend_is("kqueue")) {
        assert_ok(mio_registry_register(f->registry, &same, TWO, MIO_READABLE));
        assert_true(peer_send_all(fds[1], "x", 1));
        expect_only(f, TWO, R_READABLE);
        assert_ok(mio_registry_deregister(f->registry, &same));
        expect_quiet(f);
        assert_ok(mio_registry_deregister(f->registry, &source));
        close_source(fds);
        return;
    }
    assert_error(mio_registry_register(f->registry, &same, TWO, MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_reregister(f->registry, &same, TWO, MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_deregister(f->registry, &same),
                 MIO_ERR_NOT_FOUND);
    assert_true(peer_send_all(fds[1], "x", 1));
    expect_only(f, ONE, R_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &source));
    close_source(fds);
}

static void what_is_not_registered_is_not_found(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_fd fds[2];
    open_source(&source, fds);
    assert_error(
        mio_registry_reregister(f->registry, &source, ONE, MIO_READABLE),
        MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_deregister(f->registry, &source),
                 MIO_ERR_NOT_FOUND);
    assert_ok(mio_registry_register(f->registry, &source, ONE, MIO_READABLE));
    assert_ok(mio_registry_deregister(f->registry, &source));
    assert_error(mio_registry_deregister(f->registry, &source),
                 MIO_ERR_NOT_FOUND);
    assert_error(
        mio_registry_reregister(f->registry, &source, ONE, MIO_READABLE),
        MIO_ERR_NOT_FOUND);
    assert_true(peer_send_all(fds[1], "x", 1));
    expect_quiet(f);
    close_source(fds);
}

static void a_source_of_another_poll_is_refused(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_source source;
    mio_fd fds[2];
    fixture_open(&other);
    open_source(&source, fds);
    assert_ok(mio_registry_register(f->registry, &source, ONE, MIO_READABLE));
    assert_error(
        mio_registry_register(other.registry, &source, TWO, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(
        mio_registry_reregister(other.registry, &source, TWO, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_deregister(other.registry, &source),
                 MIO_ERR_ALREADY_EXISTS);
    assert_true(peer_send_all(fds[1], "x", 1));
    expect_only(f, ONE, R_READABLE);
    expect_quiet(&other);

    /* Deregistered, it is free to go there (mio cannot). */
    assert_ok(mio_registry_deregister(f->registry, &source));
    assert_ok(
        mio_registry_register(other.registry, &source, TWO, MIO_READABLE));
    expect_only(&other, TWO, R_READABLE);
    expect_quiet(f);
    assert_ok(mio_registry_deregister(other.registry, &source));
    fixture_close(&other);
    close_source(fds);
}

static void a_source_outlives_its_poll(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_source source;
    local_stream a;
    local_stream b;
    mio_fd fds[2];
    fixture_open(&other);
    open_source(&source, fds);
    assert_ok(stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(other.registry, &source, ONE, MIO_READABLE));
    assert_ok(
        mio_registry_register(other.registry, &a.source, ONE, MIO_READABLE));
    assert_ok(
        mio_registry_register(other.registry, &b.source, ONE, MIO_READABLE));
    fixture_close(&other);
    assert_false(mio_source_is_registered(&source));
    assert_ok(mio_source_rearm(&source, MIO_READABLE));
    assert_error(mio_registry_deregister(f->registry, &source),
                 MIO_ERR_NOT_FOUND);
    stream_close(&b);
    assert_ok(mio_registry_register(f->registry, &source, TWO, MIO_READABLE));
    assert_ok(
        mio_registry_register(f->registry, &a.source, THREE, MIO_READABLE));
    assert_true(peer_send_all(fds[1], "x", 1));
    expect_events(f, {TWO, R_READABLE}, {THREE, R_READ_CLOSED});
    assert_ok(mio_registry_deregister(f->registry, &source));
    stream_close(&a);
    close_source(fds);
}

/* A poll opened in the memory of a closed one is another poll. */
static void a_source_is_not_mistaken_for_one_of_the_next_poll(void **state)
{
    struct fixture other;
    mio_source source;
    mio_fd fds[2];
    (void)state;
    fixture_open(&other);
    open_source(&source, fds);
    assert_ok(
        mio_registry_register(other.registry, &source, ONE, MIO_READABLE));
    fixture_close(&other);
    fixture_open(&other);
    assert_false(mio_source_is_registered(&source));
    assert_error(
        mio_registry_reregister(other.registry, &source, TWO, MIO_READABLE),
        MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_deregister(other.registry, &source),
                 MIO_ERR_NOT_FOUND);
    assert_ok(
        mio_registry_register(other.registry, &source, TWO, MIO_READABLE));
    assert_true(peer_send_all(fds[1], "x", 1));
    expect_only(&other, TWO, R_READABLE);
    assert_ok(mio_registry_deregister(other.registry, &source));
    fixture_close(&other);
    close_source(fds);
}

static void a_source_needs_a_descriptor(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    memset(&source, 0, sizeof(source));
    assert_error(mio_source_from_fd(NULL, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_source_from_fd(&source, MIO_FD_INVALID),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_registry_register(f->registry, &source, 1, MIO_READABLE),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_registry_reregister(f->registry, &source, 1, MIO_READABLE),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_registry_deregister(f->registry, &source),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_false(mio_source_is_registered(&source));
    assert_false(mio_source_is_registered(NULL));
    assert_error(mio_source_rearm(NULL, MIO_READABLE), MIO_ERR_INVALID_INPUT);
    assert_error(mio_source_rearm(&source, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_source_rearm(&source, MIO_PRIORITY),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_source_rearm(&source, MIO_READABLE | MIO_LEVEL),
                 MIO_ERR_INVALID_INPUT);
    assert_ok(mio_source_rearm(&source, MIO_READABLE | MIO_WRITABLE));
}

/* ---- Custom sources -----------------------------------------------------*/

static int custom_register(mio_source *source, mio_registry *registry,
                           mio_token token, mio_interest interest)
{
    (void)source;
    (void)registry;
    (void)token;
    (void)interest;
    return 0;
}

static int custom_deregister(mio_source *source, mio_registry *registry)
{
    (void)source;
    (void)registry;
    return 0;
}

static void a_custom_source_needs_all_callbacks(void **state)
{
    const mio_source_ops full = {custom_register, custom_register,
                                 custom_deregister};
    mio_source_ops ops[3] = {full, full, full};
    mio_source source;
    (void)state;
    ops[0].on_register = NULL;
    ops[1].on_reregister = NULL;
    ops[2].on_deregister = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(ops); i++) {
        assert_error(mio_source_custom(&source, &ops[i]),
                     MIO_ERR_INVALID_INPUT);
    }
    assert_error(mio_source_custom(NULL, &full), MIO_ERR_INVALID_INPUT);
    assert_error(mio_source_custom(&source, NULL), MIO_ERR_INVALID_INPUT);
    assert_ok(mio_source_custom(&source, &full));
    assert_false(mio_source_is_registered(&source));
}

/* ---- Wakers -------------------------------------------------------------*/

static void wakers_are_checked(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_waker waker;
    memset(&waker, 0, sizeof(waker));
    assert_error(mio_waker_init(NULL, f->registry, ONE), MIO_ERR_INVALID_INPUT);
    assert_error(mio_waker_init(&waker, NULL, ONE), MIO_ERR_INVALID_INPUT);
    assert_error(mio_waker_init(&waker, f->registry, MIO_TOKEN_RESERVED),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_waker_wake(NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_waker_wake(&waker), MIO_ERR_NOT_FOUND);
    mio_waker_close(&waker);
    mio_waker_close(NULL);

    assert_ok(mio_waker_init(&waker, f->registry, ONE));
    mio_waker_close(&waker);
    mio_waker_close(&waker);
    assert_error(mio_waker_wake(&waker), MIO_ERR_NOT_FOUND);
    expect_quiet(f);

    /* The poll goes first, also with a wake on its way. */
    fixture_open(&other);
    assert_ok(mio_waker_init(&waker, other.registry, ONE));
    assert_ok(mio_waker_wake(&waker));
    fixture_close(&other);
    assert_error(mio_waker_wake(&waker), MIO_ERR_NOT_FOUND);
    mio_waker_close(&waker);
    fixture_open(&other);
    assert_error(mio_waker_wake(&waker), MIO_ERR_NOT_FOUND);
    expect_quiet(&other);
    fixture_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(a_poll_is_opened_with_sane_arguments_only),
        TEST_BARE(another_header_is_refused),
        TEST_BARE(a_closed_poll_is_refused),
        TEST_BARE(a_zeroed_poll_is_closed),
        TEST(waiting_needs_room_for_events),
        TEST(registering_needs_its_arguments),
        TEST(bad_interests_and_tokens_are_refused),
        TEST(directions_of_other_systems_are_unsupported),
        TEST(registering_twice_is_refused),
        TEST(what_is_not_registered_is_not_found),
        TEST(a_source_of_another_poll_is_refused),
        TEST(a_source_outlives_its_poll),
        TEST_BARE(a_source_is_not_mistaken_for_one_of_the_next_poll),
        TEST(a_source_needs_a_descriptor),
        TEST_BARE(a_custom_source_needs_all_callbacks),
        TEST(wakers_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
