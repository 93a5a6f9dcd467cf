/* source.c: making, moving and closing sources. */
#include "internal.h"

#include "sys/net.h"
#include "sys/selector.h"

void mio__source_open(mio_source *source, mio_fd fd, uint32_t flags)
{
    source->fd = fd;
    source->flags_ = MIO__SOURCE_OPEN | MIO__EDGES_IN_KERNEL | flags;
    source->owner_ = NULL;
    source->ops_ = NULL;
    source->owner_id_ = 0;
    source->slot_ = 0;
}

mio_fd mio__source_release(mio_source *source)
{
    if (source == NULL || !mio__source_is_open(source)) {
        return MIO_FD_INVALID;
    }
    mio_fd fd = source->fd;
    mio__registry_forget(source);
    source->fd = MIO_FD_INVALID;
    source->flags_ = 0;
    return fd;
}

void mio__source_close(mio_source *source)
{
    mio_fd fd = mio__source_release(source);
    if (fd != MIO_FD_INVALID) {
        mio__net_close(fd);
    }
}

int mio_source_from_fd(mio_source *source, mio_fd fd)
{
    if (source == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (!mio__net_is_possible(fd)) {
        return MIO_ERR_BAD_DESCRIPTOR;
    }
    mio__source_open(source, fd, MIO__SOURCE_FOREIGN);
    return 0;
}

int mio_source_custom(mio_source *source, const mio_source_ops *ops)
{
    if (source == NULL || ops == NULL || ops->on_register == NULL ||
        ops->on_reregister == NULL || ops->on_deregister == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio__source_open(source, MIO_FD_INVALID, 0);
    source->ops_ = ops;
    return 0;
}

int mio_source_rearm(const mio_source *source, mio_interest directions)
{
    const mio_interest both = MIO_READABLE | MIO_WRITABLE;
    if (source == NULL || (directions & ~both) != 0 || directions == 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (source->ops_ == NULL) {
        mio__source_blocked(source, directions);
    }
    return 0;
}
