/* sockaddr.h: the system's socket address structures. */
#ifndef MIO_SYS_SOCKADDR_H
#define MIO_SYS_SOCKADDR_H

#include "sys/sys.h"

#ifdef _WIN32
#include "sys/windows/windows.h"

#include <afunix.h>

typedef ADDRESS_FAMILY mio__native_family;
#else
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef sa_family_t mio__native_family;
#endif

#include "mio/addr.h"

/* Unix addresses that are not in the file system. */
#ifdef __linux__
#define MIO__HAS_ABSTRACT_NAMES 1
#else
#define MIO__HAS_ABSTRACT_NAMES 0
#endif

/* A native address as mio_addr keeps it. */
static inline struct sockaddr *mio__addr_native(mio_addr *addr)
{
    return (struct sockaddr *)(void *)addr->native_.bytes_;
}

/* Makes a Unix address of a path, which may fill sun_path to the last byte, as
 * a peer's may. Returns 0 or MIO_ERR_NAME_TOO_LONG. */
int mio__addr_path(mio_addr *addr, const char *path, size_t length);

/* Makes an unnamed Unix address. */
void mio__addr_unnamed(mio_addr *addr);

#endif
