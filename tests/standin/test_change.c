/* test_change.c: the changelist: what it may ask for, and how it is answered.
 * Written from kevent(2) and the headers of the systems. */
#include "rig.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#if defined(KQUEUE_SHAPE_NETBSD)
_Static_assert(sizeof(((struct kevent *)0)->filter) == 4, "uint32_t");
_Static_assert(EVFILT_READ == 0U && EVFILT_WRITE == 1U, "NetBSD's numbers");
#define NO_READER EBADF
#else
_Static_assert(EVFILT_READ == -1 && EVFILT_WRITE == -2, "the others' numbers");
#define NO_READER EPIPE
#endif
#if defined(KQUEUE_SHAPE_FREEBSD)
_Static_assert(sizeof(((struct kevent *)0)->ext) == 32, "ext[4]");
_Static_assert(sizeof(((struct kevent *)0)->filter) == 2, "short");
#endif
_Static_assert(sizeof(((struct kevent *)0)->data) == 8, "64 bits");

/* ---- Descriptors of kqueues ---------------------------------------------*/

static void a_kqueue_is_not_closed_on_exec_unless_asked(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(fcntl(rig->kq, F_GETFD), 0);
#ifndef KQUEUE_SHAPE_DARWIN
    int other = kqueue1(O_CLOEXEC);
    assert_int_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
    close(other);
#endif
}

static void what_is_no_kqueue_is_a_bad_descriptor(void **state)
{
    struct rig *rig = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(
        rig_change(ends[0], (uintptr_t)ends[0], (int)EVFILT_READ, EV_ADD, 0, 0),
        EBADF);
    assert_int_equal(rig_change(-1, 0, (int)EVFILT_READ, EV_ADD, 0, 0), EBADF);
    close(rig->kq);
    assert_int_equal(rig_wait(rig, 0), -1);
    assert_int_equal(errno, EBADF);
    rig->kq = -1;
    close_pair(ends);
}

static void a_duplicate_shares_the_queue(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    int twin = fcntl(rig->kq, F_DUPFD_CLOEXEC, 0);
    assert_int_equal(rig_change(twin, (uintptr_t)pair[0], (int)EVFILT_READ,
                                EV_ADD | EV_CLEAR, 0, 7),
                     0);
    close(rig->kq);
    rig->kq = twin;
    send_text(pair[1], "x");
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->udata, 7);
    close_pair(pair);
}

