/* signal_set.h: the inside of a mio_signal_set. */
#ifndef MIO_SIGNAL_SET_INSIDE_H
#define MIO_SIGNAL_SET_INSIDE_H

#include "memory_source.h"
#include "sys/signals.h"

/* What has come of one signal; see signal_record.c. */
struct mio__signal_slot {
    _Atomic uint32_t state;
    int number;
    uint32_t sender_process; /* 0: not known */
    uint32_t sender_user;
};

struct mio__signal_set {
    struct mio__memory_source memory; /* its source alone, if that
                                         is a descriptor's */
    uint32_t process;                 /* whose it is */
    uint32_t count;
    struct mio__signal_slot slots[MIO_SIGNAL_SET_MAX]; /* lowest number first */
    struct mio__signals_saved saved;
};

/* Finds the set that a signal belongs to, which stays until mio__signal_leave;
 * NULL if it has none. For those who are told of signals by the system: any
 * thread, and signal handlers. They leave in any case. */
struct mio__signal_set *mio__signal_enter(int number);
void mio__signal_leave(void);

/* Lets mio__signal_enter find the set; before handlers are installed. */
void mio__signal_publish(struct mio__signal_set *set);

/* The slot of a signal of the set. */
struct mio__signal_slot *mio__signal_slot_of(struct mio__signal_set *set,
                                             int number);

/* ---- signal_record.c: where sets are in memory --------------------------*/

/* Makes the set a source in memory, to which nothing has come. */
void mio__signal_record_init(struct mio__signal_set *set);

/* A signal of the set has come. Any thread, and signal handlers. */
void mio__signal_record(struct mio__signal_set *set, int number,
                        uint32_t sender_process, uint32_t sender_user);

/* Takes up to `room` of what has come; returns how many. One thread. */
size_t mio__signal_record_take(struct mio__signal_set *set,
                               mio_signal_info *infos, size_t room);

#endif
