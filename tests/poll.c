/* poll.c: the poll, and its registry used from several threads. */
#include "support.h"

enum { ID1 = 1, ID2 = 2, ID3 = 3 };

static void run_once_with_nothing(void **state)
{
    struct fixture *const f = *state;
    const int64_t start = monotonic_ns();

    assert_count(fixture_wait(f, 100 * MILLISECOND), 0);
    assert_true(monotonic_ns() - start >= 100 * MILLISECOND);
}

static void add_then_drop(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    assert_ok(mio_registry_register(f->registry, &listener.source, ID1,
                                    MIO_READABLE | MIO_WRITABLE));
    mio_tcp_listener_close(&listener);
    assert_count(fixture_wait(f, 100 * MILLISECOND), 0);
}

static void zero_duration_polls_events(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_fd clients[3];
    size_t i;

    listen_on(&listener, &addr);
    for (i = 0; i < ARRAY_LENGTH(clients); i++) {
        clients[i] = valid_fd(peer_tcp_connect(&addr));
    }
    assert_true(fd_await_readable(listener.source.fd));
    assert_ok(mio_registry_register(f->registry, &listener.source, ID1,
                                    MIO_READABLE));
    assert_count(fixture_wait(f, 0), 1);
    assert_int_equal(mio_event_token(&f->events[0]), ID1);
    assert_true(mio_event_is_readable(&f->events[0]));
    for (i = 0; i < ARRAY_LENGTH(clients); i++) {
        fd_close(clients[i]);
    }
    mio_tcp_listener_close(&listener);
}

static void poll_closes_fd(void **state)
{
    struct fixture f;
    int i;

    (void)state;
    for (i = 0; i < 2000; i++) {
        mio_waker waker;

        fixture_open(&f);
        assert_ok(mio_waker_init(&waker, f.registry, ID1));
        assert_count(fixture_wait(&f, 0), 0);
        mio_waker_close(&waker);
        fixture_close(&f);
    }
}

static void readiness_is_reregistered_after_would_block(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_stream reader;
    mio_tcp_stream writer;
    int i;

    tcp_pair(&writer, &reader);
    assert_ok(
        mio_registry_register(f->registry, &reader.source, ID1, MIO_READABLE));
    for (i = 0; i < 3; i++) {
        write_all(&writer, "data", 4);
        expect_event(f, ID1, R_READABLE);
        assert_int_equal(read_until_blocked(&reader), 4);
        expect_no_events(f);
    }
    mio_tcp_stream_close(&writer);
    mio_tcp_stream_close(&reader);
}

static void drop_cancels_interest_and_shuts_down(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    const mio_fd listener = valid_fd(peer_tcp_listen(&addr));
    mio_tcp_stream stream;
    mio_fd peer;
    char byte;

    assert_ok(mio_tcp_stream_connect(&stream, &addr));
    assert_ok(mio_registry_register(f->registry, &stream.source, ID1,
                                    MIO_READABLE | MIO_WRITABLE));
    peer = valid_fd(peer_accept(listener));
    expect_event(f, ID1, R_WRITABLE);

    mio_tcp_stream_close(&stream);
    assert_int_equal(peer_recv(peer, &byte, 1), 0);
    expect_no_events(f);
    fd_close(peer);
    fd_close(listener);
}

/* ---- Threads ------------------------------------------------------------*/

struct arc_job {
    mio_registry *registry;
    mio_addr addr;
    mio_tcp_listener *listener;
    mio_tcp_stream *stream;
    struct gate *bound;
};

static int register_listener(void *argument)
{
    const struct arc_job *const job = argument;
    const int result = mio_registry_register(
        job->registry, &job->listener->source, ID1, MIO_READABLE);

    gate_pass(job->bound);
    return result;
}

static int register_stream(void *argument)
{
    const struct arc_job *const job = argument;
    int result;

    if (!gate_await(job->bound, 1)) {
        return MIO_ERR_TIMED_OUT;
    }
    result = mio_tcp_stream_connect(job->stream, &job->addr);
    return result != 0
               ? result
               : mio_registry_register(job->registry, &job->stream->source, ID2,
                                       MIO_READABLE | MIO_WRITABLE);
}

