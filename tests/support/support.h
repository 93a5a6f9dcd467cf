/* support.h: what the test programs share.
 *
 * Test files include this header alone: it brings in cmocka and mio.h. What
 * depends on the system is declared in support_os.h, so that test files need no
 * system headers.
 *
 * Assertions may be used by the thread that runs the test only (cmocka leaves
 * a failed test with longjmp). Code in other threads returns a result, and the
 * test asserts what thread_join gives. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mio.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/* How long something may take that is certain to happen. A busy machine may
 * need much of it, a healthy test run none. */
#define PATIENCE (10 * SECOND)

/* ---- Tests and their fixture --------------------------------------------*/

#define FIXTURE_SLOTS 64
#define FIXTURE_EVENTS 64

/** A poll with room for everything a usual test registers. */
struct fixture {
    mio_poll poll;
    mio_registry *registry;
    mio_slot slots[FIXTURE_SLOTS];
    mio_event events[FIXTURE_EVENTS];
    int count; /* of events, by the last fixture_wait */
};

/** Opens and closes a fixture beside the one that a TEST is given. */
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* A test of a group. TEST's *state is an open `struct fixture`, closed after
 * the test; TEST_BARE's is NULL. Both fail the test when it ends with more or
 * fewer open descriptors than it began with, and remove its temporary files. */
#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, support_setup_fixture,           \
                                    support_teardown)
#define TEST_BARE(function)                                                    \
    cmocka_unit_test_setup_teardown(function, support_setup_bare,              \
                                    support_teardown)
int support_setup_fixture(void **state);
int support_setup_bare(void **state);
int support_teardown(void **state);

/** For programs that have the system start threads of its own, which come and
 *  go with descriptors of theirs: how many more or fewer may be open after a
 *  test. For main. */
void support_tolerate_fds(int count);

/* Ends the test as skipped; reason tells what the probe has found. */
#define SKIP(reason)                                                           \
    do {                                                                       \
        print_message("           skipped: %s\n", reason);                     \
        skip();                                                                \
    } while (0)

/** Ends a test that needs fds_use_up where that does not work. */
#define SKIP_UNLESS_FDS_RUN_OUT()                                              \
    do {                                                                       \
        if (!fds_can_run_out()) {                                              \
            SKIP("this system has no limit of descriptors that can be set");   \
        }                                                                      \
    } while (0)

/** Tells whether the library was built with this backend. For the few tests
 *  where systems differ by nature; each says why. */
bool backend_is(const char *name);

/* ---- Results ------------------------------------------------------------*/

/* For calls that return 0, for those that fail, and for those that return a
 * count of bytes, events or datagrams. Mismatches are shown by name. */
