/* epoll.c: the selector over Linux's epoll.
 *
 * How the kernel behaves. An epoll instance holds a set of (file, descriptor)
 * pairs, each with a mask and 64 bits of user data, which here are the token.
 * A wait returns those that are on the ready list, as {mask, data}: exactly a
 * mio_event, so the kernel writes into the caller's array and nothing is
 * copied, looked up or locked. Adding, changing and removing are each one
 * system call, from any thread, also during a wait; the kernel checks
 * readiness at once, so a source that is ready when it is added or changed
 * gives an event.
 *
 * Edges. With EPOLLET an entry leaves the ready list when it is reported and
 * comes back when the file wakes its waiters. An edge reports everything that
 * is ready, so a read edge also says OUT if there is room. EPOLLONESHOT
 * disables the whole entry after one report: no hangup is reported either.
 * ERR and HUP are always watched; RDHUP (the peer's end of stream) has to be
 * asked for, and is in every registration, so that a writer too sees it.
 *
 * What this costs. Nothing but the system calls. The states of a source are
 * all the kernel's: absent -> armed -> (reported) -> armed by the next edge,
 * or disabled by oneshot until it is changed.
 *
 * Traps.
 * - An entry lives as long as the file, not the descriptor: closing a
 *   duplicated descriptor leaves an entry that can no longer be removed. So
 *   the library's close removes first.
 * - An ERR without HUP means an error on a socket that lives on, or a pipe
 *   without readers. To tell them apart a pipe's writing end also asks for
 *   WRNORM, which only differs from OUT in name: the event carries it along
 *   (MIO_EVENT_PIPE_SENDER).
 * - An entry with EPOLLEXCLUSIVE cannot be changed, only removed and added.
 * - Timeouts are whole milliseconds; epoll_pwait2 (5.11) takes nanoseconds,
 *   and sandboxes that do not know it refuse it with EPERM. A finite timeout
 *   costs the kernel a timer, so it is used only where milliseconds will not
 *   do. */
#include "registry.h"

#ifdef MIO_SYS_EPOLL

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/unix/descriptor.h"
#include "sys/unix/sanitizer.h"

/* The caller's events are the kernel's. */
_Static_assert(sizeof(mio_event) == sizeof(struct epoll_event), "same size");
_Static_assert(offsetof(mio_event, flags) ==
                   offsetof(struct epoll_event, events),
               "same place for the flags");
_Static_assert(offsetof(mio_event, token) == offsetof(struct epoll_event, data),
               "same place for the token");
_Static_assert(MIO_EVENT_IN == EPOLLIN && MIO_EVENT_OUT == EPOLLOUT &&
                   MIO_EVENT_PRIORITY == EPOLLPRI &&
                   MIO_EVENT_ERROR == EPOLLERR &&
                   MIO_EVENT_HANGUP == EPOLLHUP &&
                   MIO_EVENT_READ_CLOSED == EPOLLRDHUP &&
                   MIO_EVENT_PIPE_SENDER == EPOLLWRNORM,
               "same flags");
_Static_assert(MIO_READABLE == EPOLLIN && MIO_WRITABLE == EPOLLOUT &&
                   MIO_PRIORITY == EPOLLPRI,
               "same directions");
_Static_assert(MIO_ONESHOT == EPOLLONESHOT && MIO_EXCLUSIVE == EPOLLEXCLUSIVE &&
                   MIO_LEVEL == EPOLLET,
               "same modes, but that level means: no edges");

int mio__selector_open(struct mio__selector *selector, struct mio__bell *bell,
                       mio_slot *slots, size_t count)
{
    (void)bell;
    (void)slots;
    (void)count;
    selector->no_pwait2 = false;
    selector->epoll = epoll_create1(EPOLL_CLOEXEC);
    return selector->epoll < 0 ? mio_error_from_os(errno) : 0;
}

void mio__selector_close(struct mio__selector *selector)
{
    mio__fd_close(selector->epoll);
}

const char *mio__selector_name(void)
{
    return "epoll";
}

int mio__selector_fd(const struct mio__selector *selector, mio_fd *fd)
{
    *fd = selector->epoll;
    return 0;
}

/* ---- Registering --------------------------------------------------------*/

static int control_error(int native)
{
    switch (native) {
    case EPERM: /* a regular file, a directory: always ready, not pollable */
        return MIO_ERR_UNSUPPORTED;
    case ENOSPC: /* the user's limit of watches */
        return MIO_ERR_OUT_OF_MEMORY;
    case ELOOP: /* polls nested in a circle, or too deep */
        return MIO_ERR_INVALID_INPUT;
    default:
        return mio_error_from_os(native);
    }
}

