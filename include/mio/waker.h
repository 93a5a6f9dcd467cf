/* mio/waker.h: ending a wait from another thread. Include mio.h. */
#ifndef MIO_WAKER_H
#define MIO_WAKER_H

#include "mio/poll.h"

#define MIO_WAKER_SIZE 64

/** A waker. Must stay where it is from init to close. */
typedef union mio_waker {
    unsigned char opaque_[MIO_WAKER_SIZE];
    void *align_pointer_;
    uint64_t align_integer_;
} mio_waker;

/** Makes a waker of a poll; any number may exist, each with its token.
 *
 *  @param[out] waker  uninitialised memory, or a closed waker
 *  @param token  comes back in the events; not MIO_TOKEN_RESERVED
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, a closed registry or the
 *           reserved token; MIO_ERR_OUT_OF_DESCRIPTORS (the first waker of a
 *           poll may need one or two); MIO_ERR_OUT_OF_MEMORY; MIO_ERR_OTHER
 *  @threads any
 *  @memory  must stay in place until mio_waker_close; close wakers before the
 *           poll, or do not use them after it
 *  @mio     mio::Waker::new
 */
MIO_API int mio_waker_init(mio_waker *waker, mio_registry *registry,
                           mio_token token);

/** Makes the poll return an event with the waker's token.
 *
 *  The event's flags are MIO_EVENT_IN. A wake is kept until a wait delivers
 *  it; further wakes before that are one and the same. What the caller wrote
 *  to memory before the wake is seen by the thread that gets the event. There
 *  is a system call only if the poll is asleep and no wake is under way.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_NOT_FOUND if the waker
 *           or its poll is closed; MIO_ERR_OTHER
 *  @threads any, at the same time; callable from a signal handler, errno is
 *           kept
 *  @memory  nothing is kept
 *  @mio     mio::Waker::wake
 */
MIO_API int mio_waker_wake(mio_waker *waker);

/** Closes a waker; a wake that has not been delivered is cancelled.
 *
 *  Safe directly after a wake. A wait that begins after this returns never
 *  reports the token. NULL and a closed waker are ignored.
 *
 *  @threads any, but not while a wake of this waker is running
 *  @memory  the memory is free when it returns
 *  @mio     mio::Waker as Drop
 */
MIO_API void mio_waker_close(mio_waker *waker);

#endif
