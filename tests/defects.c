/* defects.c: what goes wrong in mio 1.2, on one backend or another, and must
 * not go wrong here. Each test says what mio does. The part about errors,
 * closed descriptors and reused numbers is in defects_closed.c, what takes
 * pipes, Unix sockets or files in defects_unix.c. */
#include "stream.h"
#include "unix_socket.h"

#include <stdatomic.h>

enum { WAKER = 1, WAKER_TWO = 2, SOURCE = 3, OTHER = 4 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

/* ---- Wakers -------------------------------------------------------------*/

/* mio on poll(2): a registration between the wake and the wait swallows the
 * wake, which then waits for some other event. */
static void a_wake_survives_registrations(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    mio_udp_socket socket;
    const mio_addr addr = any_v4();
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(mio_udp_socket_bind(&socket, &addr));
    for (int i = 0; i < 3; i++) {
        assert_ok(mio_waker_wake(&waker));
        assert_ok(mio_registry_register(f->registry, &socket.source, SOURCE,
                                        MIO_READABLE));
        expect_only(f, WAKER, R_READABLE);
        assert_ok(mio_waker_wake(&waker));
        assert_ok(mio_registry_reregister(f->registry, &socket.source, OTHER,
                                          MIO_READABLE));
        expect_only(f, WAKER, R_READABLE);
        assert_ok(mio_waker_wake(&waker));
        assert_ok(mio_registry_deregister(f->registry, &socket.source));
        expect_only(f, WAKER, R_READABLE);
    }
    expect_quiet(f);
    mio_udp_socket_close(&socket);
    mio_waker_close(&waker);
}

/* mio on poll(2): the second waker overwrites the token of the first. */
static void two_wakers_are_both_reported(void **state)
{
    struct fixture *f = *state;
    mio_waker one;
    mio_waker two;
    assert_ok(mio_waker_init(&one, f->registry, WAKER));
    assert_ok(mio_waker_init(&two, f->registry, WAKER_TWO));
    assert_ok(mio_waker_wake(&one));
    assert_ok(mio_waker_wake(&two));
    expect_events(f, {WAKER, R_READABLE}, {WAKER_TWO, R_READABLE});
    expect_quiet(f);
    assert_ok(mio_waker_wake(&two));
    expect_only(f, WAKER_TWO, R_READABLE);
    mio_waker_close(&one);
    assert_ok(mio_waker_wake(&two));
    expect_only(f, WAKER_TWO, R_READABLE);
    mio_waker_close(&two);
}

/* mio: the event is lost on epoll and delivered on poll(2). Here it is always
 * cancelled. */
static void closing_a_waker_cancels_its_wake(void **state)
{
    struct fixture *f = *state;
    mio_waker one;
    mio_waker two;
    assert_ok(mio_waker_init(&one, f->registry, WAKER));
    assert_ok(mio_waker_wake(&one));
    mio_waker_close(&one);
    memset(&one, 0xa5, sizeof(one));
    expect_no_events(f);

    /* The same with another wake before and behind it. */
    for (int i = 0; i < 2; i++) {
        assert_ok(mio_waker_init(&one, f->registry, WAKER));
        assert_ok(mio_waker_init(&two, f->registry, WAKER_TWO));
        assert_ok(mio_waker_wake(i == 0 ? &one : &two));
        assert_ok(mio_waker_wake(i == 0 ? &two : &one));
        mio_waker_close(&one);
        memset(&one, 0xa5, sizeof(one));
        expect_only(f, WAKER_TWO, R_READABLE);
        expect_quiet(f);
        mio_waker_close(&two);
    }
}

/* ---- Time ---------------------------------------------------------------*/

struct registrar {
    mio_registry *registry;
    atomic_bool stop;
    unsigned rounds;
};

static int register_often(void *argument)
{
    struct registrar *registrar = argument;
    const mio_addr addr = any_v4();
    const int64_t end = monotonic_ns() + PATIENCE;
    mio_udp_socket socket;
    int result = mio_udp_socket_bind(&socket, &addr);
    while (result == 0 && !atomic_load(&registrar->stop) &&
           monotonic_ns() < end) {
        result = mio_registry_register(registrar->registry, &socket.source,
                                       SOURCE, MIO_READABLE);
        if (result == 0) {
            result =
                mio_registry_deregister(registrar->registry, &socket.source);
        }
        registrar->rounds++;
        thread_pause(5 * MILLISECOND);
    }
    mio_udp_socket_close(&socket);
    return result;
}

/* mio on poll(2): each registration starts the whole time anew. */
static void registrations_do_not_restart_the_time(void **state)
{
    struct fixture *f = *state;
    struct registrar registrar = {.registry = f->registry};
    struct thread thread;
    thread_start(&thread, register_often, &registrar);
    const int64_t start = monotonic_ns();
    const int count = fixture_wait(f, 200 * MILLISECOND);
    const int64_t taken = monotonic_ns() - start;
    atomic_store(&registrar.stop, true);
    assert_ok(thread_join(&thread));
    assert_count(count, 0);
    assert_true(registrar.rounds > 0);
    assert_true(taken >= 200 * MILLISECOND);
    assert_true(taken < PATIENCE / 2); /* the thread goes on for longer */
}

/* ---- Re-arming ----------------------------------------------------------*/

/* mio on poll(2): each of the reads gives a writable event. */
static void blocked_reads_give_no_writable_events(void **state)
{
    struct fixture *f = *state;
    mio_tcp_stream client;
    mio_tcp_stream server;
    char data[8];
    tcp_pair(&client, &server);
    assert_ok(mio_registry_register(f->registry, &client.source, SOURCE, BOTH));
    expect_event(f, SOURCE, R_WRITABLE);
    for (int i = 0; i < 5; i++) {
        assert_error(mio_tcp_stream_read(&client, data, sizeof(data)),
                     MIO_ERR_WOULD_BLOCK);
        expect_quiet(f);
    }
    write_all(&server, "x", 1);
    expect_event(f, SOURCE, R_READABLE);
    mio_tcp_stream_close(&client);
    mio_tcp_stream_close(&server);
}

/* mio on poll(2): the second connection to a Unix listener is not reported. */
static void tcp_listeners_report_the_second_connection(void **state)
{
    struct fixture *f = *state;
    mio_tcp_listener listener;
    mio_addr addr = any_v4();
    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, SOURCE,
                                    MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        mio_tcp_stream client;
        mio_tcp_stream server;
        assert_ok(mio_tcp_stream_connect(&client, &addr));
        expect_only(f, SOURCE, R_READABLE);
        assert_ok(mio_tcp_listener_accept(&listener, &server, NULL));
        mio_tcp_stream_close(&client);
        mio_tcp_stream_close(&server);
        assert_error(mio_tcp_listener_accept(&listener, &server, NULL),
                     MIO_ERR_WOULD_BLOCK);
    }
    mio_tcp_listener_close(&listener);
}

