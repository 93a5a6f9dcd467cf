/* test_process.c: the stand-in's EVFILT_PROC. */
#include "rig.h"

#include <poll.h>
#include <sys/wait.h>

/* A child that ends when it is told to. */
struct child {
    pid_t pid;
    int gate;
};

static struct child start(void)
{
    struct child child;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        (void)alarm(60);
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? 7 : 1);
    }
    close(ends[0]);
    child.gate = ends[1];
    return child;
}

static void let_go(struct child *child)
{
    assert_int_equal(write(child->gate, "x", 1), 1);
    close(child->gate);
}

/* The end is known; the child is left a zombie. */
static void await_end(const struct child *child)
{
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT),
                     0);
}

static void reap(const struct child *child)
{
    int status;
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static int watch(struct rig *rig, const struct child *child, uintptr_t udata)
{
    return rig_change(rig->kq, (uintptr_t)child->pid, (int)EVFILT_PROC, EV_ADD,
                      NOTE_EXIT, udata);
}

static void the_end_is_told_once(void **state)
{
    struct rig *rig = *state;
    struct child child = start();
    assert_int_equal(watch(rig, &child, 1), 0);
    assert_int_equal(watch(rig, &child, 5), 0); /* changes it */
    assert_silent(rig);
    let_go(&child);
    const struct kevent *event = assert_one(rig, child.pid, EVFILT_PROC);
    assert_int_equal(event->fflags, NOTE_EXIT);
    assert_int_equal((uintptr_t)event->udata, 5);
    assert_true((event->flags & EV_EOF) != 0);
    assert_silent(rig);
    reap(&child);
}

static void a_deleted_note_is_silent(void **state)
{
    struct rig *rig = *state;
    struct child child = start();
    const uintptr_t pid = (uintptr_t)child.pid;
    const int filter = (int)EVFILT_PROC;
    assert_int_equal(watch(rig, &child, 1), 0);
    assert_int_equal(rig_change(rig->kq, pid, filter, EV_DELETE, 0, 0), 0);
    assert_int_equal(rig_change(rig->kq, pid, filter, EV_DELETE, 0, 0), ENOENT);
    let_go(&child);
    await_end(&child);
    assert_silent(rig);
    reap(&child);
    assert_int_equal(watch(rig, &child, 1), ESRCH);
}

static void one_that_has_ended_is_refused_or_told(void **state)
{
    struct rig *rig = *state;
    struct child child = start();
    let_go(&child);
    await_end(&child);
#ifdef KQUEUE_SHAPE_FREEBSD
    assert_int_equal(watch(rig, &child, 1), 0);
    (void)assert_one(rig, child.pid, EVFILT_PROC);
#else
    assert_int_equal(watch(rig, &child, 1), ESRCH);
    assert_silent(rig);
#endif
    reap(&child);
}

static void the_kqueue_is_readable_until_it_is_fetched(void **state)
{
    struct rig *rig = *state;
    struct child child = start();
    struct pollfd look = {.fd = rig->kq, .events = POLLIN};
    int outer = kqueue();
    const struct kevent change =
        rig_entry((uintptr_t)rig->kq, (int)EVFILT_READ, EV_ADD, 0, 0);
    const struct timespec limit = {PATIENCE_MS / 1000, 0};
    struct kevent event;
    assert_true(outer >= 0);
    assert_int_equal(kevent(outer, &change, 1, NULL, 0, NULL), 0);
    assert_int_equal(watch(rig, &child, 1), 0);
    assert_int_equal(poll(&look, 1, 0), 0);
    let_go(&child);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(poll(&look, 1, PATIENCE_MS), 1);
        assert_int_equal(kevent(outer, NULL, 0, &event, 1, &limit), 1);
        assert_int_equal(event.ident, rig->kq);
    }
    (void)assert_one(rig, child.pid, EVFILT_PROC);
    assert_int_equal(poll(&look, 1, 0), 0);
    close(outer);
    reap(&child);
}

static void closing_lets_go_of_what_is_watched(void **state)
{
    struct rig *rig = *state;
    struct child child = start();
    assert_int_equal(watch(rig, &child, 1), 0);
    close(rig->kq); /* the teardown counts descriptors */
    rig->kq = -1;
    let_go(&child);
    reap(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(the_end_is_told_once),
        RIG_TEST(a_deleted_note_is_silent),
        RIG_TEST(one_that_has_ended_is_refused_or_told),
        RIG_TEST(the_kqueue_is_readable_until_it_is_fetched),
        RIG_TEST(closing_lets_go_of_what_is_watched),
    };
    return cmocka_run_group_tests_name("standin_process", tests, NULL, NULL);
}
