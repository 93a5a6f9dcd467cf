/* mio/event.h: interests (what to wait for) and events (what happened).
 * Include mio.h. */
#ifndef MIO_EVENT_H
#define MIO_EVENT_H

#include "mio/base.h"

/* ---- Token --------------------------------------------------------------*/

/** The caller's name for a registration: an index, or a pointer as integer.
 *
 *  The library never looks into it. One value, MIO_TOKEN_RESERVED, is the
 *  library's own and is refused with MIO_ERR_INVALID_INPUT.
 */
typedef uintptr_t mio_token;
#define MIO_TOKEN_RESERVED UINTPTR_MAX

/* ---- Interest -----------------------------------------------------------*/

/** What a registration waits for: one or more directions, plus a mode.
 *
 *  Combine with `|`. At least one direction is needed; an interest without
 *  one, or with unknown bits, is refused with MIO_ERR_INVALID_INPUT. */
typedef uint32_t mio_interest;

#define MIO_READABLE ((mio_interest)0x0001) /* data, a connection, or EOF */
#define MIO_PRIORITY ((mio_interest)0x0002) /* out-of-band data */
#define MIO_WRITABLE ((mio_interest)0x0004) /* room to write, or connected */
#define MIO_AIO ((mio_interest)0x10000)     /* FreeBSD, DragonFly */
#define MIO_LIO ((mio_interest)0x20000)     /* FreeBSD */

/* MIO_PRIORITY is MIO_ERR_UNSUPPORTED on FreeBSD and NetBSD, whose kqueue does
 * not tell of out-of-band data.
 *
 * MIO_AIO and MIO_LIO wait for requests of <aio.h>, which tell of their end by
 * themselves: give mio_poll_fd's descriptor as sigev_notify_kqueue, SIGEV_KEVENT
 * as sigev_notify, and the token as sigev_value. The event says that there is
 * something to fetch by aio_return; each request is an event of its own. */

/* Modes. The default, edge-triggered, reports a direction when it becomes
 * ready, and again after I/O on it has returned MIO_ERR_WOULD_BLOCK.
 *
 * MIO_LEVEL reports in every wait for as long as the condition holds.
 *
 * MIO_ONESHOT reports one event, whatever its directions, and then keeps the
 * whole source quiet (closed and error flags included) until it is
 * reregistered.
 *
 * MIO_EXCLUSIVE is a hint for one descriptor registered in several polls: wake
 * one of the waiters instead of all (EPOLLEXCLUSIVE). Ignored where the system
 * has no such thing. It cannot be combined with MIO_ONESHOT or MIO_PRIORITY,
 * and READ_CLOSED may then be seen only as a read of 0 bytes. */
#define MIO_LEVEL ((mio_interest)0x80000000)
#define MIO_ONESHOT ((mio_interest)0x40000000)
#define MIO_EXCLUSIVE ((mio_interest)0x10000000)

/** Writes an interest as text, such as "READABLE | WRITABLE | LEVEL".
 *
 *  @param interest  any value; unknown bits appear in hexadecimal
 *  @param[out] text  receives the text and a NUL
 *  @param size  bytes at text; 96 always suffice
 *  @return  the length without the NUL; MIO_ERR_NO_SPACE if it does not fit,
 *           and an empty text;
 *           MIO_ERR_INVALID_INPUT if text is NULL
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::Interest as Debug
 */
MIO_API int mio_interest_format(mio_interest interest, char *text, size_t size);

/* ---- Event --------------------------------------------------------------*/

/* On Linux an event has the layout of the kernel's own struct epoll_event, so
 * that events need not be copied; elsewhere it is the plain struct. */
#if defined(__linux__) && defined(__x86_64__)
#define MIO_EVENT_PACKED __attribute__((packed))
#else
#define MIO_EVENT_PACKED
#endif

/** One event, as mio_poll_wait returns it.
 *
 *  Read the flags through the predicates below: they know which flag implies
 *  which. Events are plain values and may be copied and kept. */
typedef struct MIO_EVENT_PACKED mio_event {
    uint32_t flags; /* MIO_EVENT_*, and the system's own bits for diagnosis */
    uint64_t token; /* the registration's token, widened */
} mio_event;

/* The flags. Their values are those of Linux's poll(2) on every system. */
#define MIO_EVENT_IN 0x0001u           /* reading will not block */
#define MIO_EVENT_PRIORITY 0x0002u     /* out-of-band data */
#define MIO_EVENT_OUT 0x0004u          /* writing will not block */
#define MIO_EVENT_ERROR 0x0008u        /* an error is pending */
#define MIO_EVENT_HANGUP 0x0010u       /* closed in both directions */
#define MIO_EVENT_PIPE_SENDER 0x0100u  /* from a pipe's writing end */
#define MIO_EVENT_READ_CLOSED 0x2000u  /* the peer will write no more */
#define MIO_EVENT_WRITE_CLOSED 0x4000u /* the peer will read no more */
#define MIO_EVENT_AIO 0x10000u
#define MIO_EVENT_LIO 0x20000u

