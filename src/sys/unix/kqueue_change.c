/* kqueue_change.c: see kqueue_change.h. */
#include "internal.h"

#include "sys/selector.h"

#ifdef MIO_SYS_KQUEUE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "sys/unix/descriptor.h"
#include "sys/unix/kqueue_change.h"

_Static_assert(sizeof(((struct kevent *)0)->udata) == sizeof(mio_token),
               "the user data has room for a token");

int mio__kqueue_open(void)
{
    int fd = kqueue();
    if (fd < 0) {
        return mio_error_from_os(errno);
    }
    int error = mio__fd_set_cloexec(fd);
    if (error != 0) {
        mio__fd_close(fd);
        return error;
    }
    return fd;
}

mio_token mio__kevent_token(const struct kevent *event)
{
    mio_token token;
    memcpy(&token, &event->udata, sizeof(token));
    return token;
}

void mio__kevent_set_token(struct kevent *event, mio_token token)
{
    memcpy(&event->udata, &token, sizeof(token));
}

/* By assignments, not EV_SET, whose casts differ from system to system. */
void mio__changes_add(struct mio__changes *changes, int fd, uint32_t filter,
                      unsigned flags, mio_token token)
{
    struct kevent *change = &changes->list[changes->count++];
    memset(change, 0, sizeof(*change));
    change->ident = (uintptr_t)fd;
    change->filter = filter == MIO_WRITABLE ? EVFILT_WRITE : EVFILT_READ;
    change->flags = (unsigned short)(flags | EV_RECEIPT);
    mio__kevent_set_token(change, token);
    if (filter == MIO__FILTER_END) {
        /* More than there will ever be: so many bytes, or the end. */
        change->fflags = NOTE_LOWAT;
        change->data = INT_MAX;
    }
#ifdef MIO__HAS_EXCEPT
    if (filter == MIO_PRIORITY) {
        change->filter = EVFILT_EXCEPT;
        change->fflags = NOTE_OOB;
    }
#endif
}

/* What is as good as success: a deletion of what is gone already, and the end
 * of a pipe that has lost its writers, of which an event will tell. */
static bool is_harmless(const struct kevent *change, int native)
{
    if ((change->flags & EV_DELETE) != 0) {
        return native == ENOENT || native == EBADF;
    }
    return native == EPIPE && (int)change->filter == (int)EVFILT_READ;
}

static int failure(const struct kevent *change, int native)
{
    if (native == EBADF && (int)change->filter == (int)EVFILT_WRITE &&
        fcntl((int)change->ident, F_GETFD) >= 0) {
        native = EPIPE; /* NetBSD's word for a pipe without readers */
    }
    errno = native;
    switch (native) {
    case EPERM:
    case EINVAL: /* macOS: a terminal, or another device */
    case ENODEV:
    case ENOTSUP:
        return MIO_ERR_UNSUPPORTED;
    default:
        return mio_error_from_os(native);
    }
}

int mio__changes_apply(const struct mio__changes *changes, int kqueue)
{
    struct kevent receipts[MIO__CHANGES_MAX];
    if (changes->count == 0) {
        return 0;
    }
    int count =
        (int)kevent(kqueue, changes->list, MIO__KEVENT_COUNT(changes->count),
                    receipts, MIO__KEVENT_COUNT(changes->count), NULL);
    if (count < 0) {
        /* Interrupted, the changes have been made all the same. */
        return errno == EINTR ? 0 : mio_error_from_os(errno);
    }
    for (int i = 0; i < count; i++) {
        int native = (int)receipts[i].data;
        if ((receipts[i].flags & EV_ERROR) != 0 && native != 0 &&
            !is_harmless(&changes->list[i], native)) {
            return failure(&changes->list[i], native);
        }
    }
    return 0;
}

#endif
