/* doorbell_user.c: a doorbell that is a filter of the selector's kqueue, and a
 * pipe on kernels that are older than the headers.
 *
 * EVFILT_USER needs no descriptor: a change with NOTE_TRIGGER is the ring, and
 * fetching the event hushes it (EV_CLEAR). The trigger must not repeat
 * EV_CLEAR: FreeBSD would take it back at once. */
#include "internal.h"

#ifdef MIO_DOORBELL_USER

#include <errno.h>

#include "sys/unix/doorbell_pipe.h"
#include "sys/unix/kqueue_change.h"

#ifdef EVFILT_USER

#define TRIGGER NOTE_TRIGGER

/* Returns 0 or an errno. */
static int control(int kqueue, unsigned flags, unsigned fflags)
{
    struct kevent change = {0};
    struct kevent receipt;
    change.filter = EVFILT_USER;
    change.flags = (unsigned short)(flags | EV_RECEIPT);
    change.fflags = fflags;
    mio__kevent_set_token(&change, MIO_TOKEN_RESERVED);
    if (kevent(kqueue, &change, 1, &receipt, 1, NULL) < 0) {
        return errno == EINTR ? 0 : errno;
    }
    return (int)receipt.data;
}

#else

#define TRIGGER 0u

static int control(int kqueue, unsigned flags, unsigned fflags)
{
    (void)kqueue;
    (void)flags;
    (void)fflags;
    return EINVAL;
}

#endif

static bool is_pipe(const struct mio__doorbell *doorbell)
{
    return doorbell->watch >= 0;
}

/* pre: ring is the kqueue's descriptor, as the selector has left it */
int mio__doorbell_open(struct mio__doorbell *doorbell)
{
    if (control(doorbell->ring, EV_ADD | EV_CLEAR, 0) != 0) {
        return mio__doorbell_pipe_open(doorbell);
    }
    doorbell->watch = -1;
    return 0;
}

void mio__doorbell_close(struct mio__doorbell *doorbell)
{
    if (is_pipe(doorbell)) {
        mio__doorbell_pipe_close(doorbell);
    }
}

int mio__doorbell_ring(const struct mio__doorbell *doorbell)
{
    if (is_pipe(doorbell)) {
        return mio__doorbell_pipe_ring(doorbell);
    }
    int saved = errno;
    int native = control(doorbell->ring, EV_ADD, TRIGGER);
    errno = native == 0 ? saved : native;
    return mio_error_from_os(native);
}

void mio__doorbell_hush(const struct mio__doorbell *doorbell)
{
    if (is_pipe(doorbell)) { /* otherwise EV_CLEAR has done it */
        mio__doorbell_pipe_hush(doorbell);
    }
}

#endif
