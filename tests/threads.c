/* threads.c: registering and closing while another thread waits (G7, G8). What
 * wakers do between threads is in wake_storm.c. */
#include "stream.h"

#include <stdatomic.h>

enum { SOURCE = 1, STOP = 2, OTHER = 3 };

/* ---- A storm of registrations -------------------------------------------*/

#define CLERKS 4
#define ROUNDS 100

/* A clerk registers what is ready and waits until the poller has seen it; then
 * the same with reregister, and again after removing and adding. */
struct clerk {
    mio_registry *registry;
    unsigned index;
    struct gate seen; /* one more for each token, in order */
};

/* Tokens tell the poller the clerk, and that the event is a new one. */
static mio_token clerk_token(const struct clerk *clerk, unsigned turn)
{
    return (mio_token)turn * CLERKS + clerk->index;
}

static int clerk_round(struct clerk *clerk, unsigned first)
{
    local_stream a;
    local_stream b;
    mio_source *source = &a.source;
    mio_registry *registry = clerk->registry;
    int error = stream_pair(&a, &b);
    if (error != 0) {
        return error;
    }
    error = mio_registry_register(registry, source, clerk_token(clerk, first),
                                  MIO_WRITABLE);
    if (error == 0 && !gate_await(&clerk->seen, first + 1)) {
        error = MIO_ERR_TIMED_OUT;
    }
    if (error == 0) {
        error = mio_registry_reregister(
            registry, source, clerk_token(clerk, first + 1), MIO_WRITABLE);
    }
    if (error == 0 && !gate_await(&clerk->seen, first + 2)) {
        error = MIO_ERR_TIMED_OUT;
    }
    if (error == 0) {
        error = mio_registry_deregister(registry, source);
    }
    if (error == 0) {
        error = mio_registry_register(
            registry, source, clerk_token(clerk, first + 2), MIO_READABLE);
    }
    if (error == 0 && stream_write(&b, "x", 1) != 1) {
        error = MIO_ERR_OTHER;
    }
    if (error == 0 && !gate_await(&clerk->seen, first + 3)) {
        error = MIO_ERR_TIMED_OUT;
    }
    stream_close(&a);
    stream_close(&b);
    return error;
}

static int clerk_run(void *argument)
{
    struct clerk *clerk = argument;
    int error = 0;
    for (unsigned i = 0; i < ROUNDS && error == 0; i++) {
        error = clerk_round(clerk, 3 * i);
    }
    return error;
}

/* Answers the clerks until each has had all its turns, or one is stuck. */
static bool serve_clerks(struct fixture *f, struct clerk *clerks)
{
    unsigned turns[CLERKS] = {0};
    unsigned left = CLERKS * 3 * ROUNDS;
    const int64_t end = monotonic_ns() + 3 * PATIENCE;
    while (left > 0 && monotonic_ns() < end) {
        const int count = fixture_wait(f, PATIENCE);
        for (int i = 0; i < count; i++) {
            const size_t token = (size_t)mio_event_token(&f->events[i]);
            if (token / CLERKS == turns[token % CLERKS]) {
                turns[token % CLERKS]++;
                left--;
                gate_pass(&clerks[token % CLERKS].seen);
            }
        }
        if (count <= 0) {
            return false;
        }
    }
    return left == 0;
}

static void a_storm_of_registrations_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct clerk clerks[CLERKS];
    struct thread threads[CLERKS];
    for (unsigned i = 0; i < CLERKS; i++) {
        clerks[i].registry = f->registry;
        clerks[i].index = i;
        gate_init(&clerks[i].seen);
        thread_start(&threads[i], clerk_run, &clerks[i]);
    }
    const bool served = serve_clerks(f, clerks);
    for (unsigned i = 0; i < CLERKS; i++) {
        assert_ok(thread_join(&threads[i]));
        gate_destroy(&clerks[i].seen);
    }
    assert_true(served);
    expect_quiet(f);
}

/* ---- Changes during one wait --------------------------------------------*/

struct waiting {
    struct fixture *fixture;
    int64_t timeout_ns;
};

static int wait_in_thread(void *argument)
{
    struct waiting *waiting = argument;
    return fixture_wait(waiting->fixture, waiting->timeout_ns);
}

/* Sleeps on the poll in a thread, until the change that the test then makes
 * has ended the wait. */
static void start_waiting(struct waiting *waiting, struct thread *thread,
                          int64_t timeout_ns)
{
    waiting->timeout_ns = timeout_ns;
    thread_start(thread, wait_in_thread, waiting);
    thread_await_asleep(thread);
}

