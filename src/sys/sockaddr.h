/* sockaddr.h: the system's socket address structures. */
#ifndef MIO_SYS_SOCKADDR_H
#define MIO_SYS_SOCKADDR_H

#include "sys/sys.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

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

/* Makes an unnamed Unix address. */
void mio__addr_unnamed(mio_addr *addr);

#endif
