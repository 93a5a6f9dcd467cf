/* named_pipe.c: named pipes. The first tests are mio's scenarios, under mio's
 * names. */
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

/* ---- mio's scenarios ----------------------------------------------------*/

static void writable_after_register(void **state)
{
    pipe_pair(*state, server, client); /* asserts it */
    close_both();
}

static void write_then_read(void **state)
{
    struct fixture *f = *state;
    char data[8];
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, "1234", 4), 4);
    expect_event(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, sizeof(data)), 4);
    assert_memory_equal(data, "1234", 4);
    assert_error(mio_named_pipe_read(&server->pipe, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    close_both();
}

static void connect_before_client(void **state)
{
    struct fixture *f = *state;
    const char *const name = pipe_name();
    pipe_serve(server, name);
    pipe_register(f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
    expect_no_events(f);
    assert_error(mio_named_pipe_connect(&server->pipe), MIO_ERR_WOULD_BLOCK);
    assert_error(mio_named_pipe_connect(&server->pipe), MIO_ERR_WOULD_BLOCK);
    expect_no_events(f);
    pipe_open(client, name);
    expect_only(f, SERVER, R_WRITABLE);
    assert_ok(mio_named_pipe_take_error(&server->pipe));
    assert_ok(mio_named_pipe_connect(&server->pipe));
    close_both();
}

static void connect_after_client(void **state)
{
    struct fixture *f = *state;
    const char *const name = pipe_name();
    pipe_serve(server, name);
    pipe_register(f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
    expect_no_events(f);
    pipe_open(client, name);
    assert_ok(mio_named_pipe_connect(&server->pipe));
    expect_only(f, SERVER, R_WRITABLE);
    close_both();
}

static void write_disconnected(void **state)
{
    struct fixture *f = *state;
    const char data[16] = {0};
    mio_ssize count = 0;
    pipe_pair(f, server, client);
    mio_named_pipe_close(&client->pipe);
    for (int round = 0; round < 16 && count >= 0; round++) {
        count = mio_named_pipe_write(&server->pipe, data, sizeof(data));
    }
    assert_error(count, MIO_ERR_BROKEN_PIPE);
    assert_int_equal(mio_last_os_error(), ERROR_NO_DATA);
    assert_error(mio_named_pipe_write(&server->pipe, data, sizeof(data)),
                 MIO_ERR_BROKEN_PIPE);
    mio_named_pipe_close(&server->pipe);
}

static void write_then_drop(void **state)
{
    struct fixture *f = *state;
    char data[8];
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, "1234", 4), 4);
    mio_named_pipe_close(&client->pipe);
    expect_event(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, sizeof(data)), 4);
    assert_memory_equal(data, "1234", 4);
    assert_count(mio_named_pipe_read(&server->pipe, data, sizeof(data)), 0);
    mio_named_pipe_close(&server->pipe);
}

