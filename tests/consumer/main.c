/* main.c: the program of the three consumer projects: a byte in a datagram to
 * itself. It includes the library as its users do and uses nothing else. */
#include <mio.h>

#include <stdio.h>

static mio_poll poll;
static mio_slot slots[4];
static mio_udp_socket udp;

static int step(int result, const char *what)
{
    if (result < 0) {
        printf("%s: %s\n", what, mio_error_name(result));
    }
    return result;
}

/* Returns 0 when the byte has come through. */
static int run(void)
{
    char byte = 0;
    mio_addr addr;
    mio_event events[4];
    if (step(mio_addr_parse(&addr, "127.0.0.1:0"), "parse") < 0 ||
        step(mio_poll_init(&poll, slots, 4), "init") < 0 ||
        step(mio_udp_socket_bind(&udp, &addr), "bind") < 0 ||
        step(mio_udp_socket_local_addr(&udp, &addr), "name") < 0 ||
        step(mio_registry_register(mio_poll_registry(&poll), &udp.source, 7,
                                   MIO_READABLE),
             "register") < 0 ||
        step((int)mio_udp_socket_send_to(&udp, "x", 1, &addr), "send") != 1 ||
        step(mio_poll_wait(&poll, events, 4, INT64_C(10000000000)), "wait") !=
            1 ||
        mio_event_token(&events[0]) != 7 ||
        !mio_event_is_readable(&events[0]) ||
        step((int)mio_udp_socket_recv(&udp, &byte, 1), "receive") != 1) {
        return 1;
    }
    return byte == 'x' ? 0 : 1;
}

int main(void)
{
    int result = run();
    mio_udp_socket_close(&udp);
    mio_poll_close(&poll);
    printf("mio %s, %s: %s\n", mio_version(), mio_backend_name(),
           result == 0 ? "works" : "does not work");
    return result;
}
