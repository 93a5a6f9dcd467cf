/* rearm.h: what rearm.c and rearm_unix.c check in the same way for every kind
 * of source. */
#ifndef REARM_H
#define REARM_H

#include "subject.h"

/* Each object has one byte or datagram at most: every function takes it. */
typedef mio_ssize io_function(void *object);

/** Registers a subject that can be written and not read. Each of the functions
 *  blocks several times, which gives no event, least of all a writable one; and
 *  each of them is enough to get the next readable one. */
void check_blocked_reads(struct fixture *f, const struct subject_kind *kind,
                         io_function *const *reads, size_t count);

/** Each of the functions reads less than it is given room for, after which the
 *  next unit gives an event. */
void check_short_reads(struct fixture *f, const struct subject_kind *kind,
                       io_function *const *reads, size_t count);

#endif
