/* test_ready.c: what EVFILT_READ, EVFILT_WRITE and EVFILT_EXCEPT report.
 * Written from kevent(2) and from what kernels were seen to do. */
#include "rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>

#define EDGE (EV_ADD | EV_CLEAR)

static void wait_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
}

static int socket_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof(error);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
    return error;
}

/* ---- Edges --------------------------------------------------------------*/

static void check_read_edges(struct rig *rig, const int pair[2])
{
    assert_changes(rig, pair[0], EVFILT_READ, EDGE, 9);
    assert_silent(rig);
    send_text(pair[1], "0123456789");
    const struct kevent *event = assert_one(rig, pair[0], EVFILT_READ);
    assert_int_equal(event->data, 10);
    assert_int_equal(event->udata, 9);
    assert_int_equal(event->flags & (EV_EOF | EV_ERROR), 0);
    assert_int_equal(event->flags & EV_CLEAR, EV_CLEAR);
    assert_silent(rig);
    read_text(pair[0], "01234");
    assert_silent(rig); /* what is left is not news */
    send_text(pair[1], "56789");
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->data, 10);
    read_text(pair[0], "5678956789");
    assert_silent(rig);
}

static void reading_is_reported_by_edges(void **state)
{
    int pair[2];
    tcp_pair(pair);
    check_read_edges(*state, pair);
    close_pair(pair);
    unix_pair(pair);
    check_read_edges(*state, pair);
    close_pair(pair);
    assert_int_equal(pipe(pair), 0);
    check_read_edges(*state, pair);
    close_pair(pair);
}

static void check_write_edges(struct rig *rig, int writer, int reader)
{
    assert_changes(rig, writer, EVFILT_WRITE, EDGE, 0);
    assert_true(assert_one(rig, writer, EVFILT_WRITE)->data > 0);
    assert_silent(rig);
    for (int round = 0; round < 3; round++) {
        drain(reader, fill(writer));
        rig_until(rig, (uintptr_t)writer, (int)EVFILT_WRITE);
        while (rig_wait(rig, MOMENT_MS) > 0) {
            /* room may come in several steps */
        }
    }
}

static void writing_is_reported_by_edges(void **state)
{
    int pair[2];
    tcp_pair(pair);
    check_write_edges(*state, pair[0], pair[1]);
    close_pair(pair);
    unix_pair(pair);
    check_write_edges(*state, pair[0], pair[1]);
    close_pair(pair);
    assert_int_equal(pipe2(pair, O_NONBLOCK | O_CLOEXEC), 0);
    check_write_edges(*state, pair[1], pair[0]);
    close_pair(pair);
}

static void check_directions(struct rig *rig, const int pair[2])
{
    assert_changes(rig, pair[0], EVFILT_READ, EDGE, 0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EDGE, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    send_text(pair[1], "x");
    assert_one(rig, pair[0], EVFILT_READ);
    send_text(pair[1], "y");
    assert_one(rig, pair[0], EVFILT_READ);
    read_text(pair[0], "x");
    read_text(pair[0], "y");
    assert_silent(rig);
}

static void what_arrives_does_not_make_writable(void **state)
{
    int pair[2];
    tcp_pair(pair);
    check_directions(*state, pair);
    close_pair(pair);
    unix_pair(pair);
    check_directions(*state, pair);
    close_pair(pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    check_directions(*state, pair);
    close_pair(pair);
}

static void levels_are_reported_until_they_end(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    tcp_pair(pair);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD, 0);
    assert_silent(rig);
    send_text(pair[1], "ab");
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->data, 2);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->data, 2);
    read_text(pair[0], "ab");
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_one(rig, pair[0], EVFILT_WRITE);
    fill(pair[0]);
    while (rig_wait(rig, MOMENT_MS) > 0) {
        fill(pair[0]); /* the peer's buffer takes some */
    }
    close_pair(pair);
}

/* ---- The end of a stream ------------------------------------------------*/

