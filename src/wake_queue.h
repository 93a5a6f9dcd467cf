/* wake_queue.h: wakes that wait to be delivered.
 *
 * Wakers push themselves onto a lock-free stack, from any thread or signal
 * handler. Whoever holds the lock (the poller, or a waker being closed) moves
 * the stack to the end of a list, in the order of the wakes, and takes from
 * there. The nodes are the wakers themselves, in caller memory.
 *
 * Other objects in memory, such as channels, are nodes too. They are asked what
 * there is to tell when their turn has come. */
#ifndef MIO_WAKE_QUEUE_H
#define MIO_WAKE_QUEUE_H

#include <stdatomic.h>

#include "mio/event.h"
#include "sys/mutex.h"

struct mio__wake;

/* Returns the flags of the event, or 0 if there is none to tell any more. Sets
 * *again if it is to be asked again by the next wait (level mode). Under the
 * queue's lock. */
typedef uint32_t mio__wake_report(struct mio__wake *wake, bool *again);

struct mio__wake {
    struct mio__wake *next; /* on the stack or in the list */
    struct mio__wake *previous;
    mio_token token;
    mio__wake_report *report; /* NULL for wakers, which are always readable */
    /* 1 on the stack or in the list, or about to be. A whole word: exchanges
     * of less are calls into a library of their own on some processors. */
    _Atomic uint32_t queued;
    uint32_t wait; /* the last one that it was to be asked again after */
};

struct mio__wake_queue {
    _Atomic(struct mio__wake *) pushed; /* the stack */
    _Atomic(struct mio__wake *) first;  /* the list; changed under the lock */
    struct mio__wake *last;             /* of the list; under the lock */
    uint32_t wait;                      /* numbers the poller's waits */
    mio__mutex lock;
};

void mio__wake_queue_init(struct mio__wake_queue *queue);
void mio__wake_queue_destroy(struct mio__wake_queue *queue);

void mio__wake_init(struct mio__wake *wake, mio_token token,
                    mio__wake_report *report);

/* Queues a wake unless it is queued already; tells whether it was new. Any
 * thread, and signal handlers. */
bool mio__wake_queue_push(struct mio__wake_queue *queue,
                          struct mio__wake *wake);

/* Takes a wake out, wherever it is. pre: nobody is pushing it. */
void mio__wake_queue_remove(struct mio__wake_queue *queue,
                            struct mio__wake *wake);

/* Poller: a wait begins. What was to be asked again is, once in each wait. */
static inline void mio__wake_queue_next_wait(struct mio__wake_queue *queue)
{
    queue->wait++;
}

/* Turns up to `room` wakes into events, oldest first. */
int mio__wake_queue_take(struct mio__wake_queue *queue, mio_event *events,
                         int room);

static inline bool mio__wake_queue_is_empty(struct mio__wake_queue *queue)
{
    return atomic_load(&queue->pushed) == NULL &&
           atomic_load_explicit(&queue->first, memory_order_relaxed) == NULL;
}

#endif
