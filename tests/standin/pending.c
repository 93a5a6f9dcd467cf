/* pending.c: notes that no epoll can watch: EVFILT_USER, signals, and regular
 * files.
 * While one of them is to be reported the bell is readable. See standin.h. */
#include "standin.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The bell -----------------------------------------------------------*/

static bool is_due(const struct knote *note)
{
    return note->exists && note->is_pending && !note->is_disabled;
}

static bool file_is_due(const struct kq *kq)
{
    for (size_t fd = 0; kq->file_count > 0 && fd < kq->fd_room; fd++) {
        for (int filter = 0; filter < FD_FILTERS; filter++) {
            if (is_due(&kq->fds[fd][filter])) {
                return true;
            }
        }
    }
    return false;
}

static bool user_is_due(const struct kq *kq)
{
    for (size_t i = 0; i < kq->user_count; i++) {
        if (is_due(&kq->users[i])) {
            return true;
        }
    }
    return false;
}

void standin_ring(struct kq *kq)
{
    bool due = user_is_due(kq) || file_is_due(kq);
    if (due == kq->is_rung) {
        return;
    }
    uint64_t count = 1;
    ssize_t moved = due ? write(kq->bell, &count, sizeof(count))
                        : read(kq->bell, &count, sizeof(count));
    (void)moved;
    kq->is_rung = due;
}

/* ---- Regular files ------------------------------------------------------*/

/* Readable unless the offset is at the end, and always writable. */
static int64_t file_data(int filter, const struct knote *note)
{
    struct stat status;
    off_t offset = lseek((int)note->ident, 0, SEEK_CUR);
    if (filter != FILTER_READ || fstat((int)note->ident, &status) < 0) {
        return 0;
    }
    return (int64_t)(status.st_size - offset);
}

bool standin_file_is_ready(int filter, const struct knote *note)
{
    return filter == FILTER_WRITE ||
           (filter == FILTER_READ && file_data(filter, note) != 0);
}

void standin_look_at_files(struct kq *kq)
{
    if (kq->file_count == 0) {
        return;
    }
    for (size_t fd = 0; fd < kq->fd_room; fd++) {
        for (int filter = 0; filter < FD_FILTERS; filter++) {
            struct knote *note = &kq->fds[fd][filter];
            if (note->exists && note->kind == KIND_FILE &&
                (note->flags & EV_CLEAR) == 0) {
                note->is_pending = standin_file_is_ready(filter, note);
            }
        }
    }
    standin_ring(kq);
}

static int collect_files(struct kq *kq, struct kevent *events, int room)
{
    int count = 0;
    for (size_t fd = 0; kq->file_count > 0 && fd < kq->fd_room; fd++) {
        for (int filter = 0; filter < FD_FILTERS && count < room; filter++) {
            struct knote *note = &kq->fds[fd][filter];
            if (!is_due(note)) {
                continue;
            }
            standin_fill(note, filter, &events[count]);
            events[count].data = (kevent_data_type)file_data(filter, note);
            count++;
            note->is_pending = (note->flags & EV_CLEAR) == 0;
            standin_reported(kq, filter, note);
        }
    }
    return count;
}

/* ---- Notes that are not on descriptors ----------------------------------*/

struct knote *standin_note(const struct kq *kq, int filter, uintptr_t ident)
{
    for (size_t i = 0; i < kq->user_count; i++) {
        if (kq->users[i].ident == ident && kq->users[i].filter == filter) {
            return &kq->users[i];
        }
    }
    return NULL;
}

void standin_remove(struct kq *kq, struct knote *note)
{
    *note = kq->users[--kq->user_count];
}

int standin_append(struct kq *kq, const struct knote *note)
{
    if (kq->user_count == kq->user_room) {
        void *longer = standin_grow(kq->users, sizeof(kq->users[0]),
                                    &kq->user_room, kq->user_room + 1);
        if (longer == NULL) {
            return ENOMEM;
        }
        kq->users = longer;
    }
    kq->users[kq->user_count++] = *note;
    return 0;
}

/* ---- EVFILT_USER --------------------------------------------------------*/