#define assert_ok(result)                                                      \
    support_assert_result((ptrdiff_t)(result), 0, #result, __FILE__, __LINE__)
#define assert_error(result, error)                                            \
    support_assert_result((ptrdiff_t)(result), (error), #result, __FILE__,     \
                          __LINE__)
#define assert_count(result, expected)                                         \
    support_assert_result((ptrdiff_t)(result), (ptrdiff_t)(expected), #result, \
                          __FILE__, __LINE__)
void support_assert_result(ptrdiff_t result, ptrdiff_t expected,
                           const char *text, const char *file, int line);

/* Any one of the errors, and nothing else. */
#define assert_error_among(result, ...)                                        \
    support_assert_among((ptrdiff_t)(result), (const int[]){__VA_ARGS__},      \
                         sizeof((const int[]){__VA_ARGS__}) / sizeof(int),     \
                         #result, __FILE__, __LINE__)
void support_assert_among(ptrdiff_t result, const int *errors, size_t count,
                          const char *text, const char *file, int line);

/* Gives back a descriptor that must be a valid one. */
#define valid_fd(fd) support_valid_fd((fd), #fd, __FILE__, __LINE__)
mio_fd support_valid_fd(mio_fd fd, const char *text, const char *file,
                        int line);

#define assert_addr_equal(a, b)                                                \
    support_assert_addr_equal((a), (b), __FILE__, __LINE__)
void support_assert_addr_equal(const mio_addr *a, const mio_addr *b,
                               const char *file, int line);

/* ---- Events -------------------------------------------------------------*/

/* What an event must say, checked with the predicates. */
#define R_READABLE 0x01u
#define R_WRITABLE 0x02u
#define R_READ_CLOSED 0x04u
#define R_WRITE_CLOSED 0x08u
#define R_ERROR 0x10u
#define R_PRIORITY 0x20u

/** An event to come: its token, and the predicates that must be true. Those
 *  that are not named may be either. */
struct expectation {
    mio_token token;
    unsigned readiness;
};

/** Returns all R_ bits that are true for an event. */
unsigned readiness_of(const mio_event *event);

/** Waits once into the fixture's events; returns (and keeps) their number, or
 *  an error. */
int fixture_wait(struct fixture *fixture, int64_t timeout_ns);

/** Waits until every expectation has been met, each by one event of its own,
 *  and fails when PATIENCE has run out. Other events are tolerated; a test that
 *  cares about them looks at the fixture's events. */
#define expect_events(fixture, ...)                                            \
    support_expect_events((fixture),                                           \
                          (const struct expectation[]){__VA_ARGS__},           \
                          sizeof((const struct expectation[]){__VA_ARGS__}) /  \
                              sizeof(struct expectation),                      \
                          __FILE__, __LINE__)
#define expect_event(fixture, token, readiness)                                \
    expect_events((fixture), {(token), (readiness)})
void support_expect_events(struct fixture *fixture,
                           const struct expectation *expectations, size_t count,
                           const char *file, int line);

/** Waits for the next events, and fails unless it is one alone that says
 *  exactly what is expected of it, no R_ bit more or less. */
#define expect_only(fixture, token, readiness)                                 \
    support_expect_only((fixture), (token), (readiness), __FILE__, __LINE__)
void support_expect_only(struct fixture *fixture, mio_token token,
                         unsigned readiness, const char *file, int line);

/** Waits 50 ms, and fails if there is any event. */
#define expect_no_events(fixture)                                              \
    support_expect_no_events((fixture), __FILE__, __LINE__)
void support_expect_no_events(struct fixture *fixture, const char *file,
                              int line);

/** Waits 2 ms, and fails if there is any event. For what is decided inside
 *  one system call, so that an event would be there already. */
#define expect_quiet(fixture) expect_quiet_at((fixture), __FILE__, __LINE__)
void expect_quiet_at(struct fixture *fixture, const char *file, int line);

/** Waits 200 ms, and fails unless waiting takes that long and there is no
 *  event: for what must not spin. */
#define expect_sleep(fixture) expect_sleep_at((fixture), __FILE__, __LINE__)
void expect_sleep_at(struct fixture *fixture, const char *file, int line);

/** Waits once with a limit of 10 ms and tells what the token's events said, as
 *  R_ bits; 0 if there was none. */
unsigned readiness_now(struct fixture *fixture, mio_token token);

/* ---- Closed and given away ----------------------------------------------*/

/* A registered descriptor that is given away is not registered any more, works
 * as before, and can be taken back. */
#define assert_round_trip(f, type, object)                                     \
    do {                                                                       \
        const mio_fd number = (object)->source.fd;                             \
        assert_ok(mio_registry_register((f)->registry, &(object)->source, 1,   \
                                        MIO_READABLE));                        \
        assert_int_equal(mio_##type##_into_fd(object), number);                \
        mio_##type##_close(object);                                            \
        assert_nonblocking_cloexec(number);                                    \
        assert_ok(mio_##type##_from_fd((object), number));                     \
        assert_int_equal((object)->source.fd, number);                         \
        assert_ok(mio_registry_register((f)->registry, &(object)->source, 1,   \
                                        MIO_READABLE));                        \
        assert_ok(mio_registry_deregister((f)->registry, &(object)->source));  \
    } while (0)

/** The descriptor of a registered source has been closed behind the library's
 *  back: that is told once at most, as an error, and waits go on sleeping. */
void expect_closed_once(struct fixture *f, mio_token token);

/** The source of such a descriptor can be deregistered. */
void deregister_closed(struct fixture *f, mio_source *source);

/* ---- Loopback -----------------------------------------------------------*/

/** 127.0.0.1 and [::1], with a port that the system chooses. */
mio_addr any_v4(void);
mio_addr any_v6(void);

/** Tells whether an IPv6 socket can be bound to [::1] here. */
bool have_ipv6(void);

/** Opens a listener on the address; *addr becomes the one it is bound to. */
void listen_on(mio_tcp_listener *listener, mio_addr *addr);

/** Accepts a connection that is on its way; peer may be NULL. */
void accept_soon(mio_tcp_listener *listener, mio_tcp_stream *stream,
                 mio_addr *peer);

/** Returns when a connecting stream is connected. */
void connect_soon(mio_tcp_stream *stream);

/** Two connected streams, neither registered. */
void tcp_pair(mio_tcp_stream *client, mio_tcp_stream *server);

/** Writes all of it to a stream whose buffer has room for it. */
void write_all(mio_tcp_stream *stream, const void *data, size_t length);

/** Reads until the stream would block or has ended; returns the bytes read. */
size_t read_until_blocked(mio_tcp_stream *stream);

/** Two sockets on 127.0.0.1, connected to each other, not registered. */
void udp_pair(mio_udp_socket *a, mio_udp_socket *b);

/** Tells whether a read says that the connection was reset, as it should. Wine 8
 *  reads 0 then, as from a stream that has ended in good order. */
bool resets_are_told(void);

#define SKIP_UNLESS_RESETS_ARE_TOLD()                                          \
    do {                                                                       \
        if (!resets_are_told()) {                                              \
            SKIP("this system reads the end of the stream after a reset");     \
        }                                                                      \
    } while (0)

/* ---- Closed objects -----------------------------------------------------*/

/* Calls `check` with an object in the states NULL and zeroed, before and after
 * `close`; check asserts that every call returns the given error. A zeroed
 * object names descriptor 0, which must be left alone. */
#define CHECK_CLOSED(type, check, close)                                       \
    do {                                                                       \
        type zeroed;                                                           \
        memset(&zeroed, 0, sizeof(zeroed));                                    \
        check(NULL, MIO_ERR_INVALID_INPUT);                                    \
        close(NULL);                                                           \
        check(&zeroed, MIO_ERR_BAD_DESCRIPTOR);                                \
        close(&zeroed);                                                        \
        close(&zeroed);                                                        \
        check(&zeroed, MIO_ERR_BAD_DESCRIPTOR);                                \
        assert_true(fd_0_is_open());                                           \
    } while (0)

#include "support_os.h"

#endif