static void expect_wait_ended_by(struct waiting *waiting, struct thread *thread,
                                 mio_token token)
{
    assert_count(thread_join(thread), 1);
    assert_int_equal(mio_event_token(&waiting->fixture->events[0]), token);
}

static void changes_are_seen_by_the_wait_that_runs(void **state)
{
    struct fixture *f = *state;
    const int64_t timeouts[] = {-1, PATIENCE, PATIENCE + 1};
    for (size_t i = 0; i < ARRAY_LENGTH(timeouts); i++) {
        struct waiting waiting = {f, 0};
        struct thread thread;
        local_stream a;
        local_stream b;
        char data[4];
        assert_ok(stream_pair(&a, &b));
        assert_count(stream_write(&b, "x", 1), 1);
        assert_true(fd_await_readable(a.source.fd));

        start_waiting(&waiting, &thread, timeouts[i]);
        assert_ok(mio_registry_register(f->registry, &a.source, SOURCE,
                                        MIO_READABLE));
        expect_wait_ended_by(&waiting, &thread, SOURCE);

        start_waiting(&waiting, &thread, timeouts[i]);
        assert_ok(mio_registry_reregister(f->registry, &a.source, OTHER,
                                          MIO_READABLE));
        expect_wait_ended_by(&waiting, &thread, OTHER);

        /* A read that would block arms the source; the byte comes later. */
        assert_count(stream_read_soon(&a, data, 1), 1);
        start_waiting(&waiting, &thread, timeouts[i]);
        assert_error(stream_read(&a, data, 1), MIO_ERR_WOULD_BLOCK);
        assert_count(stream_write(&b, "x", 1), 1);
        expect_wait_ended_by(&waiting, &thread, OTHER);
        stream_close(&a);
        stream_close(&b);
    }
}

struct registration {
    mio_registry *registry;
    mio_source *source;
    struct gate done;
};

static int register_and_leave(void *argument)
{
    struct registration *registration = argument;
    const int error = mio_registry_register(
        registration->registry, registration->source, SOURCE, MIO_READABLE);
    gate_pass(&registration->done);
    return error;
}

/* Some systems drop what a thread has asked of them when the thread ends, or
 * answer to nobody if the answer comes just then. */
static void a_registration_outlives_its_thread(void **state)
{
    struct fixture *f = *state;
    struct waiting waiting = {f, 0};
    for (int i = 0; i < 30; i++) {
        struct registration registration = {.registry = f->registry};
        struct thread waiter;
        struct thread clerk;
        local_stream a;
        local_stream b;
        assert_ok(stream_pair(&a, &b));
        registration.source = &a.source;
        gate_init(&registration.done);
        start_waiting(&waiting, &waiter, PATIENCE);
        thread_start(&clerk, register_and_leave, &registration);
        const bool done = gate_await(&registration.done, 1);
        const mio_ssize written = stream_write(&b, "x", 1);
        const int result = thread_join(&clerk);
        expect_wait_ended_by(&waiting, &waiter, SOURCE);
        assert_true(done);
        assert_count(written, 1);
        assert_ok(result);
        gate_destroy(&registration.done);
        stream_close(&a);
        stream_close(&b);
    }
}

/* The wait holds on to no descriptor: what is closed during it is closed. */
static void a_close_during_a_wait_ends_the_connection(void **state)
{
    struct fixture *f = *state;
    struct waiting waiting = {f, 0};
    struct thread thread;
    mio_waker waker;
    local_stream a;
    local_stream b;
    char data[4];
    assert_ok(stream_pair(&a, &b));
    assert_ok(mio_waker_init(&waker, f->registry, STOP));
    assert_ok(
        mio_registry_register(f->registry, &a.source, SOURCE, MIO_READABLE));
    start_waiting(&waiting, &thread, 2 * PATIENCE);
    stream_close(&a);
    const bool ended = fd_await_readable(b.source.fd);
    assert_ok(mio_waker_wake(&waker));
    expect_wait_ended_by(&waiting, &thread, STOP);
    assert_true(ended);
    assert_count(stream_read(&b, data, 1), 0);
    stream_close(&b);
    mio_waker_close(&waker);
}

/* ---- What is gone is gone -----------------------------------------------*/

/* Sources with ever higher tokens come and go while a thread waits. */
struct watch {
    struct fixture *fixture;
    atomic_uint gone; /* the highest token that must not come any more */
    atomic_uint seen; /* the highest token that came */
    atomic_bool stop;
};

