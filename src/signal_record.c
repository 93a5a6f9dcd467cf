/* signal_record.c: what has come, where the system tells it by a call.
 *
 * Each signal of a set has a slot. The first that comes writes who has sent it,
 * further ones are counted until the slot is read. One word says how far that
 * is, and how many there were:
 *
 *   EMPTY               nothing has come
 *   count | WRITING     the first one's sender is being written
 *   count | TOLD        it is written, and can be read
 *
 *   EMPTY   -> WRITING  whoever comes first
 *   WRITING -> TOLD     the same
 *   TOLD    -> EMPTY    the reader, having copied the sender
 *
 * Handlers may run in several threads at once, and interrupt the reader; nobody
 * waits for anybody. */
#include "signal_set.h"

#if defined(MIO_SIGNALS_HANDLER) || defined(MIO_SIGNALS_CONSOLE)

enum { EMPTY = 0, WRITING = 1, TOLD = 2, ONE = 4 };

/* ---- Those who tell -----------------------------------------------------*/

static void slot_add(struct mio__signal_slot *slot, uint32_t sender_process,
                     uint32_t sender_user)
{
    uint32_t state = atomic_load(&slot->state);
    uint32_t next;
    do {
        next = state < UINT32_MAX - ONE ? state + ONE : state;
        if (state == EMPTY) {
            next |= WRITING;
        }
    } while (!atomic_compare_exchange_weak(&slot->state, &state, next));
    if (state == EMPTY) {
        slot->sender_process = sender_process;
        slot->sender_user = sender_user;
        (void)atomic_fetch_add(&slot->state, TOLD - WRITING);
    }
}

void mio__signal_record(struct mio__signal_set *set, int number,
                        uint32_t sender_process, uint32_t sender_user)
{
    slot_add(mio__signal_slot_of(set, number), sender_process, sender_user);
    (void)mio__notifier_notify(&set->memory.notifier);
}

/* ---- The reader ---------------------------------------------------------*/

static bool slot_take(struct mio__signal_slot *slot, mio_signal_info *info)
{
    if ((atomic_load(&slot->state) & TOLD) == 0) {
        return false;
    }
    info->number = slot->number;
    info->sender_known = slot->sender_process != 0;
    info->sender_process = (int64_t)slot->sender_process;
    info->sender_user = slot->sender_user;
    info->count = atomic_exchange(&slot->state, EMPTY) / ONE;
    return true;
}

size_t mio__signal_record_take(struct mio__signal_set *set,
                               mio_signal_info *infos, size_t room)
{
    size_t taken = 0;
    for (uint32_t i = 0; i < set->count && taken < room; i++) {
        if (slot_take(&set->slots[i], &infos[taken])) {
            taken++;
        }
    }
    return taken;
}

/* ---- The poll's side ----------------------------------------------------*/

static uint32_t look(struct mio__memory_source *memory, bool all)
{
    struct mio__signal_set *set = (struct mio__signal_set *)(void *)memory;
    (void)all; /* there is news, or nobody would ask */
    for (uint32_t i = 0; i < set->count; i++) {
        if ((atomic_load(&set->slots[i].state) & TOLD) != 0) {
            return MIO_EVENT_IN;
        }
    }
    return 0;
}

/* ---- Life ---------------------------------------------------------------*/

void mio__signal_record_init(struct mio__signal_set *set)
{
    mio__memory_source_init(&set->memory, look);
    for (uint32_t i = 0; i < set->count; i++) {
        atomic_init(&set->slots[i].state, EMPTY);
    }
    mio__signal_publish(set);
}

#endif
