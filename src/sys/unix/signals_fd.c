/* signals_fd.c: signals from a signalfd, on Linux. See sys/signals.h.
 *
 * Signals that are blocked stay in the kernel until somebody reads them from
 * the descriptor. It keeps one of each number (more of real-time signals), with
 * the first one's sender. A read gives what is pending for the process and for
 * the thread that reads, so a signal for another thread is never seen. Nothing
 * runs in a handler, and no system call is interrupted; the price is that
 * threads and programs inherit the mask. */
#include "signal_set.h"

#ifdef MIO_SIGNALS_SIGNALFD

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sys/unix/descriptor.h"
#include "sys/unix/signals.h"

enum { BATCH = 8, ROUNDS = 64 };

static void wanted_by(const struct mio__signal_set *set, sigset_t *wanted)
{
    (void)sigemptyset(wanted);
    for (uint32_t i = 0; i < set->count; i++) {
        (void)sigaddset(wanted, set->slots[i].number);
    }
}

int mio__signals_open(struct mio__signal_set *set)
{
    sigset_t wanted;
    sigset_t before;
    wanted_by(set, &wanted);
    int fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        return mio_error_from_os(errno);
    }
    (void)pthread_sigmask(SIG_BLOCK, &wanted, &before);
    (void)sigemptyset(&set->saved.blocked);
    for (uint32_t i = 0; i < set->count; i++) {
        if (sigismember(&before, set->slots[i].number) == 0) {
            (void)sigaddset(&set->saved.blocked, set->slots[i].number);
        }
    }
    mio__source_open(&set->memory.source, fd, 0);
    return 0;
}

/* ---- Reading ------------------------------------------------------------*/

/* Returns how many were read; fewer than room if there are no more. */
static mio_ssize batch_read(mio_fd fd, struct signalfd_siginfo *batch,
                            size_t room)
{
    ssize_t length;
    do {
        length = read(fd, batch, room * sizeof(*batch));
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
        return errno == EAGAIN ? 0 : mio_error_from_os(errno);
    }
    return length / (ssize_t)sizeof(*batch);
}

static void merge(mio_signal_info *infos, size_t *count,
                  const struct signalfd_siginfo *from)
{
    const int number = (int)from->ssi_signo;
    mio_signal_info *info = mio__signals_place(infos, count, number);
    if (info->count == 0) {
        info->sender_known =
            from->ssi_pid != 0 &&
            mio__signals_has_sender(number, (int)from->ssi_code);
        info->sender_process = info->sender_known ? (int64_t)from->ssi_pid : 0;
        info->sender_user = info->sender_known ? from->ssi_uid : 0;
    }
    info->count++;
}

/* The kernel gives the lowest number first, but what comes between two reads
 * may be lower. */
mio_ssize mio__signals_read(struct mio__signal_set *set, mio_signal_info *infos,
                            size_t room)
{
    struct signalfd_siginfo batch[BATCH];
    size_t count = 0;
    for (int round = 0; round < ROUNDS && count < room; round++) {
        const size_t wanted = room - count < BATCH ? room - count : BATCH;
        const mio_ssize got = batch_read(set->memory.source.fd, batch, wanted);
        if (got < 0) {
            return count > 0 ? (mio_ssize)count : got;
        }
        for (mio_ssize i = 0; i < got; i++) {
            merge(infos, &count, &batch[i]);
        }
        if ((size_t)got < wanted) {
            mio__source_blocked(&set->memory.source, MIO_READABLE);
            break;
        }
    }
    return (mio_ssize)count;
}

/* ---- Closing ------------------------------------------------------------*/

/* What was not read would have its effect as soon as it is not blocked. */
static void forget_unread(mio_fd fd)
{
    struct signalfd_siginfo batch[BATCH];
    mio_ssize got = BATCH;
    for (int round = 0; round < ROUNDS * ROUNDS && got == BATCH; round++) {
        got = batch_read(fd, batch, BATCH);
    }
}

void mio__signals_close(struct mio__signal_set *set)
{
    forget_unread(set->memory.source.fd);
    mio__source_close(&set->memory.source);
    (void)pthread_sigmask(SIG_UNBLOCK, &set->saved.blocked, NULL);
}

/* The parent's poll would lose its source if the child deregistered it. */
void mio__signals_close_in_child(struct mio__signal_set *set)
{
    mio__fd_close(set->memory.source.fd);
    (void)pthread_sigmask(SIG_UNBLOCK, &set->saved.blocked, NULL);
}

#endif