static void a_child_does_not_inherit_it(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 0);
    pid_t child = fork();
    if (child == 0) {
        bool is_gone = rig_wait(rig, 0) < 0 && errno == EBADF;
        close(pair[0]); /* must not remove the parent's note */
        close(rig->kq);
        _exit(is_gone ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    send_text(pair[1], "x");
    assert_one(rig, pair[0], EVFILT_READ);
    close_pair(pair);
}

/* ---- Errors -------------------------------------------------------------*/

static void bad_changes_are_refused(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    const uintptr_t fd = (uintptr_t)pair[0];
    assert_int_equal(rig_change(rig->kq, fd, 77, EV_ADD, 0, 0), EINVAL);
    assert_int_equal(rig_change(rig->kq, 9999, (int)EVFILT_READ, EV_ADD, 0, 0),
                     EBADF);
    assert_int_equal(
        rig_change(rig->kq, UINTPTR_MAX, (int)EVFILT_READ, EV_ADD, 0, 0),
        EBADF);
    assert_int_equal(rig_change(rig->kq, fd, (int)EVFILT_READ, EV_DELETE, 0, 0),
                     ENOENT);
    assert_int_equal(rig_change(rig->kq, fd, (int)EVFILT_READ, EV_ENABLE, 0, 0),
                     ENOENT);
    assert_changes(rig, fd, EVFILT_READ, EV_ADD, 0);
    assert_int_equal(
        rig_change(rig->kq, fd, (int)EVFILT_WRITE, EV_DELETE, 0, 0), ENOENT);
    assert_changes(rig, fd, EVFILT_READ, EV_DELETE, 0);
    assert_int_equal(rig_change(rig->kq, fd, (int)EVFILT_READ, EV_DELETE, 0, 0),
                     ENOENT);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(
        rig_change(rig->kq, (uintptr_t)null, (int)EVFILT_READ, EV_ADD, 0, 0),
        EINVAL);
    close(null);
    close_pair(pair);
}

static void bad_times_are_refused(void **state)
{
    struct rig *rig = *state;
    const struct timespec bad[] = {{-1, 0}, {0, -1}, {0, 1000000000}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(kevent(rig->kq, NULL, 0, rig->events, 1, &bad[i]), -1);
        assert_int_equal(errno, EINVAL);
    }
}

static void a_pipe_without_reader_is_refused(void **state)
{
    struct rig *rig = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(rig_change(rig->kq, (uintptr_t)ends[1], (int)EVFILT_WRITE,
                                EV_ADD | EV_CLEAR, 0, 0),
                     NO_READER);
    assert_int_equal(rig_change(rig->kq, (uintptr_t)ends[1], (int)EVFILT_WRITE,
                                EV_DELETE, 0, 0),
                     ENOENT);
    assert_silent(rig);
    close(ends[1]);
}

/* ---- Receipts -----------------------------------------------------------*/

static void receipts_come_in_order_and_alone(void **state)
{
    struct rig *rig = *state;
    struct kevent list[4];
    int pair[2];
    unix_pair(pair);
    send_text(pair[1], "ready");
    const unsigned add = EV_ADD | EV_CLEAR | EV_RECEIPT;
    list[0] = rig_entry((uintptr_t)pair[0], (int)EVFILT_WRITE, add, 0, 1);
    list[1] = rig_entry((uintptr_t)pair[0], (int)EVFILT_READ,
                        EV_DELETE | EV_RECEIPT, 0, 2);
    list[2] = rig_entry(9999, (int)EVFILT_READ, add, 0, 3);
    list[3] = rig_entry((uintptr_t)pair[0], (int)EVFILT_READ, add, 0, 4);
    assert_int_equal(kevent(rig->kq, list, 4, list, 4, NULL), 4);
    const int errors[] = {0, ENOENT, EBADF, 0};
    for (uintptr_t i = 0; i < 4; i++) {
        assert_int_equal(list[i].flags, EV_ERROR);
        assert_int_equal(list[i].data, errors[i]);
        assert_int_equal(list[i].udata, i + 1);
    }
    assert_int_equal(rig_wait(rig, PATIENCE_MS), 2); /* now the events */
    close_pair(pair);
}

static void without_receipts_only_errors_are_listed(void **state)
{
    struct rig *rig = *state;
    struct kevent list[3];
    int pair[2];
    unix_pair(pair);
    list[0] = rig_entry((uintptr_t)pair[0], (int)EVFILT_WRITE,
                        EV_ADD | EV_CLEAR, 0, 0);
    list[1] = rig_entry((uintptr_t)pair[0], (int)EVFILT_READ, EV_DELETE, 0, 0);
    list[2] = rig_entry((uintptr_t)pair[1], (int)EVFILT_WRITE,
                        EV_ADD | EV_CLEAR, 0, 0);
    assert_int_equal(kevent(rig->kq, list, 3, rig->events, 3, NULL), 1);
    assert_int_equal(rig->events[0].flags, EV_ERROR);
    assert_int_equal(rig->events[0].data, ENOENT);
    assert_int_equal(rig_wait(rig, PATIENCE_MS), 2);
    close_pair(pair);
}

static void without_room_an_error_ends_the_changes(void **state)
{
    struct rig *rig = *state;
    struct kevent list[2];
    int pair[2];
    unix_pair(pair);
    list[0] = rig_entry((uintptr_t)pair[0], (int)EVFILT_READ, EV_DELETE, 0, 0);
    list[1] = rig_entry((uintptr_t)pair[0], (int)EVFILT_WRITE, EV_ADD, 0, 0);
    assert_int_equal(kevent(rig->kq, list, 2, NULL, 0, NULL), -1);
    assert_int_equal(errno, ENOENT);
    assert_silent(rig);
    close_pair(pair);
}

/* ---- Adding again, modes ------------------------------------------------*/

static void adding_again_reports_again_with_new_udata(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    send_text(pair[1], "x");
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 1);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD | EV_CLEAR, 1);
    assert_int_equal(rig_wait(rig, PATIENCE_MS), 2);
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 2);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->udata, 2);
    assert_changes(rig, pair[0], EVFILT_READ, EV_DELETE, 0);
    assert_silent(rig); /* the other filter is not disturbed */
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 3);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->udata, 3);
    close_pair(pair);
}

