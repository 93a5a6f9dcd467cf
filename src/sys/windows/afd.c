/* afd.c: see afd.h. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include "sys/windows/windows.h"

#include <winternl.h>

#include "sys/windows/afd.h"
#include "sys/windows/failure.h"

#define IOCTL_AFD_POLL 0x00012024ul
#define NT_SUCCESS_(status) ((status) >= 0)

/* By number: <ntstatus.h> and <windows.h> do not go together. */
#define AFD_STATUS_PENDING ((NTSTATUS)0x00000103l)

/* In ntdll since Vista, but in few headers. */
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE file, PIO_STATUS_BLOCK request,
                                PIO_STATUS_BLOCK status);

_Static_assert(sizeof(struct mio__afd_status) == sizeof(IO_STATUS_BLOCK) &&
                   offsetof(struct mio__afd_status, information) ==
                       offsetof(IO_STATUS_BLOCK, Information),
               "the system's IO_STATUS_BLOCK");
_Static_assert(sizeof(struct mio__afd_poll) == 24 + sizeof(void *) ||
                   sizeof(struct mio__afd_poll) == 28 + sizeof(void *),
               "the driver's AFD_POLL_INFO");

static int failure(NTSTATUS status)
{
    return mio__failure_of(RtlNtStatusToDosError(status));
}

static IO_STATUS_BLOCK *status_of(struct mio__afd_request *request)
{
    return (IO_STATUS_BLOCK *)(void *)&request->status;
}

int mio__afd_open(uintptr_t port, uintptr_t *helper)
{
    /* AFD takes any name below its own; this one shows up in debuggers. */
    static const WCHAR name[] = L"\\Device\\Afd\\libmio";
    UNICODE_STRING path = {sizeof(name) - sizeof(name[0]), sizeof(name),
                           (WCHAR *)(uintptr_t)name};
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &path, 0, NULL, NULL);
    IO_STATUS_BLOCK result;
    HANDLE handle;
    NTSTATUS status =
        NtCreateFile(&handle, SYNCHRONIZE, &attributes, &result, NULL, 0,
                     FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0);
    if (!NT_SUCCESS_(status)) {
        return failure(status);
    }
    if (CreateIoCompletionPort(handle, (HANDLE)port, 0, 0) == NULL ||
        !SetFileCompletionNotificationModes(handle,
                                            FILE_SKIP_SET_EVENT_ON_HANDLE)) {
        DWORD native = GetLastError();
        (void)CloseHandle(handle);
        return mio__failure_of(native);
    }
    *helper = (uintptr_t)handle;
    return 0;
}

void mio__afd_close(uintptr_t helper)
{
    (void)CloseHandle((HANDLE)helper);
}

int mio__afd_submit(uintptr_t helper, struct mio__afd_request *request,
                    uintptr_t socket, uint32_t events, uintptr_t context)
{
    request->poll.timeout = INT64_MAX;
    request->poll.count = 1;
    request->poll.exclusive = 0;
    request->poll.socket = socket;
    request->poll.events = events | MIO__AFD_LOCAL_CLOSE;
    request->poll.status = 0;
    request->status.u.status = (int32_t)AFD_STATUS_PENDING;
    NTSTATUS status = NtDeviceIoControlFile(
        (HANDLE)helper, NULL, NULL, (void *)context, status_of(request),
        IOCTL_AFD_POLL, &request->poll, sizeof(request->poll), &request->poll,
        sizeof(request->poll));
    /* Done at once or not, the completion is queued. */
    return NT_SUCCESS_(status) ? 0 : failure(status);
}

void mio__afd_cancel(uintptr_t helper, struct mio__afd_request *request)
{
    IO_STATUS_BLOCK result;
    /* It fails if the request has just been completed, which is as good. */
    (void)NtCancelIoFileEx((HANDLE)helper, status_of(request), &result);
}

#endif
