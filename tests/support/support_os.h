/* support_os.h: the part of the test support that depends on the system:
 * descriptors, blocking sockets, temporary paths, threads, the clock. Include
 * support.h. */
#ifndef SUPPORT_OS_H
#define SUPPORT_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mio.h"

/* ---- The system ---------------------------------------------------------*/

/** Tells whether this is Windows; for the few tests where systems differ by
 *  nature; each says why. */
bool on_windows(void);

/** Tells whether this is Wine, which has defects that Windows has not; each
 *  test that asks says which. */
bool is_wine(void);

/* ---- Descriptors --------------------------------------------------------*/

/** Returns the number of descriptors (on Windows: handles of any kind) that
 *  the process has open. */
int fd_count(void);

/** Returns how many of them a program that is executed would inherit. */
int fd_count_inherited(void);

bool fd_is_nonblocking(mio_fd fd);
bool fd_is_cloexec(mio_fd fd);
void fd_set_blocking(mio_fd fd, bool blocking);
/** Undoes close-on-exec. */
void fd_set_inherited(mio_fd fd);

#define assert_nonblocking_cloexec(fd)                                         \
    do {                                                                       \
        assert_true(fd_is_nonblocking(fd));                                    \
        assert_true(fd_is_cloexec(fd));                                        \
    } while (0)

/** Waits outside the library until the descriptor can be read (written);
 *  false when PATIENCE has run out. */
bool fd_await_readable(mio_fd fd);
bool fd_await_writable(mio_fd fd);

/** Tells whether the descriptor can be written within a time. */
bool fd_is_writable(mio_fd fd, int milliseconds);

mio_fd fd_duplicate(mio_fd fd);
void fd_close(mio_fd fd);

/** Sees to it that the descriptor of a zeroed object, 0, is open where it can
 *  be, so that closing it would be noticed; for main. */
bool fd_0_open(void);
bool fd_0_is_open(void);

/** Tells whether fds_use_up works: Windows knows no such limit. */
bool fds_can_run_out(void);
/** Makes every further descriptor fail for want of room, until one is closed
 *  or fds_restore is called (support_teardown does that too). */
void fds_use_up(void);
/** Asks for room for this number of descriptors, until fds_restore. */
bool fds_allow(unsigned count);
void fds_restore(void);

/* ---- Peers: plain sockets of the system, blocking -----------------------*/

/* The other end of what is tested, independent of the library. They block for
 * PATIENCE at most and are usable from any thread; a call that fails or times
 * out returns false, MIO_FD_INVALID or -1. */

/* Unix addresses will do too. */
mio_fd peer_tcp_listen(mio_addr *addr); /* in: where; out: with the port */
mio_fd peer_tcp_connect(const mio_addr *addr);
mio_fd peer_accept(mio_fd listener);
mio_fd peer_udp_bind(mio_addr *addr); /* in: where; out: with the port */
/** Two connected streams: Unix sockets if the system makes pairs of them. */
bool peer_pair(mio_fd fds[2]);
/** Tells whether Unix sockets can be made; Windows has had them since 2018. */
bool have_unix_sockets(void);
bool peer_connect(mio_fd socket, const mio_addr *addr);
bool peer_local_addr(mio_fd socket, mio_addr *addr);
bool peer_send_all(mio_fd socket, const void *data, size_t length);
bool peer_send_to(mio_fd socket, const void *data, size_t length,
                  const mio_addr *addr);
bool peer_send_oob(mio_fd socket, const void *data, size_t length);
/** mio_last_os_error tells why it returns -1. */
ptrdiff_t peer_recv(mio_fd socket, void *data, size_t length);
bool peer_recv_all(mio_fd socket, void *data, size_t length);
bool peer_shutdown_write(mio_fd socket);
/** Makes the close send a reset instead of ending the stream. */
bool peer_reset_on_close(mio_fd socket);
/** Receives up to a given number of bytes, one buffer after the other, and
 *  throws them away; returns how many there were until the end or an error. */
uint64_t peer_discard(mio_fd socket, uint64_t length);

/* ---- Signals ------------------------------------------------------------*/

/** Tells whether signal_send works, by trying. A console is needed on Windows,
 *  which is made if need be, for this process alone. For main: it takes handles
 *  that stay. */
bool signal_can_be_sent(int number);

/** Sends this process a signal, which on Windows may take its time. There it
 *  must be SIGINT or SIGBREAK. */
bool signal_send(int number);

/* ---- Temporary paths ----------------------------------------------------*/

/** Returns a path for a Unix socket or a file, in a directory of this test's
 *  own; nothing is there yet. At most 32 in a test. The directory and what is
 *  at these paths is removed after the test, passed or failed. */
const char *temp_path(void);
/** Removes what is at a path. */
void temp_path_remove(const char *path);
void temp_paths_remove(void); /* support_teardown does this */

/* ---- Time ---------------------------------------------------------------*/

/** Returns the time of a clock that never jumps. */
int64_t monotonic_ns(void);

/* ---- Threads ------------------------------------------------------------*/

/** A thread. Stays in place from start to join; every thread is joined. */
struct thread {
    uint64_t handle_[2];
    uint64_t started_[16]; /* a struct gate */
    int (*run_)(void *argument);
    void *argument_;
    long task_;
    int result_;
};

void thread_start(struct thread *thread, int (*run)(void *argument),
                  void *argument);
/** Waits for the end of the thread and returns what its function returned. */
int thread_join(struct thread *thread);

/** Lets the calling thread do nothing for a time, or for a moment. */
void thread_pause(int64_t time_ns);
void thread_yield(void);

/** Waits until a thread is blocked in the system (a wait, a lock). It may be
 *  woken again at any time, so that this only makes it likely that the thread
 *  is found asleep: a test must be right in both cases. */
void thread_await_asleep(struct thread *thread);
/** The same for the thread that called task_current. */
long task_current(void);
void task_await_asleep(long task);

/** A counter that can be waited for: an event, a barrier, a turnstile. */
struct gate {
    uint64_t opaque_[16];
};

void gate_init(struct gate *gate);
void gate_destroy(struct gate *gate);
/** Adds one and wakes those who wait. */
void gate_pass(struct gate *gate);
/** Waits until the counter has reached a value; false when PATIENCE has run
 *  out. */
bool gate_await(struct gate *gate, unsigned value);

#endif
