/* mio/socket.h: what all sockets share. Include mio.h. */
#ifndef MIO_SOCKET_H
#define MIO_SOCKET_H

#include "mio/addr.h"
#include "mio/poll.h"

/** The parts of a connection to shut down. */
typedef enum mio_shutdown {
    MIO_SHUTDOWN_READ = 0,
    MIO_SHUTDOWN_WRITE = 1,
    MIO_SHUTDOWN_BOTH = 2
} mio_shutdown;

/* ---- Options set before bind, listen or connect -------------------------*/

#define MIO_DEFAULT (-1) /* leave an option as the system has it */

/** Options for a socket that is about to be bound or connected.
 *
 *  Start with mio_socket_options_init, which sets all of them to MIO_DEFAULT;
 *  switches are then 0 or 1. An option that the kind of socket does not have
 *  is MIO_ERR_INVALID_INPUT, one that the system lacks MIO_ERR_UNSUPPORTED:
 *  none is ignored. Without the initialisation it is MIO_ERR_VERSION.
 *
 *  reuse_address on Windows: a TCP address may be bound again soon anyway, and
 *  is bound exclusively (SO_EXCLUSIVEADDRUSE) with 0, 1 and, by listeners, with
 *  MIO_DEFAULT, because Windows' SO_REUSEADDR would let others take it from an
 *  open listener. On UDP it is SO_REUSEADDR everywhere. */
typedef struct mio_socket_options {
    uint32_t struct_size;   /* set by mio_socket_options_init */
    int reuse_address;      /* 0, 1; TCP listeners have 1 by default */
    int reuse_port;         /* 0, 1; not on Windows */
    int v6_only;            /* 0, 1; IPv6 sockets only. What the system has is
                               1 on Windows and 0 on most others */
    int backlog;            /* listeners: 1 or more, 1024 by default; the
                               system may cap it, and Windows makes it 200 at
                               least */
    int send_buffer;        /* bytes, 1 or more; Linux doubles it */
    int receive_buffer;     /* bytes, 1 or more; Linux doubles it */
    int keepalive;          /* 0, 1; TCP only; not 0 beside the next three */
    int keepalive_idle;     /* seconds, 1 to 32767; TCP, implies keepalive; on
                               Windows this and the next two need Windows 10
                               version 1709 */
    int keepalive_interval; /* seconds, 1 to 32767; TCP, implies keepalive */
    int keepalive_count;    /* 1 to 127; TCP, implies keepalive */
    int no_delay;           /* 0, 1; TCP only */
    int hop_limit;          /* IPv4's TTL, IPv6's hop limit: 1 to 255 */
    int broadcast;          /* 0, 1; UDP only */
    const mio_addr *local;  /* connecting: bind to this first; NULL: do not */
} mio_socket_options;

/** Sets all options to "leave as it is".
 *
 *  @param[out] options  receives the defaults; NULL is ignored
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     none (mio 0.7's TcpSocket)
 */
static inline void mio_socket_options_init(mio_socket_options *options)
{
    if (options != NULL) {
        options->struct_size = (uint32_t)sizeof(*options);
        options->reuse_address = MIO_DEFAULT;
        options->reuse_port = MIO_DEFAULT;
        options->v6_only = MIO_DEFAULT;
        options->backlog = MIO_DEFAULT;
        options->send_buffer = MIO_DEFAULT;
        options->receive_buffer = MIO_DEFAULT;
        options->keepalive = MIO_DEFAULT;
        options->keepalive_idle = MIO_DEFAULT;
        options->keepalive_interval = MIO_DEFAULT;
        options->keepalive_count = MIO_DEFAULT;
        options->no_delay = MIO_DEFAULT;
        options->hop_limit = MIO_DEFAULT;
        options->broadcast = MIO_DEFAULT;
        options->local = NULL;
    }
}

/* ---- What to do about an accept -----------------------------------------*/

/** What the result of an accept means for the accept loop. */
typedef enum mio_accept_class {
    MIO_ACCEPT_OK,      /* a connection: serve it, accept again */
    MIO_ACCEPT_DRAINED, /* none is waiting: wait for the next event */
    MIO_ACCEPT_RETRY,   /* this one died in the queue: accept again */
    MIO_ACCEPT_NO_ROOM, /* out of descriptors or memory: the connection keeps
                            waiting. Free something or let time pass, then
                            reregister the listener: if connections wait, there
                            is an event */
    MIO_ACCEPT_FATAL    /* the listener is of no use any more */
} mio_accept_class;

/** Tells what the result of an accept call means for the accept loop.
 *
 *  @param result  what mio_tcp_listener_accept or mio_unix_listener_accept
 *                 returned
 *  @return  the class
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     none (mio leaves it to the caller)
 */
MIO_API mio_accept_class mio_accept_classify(int result);

#endif
