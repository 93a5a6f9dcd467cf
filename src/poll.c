/* poll.c: a poll's life, and the ways into a wait. */
#include "registry.h"

#include "wait.h"

_Static_assert(sizeof(struct mio_registry) <= sizeof(mio_poll),
               "mio_poll has room for the registry");
_Static_assert(offsetof(struct mio_registry, plain) == 0 &&
                   sizeof(_Atomic int) == sizeof(int),
               "mio_poll.plain_ is the registry's");
_Static_assert(_Alignof(struct mio_registry) <= _Alignof(mio_poll),
               "mio_poll is aligned for the registry");

#define SLOTS_MAX ((size_t)0xffffff)

/* More events than this in one wait help nobody, and the kernels' limits on
 * the size in bytes are above it. */
#define EVENTS_MAX (1 << 20)

_Atomic uint32_t mio__registry_count;

static struct mio_registry *registry_of(mio_poll *poll)
{
    return (struct mio_registry *)(void *)poll;
}

static int abi_check(const mio_abi *abi)
{
    /* Below 1.0 each minor version is an ABI of its own. */
    if (abi->version >> 8 != MIO_VERSION_NUMBER >> 8 ||
        abi->poll_size != sizeof(mio_poll) ||
        abi->slot_size != sizeof(mio_slot) ||
        abi->event_size != sizeof(mio_event) ||
        abi->source_size != sizeof(mio_source)) {
        return MIO_ERR_VERSION;
    }
    return 0;
}

int mio_poll_init_checked(mio_poll *poll, mio_slot *slots, size_t slot_count,
                          const mio_abi *abi)
{
    if (poll == NULL || abi == NULL || slot_count > SLOTS_MAX ||
        (slots == NULL && slot_count > 0)) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = abi_check(abi);
    if (error != 0) {
        return error;
    }
    struct mio_registry *registry = registry_of(poll);
    atomic_init(&registry->plain, -1);
    atomic_init(&registry->phase, MIO__PHASE_CLOSED);
    mio__bell_init(&registry->bell);
    error = mio__selector_open(&registry->selector, &registry->bell, slots,
                               slot_count);
    if (error != 0) {
        return error;
    }
    mio__wake_queue_init(&registry->wakes);
    registry->wait = mio__wait_once;
    registry->timers = NULL;
    registry->spin = NULL;
    registry->interruptible = false;
    registry->wakes_first = false;
    registry->id = atomic_fetch_add(&mio__registry_count, 1) + 1;
    atomic_store(&registry->phase, MIO__PHASE_IDLE);
    atomic_store(&registry->plain, mio__selector_plain(&registry->selector));
    return 0;
}

void mio_poll_close(mio_poll *poll)
{
    struct mio_registry *registry = registry_of(poll);
    if (!mio__registry_is_open(registry)) {
        return;
    }
    atomic_store(&registry->plain, -1);
    atomic_store(&registry->phase, MIO__PHASE_CLOSED);
    mio__selector_close(&registry->selector);
    mio__bell_close(&registry->bell);
    mio__wake_queue_destroy(&registry->wakes);
}

mio_registry *mio_poll_registry(mio_poll *poll)
{
    struct mio_registry *registry = registry_of(poll);
    return mio__registry_is_open(registry) ? registry : NULL;
}

int mio_poll_set_interruptible(mio_poll *poll, bool interruptible)
{
    struct mio_registry *registry = registry_of(poll);
    if (!mio__registry_is_open(registry)) {
        return MIO_ERR_INVALID_INPUT;
    }
    registry->interruptible = interruptible;
    return 0;
}

int mio_poll_fd(mio_poll *poll, mio_fd *fd)
{
    struct mio_registry *registry = registry_of(poll);
    if (!mio__registry_is_open(registry) || fd == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__selector_fd(&registry->selector, fd);
    if (error != 0) {
        return error;
    }
    atomic_store(&registry->bell.exposed, true);
    if (!mio__wake_queue_is_empty(&registry->wakes)) {
        return mio__bell_ring(&registry->bell);
    }
    return 0;
}

/* ---- Waiting ------------------------------------------------------------*/

int mio_poll_wait_full_(mio_poll *poll, mio_event *events, size_t capacity,
                        int64_t timeout_ns, int count)
{
    struct mio_registry *registry = registry_of(poll);
    if (!mio__registry_is_open(registry) || events == NULL || capacity == 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (count == MIO_POLL_UNTRIED_) {
        count = 0;
    } else if (count < 0) {
        count = mio_error_from_os(mio_last_os_error());
    }
    int room = capacity < EVENTS_MAX ? (int)capacity : EVENTS_MAX;
    return mio__wait(registry, events, room, timeout_ns, count);
}

#ifdef MIO_POLL_WAIT_IS_INLINE_

extern int mio_poll_plain_(const mio_poll *poll);
extern int mio_poll_wait(mio_poll *poll, mio_event *events, size_t capacity,
                         int64_t timeout_ns);

#else

int mio_poll_wait(mio_poll *poll, mio_event *events, size_t capacity,
                  int64_t timeout_ns)
{
    return mio_poll_wait_full_(poll, events, capacity, timeout_ns,
                               MIO_POLL_UNTRIED_);
}

#endif
