/* process.c: EVFILT_PROC with NOTE_EXIT. See standin.h.
 *
 * A note has a pidfd, which is in the outer epoll: it ends the waits of the
 * kqueue, and makes it readable, when the process ends. The report takes the
 * note away, as on all systems. */
#include "standin.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int __real_close(int fd);

static bool has_ended(int pidfd)
{
    struct pollfd look = {.fd = pidfd, .events = POLLIN};
    return poll(&look, 1, 0) > 0;
}

void standin_close_process(const struct knote *note)
{
    __real_close((int)note->data); /* which takes it out of the epoll */
}

/* Returns the pidfd, or -1 and errno. */
static int open_process(uintptr_t pid)
{
    if (pid < 1 || pid > INT_MAX) {
        errno = ESRCH;
        return -1;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, (int)pid, 0u);
#ifndef KQUEUE_SHAPE_FREEBSD
    if (pidfd >= 0 && has_ended(pidfd)) {
        __real_close(pidfd);
        errno = ESRCH;
        return -1;
    }
#endif
    return pidfd;
}

static int add_process(struct kq *kq, const struct kevent *change)
{
    struct epoll_event event = {.events = EPOLLIN};
    int pidfd = open_process(change->ident);
    if (pidfd < 0) {
        return errno;
    }
    const struct knote added = {
        .ident = change->ident,
        .udata = change->udata,
        .data = pidfd,
        .fflags = change->fflags,
        .flags = EV_EOF | EV_ONESHOT,
        .kind = KIND_OTHER,
        .exists = true,
        .filter = FILTER_PROC,
    };
    int error = epoll_ctl(kq->fd, EPOLL_CTL_ADD, pidfd, &event) < 0
                    ? errno
                    : standin_append(kq, &added);
    if (error != 0) {
        __real_close(pidfd);
    }
    return error;
}

int standin_change_process(struct kq *kq, const struct kevent *change)
{
    const unsigned flags = (unsigned)change->flags;
    if ((flags & EV_DISABLE) != 0 ||
        ((flags & EV_ADD) != 0 && change->fflags != NOTE_EXIT)) {
        return EINVAL; /* which the stand-in cannot do */
    }
    struct knote *note = standin_note(kq, FILTER_PROC, change->ident);
    if (note == NULL) {
        return (flags & EV_ADD) != 0 ? add_process(kq, change) : ENOENT;
    }
    if ((flags & EV_DELETE) != 0) {
        standin_close_process(note);
        standin_remove(kq, note);
    } else {
        note->udata = change->udata;
    }
    return 0;
}

int standin_collect_processes(struct kq *kq, struct kevent *events, int room)
{
    int count = 0;
    for (size_t i = kq->user_count; i > 0 && count < room; i--) {
        struct knote *note = &kq->users[i - 1];
        if (note->filter == FILTER_PROC && has_ended((int)note->data)) {
            standin_fill(note, FILTER_PROC, &events[count]);
            events[count].fflags = NOTE_EXIT;
            count++;
            standin_close_process(note);
            standin_remove(kq, note);
        }
    }
    return count;
}
