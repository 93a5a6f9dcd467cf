/* support_unix.c: support_os.h on Unix. */
#include "support_os.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <dirent.h>
#endif

#ifndef MSG_NOSIGNAL /* older macOS, where the socket is told instead */
#define MSG_NOSIGNAL 0
#endif

#define PATIENCE_SECONDS 10
#define PATIENCE_MS (PATIENCE_SECONDS * 1000)

/* ---- The system ---------------------------------------------------------*/

bool on_windows(void)
{
    return false;
}

bool is_wine(void)
{
    return false;
}

/* ---- Descriptors --------------------------------------------------------*/

#ifdef __linux__

/* The directory's own descriptor does not count. */
static int count_fds(bool inherited_only)
{
    DIR *const entries = opendir("/proc/self/fd");
    int count = 0;

    if (entries == NULL) {
        return -1;
    }
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        const int fd = (int)strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] != '.' && fd != dirfd(entries)) {
            count += !inherited_only || !fd_is_cloexec(fd);
        }
    }
    (void)closedir(entries);
    return count;
}

#else

/* More than any test opens. Not all systems have a /dev/fd that tells. */
#define FDS_MOST 65536

static int count_fds(bool inherited_only)
{
    int count = 0;

    for (int fd = 0; fd < FDS_MOST; fd++) {
        const int flags = fcntl(fd, F_GETFD);

        count += flags != -1 && (!inherited_only || (flags & FD_CLOEXEC) == 0);
    }
    return count;
}

#endif

int fd_count(void)
{
    return count_fds(false);
}

int fd_count_inherited(void)
{
    return count_fds(true);
}

bool fd_is_nonblocking(mio_fd fd)
{
    const int flags = fcntl(fd, F_GETFL);

    return flags != -1 && (flags & O_NONBLOCK) != 0;
}

bool fd_is_cloexec(mio_fd fd)
{
    const int flags = fcntl(fd, F_GETFD);

    return flags != -1 && (flags & FD_CLOEXEC) != 0;
}

void fd_set_blocking(mio_fd fd, bool blocking)
{
    const int flags = fcntl(fd, F_GETFL);

    if (flags != -1) {
        (void)fcntl(fd, F_SETFL,
                    blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    }
}

void fd_set_inherited(mio_fd fd)
{
    (void)fcntl(fd, F_SETFD, 0);
}

static bool fd_await(mio_fd fd, short events, int milliseconds)
{
    struct pollfd entry = {.fd = fd, .events = events};
    int count;

    do {
        count = poll(&entry, 1, milliseconds);
    } while (count == -1 && errno == EINTR);
    return count == 1;
}

bool fd_await_readable(mio_fd fd)
{
    return fd_await(fd, POLLIN, PATIENCE_MS);
}

bool fd_await_writable(mio_fd fd)
{
    return fd_await(fd, POLLOUT, PATIENCE_MS);
}

bool fd_is_writable(mio_fd fd, int milliseconds)
{
    return fd_await(fd, POLLOUT, milliseconds);
}

mio_fd fd_duplicate(mio_fd fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void fd_close(mio_fd fd)
{
    (void)close(fd);
}

bool fd_0_open(void)
{
    return fd_0_is_open() || open("/dev/null", O_RDONLY) == STDIN_FILENO;
}

bool fd_0_is_open(void)
{
    return fcntl(STDIN_FILENO, F_GETFD) >= 0;
}

static struct rlimit usual_limit;
static bool limit_changed;

static void limit_set(const struct rlimit *limit)
{
    if (setrlimit(RLIMIT_NOFILE, limit) != 0) {
        perror("setrlimit");
        abort();
    }
}

/* Remembers the limit that fds_restore brings back. */
static struct rlimit limit_now(void)
{
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0) {
        perror("getrlimit");
        abort();
    }
    if (!limit_changed) {
        usual_limit = now;
    }
    return now;
}

bool fds_can_run_out(void)
{
    return true;
}

/* New descriptors get the lowest free number; the limit forbids that one and
 * all above it. */
void fds_use_up(void)
{
    const int lowest = fcntl(0, F_DUPFD_CLOEXEC, 0);
    struct rlimit limit = limit_now();

    if (lowest == -1) {
        perror("fds_use_up");
        abort();
    }
    (void)close(lowest);
    limit.rlim_cur = (rlim_t)lowest;
    limit_set(&limit);
    limit_changed = true;
}

bool fds_allow(unsigned count)
{
    struct rlimit limit = limit_now();

    if (limit.rlim_cur < count && limit.rlim_max >= count) {
        limit.rlim_cur = count;
        limit_set(&limit);
        limit_changed = true;
    }
    return limit.rlim_cur >= count;
}

void fds_restore(void)
{
    if (limit_changed) {
        limit_set(&usual_limit);
    }
    limit_changed = false;
}

/* ---- Peers --------------------------------------------------------------*/

#ifdef SO_NOSIGPIPE
static bool peer_quieten(mio_fd fd)
{
    const int on = 1;

    /* EINVAL: it is disconnected already */
    return setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on)) == 0 ||
           errno == EINVAL;
}
#else
static bool peer_quieten(mio_fd fd)
{
    (void)fd;
    return true;
}
#endif

