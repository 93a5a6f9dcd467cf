/* plain.h: for contenders that leave the descriptors to the program, which
 * reads and writes by itself. Their struct watch has the member fd. */
#ifndef PLAIN_H
#define PLAIN_H

static inline void watch_open(struct watch *w, int fd, enum kind kind)
{
    (void)kind;
    w->fd = fd;
}

static inline void watch_remove(struct watch *w);

static inline void watch_close(struct watch *w, enum kind kind)
{
    (void)kind;
    watch_remove(w);
    (void)checked(close(w->fd), "close");
}

static inline ssize_t plain_read(struct watch *w, void *data, size_t size)
{
    ssize_t n;
    do {
        n = recv(w->fd, data, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        die("recv");
    }
    return n;
}

static inline ssize_t plain_write(struct watch *w, const void *data,
                                  size_t size)
{
    ssize_t n;
    do {
        n = send(w->fd, data, size, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        die("send");
    }
    return n;
}

#define unix_read plain_read
#define unix_write plain_write
#define tcp_read plain_read
#define tcp_write plain_write

#endif
