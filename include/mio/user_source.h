/* mio/user_source.h: readiness that the program decides. Include mio.h.
 *
 * A user source is a source without a descriptor: what it is ready for, any
 * thread says. It is for adapters, which make something that no system can wait
 * for look like a socket: a TLS session with decrypted bytes left over, a ring
 * buffer, a device with an interrupt thread, a test double. Interests and modes
 * mean what they mean for sockets.
 *
 *     mio_user_source ready;
 *     mio_user_source_init(&ready);
 *     mio_registry_register(registry, &ready.source, TOKEN, MIO_READABLE);
 *     ...
 *     mio_user_source_set(&ready, MIO_EVENT_IN);      any thread: data is there
 *     mio_user_source_clear(&ready, MIO_EVENT_IN);    the reader: it is gone
 *
 * To pass data from thread to thread with a poll that waits for it, a waker is
 * simpler. */
#ifndef MIO_USER_SOURCE_H
#define MIO_USER_SOURCE_H

#include "mio/poll.h"

#define MIO_USER_SOURCE_SIZE 80

/** A user source. Must stay where it is from init to close, unlike other
 *  sources. */
typedef struct mio_user_source {
    mio_source source; /* for mio_registry_register and its siblings */
    union {
        unsigned char bytes_[MIO_USER_SOURCE_SIZE];
        void *align_pointer_;
        uint64_t align_integer_;
    } opaque_;
} mio_user_source;

/** What a user source can be ready for: MIO_EVENT_ flags, combined by `|`.
 *
 *  IN, OUT and PRIORITY are told to those who have asked for the direction;
 *  ERROR, HANGUP, READ_CLOSED and WRITE_CLOSED to everybody. */
#define MIO_USER_READINESS                                                     \
    (MIO_EVENT_IN | MIO_EVENT_PRIORITY | MIO_EVENT_OUT | MIO_EVENT_ERROR |     \
     MIO_EVENT_HANGUP | MIO_EVENT_READ_CLOSED | MIO_EVENT_WRITE_CLOSED)

/** Makes a user source, ready for nothing.
 *
 *  Registering it with a poll may need the descriptor of the poll's first
 *  waker: MIO_ERR_OUT_OF_DESCRIPTORS then. It needs no slot.
 *
 *  @param[out] source  uninitialised memory, or a closed user source
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL
 *  @threads any
 *  @memory  must stay in place until mio_user_source_close
 *  @mio     mio 0.6: mio::Registration::new2
 */
MIO_API int mio_user_source_init(mio_user_source *source);

/** Says that the source is ready, until it is cleared.
 *
 *  Each call is an edge: with edge-triggered mode it gives an event, also if
 *  the flags were set before. Edges that come before a wait are one event. With
 *  level-triggered mode each wait reports the flags for as long as they are
 *  set. What the caller wrote to memory before is seen by the thread that gets
 *  the event. There is a system call only if the poll is asleep. A source that
 *  is not registered keeps the flags, and gives an event when it is.
 *
 *  @param readiness  one or more flags of MIO_USER_READINESS
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or other flags, or none;
 *           MIO_ERR_BAD_DESCRIPTOR if the source is closed; MIO_ERR_OTHER
 *  @threads any, at the same time, also while it is being (de)registered;
 *           callable from a signal handler, errno is kept
 *  @memory  nothing is kept
 *  @mio     mio 0.6: mio::SetReadiness::set_readiness
 */
MIO_API int mio_user_source_set(mio_user_source *source, uint32_t readiness);

/** Says that the source is not ready any more.
 *
 *  Flags that no wait has reported yet are not reported. To lose nothing, clear
 *  first and then look whether there is something, and set again if so.
 *
 *  @param readiness  one or more flags of MIO_USER_READINESS
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or other flags, or none;
 *           MIO_ERR_BAD_DESCRIPTOR if the source is closed
 *  @threads any, at the same time; callable from a signal handler
 *  @memory  nothing is kept
 *  @mio     mio 0.6: mio::SetReadiness::set_readiness
 */
MIO_API int mio_user_source_clear(mio_user_source *source, uint32_t readiness);

/** Returns the flags that are set.
 *
 *  @return  flags of MIO_USER_READINESS; 0 for NULL or a closed source
 *  @threads any; callable from a signal handler
 *  @memory  nothing is kept
 *  @mio     mio 0.6: mio::SetReadiness::readiness
 */
MIO_API uint32_t mio_user_source_readiness(const mio_user_source *source);

/** Closes a user source, after deregistering it.
 *
 *  A wait that begins after this returns never reports the token. NULL and a
 *  closed source are ignored. Close it before its poll is closed, or
 *  deregister it before.
 *
 *  @threads one: not while another thread sets or clears
 *  @memory  the memory is free when it returns
 *  @mio     mio 0.6: mio::Registration as Drop
 */
MIO_API void mio_user_source_close(mio_user_source *source);

#endif
