/* signals_kqueue.c: signals from a kqueue. See sys/signals.h.
 *
 * The filter EVFILT_SIGNAL of a number tells how often that signal has been
 * sent to the process. A set is a kqueue that holds the filters of its signals
 * and nothing else: a kqueue is a descriptor that is readable while it has
 * something to tell, and so a source like any other, of whichever poll, in
 * every mode. In the poll's own kqueue the filters could not be level-triggered
 * (fetching one resets it, EV_CLEAR or not), and a wait would have to tell
 * them from sources.
 *
 * How the filter behaves. FreeBSD, NetBSD and OpenBSD write an attempt down
 * first of all, before they look at masks and actions. So it is told if the
 * signal is blocked, ignored, or pending already, and takes its course all the
 * same. macOS does likewise, but for signals to one thread (raise,
 * pthread_kill), which it does not tell. On no system does the filter know the
 * sender.
 *
 * Since the filter takes nothing away, the signals are caught, by a handler
 * that does nothing. To ignore them would do as well, but programs that are
 * executed inherit that; a signal that is caught is back at its default there.
 * They are unblocked too: blocked, they would stay pending, the real-time ones
 * in a queue that fills up. As with any handler, system calls that know no
 * restart are interrupted.
 *
 * Opening. The filters come first, then the handlers: between the two a signal
 * has its old effect and is told as well, the other way round it would be lost.
 * What was pending before has no filter that knows of it, and is sent again; it
 * is still one signal. If it comes just then it may be counted twice.
 *
 * Closing. A signal may be told before it is caught, in another thread that has
 * not got to it yet. With its old action it might then end the process although
 * the program has read it. So what is pending is thrown away first.
 *
 * Traps.
 * - SIGCHLD is not sent at all while its action is SIG_IGN.
 * - A kqueue is not inherited by fork: in a child its number is free, and
 *   perhaps another descriptor's by now. The handlers are inherited; until the
 *   child closes the set they give its signals back (signals_caught.c).
 * - The kernel reports in no order that is promised, and what is fetched is
 *   gone. So for fewer than there are signals, those with higher numbers are
 *   disabled meanwhile, which keeps their counts. */
#include "signal_set.h"

#ifdef MIO_SIGNALS_KQUEUE

#include <errno.h>
#include <string.h>

#include "sys/unix/descriptor.h"
#include "sys/unix/kqueue_change.h"
#include "sys/unix/signals.h"

static void handle(int number, siginfo_t *from, void *context)
{
    const int saved = errno;
    struct mio__signal_set *set = mio__signal_enter(number);
    (void)from;
    (void)context;
    if (set != NULL) {
        (void)mio__signals_hand_back(set, number);
    }
    mio__signal_leave();
    errno = saved;
}

/* ---- The kqueue ---------------------------------------------------------*/

struct changes {
    struct kevent list[MIO_SIGNAL_SET_MAX];
    size_t count;
};

/* Changes of the filters of the slots from `first` to before `end`. */
static struct changes changes_of(const struct mio__signal_set *set,
                                 size_t first, size_t end, unsigned flags)
{
    struct changes changes;
    memset(&changes, 0, sizeof(changes));
    for (size_t i = first; i < end; i++) {
        struct kevent *change = &changes.list[changes.count++];
        change->ident = (uintptr_t)set->slots[i].number;
        change->filter = EVFILT_SIGNAL;
        change->flags = (unsigned short)flags;
    }
    return changes;
}

/* Makes changes, and fetches up to room of what has come. Returns how many, or
 * an error. Interrupted, the changes have been made; to repeat them does no
 * harm. */
static mio_ssize exchange(mio_fd fd, const struct changes *changes,
                          struct kevent *events, size_t room)
{
    const struct timespec at_once = {0, 0};
    int count;
    do {
        count =
            (int)kevent(fd, changes->list, MIO__KEVENT_COUNT(changes->count),
                        events, MIO__KEVENT_COUNT(room), &at_once);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? mio_error_from_os(errno) : count;
}

/* ---- Opening ------------------------------------------------------------*/

/* The signals of the set that no filter can have seen. */
static void send_again(const struct mio__signal_set *set,
                       const sigset_t *pending)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const int number = set->slots[i].number;
        if (sigismember(pending, number) == 1) {
            (void)kill((pid_t)set->process, number);
        }
    }
}

