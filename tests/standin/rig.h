/* rig.h: what the stand-in's tests share. */
#ifndef KQUEUE_STANDIN_RIG_H
#define KQUEUE_STANDIN_RIG_H

#include "standin.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 16
#define PATIENCE_MS 10000
#define MOMENT_MS 20 /* how long silence is listened to */

/* A test's kqueue, and the events of the last wait. */
struct rig {
    int kq;
    int count;
    struct kevent events[ROOM];
};

/* A test gets an open rig, and must end with as many descriptors as it began
 * with. */
#define RIG_TEST(function)                                                     \
    cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)
int rig_setup(void **state);
int rig_teardown(void **state);

int open_descriptors(void);

/* EV_SET with the casts that it wants. */
struct kevent rig_entry(uintptr_t ident, int filter, unsigned flags,
                        uint32_t fflags, uintptr_t udata);

/* Applies a change. Returns 0 or an errno. */
int rig_change(int kq, uintptr_t ident, int filter, unsigned flags,
               uint32_t fflags, uintptr_t udata);

#define assert_changes(rig, ident, filter, flags, udata)                       \
    assert_int_equal(rig_change((rig)->kq, (uintptr_t)(ident), (int)(filter),  \
                                (flags), 0, (uintptr_t)(udata)),               \
                     0)

/* Waits for events, up to a number of milliseconds. */
int rig_wait(struct rig *rig, int ms);

/* The one event of a wait; fails if there is none or a second one. */
const struct kevent *rig_one(struct rig *rig, uintptr_t ident, int filter);

#define assert_one(rig, ident, filter)                                         \
    rig_one((rig), (uintptr_t)(ident), (int)(filter))
#define assert_silent(rig) assert_int_equal(rig_wait((rig), MOMENT_MS), 0)

/* Waits until the filter of an ident reports, dropping other events. */
const struct kevent *rig_until(struct rig *rig, uintptr_t ident, int filter);

/* Pairs of connected, non-blocking sockets. */
void tcp_pair(int pair[2]);
void unix_pair(int pair[2]);
int tcp_listener(struct sockaddr_storage *address, socklen_t *length);
void close_pair(const int pair[2]);

void send_text(int fd, const char *text);
void read_text(int fd, const char *text);

/* Writes until there is no room, reads until there is nothing. */
size_t fill(int fd);
size_t drain(int fd, size_t wanted);

/* Closes with a reset. */
void reset(int fd);

#endif
