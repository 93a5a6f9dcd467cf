/* afd_program.h: a simulation of the Windows selector's slots, and the steps
 * of the program that uses them. The steps of the poller and the kernel are in
 * afd_simulation.c. */
#ifndef AFD_PROGRAM_H
#define AFD_PROGRAM_H

#include "afd_model.h"
#include "afd_oracle.h"

#include "sys/windows/slab.h"

#define SLOTS_MAX 64
#define STALE_MAX 8

struct stale_watch {
    uintptr_t context;
    uint32_t index;
    uint32_t generation;
};

struct simulation {
    struct afd_model model;
    struct mio__slab slab;
    struct mio__slot *slots;
    uint32_t capacity;
    struct afd_watch watches[SLOTS_MAX];
    unsigned buried; /* of the watches */
    mio_token serial;
    struct mio__bound bounds[2 * SLOTS_MAX];
    struct mio__bound *bound_of[SLOTS_MAX];
    unsigned bound_count;
    struct stale_watch stale[STALE_MAX]; /* registrations that are over */
    unsigned stale_count;
    bool is_traced;
};

/* ---- For all steps ------------------------------------------------------*/

/* A number below limit. */
unsigned roll(struct simulation *s, unsigned limit);
/* Notes what is wrong unless it is right. */
void check(struct simulation *s, bool is_right, const char *what);
/* Tells a step if they are to be told. */
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void trace(const struct simulation *s, const char *format, ...);

uint32_t used_count(const struct simulation *s);
/* The live registration with a token, or NULL. */
struct afd_watch *watch_of_token(struct simulation *s, mio_token token);
/* The slot with a context, or NULL. */
struct afd_watch *watch_of_context(struct simulation *s, uintptr_t context);
void watch_end(struct simulation *s, struct afd_watch *watch);
void watch_bury(struct simulation *s, struct afd_watch *watch);

/* ---- The program --------------------------------------------------------*/

void step_open(struct simulation *s);
void step_duplicate(struct simulation *s);
void step_close(struct simulation *s);
void step_condition(struct simulation *s);
void step_add(struct simulation *s);
void add_number(struct simulation *s, uintptr_t number);
void step_change(struct simulation *s);
void step_rearm(struct simulation *s);
void step_remove(struct simulation *s);
void remove_slot(struct simulation *s, uint32_t index);

/* Its pipes: bound slots */
void step_bind(struct simulation *s);
void step_unbind(struct simulation *s);
void unbind_slot(struct simulation *s, uint32_t index);
void step_set(struct simulation *s);
void step_expect(struct simulation *s);
void step_packet(struct simulation *s);
void packet_to(struct simulation *s, uint32_t index);

#endif
