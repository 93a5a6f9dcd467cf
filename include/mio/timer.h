/* mio/timer.h: timers. Include mio.h.
 *
 * A timer is an event at a given time. It lies in the program's memory, usually
 * inside the object that it is about, and there may be millions: to arm, re-arm
 * or cancel one is a matter of nanoseconds. A timer queue keeps the timers of a
 * poll; it is a few KiB, and knows them by links that are in the timers.
 *
 *     static mio_timer_queue timers;
 *
 *     mio_timer_queue_init(&timers, &poll);
 *     mio_timer_init(&peer->idle, token);                once
 *     mio_timer_arm_after(&timers, &peer->idle,          after each request
 *                         60 * MIO_SECOND);
 *     ...
 *     n = mio_poll_wait(&poll, events, 64, -1);
 *     ...                          an event with that token: 60 s without one
 *     mio_timer_cancel(&timers, &peer->idle);            before it is freed
 *
 * THE FOUR RULES
 *
 * An armed timer stays where it is: cancel it before its memory is moved,
 * freed or used again.
 *
 * Only the thread that waits on the poll arms and cancels. Other threads ask it
 * to: by a channel, or by a waker and what they share with it.
 *
 * A timer is never early. It may be late: its event is made by the first wait
 * that finds it due, and if the array is too small for all there is, timers and
 * the others take turns.
 *
 * Events that are in your array already cannot be taken back. If the handler of
 * one event may cancel or re-arm the timer of another that comes after it in
 * the same array, ask mio_timer_expired when that event's turn has come: 0 says
 * that it is void.
 */
#ifndef MIO_TIMER_H
#define MIO_TIMER_H

#include "mio/poll.h"

/** Durations, in the nanoseconds of all times and time limits. */
#define MIO_MICROSECOND INT64_C(1000)
#define MIO_MILLISECOND INT64_C(1000000)
#define MIO_SECOND INT64_C(1000000000)

#define MIO_TIMER_QUEUE_SIZE 4288

/** A poll's timers. Must stay where it is from init to close. */
typedef union mio_timer_queue {
    unsigned char opaque_[MIO_TIMER_QUEUE_SIZE];
    void *align_pointer_;
    uint64_t align_integer_;
} mio_timer_queue;

/** A timer, of at most 64 bytes. Must stay where it is while it is armed;
 *  otherwise it may be moved: copied, and the old copy forgotten. A zeroed timer
 *  is valid, not armed, and has the token 0. */
typedef struct mio_timer {
    mio_token token_;
    int64_t deadline_;
    int64_t period_; /* 0 for once */
    uint64_t order_; /* the number of its arming: decides between equals */
    struct mio_timer *child_;
    struct mio_timer *next_;
    struct mio_timer **link_; /* what points here; NULL if not armed */
    uint32_t owner_id_;
    uint32_t expired_;
} mio_timer;

/* ---- The queue ----------------------------------------------------------*/

/** Gives a poll timers.
 *
 *  From then on its waits end when a timer is due. A poll has one queue. It
 *  needs no descriptor and no slot.
 *
 *  @param[out] queue  uninitialised memory, or a closed queue
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or a closed poll;
 *           MIO_ERR_ALREADY_EXISTS if the poll has a queue
 *  @threads one: the thread that waits on the poll, and not during a wait
 *  @memory  queue must stay in place until mio_timer_queue_close, and so must
 *           poll, also if it is closed before
 *  @mio     none (mio 0.6: mio::timer::Timer)
 */
MIO_API int mio_timer_queue_init(mio_timer_queue *queue, mio_poll *poll);

/** Closes a timer queue.
 *
 *  No timer of it gives an event any more. Those that are armed are left as they
 *  are, and not even looked at: throw them away, or use mio_timer_init before
 *  they are armed again. The poll may have been closed before, and may be given
 *  another queue. NULL and a closed queue are ignored.
 *
 *  @threads as mio_timer_queue_init
 *  @memory  the memory is free when it returns, that of the timers too
 *  @mio     none (mio 0.6: mio::timer::Timer as Drop)
 */
MIO_API void mio_timer_queue_close(mio_timer_queue *queue);

/** Tells when the next timer is due, for programs that wait elsewhere.
 *
 *  A program whose poll is watched by another loop (mio_poll_fd) needs this: the
 *  poll's descriptor does not become readable because of a timer. Let that loop
 *  wait until this time at most, then call mio_poll_wait with a limit of 0, and
 *  ask again. The time is never after the first deadline. If many timers lie
 *  close together it may be before: then there is no event yet.
 *
 *  @param[out] deadline_ns  receives a time on the clock of mio_now;
 *                           INT64_MAX if no timer is armed
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or a closed queue
 *  @threads as mio_timer_queue_init
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API int mio_timer_queue_next(mio_timer_queue *queue, int64_t *deadline_ns);

/* ---- Timers -------------------------------------------------------------*/

/** Returns the time on the clock that timers use, in nanoseconds.
 *
 *  Monotonic: it begins at some fixed moment, never goes back, and cannot be
 *  set. Whether it counts the time while the machine was suspended depends on
 *  the system.
 *
 *  @return  the time, 0 or more
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::time::Instant::now
 */
MIO_API int64_t mio_now(void);

/** Makes a timer that is not armed.
 *
 *  Not for a timer that is armed: it would be lost, and its neighbours with it.
 *  Needed again only to give it another token, or if it was armed when its queue
 *  was closed.
 *
 *  @param[out] timer  uninitialised memory, or a timer that is not armed
 *  @param token  comes back in the events; not MIO_TOKEN_RESERVED
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or the reserved token
 *  @threads any
 *  @memory  may be moved until it is armed
 *  @mio     none (mio 0.6: mio::timer::Timer)
 */
