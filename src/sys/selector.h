/* selector.h: the contract between the library and a backend.
 *
 * The build links exactly one implementation (sys/unix/epoll.c, kqueue.c or
 * poll.c, or sys/windows/selector.c); its type header, which also holds what
 * must be inline, is included below. All functions return 0 or a count, or a
 * negative MIO_ERR_* code with the system's own code left in errno. Arguments
 * have been checked by the callers: pointers are valid, interests well-formed,
 * tokens not reserved, and a source is registered with this selector exactly
 * when the contract says so. */
#ifndef MIO_SYS_SELECTOR_H
#define MIO_SYS_SELECTOR_H

#include "sys/sys.h"

#include "mio/poll.h"

struct mio__bell;
struct mio__selector;

#if defined(MIO_SYS_EPOLL)
#include "sys/unix/epoll.h"
#elif defined(MIO_SYS_KQUEUE)
#include "sys/unix/kqueue.h"
#elif defined(MIO_SYS_AFD)
#include "sys/windows/selector.h"
#else
#include "sys/unix/poll.h"
#endif

/* The type header also defines MIO__EDGES_IN_KERNEL: MIO__SOURCE_DIRECT if
 * rearm has nothing to do, so that callers need not tell when I/O has blocked,
 * else 0; and MIO__MORE_INTERESTS: which of MIO_AIO and MIO_LIO there are. */

/* Opens a selector. `slots` (count may be 0) and `bell` are the selector's
 * until it is closed. A selector that cannot do without the bell opens it
 * here. Errors leave nothing open. */
int mio__selector_open(struct mio__selector *selector, struct mio__bell *bell,
                       mio_slot *slots, size_t count);

/* Closes it; afterwards the kernel holds no pointer into caller memory. */
void mio__selector_close(struct mio__selector *selector);

/* Watches the bell's doorbell, reported as MIO_TOKEN_RESERVED. Called when the
 * bell is opened after the selector; any thread, also during a wait. */
int mio__selector_watch_bell(struct mio__selector *selector, mio_fd doorbell);

/* The four below: any thread, also during a wait, which must then take the
 * change into account. The caller keeps one source to one thread. */

/* pre: not registered here. */
int mio__selector_register(struct mio__selector *selector, mio_source *source,
                           mio_token token, mio_interest interest);

/* pre: registered here. Arms again whatever the old state was. If it fails the
 * old registration stays, or is lost and source->owner_ is NULL. */
int mio__selector_reregister(struct mio__selector *selector, mio_source *source,
                             mio_token token, mio_interest interest);

/* pre: registered here. post: no wait that begins later reports the source,
 * whatever is returned. */
int mio__selector_deregister(struct mio__selector *selector,
                             mio_source *source);

/* pre: registered here at some time. I/O in these directions would have
 * blocked: watch for the next edge. No-op where the kernel keeps edges, on
 * level sources and on oneshot sources that have fired. Inline on epoll:
 *
 * void mio__selector_rearm(struct mio__selector *selector,
 *                          const mio_source *source,
 *                          mio_interest directions); */

/* Waits once. One thread at a time. timeout_ns as in mio_poll_wait; may return
 * 0 early (after a ring that only concerned the selector, or when the system
 * caps the time), never late. MIO_ERR_INTERRUPTED after a signal. A ring of
 * the bell is reported as an event with MIO_TOKEN_RESERVED. */
int mio__selector_wait(struct mio__selector *selector, mio_event *events,
                       int room, int64_t timeout_ns);

/* What mio_poll.plain_ is to be while no bell is open: the epoll descriptor,
 * or -1 if waits are always the library's. Inline in the type header:
 *
 * int mio__selector_plain(const struct mio__selector *selector); */

/* The descriptor to nest in another poll, or MIO_ERR_UNSUPPORTED. */
int mio__selector_fd(const struct mio__selector *selector, mio_fd *fd);

/* "epoll", "poll" ...: static, for logs and tests. */
const char *mio__selector_name(void);

#endif
