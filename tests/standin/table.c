/* table.c: the kqueues that there are. See standin.h. */
#include "standin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What --wrap=close makes of close(), and what it leaves of it. */
int __real_close(int fd);
int __wrap_close(int fd);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct kq *first;
static unsigned traps;
static bool traps_are_known;

/* The process that made them: a kqueue is not inherited. */
static atomic_int owner;

void standin_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void standin_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

void standin_enter(sigset_t *mask)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, mask);
    standin_lock();
}

void standin_leave(const sigset_t *mask)
{
    standin_unlock();
    pthread_sigmask(SIG_SETMASK, mask, NULL);
}

bool standin_is_owner(void)
{
    return atomic_load(&owner) == getpid();
}

struct kq *standin_first(void)
{
    return first;
}

/* ---- Traps --------------------------------------------------------------*/

unsigned standin_traps(void)
{
    if (!traps_are_known) {
        const char *names = getenv("KQUEUE_TRAPS");
        if (names != NULL) {
            traps |= strstr(names, "touch") != NULL ? TRAP_TOUCH : 0;
            traps |= strstr(names, "disabled") != NULL ? TRAP_DISABLED : 0;
            traps |= strstr(names, "nouser") != NULL ? TRAP_NO_USER : 0;
        }
        traps_are_known = true;
    }
    return traps;
}

void standin_set_traps(unsigned wanted)
{
    sigset_t mask;
    standin_enter(&mask);
    traps = wanted;
    traps_are_known = true;
    standin_leave(&mask);
}

/* ---- Memory -------------------------------------------------------------*/

static void *allocate(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void release(void *memory, size_t bytes)
{
    if (memory != NULL) {
        munmap(memory, bytes);
    }
}

void *standin_grow(void *old, size_t size, size_t *room, size_t wanted)
{
    size_t larger = *room < 16 ? 16 : *room;
    while (larger < wanted) {
        larger *= 2;
    }
    void *memory = allocate(larger * size);
    if (memory != NULL) {
        if (old != NULL) {
            memcpy(memory, old, *room * size);
        }
        release(old, *room * size);
        *room = larger;
    }
    return memory;
}

/* ---- Opening ------------------------------------------------------------*/

static int watch_inner(int outer, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(outer, EPOLL_CTL_ADD, fd, &event);
}

static void close_parts(struct kq *kq)
{
    for (int i = 0; i < FD_FILTERS; i++) {
        if (kq->inner[i] >= 0) {
            __real_close(kq->inner[i]);
        }
    }
    if (kq->bell >= 0) {
        __real_close(kq->bell);
    }
}

/* pre: not in the list */
static void destroy(struct kq *kq)
{
    close_parts(kq);
    for (size_t i = 0; i < kq->user_count; i++) {
        if (kq->users[i].filter == FILTER_PROC) {
            standin_close_process(&kq->users[i]);
        } else if (kq->users[i].filter == FILTER_SIGNAL) {
            standin_close_signal(kq->users[i].ident);
        }
    }
    release(kq->fds, kq->fd_room * sizeof(kq->fds[0]));
    release(kq->users, kq->user_room * sizeof(kq->users[0]));
    release(kq, sizeof(*kq));
}

static bool has_filter(int filter)
{
#ifdef EVFILT_EXCEPT
    (void)filter;
    return true;
#else
    return filter != FILTER_EXCEPT;
#endif
}

static bool open_parts(struct kq *kq)
{
    for (int i = 0; i < FD_FILTERS; i++) {
        if (!has_filter(i)) {
            continue;
        }
        kq->inner[i] = epoll_create1(EPOLL_CLOEXEC);
        if (kq->inner[i] < 0 || watch_inner(kq->fd, kq->inner[i]) < 0) {
            return false;
        }
    }
    kq->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return kq->bell >= 0 && watch_inner(kq->fd, kq->bell) >= 0;
}

/* In a child process what was inherited is nobody's. */
static void claim(void)
{
    if (!standin_is_owner()) {
        first = NULL;
        standin_disown_signals();
        atomic_store(&owner, getpid());
    }
}

static int open_locked(int flags)
{
    struct kq *kq = allocate(sizeof(*kq));
    if (kq == NULL) {
        errno = ENOMEM;
        return -1;
    }
    kq->bell = -1;
    for (int i = 0; i < FD_FILTERS; i++) {
        kq->inner[i] = -1;
    }
    kq->fd = epoll_create1(flags);
    if (kq->fd < 0 || !open_parts(kq)) {
        int error = errno;
        if (kq->fd >= 0) {
            __real_close(kq->fd);
        }
        destroy(kq);
        errno = error;
        return -1;
    }
    kq->next = first;
    first = kq;
    return kq->fd;
}

int standin_open(int flags)
{
    sigset_t mask;
    if (!standin_is_owner()) {
        const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
        if (atomic_load(&owner) != 0) {
            mutex = fresh; /* another thread of the parent may have held it */
        }
    }
    standin_enter(&mask);
    claim();
    int fd = open_locked(flags);
    standin_leave(&mask);
    return fd;
}

/* ---- Finding ------------------------------------------------------------*/

/* Whether fd is the kqueue, by whatever number: then it has the bell. The calls
 * are made directly: fd may be anybody's, who may be closing it, and
 * ThreadSanitizer is not to take a look at it for a use of it. */
static bool is_number_of(const struct kq *kq, int fd)
{
    struct epoll_event none = {.events = 0};
    if (syscall(SYS_epoll_ctl, fd, EPOLL_CTL_ADD, kq->bell, &none) == 0) {
        (void)syscall(SYS_epoll_ctl, fd, EPOLL_CTL_DEL, kq->bell, &none);
        return false;
    }
    return errno == EEXIST;
}

struct kq *standin_find(int fd)
{
    if (!standin_is_owner()) {
        return NULL;
    }
    for (struct kq *kq = first; kq != NULL; kq = kq->next) {
        if (kq->fd == fd && !kq->is_closed && is_number_of(kq, fd)) {
            return kq;
        }
    }
    for (struct kq *kq = first; kq != NULL; kq = kq->next) {
        if (!kq->is_closed && is_number_of(kq, fd)) {
            return kq;
        }
    }
    return NULL;
}

/* ---- Closing ------------------------------------------------------------*/

void standin_release(struct kq *kq)
{
    if (!kq->is_closed || kq->callers > 0) {
        return;
    }
    for (struct kq **link = &first; *link != NULL; link = &(*link)->next) {
        if (*link == kq) {
            *link = kq->next;
            break;
        }
    }
    destroy(kq);
}

/* The kernel's struct linux_dirent64 begins like this. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static int number_in(const struct kq *kq, const char *bytes, long length)
{
    for (long at = 0; at < length;) {
        uint16_t entry_length;
        memcpy(&entry_length, bytes + at + offsetof(struct entry, length),
               sizeof(entry_length));
        const char *name = bytes + at + offsetof(struct entry, name);
        int fd = name[0] == '.' ? -1 : (int)strtol(name, NULL, 10);
        if (fd >= 0 && is_number_of(kq, fd)) {
            return fd;
        }
        at += entry_length;
    }
    return -1;
}

/* Another number of a kqueue that has lost one, or -1. */
static int other_number(const struct kq *kq)
{
    char bytes[2048] = {0};
    int found = -1;
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return -1;
    }
    while (found < 0) {
        long length = syscall(SYS_getdents64, directory, bytes, sizeof(bytes));
        if (length <= 0) {
            break;
        }
        found = number_in(kq, bytes, length);
    }
    __real_close(directory);
    return found;
}