/* Gives a socket its time limits, or closes it. */
static mio_fd peer_limit(mio_fd fd)
{
    const struct timeval limit = {.tv_sec = PATIENCE_SECONDS};

    if (fd != -1 &&
        (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
         setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0 ||
         fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || !peer_quieten(fd))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static mio_fd peer_bound(mio_addr *addr, int type)
{
    size_t length = 0;
    const struct sockaddr *const native = mio_addr_sockaddr(addr, &length);
    const mio_fd fd = peer_limit(socket(native->sa_family, type, 0));

    if (fd != -1 && (bind(fd, native, (socklen_t)length) != 0 ||
                     !peer_local_addr(fd, addr))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

mio_fd peer_tcp_listen(mio_addr *addr)
{
    const mio_fd fd = peer_bound(addr, SOCK_STREAM);

    if (fd != -1 && listen(fd, 16) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

mio_fd peer_tcp_connect(const mio_addr *addr)
{
    const int family = mio_addr_sockaddr(addr, NULL)->sa_family;
    const mio_fd fd = peer_limit(socket(family, SOCK_STREAM, 0));

    if (fd != -1 && !peer_connect(fd, addr)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

mio_fd peer_accept(mio_fd listener)
{
    mio_fd fd;

    do {
        fd = accept(listener, NULL, NULL);
    } while (fd == -1 && errno == EINTR);
    return peer_limit(fd);
}

mio_fd peer_udp_bind(mio_addr *addr)
{
    return peer_bound(addr, SOCK_DGRAM);
}

bool peer_pair(mio_fd fds[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        return false;
    }
    if (peer_limit(fds[0]) == -1) {
        (void)close(fds[1]);
        return false;
    }
    if (peer_limit(fds[1]) == -1) {
        (void)close(fds[0]);
        return false;
    }
    return true;
}

bool have_unix_sockets(void)
{
    return true;
}

bool peer_connect(mio_fd socket, const mio_addr *addr)
{
    size_t length = 0;
    const struct sockaddr *const native = mio_addr_sockaddr(addr, &length);

    return connect(socket, native, (socklen_t)length) == 0;
}

bool peer_local_addr(mio_fd socket, mio_addr *addr)
{
    struct sockaddr_storage native;
    socklen_t length = sizeof(native);

    return getsockname(socket, (struct sockaddr *)&native, &length) == 0 &&
           mio_addr_from_sockaddr(addr, (const struct sockaddr *)&native,
                                  length) == 0;
}

bool peer_send_all(mio_fd socket, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    do {
        const ssize_t count = send(socket, bytes, length, MSG_NOSIGNAL);

        if (count == -1 && errno != EINTR) {
            return false;
        }
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    } while (length > 0);
    return true;
}

bool peer_send_to(mio_fd socket, const void *data, size_t length,
                  const mio_addr *addr)
{
    size_t size = 0;
    const struct sockaddr *const native = mio_addr_sockaddr(addr, &size);

    return sendto(socket, data, length, MSG_NOSIGNAL, native,
                  (socklen_t)size) == (ssize_t)length;
}

bool peer_send_oob(mio_fd socket, const void *data, size_t length)
{
    return send(socket, data, length, MSG_OOB | MSG_NOSIGNAL) ==
           (ssize_t)length;
}

ptrdiff_t peer_recv(mio_fd socket, void *data, size_t length)
{
    ssize_t count;

    do {
        count = recv(socket, data, length, 0);
    } while (count == -1 && errno == EINTR);
    return count;
}

bool peer_shutdown_write(mio_fd socket)
{
    return shutdown(socket, SHUT_WR) == 0;
}

bool peer_reset_on_close(mio_fd socket)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    return setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0;
}

/* ---- Signals ------------------------------------------------------------*/

bool signal_can_be_sent(int number)
{
    (void)number;
    return true;
}

bool signal_send(int number)
{
    return kill(getpid(), number) == 0;
}

/* ---- Temporary paths ----------------------------------------------------*/

/* Kept short: the path of a Unix socket has room for about 100 bytes. */
#define TEMP_TEMPLATE "/tmp/mio-XXXXXX"
#define TEMP_PATHS 32

static char temp_directory[sizeof(TEMP_TEMPLATE)];
static char temp_paths[TEMP_PATHS][sizeof(TEMP_TEMPLATE) + 8];
static size_t temp_path_count;

const char *temp_path(void)
{
    char *path;

    if (temp_path_count == 0) {
        memcpy(temp_directory, TEMP_TEMPLATE, sizeof(TEMP_TEMPLATE));
        if (mkdtemp(temp_directory) == NULL) {
            perror("mkdtemp");
            abort();
        }
    }
    if (temp_path_count == TEMP_PATHS) {
        (void)fputs("too many temporary paths\n", stderr);
        abort();
    }
    path = temp_paths[temp_path_count];
    (void)snprintf(path, sizeof(temp_paths[0]), "%s/%zu", temp_directory,
                   temp_path_count);
    temp_path_count++;
    return path;
}

void temp_path_remove(const char *path)
{
    (void)unlink(path);
}

void temp_paths_remove(void)
{
    if (temp_path_count > 0) {
        while (temp_path_count > 0) {
            temp_path_remove(temp_paths[--temp_path_count]);
        }
        (void)rmdir(temp_directory);
    }
}

/* ---- Time ---------------------------------------------------------------*/

int64_t monotonic_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        perror("clock_gettime");
        abort();
    }
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
