/* mio/poll.h: the poll and its registry. Include mio.h. */
#ifndef MIO_POLL_H
#define MIO_POLL_H

#include "mio/error.h"
#include "mio/event.h"
#include "mio/source.h"

#if defined(__linux__) && defined(__GNUC__)
#define MIO_POLL_WAIT_IS_INLINE_
#include <sys/epoll.h>
#endif

/* Sizes depend on the kind of system only, never on the backend. */
#ifdef _WIN32
#define MIO_SLOT_SIZE 128
#define MIO_POLL_SIZE 512
#else
#define MIO_SLOT_SIZE 32
#define MIO_POLL_SIZE 320
#endif

/** Room for one registered source, where the system needs any.
 *
 *  The caller gives an array of them to mio_poll_init and leaves it alone. */
typedef union mio_slot {
    unsigned char opaque_[MIO_SLOT_SIZE];
    void *align_pointer_;
    uint64_t align_integer_;
} mio_slot;

/** A poll: the thing that waits. Must stay where it is from init to close. */
typedef union mio_poll {
    unsigned char opaque_[MIO_POLL_SIZE];
    void *align_pointer_;
    uint64_t align_integer_;
    int plain_; /* see mio_poll_wait_full_ */
} mio_poll;

/** What the program was compiled with, for the check in mio_poll_init. */
typedef struct mio_abi {
    uint32_t version;
    uint32_t poll_size;
    uint32_t slot_size;
    uint32_t event_size;
    uint32_t source_size;
} mio_abi;

/** Does the work of mio_poll_init; call that instead.
 *
 *  Foreign-language bindings call this one, with the sizes of their own
 *  declarations.
 *
 *  @param abi  the sizes and the version that the caller was built with
 *  @return  as mio_poll_init
 *  @threads any
 *  @memory  as mio_poll_init; abi is not kept
 *  @mio     mio::Poll::new
 */
MIO_API int mio_poll_init_checked(mio_poll *poll, mio_slot *slots,
                                  size_t slot_count, const mio_abi *abi);

/** Opens a poll.
 *
 *  The slots bound how many sources can be registered at once where the system
 *  needs state for each: poll(2) and Windows. There, one more registration is
 *  MIO_ERR_NO_SLOTS. epoll and kqueue need none and ignore the array. For a
 *  portable program give as many slots as there can be sources; NULL and 0 are
 *  accepted everywhere.
 *
 *  @param[out] poll  uninitialised memory, or a closed poll
 *  @param slots  slot_count slots, or NULL when slot_count is 0
 *  @param slot_count  0 to 16,777,215
 *  @return  0; MIO_ERR_INVALID_INPUT; MIO_ERR_VERSION if the header does not
 *           match the library; MIO_ERR_OUT_OF_DESCRIPTORS;
 *           MIO_ERR_OUT_OF_MEMORY; MIO_ERR_OTHER
 *  @threads any
 *  @memory  poll and slots must stay in place until mio_poll_close returns
 *  @mio     mio::Poll::new
 */
static inline int mio_poll_init(mio_poll *poll, mio_slot *slots,
                                size_t slot_count)
{
    static const mio_abi abi = {MIO_VERSION_NUMBER, sizeof(mio_poll),
                                sizeof(mio_slot), sizeof(mio_event),
                                sizeof(mio_source)};
    return mio_poll_init_checked(poll, slots, slot_count, &abi);
}

/** Closes a poll.
 *
 *  Every registration ends. Sources and wakers that were registered stay
 *  valid: they can be used, closed, or registered with another poll. NULL and
 *  a closed poll are ignored.
 *
 *  @threads one: no other thread may be using the poll, its registry or a
 *           waker of it
 *  @memory  when it returns, the system holds no pointer into poll or slots.
 *           slots may then be reused at once; poll too, once every source that
 *           was registered with it has been deregistered, closed or forgotten
 *  @mio     mio::Poll as Drop
 */
MIO_API void mio_poll_close(mio_poll *poll);

/* ---- Waiting ------------------------------------------------------------*/

/* The inside of mio_poll_wait. As long as a poll over epoll has had no waker, no
 * timers and no spin, a wait without a time limit is one system call, and is made
 * inline: `plain_` then holds the kernel's descriptor, otherwise -1. All other
 * waits, and what that one call does not settle, are the library's. */

