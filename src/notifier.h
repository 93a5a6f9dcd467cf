/* notifier.h: tells a poll that an object in memory has news for it.
 *
 * What a channel or a user source has in common with a waker is a node in the
 * poll's queue of wakes; what it has beyond one is that it can be registered
 * and deregistered while other threads notify. So notifying counts itself in
 * and out, and detaching waits until nobody is inside. That is short: a push
 * onto a lock-free stack, and a ring of the bell if the poller sleeps. */
#ifndef MIO_NOTIFIER_H
#define MIO_NOTIFIER_H

#include "registry.h"

struct mio__notifier {
    struct mio__wake wake;
    _Atomic(mio_registry *) registry; /* NULL when detached */
    _Atomic uint32_t inside;          /* threads that notify just now */
    uint32_t registry_id;             /* to know a poll that was closed by */
};

/* `report` says what there is to tell: see wake_queue.h. */
void mio__notifier_init(struct mio__notifier *notifier,
                        mio__wake_report *report);

/* Begins to tell this poll, under the token. Returns 0 or MIO_ERR_*. pre:
 * detached, the registry open */
int mio__notifier_attach(struct mio__notifier *notifier, mio_registry *registry,
                         mio_token token);

/* Ends it: no wait that begins later reports anything. pre: the registry is
 * open, or nothing was attached */
void mio__notifier_detach(struct mio__notifier *notifier);

/* The same, if the registry has been closed since it was attached: its queue is
 * gone. Does nothing while detached. */
void mio__notifier_forget(struct mio__notifier *notifier);

/* Whether mio__notifier_notify would have nothing to do: detached, or queued
 * already. Only for those who have made their news known by a sequentially
 * consistent store (so that nothing is missed: whoever takes the wake marks it
 * so before it looks at the news). Two loads, where notifying changes three
 * words that all threads share. */
static inline bool mio__notifier_is_told(struct mio__notifier *notifier)
{
    return atomic_load(&notifier->registry) == NULL ||
           atomic_load(&notifier->wake.queued) != 0;
}

/* There is news. What was written before is seen by the report. Any thread, and
 * signal handlers; does nothing while detached. Returns 0 or MIO_ERR_*. */
int mio__notifier_notify(struct mio__notifier *notifier);

#endif
