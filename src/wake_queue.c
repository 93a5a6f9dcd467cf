/* wake_queue.c: see wake_queue.h. */
#include "internal.h"

#include "wake_queue.h"

void mio__wake_queue_init(struct mio__wake_queue *queue)
{
    atomic_init(&queue->pushed, NULL);
    atomic_init(&queue->first, NULL);
    queue->last = NULL;
    queue->wait = 1;
    mio__mutex_init(&queue->lock);
}

void mio__wake_queue_destroy(struct mio__wake_queue *queue)
{
    mio__mutex_destroy(&queue->lock);
}

void mio__wake_init(struct mio__wake *wake, mio_token token,
                    mio__wake_report *report)
{
    wake->next = NULL;
    wake->previous = NULL;
    wake->token = token;
    wake->report = report;
    wake->wait = 0;
    atomic_init(&wake->queued, 0);
}

bool mio__wake_queue_push(struct mio__wake_queue *queue, struct mio__wake *wake)
{
    /* An exchange even if it is queued: what the caller wrote before this
     * must be seen by whoever takes the wake. */
    if (atomic_exchange(&wake->queued, 1) != 0) {
        return false;
    }
    struct mio__wake *top =
        atomic_load_explicit(&queue->pushed, memory_order_relaxed);
    do {
        wake->next = top;
    } while (!atomic_compare_exchange_weak(&queue->pushed, &top, wake));
    return true;
}

/* Under the lock: moves the stack, whose top is the youngest, to the end of
 * the list, whose front is the oldest. */
static void list_gather(struct mio__wake_queue *queue)
{
    struct mio__wake *wake = atomic_exchange(&queue->pushed, NULL);
    struct mio__wake *oldest = NULL;
    struct mio__wake *youngest = wake;
    while (wake != NULL) {
        struct mio__wake *older = wake->next;
        wake->next = oldest;
        wake->previous = older;
        oldest = wake;
        wake = older;
    }
    if (oldest == NULL) {
        return;
    }
    oldest->previous = queue->last;
    if (queue->last != NULL) {
        queue->last->next = oldest;
    } else {
        atomic_store_explicit(&queue->first, oldest, memory_order_relaxed);
    }
    queue->last = youngest;
}

/* Under the lock: unlinks a wake that is in the list. */
static void list_unlink(struct mio__wake_queue *queue, struct mio__wake *wake)
{
    if (wake->previous != NULL) {
        wake->previous->next = wake->next;
    } else {
        atomic_store_explicit(&queue->first, wake->next, memory_order_relaxed);
    }
    if (wake->next != NULL) {
        wake->next->previous = wake->previous;
    } else {
        queue->last = wake->previous;
    }
    /* From here on it may be pushed again. */
    (void)atomic_exchange(&wake->queued, 0);
}

void mio__wake_queue_remove(struct mio__wake_queue *queue,
                            struct mio__wake *wake)
{
    mio__mutex_lock(&queue->lock);
    if (atomic_load(&wake->queued) != 0) {
        list_gather(queue);
        list_unlink(queue, wake);
    }
    mio__mutex_unlock(&queue->lock);
}

int mio__wake_queue_take(struct mio__wake_queue *queue, mio_event *events,
                         int room)
{
    int count = 0;
    mio__mutex_lock(&queue->lock);
    list_gather(queue);
    while (count < room) {
        struct mio__wake *wake =
            atomic_load_explicit(&queue->first, memory_order_relaxed);
        if (wake == NULL || wake->wait == queue->wait) {
            break; /* the next wait's, as are those behind it */
        }
        list_unlink(queue, wake); /* news that comes now queues it again */
        bool again = false;
        uint32_t flags =
            wake->report != NULL ? wake->report(wake, &again) : MIO_EVENT_IN;
        if (flags != 0) {
            events[count].flags = flags;
            events[count].token = wake->token;
            count++;
            wake->wait = queue->wait; /* no second event in this wait */
        }
        if (again) {
            (void)mio__wake_queue_push(queue, wake);
        }
    }
    mio__mutex_unlock(&queue->lock);
    return count;
}