static void unix_listeners_report_the_second_connection(void **state)
{
    struct fixture *f = *state;
    SKIP_UNLESS_UNIX_SOCKETS();
    const char *path = temp_path();
    mio_unix_listener listener;
    assert_ok(mio_unix_listener_bind(&listener, path));
    assert_ok(mio_registry_register(f->registry, &listener.source, SOURCE,
                                    MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        mio_unix_stream client;
        mio_unix_stream server;
        assert_ok(mio_unix_stream_connect(&client, path));
        expect_only(f, SOURCE, R_READABLE);
        assert_ok(mio_unix_listener_accept(&listener, &server, NULL));
        mio_unix_stream_close(&client);
        mio_unix_stream_close(&server);
        assert_error(mio_unix_listener_accept(&listener, &server, NULL),
                     MIO_ERR_WOULD_BLOCK);
    }
    mio_unix_listener_close(&listener);
}

/* mio on poll(2): a foreign descriptor gives its first event and no other. */
static void a_foreign_descriptor_gives_more_than_one_event(void **state)
{
    struct fixture *f = *state;
    mio_source source;
    mio_fd fds[2];
    char data[8];
    assert_true(peer_pair(fds));
    fd_set_blocking(fds[0], false);
    assert_ok(mio_source_from_fd(&source, fds[0]));
    assert_ok(
        mio_registry_register(f->registry, &source, SOURCE, MIO_READABLE));
    for (int i = 0; i < 5; i++) {
        assert_true(peer_send_all(fds[1], "x", 1));
        expect_only(f, SOURCE, R_READABLE);
        assert_int_equal(peer_recv(fds[0], data, sizeof(data)), 1);
        assert_int_equal(peer_recv(fds[0], data, sizeof(data)), -1);
        assert_ok(mio_source_rearm(&source, MIO_READABLE));
        expect_quiet(f);
    }
    assert_ok(mio_registry_deregister(f->registry, &source));
    fd_close(fds[0]);
    fd_close(fds[1]);
}

/* mio: whether data that comes while there is unread data gives an event
 * depends on the backend. No caller may count on it, but nothing may be lost
 * either. */
static void data_that_comes_on_top_is_not_lost(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    char data[8];
    assert_ok(stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    for (int i = 0; i < 3; i++) {
        assert_count(stream_write(&b, "x", 1), 1);
        expect_event(f, SOURCE, R_READABLE);
        assert_count(stream_write(&b, "y", 1), 1);
        (void)readiness_now(f, SOURCE);
        assert_true(stream_has(&a, 2));
        assert_count(stream_read(&a, data, 2), 2);
        assert_error(stream_read(&a, data, 2), MIO_ERR_WOULD_BLOCK);
        expect_quiet(f);
    }
    stream_close(&a);
    stream_close(&b);
}

static void reregistering_reports_unread_data(void **state)
{
    struct fixture *f = *state;
    local_stream a;
    local_stream b;
    assert_ok(stream_pair(&a, &b));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    assert_count(stream_write(&b, "x", 1), 1);
    expect_only(f, SOURCE, R_READABLE);
    expect_quiet(f);
    for (int i = 0; i < 3; i++) {
        assert_ok(mio_registry_reregister(f->registry, &a.source, OTHER,
                                          MIO_READABLE));
        expect_only(f, OTHER, R_READABLE);
        expect_quiet(f);
    }
    stream_close(&a);
    stream_close(&b);
}

/* ---- Waiting ------------------------------------------------------------*/

/* mio: an error on epoll, an empty success on poll(2). */
static void capacity_0_is_an_error(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    assert_ok(mio_waker_init(&waker, f->registry, WAKER));
    assert_ok(mio_waker_wake(&waker));
    assert_error(mio_poll_wait(&f->poll, f->events, 0, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_poll_wait(&f->poll, f->events, 0, -1),
                 MIO_ERR_INVALID_INPUT);
    expect_only(f, WAKER, R_READABLE);
    mio_waker_close(&waker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wake_survives_registrations),
        TEST(two_wakers_are_both_reported),
        TEST(closing_a_waker_cancels_its_wake),
        TEST(registrations_do_not_restart_the_time),
        TEST(blocked_reads_give_no_writable_events),
        TEST(tcp_listeners_report_the_second_connection),
        TEST(unix_listeners_report_the_second_connection),
        TEST(a_foreign_descriptor_gives_more_than_one_event),
        TEST(data_that_comes_on_top_is_not_lost),
        TEST(reregistering_reports_unread_data),
        TEST(capacity_0_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
