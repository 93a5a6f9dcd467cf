/* memory_source.c: see memory_source.h. */
#include "memory_source.h"

_Static_assert(MIO_READABLE == MIO_EVENT_IN && MIO_WRITABLE == MIO_EVENT_OUT &&
                   MIO_PRIORITY == MIO_EVENT_PRIORITY,
               "an interest is a mask of flags");
_Static_assert(offsetof(struct mio__memory_source, source) == 0,
               "a source is found where its object is");

static struct mio__memory_source *memory_of(mio_source *source)
{
    return (struct mio__memory_source *)(void *)source;
}

static struct mio__memory_source *memory_of_wake(struct mio__wake *wake)
{
    void *memory = (unsigned char *)wake -
                   offsetof(struct mio__memory_source, notifier.wake);
    return memory;
}

/* ---- The poll's side ----------------------------------------------------*/

static uint32_t report(struct mio__wake *wake, bool *again)
{
    struct mio__memory_source *memory = memory_of_wake(wake);
    const mio_interest interest = memory->interest;
    const uint32_t always = MIO_EVENT_ERROR | MIO_EVENT_HANGUP |
                            MIO_EVENT_READ_CLOSED | MIO_EVENT_WRITE_CLOSED;
    if (interest == 0) {
        return 0;
    }
    uint32_t flags =
        memory->look(memory, memory->fresh || (interest & MIO_LEVEL) != 0);
    flags &= (interest & MIO__DIRECTIONS) | always;
    memory->fresh = false;
    if (flags != 0 && (interest & MIO_ONESHOT) != 0) {
        memory->interest = 0;
    } else {
        *again = flags != 0 && (interest & MIO_LEVEL) != 0;
    }
    return flags;
}

/* ---- Registration -------------------------------------------------------*/

/* pre: not registered, or under the lock of the wakes. */
static void arm(struct mio__memory_source *memory, mio_interest interest)
{
    memory->interest = interest;
    memory->fresh = true;
}

static int on_register(mio_source *source, mio_registry *registry,
                       mio_token token, mio_interest interest)
{
    struct mio__memory_source *memory = memory_of(source);
    if (mio__source_is_registered(source)) {
        return MIO_ERR_ALREADY_EXISTS;
    }
    mio__notifier_forget(&memory->notifier);
    arm(memory, interest);
    int error = mio__notifier_attach(&memory->notifier, registry, token);
    if (error != 0) {
        return error;
    }
    mio__source_set_owner(source, registry);
    (void)mio__notifier_notify(&memory->notifier);
    return 0;
}

static int on_reregister(mio_source *source, mio_registry *registry,
                         mio_token token, mio_interest interest)
{
    struct mio__memory_source *memory = memory_of(source);
    int error = mio__source_owner_check(source, registry);
    if (error != 0) {
        return error;
    }
    mio__mutex_lock(&registry->wakes.lock);
    arm(memory, interest);
    memory->notifier.wake.token = token;
    mio__mutex_unlock(&registry->wakes.lock);
    return mio__notifier_notify(&memory->notifier);
}

static int on_deregister(mio_source *source, mio_registry *registry)
{
    int error = mio__source_owner_check(source, registry);
    if (error == 0) {
        mio__notifier_detach(&memory_of(source)->notifier);
        source->owner_ = NULL;
    }
    return error;
}

static const mio_source_ops ops = {on_register, on_reregister, on_deregister};

/* ---- Life ---------------------------------------------------------------*/

void mio__memory_source_init(struct mio__memory_source *memory,
                             mio__memory_source_look *look)
{
    mio__notifier_init(&memory->notifier, report);
    memory->look = look;
    memory->interest = 0;
    memory->fresh = false;
    (void)mio_source_custom(&memory->source, &ops);
}

void mio__memory_source_close(struct mio__memory_source *memory)
{
    if (mio__source_is_registered(&memory->source)) {
        mio__notifier_detach(&memory->notifier);
    } else {
        mio__notifier_forget(&memory->notifier);
    }
    memory->source.owner_ = NULL;
    memory->source.flags_ = 0;
}
