/* notifier.c: see notifier.h. */
#include "notifier.h"

#include "sys/yield.h"

void mio__notifier_init(struct mio__notifier *notifier,
                        mio__wake_report *report)
{
    mio__wake_init(&notifier->wake, 0, report);
    atomic_init(&notifier->registry, NULL);
    atomic_init(&notifier->inside, 0);
    notifier->registry_id = 0;
}

int mio__notifier_attach(struct mio__notifier *notifier, mio_registry *registry,
                         mio_token token)
{
    mio__mutex_lock(&registry->wakes.lock);
    int error = mio__registry_open_bell(registry);
    notifier->wake.token = token;
    notifier->wake.wait = 0; /* of this poll's waits, none so far */
    mio__mutex_unlock(&registry->wakes.lock);
    if (error == 0) {
        notifier->registry_id = registry->id;
        atomic_store(&notifier->registry, registry);
    }
    return error;
}

/* From here on nobody notifies; returns what was attached. */
static mio_registry *leave(struct mio__notifier *notifier)
{
    mio_registry *registry = atomic_exchange(&notifier->registry, NULL);
    while (atomic_load(&notifier->inside) != 0) {
        mio__yield();
    }
    return registry;
}

void mio__notifier_detach(struct mio__notifier *notifier)
{
    mio_registry *registry = leave(notifier);
    if (registry != NULL) {
        mio__wake_queue_remove(&registry->wakes, &notifier->wake);
    }
}

void mio__notifier_forget(struct mio__notifier *notifier)
{
    if (leave(notifier) != NULL) {
        atomic_store(&notifier->wake.queued, 0);
    }
}

int mio__notifier_notify(struct mio__notifier *notifier)
{
    int error = 0;
    (void)atomic_fetch_add(&notifier->inside, 1);
    mio_registry *registry = atomic_load(&notifier->registry);
    if (registry != NULL &&
        mio__registry_is_current(registry, notifier->registry_id) &&
        mio__wake_queue_push(&registry->wakes, &notifier->wake)) {
        error = mio__bell_ring(&registry->bell);
    }
    (void)atomic_fetch_sub(&notifier->inside, 1);
    return error;
}
