/* test_backend.c: what the kqueue backend does that a program cannot see, or
 * not on every system: how many calls it makes, and what it does about traps.
 * Everything else is the suite's. */
#include "signal_support.h"

#include <fcntl.h>
#include <unistd.h>

#include "standin.h"

enum { SOURCE = 1, WAKER = 2 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

/* ---- Calls --------------------------------------------------------------*/

static unsigned long calls_before;

static void count_begin(void)
{
    calls_before = standin_calls();
}

static void count_is(unsigned long expected)
{
    assert_int_equal(standin_calls() - calls_before, expected);
}

/* A oneshot source of several filters: see kqueue.c. One that only writes has
 * two, the second for its peer's end. */
static bool is_pair(mio_interest interest)
{
    return (interest & MIO_ONESHOT) != 0 && (interest & BOTH) != MIO_READABLE;
}

static void one_call_for_each_change(void **state)
{
    struct fixture *f = *state;
    const mio_interest interests[] = {
        MIO_READABLE,
        MIO_WRITABLE,
        BOTH,
        BOTH | MIO_LEVEL,
        MIO_WRITABLE | MIO_LEVEL,
        MIO_READABLE | MIO_ONESHOT,
        MIO_WRITABLE | MIO_ONESHOT,
        BOTH | MIO_ONESHOT,
    };
    mio_tcp_stream client;
    mio_tcp_stream server;
    tcp_pair(&client, &server);
    /* The first pair makes a kqueue for them. */
    assert_ok(mio_registry_register(f->registry, &client.source, SOURCE,
                                    BOTH | MIO_ONESHOT));
    assert_ok(mio_registry_deregister(f->registry, &client.source));
    for (size_t i = 0; i < ARRAY_LENGTH(interests); i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(interests); k++) {
            const bool moves = is_pair(interests[i]) != is_pair(interests[k]);
            count_begin();
            assert_ok(mio_registry_register(f->registry, &client.source, SOURCE,
                                            interests[i]));
            count_is(1);
            count_begin();
            assert_ok(mio_registry_reregister(f->registry, &client.source,
                                              SOURCE, interests[k]));
            count_is(moves ? 2 : 1);
            count_begin();
            assert_ok(mio_registry_deregister(f->registry, &client.source));
            count_is(1);
        }
    }
    expect_quiet(f);
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
}

static void one_call_for_each_wait(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    tcp_pair(&client, &server);
    assert_ok(mio_registry_register(f->registry, &client.source, SOURCE, BOTH));
    count_begin();
    assert_count(fixture_wait(f, PATIENCE), 1);
    count_is(1);
    assert_count(fixture_wait(f, 0), 0);
    count_is(2);
    /* Of a pair: one that finds something, one that fetches it, one that
     * disables the other filter. */
    assert_ok(mio_registry_reregister(f->registry, &client.source, SOURCE,
                                      BOTH | MIO_ONESHOT));
    count_begin();
    assert_count(fixture_wait(f, PATIENCE), 1);
    count_is(3);
    count_begin();
    assert_count(fixture_wait(f, 0), 0);
    count_is(1);
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
}

/* ---- Events -------------------------------------------------------------*/

static void both_directions_are_one_event(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream clients[8];
    mio_tcp_stream servers[8];
    for (size_t i = 0; i < ARRAY_LENGTH(clients); i++) {
        tcp_pair(&clients[i], &servers[i]);
        write_all(&servers[i], "x", 1);
        assert_true(fd_await_readable(clients[i].source.fd));
        assert_ok(
            mio_registry_register(f->registry, &clients[i].source, i, BOTH));
    }
    assert_count(fixture_wait(f, PATIENCE), ARRAY_LENGTH(clients));
    for (int i = 0; i < f->count; i++) {
        assert_int_equal(f->events[i].flags, MIO_EVENT_IN | MIO_EVENT_OUT);
    }
    expect_quiet(f);
    for (size_t i = 0; i < ARRAY_LENGTH(clients); i++) {
        mio_tcp_stream_close(&clients[i]);
        mio_tcp_stream_close(&servers[i]);
    }
}

