/* signal_support.h: what the tests of signal sets on Unix share. In place of
 * unix_support.h, before any other header. */
#ifndef SIGNAL_SUPPORT_H
#define SIGNAL_SUPPORT_H

#include "unix_support.h"

enum { SET = 1 }; /* the token */

/** Makes a set of one signal and registers it under SET. */
void open_set(struct fixture *f, mio_signal_set *set, int number);

/** Tells whether sets are descriptors of the system; else they are in memory. */
bool sets_are_descriptors(void);

/** Tells whether sets block their signals; else they have handlers. */
bool sets_block_signals(void);

/** Tells whether sets know who has sent a signal: all but those of a kqueue. For
 *  these three no set may have SIGUSR1. */
bool sets_know_senders(void);

/** The sender is this process, of the same user; where sets do not know senders
 *  it is not known. */
void expect_sender(const mio_signal_info *info, pid_t process);

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