#define MIO_POLL_UNTRIED_ INT32_MIN

/** Waits, with all there is to it; internal.
 *
 *  @param count  what the inline system call has returned, with errno, or
 *                MIO_POLL_UNTRIED_
 *  @return  as mio_poll_wait
 *  @threads as mio_poll_wait
 *  @memory  as mio_poll_wait
 *  @mio     none (part of mio::Poll::poll)
 */
MIO_API int mio_poll_wait_full_(mio_poll *poll, mio_event *events,
                                size_t capacity, int64_t timeout_ns, int count);

#ifdef MIO_POLL_WAIT_IS_INLINE_

#define MIO_POLL_PLAIN_MAX_ ((size_t)1 << 20)

/** Returns the kernel's descriptor, or -1 if waits are not plain; internal.
 *
 *  @return  a descriptor or -1
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_INLINE int mio_poll_plain_(const mio_poll *poll)
{
    return poll != NULL ? __atomic_load_n(&poll->plain_, __ATOMIC_ACQUIRE) : -1;
}

#endif

/** Waits for events.
 *
 *  Returns as soon as there is at least one event, or when the time is over.
 *  At most `capacity` events are returned; the others come with the next call,
 *  and sources, wakers and timers cannot starve each other. Fewer events than
 *  capacity do not mean that none is left. A source registered by another
 *  thread during the wait is seen by the wait.
 *
 *  It never returns before its time with no event: neither signals (unless
 *  mio_poll_set_interruptible asks for it) nor registrations by other threads
 *  end or restart it.
 *
 *  @param[out] events  receives the events, in no particular order
 *  @param capacity  entries at events, 1 or more; 64 to 1024 is a good size
 *  @param timeout_ns  nanoseconds; negative waits for ever, 0 only looks.
 *                     Rounded up to what the system can do: about 1 ns on
 *                     Linux 5.11 and later, else 1 ms
 *  @return  the number of events, 0 when the time is over;
 *           MIO_ERR_INVALID_INPUT for NULL, a closed poll or capacity 0;
 *           MIO_ERR_BUSY if another thread is waiting on this poll and would
 *           be disturbed; MIO_ERR_INTERRUPTED if asked for; MIO_ERR_OTHER
 *  @threads one at a time; all registry and waker functions may run meanwhile
 *  @memory  events is used only during the call
 *  @mio     mio::Poll::poll and mio::Events
 */
#ifdef MIO_POLL_WAIT_IS_INLINE_
MIO_INLINE int mio_poll_wait(mio_poll *poll, mio_event *events, size_t capacity,
                             int64_t timeout_ns)
{
    int count = MIO_POLL_UNTRIED_;
    int plain = mio_poll_plain_(poll);
    if (plain >= 0 && timeout_ns <= 0 && events != NULL &&
        capacity - 1 < MIO_POLL_PLAIN_MAX_) {
        count = epoll_wait(plain, (struct epoll_event *)(void *)events,
                           (int)capacity, timeout_ns < 0 ? -1 : 0);
        if ((count > 0 || (count == 0 && timeout_ns == 0)) &&
            mio_poll_plain_(poll) >= 0) {
            return count;
        }
    }
    return mio_poll_wait_full_(poll, events, capacity, timeout_ns, count);
}
#else
MIO_API int mio_poll_wait(mio_poll *poll, mio_event *events, size_t capacity,
                          int64_t timeout_ns);
#endif

/** Chooses whether a signal ends a wait with MIO_ERR_INTERRUPTED.
 *
 *  Off at first: the wait goes on for the time left.
 *
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or a closed poll
 *  @threads one: not while another thread waits
 *  @memory  nothing is kept
 *  @mio     none (mio always returns Interrupted)
 */
MIO_API int mio_poll_set_interruptible(mio_poll *poll, bool interruptible);

/** Chooses for how long a wait looks for events before it sleeps.
 *
 *  Off (0) at first. To be woken costs a thread some 5 to 50 microseconds; one
 *  that looks again and again has the event in less than one, at the price of a
 *  processor that is busy all that time. Worth it if answers come sooner than
 *  that, and the processor has nothing better to do; not on a machine with as
 *  many busy threads as processors. While a wait looks, wakes make no system
 *  call. The time counts in each wait anew, and within its time limit.
 *
 *  @param spin_ns  nanoseconds, 0 to 1,000,000,000 (a second); 10,000 to
 *                  100,000 is a good size
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, a closed poll or another number
 *  @threads one: not while another thread waits
 *  @memory  nothing is kept
 *  @mio     none
 */