static int watch_run(void *argument)
{
    struct watch *watch = argument;
    const int64_t end = monotonic_ns() + 3 * PATIENCE;
    int stale = 0;
    while (!atomic_load(&watch->stop) && monotonic_ns() < end) {
        const unsigned gone = atomic_load(&watch->gone);
        const int count = fixture_wait(watch->fixture, 20 * MILLISECOND);
        for (int i = 0; i < count; i++) {
            const unsigned token =
                (unsigned)mio_event_token(&watch->fixture->events[i]);
            stale += token <= gone;
            if (token > atomic_load(&watch->seen)) {
                atomic_store(&watch->seen, token);
            }
        }
        if (count < 0) {
            return count;
        }
    }
    return stale;
}

enum removal { DEREGISTER, CLOSE, INTO_FD, REMOVALS };

/* A source that is ready, and stays so, comes and goes. */
static int come_and_go(struct watch *watch, unsigned token,
                       enum removal removal, mio_interest mode)
{
    mio_registry *registry = watch->fixture->registry;
    const int64_t end = monotonic_ns() + PATIENCE;
    local_stream a;
    local_stream b;
    int error = stream_pair(&a, &b);
    if (error != 0) {
        return error;
    }
    error = mio_registry_register(registry, &a.source, token,
                                  MIO_WRITABLE | MIO_READABLE | mode);
    /* Every other one is given the time to be seen. */
    while (error == 0 && token % 2 == 0 && atomic_load(&watch->seen) < token) {
        error = monotonic_ns() < end ? 0 : MIO_ERR_TIMED_OUT;
        thread_pause(20 * MICROSECOND);
    }
    if (removal == DEREGISTER && error == 0) {
        error = mio_registry_deregister(registry, &a.source);
    } else if (removal == INTO_FD) {
        const mio_fd fd = stream_into_fd(&a);
        atomic_store(&watch->gone, token);
        fd_close(fd);
    }
    if (removal == CLOSE) {
        stream_close(&a);
    }
    atomic_store(&watch->gone, token);
    stream_close(&a);
    stream_close(&b);
    return error;
}

static void what_is_removed_is_not_reported_later(void **state)
{
    struct watch watch = {.fixture = *state};
    struct thread thread;
    int error = 0;
    thread_start(&thread, watch_run, &watch);
    for (unsigned token = 1; token <= 600 && error == 0; token++) {
        error = come_and_go(&watch, token, (enum removal)(token % REMOVALS),
                            token % 4 < 2 ? MIO_LEVEL : 0);
    }
    atomic_store(&watch.stop, true);
    assert_count(thread_join(&thread), 0);
    assert_ok(error);
}

/* ---- One wait at a time -------------------------------------------------*/

static int wait_for_stop(void *argument)
{
    struct fixture *f = argument;
    int count = MIO_ERR_BUSY;
    const int64_t end = monotonic_ns() + PATIENCE;
    /* The other thread's short looks may be in the way of this wait too. */
    while (count == MIO_ERR_BUSY && monotonic_ns() < end) {
        count = fixture_wait(f, 2 * PATIENCE);
    }
    return count;
}

static void a_second_wait_is_refused(void **state)
{
    struct fixture *f = *state;
    mio_waker waker;
    struct thread thread;
    mio_event event;
    int count = 0;
    const int64_t end = monotonic_ns() + PATIENCE;
    assert_ok(mio_waker_init(&waker, f->registry, STOP));
    thread_start(&thread, wait_for_stop, f);
    while (count == 0 && monotonic_ns() < end) {
        /* Between the looks, or the other one might only ever run during
         * them. */
        thread_yield();
        count = mio_poll_wait(&f->poll, &event, 1, 0);
    }
    /* For ever, unless it is refused. */
    const int again =
        count == MIO_ERR_BUSY ? mio_poll_wait(&f->poll, &event, 1, -1) : count;
    const int woken = mio_waker_wake(&waker);
    const int result = thread_join(&thread);
    assert_ok(woken);
    assert_error(count, MIO_ERR_BUSY);
    assert_error(again, MIO_ERR_BUSY);
    assert_count(result, 1);
    assert_int_equal(mio_event_token(&f->events[0]), STOP);

    /* The poll is none the worse for it. */
    assert_ok(mio_waker_wake(&waker));
    expect_only(f, STOP, R_READABLE);
    mio_waker_close(&waker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_storm_of_registrations_loses_nothing),
        TEST(changes_are_seen_by_the_wait_that_runs),
        TEST(a_registration_outlives_its_thread),
        TEST(a_close_during_a_wait_ends_the_connection),
        TEST(what_is_removed_is_not_reported_later),
        TEST(a_second_wait_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