/* The filter that waits for the peer's end is silent about data. */
static void writers_are_not_told_of_data(void **state)
{
    struct fixture *f = *state;
    const mio_interest modes[] = {0, MIO_LEVEL, MIO_ONESHOT};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        mio_tcp_stream client;
        mio_tcp_stream server;
        tcp_pair(&client, &server);
        assert_ok(mio_registry_register(f->registry, &client.source, SOURCE,
                                        MIO_WRITABLE | modes[i]));
        write_all(&server, "data", 4);
        assert_true(fd_await_readable(client.source.fd));
        expect_only(f, SOURCE, R_WRITABLE);
        if (modes[i] != MIO_ONESHOT) {
            mio_tcp_stream_close(&server);
            expect_event(f, SOURCE, R_READ_CLOSED);
        }
        /* Interest in data comes and goes. */
        assert_ok(mio_registry_reregister(f->registry, &client.source, SOURCE,
                                          MIO_READABLE | modes[i]));
        expect_event(f, SOURCE, R_READABLE);
        mio_tcp_stream_close(&client);
        mio_tcp_stream_close(&server);
    }
}

/* Also for whoever has not always been a writer, and once in level mode, for
 * there is no reading that would end it. */
static void writers_are_told_of_the_end_once(void **state)
{
    struct fixture *f = *state;
    static const char block[65536];
    mio_tcp_stream client;
    mio_tcp_stream server;
    tcp_pair(&client, &server);
    while (mio_tcp_stream_write(&client, block, sizeof(block)) > 0) {
    }
    assert_ok(mio_registry_register(f->registry, &client.source, SOURCE,
                                    MIO_READABLE | MIO_LEVEL));
    assert_ok(mio_registry_reregister(f->registry, &client.source, SOURCE,
                                      MIO_WRITABLE | MIO_LEVEL));
    assert_ok(mio_tcp_stream_shutdown(&server, MIO_SHUTDOWN_WRITE));
    expect_event(f, SOURCE, R_READ_CLOSED);
    expect_sleep(f);
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
}

/* Not even if it is not the library's own. */
static void listeners_have_no_end(void **state)
{
    struct fixture *f = *state;
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_source source;
    mio_addr addr = any_v4();
    listen_on(&listener, &addr);
    assert_ok(mio_tcp_stream_connect(&client, &addr));
    connect_soon(&client);
    assert_ok(mio_source_from_fd(&source, listener.source.fd));
    assert_ok(
        mio_registry_register(f->registry, &source, SOURCE, MIO_WRITABLE));
    expect_no_events(f);
    assert_ok(mio_registry_deregister(f->registry, &source));
    mio_tcp_stream_close(&client);
    mio_tcp_listener_close(&listener);
}

/* ---- Pairs and threads --------------------------------------------------*/

enum { ROUNDS = 300, STEPS = 30 };

struct race {
    mio_registry *registry;
    mio_source *source;
    struct gate begun; /* how many rounds may be run */
};

static int register_again_and_again(void *argument)
{
    struct race *race = argument;
    mio_token token = 0;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        if (!gate_await(&race->begun, round)) {
            return 1;
        }
        for (int step = 0; step < STEPS; step++) {
            if (mio_registry_reregister(race->registry, race->source, ++token,
                                        BOTH | MIO_ONESHOT) != 0) {
                return 2;
            }
        }
    }
    return 0;
}

/* The event of one registration must not disable what the next has armed. */
static void a_registration_during_a_fetch_is_whole(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    mio_udp_socket a;
    mio_udp_socket b;
    udp_pair(&a, &b);
    assert_count(mio_udp_socket_send(&b, "x", 1), 1);
    assert_true(fd_await_readable(a.source.fd));
    assert_ok(
        mio_registry_register(f->registry, &a.source, 0, BOTH | MIO_ONESHOT));
    struct race race = {.registry = f->registry, .source = &a.source};
    gate_init(&race.begun);
    thread_start(&thread, register_again_and_again, &race);
    for (mio_token round = 1; round <= ROUNDS; round++) {
        gate_pass(&race.begun);
        /* Many tokens are never seen. The last one is ready in both ways. */
        expect_event(f, round * STEPS, R_READABLE | R_WRITABLE);
        expect_quiet(f);
    }
    assert_int_equal(thread_join(&thread), 0);
    gate_destroy(&race.begun);
    mio_udp_socket_close(&a);
    mio_udp_socket_close(&b);
}

