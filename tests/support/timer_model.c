/* timer_model.c: see timer_model.h. */
#include "timer_model.h"

/* ---- Chance -------------------------------------------------------------*/

uint64_t model_draw(struct model *m) /* splitmix64 */
{
    uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned model_below(struct model *m, unsigned limit)
{
    return (unsigned)(model_draw(m) % limit);
}

int64_t model_magnitude(struct model *m, unsigned bits)
{
    const unsigned width = model_below(m, bits + 1);
    return width == 0 ? 0 : (int64_t)(model_draw(m) >> (64 - width));
}

int64_t time_after(int64_t from, int64_t by)
{
    return from > INT64_MAX - by ? INT64_MAX : from + by;
}

int64_t time_before(int64_t from, int64_t by)
{
    return from < INT64_MIN + by ? INT64_MIN : from - by;
}

int64_t model_edge(struct model *m)
{
    const int64_t width = INT64_C(1) << (15 + model_below(m, 32));
    const int64_t rest = m->now % width;
    const int64_t start = rest > 0 ? time_before(m->now, rest) : m->now;
    const int64_t at = time_after(start, width * (int64_t)model_below(m, 3));
    return model_below(m, 2) == 0 ? time_after(at, model_below(m, 2))
                                  : time_before(at, 1);
}

int64_t model_extreme(struct model *m)
{
    static const int64_t extremes[] = {INT64_MIN, INT64_MIN + 1, -1,       0, 1,
                                       INT64_MAX, INT64_MAX - 1, INT64_MAX};
    return extremes[model_below(m, sizeof(extremes) / sizeof(extremes[0]))];
}

static int64_t anywhere(struct model *m)
{
    switch (model_below(m, 16)) {
    case 0:
        return model_extreme(m);
    case 1:
        return model_edge(m);
    case 2: /* a tie, perhaps */
        return m->entries[model_below(m, m->count)].deadline;
    case 3:
        return time_before(m->now, model_magnitude(m, 40));
    case 4:
        return time_after(m->now, model_magnitude(m, 63));
    case 5:
        return m->now;
    default:
        return time_after(m->now, model_magnitude(m, 46));
    }
}

static int64_t draw_deadline(struct model *m)
{
    if (model_below(m, 8) == 0) {
        return anywhere(m);
    }
    switch (m->style) {
    case SOON:
        return time_after(m->now, model_magnitude(m, 21));
    case IN_ONE_SLOT:
        return time_after(m->focus, (int64_t)model_below(m, 1u << 30));
    case HOURS_AWAY:
        return time_after(m->focus, model_magnitude(m, 47));
    case EQUAL:
        return time_after(m->focus, (int64_t)model_below(m, 3));
    case PAST:
        return time_before(m->now, model_magnitude(m, 34));
    default:
        return anywhere(m);
    }
}

static int64_t draw_period(struct model *m)
{
    switch (model_below(m, 16)) {
    case 0:
        return 1 + model_magnitude(m, 62);
    case 1:
    case 2:
        return 1 + model_magnitude(m, 40);
    default:
        return 0;
    }
}
/* ---- The list -----------------------------------------------------------*/

static bool goes_before(const struct entry *a, const struct entry *b)
{
    return a->deadline != b->deadline ? a->deadline < b->deadline
                                      : a->order < b->order;
}

static void list_add(struct model *m, struct entry *entry)
{
    struct entry *before = m->last;
    while (before != NULL && goes_before(entry, before)) {
        before = before->before;
    }
    entry->before = before;
    entry->after = before != NULL ? before->after : m->first;
    if (entry->before != NULL) {
        entry->before->after = entry;
    } else {
        m->first = entry;
    }
    if (entry->after != NULL) {
        entry->after->before = entry;
    } else {
        m->last = entry;
    }
    entry->is_armed = true;
    m->armed++;
}

static void list_remove(struct model *m, struct entry *entry)
{
    if (entry->before != NULL) {
        entry->before->after = entry->after;
    } else {
        m->first = entry->after;
    }
    if (entry->after != NULL) {
        entry->after->before = entry->before;
    } else {
        m->last = entry->before;
    }
    entry->is_armed = false;
    m->armed--;
}

bool model_is_due(const struct model *m)
{
    return m->first != NULL && m->first->deadline <= m->now;
}
/* ---- Operations on both -------------------------------------------------*/

void model_arm_at(struct model *m, struct entry *entry, int64_t deadline,
                  int64_t period)
{
    entry->period = period;
    entry->timer.period_ = period;
    if (entry->is_armed) {
        list_remove(m, entry);
        mio__timer_queue_rearm(&m->queue, &entry->timer, deadline);
    } else {
        mio__timer_queue_arm(&m->queue, &entry->timer, deadline);
    }
    entry->deadline = deadline;
    entry->order = ++m->order;
    list_add(m, entry);
}

void model_arm(struct model *m, struct entry *entry)
{
    const int64_t deadline = draw_deadline(m);
    model_arm_at(m, entry, deadline, draw_period(m));
}

void model_cancel(struct model *m, struct entry *entry)
{
    if (entry->is_armed) {
        list_remove(m, entry);
        mio__timer_queue_cancel(&m->queue, &entry->timer);
    }
}

/* The timer of an event that was periodic: its deadline must be the first one
 * after now of those that it was armed for. */
static void check_repetition(struct model *m, struct entry *entry)
{
    const uint64_t period = (uint64_t)entry->period;
    const uint64_t late = (uint64_t)m->now - (uint64_t)entry->deadline;
    const uint64_t to_end = (uint64_t)INT64_MAX - (uint64_t)m->now;
    const uint64_t missed = late / period;
    require(m, entry->timer.expired_ ==
                   (missed < UINT32_MAX ? missed + 1 : UINT32_MAX));
    if (!mio__timer_is_armed(&entry->timer)) {
        require(m, period - late % period > to_end);
        return;
    }
    const int64_t next = entry->timer.deadline_;
    require(m, next > m->now);
    require(m, (uint64_t)next - (uint64_t)m->now <= period);
    require(m, ((uint64_t)next - (uint64_t)entry->deadline) % period == 0);
    entry->deadline = next;
    entry->order = ++m->order;
    list_add(m, entry);
}

static void check_event(struct model *m, const mio_event *event)
{
    require(m, model_is_due(m));
    struct entry *entry = m->first;
    require(m, mio_event_token(event) == (mio_token)(entry - m->entries));
    require(m, event->flags == MIO_EVENT_IN);
    list_remove(m, entry);
    if (entry->period > 0) {
        check_repetition(m, entry);
    } else {
        require(m, entry->timer.expired_ == 1);
        require(m, !mio__timer_is_armed(&entry->timer));
    }
}

int model_take(struct model *m, int room)
{
    mio_event events[MODEL_ROOM_MAX + 1];
    memset(events, 0x5a, sizeof(events));
    const mio_event untouched = events[room];
    const int count = mio__timer_queue_take(&m->queue, m->now, events, room);
    require(m, count >= 0 && count <= room);
    require(m, memcmp(&events[count], &untouched, sizeof(untouched)) == 0);
    for (int i = 0; i < count; i++) {
        check_event(m, &events[i]);
    }
    if (count < room && m->count <= MIO__TIMER_PORTION) {
        require(m, !model_is_due(m));
    }
    return count;
}

int64_t model_next(struct model *m)
{
    const int64_t next = mio__timer_queue_next(&m->queue, m->now);
    require(m, mio__timer_queue_next(&m->queue, m->now) == next);
    if (m->first == NULL) {
        require(m, m->count > MIO__TIMER_FEW || next == INT64_MAX);
    } else {
        require(m, next <= m->first->deadline);
        require(m, m->count > MIO__TIMER_FEW || next == m->first->deadline);
    }
    return next;
}
