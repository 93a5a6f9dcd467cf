/* udp_echo: a UDP server that sends each datagram back to its sender.
 *
 *   udp_echo [PORT]
 *
 * What it shows: receiving and sending datagrams in batches; a socket that is
 * full (wait until it is writable, receive nothing meanwhile); errors that
 * concern one datagram and not the socket; a turn that is bounded, so that a
 * flood does not keep the program from stopping.
 */
#include <mio.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, DATAGRAM_MAX = 65535, ROUNDS = 16, EVENTS = 8 };
enum { UDP_SOCKET, STOP }; /* tokens */

static mio_poll poll;
static mio_slot slots[1];
static mio_waker stop;
static mio_udp_socket udp;
static unsigned char data[BATCH][DATAGRAM_MAX];
static mio_datagram batch[BATCH];
static size_t batch_size, batch_sent; /* received, and of these sent */
static unsigned long long received, sent, dropped;

static void on_signal(int number)
{
    (void)number;
    (void)mio_waker_wake(&stop);
}

/* Returns 0, or MIO_ERR_WOULD_BLOCK when the rest of the batch must wait. */
static int send_batch(void)
{
    while (batch_sent < batch_size) {
        int n = mio_udp_socket_send_batch(&udp, batch + batch_sent,
                                          batch_size - batch_sent);
        if (n == MIO_ERR_WOULD_BLOCK) {
            return n;
        }
        if (n < 0) {
            /* Not for this receiver: it is unreachable, forbidden, or one of
             * our earlier datagrams to it was refused. */
            batch_sent++;
            dropped++;
        } else {
            batch_sent += (size_t)n;
            sent += (unsigned)n;
        }
    }
    return 0;
}

/* Returns 0, MIO_ERR_WOULD_BLOCK when there is nothing to receive, or the
 * error of an earlier datagram. */
static int receive_batch(void)
{
    for (size_t i = 0; i < BATCH; i++) {
        batch[i].data = data[i];
        batch[i].length = DATAGRAM_MAX;
    }
    batch_size = batch_sent = 0;
    int n = mio_udp_socket_recv_batch(&udp, batch, BATCH);
    if (n < 0) {
        return n;
    }
    batch_size = (size_t)n;
    received += (unsigned)n;
    return 0;
}

/* Sends and receives until the socket would block. */
static int echo(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        if (send_batch() == MIO_ERR_WOULD_BLOCK) {
            return 0; /* a writable event will follow */
        }
        int error = receive_batch();
        if (error == MIO_ERR_WOULD_BLOCK) {
            return 0; /* a readable event will follow */
        }
        if (error == MIO_ERR_BAD_DESCRIPTOR || error == MIO_ERR_INVALID_INPUT) {
            return error; /* the socket is of no use any more */
        }
        /* Any other error tells of a datagram that was sent before. */
    }
    /* There may be more: look for signals first, then go on. */
    return mio_registry_reregister(mio_poll_registry(&poll), &udp.source,
                                   UDP_SOCKET, MIO_READABLE | MIO_WRITABLE);
}

/* Returns 0 when asked to stop, or an error. */
static int serve(void)
{
    for (;;) {
        mio_event events[EVENTS];
        int n = mio_poll_wait(&poll, events, EVENTS, -1);
        if (n < 0) {
            return n;
        }
        for (int i = 0; i < n; i++) {
            if (mio_event_token(&events[i]) == STOP) {
                return 0;
            }
            int error = echo();
            if (error != 0) {
                return error;
            }
        }
    }
}

static int start(uint16_t port)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    mio_addr addr;
    int error;
    if ((error = mio_addr_ipv4(&addr, loopback, port)) != 0 ||
        (error = mio_poll_init(&poll, slots, 1)) != 0 ||
        (error = mio_waker_init(&stop, mio_poll_registry(&poll), STOP)) != 0 ||
        (error = mio_udp_socket_bind(&udp, &addr)) != 0 ||
        (error = mio_registry_register(mio_poll_registry(&poll), &udp.source,
                                       UDP_SOCKET,
                                       MIO_READABLE | MIO_WRITABLE)) != 0 ||
        (error = mio_udp_socket_local_addr(&udp, &addr)) != 0) {
        return error;
    }
    if (signal(SIGINT, on_signal) == SIG_ERR ||
        signal(SIGTERM, on_signal) == SIG_ERR ||
        printf("listening on 127.0.0.1:%d\n", mio_addr_port(&addr)) < 0 ||
        fflush(stdout) != 0) {
        return MIO_ERR_OTHER;
    }
    return 0;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long port = argc > 1 ? strtol(argv[1], &end, 10) : 0;
    if (argc > 2 || (end != NULL && *end != '\0') || port < 0 || port > 65535) {
        (void)fprintf(stderr, "usage: %s [PORT]\n", argv[0]);
        return 2;
    }
    int error = start((uint16_t)port);
    if (error == 0) {
        error = serve();
    }
    mio_udp_socket_close(&udp);
    (void)signal(SIGINT, SIG_IGN); /* the waker is about to go */
    (void)signal(SIGTERM, SIG_IGN);
    mio_waker_close(&stop);
    mio_poll_close(&poll);
    if (error != 0) {
        (void)fprintf(stderr, "udp_echo: %s\n", mio_strerror(error));
        return 1;
    }
    int printed = printf("stopped: received %llu, sent %llu, dropped %llu\n",
                         received, sent, dropped);
    return printed > 0 && fflush(stdout) == 0 ? 0 : 1;
}
