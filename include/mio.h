/* mio.h: portable readiness I/O.
 *
 * This is the header to include. It reads as a manual from top to bottom; the
 * parts are in include/mio/, one noun each, in this order:
 *
 *   base.h        versions and basic types
 *   error.h       the error codes
 *   event.h       tokens, interests, events
 *   source.h      what can be registered
 *   poll.h        the poll and its registry
 *   waker.h       ending a wait from another thread
 *   timer.h       events at a given time
 *   channel.h     messages between threads
 *   user_source.h readiness that the program decides
 *   signal.h      signals as events
 *   process.h     the end of a child process
 *   addr.h        socket addresses
 *   socket.h      options, shutdown, accept classes
 *   stream.h      (inside of the streams)
 *   tcp.h         listener and stream
 *   udp.h         socket
 *   unix.h        Unix-domain listener, stream, datagram socket
 *   pipe.h        pipe sender and receiver (Unix)
 *   named_pipe.h  named pipes (Windows)
 *
 * The shape of every program:
 *
 *   mio_poll_init(&poll, slots, n);                  open a poll
 *   mio_tcp_listener_bind(&listener, &addr);         make sources
 *   mio_registry_register(mio_poll_registry(&poll),  name them with tokens
 *                         &listener.source, 0, MIO_READABLE);
 *   n = mio_poll_wait(&poll, events, 64, -1);        wait
 *   ...                                              do I/O until it would
 *                                                    block, wait again
 *
 * CONVENTIONS
 *
 * Memory. The library allocates nothing. Every object lives where the caller
 * puts it. Polls, wakers, timer queues, channels, user sources, signal sets and
 * processes must stay in place from init to close, and timers while they are
 * armed; all other objects are values that may be moved: copied, and the old
 * copy forgotten. Fields are the library's unless a comment says otherwise.
 * Pointers given to a call are not kept after it, unless "@memory" says so.
 *
 * Descriptors. Every descriptor that the library makes is non-blocking and
 * close-on-exec, and none of its calls raises SIGPIPE. An object closed twice,
 * or zeroed and closed, is left alone.
 *
 * NULL. A NULL argument is MIO_ERR_INVALID_INPUT unless the comment allows it;
 * close functions ignore it.
 *
 * Errors. A call returns 0, or a count of 0 or more, or a negative MIO_ERR_*
 * code, the same number on every system. The system's own code stays in errno
 * (GetLastError) until the next system call: mio_last_os_error. On failure
 * output arguments are untouched, unless the comment says what they hold, and
 * nothing is leaked. Besides the codes that
 * a comment lists, a call that asks the system may return
 * MIO_ERR_BAD_DESCRIPTOR for an object that is closed, MIO_ERR_OUT_OF_MEMORY
 * when the kernel has none, and MIO_ERR_OTHER for what no code fits.
 * Interrupted calls (EINTR) are repeated by the library.
 *
 * Threads. "@threads" is one of
 *   any   from any thread, at any time
 *   io    from any thread; on one object reads may run beside writes, and
 *         nothing may run beside its close, into_fd, or (de)registration
 *   one   the object belongs to one thread during the call
 * The library starts no threads; on Windows it has the system's thread pool
 * wait for processes (mio/process.h). The only memory that it shares between
 * objects is one atomic counter that numbers polls and timer queues, a table of
 * which signal belongs to which signal set, on Unix what a handler for SIGCHLD
 * has to find, where mio/process.h needs one, and on Windows what says that
 * Winsock has been started (once, and never ended).
 *
 * Names. Everything here begins with mio_ or MIO_; a name that ends with an
 * underscore is the library's own. Since plain waits and the I/O of streams are
 * inline, <sys/socket.h> comes along on Unix and <sys/epoll.h> on Linux.
 *
 * Edges. By default a source is edge-triggered: an event says that something
 * has changed. After a readable event read until MIO_ERR_WOULD_BLOCK, after a
 * writable one write until MIO_ERR_WOULD_BLOCK or until there is no more to
 * write; only then the next event of that kind is promised. On streams a read
 * or write that moves fewer bytes than it was given room for is as good, unless
 * the event said read-closed: then read until 0.
 * Events may be spurious. Register both directions once; there is no need to
 * change the interest as a connection goes on.
 */
#ifndef MIO_H
#define MIO_H

#include "mio/base.h"
#include "mio/error.h"
#include "mio/event.h"
#include "mio/source.h"
#include "mio/poll.h"
#include "mio/waker.h"
#include "mio/timer.h"
#include "mio/channel.h"
#include "mio/user_source.h"
#include "mio/signal.h"
#include "mio/process.h"
#include "mio/addr.h"
#include "mio/socket.h"
#include "mio/stream.h"
#include "mio/tcp.h"
#include "mio/udp.h"
#include "mio/unix.h"
#include "mio/pipe.h"
#include "mio/named_pipe.h"

#endif