static void tcp_end_of_stream_is_eof_for_reading(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    tcp_pair(pair);
    assert_changes(rig, pair[0], EVFILT_READ, EDGE, 0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EDGE, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    send_text(pair[1], "bye");
    assert_one(rig, pair[0], EVFILT_READ);
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    const struct kevent *event = assert_one(rig, pair[0], EVFILT_READ);
    assert_int_equal(event->flags & EV_EOF, EV_EOF);
    assert_int_equal(event->fflags, 0);
    assert_int_equal(event->data, 3); /* what is left to read */
    assert_silent(rig);
    /* its own end, for writing */
    assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
    event = rig_until(rig, (uintptr_t)pair[0], (int)EVFILT_WRITE);
    assert_int_equal(event->flags & EV_EOF, EV_EOF);
    assert_int_equal(event->fflags, 0);
    close_pair(pair);
}

static void check_local_ends(struct rig *rig, const int pair[2])
{
    assert_changes(rig, pair[0], EVFILT_READ, EDGE, 0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EDGE, 0);
    const struct kevent *event = assert_one(rig, pair[0], EVFILT_WRITE);
    assert_int_equal(event->flags & EV_EOF, 0);
    assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
    event = assert_one(rig, pair[0], EVFILT_WRITE);
    assert_int_equal(event->flags & EV_EOF, EV_EOF);
    assert_int_equal(shutdown(pair[0], SHUT_RD), 0);
    event = rig_until(rig, (uintptr_t)pair[0], (int)EVFILT_READ);
    assert_int_equal(event->flags & EV_EOF, EV_EOF);
}

static void shutting_down_is_eof(void **state)
{
    int pair[2];
    tcp_pair(pair);
    check_local_ends(*state, pair);
    close_pair(pair);
    unix_pair(pair);
    check_local_ends(*state, pair);
    close_pair(pair);
}

static void a_closed_peer_is_eof_for_both(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    assert_changes(rig, pair[0], EVFILT_READ, EDGE, 0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EDGE, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    close(pair[1]);
    assert_int_equal(rig_wait(rig, PATIENCE_MS), 2);
    assert_int_equal(rig->events[0].flags & EV_EOF, EV_EOF);
    assert_int_equal(rig->events[1].flags & EV_EOF, EV_EOF);
    assert_silent(rig);
    close(pair[0]);
}

static void pipes_tell_when_the_other_end_is_closed(void **state)
{
    struct rig *rig = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_changes(rig, ends[0], EVFILT_READ, EDGE, 0);
    send_text(ends[1], "x");
    assert_one(rig, ends[0], EVFILT_READ);
    close(ends[1]);
    const struct kevent *event = assert_one(rig, ends[0], EVFILT_READ);
    assert_int_equal(event->flags & EV_EOF, EV_EOF);
    assert_int_equal(event->data, 1);
    close(ends[0]);
    assert_int_equal(pipe(ends), 0);
    assert_changes(rig, ends[1], EVFILT_WRITE, EDGE, 0);
    event = assert_one(rig, ends[1], EVFILT_WRITE);
    assert_int_equal(event->flags & EV_EOF, 0);
    close(ends[0]);
    event = assert_one(rig, ends[1], EVFILT_WRITE);
    assert_int_equal(event->flags & EV_EOF, EV_EOF);
    assert_silent(rig);
    close(ends[1]);
}

/* ---- Errors of sockets --------------------------------------------------*/

static void check_error(struct rig *rig, int fd, int error)
{
    unsigned seen = 0;
    for (int tries = 0; tries < 100 && seen != 3; tries++) {
        assert_true(rig_wait(rig, PATIENCE_MS) > 0);
        for (int i = 0; i < rig->count; i++) {
            const struct kevent *event = &rig->events[i];
            if ((event->flags & EV_EOF) != 0) {
                assert_int_equal(event->fflags, error);
                seen |= event->filter == EVFILT_READ ? 1 : 2;
            }
        }
    }
    assert_int_equal(seen, 3);
    assert_int_equal(socket_error(fd), error); /* still to be had */
    assert_changes(rig, fd, EVFILT_READ, EDGE, 0);
    assert_int_equal(assert_one(rig, fd, EVFILT_READ)->fflags, 0);
    assert_int_equal(rig->events[0].flags & EV_EOF, EV_EOF);
}

static void a_reset_is_told_to_both_filters(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    for (int accepted = 0; accepted < 2; accepted++) {
        tcp_pair(pair);
        assert_changes(rig, pair[accepted], EVFILT_READ, EDGE, 0);
        assert_changes(rig, pair[accepted], EVFILT_WRITE, EDGE, 0);
        reset(pair[!accepted]);
        check_error(rig, pair[accepted], ECONNRESET);
        close(pair[accepted]);
    }
}

static void a_refused_connection_is_told_to_both_filters(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_storage address;
    socklen_t length;
    close(tcp_listener(&address, &length));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, length), -1);
    assert_int_equal(errno, EINPROGRESS);
    assert_changes(rig, fd, EVFILT_READ, EDGE, 0);
    assert_changes(rig, fd, EVFILT_WRITE, EDGE, 0);
    check_error(rig, fd, ECONNREFUSED);
    close(fd);
}

