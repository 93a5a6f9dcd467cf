/* afd_simulation.c: the slots of the Windows selector (slab.c, watch.c) under
 * many thousand random schedules, against a model of AFD.
 *
 * A schedule is a number of random steps: by a program that registers, changes
 * and closes, by a poller that flushes, fetches and takes, and by the kernel.
 * After each step the slots' own counts must be right, and every event must be
 * what its registration is due. From time to time all comes to rest: then
 * nothing that holds and is watched for may be missing. In the end every slot
 * must come back.
 *
 * MIO_SEED=n runs one schedule and tells its steps; MIO_SCHEDULES=n sets how
 * many there are. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mio.h"

#include "afd_program.h"

#define SCHEDULES 20000
#define PORT ((uintptr_t)0x7000)

/* ---- The poller ---------------------------------------------------------*/

/* How many requests ask for less than is wanted. */
static unsigned misfits(struct simulation *s)
{
    unsigned count = 0;
    for (unsigned i = 0; i < s->model.request_count; i++) {
        const struct afd_watch *watch =
            watch_of_context(s, s->model.requests[i].context);
        count +=
            watch != NULL && (watch->armed & ~s->model.requests[i].asked) != 0;
    }
    return count;
}

/* Requests that were not taken are events. */
static void hear_refusals(struct simulation *s)
{
    for (unsigned i = 0; i < s->model.refused_count; i++) {
        const struct afd_model_refusal *refusal = &s->model.refused[i];
        struct afd_watch *watch = watch_of_context(s, refusal->context);
        bool is_gone = refusal->error == MIO_ERR_BAD_DESCRIPTOR;
        check(s, watch != NULL && watch->life == AFD_WATCH_SOCKET,
              "a request for a registration that is over");
        if (watch != NULL) {
            check(s, watch->is_astray || !is_gone,
                  "a request for a socket that AFD does not know");
            watch_fail(watch, is_gone);
        }
    }
    s->model.refused_count = 0;
}

/* A request must be of use: an event that is level-triggered is delivered
 * before it is asked for again. */
static void check_requests(struct simulation *s)
{
    for (unsigned i = 0; i < s->model.request_count; i++) {
        const struct afd_watch *watch =
            watch_of_context(s, s->model.requests[i].context);
        if (watch != NULL && watch->life == AFD_WATCH_SOCKET) {
            check(s, watch->armed != 0, "a request for nothing");
            check(s, !watch_is_level(watch) || !watch_is_due(watch),
                  "a level event is asked for again before it is delivered");
        }
    }
}

static void flush(struct simulation *s)
{
    trace(s, "flush\n");
    for (uint32_t i = 0; i < s->capacity; i++) {
        s->watches[i].is_seen = false;
    }
    unsigned limit = s->model.cancellations + misfits(s);
    mio__slab_flush(&s->slab);
    check(s, s->model.cancellations <= limit,
          "a request that is good enough was cancelled");
    hear_refusals(s);
    check_requests(s);
}

static bool feed_one(struct simulation *s)
{
    struct afd_model_answer answer;
    if (!afd_model_fetch(&s->model, &answer)) {
        return false;
    }
    struct afd_watch *watch = watch_of_context(s, answer.context);
    trace(s, "completion for %" PRIxPTR ": %x%s\n", answer.context,
          answer.events, answer.is_error ? ", an error" : "");
    mio__slab_feed(&s->slab, answer.context);
    if (watch == NULL) {
        check(s, false, "a slot was given away with a request in flight");
    } else if (watch->life == AFD_WATCH_BURIED ||
               (answer.events & MIO__AFD_LOCAL_CLOSE) != 0) {
        watch_end(s, watch);
    } else if (answer.is_error) {
        watch_fail(watch, false);
    } else {
        watch_find(watch, answer.events);
    }
    return true;
}

