/* signal.c: EVFILT_SIGNAL. See standin.h.
 *
 * Linux does not tell of attempts to send a signal. So while a signal has a
 * note, it is caught by a handler of ours, which counts it and then does what
 * the program's own action says. sigaction() is wrapped, for the program to
 * see and change that action and never ours.
 *
 * What was sent before the note, and is caught after it, a system would not
 * count: such a note is late. That ends when the signal has been caught, or
 * when the process sends itself another, of which Linux makes one with the
 * first: kill() is wrapped for that. */
#include "standin.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int __real_sigaction(int number, const struct sigaction *action,
                     struct sigaction *old);
int __wrap_sigaction(int number, const struct sigaction *action,
                     struct sigaction *old);
int __real_kill(pid_t process, int number);
int __wrap_kill(pid_t process, int number);

/* By number. What is written here is read by children after fork too. */
static struct watched {
    struct sigaction action; /* the program's */
    bool is_caught;          /* ours is installed in its place */
} watched[_NSIG];

static bool is_signal(uintptr_t number)
{
    return number >= 1 && number < _NSIG;
}

/* ---- The handler --------------------------------------------------------*/

static bool is_default_ignored(int number)
{
    return number == SIGCHLD || number == SIGCONT || number == SIGURG ||
           number == SIGWINCH;
}

static bool ignores(int number, const struct sigaction *action)
{
    return action->sa_handler == SIG_IGN ||
           (action->sa_handler == SIG_DFL && is_default_ignored(number));
}

static void count(int number)
{
    /* Who ignores SIGCHLD is not sent any. */
    if (number == SIGCHLD && watched[number].action.sa_handler == SIG_IGN) {
        return;
    }
    for (struct kq *kq = standin_first(); kq != NULL; kq = kq->next) {
        struct knote *note = standin_note(kq, FILTER_SIGNAL, (uintptr_t)number);
        if (note != NULL && note->is_late) {
            note->is_late = false;
        } else if (note != NULL) {
            note->data++;
            note->is_pending = true;
            standin_ring(kq);
        }
    }
}

/* The default: comes when our handler has returned. Not counted any more if
 * the process survives it. */
static void take_course(int number)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    (void)__real_sigaction(number, &action, NULL);
    (void)raise(number);
}

static void handle(int number, siginfo_t *info, void *context)
{
    const int saved = errno;
    struct sigaction action;
    sigset_t mask;
    if (standin_is_owner()) {
        standin_enter(&mask);
        count(number);
        action = watched[number].action;
        standin_leave(&mask);
    } else {
        action = watched[number].action;
    }
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        action.sa_sigaction(number, info, context);
    } else if (!ignores(number, &action)) {
        if (action.sa_handler == SIG_DFL) {
            take_course(number);
        } else {
            action.sa_handler(number);
        }
    }
    errno = saved;
}

/* ---- Actions ------------------------------------------------------------*/

/* Our handler, in the way that the program's would run. */
static int install(int number)
{
    const struct sigaction *theirs = &watched[number].action;
    struct sigaction ours = *theirs;
    ours.sa_sigaction = handle;
    ours.sa_flags |= SA_SIGINFO;
    ours.sa_flags &= ~(int)SA_RESETHAND;
    if ((theirs->sa_flags & SA_SIGINFO) == 0 && ignores(number, theirs)) {
        ours.sa_flags |= SA_RESTART;
        if (number == SIGCHLD && theirs->sa_handler == SIG_IGN) {
            ours.sa_flags |= SA_NOCLDWAIT;
        }
    }
    return __real_sigaction(number, &ours, NULL);
}

static int catch_signal(int number)
{
    struct watched *it = &watched[number];
    if (it->is_caught) {
        return 0;
    }
    if (__real_sigaction(number, NULL, &it->action) < 0 ||
        install(number) < 0) {
        return errno;
    }
    it->is_caught = true;
    return 0;
}

static void let_go(int number)
{
    if (watched[number].is_caught) {
        watched[number].is_caught = false;
        (void)__real_sigaction(number, &watched[number].action, NULL);
    }
}