/* So it is in the sources: the mode is that of the first EV_ADD. */
static void adding_again_does_not_change_the_mode(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    tcp_pair(pair);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD | EV_CLEAR, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_DELETE, 0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_one(rig, pair[0], EVFILT_WRITE);
    close_pair(pair);
}

static void a_disabled_filter_is_silent_until_enabled(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    tcp_pair(pair);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD | EV_DISABLE, 0);
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ENABLE, 5);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_WRITE)->udata, 5);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_DISABLE, 0);
    assert_silent(rig);
    standin_set_traps(TRAP_DISABLED);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD | EV_ENABLE, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_DISABLE, 0);
    standin_set_traps(0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_DELETE, 0);
    assert_silent(rig);
    close_pair(pair);
}

static void oneshot_is_removed_by_its_event(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    tcp_pair(pair);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD | EV_ONESHOT, 0);
    assert_one(rig, pair[0], EVFILT_WRITE);
    assert_silent(rig);
    assert_int_equal(rig_change(rig->kq, (uintptr_t)pair[0], (int)EVFILT_WRITE,
                                EV_DELETE, 0, 0),
                     ENOENT);
    close_pair(pair);
}

static void dispatch_is_disabled_by_its_event(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    tcp_pair(pair);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_DISPATCH, 0);
    send_text(pair[1], "a");
    assert_one(rig, pair[0], EVFILT_READ);
    send_text(pair[1], "b");
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ENABLE, 0);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->data, 2);
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_READ, EV_DELETE, 0);
    close_pair(pair);
}

/* ---- Closing ------------------------------------------------------------*/

static void closing_leaves_no_event(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    int twin = fcntl(pair[0], F_DUPFD_CLOEXEC, 0);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 1);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 1);
    send_text(pair[1], "pending");
    close(pair[0]); /* although the socket lives on */
    assert_silent(rig);
    assert_int_equal(dup2(twin, pair[0]), pair[0]); /* the number again */
    assert_silent(rig);
    assert_int_equal(rig_change(rig->kq, (uintptr_t)pair[0], (int)EVFILT_READ,
                                EV_DELETE, 0, 0),
                     ENOENT);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 2);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->udata, 2);
    close(twin);
    close_pair(pair);
}

static void a_number_closed_behind_its_back_is_clean(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    int other[2];
    unix_pair(pair);
    unix_pair(other);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 1);
    int twin = fcntl(pair[0], F_DUPFD_CLOEXEC, 0); /* keeps the old one */
    assert_int_equal(dup2(other[0], pair[0]), pair[0]);
    send_text(other[1], "x");
    assert_silent(rig);
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD | EV_CLEAR, 2);
    assert_int_equal(assert_one(rig, pair[0], EVFILT_READ)->udata, 2);
    send_text(pair[1], "to the old one");
    assert_silent(rig);
    close(twin);
    close_pair(pair);
    close_pair(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_kqueue_is_not_closed_on_exec_unless_asked),
        RIG_TEST(what_is_no_kqueue_is_a_bad_descriptor),
        RIG_TEST(a_duplicate_shares_the_queue),
        RIG_TEST(a_child_does_not_inherit_it),
        RIG_TEST(bad_changes_are_refused),
        RIG_TEST(bad_times_are_refused),
        RIG_TEST(a_pipe_without_reader_is_refused),
        RIG_TEST(receipts_come_in_order_and_alone),
        RIG_TEST(without_receipts_only_errors_are_listed),
        RIG_TEST(without_room_an_error_ends_the_changes),
        RIG_TEST(adding_again_reports_again_with_new_udata),
        RIG_TEST(adding_again_does_not_change_the_mode),
        RIG_TEST(a_disabled_filter_is_silent_until_enabled),
        RIG_TEST(oneshot_is_removed_by_its_event),
        RIG_TEST(dispatch_is_disabled_by_its_event),
        RIG_TEST(closing_leaves_no_event),
        RIG_TEST(a_number_closed_behind_its_back_is_clean),
    };
    return cmocka_run_group_tests_name("standin_change", tests, NULL, NULL);
}
