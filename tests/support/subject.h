/* subject.h: something that becomes readable, of any kind, for tests of what
 * must be the same for all. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "support.h"

/* Data comes in units: a byte, a datagram, a connection. */

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
#ifndef _WIN32
        mio_unix_datagram unix_datagram;
        mio_pipe_receiver receiver;
#endif
    } near_end;
    union {
        mio_tcp_stream tcp_stream;
        mio_udp_socket udp_socket;
        mio_unix_stream unix_stream;
#ifndef _WIN32
        mio_unix_datagram unix_datagram;
        mio_pipe_sender sender;
#endif
        mio_tcp_stream tcp_clients[SUBJECT_CLIENTS];
        mio_unix_stream unix_clients[SUBJECT_CLIENTS];
        mio_fd fd;
    } far_end;
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

/** Ends the test as skipped if the system has no such thing. */
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
#define DEFINE_TESTS_OF_UNIVERSAL_KINDS(test)                                  \
    DEFINE_TEST_OF_KIND(test, tcp_listener)                                    \
    DEFINE_TEST_OF_KIND(test, tcp_stream)                                      \
    DEFINE_TEST_OF_KIND(test, udp_socket)                                      \
    DEFINE_TEST_OF_KIND(test, unix_listener)                                   \
    DEFINE_TEST_OF_KIND(test, unix_stream)                                     \
    DEFINE_TEST_OF_KIND(test, foreign_socket)
#define TESTS_OF_UNIVERSAL_KINDS(test)                                         \
    TEST(test##_tcp_listener), TEST(test##_tcp_stream),                        \
        TEST(test##_udp_socket), TEST(test##_unix_listener),                   \
        TEST(test##_unix_stream), TEST(test##_foreign_socket)

#ifdef _WIN32
#define DEFINE_TESTS_OF_KINDS(test) DEFINE_TESTS_OF_UNIVERSAL_KINDS(test)
#define TESTS_OF_KINDS(test) TESTS_OF_UNIVERSAL_KINDS(test)
#else
#define DEFINE_TESTS_OF_KINDS(test)                                            \
    DEFINE_TESTS_OF_UNIVERSAL_KINDS(test)                                      \
    DEFINE_TEST_OF_KIND(test, unix_datagram)                                   \
    DEFINE_TEST_OF_KIND(test, pipe)                                            \
    DEFINE_TEST_OF_KIND(test, foreign_pipe)
#define TESTS_OF_KINDS(test)                                                   \
    TESTS_OF_UNIVERSAL_KINDS(test), TEST(test##_unix_datagram),                \
        TEST(test##_pipe), TEST(test##_foreign_pipe)
#endif

#endif