MIO_API int mio_timer_init(mio_timer *timer, mio_token token);

/** Arms a timer for a moment.
 *
 *  An armed timer is re-armed: what it was armed for before is forgotten, also
 *  if it was due. A moment that has passed is fine: the event comes with the
 *  next wait. Of timers that are due, the one with the earliest deadline comes
 *  first; of equal deadlines, the one that was armed first.
 *
 *  Its event has the flag MIO_EVENT_IN. The timer is then no longer armed, and
 *  may be armed again at once.
 *
 *  @param deadline_ns  on the clock of mio_now; any value, INT64_MAX for never
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or a closed queue or poll;
 *           MIO_ERR_ALREADY_EXISTS if the timer is armed with another queue, or
 *           was when that was closed
 *  @threads as mio_timer_queue_init
 *  @memory  the timer must stay in place until it is no longer armed, or its
 *           queue is closed
 *  @mio     none (mio 0.6: mio::timer::Timer::set_timeout)
 */
MIO_API int mio_timer_arm_at(mio_timer_queue *queue, mio_timer *timer,
                             int64_t deadline_ns);

/** Arms a timer for a moment from now on.
 *
 *  Reads the clock, which costs more than the arming. To arm many at once, call
 *  mio_now once and use mio_timer_arm_at.
 *
 *  @param delay_ns  nanoseconds; 0 or less is due at once
 *  @return  as mio_timer_arm_at
 *  @threads as mio_timer_queue_init
 *  @memory  as mio_timer_arm_at
 *  @mio     none (mio 0.6: mio::timer::Timer::set_timeout)
 */
MIO_API int mio_timer_arm_after(mio_timer_queue *queue, mio_timer *timer,
                                int64_t delay_ns);

/** Arms a timer for a moment, and again and again after it.
 *
 *  The deadlines are first_ns, first_ns + period_ns, first_ns + 2 * period_ns,
 *  and so on until it is cancelled or armed otherwise: they do not drift,
 *  however late the events are. When several have passed since the last event,
 *  there is one event for all; mio_timer_expired tells how many.
 *
 *  @param first_ns  the first deadline, as for mio_timer_arm_at
 *  @param period_ns  1 or more
 *  @return  as mio_timer_arm_at; MIO_ERR_INVALID_INPUT for a bad period, and
 *           the timer is as it was
 *  @threads as mio_timer_queue_init
 *  @memory  as mio_timer_arm_at
 *  @mio     none
 */
MIO_API int mio_timer_arm_periodic(mio_timer_queue *queue, mio_timer *timer,
                                   int64_t first_ns, int64_t period_ns);

/** Cancels a timer.
 *
 *  When it returns, no wait reports the timer, also if it was due. An event
 *  that an earlier wait has returned already is void: mio_timer_expired is 0.
 *  Cancelling twice, or after it has expired, does no harm; nor does it after
 *  the poll has been closed.
 *
 *  @return  0; MIO_ERR_NOT_FOUND if it was not armed with this queue;
 *           MIO_ERR_INVALID_INPUT for NULL or a closed queue
 *  @threads as mio_timer_queue_init
 *  @memory  the timer may be moved, freed or armed with another queue
 *  @mio     none (mio 0.6: mio::timer::Timer::cancel_timeout)
 */
MIO_API int mio_timer_cancel(mio_timer_queue *queue, mio_timer *timer);

/** Tells whether a timer is armed with this queue.
 *
 *  A timer that is due counts as armed until a wait returns its event; one
 *  that is periodic stays armed.
 *
 *  @return  true or false; false for NULL and for a closed queue
 *  @threads as mio_timer_queue_init
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API bool mio_timer_is_armed(const mio_timer_queue *queue,
                                const mio_timer *timer);

/** Returns the deadline that a timer is armed for, or was armed for last.
 *
 *  @return  a time on the clock of mio_now; 0 for NULL and new timers
 *  @threads as mio_timer_queue_init
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API int64_t mio_timer_deadline(const mio_timer *timer);

/** Tells how often a timer has expired, as of its last event.
 *
 *  1 for an event in time. More for a periodic timer some of whose deadlines
 *  passed without an event: n - 1 of them were missed. 0 if there has been no
 *  event, or if the timer has been cancelled or armed since: such an event,
 *  found later in the same array, is to be ignored.
 *
 *  @return  the number, at most UINT32_MAX; 0 for NULL
 *  @threads as mio_timer_queue_init
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API uint32_t mio_timer_expired(const mio_timer *timer);

/** Moves a deadline to a round time, so that timers expire together.
 *
 *  Each wake-up of a sleeping processor costs energy and time. Timers that need
 *  not be exact can share them:
 *
 *    mio_timer_arm_at(&timers, &timer, mio_timer_round(deadline, slack));
 *
 *  The result is the first multiple, at or after the deadline, of the largest
 *  of 1, 5, 10, 50, 100, 500 ns and so on (100 ms, 500 ms, 1 s, 5 s, ...) that
 *  is not above the slack. Each is a multiple of those before, so timers of
 *  different slack meet too; and so do those of a periodic timer, if its
 *  period is such a multiple.
 *
 *  @param deadline_ns  a time on the clock of mio_now
 *  @param slack_ns  how much later it may be; 0 or less: not at all
 *  @return  a time from deadline_ns to deadline_ns + slack_ns
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API int64_t mio_timer_round(int64_t deadline_ns, int64_t slack_ns);

#endif