static int take(struct simulation *s, int room)
{
    mio_event events[SLOTS_MAX + 1];
    events[room].flags = 0xabcd;
    int count = mio__slab_take(&s->slab, events, room);
    check(s, count >= 0 && count <= room && events[room].flags == 0xabcd,
          "more events than there is room for");
    for (int i = 0; i < count && s->model.failure == NULL; i++) {
        struct afd_watch *watch =
            watch_of_token(s, mio_event_token(&events[i]));
        trace(s, "event %" PRIuPTR ": %x\n", mio_event_token(&events[i]),
              events[i].flags);
        const char *wrong = watch == NULL
                                ? "an event of a registration that is over"
                                : watch_deliver(watch, events[i].flags);
        check(s, wrong == NULL, wrong);
    }
    return count;
}

static void step_take(struct simulation *s)
{
    (void)take(s, 1 + (int)roll(s, 4));
}

static void step_feed(struct simulation *s)
{
    for (unsigned n = 1 + roll(s, 4); n > 0 && feed_one(s); n--) {
    }
}

/* Contexts that no completion is to come for change nothing. */
static void step_stale(struct simulation *s)
{
    const struct stale_watch *stale = &s->stale[roll(s, STALE_MAX)];
    uintptr_t context = stale->context;
    unsigned choice = roll(s, 4);
    check(s,
          stale->context == 0 ||
              !mio__slab_holds(&s->slab, stale->index, stale->generation),
          "a registration that is over is still held");
    if (choice == 0) {
        context = roll(s, 1u << 31);
    } else if (choice == 1) {
        context = s->watches[roll(s, s->capacity)].context;
    }
    const struct afd_watch *watch = watch_of_context(s, context);
    bool is_bound = watch != NULL && watch->is_bound;
    if (afd_model_find(&s->model, context) == NULL) {
        trace(s, "stale context %" PRIxPTR "\n", context);
        mio__slab_feed(&s->slab, context);
    }
    if (!is_bound) {
        check(s, mio__slab_packet(&s->slab, context) == NULL,
              "a packet for nobody found somebody");
    }
}

/* ---- The kernel ---------------------------------------------------------*/

static void step_notice(struct simulation *s)
{
    afd_model_notice(&s->model);
}

static void step_disturb(struct simulation *s)
{
    trace(s, "disturb\n");
    afd_model_disturb(&s->model);
}

/* ---- At rest ------------------------------------------------------------*/

/* One wait, with a kernel that is not slow. */
static void wait_once(struct simulation *s)
{
    flush(s);
    afd_model_notice_all(&s->model);
    while (feed_one(s)) {
    }
    while (take(s, 1 + (int)roll(s, SLOTS_MAX)) > 0 &&
           s->model.failure == NULL) {
    }
}

static uint32_t holding_for(struct simulation *s, const struct afd_watch *watch)
{
    const struct afd_model_socket *socket =
        afd_model_socket(&s->model, watch->number);
    uint32_t holding = watch->is_bound  ? watch->holding
                       : socket != NULL ? socket->holding
                                        : 0;
    return holding & watch->armed;
}

/* What must be true of a registration after a wait that had nothing to wait
 * for. Returns whether an event of it was due, and will be again. */
static bool check_rest(struct simulation *s, const struct afd_watch *watch)
{
    const struct afd_model_request *request =
        afd_model_find(&s->model, watch->context);
    bool is_socket = watch->life == AFD_WATCH_SOCKET;
    if (watch_is_level(watch) && watch->armed != 0) {
        if (!watch->is_astray) {
            check(s, watch->is_seen == (holding_for(s, watch) != 0),
                  watch->is_seen ? "a level event of what does not hold"
                                 : "a level event is missing");
        }
        if (watch->is_seen) {
            return is_socket;
        }
    } else {
        check(s, !watch->is_seen, "an event at rest");
    }
    check(s, !watch_is_due(watch), "an event was lost");
    check(s, watch->is_astray || holding_for(s, watch) == 0,
          "what holds was not found");
    if (is_socket && watch->armed != 0) {
        check(s, request != NULL && (watch->armed & ~request->asked) == 0,
              "nobody watches for what is armed");
    }
    return false;
}

/* A wait that should bring nothing but what is level-triggered. Returns how
 * many requests that takes. */
