/* net_batch.c: batches of datagrams by a system call for each, where there is
 * none for several. See sys/net.h. */
#include "sys/net.h"

#ifndef MIO__HAS_MMSG

int mio__net_send_batch(mio_fd fd, const mio_datagram *datagrams, size_t count)
{
    int done = 0;
    for (size_t i = 0; i < count; i++) {
        bool has_addr = mio_addr_kind(&datagrams[i].addr) != MIO_ADDR_NONE;
        mio_ssize sent =
            mio__net_send(fd, datagrams[i].data, datagrams[i].length,
                          has_addr ? &datagrams[i].addr : NULL);
        if (sent < 0) {
            return done > 0 ? done : (int)sent;
        }
        done++;
    }
    return done;
}

int mio__net_recv_batch(mio_fd fd, mio_datagram *datagrams, size_t count)
{
    int done = 0;
    for (size_t i = 0; i < count; i++) {
        mio_ssize received =
            mio__net_recv(fd, datagrams[i].data, datagrams[i].length,
                          &datagrams[i].addr, false);
        datagrams[i].truncated = received == MIO_ERR_MESSAGE_TOO_LONG;
        if (received >= 0) {
            datagrams[i].length = (size_t)received;
        } else if (!datagrams[i].truncated) {
            return done > 0 ? done : (int)received;
        }
        done++;
    }
    return done;
}

#endif /* !MIO__HAS_MMSG */
