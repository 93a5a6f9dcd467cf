/* process_sigchld.c: a child's end, by the signal that tells of it.
 *
 * The signal says no more than that some child may have ended: of several that
 * end together there may be one alone. So its handler notifies the poll of each
 * process that there is, and the polls look (waitid with WNOWAIT, which leaves
 * the child as it is) at those processes alone. That is a system call for each
 * of them and each signal.
 *
 * The list of processes. The handler walks it without a lock, because it may
 * have interrupted whoever changes it. Changes are under a mutex, each one is a
 * single store as the handler sees it, and who takes a process out waits until
 * no handler is inside any more. The handler runs in some thread, and what it
 * does is a few atomic operations and at most one write per poll.
 *
 * The handler is there while the list is not empty. It calls the one that was
 * there before and keeps that one's flags. SA_NOCLDWAIT too, or SIG_IGN which
 * means the same: children that nobody waits for must go on leaving no zombie.
 * If another handler has been installed since, that one is left alone and must
 * call ours; ours is then never taken away, nor installed a second time, since
 * the two would call each other for ever.
 *
 * After fork the child has the handler and a copy of the list, and must not
 * ring the bells of its parent's polls: the handler knows whose list it is. */
#include "internal.h"

#ifdef MIO_PROCESS_SIGCHLD

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "sys/mutex.h"
#include "sys/unix/process.h"
#include "sys/yield.h"

/* The only memory of the library that signal handlers and threads share. */
static struct {
    mio__mutex lock;
    _Atomic(struct mio__process *) first;
    _Atomic int inside;         /* handlers that walk the list */
    _Atomic int owner;          /* whose list it is */
    _Atomic uintptr_t previous; /* the handler that was there before */
    _Atomic bool takes_info;    /* it takes three arguments */
    bool is_installed;
    struct sigaction replaced;
} sigchld_watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- The handler --------------------------------------------------------*/

static void notify_all(void)
{
    (void)atomic_fetch_add(&sigchld_watch.inside, 1);
    struct mio__process *process = atomic_load(&sigchld_watch.first);
    while (process != NULL) {
        if (atomic_load(&process->over) == 0) {
            (void)mio__notifier_notify(&process->memory.notifier);
        }
        process = atomic_load(&process->next);
    }
    (void)atomic_fetch_sub(&sigchld_watch.inside, 1);
}

static void call_previous(int number, siginfo_t *info, void *context)
{
    const uintptr_t handler = atomic_load(&sigchld_watch.previous);
    if (handler == (uintptr_t)SIG_DFL || handler == (uintptr_t)SIG_IGN) {
        return;
    }
    if (atomic_load(&sigchld_watch.takes_info)) {
        ((void (*)(int, siginfo_t *, void *))handler)(number, info, context);
    } else {
        ((void (*)(int))handler)(number);
    }
}

static void on_child(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    if (atomic_load(&sigchld_watch.owner) == (int)getpid()) {
        notify_all();
    }
    errno = saved;
    call_previous(number, info, context);
}

/* ---- Installing it (all under the lock) ----------------------------------*/

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) != 0 &&
           action->sa_sigaction == on_child;
}

static bool has_handler(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) != 0 ||
           (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

static uintptr_t handler_of(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) != 0
               ? (uintptr_t)action->sa_sigaction
               : (uintptr_t)action->sa_handler;
}

static struct sigaction action_after(const struct sigaction *replaced)
{
    struct sigaction action = *replaced;
    action.sa_sigaction = on_child;
    action.sa_flags &= ~(int)SA_RESETHAND;
    action.sa_flags |= SA_SIGINFO;
    if (!has_handler(replaced)) {
        (void)sigemptyset(&action.sa_mask);
        action.sa_flags |= SA_RESTART | SA_NOCLDSTOP;
        if (replaced->sa_handler == SIG_IGN) {
            action.sa_flags |= SA_NOCLDWAIT;
        }
    }
    return action;
}