static int change_action(int number, const struct sigaction *action,
                         struct sigaction *old)
{
    struct watched *it = &watched[number];
    const struct sigaction before = it->action;
    if (action != NULL) {
        it->action = *action;
        if (install(number) < 0) {
            it->action = before;
            return -1;
        }
    }
    if (old != NULL) {
        *old = before;
    }
    return 0;
}

/* In a child process, where nothing may be locked. */
static int change_inherited(int number, const struct sigaction *action,
                            struct sigaction *old)
{
    const struct sigaction before = watched[number].action;
    if (action != NULL) {
        if (__real_sigaction(number, action, NULL) < 0) {
            return -1;
        }
        watched[number].is_caught = false;
    }
    if (old != NULL) {
        *old = before;
    }
    return 0;
}

int __wrap_sigaction(int number, const struct sigaction *action,
                     struct sigaction *old)
{
    sigset_t mask;
    int result;
    if (number < 1 || !is_signal((uintptr_t)number)) {
        return __real_sigaction(number, action, old);
    }
    if (!standin_is_owner()) {
        return watched[number].is_caught
                   ? change_inherited(number, action, old)
                   : __real_sigaction(number, action, old);
    }
    standin_enter(&mask);
    result = watched[number].is_caught ? change_action(number, action, old)
                                       : __real_sigaction(number, action, old);
    const int error = errno;
    standin_leave(&mask);
    errno = error;
    return result;
}

/* ---- Notes --------------------------------------------------------------*/

static bool is_watched(uintptr_t number)
{
    for (struct kq *kq = standin_first(); kq != NULL; kq = kq->next) {
        if (standin_note(kq, FILTER_SIGNAL, number) != NULL) {
            return true;
        }
    }
    return false;
}

void standin_close_signal(uintptr_t number)
{
    if (!is_watched(number)) {
        let_go((int)number);
    }
}

void standin_disown_signals(void)
{
    for (int number = 1; number < _NSIG; number++) {
        let_go(number);
    }
}

static int add_signal(struct kq *kq, const struct kevent *change)
{
    const uint32_t actions =
        EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE | EV_SYSFLAGS;
    struct knote added = {
        .ident = change->ident,
        .udata = change->udata,
        .flags = ((uint32_t)change->flags & ~actions) | EV_CLEAR,
        .kind = KIND_OTHER,
        .exists = true,
        .is_disabled = (change->flags & EV_DISABLE) != 0,
        .filter = FILTER_SIGNAL,
    };
    sigset_t pending;
    int error =
        is_signal(change->ident) ? catch_signal((int)change->ident) : EINVAL;
    if (error == 0) {
        (void)sigpending(&pending);
        added.is_late = sigismember(&pending, (int)change->ident) == 1;
        error = standin_append(kq, &added);
        standin_close_signal(change->ident); /* unless it is watched now */
    }
    return error;
}

int standin_change_signal(struct kq *kq, const struct kevent *change)
{
    struct knote *note = standin_note(kq, FILTER_SIGNAL, change->ident);
    int error = 0;
    if (note == NULL) {
        error = (change->flags & EV_ADD) != 0 ? add_signal(kq, change) : ENOENT;
    } else if ((change->flags & EV_DELETE) != 0) {
        standin_remove(kq, note);
        standin_close_signal(change->ident);
    } else {
        note->udata = change->udata;
        if ((change->flags & EV_DISABLE) != 0) {
            note->is_disabled = true;
        } else if ((change->flags & (EV_ADD | EV_ENABLE)) != 0) {
            note->is_disabled = false;
        }
    }
    standin_ring(kq);
    return error;
}

/* ---- Sending ------------------------------------------------------------*/

static void expect(uintptr_t number)
{
    sigset_t mask;
    standin_enter(&mask);
    for (struct kq *kq = standin_first(); kq != NULL; kq = kq->next) {
        struct knote *note = standin_note(kq, FILTER_SIGNAL, number);
        if (note != NULL) {
            note->is_late = false;
        }
    }
    standin_leave(&mask);
}

int __wrap_kill(pid_t process, int number)
{
    if (process == getpid() && standin_is_owner() && number > 0) {
        expect((uintptr_t)number);
    }
    return __real_kill(process, number);
}
