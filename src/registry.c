/* registry.c: registering sources, and the checks that make misuse an error. */
#include "registry.h"

static int arguments_check(const mio_registry *registry,
                           const mio_source *source)
{
    if (!mio__registry_is_open(registry) || source == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio__source_is_open(source) ? 0 : MIO_ERR_BAD_DESCRIPTOR;
}

/* What only some interests need to have checked. */
static int rare_wish_check(mio_interest interest)
{
    const mio_interest more = MIO_AIO | MIO_LIO;
    if ((interest & more & ~MIO__MORE_INTERESTS) != 0) {
        return MIO_ERR_UNSUPPORTED;
    }
    return (interest & MIO_EXCLUSIVE) != 0 &&
                   (interest & (MIO_ONESHOT | MIO_PRIORITY)) != 0
               ? MIO_ERR_INVALID_INPUT
               : 0;
}

static int wish_check(mio_token token, mio_interest interest)
{
    const mio_interest rare = MIO_EXCLUSIVE | MIO_AIO | MIO_LIO;
    const mio_interest modes = MIO_LEVEL | MIO_ONESHOT | MIO_EXCLUSIVE;
    const mio_interest directions = MIO__DIRECTIONS | MIO_AIO | MIO_LIO;
    if (token == MIO_TOKEN_RESERVED || (interest & directions) == 0 ||
        (interest & ~(directions | modes)) != 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    return (interest & rare) != 0 ? rare_wish_check(interest) : 0;
}

int mio_registry_register(mio_registry *registry, mio_source *source,
                          mio_token token, mio_interest interest)
{
    int error = arguments_check(registry, source);
    if (error == 0) {
        error = wish_check(token, interest);
    }
    if (error != 0) {
        return error;
    }
    if (source->ops_ != NULL) {
        return source->ops_->on_register(source, registry, token, interest);
    }
    if (mio__source_is_registered(source)) {
        return MIO_ERR_ALREADY_EXISTS;
    }
    error =
        mio__selector_register(&registry->selector, source, token, interest);
    if (error == 0) {
        mio__source_set_owner(source, registry);
    }
    return error;
}

int mio_registry_reregister(mio_registry *registry, mio_source *source,
                            mio_token token, mio_interest interest)
{
    int error = arguments_check(registry, source);
    if (error == 0) {
        error = wish_check(token, interest);
    }
    if (error != 0) {
        return error;
    }
    if (source->ops_ != NULL) {
        return source->ops_->on_reregister(source, registry, token, interest);
    }
    error = mio__source_owner_check(source, registry);
    if (error != 0) {
        return error;
    }
    return mio__selector_reregister(&registry->selector, source, token,
                                    interest);
}

int mio_registry_deregister(mio_registry *registry, mio_source *source)
{
    int error = arguments_check(registry, source);
    if (error != 0) {
        return error;
    }
    if (source->ops_ != NULL) {
        return source->ops_->on_deregister(source, registry);
    }
    error = mio__source_owner_check(source, registry);
    if (error != 0) {
        return error;
    }
    source->owner_ = NULL;
    return mio__selector_deregister(&registry->selector, source);
}

void mio__registry_forget(mio_source *source)
{
    if (mio__source_is_registered(source)) {
        (void)mio__selector_deregister(&source->owner_->selector, source);
    }
    source->owner_ = NULL;
}

void mio__source_blocked(const mio_source *source, mio_interest directions)
{
    if (mio__source_is_registered(source)) {
        mio__selector_rearm(&source->owner_->selector, source, directions);
    }
}

bool mio_source_is_registered(const mio_source *source)
{
    return source != NULL && mio__source_is_registered(source);
}

/* A thread may be waiting and not know about bells, so that whoever rings would
 * take it to be awake: the first ring tells it. */
int mio__registry_open_bell(mio_registry *registry)
{
    if (mio__bell_is_open(&registry->bell)) {
        return 0;
    }
    int plain = atomic_exchange(&registry->plain, -1);
    int error = mio__bell_open(&registry->bell);
    if (error == 0) {
        /* Ring before the selector watches: its event, whenever it comes, then
         * finds the bell rung. */
        error = mio__bell_ring_first(&registry->bell);
        if (error == 0) {
            error = mio__selector_watch_bell(&registry->selector,
                                             registry->bell.doorbell.watch);
        }
        if (error != 0) {
            mio__bell_close(&registry->bell);
        }
    }
    if (error != 0) {
        atomic_store(&registry->plain, plain);
    }
    return error;
}
