/* unix_support.h: test support for programs that look behind the library, at
 * the Unix system. Test files that use it include it in place of support.h,
 * before any other header. */
#ifndef UNIX_SUPPORT_H
#define UNIX_SUPPORT_H

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* NOLINT: the system's own name for it */
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "support.h"

/* ---- Backend ------------------------------------------------------------*/

/** Tells whether the library was built with this backend. For the few tests
 *  where systems differ by nature; each says why. */
bool backend_is(const char *name);

/* ---- Events -------------------------------------------------------------*/

/** Waits 2 ms, and fails if there is any event. For what is decided inside
 *  one system call, so that an event would be there already: Unix sockets,
 *  pipes, eventfds. */
#define expect_quiet(fixture) expect_quiet_at((fixture), __FILE__, __LINE__)
void expect_quiet_at(struct fixture *fixture, const char *file, int line);

/** Waits once with a limit of 10 ms and tells what the token's events said, as
 *  R_ bits; 0 if there was none. */
unsigned readiness_now(struct fixture *fixture, mio_token token);

/** Waits 200 ms, and fails unless waiting takes that long and there is no
 *  event: for what must not spin. */
#define expect_sleep(fixture) expect_sleep_at((fixture), __FILE__, __LINE__)
void expect_sleep_at(struct fixture *fixture, const char *file, int line);

/* ---- Streams ------------------------------------------------------------*/

/** Writes until the stream would block; returns the number of bytes. */
size_t fill_stream(mio_unix_stream *stream);

/** Reads until the stream would block or has ended; returns the number of
 *  bytes. */
size_t drain_stream(mio_unix_stream *stream);

/** The same for a pipe. */
size_t fill_pipe(mio_pipe_sender *sender);
size_t drain_pipe(mio_pipe_receiver *receiver);

/** Makes an address in the abstract namespace that no other test uses. */
mio_addr abstract_addr(void);

/* ---- UDP ----------------------------------------------------------------*/

/** Two sockets on 127.0.0.1, connected to each other, not registered. */
void udp_pair(mio_udp_socket *a, mio_udp_socket *b);

/* ---- Plain descriptors --------------------------------------------------*/

/** Makes a pipe of the system, not of the library; [0] is the reading end. */
void raw_pipe(int fds[2], bool nonblocking);

/** Makes two connected blocking Unix sockets of the system. */
void raw_pair(int fds[2], int type);

/* ---- Subjects -----------------------------------------------------------*/

/* Something that becomes readable, of any kind: what a mode means must be the
 * same for all. Data comes in units: a byte, a datagram, a connection. */

#define SUBJECT_CLIENTS 8

struct subject_kind;

struct subject {
    const struct subject_kind *kind;
    mio_source *source; /* to register */
    union {
        mio_source source;
        mio_tcp_listener tcp_listener;
        mio_tcp_stream tcp_stream;
        mio_udp_socket udp_socket;
        mio_unix_listener unix_listener;
        mio_unix_stream unix_stream;
        mio_unix_datagram unix_datagram;
        mio_pipe_receiver receiver;
    } near;
    union {
        mio_tcp_stream tcp_stream;
        mio_udp_socket udp_socket;
        mio_unix_stream unix_stream;
        mio_unix_datagram unix_datagram;
        mio_pipe_sender sender;
        mio_tcp_stream tcp_clients[SUBJECT_CLIENTS];
        mio_unix_stream unix_clients[SUBJECT_CLIENTS];
        mio_fd fd;
    } far;
    mio_addr addr;
    unsigned fed; /* connections that were made */
};

extern const struct subject_kind subject_tcp_listener;
extern const struct subject_kind subject_tcp_stream;
extern const struct subject_kind subject_udp_socket;
extern const struct subject_kind subject_unix_listener;
extern const struct subject_kind subject_unix_stream;
extern const struct subject_kind subject_unix_datagram;
extern const struct subject_kind subject_pipe;
extern const struct subject_kind subject_foreign_pipe;
extern const struct subject_kind subject_foreign_socket;

void subject_open(struct subject *subject, const struct subject_kind *kind);
/** Deregisters and closes both ends. */
void subject_close(struct fixture *fixture, struct subject *subject);
/** Makes one more unit readable; at most SUBJECT_CLIENTS in all. */
void subject_feed(struct subject *subject);
/** Takes one unit, when it has come. */
void subject_take(struct subject *subject);
/** Asserts that there is nothing to take: the I/O would block. On a foreign
 *  descriptor this calls mio_source_rearm, as a user has to. */
void subject_block(struct subject *subject);

/* Defines a test of each kind from `static void test(struct fixture *, const
 * struct subject_kind *)`, and lists them. */
#define DEFINE_TEST_OF_KIND(test, kind)                                        \
    static void test##_##kind(void **state)                                    \
    {                                                                          \
        test(*state, &subject_##kind);                                         \
    }
#define DEFINE_TESTS_OF_KINDS(test)                                            \
    DEFINE_TEST_OF_KIND(test, tcp_listener)                                    \
    DEFINE_TEST_OF_KIND(test, tcp_stream)                                      \
    DEFINE_TEST_OF_KIND(test, udp_socket)                                      \
    DEFINE_TEST_OF_KIND(test, unix_listener)                                   \
    DEFINE_TEST_OF_KIND(test, unix_stream)                                     \
    DEFINE_TEST_OF_KIND(test, unix_datagram)                                   \
    DEFINE_TEST_OF_KIND(test, pipe)                                            \
    DEFINE_TEST_OF_KIND(test, foreign_pipe)                                    \
    DEFINE_TEST_OF_KIND(test, foreign_socket)
#define TESTS_OF_KINDS(test)                                                   \
    TEST(test##_tcp_listener), TEST(test##_tcp_stream),                        \
        TEST(test##_udp_socket), TEST(test##_unix_listener),                   \
        TEST(test##_unix_stream), TEST(test##_unix_datagram),                  \
        TEST(test##_pipe), TEST(test##_foreign_pipe),                          \
        TEST(test##_foreign_socket)

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
        assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);                        \
    } while (0)

/** Sees to it that descriptor 0 is open, so that closing it would be noticed;
 *  for main. */
bool descriptor_0_open(void);

/* ---- Children -----------------------------------------------------------*/

/** Runs a function in a forked child, for what may kill a process or changes
 *  it for good, and returns what the function returned: 0 to 255. A child that
 *  a signal kills is -1, which one that runs out of PATIENCE is too. */
int run_in_child(int (*run)(void));

/** Waits for the end of a child; kills it when PATIENCE has run out. Returns
 *  its exit status, or -1 if a signal has killed it. */
int child_wait(pid_t child);

#endif
