/* timer.c: timers, as the program sees them, and their part in the wait. See
 * timer_queue.h for how they are kept. */
#include "wait.h"

#include "sys/clock.h"
#include "timer_queue.h"

struct queue {
    struct mio__timers hook;
    mio_registry *registry; /* NULL when closed */
    uint32_t registry_id;   /* to know a poll that was closed by */
    uint32_t id;            /* a new one for each init, as for polls */
    bool is_first;          /* who gets the events array first; alternates */
    struct mio__timer_queue timers;
};

_Static_assert(sizeof(struct queue) <= sizeof(mio_timer_queue),
               "mio_timer_queue has room for its inside");
_Static_assert(_Alignof(struct queue) <= _Alignof(mio_timer_queue),
               "mio_timer_queue is aligned for its inside");
_Static_assert(offsetof(struct queue, hook) == 0,
               "a queue is found where its hook is");
_Static_assert(sizeof(mio_timer) <= 64, "as mio/timer.h says");

static struct queue *queue_of(const mio_timer_queue *queue)
{
    return (struct queue *)(uintptr_t)queue;
}

static bool is_open(const struct queue *queue)
{
    return queue != NULL && queue->registry != NULL;
}

/* ---- Waiting ------------------------------------------------------------*/

/* One wait, which ends when a timer is due. While timers are due they and the
 * others take turns at being first, so that neither fills a small array for
 * ever. */
static int wait_for_either(struct queue *queue, mio_event *events, int room,
                           int64_t timeout_ns)
{
    struct mio__timer_queue *timers = &queue->timers;
    int expired = 0;
    int64_t now = mio__clock_now();
    const int64_t next = mio__timer_queue_next(timers, now);
    if (next <= now) {
        timeout_ns = 0;
        queue->is_first = !queue->is_first;
        if (queue->is_first) {
            expired = mio__timer_queue_take(timers, now, events, room);
            if (expired == room) {
                return expired;
            }
        }
    } else if (timeout_ns < 0 || next - now < timeout_ns) {
        timeout_ns = next - now;
    }
    int count = mio__wait_once(queue->registry, events + expired,
                               room - expired, timeout_ns);
    if (count == MIO_ERR_INTERRUPTED && !queue->registry->interruptible) {
        count = 0;
    }
    if (count < 0) {
        return expired > 0 ? expired : count; /* it will fail again */
    }
    count += expired;
    if (count < room) {
        now = timeout_ns != 0 ? mio__clock_now() : now;
        count +=
            mio__timer_queue_take(timers, now, events + count, room - count);
    }
    return count;
}

/* In the place of mio__wait_once. When many timers are due it may take several
 * looks to find the first; the others get theirs in between. */
static int wait_with_timers(mio_registry *registry, mio_event *events, int room,
                            int64_t timeout_ns)
{
    struct queue *queue = (struct queue *)(void *)registry->timers;
    if (mio__timer_queue_is_idle(&queue->timers)) {
        return mio__wait_once(registry, events, room, timeout_ns);
    }
    int count;
    do {
        count = wait_for_either(queue, events, room, timeout_ns);
    } while (count == 0 && mio__timer_queue_is_spreading(&queue->timers));
    return count;
}

/* ---- The queue ----------------------------------------------------------*/

