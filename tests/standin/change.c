/* change.c: applies one entry of a changelist. See standin.h.
 *
 * As in the sources of FreeBSD and NetBSD, a change of a note that exists sets
 * its udata and looks again whether it is ready; the mode (EV_CLEAR,
 * EV_ONESHOT, EV_DISPATCH) stays what the first EV_ADD said. */
#include "standin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>

#if defined(KQUEUE_SHAPE_NETBSD)
#define NO_READER EBADF
#else
#define NO_READER EPIPE
#endif

static int filter_of(const struct kevent *change)
{
    switch ((int)change->filter) {
    case (int)EVFILT_READ:
        return FILTER_READ;
    case (int)EVFILT_WRITE:
        return FILTER_WRITE;
#ifdef EVFILT_EXCEPT
    case EVFILT_EXCEPT:
        return FILTER_EXCEPT;
#endif
    case (int)EVFILT_PROC:
        return FILTER_PROC;
    case (int)EVFILT_SIGNAL:
        return FILTER_SIGNAL;
#ifdef EVFILT_USER
    case (int)EVFILT_USER:
        return FILTER_USER;
#endif
    default:
        return FILTER_NONE;
    }
}

/* ---- The kernel's part --------------------------------------------------*/

static uint32_t mask_of(int filter, const struct knote *note)
{
    static const uint32_t masks[FD_FILTERS] = {
        [FILTER_READ] = EPOLLIN | EPOLLRDHUP,
        [FILTER_WRITE] = EPOLLOUT,
        [FILTER_EXCEPT] = EPOLLPRI,
    };
    bool is_edge = (note->flags & EV_CLEAR) != 0 || note->is_muted;
    return masks[filter] | (is_edge ? (uint32_t)EPOLLET : 0);
}

int standin_watch(struct kq *kq, int filter, struct knote *note, int operation)
{
    struct epoll_event event = {.events = mask_of(filter, note)};
    event.data.u64 = (uint64_t)note->generation << 32 | note->ident;
    if (epoll_ctl(kq->inner[filter], operation, (int)note->ident, &event) ==
        0) {
        return 0;
    }
    switch (errno) {
    case EPERM: /* cannot be watched */
    case ELOOP: /* itself, or nested too deeply */
        return EINVAL;
    case ENOSPC:
        return ENOMEM;
    default:
        return errno;
    }
}

/* ---- Adding and removing ------------------------------------------------*/

void standin_forget(struct kq *kq, int filter, struct knote *note)
{
    if (note->kind == KIND_FILE) {
        kq->file_count--;
    } else if (!note->is_disabled) {
        (void)standin_watch(kq, filter, note, EPOLL_CTL_DEL);
    }
    note->exists = false;
    note->is_pending = false;
}

static bool has_reader(int fd)
{
    struct pollfd state = {.fd = fd, .events = POLLOUT};
    return poll(&state, 1, 0) < 0 || (state.revents & POLLERR) == 0;
}

/* What a system refuses before it looks at readiness. */
static int refusal(int filter, const struct knote *note)
{
    if (filter == FILTER_WRITE && note->kind == KIND_KQUEUE) {
        return EINVAL;
    }
    if (filter == FILTER_WRITE && note->kind == KIND_PIPE &&
        !has_reader((int)note->ident)) {
        return NO_READER;
    }
#ifdef EVFILT_EXCEPT
    if (filter == FILTER_EXCEPT && (note->fflags & NOTE_OOB) == 0) {
        return EINVAL;
    }
#endif
    return 0;
}