static void an_error_of_udp_is_no_eof(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int gone = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(gone, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(gone, (struct sockaddr *)&address, &length),
                     0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, length), 0);
    close(gone);
    assert_changes(rig, fd, EVFILT_READ, EDGE, 0);
    assert_silent(rig);
    send_text(fd, "x");
    const struct kevent *event = assert_one(rig, fd, EVFILT_READ);
    assert_int_equal(event->flags & EV_EOF, 0);
    assert_int_equal(event->fflags, 0);
    assert_int_equal(socket_error(fd), ECONNREFUSED);
    close(fd);
}

/* ---- Sockets without a connection ---------------------------------------*/

static void an_unconnected_socket_is_silent(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_storage address;
    socklen_t length;
    for (unsigned mode = 0; mode <= EV_CLEAR; mode += EV_CLEAR) {
        int listener = tcp_listener(&address, &length);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_changes(rig, fd, EVFILT_READ, EV_ADD | mode, 0);
        assert_changes(rig, fd, EVFILT_WRITE, EV_ADD | mode, 0);
        assert_silent(rig);
        struct pollfd nested = {.fd = rig->kq, .events = POLLIN};
        assert_int_equal(poll(&nested, 1, 0), 0);
        (void)connect(fd, (struct sockaddr *)&address, length);
        const struct kevent *event = assert_one(rig, fd, EVFILT_WRITE);
        assert_int_equal(event->flags & EV_EOF, 0);
        assert_int_equal(rig_wait(rig, MOMENT_MS), mode == 0);
        close(fd);
        close(listener);
    }
}

static void a_listener_counts_what_is_to_be_accepted(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_storage address;
    socklen_t length;
    int fds[2];
    int listener = tcp_listener(&address, &length);
    assert_changes(rig, listener, EVFILT_READ, EV_ADD, 0);
    assert_changes(rig, listener, EVFILT_WRITE, EV_ADD, 0);
    assert_silent(rig);
    for (int i = 0; i < 2; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&address, length),
                         0);
        wait_readable(listener);
    }
    assert_int_equal(assert_one(rig, listener, EVFILT_READ)->data, 2);
    close_pair(fds);
    close(listener);
}

/* ---- Other descriptors --------------------------------------------------*/