static void registry_behind_arc(void **state)
{
    struct fixture *const f = *state;
    mio_tcp_listener listener;
    mio_tcp_stream stream = {.source = {.fd = MIO_FD_INVALID}};
    struct gate bound;
    struct arc_job job = {f->registry, any_v4(), &listener, &stream, &bound};
    struct thread threads[2];

    gate_init(&bound);
    listen_on(&listener, &job.addr);
    thread_start(&threads[0], register_listener, &job);
    thread_start(&threads[1], register_stream, &job);
    expect_events(f, {ID1, R_READABLE}, {ID2, R_WRITABLE});
    assert_ok(thread_join(&threads[0]));
    assert_ok(thread_join(&threads[1]));

    mio_tcp_stream_close(&stream);
    mio_tcp_listener_close(&listener);
    gate_destroy(&bound);
}

struct registering_job {
    mio_registry *registry;
    mio_source *source;
    mio_token token;
};

static int register_many_times(void *argument)
{
    const struct registering_job *const job = argument;
    int result = 0;
    int i;

    for (i = 0; i < 200 && result == 0; i++) {
        result = mio_registry_register(job->registry, job->source, ID1,
                                       MIO_READABLE);
        if (result == 0) {
            result = mio_registry_deregister(job->registry, job->source);
        }
    }
    if (result == 0) {
        result = mio_registry_register(job->registry, job->source, ID2,
                                       MIO_READABLE);
    }
    if (result == 0) {
        result = mio_registry_reregister(job->registry, job->source, job->token,
                                         MIO_READABLE | MIO_WRITABLE);
    }
    return result;
}

static void registry_operations_are_thread_safe(void **state)
{
    enum { LISTENER = 10, SOCKET = 11, STREAM = 12 };
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    const mio_addr udp_addr = any_v4();
    mio_tcp_listener listener;
    mio_udp_socket socket;
    mio_tcp_stream stream;
    mio_tcp_stream accepted;
    struct registering_job jobs[3] = {
        {f->registry, &listener.source, LISTENER},
        {f->registry, &socket.source, SOCKET},
        {f->registry, &stream.source, STREAM},
    };
    struct thread threads[3];
    mio_fd client;
    size_t i;

    tcp_pair(&stream, &accepted);
    listen_on(&listener, &addr);
    assert_ok(mio_udp_socket_bind(&socket, &udp_addr));
    for (i = 0; i < ARRAY_LENGTH(threads); i++) {
        thread_start(&threads[i], register_many_times, &jobs[i]);
    }
    /* The other threads register while this one waits. */
    expect_events(f, {SOCKET, R_WRITABLE}, {STREAM, R_WRITABLE});
    client = valid_fd(peer_tcp_connect(&addr));
    expect_event(f, LISTENER, R_READABLE);
    for (i = 0; i < ARRAY_LENGTH(threads); i++) {
        assert_ok(thread_join(&threads[i]));
    }
    fd_close(client);
    mio_tcp_stream_close(&accepted);
    mio_tcp_stream_close(&stream);
    mio_udp_socket_close(&socket);
    mio_tcp_listener_close(&listener);
}

static int wait_in_thread(void *argument)
{
    return fixture_wait(argument, 5 * SECOND);
}

static void register_during_poll(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_udp_socket socket;
    struct thread thread;

    assert_ok(mio_udp_socket_bind(&socket, &addr));
    thread_start(&thread, wait_in_thread, f);
    thread_await_asleep(&thread);
    assert_ok(
        mio_registry_register(f->registry, &socket.source, ID1, MIO_WRITABLE));
    assert_int_equal(thread_join(&thread), 1);
    assert_int_equal(mio_event_token(&f->events[0]), ID1);
    assert_int_equal(readiness_of(&f->events[0]), R_WRITABLE);
    mio_udp_socket_close(&socket);
}