MIO_API int mio_poll_set_spin(mio_poll *poll, int64_t spin_ns);

/** Returns the poll's registry.
 *
 *  The registry is a pointer that may be handed to any thread; mio's clones
 *  become copies of the pointer.
 *
 *  @return  the registry; NULL for NULL or a closed poll
 *  @threads any
 *  @memory  valid until mio_poll_close
 *  @mio     mio::Poll::registry, mio::Registry::try_clone
 */
MIO_API mio_registry *mio_poll_registry(mio_poll *poll);

/** Returns the poll's own descriptor, so that another loop can watch it.
 *
 *  It is readable when a wait would return at once, and never writable: kqueue
 *  refuses to watch it for that. Timers do not make it readable: see
 *  mio_timer_queue_next. From this call on each wake makes a system call,
 *  because the library can no longer tell when the outer loop sleeps.
 *
 *  @param[out] fd  receives the descriptor, which the poll keeps owning
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or a closed poll;
 *           MIO_ERR_UNSUPPORTED on poll(2) and Windows
 *  @threads one: not while another thread waits
 *  @memory  valid until mio_poll_close
 *  @mio     mio::Poll as AsRawFd
 */
MIO_API int mio_poll_fd(mio_poll *poll, mio_fd *fd);

/* ---- Registry -----------------------------------------------------------*/

/** Begins to watch a source.
 *
 *  If it is ready already, an event follows at once. Pass the first member of
 *  an I/O object: `&stream.source`.
 *
 *  @param token  comes back in every event; not MIO_TOKEN_RESERVED
 *  @param interest  one or more directions, and perhaps modes
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, a closed registry, the reserved
 *           token or a bad interest; MIO_ERR_ALREADY_EXISTS if the source is
 *           registered here or with another poll, or another source of its
 *           descriptor is registered here (kqueue does not tell: there the new
 *           source takes over); MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_UNSUPPORTED if
 *           the system cannot watch this descriptor or direction, such as a
 *           terminal on macOS, for which there is MIO_BACKEND=poll;
 *           MIO_ERR_BROKEN_PIPE on kqueue for a pipe's sender without a
 *           receiver; MIO_ERR_NO_SLOTS; MIO_ERR_OUT_OF_MEMORY; for a custom
 *           source what its callback returns
 *  @threads any; a given source one at a time
 *  @memory  the source may be moved afterwards
 *  @mio     mio::Registry::register
 */
MIO_API int mio_registry_register(mio_registry *registry, mio_source *source,
                                  mio_token token, mio_interest interest);

/** Replaces a source's token and interest, and arms it again.
 *
 *  Nothing of the old registration remains; a source that is ready gives an
 *  event, also when it has been reported before.
 *
 *  @param token  as for mio_registry_register
 *  @param interest  as for mio_registry_register
 *  @return  0; MIO_ERR_NOT_FOUND if the source is not registered;
 *           MIO_ERR_ALREADY_EXISTS if it is registered with another poll;
 *           otherwise as mio_registry_register: after an error of the system the
 *           source may have lost its registration, which
 *           mio_source_is_registered tells
 *  @threads any; a given source one at a time
 *  @memory  the source may be moved afterwards
 *  @mio     mio::Registry::reregister
 */
MIO_API int mio_registry_reregister(mio_registry *registry, mio_source *source,
                                    mio_token token, mio_interest interest);

/** Stops watching a source.
 *
 *  A wait that begins after this returns never reports the source. Closing an
 *  I/O object does this too.
 *
 *  @return  0; MIO_ERR_NOT_FOUND if the source is not registered;
 *           MIO_ERR_ALREADY_EXISTS if it is registered with another poll;
 *           MIO_ERR_INVALID_INPUT for NULL or a closed registry; for a custom
 *           source what its callback returns
 *  @threads any; a given source one at a time
 *  @memory  the source may be registered again, here or elsewhere
 *  @mio     mio::Registry::deregister
 */
MIO_API int mio_registry_deregister(mio_registry *registry, mio_source *source);

#endif
