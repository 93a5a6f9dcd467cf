/* unix_fds.c: passing descriptors over Unix streams. */
#include "unix_support.h"

#include <sys/stat.h>
#include <sys/uio.h>

static void pair_and_pipe(mio_unix_stream *a, mio_unix_stream *b, int fds[2])
{
    assert_ok(mio_unix_stream_pair(a, b));
    raw_pipe(fds, true);
}

static void close_all(mio_unix_stream *a, mio_unix_stream *b, const int fds[2])
{
    mio_unix_stream_close(a);
    mio_unix_stream_close(b);
    fd_close(fds[0]);
    fd_close(fds[1]);
}

static bool same_file(int a, int b)
{
    struct stat first;
    struct stat second;
    assert_int_equal(fstat(a, &first), 0);
    assert_int_equal(fstat(b, &second), 0);
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static void descriptors_arrive_with_the_first_byte(void **state)
{
    struct fixture *f = *state;
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    mio_fd received[4] = {-2, -2, -2, -2};
    size_t count = 99;
    char data[8];
    pair_and_pipe(&a, &b, fds);
    assert_ok(mio_registry_register(f->registry, &b.source, 1, MIO_READABLE));
    assert_error(
        mio_unix_stream_recv_fds(&b, data, sizeof(data), received, 4, &count),
        MIO_ERR_WOULD_BLOCK);
    assert_count(mio_unix_stream_send_fds(&a, "hello", 5, fds, 2), 5);
    expect_event(f, 1, R_READABLE);
    assert_count(
        mio_unix_stream_recv_fds(&b, data, sizeof(data), received, 4, &count),
        5);
    assert_memory_equal(data, "hello", 5);
    assert_int_equal(count, 2);
    assert_int_equal(received[2], -2);
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(received[i], fds[i]);
        assert_true(same_file(received[i], fds[i]));
        assert_true(fd_is_cloexec(received[i]));
    }

    /* They are duplicates: the sender may close its own. */
    fd_close(fds[0]);
    assert_int_equal(write(received[1], "x", 1), 1);
    assert_int_equal(read(received[0], data, sizeof(data)), 1);
    fds[0] = received[0];
    fd_close(received[1]);
    close_all(&a, &b, fds);
}

static void bytes_without_descriptors_give_none(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    mio_fd received[2];
    size_t count = 99;
    char data[8];
    (void)state;
    pair_and_pipe(&a, &b, fds);
    assert_count(mio_unix_stream_send_fds(&a, "a", 1, NULL, 0), 1);
    assert_count(
        mio_unix_stream_recv_fds(&b, data, sizeof(data), received, 2, &count),
        1);
    assert_int_equal(count, 0);
    assert_count(mio_unix_stream_write(&a, "b", 1), 1);
    count = 99;
    assert_count(
        mio_unix_stream_recv_fds(&b, data, sizeof(data), NULL, 0, &count), 1);
    assert_int_equal(count, 0);
    mio_unix_stream_close(&a);
    assert_count(
        mio_unix_stream_recv_fds(&b, data, sizeof(data), received, 2, &count),
        0);
    assert_int_equal(count, 0);
    close_all(&a, &b, fds);
}

/* Messages with descriptors are not run together, so that each keeps its own
 * with its first byte. */
static void each_message_keeps_its_descriptors(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    char data[16];
    (void)state;
    pair_and_pipe(&a, &b, fds);
    assert_count(mio_unix_stream_send_fds(&a, "one", 3, &fds[0], 1), 3);
    assert_count(mio_unix_stream_send_fds(&a, "two", 3, &fds[1], 1), 3);
    for (int i = 0; i < 2; i++) {
        mio_fd received[4];
        size_t count = 0;
        assert_count(mio_unix_stream_recv_fds(&b, data, sizeof(data), received,
                                              4, &count),
                     3);
        assert_int_equal(count, 1);
        assert_true(same_file(received[0], fds[i]));
        fd_close(received[0]);
    }
    close_all(&a, &b, fds);
}

