/* named_pipe_life.c: modes, misuse and the end of named pipes. */
#include "pipe_pair.h"

#include "support_windows.h"

static struct pipe_end server_end;
static struct pipe_end client_end;
static struct pipe_end *const server = &server_end;
static struct pipe_end *const client = &client_end;

static void close_both(void)
{
    mio_named_pipe_close(&client->pipe);
    mio_named_pipe_close(&server->pipe);
}

static void reregister(struct fixture *f, struct pipe_end *end, mio_token token,
                       mio_interest interest)
{
    assert_ok(mio_registry_reregister(f->registry, &end->pipe.source, token,
                                      interest));
}

/* ---- Modes --------------------------------------------------------------*/

static void edge_is_reported_once(void **state)
{
    struct fixture *f = *state;
    char data[4];
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, "1234", 4), 4);
    expect_only(f, SERVER, R_READABLE);
    expect_no_events(f);
    assert_count(mio_named_pipe_read(&server->pipe, data, 2), 2);
    expect_no_events(f); /* not drained */
    assert_count(mio_named_pipe_read(&server->pipe, data, 2), 2);
    assert_error(mio_named_pipe_read(&server->pipe, data, 2),
                 MIO_ERR_WOULD_BLOCK);
    expect_no_events(f);
    assert_count(mio_named_pipe_write(&client->pipe, "5", 1), 1);
    expect_only(f, SERVER, R_READABLE);
    close_both();
}

static void level_is_reported_until_drained(void **state)
{
    struct fixture *f = *state;
    char data[4];
    pipe_pair(f, server, client);
    reregister(f, server, SERVER, MIO_READABLE | MIO_LEVEL);
    expect_no_events(f);
    assert_count(mio_named_pipe_write(&client->pipe, "1234", 4), 4);
    expect_only(f, SERVER, R_READABLE);
    expect_only(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, 3), 3);
    expect_only(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, 3), 1);
    expect_no_events(f);
    close_both();
}

static void oneshot_is_reported_once(void **state)
{
    struct fixture *f = *state;
    char data[8];
    pipe_pair(f, server, client);
    reregister(f, server, SERVER, MIO_READABLE | MIO_ONESHOT);
    assert_count(mio_named_pipe_write(&client->pipe, "1", 1), 1);
    expect_only(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, 8), 1);
    assert_count(mio_named_pipe_write(&client->pipe, "2", 1), 1);
    expect_no_events(f);
    reregister(f, server, 7, MIO_READABLE | MIO_ONESHOT);
    expect_only(f, 7, R_READABLE);
    close_both();
}

static void reregistering_reports_unread_data(void **state)
{
    struct fixture *f = *state;
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, "1", 1), 1);
    expect_only(f, SERVER, R_READABLE);
    reregister(f, server, 8, MIO_READABLE | MIO_WRITABLE);
    expect_only(f, 8, R_READABLE | R_WRITABLE);
    close_both();
}

