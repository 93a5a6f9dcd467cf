/* mio/process.h: the end of a child process. Include mio.h.
 *
 * A program starts its children as it likes: by posix_spawn, fork and exec,
 * CreateProcess. Of each it makes a mio_process, whose source becomes readable
 * when the child has ended:
 *
 *     mio_process child;
 *     mio_process_from_pid(&child, pid);
 *     mio_registry_register(registry, &child.source, TOKEN, MIO_READABLE);
 *     ...                                          the event has come
 *     mio_exit_status status;
 *     mio_process_try_wait(&child, &status);       takes the zombie away
 *     mio_process_close(&child);
 *
 * Only this child is ever waited for; others are left alone, and so are
 * children that stop and continue. Leave the waiting for it to the library:
 * until mio_process_try_wait has returned 0 the system keeps the process ID for
 * the child, so that it is safe to send it signals, and afterwards it may be
 * anybody's. A loop that calls waitpid(-1) takes every child's status away.
 *
 * How the end is learned, by system:
 *   Linux 5.4 and later  a descriptor for the process (pidfd)
 *   macOS, BSD           a kqueue of its own for each process
 *   other Unix           SIGCHLD: while there is a mio_process the library has
 *                        a handler for it, which calls the one that was there
 *                        before. A handler that the program installs meanwhile
 *                        must call the one that it replaces; SIGCHLD must be
 *                        unblocked in some thread; and the program's own system
 *                        calls may be interrupted. Older Linux does this too.
 *   Windows              the system's thread pool waits for the handle: see
 *                        mio_process_from_handle */
#ifndef MIO_PROCESS_H
#define MIO_PROCESS_H

#include "mio/poll.h"

#define MIO_PROCESS_SIZE 144

/** A child process. Must stay where it is from from_pid to close.
 *
 *  Register it for MIO_READABLE: there is nothing else to tell, and some systems
 *  refuse other directions.
 *
 *  The source has a descriptor or not, depending on the system; where it has
 *  one it needs a slot of the poll where other sources do. */
typedef struct mio_process {
    mio_source source; /* for mio_registry_register and its siblings */
    union {
        unsigned char bytes_[MIO_PROCESS_SIZE];
        void *align_pointer_;
        uint64_t align_integer_;
    } opaque_;
} mio_process;

/** How a process has ended. */
typedef enum mio_exit_kind {
    MIO_EXIT_CODE = 1,  /* by itself, with an exit code */
    MIO_EXIT_SIGNAL = 2 /* by a signal; not on Windows */
} mio_exit_kind;

/** The end of a process. */
typedef struct mio_exit_status {
    mio_exit_kind kind;
    uint32_t code;    /* the exit code (on Unix 0 to 255), or the signal */
    bool core_dumped; /* by a signal, with a core file */
} mio_exit_status;

#ifndef _WIN32

/** Makes a mio_process of a child.
 *
 *  The child may have ended already, but nobody may have waited for it. Several
 *  mio_process of one child are possible, each with a poll; all get the event,
 *  and one of them the status.
 *
 *  With SIGCHLD ignored (SIG_IGN, or SA_NOCLDWAIT) the system throws the status
 *  away when a child ends: there is an event, and mio_process_try_wait returns
 *  MIO_ERR_NOT_FOUND. Where the end is learned from SIGCHLD there may then be
 *  no event; on Linux there is.
 *
 *  @param[out] process  uninitialised memory, or a closed mio_process
 *  @param pid  the child's process ID
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, or a pid below 1;
 *           MIO_ERR_NOT_FOUND if this is no child of the calling process, or
 *           somebody has waited for it; MIO_ERR_OUT_OF_DESCRIPTORS;
 *           MIO_ERR_UNSUPPORTED if the library was built for pidfd alone and
 *           the kernel is too old
 *  @threads any
 *  @memory  must stay in place until mio_process_close
 *  @mio     none (mio#1851)
 */
MIO_API int mio_process_from_pid(mio_process *process, int64_t pid);

#else

/** Makes a mio_process of a process's handle, which need not be a child.
 *
 *  The handle belongs to the library then: mio_process_close closes it. Until
 *  then `source.fd` is the handle, for TerminateProcess and the like. It is
 *  made not to be inherited.
 *
 *  This is the one place where the library has the system use threads: those
 *  of the process's thread pool wait for the handle, one for up to 63 of them,
 *  and the system allocates memory for that from the process's heap. They run
 *  none of the program's code. It needs no slot.
 *
 *  @param[out] process  uninitialised memory, or a closed mio_process
 *  @param handle  with the right to wait and to ask for the exit code
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_BAD_DESCRIPTOR if it is
 *           not a process's handle; MIO_ERR_PERMISSION_DENIED;
 *           MIO_ERR_OUT_OF_MEMORY. The handle remains the caller's then
 *  @threads any
 *  @memory  must stay in place until mio_process_close
 *  @mio     none (mio#1851)
 */
MIO_API int mio_process_from_handle(mio_process *process, mio_fd handle);

#endif

/** Takes the status of a child that has ended; never blocks.
 *
 *  On Unix this waits for the child, and for no other: it is a zombie no
 *  longer. The status is kept: asked again, it is the same. The source stays
 *  readable, with level-triggered mode in every wait; so deregister or close it
 *  then.
 *
 *  @param[out] status  receives the status
 *  @return  0; MIO_ERR_WOULD_BLOCK while the process runs or is stopped;
 *           MIO_ERR_NOT_FOUND if there is no status: somebody else has waited
 *           for the child, or SIGCHLD is ignored; MIO_ERR_BAD_DESCRIPTOR if it
 *           is closed; MIO_ERR_INVALID_INPUT for NULL
 *  @threads one, also while another thread waits in the poll
 *  @memory  nothing is kept
 *  @mio     none (std::process::Child::try_wait)
 */
MIO_API int mio_process_try_wait(mio_process *process, mio_exit_status *status);

/** Closes a mio_process, after deregistering it.
 *
 *  The child is neither ended nor waited for: one that still runs goes on, and
 *  one that has ended and that nobody has waited for is a zombie, and remains
 *  the program's to wait for. NULL and a closed one are ignored.
 *
 *  @threads one, also while another thread waits in the poll
 *  @memory  the memory is free when it returns
 *  @mio     none (std::process::Child as Drop)
 */
MIO_API void mio_process_close(mio_process *process);

#endif