static void a_kqueue_in_a_kqueue_and_in_poll(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    int inner = kqueue();
    struct pollfd look = {.fd = inner, .events = POLLIN};
    tcp_pair(pair);
    assert_int_equal(
        rig_change(rig->kq, (uintptr_t)inner, (int)EVFILT_WRITE, EV_ADD, 0, 0),
        EINVAL);
    assert_int_equal(
        rig_change(rig->kq, (uintptr_t)rig->kq, (int)EVFILT_READ, EV_ADD, 0, 0),
        EINVAL);
    assert_changes(rig, inner, EVFILT_READ, EV_ADD, 3);
    assert_int_equal(
        rig_change(inner, (uintptr_t)pair[0], (int)EVFILT_READ, EDGE, 0, 4), 0);
    assert_silent(rig);
    assert_int_equal(poll(&look, 1, 0), 0);
    send_text(pair[1], "x");
    assert_int_equal(poll(&look, 1, PATIENCE_MS), 1);
    assert_int_equal(assert_one(rig, inner, EVFILT_READ)->udata, 3);
    struct kevent event;
    assert_int_equal(kevent(inner, NULL, 0, &event, 1, NULL), 1);
    assert_int_equal(event.udata, 4);
    assert_int_equal(poll(&look, 1, 0), 0);
    assert_silent(rig);
    close(inner);
    close_pair(pair);
}

static void regular_files(void **state)
{
    struct rig *rig = *state;
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = fileno(file);
    assert_changes(rig, fd, EVFILT_READ, EV_ADD, 0);
    assert_silent(rig); /* at its end */
    send_text(fd, "0123456789");
    assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
    assert_int_equal(assert_one(rig, fd, EVFILT_READ)->data, 6);
    assert_one(rig, fd, EVFILT_READ);
    assert_int_equal(lseek(fd, 0, SEEK_END), 10);
    assert_silent(rig);
    assert_changes(rig, fd, EVFILT_WRITE, EDGE, 0);
    assert_one(rig, fd, EVFILT_WRITE);
    assert_silent(rig);
    assert_changes(rig, fd, EVFILT_READ, EV_DELETE, 0);
    assert_changes(rig, fd, EVFILT_WRITE, EV_DELETE, 0);
    fclose(file); /* not seen: the C library's own close */
}

#ifdef EVFILT_EXCEPT
static void urgent_data_is_exceptional(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    char byte = 0;
    tcp_pair(pair);
    assert_int_equal(
        rig_change(rig->kq, (uintptr_t)pair[0], EVFILT_EXCEPT, EDGE, 0, 0),
        EINVAL);
    assert_int_equal(rig_change(rig->kq, (uintptr_t)pair[0], EVFILT_EXCEPT,
                                EDGE, NOTE_OOB, 0),
                     0);
    send_text(pair[1], "x");
    assert_silent(rig);
    assert_int_equal(send(pair[1], "!", 1, MSG_OOB), 1);
    const struct kevent *event = assert_one(rig, pair[0], EVFILT_EXCEPT);
    assert_int_equal(event->fflags, NOTE_OOB);
    assert_silent(rig);
    assert_int_equal(recv(pair[0], &byte, 1, MSG_OOB), 1);
    assert_int_equal(byte, '!');
    close(pair[1]);
    assert_silent(rig);
    close(pair[0]);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(reading_is_reported_by_edges),
        RIG_TEST(writing_is_reported_by_edges),
        RIG_TEST(what_arrives_does_not_make_writable),
        RIG_TEST(levels_are_reported_until_they_end),
        RIG_TEST(tcp_end_of_stream_is_eof_for_reading),
        RIG_TEST(shutting_down_is_eof),
        RIG_TEST(a_closed_peer_is_eof_for_both),
        RIG_TEST(pipes_tell_when_the_other_end_is_closed),
        RIG_TEST(a_reset_is_told_to_both_filters),
        RIG_TEST(a_refused_connection_is_told_to_both_filters),
        RIG_TEST(an_error_of_udp_is_no_eof),
        RIG_TEST(an_unconnected_socket_is_silent),
        RIG_TEST(a_listener_counts_what_is_to_be_accepted),
        RIG_TEST(a_kqueue_in_a_kqueue_and_in_poll),
        RIG_TEST(regular_files),
#ifdef EVFILT_EXCEPT
        RIG_TEST(urgent_data_is_exceptional),
#endif
    };
    return cmocka_run_group_tests_name("standin_ready", tests, NULL, NULL);
}