int mio_timer_queue_init(mio_timer_queue *queue_memory, mio_poll *poll)
{
    struct queue *queue = queue_of(queue_memory);
    mio_registry *registry = mio_poll_registry(poll);
    if (queue == NULL || registry == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (registry->timers != NULL) {
        return MIO_ERR_ALREADY_EXISTS;
    }
    queue->hook.wait = wait_with_timers;
    queue->registry = registry;
    queue->registry_id = registry->id;
    queue->id = atomic_fetch_add(&mio__registry_count, 1) + 1;
    queue->is_first = false;
    mio__timer_queue_init(&queue->timers);
    registry->timers = &queue->hook;
    mio__wait_choose(registry);
    return 0;
}

void mio_timer_queue_close(mio_timer_queue *queue_memory)
{
    struct queue *queue = queue_of(queue_memory);
    if (!is_open(queue)) {
        return;
    }
    if (mio__registry_is_current(queue->registry, queue->registry_id)) {
        queue->registry->timers = NULL;
        mio__wait_choose(queue->registry);
    }
    queue->registry = NULL;
}

int mio_timer_queue_next(mio_timer_queue *queue_memory, int64_t *deadline_ns)
{
    struct queue *queue = queue_of(queue_memory);
    if (!is_open(queue) || deadline_ns == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    *deadline_ns = mio__timer_queue_next(&queue->timers, mio__clock_now());
    return 0;
}

/* ---- Timers -------------------------------------------------------------*/

int64_t mio_now(void)
{
    return mio__clock_now();
}

int mio_timer_init(mio_timer *timer, mio_token token)
{
    if (timer == NULL || token == MIO_TOKEN_RESERVED) {
        return MIO_ERR_INVALID_INPUT;
    }
    *timer = (mio_timer){.token_ = token};
    return 0;
}

static int arm(mio_timer_queue *queue_memory, mio_timer *timer,
               int64_t deadline, int64_t period)
{
    struct queue *queue = queue_of(queue_memory);
    if (!is_open(queue) || timer == NULL ||
        !mio__registry_is_current(queue->registry, queue->registry_id)) {
        return MIO_ERR_INVALID_INPUT;
    }
    const bool is_armed = mio__timer_is_armed(timer);
    if (is_armed && timer->owner_id_ != queue->id) {
        return MIO_ERR_ALREADY_EXISTS;
    }
    timer->period_ = period;
    timer->expired_ = 0;
    if (is_armed) {
        mio__timer_queue_rearm(&queue->timers, timer, deadline);
    } else {
        timer->owner_id_ = queue->id;
        mio__timer_queue_arm(&queue->timers, timer, deadline);
    }
    return 0;
}

int mio_timer_arm_at(mio_timer_queue *queue, mio_timer *timer,
                     int64_t deadline_ns)
{
    return arm(queue, timer, deadline_ns, 0);
}

int mio_timer_arm_after(mio_timer_queue *queue, mio_timer *timer,
                        int64_t delay_ns)
{
    const int64_t now = mio__clock_now();
    const int64_t delay = delay_ns > 0 ? delay_ns : 0;
    return arm(queue, timer, delay < INT64_MAX - now ? now + delay : INT64_MAX,
               0);
}

int mio_timer_arm_periodic(mio_timer_queue *queue, mio_timer *timer,
                           int64_t first_ns, int64_t period_ns)
{
    return period_ns > 0 ? arm(queue, timer, first_ns, period_ns)
                         : MIO_ERR_INVALID_INPUT;
}

int mio_timer_cancel(mio_timer_queue *queue_memory, mio_timer *timer)
{
    struct queue *queue = queue_of(queue_memory);
    if (!is_open(queue) || timer == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    const bool is_armed = mio__timer_is_armed(timer);
    if (is_armed && timer->owner_id_ != queue->id) {
        return MIO_ERR_NOT_FOUND;
    }
    timer->expired_ = 0;
    if (!is_armed) {
        return MIO_ERR_NOT_FOUND;
    }
    mio__timer_queue_cancel(&queue->timers, timer);
    return 0;
}

bool mio_timer_is_armed(const mio_timer_queue *queue_memory,
                        const mio_timer *timer)
{
    const struct queue *queue = queue_of(queue_memory);
    return is_open(queue) && timer != NULL && mio__timer_is_armed(timer) &&
           timer->owner_id_ == queue->id;
}

int64_t mio_timer_deadline(const mio_timer *timer)
{
    return timer != NULL ? timer->deadline_ : 0;
}

uint32_t mio_timer_expired(const mio_timer *timer)
{
    return timer != NULL ? timer->expired_ : 0;
}

/* ---- Slack --------------------------------------------------------------*/

/* The largest of 1, 5, 10, 50, ... that is not above slack. */
static int64_t grid_of(int64_t slack)
{
    int64_t grid = 1;
    while (grid <= slack / 10) {
        grid *= 10;
    }
    return grid <= slack / 5 ? grid * 5 : grid;
}

int64_t mio_timer_round(int64_t deadline_ns, int64_t slack_ns)
{
    if (slack_ns <= 1) {
        return deadline_ns;
    }
    const int64_t grid = grid_of(slack_ns);
    int64_t after = deadline_ns % grid;
    after += after < 0 ? grid : 0;
    const int64_t ahead = after > 0 ? grid - after : 0;
    return deadline_ns <= INT64_MAX - ahead ? deadline_ns + ahead : deadline_ns;
}