static void a_deregistered_pipe_is_silent(void **state)
{
    struct fixture *f = *state;
    char data[4];
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, "1", 1), 1);
    assert_ok(mio_registry_deregister(f->registry, &server->pipe.source));
    expect_no_events(f);
    assert_error(mio_registry_reregister(f->registry, &server->pipe.source,
                                         SERVER, MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    /* It can be read all the same, and registered again. */
    assert_count(mio_named_pipe_read(&server->pipe, data, 4), 1);
    assert_count(mio_named_pipe_write(&client->pipe, "2", 1), 1);
    pipe_register(f, server, 9, MIO_READABLE);
    expect_only(f, 9, R_READABLE);
    assert_error(mio_registry_register(f->registry, &server->pipe.source, 9,
                                       MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    close_both();
}

/* ---- The end ------------------------------------------------------------*/

/* Fills one end's buffers and the system's, so that a read and a write are
 * under way on both ends. */
static void fill(struct pipe_end *end)
{
    static const char block[4096];
    mio_ssize count;
    do {
        count = mio_named_pipe_write(&end->pipe, block, sizeof(block));
    } while (count > 0);
    assert_error(count, MIO_ERR_WOULD_BLOCK);
}

/* The pipe's memory is the caller's when the close has returned: whatever is
 * written there afterwards stays. */
static void closing_ends_what_is_under_way(void **state)
{
    struct fixture *f = *state;
    unsigned char *const bytes = (unsigned char *)&client_end;
    pipe_pair(f, server, client);
    fill(client);
    mio_named_pipe_close(&client->pipe);
    memset(&client_end, 0xa5, sizeof(client_end));
    expect_event(f, SERVER, R_READABLE);
    assert_true(fixture_wait(f, 0) >= 0);
    for (size_t i = 0; i < sizeof(client_end); i++) {
        assert_int_equal(bytes[i], 0xa5);
    }
    memset(&client_end, 0, sizeof(client_end));
    mio_named_pipe_close(&server->pipe);
}

/* A slot is free again once the packets of its pipe have been fetched, which
 * a registration sees to by itself. */
static void slots_come_back(void **state)
{
    static mio_slot slots[2];
    mio_poll poll;
    struct fixture f = {0};
    (void)state;
    assert_ok(mio_poll_init(&poll, slots, ARRAY_LENGTH(slots)));
    f.registry = mio_poll_registry(&poll);
    for (int round = 0; round < 100; round++) {
        const char *const name = pipe_name();
        pipe_serve(server, name);
        pipe_register(&f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
        assert_error(mio_named_pipe_connect(&server->pipe),
                     MIO_ERR_WOULD_BLOCK);
        pipe_open(client, name);
        pipe_register(&f, client, CLIENT, MIO_READABLE | MIO_WRITABLE);
        fill(client);
        close_both();
    }
    mio_poll_close(&poll);
}

static void a_pipe_survives_its_poll(void **state)
{
    struct fixture *f = *state;
    struct fixture own;
    char data[4];
    fixture_open(&own);
    pipe_pair(&own, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, "1", 1), 1);
    fill(client);
    fixture_close(&own);
    memset(&own, 0xa5, sizeof(own.slots) + sizeof(own.events));
    memset(&own, 0, sizeof(own));
    assert_false(mio_source_is_registered(&server->pipe.source));
    assert_error(mio_named_pipe_read(&server->pipe, data, 4),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_named_pipe_write(&server->pipe, data, 4),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_register(f->registry, &server->pipe.source,
                                       SERVER, MIO_READABLE),
                 MIO_ERR_ALREADY_EXISTS);
    close_both();
}

/* What was under way on the old connection says nothing about the new one. */
static void disconnecting_forgets(void **state)
{
    struct fixture *f = *state;
    const char *const name = pipe_name();
    char data[8];
    pipe_serve(server, name);
    pipe_register(f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
    for (int round = 0; round < 20; round++) {
        const char byte = (char)('a' + round);
        mio_ssize count;
        (void)mio_named_pipe_connect(&server->pipe);
        pipe_open(client, name);
        pipe_register(f, client, CLIENT, MIO_READABLE | MIO_WRITABLE);
        assert_count(mio_named_pipe_write(&client->pipe, &byte, 1), 1);
        count = mio_named_pipe_read(&server->pipe, data, sizeof(data));
        while (count == MIO_ERR_WOULD_BLOCK) {
            expect_event(f, SERVER, R_READABLE);
            count = mio_named_pipe_read(&server->pipe, data, sizeof(data));
        }
        assert_count(count, 1);
        assert_int_equal(data[0], byte);
        fill(server);
        assert_ok(mio_named_pipe_disconnect(&server->pipe));
        mio_named_pipe_close(&client->pipe);
    }
    mio_named_pipe_close(&server->pipe);
}

/* ---- Misuse -------------------------------------------------------------*/

static void bad_arguments_are_refused(void **state)
{
    const char *const name = pipe_name();
    mio_named_pipe *const pipe = &server->pipe;
    mio_named_pipe_buffers buffers;
    char huge[400];
    (void)state;
    memset(&server_end, 0, sizeof(server_end));
    pipe_serve(server, name);
    buffers = server->buffers;
    mio_named_pipe_close(pipe);

    assert_error(mio_named_pipe_create(NULL, name, true, &buffers),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_create(pipe, NULL, true, &buffers),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_create(pipe, name, true, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_create(pipe, "", true, &buffers),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_create(pipe, "C:\\pipe\\x", true, &buffers),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_open(pipe, "C:\\windows\\win.ini", &buffers),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_open(pipe, "\\\\.\\pipe\\\xff", &buffers),
                 MIO_ERR_INVALID_INPUT);
    memset(huge, 'x', sizeof(huge));
    memcpy(huge, "\\\\.\\pipe\\", 9);
    huge[sizeof(huge) - 1] = '\0';
    assert_error(mio_named_pipe_create(pipe, huge, true, &buffers),
                 MIO_ERR_NAME_TOO_LONG);
    buffers.read_size = 0;
    assert_error(mio_named_pipe_create(pipe, name, true, &buffers),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_open(pipe, pipe_name(), &server->buffers),
                 MIO_ERR_NOT_FOUND);
}

static void closed_and_unregistered_pipes_are_refused(void **state)
{
    mio_named_pipe *const pipe = &server->pipe;
    const mio_buffer none = {NULL, 1};
    char data[4];
    (void)state;
    memset(&server_end, 0, sizeof(server_end));
    mio_named_pipe_close(NULL);
    mio_named_pipe_close(pipe);
    assert_error(mio_named_pipe_connect(pipe), MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_named_pipe_disconnect(pipe), MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_named_pipe_take_error(pipe), MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_named_pipe_write(pipe, data, 1), MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_named_pipe_connect(NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_disconnect(NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_take_error(NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_read(NULL, data, 1), MIO_ERR_INVALID_INPUT);
    pipe_serve(server, pipe_name());
    assert_error(mio_named_pipe_connect(pipe), MIO_ERR_NOT_FOUND);
    assert_error(mio_named_pipe_read(pipe, data, 1), MIO_ERR_NOT_FOUND);
    assert_error(mio_named_pipe_write(pipe, data, 1), MIO_ERR_NOT_FOUND);
    assert_error(mio_named_pipe_writev(pipe, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_named_pipe_writev(pipe, &none, 1), MIO_ERR_INVALID_INPUT);
    assert_ok(mio_named_pipe_take_error(pipe));
    mio_named_pipe_close(pipe);
    mio_named_pipe_close(pipe);
}

static void only_a_first_instance_is_the_first(void **state)
{
    const char *const name = pipe_name();
    (void)state;
    pipe_serve(server, name);
    client->buffers = server->buffers;
    const int error =
        mio_named_pipe_create(&client->pipe, name, true, &client->buffers);
    if (error == 0) {
        mio_named_pipe_close(&client->pipe);
        mio_named_pipe_close(&server->pipe);
        SKIP("this system ignores FILE_FLAG_FIRST_PIPE_INSTANCE (Wine 8)");
    }
    assert_error(error, MIO_ERR_PERMISSION_DENIED);
    mio_named_pipe_close(&server->pipe);
}

/* ---- Threads ------------------------------------------------------------*/

static int serve_later(void *argument)
{
    struct gate *const go = argument;
    return gate_await(go, 1) ? mio_named_pipe_connect(&server->pipe) : 1;
}

/* What another thread begins is seen by the wait that runs. */
static void a_connect_by_another_thread_ends_a_wait(void **state)
{
    struct fixture *f = *state;
    const char *const name = pipe_name();
    struct thread thread;
    struct gate go;
    gate_init(&go);
    pipe_serve(server, name);
    pipe_register(f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
    expect_no_events(f);
    pipe_open(client, name);
    thread_start(&thread, serve_later, &go);
    gate_pass(&go);
    expect_event(f, SERVER, R_WRITABLE);
    assert_int_equal(thread_join(&thread), 0);
    gate_destroy(&go);
    close_both();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(edge_is_reported_once),
        TEST(level_is_reported_until_drained),
        TEST(oneshot_is_reported_once),
        TEST(reregistering_reports_unread_data),
        TEST(a_deregistered_pipe_is_silent),
        TEST(closing_ends_what_is_under_way),
        TEST_BARE(slots_come_back),
        TEST(a_pipe_survives_its_poll),
        TEST(disconnecting_forgets),
        TEST_BARE(bad_arguments_are_refused),
        TEST_BARE(closed_and_unregistered_pipes_are_refused),
        TEST_BARE(only_a_first_instance_is_the_first),
        TEST(a_connect_by_another_thread_ends_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
