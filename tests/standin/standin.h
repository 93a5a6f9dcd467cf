/* standin.h: the parts of the stand-in for kqueue.
 *
 * How it works. The descriptor of a kqueue is an outer epoll. In it are one
 * inner epoll for each kind of filter on descriptors, and a "bell", an eventfd
 * that is readable while a note is pending that the kernel does not watch
 * (EVFILT_USER, regular files). The kernel holds the registrations, so that
 * waiting, polling the kqueue, nesting it, and changes during a wait are the
 * kernel's business. Separate inner epolls keep the directions apart.
 *
 * What is known of a registration is in a knote: its flags and udata, and what
 * was reported last. All of it is behind one lock, and signals are blocked
 * while the lock is held, because a signal handler may call kevent().
 *
 * close() is wrapped at link time (--wrap=close): closing a descriptor removes
 * its notes even if a duplicate lives on, as a BSD does and epoll does not, and
 * closing a kqueue frees what belongs to it. sigaction() and kill() are wrapped
 * for EVFILT_SIGNAL. No memory comes from malloc:
 * programs that count their allocations see none of ours.
 *
 *   table.c    the kqueues there are: lock, find, open, close
 *   change.c   one entry of a changelist
 *   pending.c  EVFILT_USER, and regular files
 *   process.c  EVFILT_PROC
 *   signal.c   EVFILT_SIGNAL
 *   ready.c    what a descriptor's state means in terms of kqueue
 *   kevent.c   the calls
 *
 * What is not faithful is listed in README.md. */
#ifndef KQUEUE_STANDIN_H
#define KQUEUE_STANDIN_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <sys/event.h>

/* ---- For tests ----------------------------------------------------------*/

/* Traps of some systems, off unless set here or named, with commas, in the
 * environment variable KQUEUE_TRAPS. */
#define TRAP_TOUCH                                                             \
    1u /* "touch": FreeBSD; EV_CLEAR in a change of an
                            EVFILT_USER note clears it, also what the same
                            change has triggered */
#define TRAP_DISABLED                                                          \
    2u /* "disabled": FreeBSD, NetBSD; EV_ADD leaves a note
                            that is disabled so, unless with EV_ENABLE */
#define TRAP_NO_USER                                                           \
    4u /* "nouser": a kernel that is older than the headers;
                            EVFILT_USER is EINVAL */
void standin_set_traps(unsigned traps);

/* How often kevent() has been called. */
unsigned long standin_calls(void);

/* ---- Notes --------------------------------------------------------------*/

enum {
    FILTER_NONE = -1,
    FILTER_READ,
    FILTER_WRITE,
    FILTER_EXCEPT,
    FD_FILTERS, /* how many there are on descriptors */
    FILTER_USER = FD_FILTERS,
    FILTER_AIO,
    FILTER_LIO,
    FILTER_PROC,
    FILTER_SIGNAL
};

enum kind {
    KIND_TCP,
    KIND_STREAM, /* other sockets with connections */
    KIND_DATAGRAM,
    KIND_PIPE,
    KIND_KQUEUE,
    KIND_FILE, /* a regular file, which epoll refuses */
    KIND_OTHER
};

struct knote {
    uintptr_t ident;
    void *udata;
    int64_t data;    /* EVFILT_USER, NOTE_LOWAT: as given by the last change;
                        EVFILT_PROC: its pidfd; EVFILT_SIGNAL: the count */
    uint64_t bytes;  /* TCP: moved in this direction, when last reported */
    uint32_t fflags; /* as given */
    uint32_t flags;  /* as given with the first EV_ADD */
    uint32_t generation;
    uint32_t state; /* when last reported */
    enum kind kind;
    int filter; /* of those that are in kq.users */
    bool exists;
    bool is_disabled;
    bool is_pending;   /* what the kernel does not watch: to be reported */
    bool is_late;      /* EVFILT_SIGNAL: the next one was sent before it */
    bool is_muted;     /* level-triggered, but ready in a way that kqueue does
                         not report: watched for edges meanwhile */
    bool was_reported; /* since the last change: bytes and state are valid */
};

struct kq {
    struct kq *next;
    struct knote (*fds)[FD_FILTERS]; /* by descriptor */
    size_t fd_room;
    struct knote *users;
    size_t user_count;
    size_t user_room;
    size_t file_count;
    int fd;                /* its number, or one of them */
    int inner[FD_FILTERS]; /* epolls */
    int bell;
    unsigned callers; /* in kevent() */
    unsigned turn;    /* which filter comes first */
    uint32_t generation;
    bool is_closed;
    bool is_rung;
};

/* ---- table.c ------------------------------------------------------------*/

/* Between these two, signals are blocked and the lock is held. */
void standin_enter(sigset_t *mask);
void standin_leave(const sigset_t *mask);
void standin_lock(void);
void standin_unlock(void);

/* Whether this is the process that has made the kqueues, not a child of it. */
bool standin_is_owner(void);

/* The list of kqueues. Under the lock. */
struct kq *standin_first(void);

unsigned standin_traps(void);
int standin_open(int flags);
struct kq *standin_find(int fd);
void standin_release(struct kq *kq);

/* Makes an array longer; the new part is zero. NULL if there is no memory. */
void *standin_grow(void *old, size_t size, size_t *room, size_t wanted);

/* ---- change.c, pending.c, ready.c ---------------------------------------*/

/* Applies one change. Returns 0 or an errno. */
int standin_change(struct kq *kq, const struct kevent *change);

/* EVFILT_USER's part of that. */
int standin_change_user(struct kq *kq, const struct kevent *change);

/* Notes that are not on descriptors. */
struct knote *standin_note(const struct kq *kq, int filter, uintptr_t ident);
int standin_append(struct kq *kq, const struct knote *note);
void standin_remove(struct kq *kq, struct knote *note);

/* EVFILT_PROC's part: changing, reporting up to room, and letting go. */
int standin_change_process(struct kq *kq, const struct kevent *change);
int standin_collect_processes(struct kq *kq, struct kevent *events, int room);
void standin_close_process(const struct knote *note);

/* EVFILT_SIGNAL's part: changing, letting go of the signal of a note that has
 * been removed, and letting go of all in a child process. */
int standin_change_signal(struct kq *kq, const struct kevent *change);
void standin_close_signal(uintptr_t number);
void standin_disown_signals(void);

/* Watches, changes (level or edge as flags and is_muted say; looks again in
 * any case) or stops. Return 0 or an errno. */
int standin_watch(struct kq *kq, int filter, struct knote *note, int operation);

/* A descriptor's note is removed; its number may be anything by now. */
void standin_forget(struct kq *kq, int filter, struct knote *note);

/* Fits the bell to the notes that are pending. */
void standin_ring(struct kq *kq);

/* Looks which files are ready that are watched by level. */
void standin_look_at_files(struct kq *kq);
bool standin_file_is_ready(int filter, const struct knote *note);

/* Pending notes: reports up to room. */
int standin_collect_pending(struct kq *kq, struct kevent *events, int room);

enum kind standin_kind_of(int fd);

/* What a note has to report now, if anything. */
bool standin_report(struct knote *note, int filter, struct kevent *event);

/* Fills in what the report of a note always has. */
void standin_fill(const struct knote *note, int filter, struct kevent *event);

/* A note has been reported: EV_ONESHOT removes it, EV_DISPATCH disables it. */
void standin_reported(struct kq *kq, int filter, struct knote *note);

#endif
