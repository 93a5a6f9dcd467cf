/* wait.h: waiting when more than the kernel is involved: wakers, the clock,
 * signals. What mio_poll_wait cannot do with one system call comes here. */
#ifndef MIO_WAIT_H
#define MIO_WAIT_H

#include "registry.h"

/* More events than this in one wait help nobody, and the kernels' limits on
 * the size in bytes are above it. */
#define MIO__EVENTS_MAX (1 << 20)

/* The whole of mio_poll_wait, but for the check of NULL. */
int mio__wait(struct mio_registry *registry, mio_event *events, size_t capacity,
              int64_t timeout_ns);

/* Likewise, after one wait of the selector without regard to the bell has
 * returned `count`, which may be an error. The arguments of mio_poll_wait are
 * in registry->asked. */
int mio__wait_on(struct mio_registry *registry, int count);

#endif