/* ---- Wakers -------------------------------------------------------------*/

/* A kernel that is older than its headers: the pipe takes over. */
static void wakers_fall_back_to_a_pipe(void **state)
{
    const unsigned traps = standin_traps();
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct fixture f;
        mio_waker wakers[3];
        standin_set_traps(refused ? traps | TRAP_NO_USER
                                  : traps & ~TRAP_NO_USER);
        fixture_open(&f);
        const int before = fd_count();
        for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
            assert_ok(mio_waker_init(&wakers[i], f.registry, WAKER + i));
        }
#ifdef EVFILT_USER
        assert_int_equal(fd_count() - before, refused ? 2 : 0);
#else
        assert_int_equal(fd_count() - before, 2);
#endif
        for (size_t i = 0; i < ARRAY_LENGTH(wakers); i++) {
            assert_ok(mio_waker_wake(&wakers[i]));
            expect_only(&f, WAKER + i, R_READABLE);
            expect_quiet(&f);
            mio_waker_close(&wakers[i]);
        }
        fixture_close(&f);
    }
    standin_set_traps(traps);
}

/* ---- What the kernel refuses --------------------------------------------*/

static void a_pipe_without_readers_is_refused(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    assert_ok(mio_pipe_open(&sender, &receiver));
    mio_pipe_receiver_close(&receiver);
    assert_error(mio_registry_register(f->registry, &sender.source, SOURCE,
                                       MIO_WRITABLE),
                 MIO_ERR_BROKEN_PIPE);
    assert_false(mio_source_is_registered(&sender.source));
    expect_quiet(f);
    mio_pipe_sender_close(&sender);
}

static void a_device_is_refused(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    const int device = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(device >= 0);
    assert_ok(mio_source_from_fd(&source, device));
    assert_error(
        mio_registry_register(f->registry, &source, SOURCE, MIO_READABLE),
        MIO_ERR_UNSUPPORTED);
    fd_close(device);
}

/* Half a registration is none. */
static void a_refused_direction_undoes_the_other(void **state)
{
    struct fixture *f = *state;
    struct fixture inner;
    mio_source source;
    mio_waker waker;
    mio_fd fd;
    fixture_open(&inner);
    assert_ok(mio_waker_init(&waker, inner.registry, WAKER));
    assert_ok(mio_poll_fd(&inner.poll, &fd));
    assert_ok(mio_source_from_fd(&source, fd));
    assert_error(mio_registry_register(f->registry, &source, SOURCE, BOTH),
                 MIO_ERR_UNSUPPORTED);
    assert_ok(mio_waker_wake(&waker));
    expect_quiet(f);
    mio_waker_close(&waker);
    fixture_close(&inner);
}

/* Nor is half a change: the source is not registered any more. */
static void a_refused_change_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    const mio_interest wishes[] = {MIO_WRITABLE, BOTH, BOTH | MIO_ONESHOT};
    for (size_t i = 0; i < ARRAY_LENGTH(wishes); i++) {
        struct fixture inner;
        mio_source source;
        mio_waker waker;
        mio_fd fd;
        fixture_open(&inner);
        assert_ok(mio_waker_init(&waker, inner.registry, WAKER));
        assert_ok(mio_poll_fd(&inner.poll, &fd));
        assert_ok(mio_source_from_fd(&source, fd));
        assert_ok(
            mio_registry_register(f->registry, &source, SOURCE, MIO_READABLE));
        assert_error(
            mio_registry_reregister(f->registry, &source, SOURCE, wishes[i]),
            MIO_ERR_UNSUPPORTED);
        assert_false(mio_source_is_registered(&source));
        assert_ok(mio_waker_wake(&waker));
        expect_quiet(f);
        mio_waker_close(&waker);
        fixture_close(&inner);
    }
}

/* ---- Asynchronous I/O ---------------------------------------------------*/

