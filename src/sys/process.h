/* process.h: how the end of a child is learned.
 *
 * Each system has its way, which makes the source: one with a descriptor that
 * the selector watches, or one in memory that somebody notifies. */
#ifndef MIO_SYS_PROCESS_H
#define MIO_SYS_PROCESS_H

#include "memory_source.h"

struct mio__process_way;

struct mio__process {
    struct mio__memory_source memory; /* its source alone, if that has a
                                         descriptor */
    _Atomic uint32_t over;            /* sources in memory: it has ended */
    bool is_told;  /* that this has been reported: see mio__process_look */
    bool is_known; /* the status */
    mio_exit_status status;
#ifdef _WIN32
    void *wait; /* the thread pool's */
#else
    int pid;
    const struct mio__process_way *way;
    struct mio__process *previous; /* sigchld: guarded there */
    _Atomic(struct mio__process *) next;
#endif
};

static inline struct mio__process *mio__process_of(const mio_process *process)
{
    return (struct mio__process *)(uintptr_t)process;
}

/* Common to sources in memory: what is news. Under the lock of the wakes. */
static inline uint32_t mio__process_flags(struct mio__process *process,
                                          bool all)
{
    if (atomic_load(&process->over) == 0) {
        return 0;
    }
    bool is_news = !process->is_told;
    process->is_told = true;
    return all || is_news ? MIO_EVENT_IN : 0;
}

/* What all ways begin with. */
static inline void mio__process_clear(struct mio__process *process)
{
    atomic_init(&process->over, 0);
    process->is_told = false;
    process->is_known = false;
}

/* ---- The contract -------------------------------------------------------*/

/* Takes the status. 0, MIO_ERR_WOULD_BLOCK, MIO_ERR_NOT_FOUND. */
int mio__process_wait(struct mio__process *process, mio_exit_status *status);

/* Closes the source, and lets go of what the system knows of the process. */
void mio__process_close(struct mio__process *process);

#endif
