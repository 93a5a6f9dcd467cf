/* test_wait.c: EVFILT_USER, waiting, and several threads. Written from
 * kevent(2). */
#include "rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define EDGE (EV_ADD | EV_CLEAR)
#define NS_PER_S INT64_C(1000000000)

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

/* ---- EVFILT_USER --------------------------------------------------------*/

#ifdef EVFILT_USER

static int user(int kq, uintptr_t ident, unsigned flags, uint32_t fflags,
                uintptr_t udata)
{
    return rig_change(kq, ident, (int)EVFILT_USER, flags, fflags, udata);
}

#define assert_user(rig, ident, flags, fflags)                                 \
    assert_int_equal(user((rig)->kq, (ident), (flags), (fflags), (ident)), 0)

static void triggers_merge_and_clear(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(user(rig->kq, 1, 0, NOTE_TRIGGER, 0), ENOENT);
    assert_user(rig, 1, EDGE, 0);
    assert_user(rig, 2, EDGE, 0);
    assert_silent(rig);
    for (int i = 0; i < 3; i++) {
        assert_user(rig, 1, 0, NOTE_TRIGGER);
    }
    assert_int_equal(assert_one(rig, 1, EVFILT_USER)->udata, 1);
    assert_silent(rig);
    assert_user(rig, 2, EV_ADD, NOTE_TRIGGER);
    assert_user(rig, 1, EV_ADD, NOTE_TRIGGER);
    assert_int_equal(rig_wait(rig, PATIENCE_MS), 2);
    assert_user(rig, 1, 0, NOTE_TRIGGER);
    assert_user(rig, 1, EV_DELETE, 0); /* with what is pending */
    assert_silent(rig);
    assert_int_equal(user(rig->kq, 1, EV_DELETE, 0, 0), ENOENT);
}

static void without_clear_a_trigger_stays(void **state)
{
    struct rig *rig = *state;
    assert_user(rig, 5, EV_ADD, 0);
    assert_user(rig, 5, 0, NOTE_TRIGGER);
    assert_one(rig, 5, EVFILT_USER);
    assert_one(rig, 5, EVFILT_USER);
    assert_user(rig, 5, EV_CLEAR, 0); /* puts it back by hand */
    assert_silent(rig);
    assert_user(rig, 6, EV_ADD | EV_ONESHOT, 0);
    assert_user(rig, 6, 0, NOTE_TRIGGER);
    assert_one(rig, 6, EVFILT_USER);
    assert_int_equal(user(rig->kq, 6, 0, NOTE_TRIGGER, 0), ENOENT);
}

static void its_flags_can_be_computed_with(void **state)
{
    struct rig *rig = *state;
    assert_user(rig, 1, EV_ADD, NOTE_FFCOPY | 0x0f);
    assert_user(rig, 1, 0, NOTE_FFAND | 0x3c);
    assert_user(rig, 1, 0, NOTE_FFOR | 0x41);
    assert_user(rig, 1, 0, NOTE_FFNOP | 0xff);
    assert_user(rig, 1, 0, NOTE_TRIGGER);
    assert_int_equal(assert_one(rig, 1, EVFILT_USER)->fflags, 0x4d);
    assert_user(rig, 1, 0, NOTE_FFCOPY | 0x11);
    assert_int_equal(assert_one(rig, 1, EVFILT_USER)->fflags, 0x11);
}

static void a_disabled_trigger_waits_to_be_enabled(void **state)
{
    struct rig *rig = *state;
    assert_user(rig, 1, EDGE | EV_DISABLE, 0);
    assert_user(rig, 1, 0, NOTE_TRIGGER);
    assert_silent(rig);
    assert_user(rig, 1, EV_ENABLE, 0);
    assert_one(rig, 1, EVFILT_USER);
    assert_user(rig, 2, EV_ADD | EV_DISPATCH, 0);
    assert_user(rig, 2, 0, NOTE_TRIGGER);
    assert_one(rig, 2, EVFILT_USER);
    assert_silent(rig);
    assert_user(rig, 2, EV_ENABLE, 0);
    assert_one(rig, 2, EVFILT_USER);
}

static void traps_of_triggers(void **state)
{
    struct rig *rig = *state;
    assert_user(rig, 1, EDGE, 0);
    assert_user(rig, 1, EDGE, NOTE_TRIGGER);
    assert_one(rig, 1, EVFILT_USER);
    standin_set_traps(TRAP_TOUCH);
    assert_user(rig, 1, EDGE, NOTE_TRIGGER);
    assert_silent(rig); /* cleared by what has triggered it */
    assert_user(rig, 1, EV_ADD, NOTE_TRIGGER);
    assert_user(rig, 1, EDGE, 0);
    assert_silent(rig); /* set up again while pending */
    assert_user(rig, 1, EV_ADD, NOTE_TRIGGER);
    assert_one(rig, 1, EVFILT_USER);
    assert_silent(rig);
    standin_set_traps(TRAP_NO_USER);
    assert_int_equal(user(rig->kq, 3, EDGE, 0, 0), EINVAL);
}