static unsigned rest_once(struct simulation *s)
{
    unsigned due = 0;
    wait_once(s);
    for (uint32_t i = 0; i < s->capacity && s->model.failure == NULL; i++) {
        const struct afd_watch *watch = &s->watches[i];
        if (watch->life == AFD_WATCH_SOCKET || watch->life == AFD_WATCH_BOUND) {
            due += check_rest(s, watch);
        }
    }
    return due;
}

/* Two waits must do for any state: the first ends requests that do not fit any
 * more, the second finds what new ones find. After the third even the requests
 * have come to rest. */
static void step_rest(struct simulation *s)
{
    unsigned submit_failures = s->model.submit_failures;
    trace(s, "rest\n");
    s->model.submit_failures = 0;
    wait_once(s);
    wait_once(s);
    (void)rest_once(s);
    unsigned before = s->model.submissions;
    unsigned due = rest_once(s);
    if (s->model.failure == NULL) {
        check(s, s->model.submissions - before == due,
              "requests are sent for nothing");
    }
    s->model.submit_failures = submit_failures;
}

/* ---- Schedules ----------------------------------------------------------*/

static const struct step {
    void (*run)(struct simulation *s);
    unsigned weight;
} steps[] = {
    {step_open, 2},       {step_duplicate, 1}, {step_close, 2},
    {step_condition, 12}, {step_add, 8},       {step_change, 6},
    {step_rearm, 8},      {step_remove, 4},    {step_bind, 1},
    {step_unbind, 1},     {step_set, 3},       {step_expect, 1},
    {step_packet, 2},     {step_take, 10},     {step_feed, 10},
    {step_stale, 2},      {step_notice, 10},   {step_disturb, 2},
    {step_rest, 1},       {flush, 10},
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void check_counts(struct simulation *s)
{
    check(s, s->slab.pending == s->model.request_count,
          "the count of requests in flight is wrong");
    check(s, s->slab.zombies == s->buried, "the count of zombies is wrong");
}

/* Each schedule has likings of its own: some steps it makes more often, some
 * less, some never. */
static void run_steps(struct simulation *s)
{
    static const unsigned likings[] = {0, 1, 1, 1, 2, 6};
    unsigned weights[STEPS];
    unsigned sum = 1;
    for (size_t i = 0; i < STEPS; i++) {
        weights[i] = steps[i].weight * likings[roll(s, 6)];
        sum += weights[i];
    }
    unsigned left = 100 + roll(s, 200);
    for (; left > 0 && s->model.failure == NULL; left--) {
        unsigned choice = roll(s, sum);
        size_t index = 0;
        while (index < STEPS - 1 && choice >= weights[index]) {
            choice -= weights[index];
            index++;
        }
        steps[index].run(s);
        check_counts(s);
    }
}

static void populate(struct simulation *s)
{
    unsigned sockets = 1 + roll(s, s->capacity + 8);
    unsigned additions = roll(s, sockets + 1);
    for (unsigned i = 0; i < sockets; i++) {
        step_open(s);
    }
    for (unsigned i = 0; i < additions && s->model.failure == NULL; i++) {
        step_add(s);
    }
}

/* What is in flight comes to an end, whatever the program does. */
static void drain(struct simulation *s)
{
    afd_model_notice_all(&s->model);
    for (uint32_t i = 0; i < s->capacity; i++) {
        while (s->watches[i].is_bound && s->watches[i].packets > 0 &&
               s->model.failure == NULL) {
            packet_to(s, i);
        }
    }
    while (s->slab.pending > 0 && s->model.failure == NULL && feed_one(s)) {
    }
    check_counts(s);
    check(s, s->slab.pending == 0 && s->slab.zombies == 0,
          "a slot has not come back");
}

static void cancel_all(struct simulation *s)
{
    trace(s, "cancel\n");
    mio__slab_cancel(&s->slab);
    for (uint32_t i = 0; i < s->capacity; i++) {
        struct afd_watch *watch = &s->watches[i];
        if (watch->life == AFD_WATCH_SOCKET) {
            if (afd_model_find(&s->model, watch->context) != NULL) {
                watch_bury(s, watch);
            } else {
                watch_end(s, watch);
            }
        }
    }
    check_counts(s);
    drain(s);
}

static void give_back_all(struct simulation *s)
{
    for (uint32_t i = 0; i < s->capacity; i++) {
        enum afd_watch_life life = s->watches[i].life;
        if (life == AFD_WATCH_SOCKET) {
            remove_slot(s, i);
        } else if (life == AFD_WATCH_BOUND) {
            unbind_slot(s, i);
        }
    }
    check_counts(s);
    drain(s);
    check(s, take(s, SLOTS_MAX) == 0, "an event after the end");
}

/* All slots can be had, and not one more. */
static void fill(struct simulation *s)
{
    s->model.open_failures = 0;
    for (uintptr_t number; (number = afd_model_any(&s->model)) != 0;) {
        afd_model_close(&s->model, number);
    }
    for (uint32_t i = 0; i <= s->capacity && s->model.failure == NULL; i++) {
        add_number(s, afd_model_open(&s->model, false, false));
    }
    check(s, used_count(s) == s->capacity, "a slot is missing");
    step_rest(s);
}

static void finish(struct simulation *s)
{
    if (roll(s, 2) == 0) {
        step_rest(s);
    }
    if (roll(s, 2) == 0 && s->model.failure == NULL) {
        give_back_all(s);
        if (s->model.failure == NULL) {
            fill(s);
        }
    }
    if (s->model.failure == NULL) {
        cancel_all(s);
    }
    if (s->model.failure == NULL) {
        mio__slab_close(&s->slab);
        check(s, s->model.helper_count == 0, "a helper was left open");
    }
}

/* Returns what went wrong, or NULL. */
static const char *run_schedule(uint64_t seed, uint32_t capacity,
                                bool is_traced)
{
    static const unsigned failures[] = {0, 0, 30, 300};
    struct simulation *s = calloc(1, sizeof(*s));
    struct mio__slot *slots = malloc(capacity * sizeof(*slots));
    if (s == NULL || slots == NULL) {
        free(slots);
        free(s);
        return "no memory for the test";
    }
    memset(slots, 0x5a, capacity * sizeof(*slots));
    afd_model_init(&s->model, seed, (capacity + 31) / 32);
    s->capacity = capacity;
    s->slots = slots;
    s->is_traced = is_traced;
    s->model.open_failures = failures[roll(s, 4)];
    s->model.submit_failures = failures[roll(s, 4)] / 4;
    s->model.prompt = 500 * roll(s, 3);
    mio__slab_init(&s->slab, slots, capacity, PORT);
    populate(s);
    if (s->model.failure == NULL) {
        run_steps(s);
    }
    if (s->model.failure == NULL) {
        finish(s);
    }
    const char *failure = s->model.failure;
    afd_model_forget(&s->model);
    free(slots);
    free(s);
    return failure;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

/* The capacities take turns at the seeds. */
static const uint32_t capacities[] = {1, 2, 3, 9, 33, 64};

static void schedules(void **state)
{
    const uint32_t *capacity = *state;
    const uint64_t kinds = sizeof(capacities) / sizeof(capacities[0]);
    const uint64_t first = (uint64_t)(capacity - capacities);
    const uint64_t only = setting("MIO_SEED", UINT64_MAX);
    const uint64_t end = setting("MIO_SCHEDULES", SCHEDULES);
    for (uint64_t seed = first; seed < end && only == UINT64_MAX;
         seed += kinds) {
        const char *failure = run_schedule(seed, *capacity, false);
        if (failure != NULL) {
            fail_msg("MIO_SEED=%" PRIu64 ": %s", seed, failure);
        }
    }
    if (only != UINT64_MAX && only % kinds == first) {
        const char *failure = run_schedule(only, *capacity, true);
        if (failure != NULL) {
            fail_msg("%s", failure);
        }
    }
}

#define SCHEDULES_OF(name, which)                                              \
    {                                                                          \
        name, schedules, NULL, NULL, (void *)(uintptr_t)&capacities[which]     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCHEDULES_OF("one_slot", 0),    SCHEDULES_OF("two_slots", 1),
        SCHEDULES_OF("three_slots", 2), SCHEDULES_OF("nine_slots", 3),
        SCHEDULES_OF("two_helpers", 4), SCHEDULES_OF("two_full_helpers", 5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