/* ---- Registering --------------------------------------------------------*/

static void reregister_interest_token_usage(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_udp_socket socket;

    assert_ok(mio_udp_socket_bind(&socket, &addr));
    assert_ok(
        mio_registry_register(f->registry, &socket.source, ID1, MIO_READABLE));
    assert_ok(mio_registry_reregister(f->registry, &socket.source, ID1,
                                      MIO_READABLE));
    assert_ok(mio_registry_reregister(f->registry, &socket.source, ID2,
                                      MIO_WRITABLE));
    expect_only(f, ID2, R_WRITABLE);
    expect_no_events(f);
    mio_udp_socket_close(&socket);
}

static void double_register_different_token(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_udp_socket socket;

    assert_ok(mio_udp_socket_bind(&socket, &addr));
    assert_ok(
        mio_registry_register(f->registry, &socket.source, ID1, MIO_WRITABLE));
    assert_error(
        mio_registry_register(f->registry, &socket.source, ID2, MIO_WRITABLE),
        MIO_ERR_ALREADY_EXISTS);
    expect_only(f, ID1, R_WRITABLE);
    mio_udp_socket_close(&socket);
}

static void poll_ok_after_cancelling_pending_ops(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream accepted[2];
    mio_fd clients[2];
    size_t i;

    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, ID1,
                                    MIO_READABLE));
    assert_count(fixture_wait(f, 0), 0);
    assert_ok(mio_registry_reregister(f->registry, &listener.source, ID2,
                                      MIO_READABLE));
    assert_count(fixture_wait(f, 0), 0);

    for (i = 0; i < ARRAY_LENGTH(clients); i++) {
        clients[i] = valid_fd(peer_tcp_connect(&addr));
        expect_only(f, ID2, R_READABLE);
        assert_ok(mio_tcp_listener_accept(&listener, &accepted[i], NULL));
        assert_error(mio_tcp_listener_accept(&listener, &accepted[i], NULL),
                     MIO_ERR_WOULD_BLOCK);
        assert_ok(mio_registry_register(f->registry, &accepted[i].source, ID3,
                                        MIO_WRITABLE));
        expect_only(f, ID3, R_WRITABLE);
    }
    for (i = 0; i < ARRAY_LENGTH(clients); i++) {
        mio_tcp_stream_close(&accepted[i]);
        fd_close(clients[i]);
    }
    mio_tcp_listener_close(&listener);
}

