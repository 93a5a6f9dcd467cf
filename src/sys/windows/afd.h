/* afd.h: asking Windows' socket driver about readiness.
 *
 * AFD, the driver behind Winsock, has a request that WSAPoll and select are
 * made of: "complete when one of these events holds for this socket". Sent
 * through a handle that is associated with a completion port it needs no
 * thread to wait for it. The structures are the driver's, declared here
 * without the system's headers, so that the slab can be tested on any system
 * against a model of these four functions. */
#ifndef MIO_SYS_WINDOWS_AFD_H
#define MIO_SYS_WINDOWS_AFD_H

#include <stdint.h>

/* What can be asked for, and what is answered. */
#define MIO__AFD_RECEIVE 0x0001u
#define MIO__AFD_RECEIVE_EXPEDITED 0x0002u
#define MIO__AFD_SEND 0x0004u
#define MIO__AFD_DISCONNECT 0x0008u  /* the peer has ended its stream */
#define MIO__AFD_ABORT 0x0010u       /* the connection was reset */
#define MIO__AFD_LOCAL_CLOSE 0x0020u /* the last handle has been closed */
#define MIO__AFD_ACCEPT 0x0080u
#define MIO__AFD_CONNECT_FAIL 0x0100u

/* How a request has ended: this way, or negative, or with what it has found. */
#define MIO__AFD_CANCELLED ((int32_t)0xc0000120u)

/* IO_STATUS_BLOCK */
struct mio__afd_status {
    union {
        int32_t status;
        void *pointer;
    } u;
    uintptr_t information;
};

/* AFD_POLL_INFO with one socket in it */
struct mio__afd_poll {
    int64_t timeout;
    uint32_t count;
    uint32_t exclusive;
    uintptr_t socket;
    uint32_t events;
    int32_t status;
};

/* One request. The kernel's from submit until its completion has come. */
struct mio__afd_request {
    struct mio__afd_status status;
    struct mio__afd_poll poll;
};

/* Opens a handle to AFD whose requests report to a completion port. Returns 0
 * or MIO_ERR_*. */
int mio__afd_open(uintptr_t port, uintptr_t *helper);

void mio__afd_close(uintptr_t helper);

/* Sends a request for events (MIO__AFD_LOCAL_CLOSE is added) of a socket. 0
 * means that exactly one completion with this context will come, perhaps
 * before the call returns; MIO_ERR_* that none will: MIO_ERR_BAD_DESCRIPTOR if
 * it is no socket (any more). */
int mio__afd_submit(uintptr_t helper, struct mio__afd_request *request,
                    uintptr_t socket, uint32_t events, uintptr_t context);

/* Asks for the completion of a request to come soon; it may be on its way
 * already, with events or without. */
void mio__afd_cancel(uintptr_t helper, struct mio__afd_request *request);

#endif
