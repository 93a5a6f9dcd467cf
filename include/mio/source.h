/* mio/source.h: what can be registered. Include mio.h. */
#ifndef MIO_SOURCE_H
#define MIO_SOURCE_H

#include "mio/base.h"
#include "mio/event.h"

typedef struct mio_registry mio_registry;
typedef struct mio_source mio_source;

/** The callbacks of a custom source; all three are needed.
 *
 *  mio_registry_register and its two siblings call them and return what they
 *  return. A callback usually forwards to the sources that its object is made
 *  of; find the object from the address of the mio_source inside it. */
typedef struct mio_source_ops {
    int (*on_register)(mio_source *source, mio_registry *registry,
                       mio_token token, mio_interest interest);
    int (*on_reregister)(mio_source *source, mio_registry *registry,
                         mio_token token, mio_interest interest);
    int (*on_deregister)(mio_source *source, mio_registry *registry);
} mio_source_ops;

/** Something that a poll can watch; the first member of every I/O type.
 *
 *  Callers may read `fd`; everything else is the library's. A source is a
 *  plain value that nothing points to: it may be moved (copied, and the old
 *  one forgotten) at any time, registered or not. A zeroed source is valid and
 *  closed. */
struct mio_source {
    mio_fd fd;
    uint32_t flags_;
    mio_registry *owner_;
    const mio_source_ops *ops_;
    uint32_t owner_id_;
    uint32_t slot_;
};

/** Makes a source of a descriptor that the caller owns.
 *
 *  For descriptors made outside the library: a TLS library's socket, a
 *  terminal, a timerfd. The descriptor is borrowed: it is neither made
 *  non-blocking nor ever closed by the library. Deregister before closing it.
 *
 *  Do the I/O with the system's own calls. With edge-triggered mode, call
 *  mio_source_rearm when such a call would have blocked.
 *
 *  Registering it may fail with MIO_ERR_UNSUPPORTED: a regular file cannot be
 *  waited for, and on Windows only sockets can.
 *
 *  @param[out] source  receives the source
 *  @param fd  an open descriptor
 *  @return  0; MIO_ERR_INVALID_INPUT if source is NULL; MIO_ERR_BAD_DESCRIPTOR
 *           if fd is not a possible descriptor
 *  @threads any
 *  @memory  source may be moved
 *  @mio     mio::unix::SourceFd
 */
MIO_API int mio_source_from_fd(mio_source *source, mio_fd fd);

/** Makes a custom source: registering it calls the given functions.
 *
 *  @param[out] source  receives the source
 *  @param ops  the callbacks; must outlive the source
 *  @return  0; MIO_ERR_INVALID_INPUT if an argument or a callback is NULL
 *  @threads any
 *  @memory  source may be moved; ops must stay
 *  @mio     mio::event::Source (the trait)
 */
MIO_API int mio_source_custom(mio_source *source, const mio_source_ops *ops);

/** Tells that I/O done outside the library would have blocked.
 *
 *  The library's own calls do this by themselves. Call it after your own read
 *  or write on the descriptor has reported that it would block, naming that
 *  direction, and only that direction is armed again. Where the system keeps
 *  edges itself (epoll) nothing needs to be done, and nothing is. On a level
 *  or an unregistered source, and on a oneshot source that has fired, it has
 *  no effect.
 *
 *  @param directions  MIO_READABLE, MIO_WRITABLE or both
 *  @return  0; MIO_ERR_INVALID_INPUT for a NULL source or other bits
 *  @threads any, but not while the source is being (de)registered or closed
 *  @memory  nothing is kept
 *  @mio     mio::net::TcpStream::try_io
 */
MIO_API int mio_source_rearm(const mio_source *source, mio_interest directions);

/** Tells whether the source is registered with a poll that is open.
 *
 *  @return  true or false; false for NULL and for the program's custom sources
 *  @threads any, but not while the source is being (de)registered or closed
 *  @memory  nothing is kept
 *  @mio     none (mio keeps this in debug builds only)
 */
MIO_API bool mio_source_is_registered(const mio_source *source);

#endif