static void too_little_room_closes_all_of_them(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    char data[8];
    (void)state;
    pair_and_pipe(&a, &b, fds);
    const int before = fd_count();
    for (size_t room = 0; room < 3; room++) {
        const mio_fd sent[] = {fds[0], fds[1], fds[0]};
        mio_fd received[3] = {-2, -2, -2};
        size_t count = 99;
        memset(data, 0, sizeof(data));
        assert_count(mio_unix_stream_send_fds(&a, "data", 4, sent, 3), 4);
        assert_count(mio_unix_stream_recv_fds(&b, data, sizeof(data), received,
                                              room, &count),
                     4);
        assert_memory_equal(data, "data", 4);
        assert_int_equal(fd_count(), before);
        assert_int_equal(count, 3);
        assert_int_equal(received[0], -2);
    }
    assert_count(mio_unix_stream_write(&a, "next", 4), 4);
    assert_count(mio_unix_stream_read(&b, data, sizeof(data)), 4);
    assert_memory_equal(data, "next", 4);
    close_all(&a, &b, fds);
}

static void a_plain_read_leaks_no_descriptors(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    char data[8];
    (void)state;
    pair_and_pipe(&a, &b, fds);
    const int before = fd_count();
    assert_count(mio_unix_stream_send_fds(&a, "data", 4, fds, 2), 4);
    assert_count(mio_unix_stream_read(&b, data, sizeof(data)), 4);
    assert_int_equal(fd_count(), before);
    close_all(&a, &b, fds);
}

static void as_many_as_promised_fit(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    mio_fd many[MIO_FDS_MAX + 1];
    mio_fd received[MIO_FDS_MAX + 1];
    size_t count = 0;
    char data[2];
    (void)state;
    pair_and_pipe(&a, &b, fds);
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
        many[i] = fds[i % 2];
    }
    assert_error(mio_unix_stream_send_fds(&a, "x", 1, many, ARRAY_LENGTH(many)),
                 MIO_ERR_INVALID_INPUT);
    assert_count(mio_unix_stream_send_fds(&a, "x", 1, many, MIO_FDS_MAX), 1);
    assert_error(mio_unix_stream_recv_fds(&b, data, 1, received,
                                          ARRAY_LENGTH(received), &count),
                 MIO_ERR_INVALID_INPUT);
    assert_count(
        mio_unix_stream_recv_fds(&b, data, 1, received, MIO_FDS_MAX, &count),
        1);
    assert_int_equal(count, MIO_FDS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(same_file(received[i], fds[i % 2]));
        fd_close(received[i]);
    }
    close_all(&a, &b, fds);
}

/* What another program may send, and the library's senders cannot. */
#define MANY 252

/* Sends one byte with descriptors, by the system's own call. */
static void send_by_hand(mio_fd socket, const mio_fd *fds, size_t fd_count)
{
    char byte = 'x';
    struct iovec buffer = {&byte, 1};
    static union {
        struct cmsghdr align;
        unsigned char bytes[4096];
    } control;
    struct msghdr message = {.msg_iov = &buffer, .msg_iovlen = 1};
    const size_t size = fd_count * sizeof(*fds);
    assert_true(CMSG_SPACE(size) <= sizeof(control));
    memset(&control, 0, sizeof(control));
    message.msg_control = control.bytes;
    /* The lengths are a size_t here and an int there: a short fits both. */
    message.msg_controllen = (unsigned short)CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = (unsigned short)CMSG_LEN(size);
    memcpy(CMSG_DATA(header), fds, size);
    assert_int_equal(sendmsg(socket, &message, 0), 1);
}

/* Each of the messages has more descriptors than the library can send. */
static void check_they_are_closed(const size_t *counts, size_t length)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    mio_fd many[MANY];
    mio_fd received[MIO_FDS_MAX];
    pair_and_pipe(&a, &b, fds);
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
        many[i] = fds[i % 2];
    }
    const int before = fd_count();
    for (size_t i = 0; i < length; i++) {
        size_t count = 99;
        char data[2];
        send_by_hand(a.source.fd, many, counts[i]);
        assert_count(mio_unix_stream_recv_fds(&b, data, sizeof(data), received,
                                              MIO_FDS_MAX, &count),
                     1);
        assert_int_equal(count, MIO_FDS_MAX + 1);
        assert_int_equal(fd_count(), before);
    }
    close_all(&a, &b, fds);
}

static void more_than_anybody_asked_for_is_closed(void **state)
{
    const size_t counts[] = {MIO_FDS_MAX + 1, 120, 124};
    (void)state;
    check_they_are_closed(counts, ARRAY_LENGTH(counts));
}

