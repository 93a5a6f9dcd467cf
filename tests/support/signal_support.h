/* signal_support.h: what the tests of signal sets on Unix share. In place of
 * unix_support.h, before any other header. */
#ifndef SIGNAL_SUPPORT_H
#define SIGNAL_SUPPORT_H

#include "unix_support.h"

enum { SET = 1 }; /* the token */

/** Makes a set of one signal and registers it under SET. */
void open_set(struct fixture *f, mio_signal_set *set, int number);

/** Tells whether sets are descriptors of the system; else they are handlers. */
bool sets_are_descriptors(void);

/* ---- Actions ------------------------------------------------------------*/

void set_action(int number, void (*handler)(int));
bool action_is(int number, void (*handler)(int));

/** A handler that counts how often it is called. */
void count_it(int number);
void handled_reset(void);
int handled_count(void);

/* ---- Counting -----------------------------------------------------------*/

/** Tells whether each of a few real-time signals is told. Tools such as
 *  ThreadSanitizer, which call handlers when it suits them, merge signals. */
bool signals_are_counted(void);

#define SKIP_UNLESS_SIGNALS_ARE_COUNTED()                                      \
    do {                                                                       \
        if (!signals_are_counted()) {                                          \
            SKIP("handlers are not called for each signal here");              \
        }                                                                      \
    } while (0)

#endif
