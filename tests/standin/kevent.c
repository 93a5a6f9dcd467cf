/* kevent.c: the calls. See standin.h. */
#include "standin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1024 /* events of one filter in one call */
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define FOREVER INT64_MAX

int kqueue(void)
{
    return standin_open(0);
}

#ifndef KQUEUE_SHAPE_DARWIN
int kqueue1(int flags)
{
    int fd = standin_open((flags & O_CLOEXEC) != 0 ? EPOLL_CLOEXEC : 0);
    if (fd >= 0 && (flags & O_NONBLOCK) != 0) {
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
}
#endif

/* ---- The changelist -----------------------------------------------------*/

/* How applying the changes has ended: with an error, with records in the
 * eventlist, with nothing to do but return, or else with a wait to come. */
struct outcome {
    int error;
    int records;
    bool is_final;
};

static bool is_skipped(const struct kevent *change)
{
#ifdef KQUEUE_SHAPE_FREEBSD
    return change->filter == 0;
#else
    (void)change;
    return false;
#endif
}

static struct outcome apply(struct kq *kq, const struct kevent *changes,
                            size_t count, struct kevent *events, size_t room)
{
    struct outcome outcome = {0, 0, false};
    for (size_t i = 0; i < count; i++) {
        struct kevent change = changes[i]; /* events may be the same array */
        if (is_skipped(&change)) {
            continue;
        }
        int error = standin_change(kq, &change);
        if (error == 0 && (change.flags & EV_RECEIPT) == 0) {
            continue;
        }
        if ((size_t)outcome.records == room) {
            outcome.error = error;
            outcome.is_final = true;
            return outcome;
        }
        change.flags = EV_ERROR;
        change.data = error;
        events[outcome.records++] = change;
    }
    outcome.is_final = outcome.records > 0 || room == 0;
    return outcome;
}

/* ---- The eventlist ------------------------------------------------------*/

/* A level-triggered note that is ready but has nothing to report would end
 * each wait at once. It is watched for edges until it has. */
static void mute(struct kq *kq, int filter, struct knote *note, bool mute)
{
    if ((note->flags & EV_CLEAR) == 0 && note->is_muted != mute) {
        note->is_muted = mute;
        (void)standin_watch(kq, filter, note, EPOLL_CTL_MOD);
    }
}

static bool report(struct kq *kq, int filter, uint64_t data,
                   struct kevent *event)
{
    size_t fd = (uint32_t)data;
    struct knote *note = &kq->fds[fd][filter];
    if (!note->exists || note->generation != data >> 32) {
        return false;
    }
    if (!standin_report(note, filter, event)) {
        mute(kq, filter, note, true);
        return false;
    }
    mute(kq, filter, note, false);
    standin_reported(kq, filter, note);
    return true;
}

static int collect_ready(struct kq *kq, int filter, struct kevent *events,
                         int room)
{
    struct epoll_event ready[BATCH];
    int count = 0;
    if (kq->inner[filter] < 0 || room == 0) {
        return 0;
    }
    int found =
        epoll_wait(kq->inner[filter], ready, room < BATCH ? room : BATCH, 0);
    for (int i = 0; i < found; i++) {
        if (report(kq, filter, ready[i].data.u64, &events[count])) {
            count++;
        }
    }
    return count;
}

/* Each filter comes first in turn, so that a small room starves none. */
static int collect(struct kq *kq, struct kevent *events, int room)
{
    const unsigned sets = FD_FILTERS + 1;
    int count = 0;
    for (unsigned i = 0; i < sets; i++) {
        int filter = (int)((kq->turn + i) % sets);
        if (filter == FILTER_USER) {
            count += standin_collect_pending(kq, events + count, room - count);
        } else {
            count += collect_ready(kq, filter, events + count, room - count);
        }
    }
    kq->turn++;
    return count;
}

/* ---- The wait -----------------------------------------------------------*/

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static bool is_valid(const struct timespec *timeout)
{
    return timeout == NULL || (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 &&
                               timeout->tv_nsec < NS_PER_S);
}

static int64_t deadline_of(const struct timespec *timeout)
{
    if (timeout == NULL || timeout->tv_sec > INT_MAX) {
        return FOREVER;
    }
    return now() + timeout->tv_sec * NS_PER_S + timeout->tv_nsec;
}

/* The kernel's own types, 64 bits wide on every architecture. */
struct kernel_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

/* ThreadSanitizer keeps a signal that comes in a system call that it does not
 * know until the next call that it does. That must not be the one that locks,
 * since the handler may come here again. */
#if defined(__SANITIZE_THREAD__)
#define LET_SIGNALS_IN() ((void)poll(NULL, 0, 0))
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LET_SIGNALS_IN() ((void)poll(NULL, 0, 0))
#endif
#endif
#ifndef LET_SIGNALS_IN
#define LET_SIGNALS_IN() ((void)0)
#endif

/* Waits until the outer epoll is readable, with the caller's signal mask. The
 * event itself says nothing that is needed. */
static int sleep_on(int outer, int64_t ns, const sigset_t *mask)
{
    struct epoll_event event;
#ifdef SYS_epoll_pwait2
    struct kernel_timespec timeout = {ns / NS_PER_S, ns % NS_PER_S};
    long found =
        syscall(SYS_epoll_pwait2, outer, &event, 1,
                ns == FOREVER ? NULL : &timeout, mask, (size_t)(_NSIG / 8));
    if (found >= 0 || (errno != ENOSYS && errno != EPERM)) {
        int saved = errno;
        LET_SIGNALS_IN();
        errno = saved;
        return (int)found;
    }
#endif
    int64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);
    return epoll_pwait(outer, &event, 1,
                       ns == FOREVER ? -1 : (int)(ms < INT_MAX ? ms : INT_MAX),
                       mask);
}

