/* afd_program.c: see afd_program.h. */
#include "afd_program.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "mio.h"

unsigned roll(struct simulation *s, unsigned limit)
{
    return afd_model_random(&s->model, limit);
}

void check(struct simulation *s, bool is_right, const char *what)
{
    if (!is_right) {
        afd_model_fail(&s->model, what);
    }
}

void trace(const struct simulation *s, const char *format, ...)
{
    va_list arguments;
    if (!s->is_traced) {
        return;
    }
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
}

/* ---- Slots as the test knows them ---------------------------------------*/

uint32_t used_count(const struct simulation *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->capacity; i++) {
        count += s->watches[i].life != AFD_WATCH_NONE;
    }
    return count;
}

static struct afd_watch *watch_of_number(struct simulation *s, uintptr_t number)
{
    for (uint32_t i = 0; i < s->capacity; i++) {
        struct afd_watch *watch = &s->watches[i];
        if (watch->life == AFD_WATCH_SOCKET && watch->number == number) {
            return watch;
        }
    }
    return NULL;
}

struct afd_watch *watch_of_token(struct simulation *s, mio_token token)
{
    for (uint32_t i = 0; i < s->capacity; i++) {
        struct afd_watch *watch = &s->watches[i];
        bool lives =
            watch->life == AFD_WATCH_SOCKET || watch->life == AFD_WATCH_BOUND;
        if (lives && watch->interest != 0 && watch->token == token) {
            return watch;
        }
    }
    return NULL;
}

struct afd_watch *watch_of_context(struct simulation *s, uintptr_t context)
{
    for (uint32_t i = 0; i < s->capacity; i++) {
        struct afd_watch *watch = &s->watches[i];
        if (watch->life != AFD_WATCH_NONE && watch->context == context) {
            return watch;
        }
    }
    return NULL;
}

/* Any slot with such a life; the capacity if there is none. */
static uint32_t any_watch(struct simulation *s, bool sockets, bool bounds)
{
    uint32_t start = roll(s, s->capacity);
    for (uint32_t i = 0; i < s->capacity; i++) {
        uint32_t index = (start + i) % s->capacity;
        enum afd_watch_life life = s->watches[index].life;
        if ((sockets && life == AFD_WATCH_SOCKET) ||
            (bounds && life == AFD_WATCH_BOUND)) {
            return index;
        }
    }
    return s->capacity;
}

void watch_end(struct simulation *s, struct afd_watch *watch)
{
    struct stale_watch *stale = &s->stale[s->stale_count++ % STALE_MAX];
    stale->context = watch->context;
    stale->index = (uint32_t)(watch - s->watches);
    stale->generation = watch->generation;
    s->buried -= watch->life == AFD_WATCH_BURIED;
    watch->life = AFD_WATCH_NONE;
}

void watch_bury(struct simulation *s, struct afd_watch *watch)
{
    watch_disarm(watch);
    watch->life = AFD_WATCH_BURIED;
    s->buried++;
}

static void watch_enter(struct simulation *s, uint32_t index,
                        enum afd_watch_life life)
{
    check(s, index < s->capacity, "an index out of range");
    if (s->model.failure != NULL) {
        return;
    }
    struct afd_watch *watch = &s->watches[index];
    check(s, watch->life == AFD_WATCH_NONE, "a slot that is in use");
    uintptr_t before = watch->context;
    watch_begin(watch, life);
    watch->context = mio__slab_context(&s->slab, index);
    check(s, watch->context != before && watch->context != 0,
          "a context that was another registration's");
    watch->generation = s->slots[index].generation;
    check(s, mio__slab_holds(&s->slab, index, watch->generation),
          "a registration that is not there");
}

/* ---- The program --------------------------------------------------------*/

static mio_interest any_interest(struct simulation *s)
{
    static const mio_interest modes[] = {0, 0, MIO_LEVEL, MIO_ONESHOT,
                                         MIO_LEVEL | MIO_ONESHOT};
    return (1 + roll(s, 7)) | modes[roll(s, 5)];
}

