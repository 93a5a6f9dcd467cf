/* slab_inside.h: what slab.c and watch.c share.
 *
 * slab.c keeps the slots: which are free, which socket has which, the lists.
 * watch.c says what a slot watches for, finds and delivers. */
#ifndef MIO_SYS_WINDOWS_SLAB_INSIDE_H
#define MIO_SYS_WINDOWS_SLAB_INSIDE_H

#include "sys/windows/slab.h"

/* slot.flags */
enum {
    MIO__SLOT_LISTED = 0x03, /* a bit for each of enum mio__slot_list */
    MIO__SLOT_HASHED = 0x04,
    MIO__SLOT_DATAGRAM = 0x08,
    MIO__SLOT_DEAD = 0x10 /* AFD refuses the socket: closed, no doubt */
};

/* Puts a slot at the end of a list, unless it is in it. */
void mio__list_push(struct mio__slab *slab, enum mio__slot_list which,
                    uint32_t index);

/* Takes the first slot out of a list, or MIO__SLOT_NONE. */
uint32_t mio__list_pop(struct mio__slab *slab, enum mio__slot_list which);

/* Takes a free slot for a new life, or MIO__SLOT_NONE. */
uint32_t mio__slot_take(struct mio__slab *slab, enum mio__slot_state state);

/* Ends what a slot is and does; the lists may still pass by. */
void mio__slot_release(struct mio__slab *slab, uint32_t index);

/* The same for one that completions are still to come for. */
void mio__slot_bury(struct mio__slab *slab, uint32_t index);

/* Ends what a slot does: nothing more is found or delivered. */
void mio__slot_silence(struct mio__slot *slot);

/* The slot that a context was made for, if it still is that. */
uint32_t mio__slot_of(const struct mio__slab *slab, uintptr_t context);

/* The slot that a socket is registered in, and a slot's entry for that. */
uint32_t mio__slot_find(const struct mio__slab *slab, uintptr_t socket);
void mio__slot_enter(struct mio__slab *slab, uint32_t index);

/* Where the helper that serves a slot is kept. */
uintptr_t *mio__slot_helper(struct mio__slab *slab, uint32_t index);

#endif
