/* timer_model.c: the timer queue (src/timer_queue.h) against a sorted list, over
 * a million random operations. Timers are cancelled and re-armed between the
 * takes of a time when many are due.
 *
 * The chances change from time to time, so that sparse and crowded times, near
 * and far, meet each other. MIO_SEED=n begins with another seed; a failure
 * names the seed that repeats it. */
#include "timer_model.h"

#define SEED 1 /* the default */

static void change(struct model *m, struct entry *entry)
{
    if (model_below(m, 3) == 0) {
        model_cancel(m, entry);
    } else {
        model_arm(m, entry);
    }
}

static void change_some(struct model *m)
{
    for (unsigned n = model_below(m, 3); n > 0; n--) {
        change(m, &m->entries[model_below(m, m->count)]);
    }
}

/* Changes timers that the queue is just moving. */
static void change_moving(struct model *m)
{
    for (int i = 0; i < 2; i++) {
        const mio_timer *timer = m->queue.opened.list[i];
        if (timer != NULL && model_below(m, 2) == 0) {
            change(m, &m->entries[timer->token_]);
        }
    }
}

/* Changes a timer that is due, if there is one. */
static void change_due(struct model *m)
{
    struct entry *entry = m->first;
    for (unsigned n = model_below(m, 8); n > 0 && entry != NULL; n--) {
        entry = entry->after;
    }
    if (entry != NULL && entry->deadline <= m->now) {
        change(m, entry);
    }
}

/* Leaves the timers of one of the two lists that each slot has. */
static void cancel_half(struct model *m)
{
    const uint64_t odd = model_draw(m) % 2;
    for (unsigned i = 0; i < m->count; i++) {
        if (m->entries[i].order % 2 == odd) {
            model_cancel(m, &m->entries[i]);
        }
    }
}

/* Takes until nothing is due. Portions allow a few takes without an event. */
static void drain(struct model *m)
{
    const unsigned patience =
        (MIO__TIMER_LEVELS + 1) * (m->count / MIO__TIMER_PORTION + 2);
    unsigned idle = 0;
    for (int rounds = 0; m->first != NULL && model_next(m) <= m->now;
         rounds++) {
        const int room = 1 + (int)model_below(m, MODEL_ROOM_MAX);
        if (model_take(m, room) > 0) {
            idle = 0;
        } else {
            require(m, ++idle <= patience);
        }
        if (rounds < 20 && model_below(m, 2) == 0) { /* so that it ends */
            change_due(m);
            change_some(m);
            change_moving(m);
            (void)model_take(m, 1);
        }
    }
    require(m, !model_is_due(m));
    require(m, model_take(m, 1) == 0);
}

static void advance(struct model *m)
{
    switch (model_below(m, 8)) {
    case 0:
        m->now = time_after(m->now, model_magnitude(m, 56));
        break;
    case 1:
        m->now = time_after(m->now, model_magnitude(m, 44));
        break;
    case 2: { /* to a slot's edge */
        const int64_t to = model_edge(m);
        m->now = to > m->now ? to : m->now;
        break;
    }
    case 3:
    case 4: /* to the next deadline, or just before */
        if (m->first != NULL) {
            const int64_t to =
                time_before(m->first->deadline, model_below(m, 2));
            m->now = to > m->now ? to : m->now;
        }
        break;
    default:
        m->now = time_after(m->now, model_magnitude(m, 31));
    }
}

/* Sleeps until an event comes, as a poll does: the event must come at its very
 * deadline, and the poll must not wake up often without one. */
static void sleep_until_event(struct model *m)
{
    drain(m);
    const struct entry *first = m->first;
    if (first == NULL || first->deadline == INT64_MAX) {
        return;
    }
    const int64_t deadline = first->deadline;
    const uint64_t windows = ((uint64_t)deadline - (uint64_t)m->now) >> 43;
    if (windows > 50) {
        return; /* each may cost a wake-up, if there are many timers */
    }
    unsigned patience = (unsigned)windows + MIO__TIMER_LEVELS + 2;
    patience += patience * (m->count / MIO__TIMER_PORTION);
    for (;;) {
        const int64_t to = model_next(m);
        m->now = to > m->now ? to : m->now;
        if (model_take(m, 1) > 0) {
            require(m, m->now == deadline);
            return;
        }
        require(m, patience-- > 0);
    }
}