static void remove_notes(int fd)
{
    for (struct kq *kq = first; kq != NULL; kq = kq->next) {
        if ((size_t)fd >= kq->fd_room) {
            continue;
        }
        for (int filter = 0; filter < FD_FILTERS; filter++) {
            if (kq->fds[fd][filter].exists) {
                standin_forget(kq, filter, &kq->fds[fd][filter]);
            }
        }
        standin_ring(kq);
    }
}

/* The kqueue that fd is the known number of. It is kept alive. */
static struct kq *begin_close(int fd)
{
    sigset_t mask;
    struct kq *kq;
    standin_enter(&mask);
    remove_notes(fd);
    for (kq = first; kq != NULL; kq = kq->next) {
        if (kq->fd == fd && !kq->is_closed && is_number_of(kq, fd)) {
            kq->callers++;
            break;
        }
    }
    standin_leave(&mask);
    return kq;
}

static void end_close(struct kq *kq)
{
    sigset_t mask;
    standin_enter(&mask);
    kq->fd = other_number(kq);
    if (kq->fd < 0) {
        const uint64_t one = 1;
        kq->is_closed = true;
        ssize_t written = write(kq->bell, &one, sizeof(one)); /* ends waits */
        (void)written;
    }
    kq->callers--;
    standin_release(kq);
    standin_leave(&mask);
}

int __wrap_close(int fd)
{
    if (fd < 0 || !standin_is_owner()) {
        return __real_close(fd);
    }
    /* Not locked while it closes: that may take long (SO_LINGER). */
    struct kq *kq = begin_close(fd);
    int result = __real_close(fd);
    if (kq != NULL) {
        int error = errno;
        end_close(kq);
        errno = error;
    }
    return result;
}
