/* port.h: a completion port and the packets in it.
 *
 * A packet's key says whose it is. Those of AFD's requests name their slot by
 * the overlapped "address", those of a bound slot's handle by the key itself,
 * since the address is that of an operation. */
#ifndef MIO_SYS_WINDOWS_PORT_H
#define MIO_SYS_WINDOWS_PORT_H

#include "sys/windows/slab.h"
#include "sys/windows/windows.h"

enum {
    MIO__PORT_AFD = 0,
    MIO__PORT_BELL = 2,
    MIO__PORT_NUDGE = 4 /* look at the lists again; nothing more */
};

/* How many packets are fetched at once. */
#define MIO__PORT_PACKETS 128

int mio__port_open(uintptr_t *port);
void mio__port_close(uintptr_t port);

/* Posts a packet with no more than a key. Any thread; keeps the last error
 * when it succeeds. */
int mio__port_post(uintptr_t port, uintptr_t key);

/* Packets of a handle's operations are to go to the port, for ever. */
int mio__port_associate(uintptr_t port, uintptr_t handle, uintptr_t context);

/* Fetches up to `room` packets; waits if there is none. timeout_ns as in
 * mio_poll_wait. 0 when the time is over. */
int mio__port_fetch(uintptr_t port, OVERLAPPED_ENTRY *packets, int room,
                    int64_t timeout_ns);

/* The context of a bound slot's packet, or 0 if it is none. */
static inline uintptr_t mio__port_context(const OVERLAPPED_ENTRY *packet)
{
    uintptr_t key = packet->lpCompletionKey;
    return (key & 1) != 0 ? key >> 1 : 0;
}

#endif