/* The clock should not go back. If it does, timers are late, and that is all.
 */
static void take_in_the_past(struct model *m)
{
    const int64_t now = m->now;
    m->now = time_before(now, model_magnitude(m, 40));
    change_some(m);
    (void)model_take(m, 1 + (int)model_below(m, MODEL_ROOM_MAX));
    m->now = now;
}

/* A crowd may get a second one beside it. Then it is awaited: so many timers
 * are due, or nearly, that it takes a while. */
static void change_style(struct model *m)
{
    const bool is_crowd = m->count > MIO__TIMER_PORTION;
    if (is_crowd && model_below(m, 3) > 0) {
        m->style = EQUAL;
        m->focus = model_below(m, 2) == 0
                       ? time_after(m->focus, model_magnitude(m, 35))
                       : time_before(m->focus, model_magnitude(m, 35));
        return;
    }
    if (is_crowd && m->focus > m->now) {
        m->now = time_after(m->focus, model_magnitude(m, 52));
        drain(m);
    }
    m->style = (enum style)model_below(m, is_crowd ? CROWDING_STYLES : STYLES);
    m->focus = time_after(m->now,
                          model_magnitude(m, m->style == HOURS_AWAY ? 50 : 40));
}

static void operate(struct model *m)
{
    unsigned choice = model_below(m, 100);
    if (choice >= 85 && model_below(m, 1 + m->count / 50) > 0) {
        choice = model_below(m, 85); /* of many timers, let many be armed */
    }
    if (choice < 60) {
        model_arm(m, &m->entries[model_below(m, m->count)]);
    } else if (choice < 85) {
        model_cancel(m, &m->entries[model_below(m, m->count)]);
    } else if (choice < 90) {
        (void)model_take(m, 1 + (int)model_below(m, MODEL_ROOM_MAX));
    } else if (choice < 92) {
        (void)model_next(m);
    } else if (choice < 93 && model_below(m, 20) == 0) {
        cancel_half(m);
    } else if (choice < 94) {
        take_in_the_past(m);
    } else if (choice < 97) {
        advance(m);
        (void)model_take(m, 1 + (int)model_below(m, MODEL_ROOM_MAX));
    } else if (choice < 99) {
        drain(m);
    } else {
        sleep_until_event(m);
    }
}
/* ---- Runs ---------------------------------------------------------------*/

static void model_open(struct model *m, uint64_t seed, unsigned count)
{
    memset(m, 0, sizeof(*m));
    m->seed = seed;
    m->random = seed * UINT64_C(0x2545f4914f6cdd1d) + count;
    m->count = count;
    m->entries = test_calloc(count, sizeof(*m->entries));
    for (unsigned i = 0; i < count; i++) {
        m->entries[i].timer.token_ = i;
    }
    switch (model_below(m, 4)) {
    case 0:
        m->now = model_extreme(m);
        break;
    case 1:
        m->now = time_before(0, model_magnitude(m, 62));
        break;
    default:
        m->now = model_magnitude(m, 60);
    }
    mio__timer_queue_init(&m->queue);
}

/* In the end each timer that is armed must come. */
static void model_close(struct model *m)
{
    m->now = INT64_MAX;
    for (struct entry *entry = m->first; entry != NULL; entry = entry->after) {
        require(m, mio__timer_is_armed(&entry->timer));
        entry->period = 0;
        entry->timer.period_ = 0;
    }
    drain(m);
    while (m->first != NULL) { /* drain has armed some again, in between */
        m->first->timer.period_ = m->first->period = 0;
        require(m, model_take(m, 1) == 1);
    }
    require(m, model_next(m) == INT64_MAX);
    test_free(m->entries);
}

static void run(uint64_t seed, unsigned count, unsigned long operations)
{
    struct model *m = test_malloc(sizeof(*m));
    model_open(m, seed, count);
    change_style(m);
    for (m->op = 0; m->op < operations; m->op++) {
        if (m->op % (count + 50) == count) {
            change_style(m);
        }
        operate(m);
    }
    model_close(m);
    test_free(m);
}

