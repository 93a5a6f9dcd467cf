/* bell.h: ends a wait from outside, with a system call only if it must.
 *
 * A doorbell costs a system call to ring and another to hear. Both are needed
 * only while the poller sleeps, so one word says whether it does:
 *
 *   SHUT    no doorbell yet: nobody has wanted to end a wait so far
 *   AWAKE   the poller runs; it looks at its queues before it sleeps
 *   ASLEEP  the poller is in the kernel, or about to enter it
 *   RUNG    somebody has rung, or is about to; not heard yet
 *
 *   AWAKE  -> ASLEEP  poller, before it looks at its queues for the last time
 *   ASLEEP -> AWAKE   poller, back from the kernel
 *   ASLEEP -> RUNG    whoever rings; only the one who makes the change writes
 *   RUNG   -> AWAKE   poller, when the doorbell's event has come
 *
 * RUNG lasts until the event has been seen, even when something else ended the
 * wait: the ringer may be between its change of the word and its write. The
 * late ring then ends some later wait, which goes on at once. So at most one
 * ring is unheard at a time, and its event can always be told from a source's.
 *
 * No wake is lost: ringers publish their work before they look at the word,
 * the poller writes ASLEEP before it looks for work, and all of it is
 * sequentially consistent. */
#ifndef MIO_BELL_H
#define MIO_BELL_H

#include <stdatomic.h>

#include "sys/doorbell.h"

enum { MIO__BELL_SHUT, MIO__BELL_AWAKE, MIO__BELL_ASLEEP, MIO__BELL_RUNG };

struct mio__bell {
    _Atomic uint32_t state;
    _Atomic bool exposed; /* an outer loop sleeps on the poll's descriptor, so
                             ring whether the poller is asleep or not */
    struct mio__doorbell doorbell;
};

void mio__bell_init(struct mio__bell *bell);

/* Opens the doorbell: SHUT -> AWAKE. Returns 0 or MIO_ERR_*. */
int mio__bell_open(struct mio__bell *bell);

/* Closes the doorbell, if it is open. */
void mio__bell_close(struct mio__bell *bell);

/* Makes sure that the poller looks at its queues again. Any thread, and signal
 * handlers. pre: open, and the caller's work is published. */
int mio__bell_ring(struct mio__bell *bell);

/* Rings without regard to the state, which was AWAKE or SHUT and becomes RUNG.
 * For a doorbell that is opened while the poller may already be asleep. */
int mio__bell_ring_first(struct mio__bell *bell);

static inline bool mio__bell_is_open(const struct mio__bell *bell)
{
    return atomic_load(&bell->state) != MIO__BELL_SHUT;
}

/* Poller: about to sleep. The caller then looks at its queues once more. */
static inline void mio__bell_sleep(struct mio__bell *bell)
{
    uint32_t awake = MIO__BELL_AWAKE;
    if (atomic_load_explicit(&bell->state, memory_order_relaxed) == awake) {
        (void)atomic_compare_exchange_strong(&bell->state, &awake,
                                             MIO__BELL_ASLEEP);
    }
}

/* Poller: back from the kernel. ASLEEP -> AWAKE; tells whether a ring is still
 * unheard. */
static inline bool mio__bell_awaken(struct mio__bell *bell)
{
    uint32_t state = atomic_load(&bell->state);
    if (state != MIO__BELL_ASLEEP) {
        return state == MIO__BELL_RUNG;
    }
    return !atomic_compare_exchange_strong(&bell->state, &state,
                                           MIO__BELL_AWAKE);
}

/* Poller: the doorbell's event has come. RUNG -> AWAKE. */
void mio__bell_hush(struct mio__bell *bell);

#endif
