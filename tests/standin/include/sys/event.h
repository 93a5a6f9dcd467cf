/* event.h: a <sys/event.h> for the stand-in of kqueue, in the shape of one of
 * the systems that have it. The build says which: KQUEUE_SHAPE_FREEBSD (the
 * default), _NETBSD, _OPENBSD or _DARWIN. Types and values are those of
 * FreeBSD 14, NetBSD 10, OpenBSD 7.8 and macOS; what the stand-in cannot do is
 * not declared. KQUEUE_NO_USER leaves EVFILT_USER out, as before NetBSD 10. */
#ifndef KQUEUE_STANDIN_SYS_EVENT_H
#define KQUEUE_STANDIN_SYS_EVENT_H

#if !defined(KQUEUE_SHAPE_NETBSD) && !defined(KQUEUE_SHAPE_OPENBSD) &&         \
    !defined(KQUEUE_SHAPE_DARWIN) && !defined(KQUEUE_SHAPE_FREEBSD)
#define KQUEUE_SHAPE_FREEBSD
#endif

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* ---- What differs -------------------------------------------------------*/

#if defined(KQUEUE_SHAPE_NETBSD)

typedef uint32_t kevent_filter_type;
typedef uint32_t kevent_flags_type;
typedef int64_t kevent_data_type;
typedef size_t kevent_count_type;

#define EVFILT_READ 0U
#define EVFILT_WRITE 1U
#define EVFILT_AIO 2U
#define EVFILT_PROC 4U
#define EVFILT_SIGNAL 5U
#ifndef KQUEUE_NO_USER
#define EVFILT_USER 8U
#endif

#else

typedef short kevent_filter_type;
typedef unsigned short kevent_flags_type;
typedef int kevent_count_type;
#ifdef KQUEUE_SHAPE_DARWIN
typedef intptr_t kevent_data_type;
#else
typedef int64_t kevent_data_type;
#endif

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_AIO (-3)
#define EVFILT_PROC (-5)
#define EVFILT_SIGNAL (-6)
#ifndef KQUEUE_NO_USER
#ifdef KQUEUE_SHAPE_FREEBSD
#define EVFILT_USER (-11)
#else
#define EVFILT_USER (-10)
#endif
#endif

#endif

#if defined(KQUEUE_SHAPE_OPENBSD)
#define EVFILT_EXCEPT (-9)
#define NOTE_OOB 0x0004
#elif defined(KQUEUE_SHAPE_DARWIN)
#define EVFILT_EXCEPT (-15)
#define NOTE_OOB 0x0002
#endif

struct kevent {
    uintptr_t ident;
    kevent_filter_type filter;
    kevent_flags_type flags;
    uint32_t fflags;
    kevent_data_type data;
    void *udata;
#ifdef KQUEUE_SHAPE_FREEBSD
    uint64_t ext[4];
#endif
};

/* ---- What all have ------------------------------------------------------*/

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008
#define EV_ONESHOT 0x0010
#define EV_CLEAR 0x0020
#define EV_RECEIPT 0x0040
#define EV_DISPATCH 0x0080
#define EV_SYSFLAGS 0xF000
#define EV_ERROR 0x4000
#define EV_EOF 0x8000

#define NOTE_LOWAT 0x0001
#define NOTE_EXIT 0x80000000U

#define NOTE_FFNOP 0x00000000U
#define NOTE_FFAND 0x40000000U
#define NOTE_FFOR 0x80000000U
#define NOTE_FFCOPY 0xC0000000U
#define NOTE_FFCTRLMASK 0xC0000000U
#define NOTE_FFLAGSMASK 0x00FFFFFFU
#define NOTE_TRIGGER 0x01000000U

#ifdef KQUEUE_SHAPE_FREEBSD
#define EVFILT_LIO (-10)
#define SIGEV_KEVENT 3 /* <signal.h>'s, on FreeBSD */

/* What the kernel does when a request for asynchronous I/O, or a list of them,
 * has ended that was to tell this kqueue. Not FreeBSD's: the stand-in has no
 * requests. */
void kqueue_standin_complete(int kq, int filter, uintptr_t request,
                             void *udata);
#endif

/* No casts, as on FreeBSD, which is the strictest. */
#define EV_SET(event, a, b, c, d, e, f)                                        \
    do {                                                                       \
        *(event) = (struct kevent){                                            \
            .ident = (a),                                                      \
            .filter = (b),                                                     \
            .flags = (c),                                                      \
            .fflags = (d),                                                     \
            .data = (e),                                                       \
            .udata = (f),                                                      \
        };                                                                     \
    } while (0)

int kqueue(void);
#ifndef KQUEUE_SHAPE_DARWIN
int kqueue1(int flags);
#endif
int kevent(int kq, const struct kevent *changes, kevent_count_type nchanges,
           struct kevent *events, kevent_count_type nevents,
           const struct timespec *timeout);

#endif