/** Returns the token given when the event's source was registered.
 *
 *  @return  the token
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::token
 */
MIO_INLINE mio_token mio_event_token(const mio_event *event)
{
    return (mio_token)event->token;
}

/** Tells whether reading is worth a try.
 *
 *  True for data, a waiting connection, end of stream, out-of-band data, and
 *  any hangup or error (the read then tells what happened). May be spurious:
 *  a read can still return MIO_ERR_WOULD_BLOCK. After a hangup or an error it
 *  may be true although only MIO_WRITABLE was asked for.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_readable
 */
MIO_INLINE bool mio_event_is_readable(const mio_event *event)
{
    return (event->flags & (MIO_EVENT_IN | MIO_EVENT_PRIORITY |
                            MIO_EVENT_ERROR | MIO_EVENT_HANGUP)) != 0;
}

/** Tells whether writing is worth a try.
 *
 *  True for room to write, a finished connect, and any hangup or error (the
 *  write then tells what happened). May be spurious, as for reading.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_writable
 */
MIO_INLINE bool mio_event_is_writable(const mio_event *event)
{
    return (event->flags & (MIO_EVENT_OUT | MIO_EVENT_ERROR | MIO_EVENT_HANGUP |
                            MIO_EVENT_WRITE_CLOSED)) != 0;
}

/** Tells whether an error is pending; take_error or the next I/O returns it.
 *
 *  Exact on epoll and poll(2). On kqueue and Windows an error may go without
 *  it, such as that of a datagram that was refused, and the next I/O tells: the
 *  event then says readable or writable alone. It does not mean that the source is closed: a
 *  UDP socket goes on after an ICMP error.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_error
 */
MIO_INLINE bool mio_event_is_error(const mio_event *event)
{
    return (event->flags & MIO_EVENT_ERROR) != 0;
}

/** Tells whether the peer will send no more; unread data may remain.
 *
 *  Exact on epoll, kqueue and Windows, and on poll(2) where the system has
 *  POLLRDHUP (Linux, FreeBSD). Elsewhere a hint: it may be missing, and a read
 *  of 0 bytes tells.
 *  Seen with MIO_WRITABLE alone too, where the system can tell.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_read_closed
 */
MIO_INLINE bool mio_event_is_read_closed(const mio_event *event)
{
    return (event->flags & (MIO_EVENT_HANGUP | MIO_EVENT_READ_CLOSED)) != 0;
}

/** Tells whether writing has ended for good.
 *
 *  No false positives. On epoll it may be missing for a pipe that is full when
 *  its last receiver goes (the event is then an error alone) and for a stream
 *  that can still be read; on kqueue without MIO_WRITABLE. A write returning
 *  MIO_ERR_BROKEN_PIPE tells.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_write_closed
 */
MIO_INLINE bool mio_event_is_write_closed(const mio_event *event)
{
    const uint32_t orphan = MIO_EVENT_ERROR | MIO_EVENT_PIPE_SENDER;
    return (event->flags & (MIO_EVENT_HANGUP | MIO_EVENT_WRITE_CLOSED)) != 0 ||
           (event->flags & orphan) == orphan;
}

/** Tells whether out-of-band data is waiting (only with MIO_PRIORITY).
 *
 *  Exact.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_priority
 */
MIO_INLINE bool mio_event_is_priority(const mio_event *event)
{
    return (event->flags & MIO_EVENT_PRIORITY) != 0;
}

/** Tells whether an asynchronous I/O operation has completed (MIO_AIO).
 *
 *  @return  true or false; true on FreeBSD and DragonFly only
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_aio
 */
MIO_INLINE bool mio_event_is_aio(const mio_event *event)
{
    return (event->flags & MIO_EVENT_AIO) != 0;
}

/** Tells whether a list of asynchronous I/O has completed (MIO_LIO).
 *
 *  @return  true or false; true on FreeBSD only
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event::is_lio
 */
MIO_INLINE bool mio_event_is_lio(const mio_event *event)
{
    return (event->flags & MIO_EVENT_LIO) != 0;
}

/** Writes an event as text, such as "token=7 IN | READ_CLOSED".
 *
 *  @param[out] text  receives the text and a NUL
 *  @param size  bytes at text; 160 always suffice
 *  @return  the length without the NUL; MIO_ERR_NO_SPACE if it does not fit,
 *           and an empty text;
 *           MIO_ERR_INVALID_INPUT for a NULL argument
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     mio::event::Event as Debug
 */
MIO_API int mio_event_format(const mio_event *event, char *text, size_t size);

#endif