static void reregister_without_register(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    assert_error(mio_registry_reregister(f->registry, &listener.source, ID1,
                                         MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    mio_tcp_listener_close(&listener);
}

static void deregister_without_register(void **state)
{
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_tcp_listener listener;

    assert_ok(mio_tcp_listener_bind(&listener, &addr));
    assert_error(mio_registry_deregister(f->registry, &listener.source),
                 MIO_ERR_NOT_FOUND);
    mio_tcp_listener_close(&listener);
}

/* ---- Custom sources -----------------------------------------------------*/

/* A source that records its callbacks and answers with `result`. */
struct recorder {
    mio_source source;
    int result;
    struct call {
        int count;
        mio_registry *registry;
        mio_token token;
        mio_interest interest;
    } registered, reregistered, deregistered;
};

static int record(struct recorder *recorder, struct call *call,
                  mio_registry *registry, mio_token token,
                  mio_interest interest)
{
    call->count++;
    call->registry = registry;
    call->token = token;
    call->interest = interest;
    return recorder->result;
}

static int on_register(mio_source *source, mio_registry *registry,
                       mio_token token, mio_interest interest)
{
    struct recorder *const recorder = (struct recorder *)(void *)source;

    return record(recorder, &recorder->registered, registry, token, interest);
}

static int on_reregister(mio_source *source, mio_registry *registry,
                         mio_token token, mio_interest interest)
{
    struct recorder *const recorder = (struct recorder *)(void *)source;

    return record(recorder, &recorder->reregistered, registry, token, interest);
}

static int on_deregister(mio_source *source, mio_registry *registry)
{
    struct recorder *const recorder = (struct recorder *)(void *)source;

    return record(recorder, &recorder->deregistered, registry, 0, 0);
}

static const mio_source_ops recorder_ops = {on_register, on_reregister,
                                            on_deregister};

static void expect_call(const struct call *call, mio_registry *registry,
                        mio_token token, mio_interest interest)
{
    assert_int_equal(call->count, 1);
    assert_ptr_equal(call->registry, registry);
    assert_int_equal(call->token, token);
    assert_int_equal(call->interest, interest);
}

static void poll_registration(void **state)
{
    struct fixture *const f = *state;
    struct recorder recorder = {.result = 0};

    assert_ok(mio_source_custom(&recorder.source, &recorder_ops));
    assert_ok(mio_registry_register(f->registry, &recorder.source, ID1,
                                    MIO_READABLE));
    expect_call(&recorder.registered, f->registry, ID1, MIO_READABLE);
    assert_int_equal(recorder.reregistered.count, 0);

    assert_ok(mio_registry_reregister(f->registry, &recorder.source, ID2,
                                      MIO_WRITABLE));
    expect_call(&recorder.reregistered, f->registry, ID2, MIO_WRITABLE);
    assert_int_equal(recorder.deregistered.count, 0);

    assert_ok(mio_registry_deregister(f->registry, &recorder.source));
    expect_call(&recorder.registered, f->registry, ID1, MIO_READABLE);
    expect_call(&recorder.reregistered, f->registry, ID2, MIO_WRITABLE);
    expect_call(&recorder.deregistered, f->registry, 0, 0);
}

static void poll_erroneous_registration(void **state)
{
    struct fixture *const f = *state;
    struct recorder recorder = {.result = 0};

    assert_ok(mio_source_custom(&recorder.source, &recorder_ops));
    recorder.result = MIO_ERR_TIMED_OUT;
    assert_error(
        mio_registry_register(f->registry, &recorder.source, ID1, MIO_READABLE),
        MIO_ERR_TIMED_OUT);
    recorder.result = MIO_ERR_NETWORK_DOWN;
    assert_error(mio_registry_reregister(f->registry, &recorder.source, ID2,
                                         MIO_READABLE),
                 MIO_ERR_NETWORK_DOWN);
    recorder.result = MIO_ERR_OTHER;
    assert_error(mio_registry_deregister(f->registry, &recorder.source),
                 MIO_ERR_OTHER);
    assert_int_equal(recorder.registered.count, 1);
    assert_int_equal(recorder.reregistered.count, 1);
    assert_int_equal(recorder.deregistered.count, 1);
}

/* ---- The poll's own descriptor ------------------------------------------*/

static void as_raw_fd(void **state)
{
    struct fixture *const f = *state;
    mio_fd fd = MIO_FD_INVALID;

    if (backend_is("poll") || backend_is("afd")) {
        assert_error(mio_poll_fd(&f->poll, &fd), MIO_ERR_UNSUPPORTED);
        assert_int_equal(fd, MIO_FD_INVALID);
    } else {
        assert_ok(mio_poll_fd(&f->poll, &fd));
        assert_int_not_equal(fd, MIO_FD_INVALID);
        assert_true(fd_is_cloexec(fd));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(run_once_with_nothing),
        TEST(add_then_drop),
        TEST(zero_duration_polls_events),
        TEST_BARE(poll_closes_fd),
        TEST(readiness_is_reregistered_after_would_block),
        TEST(drop_cancels_interest_and_shuts_down),
        TEST(registry_behind_arc),
        TEST(registry_operations_are_thread_safe),
        TEST(register_during_poll),
        TEST(reregister_interest_token_usage),
        TEST(double_register_different_token),
        TEST(poll_ok_after_cancelling_pending_ops),
        TEST(reregister_without_register),
        TEST(deregister_without_register),
        TEST(poll_registration),
        TEST(poll_erroneous_registration),
        TEST(as_raw_fd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
