/* afd_oracle.h: what a registration with the Windows selector's slots may and
 * must report, told from its own history alone: what was registered, armed
 * again, found and delivered. */
#ifndef AFD_ORACLE_H
#define AFD_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "mio/event.h"

enum afd_watch_life {
    AFD_WATCH_NONE,   /* the slot is free */
    AFD_WATCH_SOCKET, /* a socket is registered */
    AFD_WATCH_BOUND,  /* bound, registered or not */
    AFD_WATCH_BURIED  /* a completion or packets are still to come */
};

/* One slot, as the test knows it. */
struct afd_watch {
    enum afd_watch_life life;
    uintptr_t number;
    uintptr_t context;
    uint32_t generation;
    mio_token token;
    mio_interest interest; /* 0: bound and not registered */
    uint32_t armed;        /* MIO__AFD_* that an event may still tell */
    uint32_t found;        /* those that it must tell */
    uint32_t holding;      /* bound: what holds */
    unsigned packets;      /* bound: still to come */
    bool is_bound;
    bool is_datagram;
    bool is_failed; /* AFD does not watch it; not delivered yet */
    bool is_dead;   /* ... and will not: it is not open any more */
    bool is_astray; /* its handle was closed while it was registered */
    bool is_seen;   /* in this round of the test */
};

void watch_begin(struct afd_watch *watch, enum afd_watch_life life);

/* Registered or reregistered. */
void watch_arm(struct afd_watch *watch, mio_token token, mio_interest interest);
/* I/O would have blocked. */
void watch_rearm(struct afd_watch *watch, mio_interest directions);
/* Deregistered; the slot is left to the caller. */
void watch_disarm(struct afd_watch *watch);
/* AFD has answered with these. */
void watch_find(struct afd_watch *watch, uint32_t events);
/* AFD has refused a request, or ended it with an error: it watches no more. */
void watch_fail(struct afd_watch *watch, bool is_dead);

bool watch_is_level(const struct afd_watch *watch);
/* Whether an event is due. */
bool watch_is_due(const struct afd_watch *watch);
/* An event with these flags was delivered: NULL, or what is wrong with it. */
const char *watch_deliver(struct afd_watch *watch, uint32_t flags);

#endif