static int add_user(struct kq *kq, const struct kevent *change)
{
    const uint32_t actions =
        EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE | EV_SYSFLAGS;
    const struct knote added = {
        .ident = change->ident,
        .udata = change->udata,
        .data = change->data,
        .fflags = change->fflags & NOTE_FFLAGSMASK,
        .flags = (uint32_t)change->flags & ~actions,
        .kind = KIND_OTHER,
        .exists = true,
        .is_disabled = (change->flags & EV_DISABLE) != 0,
        .is_pending = (change->fflags & NOTE_TRIGGER) != 0 &&
                      (standin_traps() & TRAP_TOUCH) == 0,
        .filter = FILTER_USER,
    };
    return standin_append(kq, &added);
}

static void touch_user(struct knote *note, const struct kevent *change)
{
    unsigned flags = (unsigned)change->flags;
    uint32_t given = change->fflags & NOTE_FFLAGSMASK;
    note->udata = change->udata;
    note->data = change->data;
    switch (change->fflags & NOTE_FFCTRLMASK) {
    case NOTE_FFAND:
        note->fflags &= given;
        break;
    case NOTE_FFOR:
        note->fflags |= given;
        break;
    case NOTE_FFCOPY:
        note->fflags = given;
        break;
    default:
        break;
    }
    bool triggers = (change->fflags & NOTE_TRIGGER) != 0;
    if ((flags & EV_CLEAR) != 0 &&
        (!triggers || (standin_traps() & TRAP_TOUCH) != 0)) {
        note->is_pending = false;
    } else if (triggers) {
        note->is_pending = true;
    }
    if ((flags & (EV_ENABLE | EV_DISABLE)) != 0) {
        note->is_disabled = (flags & EV_ENABLE) == 0;
    } else if ((flags & EV_ADD) != 0 &&
               (standin_traps() & TRAP_DISABLED) == 0) {
        note->is_disabled = false;
    }
}

int standin_change_user(struct kq *kq, const struct kevent *change)
{
    int error = 0;
    if ((standin_traps() & TRAP_NO_USER) != 0) {
        return EINVAL;
    }
    struct knote *note = standin_note(kq, FILTER_USER, change->ident);
    if (note == NULL) {
        error = (change->flags & EV_ADD) != 0 ? add_user(kq, change) : ENOENT;
    } else if ((change->flags & EV_DELETE) != 0) {
        standin_remove(kq, note);
    } else {
        touch_user(note, change);
    }
    standin_ring(kq);
    return error;
}

static void user_reported(struct kq *kq, struct knote *note)
{
    if ((note->flags & EV_CLEAR) != 0) {
        note->is_pending = false;
        note->fflags = 0;
        note->data = 0;
    }
    if ((note->flags & EV_ONESHOT) != 0) {
        const struct knote gone = *note;
        standin_remove(kq, note);
        if (gone.filter == FILTER_SIGNAL) {
            standin_close_signal(gone.ident);
        }
    } else if ((note->flags & EV_DISPATCH) != 0) {
        note->is_disabled = true;
    }
}

static int collect_users(struct kq *kq, struct kevent *events, int room)
{
    int count = 0;
    /* From the end, because removing moves the last one. */
    for (size_t i = kq->user_count; i > 0 && count < room; i--) {
        struct knote *note = &kq->users[i - 1];
        if (is_due(note)) {
            standin_fill(note, note->filter, &events[count]);
            events[count].fflags = note->fflags;
            events[count].data = (kevent_data_type)note->data;
            count++;
            user_reported(kq, note);
        }
    }
    return count;
}

/* ---- Asynchronous I/O ---------------------------------------------------*/

#ifdef EVFILT_LIO

void kqueue_standin_complete(int fd, int filter, uintptr_t request, void *udata)
{
    const struct knote note = {
        .ident = request,
        .udata = udata,
        .flags = EV_ONESHOT | EV_EOF,
        .kind = KIND_OTHER,
        .exists = true,
        .is_pending = true,
        .filter = filter == EVFILT_LIO ? FILTER_LIO : FILTER_AIO,
    };
    sigset_t mask;
    standin_enter(&mask);
    struct kq *kq = standin_find(fd);
    if (kq != NULL && standin_append(kq, &note) == 0) {
        standin_ring(kq);
    }
    standin_leave(&mask);
}

#endif

int standin_collect_pending(struct kq *kq, struct kevent *events, int room)
{
    int count = collect_users(kq, events, room);
    count += collect_files(kq, events + count, room - count);
    count += standin_collect_processes(kq, events + count, room - count);
    if (count > 0) {
        standin_ring(kq);
    }
    return count;
}
