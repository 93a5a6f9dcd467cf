/* rig.c: see rig.h. */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>

static int descriptors_before;

int open_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

int rig_setup(void **state)
{
    static struct rig rig;
    descriptors_before = open_descriptors();
    standin_set_traps(0);
    memset(&rig, 0, sizeof(rig));
    rig.kq = kqueue();
    assert_true(rig.kq >= 0);
    *state = &rig;
    return 0;
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;
    if (rig->kq >= 0) {
        close(rig->kq);
    }
    assert_int_equal(open_descriptors(), descriptors_before);
    return 0;
}

struct kevent rig_entry(uintptr_t ident, int filter, unsigned flags,
                        uint32_t fflags, uintptr_t udata)
{
    struct kevent entry;
    EV_SET(&entry, ident, (kevent_filter_type)filter, (kevent_flags_type)flags,
           fflags, 0, (void *)udata);
    return entry;
}

int rig_change(int kq, uintptr_t ident, int filter, unsigned flags,
               uint32_t fflags, uintptr_t udata)
{
    const struct kevent change = rig_entry(ident, filter, flags, fflags, udata);
    return kevent(kq, &change, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

int rig_wait(struct rig *rig, int ms)
{
    const struct timespec timeout = {ms / 1000, ms % 1000 * 1000000L};
    memset(rig->events, 0, sizeof(rig->events));
    rig->count = kevent(rig->kq, NULL, 0, rig->events, ROOM, &timeout);
    return rig->count;
}

const struct kevent *rig_one(struct rig *rig, uintptr_t ident, int filter)
{
    assert_int_equal(rig_wait(rig, PATIENCE_MS), 1);
    assert_int_equal(rig->events[0].ident, ident);
    assert_int_equal((int)rig->events[0].filter, filter);
    return &rig->events[0];
}

const struct kevent *rig_until(struct rig *rig, uintptr_t ident, int filter)
{
    for (int tries = 0; tries < 100; tries++) {
        assert_true(rig_wait(rig, PATIENCE_MS) > 0);
        for (int i = 0; i < rig->count; i++) {
            if (rig->events[i].ident == ident &&
                (int)rig->events[i].filter == filter) {
                return &rig->events[i];
            }
        }
    }
    fail_msg("no event for %zu", (size_t)ident);
    return NULL;
}

/* ---- Sockets ------------------------------------------------------------*/

int tcp_listener(struct sockaddr_storage *address, socklen_t *length)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(listen(fd, 16), 0);
    *length = sizeof(*address);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, length), 0);
    return fd;
}

void tcp_pair(int pair[2])
{
    struct sockaddr_storage address;
    socklen_t length;
    int listener = tcp_listener(&address, &length);
    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(pair[0], (struct sockaddr *)&address, length), 0);
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    pair[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(pair[1] >= 0);
    assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    close(listener);
}

void unix_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                                pair),
                     0);
}

void close_pair(const int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

void send_text(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

void read_text(int fd, const char *text)
{
    char bytes[64] = {0};
    assert_true(strlen(text) < sizeof(bytes));
    assert_int_equal(read(fd, bytes, strlen(text)), strlen(text));
    assert_string_equal(bytes, text);
}

size_t fill(int fd)
{
    static const char zeros[65536];
    size_t sum = 0;
    for (int i = 0; i < 100000; i++) {
        ssize_t written = write(fd, zeros, sizeof(zeros));
        if (written < 0) {
            assert_int_equal(errno, EAGAIN);
            break;
        }
        sum += (size_t)written;
    }
    return sum;
}

size_t drain(int fd, size_t wanted)
{
    static char bytes[65536];
    size_t sum = 0;
    while (sum < wanted) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
        ssize_t length = read(fd, bytes, sizeof(bytes));
        assert_true(length > 0);
        sum += (size_t)length;
    }
    return sum;
}

void reset(int fd)
{
    const struct linger at_once = {1, 0};
    assert_int_equal(
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    close(fd);
}
