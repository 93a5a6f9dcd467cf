/* waker.c: see wake_queue.h for where wakes go, bell.h for how they end a
 * wait. */
#include "registry.h"

struct waker {
    struct mio__wake wake;
    mio_registry *registry; /* NULL when closed */
    uint32_t registry_id;
};

_Static_assert(sizeof(struct waker) <= sizeof(mio_waker),
               "mio_waker has room for its inside");
_Static_assert(_Alignof(struct waker) <= _Alignof(mio_waker),
               "mio_waker is aligned for its inside");

static struct waker *waker_of(mio_waker *waker)
{
    return (struct waker *)(void *)waker;
}

static bool waker_is_open(const struct waker *waker)
{
    return waker != NULL && waker->registry != NULL &&
           mio__registry_is_current(waker->registry, waker->registry_id);
}

int mio_waker_init(mio_waker *waker_memory, mio_registry *registry,
                   mio_token token)
{
    struct waker *waker = waker_of(waker_memory);
    if (waker == NULL || !mio__registry_is_open(registry) ||
        token == MIO_TOKEN_RESERVED) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio__mutex_lock(&registry->wakes.lock);
    int error = mio__registry_open_bell(registry);
    mio__mutex_unlock(&registry->wakes.lock);
    if (error != 0) {
        return error;
    }
    mio__wake_init(&waker->wake, token, NULL);
    waker->registry = registry;
    waker->registry_id = registry->id;
    return 0;
}

int mio_waker_wake(mio_waker *waker_memory)
{
    struct waker *waker = waker_of(waker_memory);
    if (waker == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (!waker_is_open(waker)) {
        return MIO_ERR_NOT_FOUND;
    }
    mio_registry *registry = waker->registry;
    if (!mio__wake_queue_push(&registry->wakes, &waker->wake)) {
        return 0; /* one is on its way already */
    }
    return mio__bell_ring(&registry->bell);
}

void mio_waker_close(mio_waker *waker_memory)
{
    struct waker *waker = waker_of(waker_memory);
    if (waker == NULL) {
        return;
    }
    if (waker_is_open(waker)) {
        mio__wake_queue_remove(&waker->registry->wakes, &waker->wake);
    }
    waker->registry = NULL;
}
