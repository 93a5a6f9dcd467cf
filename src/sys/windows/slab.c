/* slab.c: the slots, and where to find them. See slab.h. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include "sys/windows/slab_inside.h"

#define HELPER_SLOTS 32u /* AFD searches a handle's requests one by one */

/* ---- Lists --------------------------------------------------------------*/

void mio__list_push(struct mio__slab *slab, enum mio__slot_list which,
                    uint32_t index)
{
    struct mio__slot *slot = &slab->slots[index];
    if ((slot->flags & 1u << which) != 0) {
        return;
    }
    slot->flags |= (uint8_t)(1u << which);
    slot->next[which] = MIO__SLOT_NONE;
    if (slab->last[which] != MIO__SLOT_NONE) {
        slab->slots[slab->last[which]].next[which] = index;
    } else {
        slab->first[which] = index;
    }
    slab->last[which] = index;
}

uint32_t mio__list_pop(struct mio__slab *slab, enum mio__slot_list which)
{
    uint32_t index = slab->first[which];
    if (index != MIO__SLOT_NONE) {
        struct mio__slot *slot = &slab->slots[index];
        slot->flags &= (uint8_t) ~(1u << which);
        slab->first[which] = slot->next[which];
        if (slab->first[which] == MIO__SLOT_NONE) {
            slab->last[which] = MIO__SLOT_NONE;
        }
    }
    return index;
}

/* ---- The hash table of sockets ------------------------------------------*/

/* Handles are small multiples of 4. */
static uint32_t *bucket_of(const struct mio__slab *slab, uintptr_t socket)
{
    return &slab->slots[(socket >> 2) % slab->capacity].bucket;
}

uint32_t mio__slot_find(const struct mio__slab *slab, uintptr_t socket)
{
    uint32_t index = *bucket_of(slab, socket);
    while (index != MIO__SLOT_NONE && slab->slots[index].socket != socket) {
        index = slab->slots[index].chain;
    }
    return index;
}

void mio__slot_enter(struct mio__slab *slab, uint32_t index)
{
    struct mio__slot *slot = &slab->slots[index];
    uint32_t *link = bucket_of(slab, slot->socket);
    slot->chain = *link;
    slot->flags |= MIO__SLOT_HASHED;
    *link = index;
}

static void hash_remove(struct mio__slab *slab, uint32_t index)
{
    struct mio__slot *slot = &slab->slots[index];
    if ((slot->flags & MIO__SLOT_HASHED) == 0) {
        return;
    }
    uint32_t *link = bucket_of(slab, slot->socket);
    while (*link != index) {
        link = &slab->slots[*link].chain;
    }
    *link = slot->chain;
    slot->flags &= (uint8_t)~MIO__SLOT_HASHED;
}

/* ---- Slots --------------------------------------------------------------*/

void mio__slab_init(struct mio__slab *slab, struct mio__slot *slots,
                    uint32_t count, uintptr_t port)
{
    slab->slots = slots;
    slab->port = port;
    slab->capacity = count;
    slab->touched = 0;
    slab->vacant = MIO__SLOT_NONE;
    slab->pending = 0;
    slab->zombies = 0;
    for (int which = 0; which < MIO__LISTS; which++) {
        slab->first[which] = MIO__SLOT_NONE;
        slab->last[which] = MIO__SLOT_NONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        slots[i].bucket = MIO__SLOT_NONE;
        slots[i].helper = 0;
        slots[i].generation = 0;
        slots[i].flags = 0;
        slots[i].state = MIO__SLOT_FREE;
    }
}

uint32_t mio__slot_take(struct mio__slab *slab, enum mio__slot_state state)
{
    uint32_t index = slab->vacant;
    if (index != MIO__SLOT_NONE) {
        slab->vacant = slab->slots[index].chain;
    } else if (slab->touched < slab->capacity) {
        index = slab->touched++;
    } else {
        return MIO__SLOT_NONE;
    }
    struct mio__slot *slot = &slab->slots[index];
    slot->state = (uint8_t)state;
    slot->bound = NULL;
    slot->found = 0;
    slot->wish = 0;
    slot->armed = 0;
    slot->asked = 0;
    slot->packets = 0;
    slot->flags &= MIO__SLOT_LISTED;
    return index;
}

void mio__slot_silence(struct mio__slot *slot)
{
    slot->found = 0;
    slot->wish = 0;
    slot->armed = 0;
}

void mio__slot_release(struct mio__slab *slab, uint32_t index)
{
    struct mio__slot *slot = &slab->slots[index];
    hash_remove(slab, index);
    mio__slot_silence(slot);
    slot->state = MIO__SLOT_FREE;
    slot->generation++;
    slot->chain = slab->vacant;
    slab->vacant = index;
}

void mio__slot_bury(struct mio__slab *slab, uint32_t index)
{
    hash_remove(slab, index);
    mio__slot_silence(&slab->slots[index]);
    slab->slots[index].state = MIO__SLOT_ZOMBIE;
    slab->zombies++;
}

uintptr_t *mio__slot_helper(struct mio__slab *slab, uint32_t index)
{
    return &slab->slots[index - index % HELPER_SLOTS].helper;
}

uintptr_t mio__slab_context(const struct mio__slab *slab, uint32_t index)
{
    uintptr_t generation = slab->slots[index].generation;
    return (generation << 24 | (index + 1u)) & (UINTPTR_MAX >> 1);
}

uint32_t mio__slot_of(const struct mio__slab *slab, uintptr_t context)
{
    uint32_t index = (uint32_t)(context & 0xffffffu) - 1u;
    bool is_same = index < slab->touched &&
                   slab->slots[index].state != MIO__SLOT_FREE &&
                   mio__slab_context(slab, index) == context;
    return is_same ? index : MIO__SLOT_NONE;
}

bool mio__slab_holds(const struct mio__slab *slab, uint32_t index,
                     uint32_t generation)
{
    if (index >= slab->touched) {
        return false;
    }
    const struct mio__slot *slot = &slab->slots[index];
    return slot->state != MIO__SLOT_FREE && slot->state != MIO__SLOT_ZOMBIE &&
           slot->generation == generation;
}

void mio__slab_close(struct mio__slab *slab)
{
    for (uint32_t i = 0; i < slab->touched; i += HELPER_SLOTS) {
        if (slab->slots[i].helper != 0) {
            mio__afd_close(slab->slots[i].helper);
            slab->slots[i].helper = 0;
        }
    }
}

#endif