static uint32_t any_events(struct simulation *s)
{
    uint32_t events = roll(s, 1u << 9) & AFD_MODEL_EVENTS;
    events &= roll(s, 1u << 9); /* few at a time */
    const uint32_t ends = MIO__AFD_ABORT | MIO__AFD_CONNECT_FAIL;
    return roll(s, 4) == 0 ? events : events & ~ends;
}

void step_open(struct simulation *s)
{
    uintptr_t number =
        afd_model_open(&s->model, roll(s, 3) == 0, roll(s, 4) == 0);
    if (number != 0) {
        afd_model_socket(&s->model, number)->holding = any_events(s);
    }
    trace(s, "open %" PRIuPTR "\n", number);
}

void step_duplicate(struct simulation *s)
{
    uintptr_t number = afd_model_any(&s->model);
    if (number != 0) {
        trace(s, "duplicate %" PRIuPTR " as %" PRIuPTR "\n", number,
              afd_model_duplicate(&s->model, number));
    }
}

void step_close(struct simulation *s)
{
    uintptr_t number = afd_model_any(&s->model);
    if (number == 0) {
        return;
    }
    struct afd_watch *watch = watch_of_number(s, number);
    trace(s, "close %" PRIuPTR "\n", number);
    if (watch != NULL && roll(s, 2) == 0) {
        watch->is_astray = true; /* behind the library's back */
    } else if (watch != NULL) {
        return;
    }
    afd_model_close(&s->model, number);
}

void step_condition(struct simulation *s)
{
    uintptr_t number = afd_model_any(&s->model);
    if (number != 0) {
        struct afd_model_socket *socket = afd_model_socket(&s->model, number);
        socket->holding = any_events(s);
        socket->is_failing = roll(s, 16) == 0;
        trace(s, "holding of %" PRIuPTR ": %x%s\n", number, socket->holding,
              socket->is_failing ? ", failing" : "");
    }
}

/* What adding a socket must give; a registration whose socket is not open any
 * more makes way. */
static int add_expect(struct simulation *s, uintptr_t number)
{
    struct afd_watch *old = watch_of_number(s, number);
    if (old != NULL && !old->is_dead) {
        return MIO_ERR_ALREADY_EXISTS;
    }
    if (old != NULL) {
        watch_end(s, old);
    }
    return used_count(s) < s->capacity ? 0 : MIO_ERR_NO_SLOTS;
}

void add_number(struct simulation *s, uintptr_t number)
{
    struct afd_model_socket *model = afd_model_socket(&s->model, number);
    struct mio__slab_socket socket = {number, afd_model_base(&s->model, number),
                                      model->is_datagram};
    mio_interest interest = any_interest(s);
    uint32_t index = SLOTS_MAX;
    int expected = add_expect(s, number);
    int error = mio__slab_add(&s->slab, &socket, ++s->serial, interest, &index);
    trace(s, "add %" PRIuPTR " as %" PRIuPTR ", interest %x: %d, slot %u\n",
          number, s->serial, interest, error, index);
    if (expected == 0 && s->model.open_failures > 0 &&
        error == MIO_ERR_OUT_OF_MEMORY) {
        return;
    }
    check(s, error == expected, "adding a socket gave another result");
    if (error == 0) {
        watch_enter(s, index, AFD_WATCH_SOCKET);
        s->watches[index % SLOTS_MAX].number = number;
        s->watches[index % SLOTS_MAX].is_datagram = model->is_datagram;
        watch_arm(&s->watches[index % SLOTS_MAX], s->serial, interest);
    }
}

void step_add(struct simulation *s)
{
    uintptr_t number = afd_model_any(&s->model);
    if (number != 0) {
        add_number(s, number);
    }
}

void step_change(struct simulation *s)
{
    uint32_t index = any_watch(s, true, true);
    if (index < s->capacity) {
        struct afd_watch *watch = &s->watches[index];
        mio_interest interest = any_interest(s);
        mio_token token = watch->interest != 0 && roll(s, 4) == 0 ? watch->token
                                                                  : ++s->serial;
        trace(s, "change slot %u to %" PRIuPTR ", interest %x\n", index, token,
              interest);
        mio__slab_change(&s->slab, index, token, interest);
        watch_arm(watch, token, interest);
    }
}

