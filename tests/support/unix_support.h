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

#include "stream.h"
#include "subject.h"
#include "support.h"
#include "unix_socket.h"

/* ---- Pipes and names ----------------------------------------------------*/

/** Writes until the pipe would block, reads until it would block or has ended;
 *  returns the number of bytes. */
size_t fill_pipe(mio_pipe_sender *sender);
size_t drain_pipe(mio_pipe_receiver *receiver);

/** Makes a Unix address that no other test uses: an abstract name where there
 *  are such, else a temporary path. */
mio_addr fresh_addr(void);

/** Makes one that is an abstract name. Where there are none, both of these end
 *  the test as skipped. */
mio_addr abstract_addr(void);
void need_abstract_names(void);

/** What peer_credentials should tell of this process: its id, or -1 where
 *  getpeereid is all there is. */
pid_t known_process_id(void);

/* ---- Plain descriptors --------------------------------------------------*/

/** Makes a pipe of the system, not of the library; [0] is the reading end. */
void raw_pipe(int fds[2], bool nonblocking);

/** Makes two connected blocking Unix sockets of the system. */
void raw_pair(int fds[2], int type);

/* ---- Time ---------------------------------------------------------------*/

/** Waits by the system call that the backend uses. Returns 0, or -1 if that
 *  call does not know such short times. */
int system_wait(int64_t timeout_ns);

/* ---- Children -----------------------------------------------------------*/

/** Runs a function in a forked child, for what may kill a process or changes
 *  it for good, and returns what the function returned: 0 to 255. A child that
 *  a signal kills is -1, which one that runs out of PATIENCE is too. */
int run_in_child(int (*run)(void));

/** Waits for the end of a child; kills it when PATIENCE has run out. Returns
 *  its exit status, or -1 if a signal has killed it. */
int child_wait(pid_t child);

#endif
