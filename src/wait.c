/* wait.c: see wait.h. */
#include "wait.h"

#include "sys/clock.h"

/* Takes the bell's own event out of a batch, keeping the order of the rest. */
static int hear_bell(struct mio_registry *registry, mio_event *events,
                     int count)
{
    for (int i = 0; i < count; i++) {
        if (events[i].token == MIO_TOKEN_RESERVED) {
            mio__bell_hush(&registry->bell);
            for (int j = i + 1; j < count; j++) {
                events[j - 1] = events[j];
            }
            return count - 1;
        }
    }
    return count;
}

/* Adds what the bell and the wakers have to say to what the selector found. */
static int collect(struct mio_registry *registry, mio_event *events, int count,
                   int room)
{
    if (mio__bell_awaken(&registry->bell) && count > 0) {
        count = hear_bell(registry, events, count);
    }
    if (count < room && !mio__wake_queue_is_empty(&registry->wakes)) {
        /* A failed wait fails again; the wakes must not be lost. */
        count = count < 0 ? 0 : count;
        count += mio__wake_queue_take(&registry->wakes, events + count,
                                      room - count);
    }
    return count;
}

int mio__wait_once(struct mio_registry *registry, mio_event *events, int room,
                   int64_t timeout_ns)
{
    int woken = 0;
    mio__wake_queue_next_wait(&registry->wakes);
    if (timeout_ns != 0 && mio__wake_queue_is_empty(&registry->wakes)) {
        mio__bell_sleep(&registry->bell);
    }
    if (!mio__wake_queue_is_empty(&registry->wakes)) {
        timeout_ns = 0;
        registry->wakes_first = !registry->wakes_first;
        if (registry->wakes_first) {
            woken = mio__wake_queue_take(&registry->wakes, events, room);
        }
    }
    int count = 0;
    if (woken < room) {
        count = mio__selector_wait(&registry->selector, events + woken,
                                   room - woken, timeout_ns);
    }
    count = collect(registry, events + woken, count, room - woken);
    return count < 0 && woken > 0 ? woken : count + woken;
}

/* Waits until there is something to return: the time of internal wakes and of
 * interruptions is not the caller's. */
static int wait_until(struct mio_registry *registry, mio_event *events,
                      int room, int64_t timeout_ns)
{
    int64_t deadline = 0;
    if (timeout_ns > 0) {
        int64_t now = mio__clock_now();
        deadline = timeout_ns < INT64_MAX - now ? now + timeout_ns : INT64_MAX;
    }
    for (;;) {
        int count = registry->wait(registry, events, room, timeout_ns);
        if (count == MIO_ERR_INTERRUPTED && !registry->interruptible) {
            count = 0;
        }
        if (count != 0 || timeout_ns == 0) {
            return count;
        }
        if (timeout_ns > 0) {
            timeout_ns = deadline - mio__clock_now();
            if (timeout_ns <= 0) {
                return 0;
            }
        }
    }
}

int mio__wait(struct mio_registry *registry, mio_event *events, int room,
              int64_t timeout_ns, int count)
{
    uint32_t idle = MIO__PHASE_IDLE;
    if (!atomic_compare_exchange_strong(&registry->phase, &idle,
                                        MIO__PHASE_WAITING)) {
        return MIO_ERR_BUSY;
    }
    if (count != 0 && mio__bell_is_open(&registry->bell)) {
        /* Opened, and rung for the first time, during a plain wait. */
        count = collect(registry, events, count, room);
    }
    if (count == MIO_ERR_INTERRUPTED && !registry->interruptible) {
        count = 0;
    }
    if (count == 0) {
        count = wait_until(registry, events, room, timeout_ns);
    }
    if (atomic_load(&registry->bell.exposed) &&
        !mio__wake_queue_is_empty(&registry->wakes)) {
        (void)mio__bell_ring(&registry->bell); /* what did not fit */
    }
    atomic_store_explicit(&registry->phase, MIO__PHASE_IDLE,
                          memory_order_release);
    return count;
}