void step_rearm(struct simulation *s)
{
    uint32_t index = any_watch(s, true, true);
    if (index < s->capacity) {
        mio_interest directions = 1 + roll(s, 7);
        trace(s, "rearm slot %u: %x\n", index, directions);
        mio__slab_rearm(&s->slab, index, directions);
        watch_rearm(&s->watches[index], directions);
    }
}

void remove_slot(struct simulation *s, uint32_t index)
{
    struct afd_watch *watch = &s->watches[index];
    bool is_awaited = afd_model_find(&s->model, watch->context) != NULL;
    trace(s, "remove slot %u\n", index);
    mio__slab_remove(&s->slab, index);
    if (watch->is_bound) {
        watch_disarm(watch);
    } else if (is_awaited) {
        watch_bury(s, watch);
    } else {
        watch_end(s, watch);
    }
    check(s,
          watch->is_bound ==
              mio__slab_holds(&s->slab, index, watch->generation),
          "a registration that is over");
}

void step_remove(struct simulation *s)
{
    uint32_t index = any_watch(s, true, true);
    if (index < s->capacity) {
        remove_slot(s, index);
    }
}

/* ---- The program's pipes ------------------------------------------------*/

void step_bind(struct simulation *s)
{
    struct mio__bound *bound = &s->bounds[s->bound_count++ % (2 * SLOTS_MAX)];
    uint32_t index = SLOTS_MAX;
    bool has_room = used_count(s) < s->capacity;
    int error = mio__slab_bind(&s->slab, bound, &index);
    trace(s, "bind: %d, slot %u\n", error, index);
    check(s, error == (has_room ? 0 : MIO_ERR_NO_SLOTS),
          "binding gave another result");
    if (error == 0) {
        watch_enter(s, index, AFD_WATCH_BOUND);
        s->bound_of[index % SLOTS_MAX] = bound;
    }
}

void unbind_slot(struct simulation *s, uint32_t index)
{
    struct afd_watch *watch = &s->watches[index];
    trace(s, "unbind slot %u, %u packets to come\n", index, watch->packets);
    mio__slab_unbind(&s->slab, index);
    if (watch->packets > 0) {
        watch_bury(s, watch);
    } else {
        watch_end(s, watch);
    }
    check(s, !mio__slab_holds(&s->slab, index, watch->generation),
          "a bound slot that was given back");
}

void step_unbind(struct simulation *s)
{
    uint32_t index = any_watch(s, false, true);
    if (index < s->capacity) {
        unbind_slot(s, index);
    }
}

void step_set(struct simulation *s)
{
    uint32_t index = any_watch(s, false, true);
    if (index < s->capacity) {
        struct afd_watch *watch = &s->watches[index];
        watch->holding = any_events(s);
        trace(s, "holding of slot %u: %x\n", index, watch->holding);
        mio__slab_set(&s->slab, index, watch->holding);
        watch_find(watch, watch->holding);
    }
}

void step_expect(struct simulation *s)
{
    uint32_t index = any_watch(s, false, true);
    if (index < s->capacity && s->watches[index].packets < 3) {
        trace(s, "expect a packet for slot %u\n", index);
        mio__slab_expect(&s->slab, index);
        s->watches[index].packets++;
    }
}

void packet_to(struct simulation *s, uint32_t index)
{
    struct afd_watch *watch = &s->watches[index];
    bool lives = watch->life == AFD_WATCH_BOUND && watch->packets > 0;
    trace(s, "packet for slot %u\n", index);
    check(s,
          mio__slab_packet(&s->slab, watch->context) ==
              (lives ? s->bound_of[index] : NULL),
          "a packet went astray");
    watch->packets -= watch->packets > 0;
    if (watch->life == AFD_WATCH_BURIED && watch->packets == 0) {
        watch_end(s, watch);
    }
}

void step_packet(struct simulation *s)
{
    uint32_t index = roll(s, s->capacity);
    if (s->watches[index].life != AFD_WATCH_NONE &&
        s->watches[index].is_bound) {
        packet_to(s, index);
    }
}
