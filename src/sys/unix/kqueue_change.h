/* kqueue_change.h: making a kqueue, and a list of changes to it, made by one
 * system call. */
#ifndef MIO_SYS_UNIX_KQUEUE_CHANGE_H
#define MIO_SYS_UNIX_KQUEUE_CHANGE_H

#include "sys/selector.h"

/* Out-of-band data has a filter of its own, or none. */
#if defined(EVFILT_EXCEPT) && defined(NOTE_OOB)
#define MIO__HAS_EXCEPT
#endif

/* What a source's filters are for: the directions of mio_interest, and the
 * peer's end of stream, which is the READ filter without interest in data. */
enum { MIO__FILTER_END = 0x08 };

#define MIO__CHANGES_MAX 8 /* four deleted, three added */

/* Counts are an int here and a size_t there: a byte fits both. */
#define MIO__KEVENT_COUNT(n) ((unsigned char)(n))

struct mio__changes {
    struct kevent list[MIO__CHANGES_MAX];
    int count;
};

/* Makes a kqueue that programs do not inherit. Returns it, or an error. */
int mio__kqueue_open(void);

/* Adds a change of one filter. `flags` are EV_ADD and the like. */
void mio__changes_add(struct mio__changes *changes, int fd, uint32_t filter,
                      unsigned flags, mio_token token);

/* Makes all changes that can be made. Returns 0, or the code of the first
 * error, with errno. */
int mio__changes_apply(const struct mio__changes *changes, int kqueue);

/* The token that is the user data of a change or an event, whose type is a
 * pointer or, on older systems, an integer. */
mio_token mio__kevent_token(const struct kevent *event);
void mio__kevent_set_token(struct kevent *event, mio_token token);

#endif