static uint64_t first_seed(void)
{
    const char *text = getenv("MIO_SEED");
    return text != NULL ? strtoull(text, NULL, 10) : SEED;
}

/* A queue at time 0. */
static struct model *open_at_0(unsigned count)
{
    struct model *m = test_malloc(sizeof(*m));
    model_open(m, SEED, count);
    m->now = 0;
    return m;
}

static void close_at_end(struct model *m)
{
    model_close(m);
    test_free(m);
}

/* A crowd is spread in portions. Timers that are armed between them, and come
 * before what has been spread, must neither overtake what has not nor wait for
 * it. */
static void changes_between_portions(void **state)
{
    (void)state;
    enum { LATE = 2 * MIO__TIMER_PORTION + 100, EARLY = 60 };
    const int64_t start = INT64_C(1) << 31; /* of a slot of level 2 */
    const int64_t slot = INT64_C(1) << 25;  /* the width of those of level 1 */
    struct model *m = open_at_0(LATE + EARLY + 1);
    struct entry *other = &m->entries[LATE + EARLY];
    for (unsigned i = 0; i < LATE + EARLY; i++) {
        const int64_t clump = i < LATE ? start + 40 * slot : start + slot;
        model_arm_at(m, &m->entries[i], clump + (int64_t)i, 0);
    }
    assert_int_equal(model_take(m, 1), 0);
    m->now = 2 * start;
    assert_int_equal(model_take(m, 1), 0);
    assert_true(model_next(m) <= m->now);
    model_arm_at(m, other, start, 0);
    model_cancel(m, other);
    assert_true(model_next(m) <= m->now);
    model_arm_at(m, other, start + slot + slot / 2, 0);
    assert_int_equal(model_take(m, 1), 0);
    model_arm_at(m, other, start, 0);
    assert_int_equal(model_take(m, 1), 1);
    close_at_end(m);
}

/* A crowd that is nearly due, and is put off. */
static void crowd_put_off(void **state)
{
    (void)state;
    const int64_t apart = INT64_C(1) << 31;
    struct model *m = open_at_0(100);
    for (unsigned i = 0; i < m->count; i++) {
        model_arm_at(m, &m->entries[i], 1000, 0);
    }
    assert_int_equal(model_take(m, 1), 0);
    assert_int_equal(model_next(m), 1000);
    for (unsigned i = 0; i < m->count; i++) {
        model_arm_at(m, &m->entries[i], (i + 1) * apart, 0);
    }
    m->now = 1000;
    assert_int_equal(model_take(m, 1), 0);
    assert_int_equal(model_next(m), apart);
    close_at_end(m);
}

/* The number of expirations has an end. */
static void missed_too_often(void **state)
{
    (void)state;
    struct model *m = open_at_0(1);
    for (int64_t missed = (int64_t)UINT32_MAX - 3;
         missed < (int64_t)UINT32_MAX + 3; missed++) {
        model_arm_at(m, &m->entries[0], m->now, 1);
        m->now += missed;
        assert_int_equal(model_take(m, 1), 1);
    }
    close_at_end(m);
}

/* How many timers, and how often. */
struct plan {
    unsigned timers;
    unsigned runs;
    unsigned long operations; /* of each run */
};

static void agree(void **state)
{
    const struct plan *plan = *state;
    for (unsigned i = 0; i < plan->runs; i++) {
        run(first_seed() + i, plan->timers, plan->operations);
    }
}

static struct plan one = {1, 20, 2500};
static struct plan few = {MIO__TIMER_FEW, 20, 7500};
static struct plan some = {40, 20, 15000};
static struct plan hundreds = {400, 16, 25000};
static struct plan thousands = {4000, 6, 40000};

#define AGREE(plan)                                                            \
    {                                                                          \
        "agree_on_" #plan, agree, NULL, NULL, &(plan)                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        AGREE(one),
        AGREE(few),
        AGREE(some),
        AGREE(hundreds),
        AGREE(thousands),
        cmocka_unit_test(changes_between_portions),
        cmocka_unit_test(crowd_put_off),
        cmocka_unit_test(missed_too_often),
    };
    print_message("MIO_SEED=%" PRIu64 "\n", first_seed());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
