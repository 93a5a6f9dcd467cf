/* regressions.c: bugs that mio once had, by the number of its issue.
 * issue_1403 is in unix_datagram.c. */
#include "support.h"

/* A read right after the connect event would block; it is not an error. */
static void issue_776(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    const mio_fd server = valid_fd(peer_tcp_listen(&addr));
    mio_tcp_stream client;
    mio_fd accepted;
    char byte;

    assert_ok(mio_tcp_stream_connect(&client, &addr));
    assert_ok(mio_registry_register(f->registry, &client.source, 1,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_event(f, 1, R_WRITABLE);
    assert_ok(mio_tcp_stream_connect_finish(&client));
    assert_error(mio_tcp_stream_read(&client, &byte, 1), MIO_ERR_WOULD_BLOCK);

    accepted = valid_fd(peer_accept(server));
    mio_tcp_stream_close(&client);
    assert_int_equal(peer_recv(accepted, &byte, 1), 0);
    fd_close(accepted);
    fd_close(server);
}

struct wake_job {
    mio_waker waker;
    long sleeper;
};

static int wake_sleeper(void *argument)
{
    struct wake_job *const job = argument;

    task_await_asleep(job->sleeper);
    return mio_waker_wake(&job->waker);
}

/* A connection that waits at a deregistered listener does not end a wait
 * without a time limit; the waker does. */
static void issue_1205(void **state)
{
    enum { WAKER = 1, SERVER = 2 };
    struct fixture *const f = *state;
    struct wake_job job = {.sleeper = task_current()};
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    struct thread thread;
    mio_fd client;

    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, SERVER,
                                    MIO_READABLE));
    assert_count(fixture_wait(f, 0), 0);
    client = valid_fd(peer_tcp_connect(&addr));
    assert_true(fd_await_readable(listener.source.fd));
    assert_ok(mio_registry_deregister(f->registry, &listener.source));

    assert_ok(mio_waker_init(&job.waker, f->registry, WAKER));
    thread_start(&thread, wake_sleeper, &job);
    assert_count(fixture_wait(f, -1), 1);
    assert_int_equal(mio_event_token(&f->events[0]), WAKER);
    assert_ok(thread_join(&thread));

    mio_waker_close(&job.waker);
    fd_close(client);
    mio_tcp_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(issue_776),
        TEST(issue_1205),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