static int probe; /* a socket to which two descriptors are under way */

/* Receives them with room for one, in a child, whose exit closes them. Tells
 * whether the system has opened the other all the same. */
static int opens_what_it_cuts_off(void)
{
    union {
        struct cmsghdr align;
        unsigned char bytes[64];
    } control;
    char byte;
    struct iovec buffer = {&byte, 1};
    struct msghdr message = {.msg_iov = &buffer, .msg_iovlen = 1};
    const int before = fd_count();
    message.msg_control = control.bytes;
    message.msg_controllen = (unsigned short)CMSG_LEN(sizeof(int));
    return recvmsg(probe, &message, 0) == 1 && fd_count() > before + 1;
}

/* Linux allows 253, musl's sendmsg no more than 252. */
static void more_than_the_library_has_room_for_is_closed(void **state)
{
    const size_t counts[] = {125, 126, 200, MANY};
    int pair[2];
    (void)state;
    raw_pair(pair, SOCK_STREAM);
    send_by_hand(pair[0], pair, 2);
    probe = pair[1];
    const int leaks = run_in_child(opens_what_it_cuts_off);
    fd_close(pair[0]);
    fd_close(pair[1]);
    if (leaks == 1) {
        SKIP("this system opens descriptors and does not tell their numbers");
    }
    check_they_are_closed(counts, ARRAY_LENGTH(counts));
}

static void bad_arguments_are_refused(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    mio_fd received[2];
    size_t count = 99;
    char data[2];
    const mio_fd closed[] = {MIO_FD_INVALID};
    (void)state;
    pair_and_pipe(&a, &b, fds);
    assert_error(mio_unix_stream_send_fds(&a, "x", 0, fds, 2),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_send_fds(&a, NULL, 1, fds, 2),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_send_fds(&a, "x", 1, NULL, 1),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_send_fds(NULL, "x", 1, fds, 2),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_send_fds(&a, "x", 1, closed, 1),
                 MIO_ERR_BAD_DESCRIPTOR);
    assert_error(mio_unix_stream_recv_fds(&b, data, 0, received, 2, &count),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_recv_fds(&b, NULL, 1, received, 2, &count),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_recv_fds(&b, data, 1, NULL, 2, &count),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_recv_fds(&b, data, 1, received, 2, NULL),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_unix_stream_recv_fds(NULL, data, 1, received, 2, &count),
                 MIO_ERR_INVALID_INPUT);
    assert_int_equal(count, 99);
    assert_error(mio_unix_stream_read(&b, data, 1), MIO_ERR_WOULD_BLOCK);
    close_all(&a, &b, fds);
}

/* The process may open one of the four that came: none is kept. */
static void a_full_table_closes_all_of_them(void **state)
{
    mio_unix_stream a;
    mio_unix_stream b;
    int fds[2];
    mio_fd received[4] = {-2, -2, -2, -2};
    size_t count = 99;
    char data[8] = "";
    (void)state;
    pair_and_pipe(&a, &b, fds);
    const mio_fd sent[] = {fds[0], fds[1], fds[0], fds[1]};
    assert_count(mio_unix_stream_send_fds(&a, "data", 4, sent, 4), 4);
    const int before = fd_count();

    const mio_fd spare = fd_duplicate(fds[0]);
    fds_use_up();
    fd_close(spare);
    const mio_ssize n =
        mio_unix_stream_recv_fds(&b, data, sizeof(data), received, 4, &count);
    fds_restore();
    assert_count(n, 4);
    assert_int_equal(count, MIO_FDS_MAX + 1);
    assert_memory_equal(data, "data", 4);
    assert_int_equal(fd_count(), before);
    close_all(&a, &b, fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(descriptors_arrive_with_the_first_byte),
        TEST_BARE(bytes_without_descriptors_give_none),
        TEST_BARE(each_message_keeps_its_descriptors),
        TEST_BARE(too_little_room_closes_all_of_them),
        TEST_BARE(a_plain_read_leaks_no_descriptors),
        TEST_BARE(as_many_as_promised_fit),
        TEST_BARE(more_than_anybody_asked_for_is_closed),
        TEST_BARE(more_than_the_library_has_room_for_is_closed),
        TEST_BARE(bad_arguments_are_refused),
        TEST_BARE(a_full_table_closes_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
