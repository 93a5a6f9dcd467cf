/* unix_pipe.c: pipes. The first tests are mio's scenarios, under mio's
 * names. */
#include "unix_support.h"

#include <limits.h>

enum { SENDER = 1, RECEIVER = 2 };

static void registered_pipe(struct fixture *f, mio_pipe_sender *sender,
                            mio_pipe_receiver *receiver)
{
    assert_ok(mio_pipe_open(sender, receiver));
    assert_ok(mio_registry_register(f->registry, &sender->source, SENDER,
                                    MIO_WRITABLE));
    assert_ok(mio_registry_register(f->registry, &receiver->source, RECEIVER,
                                    MIO_READABLE));
    expect_only(f, SENDER, R_WRITABLE);
}

/* ---- mio's scenarios ----------------------------------------------------*/

static void smoke(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    char data[16];
    registered_pipe(f, &sender, &receiver);
    assert_nonblocking_cloexec(sender.source.fd);
    assert_nonblocking_cloexec(receiver.source.fd);
    assert_error(mio_pipe_receiver_read(&receiver, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_count(mio_pipe_sender_write(&sender, "hello", 5), 5);
    expect_event(f, RECEIVER, R_READABLE);
    assert_count(mio_pipe_receiver_read(&receiver, data, sizeof(data)), 5);
    assert_memory_equal(data, "hello", 5);
    assert_error(mio_pipe_receiver_read(&receiver, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
}

static void event_when_sender_is_dropped(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    char data[4];
    registered_pipe(f, &sender, &receiver);
    mio_pipe_sender_close(&sender);
    expect_event(f, RECEIVER, R_READABLE | R_READ_CLOSED);
    assert_int_equal(f->count, 1);
    expect_quiet(f);
    assert_count(mio_pipe_receiver_read(&receiver, data, sizeof(data)), 0);
    mio_pipe_receiver_close(&receiver);
}

static void event_when_receiver_is_dropped(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    registered_pipe(f, &sender, &receiver);
    mio_pipe_receiver_close(&receiver);
    expect_event(f, SENDER, R_WRITABLE | R_WRITE_CLOSED);
    assert_int_equal(f->count, 1);
    expect_quiet(f);
    assert_error(mio_pipe_sender_write(&sender, "x", 1), MIO_ERR_BROKEN_PIPE);
    mio_pipe_sender_close(&sender);
}

/* Starts `cat` between two pipes; the ends given back are blocking. */
static pid_t start_cat(int *to_child, int *from_child)
{
    int in[2];
    int out[2];
    raw_pipe(in, false);
    raw_pipe(out, false);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (dup2(in[0], STDIN_FILENO) >= 0 &&
            dup2(out[1], STDOUT_FILENO) >= 0) {
            (void)execlp("cat", "cat", (char *)NULL);
        }
        _exit(127);
    }
    fd_close(in[0]);
    fd_close(out[1]);
    *to_child = in[1];
    *from_child = out[0];
    return child;
}

static void from_child_process_io(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    int to_child = -1;
    int from_child = -1;
    char data[16];
    const pid_t child = start_cat(&to_child, &from_child);
    assert_false(fd_is_nonblocking(to_child));
    assert_ok(mio_pipe_sender_from_fd(&sender, to_child));
    assert_ok(mio_pipe_receiver_from_fd(&receiver, from_child));
    assert_nonblocking_cloexec(sender.source.fd);
    assert_nonblocking_cloexec(receiver.source.fd);
    assert_ok(mio_registry_register(f->registry, &sender.source, SENDER,
                                    MIO_WRITABLE));
    assert_ok(mio_registry_register(f->registry, &receiver.source, RECEIVER,
                                    MIO_READABLE));
    expect_event(f, SENDER, R_WRITABLE);
    assert_count(mio_pipe_sender_write(&sender, "hello", 5), 5);
    expect_event(f, RECEIVER, R_READABLE);
    assert_count(mio_pipe_receiver_read(&receiver, data, sizeof(data)), 5);
    assert_memory_equal(data, "hello", 5);
    assert_error(mio_pipe_receiver_read(&receiver, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    mio_pipe_sender_close(&sender);
    expect_event(f, RECEIVER, R_READ_CLOSED);
    assert_count(mio_pipe_receiver_read(&receiver, data, sizeof(data)), 0);
    assert_int_equal(child_wait(child), 0);
    mio_pipe_receiver_close(&receiver);
}

static void nonblocking_child_process_io(void **state)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    int to_child = -1;
    int from_child = -1;
    char data[4];
    (void)state;
    const pid_t child = start_cat(&to_child, &from_child);
    assert_ok(mio_pipe_sender_from_fd(&sender, to_child));
    assert_ok(mio_pipe_receiver_from_fd(&receiver, from_child));
    assert_ok(mio_pipe_receiver_set_nonblocking(&receiver, false));
    assert_false(fd_is_nonblocking(receiver.source.fd));
    assert_ok(mio_pipe_receiver_set_nonblocking(&receiver, true));
    assert_true(fd_is_nonblocking(receiver.source.fd));
    assert_error(mio_pipe_receiver_read(&receiver, data, sizeof(data)),
                 MIO_ERR_WOULD_BLOCK);
    assert_ok(mio_pipe_sender_set_nonblocking(&sender, false));
    assert_false(fd_is_nonblocking(sender.source.fd));
    assert_ok(mio_pipe_sender_set_nonblocking(&sender, true));
    assert_true(fd_is_nonblocking(sender.source.fd));
    mio_pipe_sender_close(&sender);
    assert_int_equal(child_wait(child), 0);
    mio_pipe_receiver_close(&receiver);
}

/* ---- What mio does not test ---------------------------------------------*/

/* The end of the senders is reported while there is data, which can then be
 * read to the last byte. */
static void what_was_sent_before_the_close_is_read(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    registered_pipe(f, &sender, &receiver);
    const size_t sent = fill_pipe(&sender);
    assert_true(sent >= PIPE_BUF);
    expect_event(f, RECEIVER, R_READABLE);
    mio_pipe_sender_close(&sender);
    expect_event(f, RECEIVER, R_READABLE | R_READ_CLOSED);
    assert_int_equal(drain_pipe(&receiver), sent);
    mio_pipe_receiver_close(&receiver);
}

static void a_full_pipe_is_reported_when_it_has_room(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    registered_pipe(f, &sender, &receiver);
    const size_t sent = fill_pipe(&sender);
    expect_only(f, RECEIVER, R_READABLE);
    expect_quiet(f);
    assert_int_equal(drain_pipe(&receiver), sent);
    expect_only(f, SENDER, R_WRITABLE);
    assert_count(mio_pipe_sender_write(&sender, "x", 1), 1);
    expect_only(f, RECEIVER, R_READABLE);
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
}

/* There is no room to write, and yet an event: the write tells why. kqueue says
 * "write closed"; elsewhere it is an error, and "write closed" is a hint. */
static void a_full_pipe_is_reported_when_its_receiver_goes(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    registered_pipe(f, &sender, &receiver);
    assert_true(fill_pipe(&sender) > 0);
    mio_pipe_receiver_close(&receiver);
    expect_event(f, SENDER,
                 R_WRITABLE |
                     (backend_is("kqueue") ? R_WRITE_CLOSED : R_ERROR));
    expect_sleep(f);
    assert_error(mio_pipe_sender_write(&sender, "x", 1), MIO_ERR_BROKEN_PIPE);
    mio_pipe_sender_close(&sender);
}

static void several_buffers_are_moved_as_one(void **state)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    char first[] = "abc";
    char second[] = "defg";
    char data[] = "........";
    mio_buffer out[] = {{first, 3}, {NULL, 0}, {second, 4}};
    mio_buffer in[] = {{data, 2}, {NULL, 0}, {data + 2, 6}};
    mio_buffer none[] = {{NULL, 0}, {data, 0}};
    (void)state;
    assert_ok(mio_pipe_open(&sender, &receiver));
    assert_count(mio_pipe_sender_writev(&sender, out, ARRAY_LENGTH(out)), 7);
    assert_count(mio_pipe_receiver_readv(&receiver, in, ARRAY_LENGTH(in)), 7);
    assert_memory_equal(data, "abcdefg.", 8);
    assert_error(mio_pipe_receiver_readv(&receiver, in, ARRAY_LENGTH(in)),
                 MIO_ERR_WOULD_BLOCK);
    assert_error(mio_pipe_receiver_readv(&receiver, none, ARRAY_LENGTH(none)),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_pipe_receiver_read(&receiver, data, 0),
                 MIO_ERR_INVALID_INPUT);
    assert_count(mio_pipe_sender_write(&sender, NULL, 0), 0);
    assert_count(mio_pipe_sender_writev(&sender, none, 2), 0);
    mio_pipe_sender_close(&sender);
    assert_count(mio_pipe_receiver_readv(&receiver, in, ARRAY_LENGTH(in)), 0);
    mio_pipe_receiver_close(&receiver);
}

static void an_end_of_the_wrong_kind_is_refused(void **state)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    int fds[2];
    (void)state;
    raw_pipe(fds, false);
    assert_error(mio_pipe_sender_from_fd(&sender, fds[0]),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_pipe_receiver_from_fd(&receiver, fds[1]),
                 MIO_ERR_INVALID_INPUT);
    assert_false(fd_is_nonblocking(fds[0])); /* it is still as it was */
    assert_false(fd_is_nonblocking(fds[1]));
    fd_close(fds[0]);
    assert_error(mio_pipe_receiver_from_fd(&receiver, fds[0]),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_pipe_sender_from_fd(&sender, MIO_FD_INVALID),
                 MIO_ERR_BAD_DESCRIPTOR);
    fd_close(fds[1]);
}

static void the_ends_can_be_given_away(void **state)
{
    struct fixture *f = *state;
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    char data[4];
    registered_pipe(f, &sender, &receiver);
    const mio_fd in = mio_pipe_sender_into_fd(&sender);
    const mio_fd out = mio_pipe_receiver_into_fd(&receiver);
    assert_int_equal(mio_pipe_sender_into_fd(&sender), MIO_FD_INVALID);
    assert_int_equal(mio_pipe_receiver_into_fd(&receiver), MIO_FD_INVALID);
    mio_pipe_sender_close(&sender);
    mio_pipe_receiver_close(&receiver);
    assert_int_equal(write(in, "x", 1), 1);
    expect_quiet(f);
    assert_int_equal(read(out, data, sizeof(data)), 1);
    assert_nonblocking_cloexec(in);
    fd_close(in);
    fd_close(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(smoke),
        TEST(event_when_sender_is_dropped),
        TEST(event_when_receiver_is_dropped),
        TEST(from_child_process_io),
        TEST_BARE(nonblocking_child_process_io),
        TEST(what_was_sent_before_the_close_is_read),
        TEST(a_full_pipe_is_reported_when_it_has_room),
        TEST(a_full_pipe_is_reported_when_its_receiver_goes),
        TEST_BARE(several_buffers_are_moved_as_one),
        TEST_BARE(an_end_of_the_wrong_kind_is_refused),
        TEST(the_ends_can_be_given_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