static void *trigger_many(void *argument)
{
    const int kq = *(const int *)argument;
    for (uintptr_t i = 0; i < 1000; i++) {
        if (user(kq, i % 4, EV_ADD, NOTE_TRIGGER, i % 4) != 0) {
            return argument;
        }
    }
    return NULL;
}

static void threads_trigger_a_wait(void **state)
{
    struct rig *rig = *state;
    pthread_t threads[2];
    void *results[2];
    unsigned seen = 0;
    for (uintptr_t i = 0; i < 4; i++) {
        assert_user(rig, i, EDGE, 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, trigger_many, &rig->kq);
    }
    while (seen != 15) {
        int count = rig_wait(rig, PATIENCE_MS);
        if (count <= 0) {
            break;
        }
        for (int i = 0; i < count; i++) {
            seen |= 1u << rig->events[i].ident;
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &results[i]);
    }
    assert_int_equal(seen, 15);
    assert_null(results[0]);
    assert_null(results[1]);
}

#else

static void there_is_no_user_filter(void **state)
{
    struct rig *rig = *state;
    const int numbers[] = {8, -10, -11};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rig_change(rig->kq, 1, numbers[i], EDGE, 0, 0),
                         EINVAL);
    }
}

#endif

/* ---- Time ---------------------------------------------------------------*/

static void times_are_kept(void **state)
{
    struct rig *rig = *state;
    const int64_t begin = now();
    assert_int_equal(rig_wait(rig, 0), 0);
    assert_int_equal(rig_wait(rig, 30), 0);
    assert_true(now() - begin >= 30 * 1000000);
    struct timespec little = {0, 1};
    for (int i = 0; i < 100; i++) {
        assert_int_equal(kevent(rig->kq, NULL, 0, rig->events, 1, &little), 0);
    }
    assert_int_equal(kevent(rig->kq, NULL, 0, NULL, 0, NULL), 0);
}

static void huge_times_are_taken(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    unix_pair(pair);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    const struct timespec huge = {
        (time_t)(sizeof(time_t) > 4 ? INT64_C(1) << 40 : INT32_MAX), 999999999};
    const struct timespec large = {100000000, 0};
    assert_int_equal(kevent(rig->kq, NULL, 0, rig->events, 1, &huge), 1);
    assert_int_equal(kevent(rig->kq, NULL, 0, rig->events, 1, &large), 1);
    close_pair(pair);
}

static atomic_int signals;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

static void *interrupt(void *argument)
{
    /* Again and again: the first may come before the wait. */
    for (int i = 0; i < PATIENCE_MS && atomic_load(&signals) < 1000; i++) {
        const struct timespec moment = {0, 1000000};
        pthread_kill(*(pthread_t *)argument, SIGUSR1);
        nanosleep(&moment, NULL);
    }
    return NULL;
}

static void a_signal_interrupts(void **state)
{
    struct rig *rig = *state;
    struct sigaction action = {.sa_handler = count_signal};
    struct sigaction before;
    pthread_t self = pthread_self();
    pthread_t thread;
    action.sa_flags = SA_RESTART; /* a wait is not restarted */
    atomic_store(&signals, 0);
    sigaction(SIGUSR1, &action, &before);
    pthread_create(&thread, NULL, interrupt, &self);
    int result = kevent(rig->kq, NULL, 0, rig->events, 1, NULL);
    int error = errno;
    atomic_store(&signals, 1000);
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
    assert_int_equal(result, -1);
    assert_int_equal(error, EINTR);
}

/* ---- Room ---------------------------------------------------------------*/

static void what_has_no_room_comes_next(void **state)
{
    struct rig *rig = *state;
    int pairs[20][2];
    unsigned reads = 0;
    unsigned writes = 0;
    for (int i = 0; i < 20; i++) {
        tcp_pair(pairs[i]);
        send_text(pairs[i][1], "x");
        assert_changes(rig, pairs[i][0], EVFILT_READ, EDGE, i);
        assert_changes(rig, pairs[i][0], EVFILT_WRITE, EDGE, i);
    }
    for (int calls = 0; calls < 14; calls++) {
        struct kevent events[3];
        const struct timespec patience = {PATIENCE_MS / 1000, 0};
        int count =
            kevent(rig->kq, NULL, 0, events, calls < 13 ? 3 : 1, &patience);
        assert_int_equal(count, calls < 13 ? 3 : 1);
        for (int i = 0; i < count; i++) {
            unsigned bit = 1u << (uintptr_t)events[i].udata;
            bool is_read = events[i].filter == EVFILT_READ;
            assert_int_equal((is_read ? reads : writes) & bit, 0);
            reads |= is_read ? bit : 0;
            writes |= is_read ? 0 : bit;
        }
    }
    assert_int_equal(reads, (1u << 20) - 1);
    assert_int_equal(writes, (1u << 20) - 1);
    assert_silent(rig);
    for (int i = 0; i < 20; i++) {
        close_pair(pairs[i]);
    }
}