static int64_t left_until(int64_t deadline)
{
    int64_t left = deadline == FOREVER ? FOREVER : deadline - now();
    return left > 0 ? left : 0;
}

/* Lets a signal in that has come while signals were blocked. A sleep that ends
 * at once with an event does not. */
static bool is_interrupted(const sigset_t *mask)
{
    const struct timespec at_once = {0, 0};
    return ppoll(NULL, 0, &at_once, mask) < 0 && errno == EINTR;
}

/* Returns a count, or -1 and errno. */
static int wait_for_events(struct kq *kq, int fd, struct kevent *events,
                           int room, const struct timespec *timeout,
                           const sigset_t *mask)
{
    if (!is_valid(timeout)) {
        errno = EINVAL;
        return -1;
    }
    const bool polls =
        timeout != NULL && timeout->tv_sec == 0 && timeout->tv_nsec == 0;
    const int64_t deadline = polls ? 0 : deadline_of(timeout);
    bool is_again = false;
    for (;;) {
        standin_look_at_files(kq);
        standin_unlock();
        int woken = sleep_on(fd, polls ? 0 : left_until(deadline), mask);
        int error = errno;
        if (woken > 0 && is_again && is_interrupted(mask)) {
            woken = -1;
            error = EINTR;
        }
        is_again = true;
        standin_lock();
        if (kq->is_closed) {
            errno = EBADF;
            return -1;
        }
        if (woken < 0) {
            errno = error;
            return -1;
        }
        int count = collect(kq, events, room);
        if (count > 0 || woken == 0) {
            return count;
        }
    }
}

static int call(struct kq *kq, int fd, const struct kevent *changes,
                size_t nchanges, struct kevent *events, size_t room,
                const struct timespec *timeout, const sigset_t *mask)
{
    struct outcome outcome = apply(kq, changes, nchanges, events, room);
    if (outcome.error != 0) {
        errno = outcome.error;
        return -1;
    }
    if (outcome.is_final) {
        return outcome.records;
    }
    return wait_for_events(kq, fd, events, room < INT_MAX ? (int)room : INT_MAX,
                           timeout, mask);
}

static bool is_negative(kevent_count_type count)
{
#ifdef KQUEUE_SHAPE_NETBSD
    (void)count;
    return false;
#else
    return count < 0;
#endif
}

static _Atomic unsigned long calls;

unsigned long standin_calls(void)
{
    return atomic_load(&calls);
}

int kevent(int fd, const struct kevent *changes, kevent_count_type nchanges,
           struct kevent *events, kevent_count_type nevents,
           const struct timespec *timeout)
{
    if (is_negative(nchanges) || is_negative(nevents)) {
        errno = EINVAL;
        return -1;
    }
    sigset_t mask;
    int result = -1;
    int saved = errno;
    (void)atomic_fetch_add(&calls, 1);
    standin_enter(&mask);
    struct kq *kq = standin_find(fd);
    if (kq == NULL) {
        errno = EBADF;
    } else {
        kq->callers++;
        result = call(kq, fd, changes, (size_t)nchanges, events,
                      (size_t)nevents, timeout, &mask);
        kq->callers--;
        int error = errno;
        standin_release(kq);
        errno = error;
    }
    int error = errno;
    standin_leave(&mask);
    errno = result < 0 ? error : saved;
    return result;
}