static int control(const struct mio__selector *selector, int operation, int fd,
                   uint32_t mask, mio_token token)
{
    struct epoll_event event;
    event.events = mask;
    event.data.u64 = token;
    if (epoll_ctl(selector->epoll, operation, fd, &event) < 0) {
        return control_error(errno);
    }
    return 0;
}

static uint32_t mask_of(const mio_source *source, mio_interest interest)
{
    uint32_t mask = (interest ^ EPOLLET) | EPOLLRDHUP;
    if ((interest & MIO_EXCLUSIVE) != 0) {
        mask ^= EPOLLRDHUP; /* refused together */
    }
    if ((source->flags_ & MIO__SOURCE_PIPE_SENDER) != 0 &&
        (interest & MIO_WRITABLE) != 0) {
        mask |= EPOLLWRNORM;
    }
    return mask;
}

static void remember_exclusive(mio_source *source, mio_interest interest)
{
    const bool was = (source->flags_ & MIO__SOURCE_EXCLUSIVE) != 0;
    if (was != ((interest & MIO_EXCLUSIVE) != 0)) {
        source->flags_ ^= MIO__SOURCE_EXCLUSIVE;
    }
}

int mio__selector_watch_bell(struct mio__selector *selector, mio_fd doorbell)
{
    return control(selector, EPOLL_CTL_ADD, doorbell, EPOLLIN | EPOLLET,
                   MIO_TOKEN_RESERVED);
}

int mio__selector_register(struct mio__selector *selector, mio_source *source,
                           mio_token token, mio_interest interest)
{
    int error = control(selector, EPOLL_CTL_ADD, source->fd,
                        mask_of(source, interest), token);
    if (error == 0) {
        remember_exclusive(source, interest);
    }
    return error;
}

int mio__selector_reregister(struct mio__selector *selector, mio_source *source,
                             mio_token token, mio_interest interest)
{
    int operation = EPOLL_CTL_MOD;
    if ((source->flags_ & MIO__SOURCE_EXCLUSIVE) != 0 ||
        (interest & MIO_EXCLUSIVE) != 0) {
        (void)control(selector, EPOLL_CTL_DEL, source->fd, 0, 0);
        operation = EPOLL_CTL_ADD;
    }
    int error = control(selector, operation, source->fd,
                        mask_of(source, interest), token);
    if (error == 0) {
        remember_exclusive(source, interest);
    } else if (error == MIO_ERR_NOT_FOUND || operation == EPOLL_CTL_ADD) {
        source->owner_ = NULL; /* dropped by the kernel, or by us just now */
    }
    return error;
}

int mio__selector_deregister(struct mio__selector *selector, mio_source *source)
{
    int error = control(selector, EPOLL_CTL_DEL, source->fd, 0, 0);
    if (error == MIO_ERR_NOT_FOUND || error == MIO_ERR_BAD_DESCRIPTOR) {
        return 0; /* closed before it was deregistered: it is gone */
    }
    return error;
}

/* ---- Waiting ------------------------------------------------------------*/

/* The kernel's own timespec, 64 bits wide on every architecture. */
struct kernel_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

/* By number: older C libraries lack the wrapper. */
static int pwait2(int epoll, struct epoll_event *events, int room,
                  int64_t timeout_ns)
{
#ifdef SYS_epoll_pwait2
    struct kernel_timespec timeout = {timeout_ns / MIO__NS_PER_S,
                                      timeout_ns % MIO__NS_PER_S};
    int count = (int)syscall(SYS_epoll_pwait2, epoll, events, room, &timeout,
                             NULL, (size_t)0);
    MIO__WRITTEN_BY_KERNEL(events, count, sizeof(*events));
    return count;
#else
    (void)epoll;
    (void)events;
    (void)room;
    (void)timeout_ns;
    errno = ENOSYS;
    return -1;
#endif
}

static int wait_native(struct mio__selector *selector,
                       struct epoll_event *events, int room, int64_t timeout_ns)
{
    if (timeout_ns <= 0) {
        return epoll_wait(selector->epoll, events, room,
                          timeout_ns < 0 ? -1 : 0);
    }
    if (timeout_ns % MIO__NS_PER_MS != 0 && !selector->no_pwait2) {
        int count = pwait2(selector->epoll, events, room, timeout_ns);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) {
            return count;
        }
        selector->no_pwait2 = true;
    }
    return epoll_wait(selector->epoll, events, room,
                      mio__clock_milliseconds(timeout_ns));
}

int mio__selector_wait(struct mio__selector *selector, mio_event *events,
                       int room, int64_t timeout_ns)
{
    int count = wait_native(selector, (struct epoll_event *)(void *)events,
                            room, timeout_ns);
    return count < 0 ? mio_error_from_os(errno) : count;
}

#endif