static void no_level_starves_another(void **state)
{
    struct rig *rig = *state;
    struct kevent event;
    int pair[2];
    unsigned seen = 0;
    unix_pair(pair);
    send_text(pair[1], "x");
    assert_changes(rig, pair[0], EVFILT_READ, EV_ADD, 0);
    assert_changes(rig, pair[0], EVFILT_WRITE, EV_ADD, 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(kevent(rig->kq, NULL, 0, &event, 1, NULL), 1);
        seen |= event.filter == EVFILT_READ ? 1 : 2;
    }
    assert_int_equal(seen, 3);
    close_pair(pair);
}

/* ---- Threads ------------------------------------------------------------*/

struct changer {
    int kq;
    int fd;
    atomic_bool has_begun;
};

static void *add_later(void *argument)
{
    struct changer *changer = argument;
    while (!atomic_load(&changer->has_begun)) {
    }
    return rig_change(changer->kq, (uintptr_t)changer->fd, (int)EVFILT_WRITE,
                      EDGE, 0, 0) == 0
               ? NULL
               : argument;
}

static void a_change_takes_effect_in_the_wait(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    void *result;
    pthread_t thread;
    unix_pair(pair);
    struct changer changer = {.kq = rig->kq, .fd = pair[0]};
    pthread_create(&thread, NULL, add_later, &changer);
    atomic_store(&changer.has_begun, true);
    struct kevent event;
    int count = kevent(rig->kq, NULL, 0, &event, 1, NULL);
    pthread_join(thread, &result);
    assert_int_equal(count, 1);
    assert_null(result);
    close_pair(pair);
}

static void *close_it(void *argument)
{
    const struct timespec moment = {0, MOMENT_MS * 1000000};
    nanosleep(&moment, NULL); /* the wait may have begun, or not */
    close(*(int *)argument);
    return NULL;
}

static void closing_the_queue_ends_a_wait(void **state)
{
    struct rig *rig = *state;
    pthread_t thread;
    pthread_create(&thread, NULL, close_it, &rig->kq);
    int result = kevent(rig->kq, NULL, 0, rig->events, 1, NULL);
    int error = errno;
    pthread_join(thread, NULL);
    rig->kq = -1;
    assert_int_equal(result, -1);
    assert_int_equal(error, EBADF);
}

#define STORM_ROUNDS 300

/* Opens, registers and closes; numbers are used again by the other threads. */
static void *storm(void *argument)
{
    const int kq = *(const int *)argument;
    for (uintptr_t i = 0; i < STORM_ROUNDS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0 ||
            rig_change(kq, (uintptr_t)pair[0], (int)EVFILT_READ, EDGE, 0, 1) ||
            rig_change(kq, (uintptr_t)pair[0], (int)EVFILT_WRITE, EDGE, 0, 1) ||
            write(pair[1], "x", 1) != 1 ||
            rig_change(kq, (uintptr_t)pair[0], (int)EVFILT_READ, EV_ADD, 0,
                       1) ||
            (i % 2 == 0 && rig_change(kq, (uintptr_t)pair[0], (int)EVFILT_WRITE,
                                      EV_DELETE, 0, 0))) {
            return argument;
        }
        close_pair(pair);
    }
    return NULL;
}

static void *collect_events(void *argument)
{
    const int kq = *(const int *)argument;
    for (;;) {
        struct kevent events[4];
        int count = kevent(kq, NULL, 0, events, 4, NULL);
        if (count < 0) {
            return argument;
        }
        for (int i = 0; i < count; i++) {
            if ((uintptr_t)events[i].udata == 2) {
                return NULL;
            }
        }
    }
}

static void a_storm_from_many_threads(void **state)
{
    struct rig *rig = *state;
    pthread_t threads[4];
    void *results[4];
    int stop[2];
    unix_pair(stop);
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, i < 2 ? storm : collect_events,
                       &rig->kq);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &results[i]);
    }
    int error = rig_change(rig->kq, (uintptr_t)stop[0], (int)EVFILT_WRITE,
                           EV_ADD, 0, 2); /* by level: ends both */
    for (int i = 2; i < 4; i++) {
        pthread_join(threads[i], &results[i]);
    }
    assert_int_equal(error, 0);
    for (int i = 0; i < 4; i++) {
        assert_null(results[i]);
    }
    assert_one(rig, stop[0], EVFILT_WRITE);
    close_pair(stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef EVFILT_USER
        RIG_TEST(triggers_merge_and_clear),
        RIG_TEST(without_clear_a_trigger_stays),
        RIG_TEST(its_flags_can_be_computed_with),
        RIG_TEST(a_disabled_trigger_waits_to_be_enabled),
        RIG_TEST(traps_of_triggers),
        RIG_TEST(threads_trigger_a_wait),
#else
        RIG_TEST(there_is_no_user_filter),
#endif
        RIG_TEST(times_are_kept),
        RIG_TEST(huge_times_are_taken),
        RIG_TEST(a_signal_interrupts),
        RIG_TEST(what_has_no_room_comes_next),
        RIG_TEST(no_level_starves_another),
        RIG_TEST(a_change_takes_effect_in_the_wait),
        RIG_TEST(closing_the_queue_ends_a_wait),
        RIG_TEST(a_storm_from_many_threads),
    };
    return cmocka_run_group_tests_name("standin_wait", tests, NULL, NULL);
}