static int open_filters(struct mio__signal_set *set, int fd)
{
    const struct changes added =
        changes_of(set, 0, set->count, EV_ADD | EV_CLEAR);
    sigset_t pending;
    int error = (int)exchange(fd, &added, NULL, 0);
    if (error == 0) {
        (void)sigemptyset(&pending);
        (void)sigpending(&pending);
        mio__signal_publish(set);
        error = mio__signals_catch(set, handle);
    }
    if (error == 0) {
        send_again(set, &pending);
    }
    return error;
}

int mio__signals_open(struct mio__signal_set *set)
{
    int fd = mio__kqueue_open();
    if (fd < 0) {
        return fd;
    }
    int error = open_filters(set, fd);
    if (error != 0) {
        mio__fd_close(fd);
        return error;
    }
    mio__source_open(&set->memory.source, fd, MIO__SOURCE_KQUEUE);
    return 0;
}

/* ---- Reading ------------------------------------------------------------*/

static void merge(mio_signal_info *infos, size_t *count,
                  const struct kevent *event)
{
    mio_signal_info *info = mio__signals_place(infos, count, (int)event->ident);
    const uint32_t room = UINT32_MAX - info->count;
    const uint64_t come = event->data > 0 ? (uint64_t)event->data : 1;
    info->count += come < room ? (uint32_t)come : room;
    info->sender_known = false;
    info->sender_process = 0;
    info->sender_user = 0;
}

/* Fetches up to room in all, of which there are *count. Returns 0 or an error.
 */
static int fetch(mio_fd fd, const struct changes *changes,
                 mio_signal_info *infos, size_t *count, size_t room)
{
    struct kevent events[MIO_SIGNAL_SET_MAX];
    const size_t wanted =
        room - *count < MIO_SIGNAL_SET_MAX ? room - *count : MIO_SIGNAL_SET_MAX;
    const mio_ssize got = exchange(fd, changes, events, wanted);
    for (mio_ssize i = 0; i < got; i++) {
        if ((events[i].flags & EV_ERROR) != 0) {
            return mio_error_from_os((int)events[i].data);
        }
        merge(infos, count, &events[i]);
    }
    return got < 0 ? (int)got : 0;
}

/* With room for fewer than there are: as many of the lowest as there is room
 * for are left enabled, and while they have not filled it, more of the others
 * are enabled again. */
static int fetch_lowest(struct mio__signal_set *set, mio_signal_info *infos,
                        size_t *count, size_t room)
{
    const mio_fd fd = set->memory.source.fd;
    size_t enabled = room;
    struct changes changes = changes_of(set, enabled, set->count, EV_DISABLE);
    int error = fetch(fd, &changes, infos, count, room);
    while (error == 0 && *count < room && enabled < set->count) {
        const size_t more = room - *count < set->count - enabled
                                ? room - *count
                                : set->count - enabled;
        changes = changes_of(set, enabled, enabled + more, EV_ENABLE);
        enabled += more;
        error = fetch(fd, &changes, infos, count, room);
    }
    changes = changes_of(set, enabled, set->count, EV_ENABLE);
    if (changes.count > 0) {
        const int last = (int)exchange(fd, &changes, NULL, 0);
        error = error != 0 ? error : last;
    }
    return error;
}

mio_ssize mio__signals_read(struct mio__signal_set *set, mio_signal_info *infos,
                            size_t room)
{
    const struct changes none = {.count = 0};
    size_t count = 0;
    int error = room < set->count
                    ? fetch_lowest(set, infos, &count, room)
                    : fetch(set->memory.source.fd, &none, infos, &count, room);
    if (error != 0 && count == 0) {
        return error;
    }
    if (count < room) {
        mio__source_blocked(&set->memory.source, MIO_READABLE);
    }
    return (mio_ssize)count;
}

/* ---- Closing ------------------------------------------------------------*/

void mio__signals_close(struct mio__signal_set *set)
{
    mio__source_close(&set->memory.source);
    mio__signals_let_go(set, handle, true);
}

/* There is no kqueue, and what is pending is the child's own. */
void mio__signals_close_in_child(struct mio__signal_set *set)
{
    mio__signals_let_go(set, handle, false);
}

#endif
