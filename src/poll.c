/* poll.c: a poll's life, and the short way to wait. */
#include "registry.h"

#include "wait.h"

_Static_assert(sizeof(struct mio_registry) <= sizeof(mio_poll),
               "mio_poll has room for the registry");
_Static_assert(_Alignof(struct mio_registry) <= _Alignof(mio_poll),
               "mio_poll is aligned for the registry");

#define SLOTS_MAX ((size_t)0xffffff)

/* Numbers the polls. The library's only writable global. */
static _Atomic uint32_t poll_count;

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
    atomic_init(&registry->phase, MIO__PHASE_CLOSED);
    mio__bell_init(&registry->bell);
    error = mio__selector_open(&registry->selector, &registry->bell, slots,
                               slot_count);
    if (error != 0) {
        return error;
    }
    mio__wake_queue_init(&registry->wakes);
    registry->interruptible = false;
    registry->wakes_first = false;
    registry->id = atomic_fetch_add(&poll_count, 1) + 1;
    mio__registry_set_phase(registry, mio__registry_phase_at_rest(registry));
    return 0;
}

void mio_poll_close(mio_poll *poll)
{
    struct mio_registry *registry = registry_of(poll);
    if (!mio__registry_is_open(registry)) {
        return;
    }
    mio__registry_set_phase(registry, MIO__PHASE_CLOSED);
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

int mio_poll_wait(mio_poll *poll, mio_event *events, size_t capacity,
                  int64_t timeout_ns)
{
    struct mio_registry *registry = registry_of(poll);
    if (registry == NULL || events == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    uint32_t plain = MIO__PHASE_PLAIN;
    if (timeout_ns > 0 || capacity - 1 >= MIO__EVENTS_MAX ||
        !atomic_compare_exchange_strong(&registry->phase, &plain,
                                        MIO__PHASE_WAITING)) {
        return mio__wait(registry, events, capacity, timeout_ns);
    }
    /* The short way: nothing to watch but the kernel, and no clock needed. Its
     * arguments are kept in memory, because a register would have to be saved
     * and restored, and they are hardly ever needed again. */
    registry->asked.events = events;
    registry->asked.room = (int)capacity;
    registry->asked.timeout_ns = timeout_ns;
    int count = mio__selector_wait(&registry->selector, events, (int)capacity,
                                   timeout_ns);
    bool is_done = count > 0 || (count == 0 && registry->asked.timeout_ns == 0);
    if (is_done && !mio__bell_is_open(&registry->bell)) {
        mio__registry_set_phase(registry, MIO__PHASE_PLAIN);
        return count;
    }
    return mio__wait_on(registry, count);
}
