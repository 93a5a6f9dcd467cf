/* port.c: see port.h. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include "sys/clock.h"
#include "sys/windows/failure.h"
#include "sys/windows/port.h"

int mio__port_open(uintptr_t *port)
{
    HANDLE made = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    if (made == NULL) {
        return mio__failure();
    }
    *port = (uintptr_t)made;
    return 0;
}

void mio__port_close(uintptr_t port)
{
    (void)CloseHandle((HANDLE)port);
}

int mio__port_post(uintptr_t port, uintptr_t key)
{
    DWORD native = GetLastError();
    if (!PostQueuedCompletionStatus((HANDLE)port, 0, key, NULL)) {
        return mio__failure();
    }
    SetLastError(native);
    return 0;
}

int mio__port_associate(uintptr_t port, uintptr_t handle, uintptr_t context)
{
    HANDLE done = CreateIoCompletionPort((HANDLE)handle, (HANDLE)port,
                                         context << 1 | 1, 0);
    return done == NULL ? mio__failure() : 0;
}

int mio__port_fetch(uintptr_t port, OVERLAPPED_ENTRY *packets, int room,
                    int64_t timeout_ns)
{
    DWORD timeout =
        timeout_ns < 0 ? INFINITE : (DWORD)mio__clock_milliseconds(timeout_ns);
    ULONG count = 0;
    if (!GetQueuedCompletionStatusEx((HANDLE)port, packets, (ULONG)room, &count,
                                     timeout, FALSE)) {
        return GetLastError() == WAIT_TIMEOUT ? 0 : mio__failure();
    }
    return (int)count;
}

#endif