static int install(void)
{
    if (sigchld_watch.is_installed) {
        return 0;
    }
    if (sigaction(SIGCHLD, NULL, &sigchld_watch.replaced) < 0) {
        return mio_error_from_os(errno);
    }
    /* Known before the handler is there to ask. */
    atomic_store(&sigchld_watch.previous, handler_of(&sigchld_watch.replaced));
    atomic_store(&sigchld_watch.takes_info,
                 (sigchld_watch.replaced.sa_flags & SA_SIGINFO) != 0);
    struct sigaction action = action_after(&sigchld_watch.replaced);
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        return mio_error_from_os(errno);
    }
    sigchld_watch.is_installed = true;
    return 0;
}

static void uninstall(void)
{
    struct sigaction now;
    if (sigaction(SIGCHLD, NULL, &now) == 0 && is_ours(&now) &&
        sigaction(SIGCHLD, &sigchld_watch.replaced, NULL) == 0) {
        sigchld_watch.is_installed = false;
    }
}

/* ---- The list -----------------------------------------------------------*/

/* The first process of a child that has been forked off makes the list its
 * own. Who was inside, was so in the parent. */
static void claim(void)
{
    if (atomic_load(&sigchld_watch.owner) != (int)getpid()) {
        atomic_store(&sigchld_watch.inside, 0);
        atomic_store(&sigchld_watch.owner, (int)getpid());
    }
}

static int add(struct mio__process *process)
{
    mio__mutex_lock(&sigchld_watch.lock);
    claim();
    int error = install();
    if (error == 0) {
        struct mio__process *first = atomic_load(&sigchld_watch.first);
        process->previous = NULL;
        atomic_init(&process->next, first);
        if (first != NULL) {
            first->previous = process;
        }
        atomic_store(&sigchld_watch.first, process);
    }
    mio__mutex_unlock(&sigchld_watch.lock);
    return error;
}

static void take_out(struct mio__process *process)
{
    mio__mutex_lock(&sigchld_watch.lock);
    struct mio__process *next = atomic_load(&process->next);
    if (next != NULL) {
        next->previous = process->previous;
    }
    if (process->previous != NULL) {
        atomic_store(&process->previous->next, next);
    } else {
        atomic_store(&sigchld_watch.first, next);
    }
    if (atomic_load(&sigchld_watch.first) == NULL) {
        uninstall();
    }
    mio__mutex_unlock(&sigchld_watch.lock);
    while (atomic_load(&sigchld_watch.inside) != 0 &&
           atomic_load(&sigchld_watch.owner) == (int)getpid()) {
        mio__yield();
    }
}

/* ---- A process ----------------------------------------------------------*/

/* Also for a child that somebody else has waited for: it is over. */
static uint32_t look(struct mio__memory_source *memory, bool all)
{
    struct mio__process *process = (struct mio__process *)(void *)memory;
    int saved = errno;
    if (atomic_load(&process->over) == 0 &&
        mio__process_waitid(P_PID, (id_t)process->pid, WNOHANG | WNOWAIT,
                            NULL) != MIO_ERR_WOULD_BLOCK) {
        atomic_store(&process->over, 1);
    }
    errno = saved;
    return mio__process_flags(process, all);
}

static int sigchld_open(struct mio__process *process)
{
    mio__memory_source_init(&process->memory, look);
    int error = add(process);
    if (error != 0) {
        mio__memory_source_close(&process->memory);
    }
    return error;
}

static int sigchld_wait(struct mio__process *process, mio_exit_status *status)
{
    int error = mio__process_waitid(P_PID, (id_t)process->pid, WNOHANG, status);
    if (error != MIO_ERR_WOULD_BLOCK) {
        /* From here on the number is nobody's, or another's. */
        atomic_store(&process->over, 1);
    }
    return error;
}

static void sigchld_close(struct mio__process *process)
{
    take_out(process);
    mio__memory_source_close(&process->memory);
}

const struct mio__process_way mio__process_sigchld = {
    sigchld_open, sigchld_wait, sigchld_close};

#endif
