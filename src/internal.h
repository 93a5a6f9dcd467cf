/* internal.h: what the library's files share. Comes first in each of them. */
#ifndef MIO_INTERNAL_H
#define MIO_INTERNAL_H

#include "sys/sys.h"

#include "mio.h"

/* Bits of mio_source.flags_; the upper half belongs to the selector. */
enum {
    MIO__SOURCE_OPEN = 0x0001, /* clear in zeroed and closed sources */
    MIO__SOURCE_PIPE_SENDER = 0x0002,
    MIO__SOURCE_EXCLUSIVE = 0x0004, /* registered with MIO_EXCLUSIVE */
    MIO__SOURCE_DIRECT = 0x0008,    /* MIO_SOURCE_DIRECT_ of mio/stream.h */
    MIO__SOURCE_FOREIGN = 0x0010,   /* of a descriptor of any kind */
    MIO__SOURCE_STREAM = 0x0020,    /* a connection's, if not foreign */
    MIO__SOURCE_KQUEUE = 0x0040,    /* a kqueue's, which is only readable */
    MIO__SOURCE_FLAGS = 0xffff
};

/* What every source may wait for. */
#define MIO__DIRECTIONS (MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY)

/* Makes an unregistered source that owns fd. */
void mio__source_open(mio_source *source, mio_fd fd, uint32_t flags);

/* Deregisters a source and makes it closed; returns its descriptor, which the
 * caller then owns, or MIO_FD_INVALID if it was closed already. */
mio_fd mio__source_release(mio_source *source);

/* Deregisters a source and closes its descriptor. NULL is fine. */
void mio__source_close(mio_source *source);

/* I/O in these directions has blocked, or moved less than it could have: arm
 * the next edge, if the source is registered. */
void mio__source_blocked(const mio_source *source, mio_interest directions);

/* Whether source can be used: MIO_ERR_BAD_DESCRIPTOR if closed or zeroed. */
static inline bool mio__source_is_open(const mio_source *source)
{
    return (source->flags_ & MIO__SOURCE_OPEN) != 0;
}

/* Removes a source's registration without regard to which poll it is with. */
void mio__registry_forget(mio_source *source);

#endif
