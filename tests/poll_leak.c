/* poll_leak.c: polls come and go by the thousand, also with sources registered
 * and operations in flight, and leave nothing behind: no descriptor, no memory,
 * and nobody who still writes to what were their slots (G1, G2). */
#include "memory.h"
#include "support.h"

#define WARM_UP 100
#define POLLS 10000
#define BUSY_POLLS 2000
#define SOCKETS 3
#define PATTERN 0x5a

/* More than pages that are given out by the way, less than the smallest leak
 * would be. */
#define MEMORY_MARGIN ((size_t)16 * (POLLS - WARM_UP))

/* ---- Nothing is left ----------------------------------------------------*/

static void open_and_close(mio_slot *slots, size_t count)
{
    mio_poll poll;
    assert_ok(mio_poll_init(&poll, slots, count));
    mio_poll_close(&poll);
}

static void polls_leave_nothing(void **state)
{
    mio_slot slots[SOCKETS];
    (void)state;
    for (int i = 0; i < WARM_UP; i++) {
        open_and_close(slots, SOCKETS);
    }
    const int fds = fd_count();
    const size_t memory = memory_in_use();
    for (int i = WARM_UP; i < POLLS; i++) {
        open_and_close(slots, SOCKETS);
    }
    assert_int_equal(fd_count(), fds);
    assert_true(memory_in_use() <= memory + MEMORY_MARGIN);
}

/* ---- Operations in flight -----------------------------------------------*/

/* A poll with a source for each mode, none of which is ready. Another thread
 * waits, so that what is in flight when the poll is closed is that thread's. */
struct busy {
    mio_poll poll;
    mio_slot slots[SOCKETS];
    mio_udp_socket sockets[SOCKETS];
    mio_udp_socket peers[SOCKETS];
    struct gate turns;   /* of the other thread */
    struct gate answers; /* by it */
};

static int wait_in_turn(void *argument)
{
    struct busy *busy = argument;
    mio_event event;
    for (unsigned i = 0; i < BUSY_POLLS; i++) {
        if (!gate_await(&busy->turns, 2 * i + 1) ||
            mio_poll_wait(&busy->poll, &event, 1, 0) != 0) {
            return 1;
        }
        gate_pass(&busy->answers);
        /* The poll is closed; what comes for this thread can come now. */
        if (!gate_await(&busy->turns, 2 * i + 2)) {
            return 2;
        }
        gate_pass(&busy->answers);
    }
    return 0;
}

static bool give_turn(struct busy *busy, unsigned turn)
{
    gate_pass(&busy->turns);
    return gate_await(&busy->answers, turn);
}

/* The second source's operation is about to be replaced when all ends. */
static void busy_open_and_close(struct busy *busy, unsigned turn)
{
    static const mio_interest modes[SOCKETS] = {0, MIO_LEVEL, MIO_ONESHOT};
    const mio_interest another =
        backend_is("kqueue") ? MIO_WRITABLE : MIO_PRIORITY;
    assert_ok(mio_poll_init(&busy->poll, busy->slots, SOCKETS));
    mio_registry *registry = mio_poll_registry(&busy->poll);
    for (size_t i = 0; i < SOCKETS; i++) {
        assert_ok(mio_registry_register(registry, &busy->sockets[i].source, i,
                                        MIO_READABLE | modes[i]));
    }
    assert_true(give_turn(busy, turn));
    assert_ok(mio_registry_reregister(registry, &busy->sockets[1].source, 1,
                                      MIO_READABLE | another));
    assert_ok(mio_registry_deregister(registry, &busy->sockets[2].source));
    mio_poll_close(&busy->poll);
}

/* What was in flight could find this, and tell. */
static void busy_make_readable(struct busy *busy)
{
    char data[4];
    for (size_t i = 0; i < SOCKETS; i++) {
        assert_count(mio_udp_socket_send(&busy->peers[i], "x", 1), 1);
        assert_true(fd_await_readable(busy->sockets[i].source.fd));
        assert_count(mio_udp_socket_recv(&busy->sockets[i], data, sizeof(data)),
                     1);
    }
}

