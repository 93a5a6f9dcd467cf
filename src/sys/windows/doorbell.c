/* doorbell.c: the doorbell is a packet of the selector's completion port, which
 * the selector fills in. See sys/doorbell.h.
 *
 * A packet takes memory of the kernel's until it is fetched; since at most one
 * ring is unheard at a time there is never more than one. */
#include "internal.h"

#ifdef MIO_DOORBELL_PORT

#include "sys/doorbell.h"
#include "sys/windows/port.h"

int mio__doorbell_open(struct mio__doorbell *doorbell)
{
    doorbell->watch = MIO_FD_INVALID;
    doorbell->ring = MIO_FD_INVALID;
    return 0;
}

void mio__doorbell_close(struct mio__doorbell *doorbell)
{
    (void)doorbell; /* the port is the selector's */
}

int mio__doorbell_ring(const struct mio__doorbell *doorbell)
{
    return mio__port_post(doorbell->ring, MIO__PORT_BELL);
}

void mio__doorbell_hush(const struct mio__doorbell *doorbell)
{
    (void)doorbell; /* fetching the packet has done it */
}

#endif