static void requests_tell_of_their_end(void **state)
{
#ifdef EVFILT_LIO
    struct fixture *f = *state;
    mio_source source;
    mio_fd kqueue;
    const int file = open(temp_path(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_ok(mio_source_from_fd(&source, file));
    assert_ok(mio_poll_fd(&f->poll, &kqueue));
    count_begin();
    assert_ok(
        mio_registry_register(f->registry, &source, SOURCE, MIO_AIO | MIO_LIO));
    count_is(0);
    expect_quiet(f);
    /* Two requests of one source are two events. */
    kqueue_standin_complete(kqueue, EVFILT_AIO, 0x1000, (void *)SOURCE);
    kqueue_standin_complete(kqueue, EVFILT_AIO, 0x2000, (void *)SOURCE);
    assert_count(fixture_wait(f, PATIENCE), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mio_event_token(&f->events[i]), SOURCE);
        assert_true(mio_event_is_aio(&f->events[i]));
        assert_false(mio_event_is_lio(&f->events[i]));
        assert_false(mio_event_is_readable(&f->events[i]));
    }
    kqueue_standin_complete(kqueue, EVFILT_LIO, 0x3000, (void *)SOURCE);
    assert_count(fixture_wait(f, PATIENCE), 1);
    assert_true(mio_event_is_lio(&f->events[0]));
    assert_ok(mio_registry_deregister(f->registry, &source));
    fd_close(file);
#else
    (void)state;
    SKIP("systems of this shape do not tell a kqueue of requests");
#endif
}

/* ---- Signals ------------------------------------------------------------*/

static void skip_unless_sets_are_kqueues(void)
{
    if (sets_know_senders()) {
        SKIP("signal sets are not kqueues here");
    }
}

static void a_read_of_signals_is_one_call(void **state)
{
    struct fixture *f = *state;
    const int signals[] = {SIGHUP, SIGUSR1, SIGTERM};
    mio_signal_info infos[3];
    mio_signal_set set;
    skip_unless_sets_are_kqueues();
    count_begin();
    assert_ok(mio_signal_set_init(&set, signals, ARRAY_LENGTH(signals)));
    count_is(1);
    count_begin();
    assert_ok(mio_registry_register(f->registry, &set.source, SOURCE, BOTH));
    count_is(1);
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        assert_int_equal(kill(getpid(), signals[i]), 0);
    }
    expect_only(f, SOURCE, R_READABLE);
    count_begin();
    assert_count(mio_signal_set_read(&set, infos, 3), 3);
    count_is(1);
    /* With little room the others are disabled, and enabled again. */
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        assert_int_equal(kill(getpid(), signals[i]), 0);
    }
    count_begin();
    assert_count(mio_signal_set_read(&set, infos, 1), 1);
    count_is(2);
    mio_signal_set_close(&set);
}

/* The stand-in leaves a child the kqueue's number, as a system does not. */
static void a_child_leaves_the_number_alone(void **state)
{
    struct fixture *f = *state;
    mio_signal_set set;
    skip_unless_sets_are_kqueues();
    open_set(f, &set, SIGTERM);
    const int number = set.source.fd;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const bool is_reused = dup2(STDERR_FILENO, number) == number;
        mio_signal_set_close(&set);
        _exit(is_reused && fcntl(number, F_GETFD) >= 0 ? 0 : 1);
    }
    assert_int_equal(child_wait(child), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    expect_only(f, SET, R_READABLE);
    mio_signal_set_close(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_call_for_each_change),
        TEST(one_call_for_each_wait),
        TEST(both_directions_are_one_event),
        TEST(writers_are_not_told_of_data),
        TEST(writers_are_told_of_the_end_once),
        TEST(listeners_have_no_end),
        TEST(a_registration_during_a_fetch_is_whole),
        TEST_BARE(wakers_fall_back_to_a_pipe),
        TEST(a_pipe_without_readers_is_refused),
        TEST(a_device_is_refused),
        TEST(a_refused_direction_undoes_the_other),
        TEST(a_refused_change_leaves_nothing),
        TEST(requests_tell_of_their_end),
        TEST(a_read_of_signals_is_one_call),
        TEST(a_child_leaves_the_number_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