static void busy_rounds(struct busy *busy)
{
    mio_slot untouched[SOCKETS];
    int fds = 0;
    size_t memory = 0;
    memset(untouched, PATTERN, sizeof(untouched));
    for (unsigned i = 0; i < BUSY_POLLS; i++) {
        if (i == WARM_UP) {
            fds = fd_count();
            memory = memory_in_use();
        }
        busy_open_and_close(busy, 2 * i + 1);
        memset(busy->slots, PATTERN, sizeof(busy->slots));
        if (i % 4 == 0) {
            busy_make_readable(busy);
        }
        assert_true(give_turn(busy, 2 * i + 2));
        assert_memory_equal(busy->slots, untouched, sizeof(untouched));
    }
    assert_int_equal(fd_count(), fds);
    assert_true(memory_in_use() <= memory + MEMORY_MARGIN);
}

static void busy_polls_leave_nothing(void **state)
{
    static struct busy busy;
    struct thread thread;
    (void)state;
    gate_init(&busy.turns);
    gate_init(&busy.answers);
    for (size_t i = 0; i < SOCKETS; i++) {
        udp_pair(&busy.sockets[i], &busy.peers[i]);
    }
    thread_start(&thread, wait_in_turn, &busy);
    busy_rounds(&busy);
    assert_int_equal(thread_join(&thread), 0);
    for (size_t i = 0; i < SOCKETS; i++) {
        mio_udp_socket_close(&busy.sockets[i]);
        mio_udp_socket_close(&busy.peers[i]);
    }
    gate_destroy(&busy.turns);
    gate_destroy(&busy.answers);
}

/* ---- Closed behind the library's back -----------------------------------*/

enum { OLD = 1, NEW = 2 };

/* A socket that gets the number of one that was closed, if the system gives
 * numbers again; else any. Closes those that it had to try. */
static mio_fd bind_again(mio_fd number, mio_addr *addr)
{
    mio_fd tries[8];
    mio_fd fd = MIO_FD_INVALID;
    size_t count = 0;
    while (fd != number && count < ARRAY_LENGTH(tries)) {
        *addr = any_v4();
        fd = valid_fd(peer_udp_bind(addr));
        tries[count++] = fd;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        fd_close(tries[i]);
    }
    return fd;
}

/* A registered socket is closed, and its number registered for another one.
 * That works where the system tells at once that the old one is gone: Windows
 * does while the socket is watched, poll(2) with the next wait. Otherwise there
 * may be an error until it is deregistered. Then its token is history. */
static void check_successor(struct fixture *f, mio_interest mode, bool was_seen)
{
    mio_addr addr = any_v4();
    mio_source old;
    mio_source new;
    mio_addr sender_addr = any_v4();
    const mio_fd sender = valid_fd(peer_udp_bind(&sender_addr));
    mio_fd fd = valid_fd(peer_udp_bind(&addr));
    assert_ok(mio_source_from_fd(&old, fd));
    assert_ok(
        mio_registry_register(f->registry, &old, OLD, MIO_READABLE | mode));
    expect_quiet(f);
    if (was_seen) {
        assert_true(peer_send_to(sender, "x", 1, &addr));
        expect_only(f, OLD, R_READABLE);
    }
    fd_close(fd);
    fd = bind_again(fd, &addr);
    assert_ok(mio_source_from_fd(&new, fd));
    int error =
        mio_registry_register(f->registry, &new, NEW, MIO_READABLE | mode);
    if ((was_seen || backend_is("poll")) && error != 0) {
        assert_error(error, MIO_ERR_ALREADY_EXISTS);
        (void)mio_registry_deregister(f->registry, &old);
        error =
            mio_registry_register(f->registry, &new, NEW, MIO_READABLE | mode);
    }
    assert_ok(error);
    expect_quiet(f);
    assert_true(peer_send_to(sender, "x", 1, &addr));
    expect_only(f, NEW, R_READABLE);
    assert_ok(mio_registry_deregister(f->registry, &new));
    expect_quiet(f);
    fd_close(fd);
    fd_close(sender);
}

static void a_successor_of_a_closed_edge_source(void **state)
{
    check_successor(*state, 0, false);
    check_successor(*state, 0, true);
}

static void a_successor_of_a_closed_level_source(void **state)
{
    check_successor(*state, MIO_LEVEL, false);
    check_successor(*state, MIO_LEVEL, true);
}

static void a_successor_of_a_closed_oneshot_source(void **state)
{
    check_successor(*state, MIO_ONESHOT, false);
    check_successor(*state, MIO_ONESHOT, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(polls_leave_nothing),
        TEST_BARE(busy_polls_leave_nothing),
        TEST(a_successor_of_a_closed_edge_source),
        TEST(a_successor_of_a_closed_level_source),
        TEST(a_successor_of_a_closed_oneshot_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
