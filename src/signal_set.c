/* signal_set.c: see mio/signal.h.
 *
 * Handlers are given a number and nothing else, so there must be a table that
 * leads from numbers to sets: the one thing here that belongs to the whole
 * process. It also sees to it that a signal has one set at most, which is all
 * that signalfd needs it for; with kqueue handlers have a use for it in forked
 * children alone. */
#include "signal_set.h"

#include "sys/yield.h"

_Static_assert(sizeof(struct mio__signal_set) <= sizeof(mio_signal_set),
               "mio_signal_set has room for its inside");
_Static_assert(_Alignof(struct mio__signal_set) <= _Alignof(mio_signal_set),
               "mio_signal_set is aligned for its inside");

/* A set can be closed while a handler looks at it in another thread. So
 * handlers count themselves in and out, and closing waits. */
static struct {
    _Atomic(struct mio__signal_set *) owners[MIO__SIGNAL_LAST + 1];
    _Atomic uint32_t inside;
} signal_table;

/* Owns a signal whose set is not ready for handlers. */
#define RESERVED ((struct mio__signal_set *)(void *)&signal_table)

static struct mio__signal_set *inside_of(mio_signal_set *set)
{
    return (struct mio__signal_set *)(void *)set;
}

struct mio__signal_set *mio__signal_enter(int number)
{
    (void)atomic_fetch_add(&signal_table.inside, 1);
    struct mio__signal_set *owner = atomic_load(&signal_table.owners[number]);
    return owner == RESERVED ? NULL : owner;
}

void mio__signal_leave(void)
{
    (void)atomic_fetch_sub(&signal_table.inside, 1);
}

struct mio__signal_slot *mio__signal_slot_of(struct mio__signal_set *set,
                                             int number)
{
    struct mio__signal_slot *slot = set->slots;
    while (slot->number != number) {
        slot++;
    }
    return slot;
}

/* ---- Making -------------------------------------------------------------*/

struct numbers {
    int sorted[MIO_SIGNAL_SET_MAX];
    size_t count;
};

static int numbers_add(struct numbers *numbers, int number)
{
    if (number < 1 || number > MIO__SIGNAL_LAST) {
        return MIO_ERR_INVALID_INPUT;
    }
    size_t place = numbers->count;
    while (place > 0 && numbers->sorted[place - 1] >= number) {
        if (numbers->sorted[place - 1] == number) {
            return MIO_ERR_INVALID_INPUT;
        }
        numbers->sorted[place] = numbers->sorted[place - 1];
        place--;
    }
    numbers->sorted[place] = number;
    numbers->count++;
    return mio__signals_check(number);
}

static void table_set(const struct numbers *numbers, size_t count,
                      struct mio__signal_set *owner)
{
    for (size_t i = 0; i < count; i++) {
        atomic_store(&signal_table.owners[numbers->sorted[i]], owner);
    }
}

static int table_reserve(const struct numbers *numbers)
{
    for (size_t i = 0; i < numbers->count; i++) {
        struct mio__signal_set *nobody = NULL;
        if (!atomic_compare_exchange_strong(
                &signal_table.owners[numbers->sorted[i]], &nobody, RESERVED)) {
            table_set(numbers, i, NULL);
            return MIO_ERR_ALREADY_EXISTS;
        }
    }
    return 0;
}

/* After this no handler knows the set. */
static void table_forget(const struct numbers *numbers)
{
    table_set(numbers, numbers->count, NULL);
    while (atomic_load(&signal_table.inside) != 0) {
        mio__yield();
    }
}

int mio_signal_set_init(mio_signal_set *set_memory, const int *signals,
                        size_t count)
{
    struct mio__signal_set *set = inside_of(set_memory);
    struct numbers numbers;
    numbers.count = 0;
    if (set == NULL || signals == NULL || count == 0 ||
        count > MIO_SIGNAL_SET_MAX) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        error = numbers_add(&numbers, signals[i]);
    }
    if (error == 0) {
        error = table_reserve(&numbers);
    }
    if (error != 0) {
        return error;
    }
    set->process = mio__signals_process();
    set->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        set->slots[i].number = numbers.sorted[i];
    }
    error = mio__signals_open(set);
    if (error != 0) {
        table_forget(&numbers);
        set->memory.source.flags_ = 0;
    }
    return error;
}

void mio__signal_publish(struct mio__signal_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        atomic_store(&signal_table.owners[set->slots[i].number], set);
    }
}

/* ---- Using --------------------------------------------------------------*/

mio_ssize mio_signal_set_read(mio_signal_set *set_memory,
                              mio_signal_info *infos, size_t room)
{
    struct mio__signal_set *set = inside_of(set_memory);
    if (set == NULL || infos == NULL || room == 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (!mio__source_is_open(&set_memory->source) ||
        set->process != mio__signals_process()) {
        return MIO_ERR_BAD_DESCRIPTOR;
    }
    mio_ssize count = mio__signals_read(set, infos, room);
    return count == 0 ? MIO_ERR_WOULD_BLOCK : count;
}

static struct numbers numbers_of(const struct mio__signal_set *set)
{
    struct numbers numbers = {{0}, set->count};
    for (size_t i = 0; i < numbers.count; i++) {
        numbers.sorted[i] = set->slots[i].number;
    }
    return numbers;
}

static void close_in_child(struct mio__signal_set *set)
{
    const struct numbers numbers = numbers_of(set);
    mio__signals_close_in_child(set);
    /* Those who were inside are threads of the parent. */
    atomic_store(&signal_table.inside, 0);
    table_set(&numbers, numbers.count, NULL);
    set->memory.source.owner_ = NULL;
    set->memory.source.flags_ = 0;
}

void mio_signal_set_close(mio_signal_set *set_memory)
{
    struct mio__signal_set *set = inside_of(set_memory);
    if (set == NULL || !mio__source_is_open(&set_memory->source)) {
        return;
    }
    if (set->process != mio__signals_process()) {
        close_in_child(set);
        return;
    }
    const struct numbers numbers = numbers_of(set);
    mio__signals_close(set);
    table_forget(&numbers);
    if (mio__source_is_open(&set_memory->source)) {
        mio__memory_source_close(&set->memory);
    }
}