static void connect_twice(void **state)
{
    struct fixture *f = *state;
    const char *const name = pipe_name();
    char data[8];
    pipe_serve(server, name);
    pipe_register(f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
    assert_error(mio_named_pipe_connect(&server->pipe), MIO_ERR_WOULD_BLOCK);
    pipe_open(client, name);
    expect_event(f, SERVER, R_WRITABLE);
    mio_named_pipe_close(&client->pipe);
    expect_event(f, SERVER, R_READABLE | R_READ_CLOSED);
    assert_count(mio_named_pipe_read(&server->pipe, data, sizeof(data)), 0);
    assert_ok(mio_named_pipe_disconnect(&server->pipe));
    assert_error(mio_named_pipe_connect(&server->pipe), MIO_ERR_WOULD_BLOCK);
    assert_error(mio_named_pipe_read(&server->pipe, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_named_pipe_write(&server->pipe, "1", 1),
                 MIO_ERR_WOULD_BLOCK);
    pipe_open(client, name);
    expect_event(f, SERVER, R_WRITABLE);
    pipe_register(f, client, CLIENT, MIO_READABLE | MIO_WRITABLE);
    assert_count(mio_named_pipe_write(&client->pipe, "again", 5), 5);
    expect_event(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, sizeof(data)), 5);
    assert_memory_equal(data, "again", 5);
    close_both();
}

static void reregister_deregister_before_register(void **state)
{
    struct fixture *f = *state;
    pipe_serve(server, pipe_name());
    assert_error(mio_registry_reregister(f->registry, &server->pipe.source,
                                         SERVER, MIO_READABLE),
                 MIO_ERR_NOT_FOUND);
    assert_error(mio_registry_deregister(f->registry, &server->pipe.source),
                 MIO_ERR_NOT_FOUND);
    mio_named_pipe_close(&server->pipe);
}

static void reregister_deregister_different_poll(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    mio_source *const source = &server->pipe.source;
    fixture_open(&other);
    pipe_serve(server, pipe_name());
    pipe_register(f, server, SERVER, MIO_READABLE);
    assert_error(
        mio_registry_reregister(other.registry, source, SERVER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_error(mio_registry_deregister(other.registry, source),
                 MIO_ERR_ALREADY_EXISTS);
    assert_error(
        mio_registry_register(other.registry, source, SERVER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS);
    assert_ok(mio_registry_deregister(f->registry, source));
    assert_error(
        mio_registry_register(other.registry, source, SERVER, MIO_READABLE),
        MIO_ERR_ALREADY_EXISTS); /* it stays with its first poll */
    mio_named_pipe_close(&server->pipe);
    fixture_close(&other);
}

/* length bytes arrive whole, read in parts of a given size. */
static void transfer(struct fixture *f, size_t length, size_t part)
{
    static unsigned char sent[10000];
    static unsigned char received[10000];
    for (size_t i = 0; i < length; i++) {
        sent[i] = (unsigned char)(i * 7 + i / 256);
    }
    memset(received, 0, sizeof(received));
    pipe_pair(f, server, client);
    pipe_write_all(f, client, CLIENT, sent, length);
    assert_int_equal(pipe_read_all(f, server, SERVER, received, length, part),
                     length);
    assert_memory_equal(received, sent, length);
    close_both();
}

static void read_message_larger_than_internal_buffer(void **state)
{
    transfer(*state, 8192, 4000);
}

static void read_with_small_buffer_provided(void **state)
{
    transfer(*state, 10000, 128);
}

/* ---- Beyond mio's -------------------------------------------------------*/

/* More than the system's buffer takes: writing blocks and goes on. */
static void a_full_pipe_blocks_and_goes_on(void **state)
{
    struct fixture *f = *state;
    static unsigned char block[4096];
    static unsigned char received[1 << 20];
    size_t sent = 0;
    mio_ssize count;
    pipe_pair(f, server, client);
    memset(block, 'x', sizeof(block));
    while ((count = mio_named_pipe_write(&client->pipe, block, sizeof(block))) >
           0) {
        sent += (size_t)count;
        assert_true(sent < sizeof(received));
    }
    assert_error(count, MIO_ERR_WOULD_BLOCK);
    assert_int_equal(
        pipe_read_all(f, server, SERVER, received, sent, sizeof(received)),
        sent);
    expect_event(f, CLIENT, R_WRITABLE);
    assert_true(mio_named_pipe_write(&client->pipe, block, 1) == 1);
    close_both();
}

static void buffers_are_gathered(void **state)
{
    struct fixture *f = *state;
    char one[] = "one ";
    char two[] = "two";
    const mio_buffer buffers[] = {{one, 4}, {NULL, 0}, {two, 3}};
    char data[16];
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_writev(&client->pipe, buffers, 3), 7);
    expect_event(f, SERVER, R_READABLE);
    assert_count(mio_named_pipe_read(&server->pipe, data, sizeof(data)), 7);
    assert_memory_equal(data, "one two", 7);
    assert_count(mio_named_pipe_writev(&client->pipe, buffers, 0), 0);
    assert_count(mio_named_pipe_write(&client->pipe, NULL, 0), 0);
    close_both();
}

static void a_write_takes_what_the_buffer_holds(void **state)
{
    struct fixture *f = *state;
    static const char data[5000] = {0};
    pipe_pair(f, server, client);
    assert_count(mio_named_pipe_write(&client->pipe, data, sizeof(data)),
                 sizeof(client->write));
    close_both();
}

/* Not only the first of several instances serves. */
static void instances_serve_one_client_each(void **state)
{
    struct fixture *f = *state;
    static struct pipe_end second_end;
    static struct pipe_end other_end;
    struct pipe_end *const second = &second_end;
    const char *const name = pipe_name();
    char data[4];
    pipe_serve(server, name);
    pipe_open(client, name);
    other_end.buffers = client->buffers;
    assert_error(mio_named_pipe_open(&other_end.pipe, name, &client->buffers),
                 MIO_ERR_WOULD_BLOCK); /* the only instance is taken */
    second->buffers.read = second->read;
    second->buffers.read_size = 1;
    second->buffers.write = second->write;
    second->buffers.write_size = 1;
    assert_ok(
        mio_named_pipe_create(&second->pipe, name, false, &second->buffers));
    pipe_open(&other_end, name);
    pipe_register(f, second, 3, MIO_READABLE);
    pipe_register(f, &other_end, 4, MIO_WRITABLE);
    assert_count(mio_named_pipe_write(&other_end.pipe, "ab", 2), 2);
    assert_int_equal(pipe_read_all(f, second, 3, data, 2, 4), 2);
    assert_memory_equal(data, "ab", 2);
    mio_named_pipe_close(&second->pipe);
    mio_named_pipe_close(&other_end.pipe);
    close_both();
}

static void handles_are_taken_and_given(void **state)
{
    struct fixture *f = *state;
    char data[4];
    const char *const name = pipe_name();
    pipe_serve(server, name);
    pipe_open(client, name);
    const mio_fd handle = mio_named_pipe_into_handle(&client->pipe);
    assert_true(handle != MIO_FD_INVALID);
    assert_true(mio_named_pipe_into_handle(&client->pipe) == MIO_FD_INVALID);
    assert_error(mio_named_pipe_read(&client->pipe, data, 4),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_ok(
        mio_named_pipe_from_handle(&client->pipe, handle, &client->buffers));
    assert_true(fd_is_cloexec(handle));
    pipe_register(f, server, SERVER, MIO_READABLE);
    pipe_register(f, client, CLIENT, MIO_WRITABLE);
    pipe_write_all(f, client, CLIENT, "give", 4);
    assert_int_equal(pipe_read_all(f, server, SERVER, data, 4, 4), 4);
    assert_memory_equal(data, "give", 4);
    close_both();
}

static void what_is_no_overlapped_pipe_is_refused(void **state)
{
    mio_named_pipe *const pipe = &client->pipe;
    const char *const name = pipe_name();
    mio_tcp_stream a;
    mio_tcp_stream b;
    (void)state;
    pipe_serve(server, name);
    const HANDLE blocking = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0,
                                        NULL, OPEN_EXISTING, 0, NULL);
    const HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_true(blocking != INVALID_HANDLE_VALUE && event != NULL);
    tcp_pair(&a, &b);
    client->buffers = server->buffers;
    assert_error_among(
        mio_named_pipe_from_handle(pipe, (mio_fd)event, &client->buffers),
        MIO_ERR_INVALID_INPUT, MIO_ERR_BAD_DESCRIPTOR); /* not even a file */
    assert_error(
        mio_named_pipe_from_handle(pipe, a.source.fd, &client->buffers),
        MIO_ERR_INVALID_INPUT);
    assert_error(
        mio_named_pipe_from_handle(pipe, MIO_FD_INVALID, &client->buffers),
        MIO_ERR_BAD_DESCRIPTOR);
    assert_error(
        mio_named_pipe_from_handle(pipe, (mio_fd)blocking, &client->buffers),
        MIO_ERR_INVALID_INPUT);
    mio_tcp_stream_close(&a);
    mio_tcp_stream_close(&b);
    (void)CloseHandle(event);
    (void)CloseHandle(blocking);
    mio_named_pipe_close(&server->pipe);
}

static void a_message_pipe_is_read_as_bytes(void **state)
{
    struct fixture *f = *state;
    const char *const name = pipe_name();
    unsigned char small[3];
    const mio_named_pipe_buffers buffers = {small, sizeof(small), server->write,
                                            sizeof(server->write)};
    char data[16];
    const HANDLE handle = CreateNamedPipeA(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, NULL);
    assert_true(handle != INVALID_HANDLE_VALUE);
    assert_ok(
        mio_named_pipe_from_handle(&server->pipe, (mio_fd)handle, &buffers));
    pipe_open(client, name);
    pipe_register(f, server, SERVER, MIO_READABLE);
    pipe_register(f, client, CLIENT, MIO_WRITABLE);
    pipe_write_all(f, client, CLIENT, "a message", 9);
    assert_int_equal(pipe_read_all(f, server, SERVER, data, 9, 16), 9);
    assert_memory_equal(data, "a message", 9);
    close_both();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writable_after_register),
        TEST(write_then_read),
        TEST(connect_before_client),
        TEST(connect_after_client),
        TEST(write_disconnected),
        TEST(write_then_drop),
        TEST(connect_twice),
        TEST(reregister_deregister_before_register),
        TEST(reregister_deregister_different_poll),
        TEST(read_message_larger_than_internal_buffer),
        TEST(read_with_small_buffer_provided),
        TEST(a_full_pipe_blocks_and_goes_on),
        TEST(buffers_are_gathered),
        TEST(a_write_takes_what_the_buffer_holds),
        TEST(instances_serve_one_client_each),
        TEST(handles_are_taken_and_given),
        TEST(what_is_no_overlapped_pipe_is_refused),
        TEST(a_message_pipe_is_read_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
