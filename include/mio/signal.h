/* mio/signal.h: signals as events. Include mio.h, and <signal.h> for the names
 * of signals.
 *
 * A signal set is a source that is readable when one of its signals has come.
 * Reading tells which, how often, and by whom:
 *
 *     static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
 *     mio_signal_set signals;
 *     mio_signal_set_init(&signals, numbers, 3);      before any thread
 *     mio_registry_register(registry, &signals.source, TOKEN, MIO_READABLE);
 *     ...
 *     mio_signal_info infos[3];
 *     mio_ssize n = mio_signal_set_read(&signals, infos, 3);
 *
 * While the set is open its signals have no other effect: they neither end the
 * process nor stop it, and call no handler.
 *
 * Threads. Make the set before other threads are started. On Linux its signals
 * are blocked, in the thread that makes the set and so in those that this
 * thread starts later. A signal that finds a thread in which it is not blocked
 * has the effect that it would have without the set: SIGTERM ends the process.
 *
 * Processes. A set belongs to the process that has made it. A forked child that
 * goes on to exec must call mio_signal_set_close first, or on Linux the program
 * that it executes starts with the signals blocked, and SIGTERM does not end
 * it. The same goes for posix_spawn (use POSIX_SPAWN_SETSIGMASK), system and
 * popen. A child that stays a copy, such as a worker or a daemon, closes the
 * set and makes its own.
 *
 * Which signals. What is sent to the process: by kill, sigqueue, a terminal, a
 * timer, a child that has ended. What is sent to one thread (pthread_kill,
 * raise, SIGPIPE) may or may not be seen. Two sets cannot have the same signal,
 * and the program leaves the signals' actions and masks alone while the set is
 * open. SIGCHLD tells nothing if its action was SIG_IGN, since the system then
 * collects the children itself.
 *
 * Not for messages: the system makes one of signals that come in quick
 * succession, and the value of sigqueue is not kept. */
#ifndef MIO_SIGNAL_H
#define MIO_SIGNAL_H

#include "mio/poll.h"

/** The number of signals that a set can have. */
#define MIO_SIGNAL_SET_MAX 16

#define MIO_SIGNAL_SET_SIZE 3040

/** A set of signals. Must stay where it is from init to close, unlike other
 *  sources. */
typedef struct mio_signal_set {
    mio_source source; /* for mio_registry_register and its siblings */
    union {
        unsigned char bytes_[MIO_SIGNAL_SET_SIZE];
        void *align_pointer_;
        uint64_t align_integer_;
    } opaque_;
} mio_signal_set;

/** What has come of one signal since it was last read. */
typedef struct mio_signal_info {
    int number;     /* SIGTERM ... */
    uint32_t count; /* how often, as far as the system says: 1 or more */
    int64_t sender_process; /* of the first of them, if it is known; for SIGCHLD
                               the child, and perhaps not the only one */
    uint32_t sender_user;   /* its real user, if it is known */
    bool sender_known; /* false for what the system sends, as for Ctrl-C, for a
                          sender outside of the container, and on macOS, the
                          BSDs and Windows */
} mio_signal_info;

/** Makes a set: from now on its signals are told by it alone.
 *
 *  Also those that were ignored, handled or blocked. On Unix all signals can be
 *  had but SIGKILL and SIGSTOP, and those that tell of an error in the program:
 *  SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP. On Windows there
 *  are SIGINT (Ctrl-C), SIGBREAK (Ctrl-Break), and SIGTERM: the console's
 *  window is closed or the system shuts down. After that SIGTERM Windows ends
 *  the process as soon as main returns, or after some seconds (5 for a window)
 *  in any case.
 *
 *  Registering it needs a slot, or the descriptor of the poll's first waker:
 *  MIO_ERR_NO_SLOTS or MIO_ERR_OUT_OF_DESCRIPTORS then.
 *
 *  @param[out] set  uninitialised memory, or a closed set
 *  @param signals  their numbers, each once
 *  @param count  1 to MIO_SIGNAL_SET_MAX
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, a bad count, a number twice or
 *           one that is no signal; MIO_ERR_UNSUPPORTED for a signal that cannot
 *           be had; MIO_ERR_ALREADY_EXISTS if another set has one of them;
 *           MIO_ERR_OUT_OF_DESCRIPTORS; MIO_ERR_OUT_OF_MEMORY; MIO_ERR_OTHER
 *  @threads any; it changes the signal mask of the calling thread
 *  @memory  must stay in place until mio_signal_set_close; signals is not kept
 *  @mio     none
 */
MIO_API int mio_signal_set_init(mio_signal_set *set, const int *signals,
                                size_t count);

/** Takes what has come, the lowest number first.
 *
 *  A signal is in one element of the array at most. With edge-triggered mode
 *  read until MIO_ERR_WOULD_BLOCK, or until there were fewer than room.
 *
 *  @param[out] infos  receives up to room elements
 *  @param room  1 or more; as many as the set has signals is enough for all
 *  @return  the number of elements, 1 or more; MIO_ERR_WOULD_BLOCK if no signal
 *           has come; MIO_ERR_INVALID_INPUT for NULL or no room;
 *           MIO_ERR_BAD_DESCRIPTOR if the set is closed, or another process's;
 *           MIO_ERR_OTHER
 *  @threads one
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API mio_ssize mio_signal_set_read(mio_signal_set *set,
                                      mio_signal_info *infos, size_t room);

/** Closes a set, after deregistering it, and gives its signals back.
 *
 *  What has come and was not read is forgotten. Then actions, handlers and the
 *  mask of the calling thread are for these signals what they were before; a
 *  handler that the program has set since is left alone. Call it in the thread
 *  that has made the set, after those that were started later have ended: the
 *  masks of others are not changed. NULL and a closed set are ignored. Close it
 *  before its poll is closed, or deregister it before.
 *
 *  In a forked child it does the same for the child alone, leaves the poll, and
 *  forgets no signal that the child has got; nothing else may be done with the
 *  set there. It may then be called between fork and exec, but not after
 *  vfork.
 *
 *  @threads one; in a forked child async-signal-safe
 *  @memory  the memory is free when it returns
 *  @mio     none
 */
MIO_API void mio_signal_set_close(mio_signal_set *set);

#endif