static int add(struct kq *kq, int filter, struct knote *note,
               const struct kevent *change)
{
    const uint32_t actions =
        EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE | EV_SYSFLAGS;
    struct knote added = {
        .ident = change->ident,
        .udata = change->udata,
        .data = change->data,
        .fflags = change->fflags,
        .flags = (uint32_t)change->flags & ~actions,
        .kind = standin_kind_of((int)change->ident),
        .generation = ++kq->generation,
        .exists = true,
    };
    int error = refusal(filter, &added);
    if (error != 0) {
        return error;
    }
    *note = added;
    if (note->kind == KIND_FILE) {
        kq->file_count++;
        note->is_pending = standin_file_is_ready(filter, note);
    } else {
        error = standin_watch(kq, filter, note, EPOLL_CTL_ADD);
    }
    note->exists = error == 0;
    if (error == 0 && (change->flags & EV_DISABLE) != 0 &&
        (change->flags & EV_ENABLE) == 0) {
        standin_watch(kq, filter, note, EPOLL_CTL_DEL);
        note->is_disabled = true;
    }
    return error;
}

/* ---- Changing -----------------------------------------------------------*/

/* Whether a note is to be disabled after a change. */
static bool disables(const struct knote *note, unsigned flags)
{
    if ((flags & EV_ENABLE) != 0) {
        return false;
    }
    if ((flags & EV_DISABLE) != 0) {
        return true;
    }
    bool add_enables = (standin_traps() & TRAP_DISABLED) == 0;
    return note->is_disabled && !((flags & EV_ADD) != 0 && add_enables);
}

static int modify(struct kq *kq, int filter, struct knote *note,
                  const struct kevent *change)
{
    bool was_disabled = note->is_disabled;
    note->udata = change->udata;
    note->data = change->data;
    note->fflags = change->fflags;
    note->was_reported = false;
    note->is_muted = false;
    note->is_disabled = disables(note, (unsigned)change->flags);
    if (note->kind == KIND_FILE) {
        note->is_pending = standin_file_is_ready(filter, note);
        return 0;
    }
    if (note->is_disabled) {
        if (!was_disabled) {
            (void)standin_watch(kq, filter, note, EPOLL_CTL_DEL);
        }
        return 0;
    }
    return standin_watch(kq, filter, note,
                         was_disabled ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
}

void standin_reported(struct kq *kq, int filter, struct knote *note)
{
    if ((note->flags & EV_ONESHOT) != 0) {
        standin_forget(kq, filter, note);
    } else if ((note->flags & EV_DISPATCH) != 0) {
        if (note->kind != KIND_FILE) {
            (void)standin_watch(kq, filter, note, EPOLL_CTL_DEL);
        }
        note->is_disabled = true;
    }
}

static int change_fd(struct kq *kq, int filter, const struct kevent *change)
{
    if (change->ident > INT_MAX || fcntl((int)change->ident, F_GETFD) < 0) {
        return EBADF;
    }
    bool adds = (change->flags & EV_ADD) != 0;
    if (change->ident >= kq->fd_room) {
        if (!adds) {
            return ENOENT;
        }
        void *longer = standin_grow(kq->fds, sizeof(kq->fds[0]), &kq->fd_room,
                                    change->ident + 1);
        if (longer == NULL) {
            return ENOMEM;
        }
        kq->fds = longer;
    }
    struct knote *note = &kq->fds[change->ident][filter];
    if (!note->exists) {
        return adds ? add(kq, filter, note, change) : ENOENT;
    }
    if ((change->flags & EV_DELETE) != 0) {
        standin_forget(kq, filter, note);
        return 0;
    }
    int error = modify(kq, filter, note, change);
    if (error == ENOENT) { /* closed behind our back: the note is stale */
        note->exists = false;
        error = adds ? add(kq, filter, note, change) : ENOENT;
    }
    return error;
}

int standin_change(struct kq *kq, const struct kevent *change)
{
    int filter = filter_of(change);
    if (filter == FILTER_NONE) {
        return EINVAL;
    }
    if (filter == FILTER_USER) {
        return standin_change_user(kq, change);
    }
    if (filter == FILTER_PROC) {
        return standin_change_process(kq, change);
    }
    if (filter == FILTER_SIGNAL) {
        return standin_change_signal(kq, change);
    }
    int error = change_fd(kq, filter, change);
    if (kq->file_count > 0 || kq->is_rung) {
        standin_ring(kq);
    }
    return error;
}
