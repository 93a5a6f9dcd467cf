/* afd_oracle.c: see afd_oracle.h. */
#include "afd_oracle.h"

#include <string.h>

#include "sys/windows/afd.h"

#define READ_EVENTS (MIO__AFD_RECEIVE | MIO__AFD_ACCEPT)
#define FATAL_EVENTS (MIO__AFD_ABORT | MIO__AFD_CONNECT_FAIL)

void watch_begin(struct afd_watch *watch, enum afd_watch_life life)
{
    memset(watch, 0, sizeof(*watch));
    watch->life = life;
    watch->is_bound = life == AFD_WATCH_BOUND;
}

static uint32_t events_for(mio_interest directions)
{
    return ((directions & MIO_READABLE) != 0 ? READ_EVENTS : 0) |
           ((directions & MIO_WRITABLE) != 0 ? MIO__AFD_SEND : 0) |
           ((directions & MIO_PRIORITY) != 0 ? MIO__AFD_RECEIVE_EXPEDITED : 0);
}

bool watch_is_level(const struct afd_watch *watch)
{
    return (watch->interest & (MIO_LEVEL | MIO_ONESHOT)) == MIO_LEVEL;
}

void watch_arm(struct afd_watch *watch, mio_token token, mio_interest interest)
{
    watch->token = token;
    watch->interest = interest;
    watch->armed = events_for(interest) | FATAL_EVENTS | MIO__AFD_DISCONNECT;
    watch->found = 0;
    watch->is_failed = false;
    watch->is_dead = false;
    watch->is_seen = false;
    if (watch->is_bound) {
        watch_find(watch, watch->holding);
    }
}

void watch_rearm(struct afd_watch *watch, mio_interest directions)
{
    if ((watch->interest & (MIO_LEVEL | MIO_ONESHOT)) != 0 || watch->is_dead) {
        return;
    }
    if ((directions & MIO_READABLE) != 0) {
        directions |= MIO_PRIORITY;
    }
    directions &= watch->interest;
    if (directions == 0) {
        return;
    }
    watch->armed |= events_for(directions) | FATAL_EVENTS;
    if ((directions & MIO_READABLE) != 0) {
        watch->armed |= MIO__AFD_DISCONNECT;
    }
    if (watch->is_bound) {
        watch_find(watch, watch->holding);
    }
}

void watch_disarm(struct afd_watch *watch)
{
    watch->interest = 0;
    watch->armed = 0;
    watch->found = 0;
    watch->is_failed = false;
}

/* Whether these end the socket, in both directions. */
static bool is_end(const struct afd_watch *watch, uint32_t events)
{
    return (events & MIO__AFD_ABORT) != 0 ||
           ((events & MIO__AFD_CONNECT_FAIL) != 0 && !watch->is_datagram);
}

void watch_find(struct afd_watch *watch, uint32_t events)
{
    events &= watch->armed;
    if (events == 0) {
        return;
    }
    watch->found |= events;
    watch->is_seen = false;
    if (watch_is_level(watch)) {
        return;
    }
    if ((watch->interest & MIO_ONESHOT) != 0 || is_end(watch, events)) {
        watch->armed = 0;
    }
    if ((events & READ_EVENTS) != 0) {
        events |= READ_EVENTS;
    }
    if ((events & FATAL_EVENTS) != 0) {
        events |= FATAL_EVENTS;
    }
    watch->armed &= ~events;
}

void watch_fail(struct afd_watch *watch, bool is_dead)
{
    watch->is_failed = true;
    watch->is_dead = is_dead;
    watch->armed = 0;
}

/* What is to be told. A level-triggered bound slot knows what holds now. */
static uint32_t events_due(const struct afd_watch *watch)
{
    return watch->is_bound && watch_is_level(watch)
               ? watch->holding & watch->armed
               : watch->found;
}

bool watch_is_due(const struct afd_watch *watch)
{
    return watch->is_failed || events_due(watch) != 0;
}

static uint32_t flags_due(const struct afd_watch *watch)
{
    uint32_t events = events_due(watch);
    uint32_t flags = watch->is_failed ? MIO_EVENT_ERROR : 0;
    flags |= watch->is_failed && watch->is_dead ? MIO_EVENT_HANGUP : 0;
    if (is_end(watch, events)) {
        flags |= MIO_EVENT_ERROR | MIO_EVENT_HANGUP;
        events |= events_for(watch->interest & (MIO_READABLE | MIO_WRITABLE));
    }
    if ((events & MIO__AFD_CONNECT_FAIL) != 0) {
        flags |= MIO_EVENT_ERROR;
    }
    if ((events & MIO__AFD_DISCONNECT) != 0) {
        flags |= MIO_EVENT_READ_CLOSED;
        events |= events_for(watch->interest & MIO_READABLE);
    }
    if ((events & READ_EVENTS) != 0) {
        flags |= MIO_EVENT_IN;
    }
    if ((events & MIO__AFD_SEND) != 0) {
        flags |= MIO_EVENT_OUT;
    }
    if ((events & MIO__AFD_RECEIVE_EXPEDITED) != 0) {
        flags |= MIO_EVENT_PRIORITY;
    }
    return flags;
}

const char *watch_deliver(struct afd_watch *watch, uint32_t flags)
{
    if (!watch_is_due(watch)) {
        return "an event without a cause";
    }
    if (flags != flags_due(watch)) {
        return "an event that tells too much or too little";
    }
    if (watch->is_seen && watch_is_level(watch)) {
        return "two events in one round";
    }
    watch->is_seen = true;
    watch->found = 0;
    watch->is_failed = false;
    return NULL;
}
