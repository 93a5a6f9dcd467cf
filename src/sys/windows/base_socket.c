/* base_socket.c: see base_socket.h.
 *
 * Programs such as filters put layers between an application and AFD, which
 * knows only the bottom one. Winsock tells it by SIO_BASE_HANDLE; a layer may
 * get in the way of that and still answer for the next layer below. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include "sys/windows/windows.h"

#include "sys/windows/base_socket.h"
#include "sys/windows/failure.h"

#ifndef SIO_BSP_HANDLE_POLL
#define SIO_BSP_HANDLE_POLL 0x4800001D
#endif

#define LAYERS_MAX 16

static bool ask(SOCKET from, DWORD question, SOCKET *answer)
{
    DWORD size = 0;
    return WSAIoctl(from, question, NULL, 0, answer, sizeof(*answer), &size,
                    NULL, NULL) == 0 &&
           *answer != INVALID_SOCKET;
}

static int base_of(SOCKET socket, SOCKET *base)
{
    for (int layer = 0; layer < LAYERS_MAX; layer++) {
        SOCKET below;
        if (ask(socket, SIO_BASE_HANDLE, base)) {
            return 0;
        }
        if (!ask(socket, SIO_BSP_HANDLE_POLL, &below) || below == socket) {
            break;
        }
        socket = below;
    }
    return MIO_ERR_UNSUPPORTED;
}

int mio__base_socket(mio_fd fd, struct mio__slab_socket *socket)
{
    /* First, because some systems name a base socket for any handle. */
    int type = 0;
    int length = sizeof(type);
    if (getsockopt((SOCKET)fd, SOL_SOCKET, SO_TYPE, (char *)&type, &length) !=
        0) {
        return mio__failure();
    }
    SOCKET base = INVALID_SOCKET;
    int error = base_of((SOCKET)fd, &base);
    if (error == 0) {
        socket->socket = fd;
        socket->base = (uintptr_t)base;
        socket->is_datagram = type != SOCK_STREAM;
    }
    return error;
}

#endif
