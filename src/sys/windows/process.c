/* process.c: the end of a process, by a wait of the system's thread pool.
 *
 * A completion port does not tell of a process's end. What else there is:
 *
 * - Wait-completion packets (NtAssociateWaitCompletionPacket) would be right:
 *   no thread, no memory. They cannot be tried here, as Wine 8 lacks them.
 * - A job object posts a packet when a process in it ends; but the packet is
 *   not promised, the process has to be put into the job, which changes it and
 *   fails once it has ended, and its handle needs more rights.
 * - RegisterWaitForSingleObject has threads of the process's pool wait for up
 *   to 63 handles each, and calls a function in one of them. The system
 *   allocates for that, and starts the threads. This is what is used; it is the
 *   only place in the library that has threads, and only programs that make a
 *   mio_process have it.
 *
 * The function runs in the thread that waits: it is short and does not block.
 * Closing ends the wait, and then waits itself until the function has ended. */
#include "internal.h"

#ifdef _WIN32

#include "sys/process.h"
#include "sys/windows/failure.h"

static void CALLBACK on_end(void *context, BOOLEAN is_timeout)
{
    struct mio__process *process = (struct mio__process *)context;
    (void)is_timeout;
    atomic_store(&process->over, 1);
    (void)mio__notifier_notify(&process->memory.notifier);
}

static uint32_t look(struct mio__memory_source *memory, bool all)
{
    return mio__process_flags((struct mio__process *)(void *)memory, all);
}

static int handle_check(HANDLE handle)
{
    DWORD code;
    if (!GetExitCodeProcess(handle, &code)) {
        return mio__failure();
    }
    return SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0)
               ? 0
               : mio__failure();
}

int mio_process_from_handle(mio_process *object, mio_fd handle)
{
    if (object == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = handle_check((HANDLE)handle);
    if (error != 0) {
        return error;
    }
    struct mio__process *process = mio__process_of(object);
    mio__process_clear(process);
    mio__memory_source_init(&process->memory, look);
    process->memory.source.fd = handle;
    if (!RegisterWaitForSingleObject(
            &process->wait, (HANDLE)handle, on_end, process, INFINITE,
            WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD)) {
        error = mio__failure();
        mio__memory_source_close(&process->memory);
    }
    return error;
}

int mio__process_wait(struct mio__process *process, mio_exit_status *status)
{
    HANDLE handle = (HANDLE)process->memory.source.fd;
    DWORD code;
    /* The exit code alone would not do: that of a running process may be the
     * exit code of another. */
    switch (WaitForSingleObject(handle, 0)) {
    case WAIT_OBJECT_0:
        break;
    case WAIT_TIMEOUT:
        return MIO_ERR_WOULD_BLOCK;
    default:
        return mio__failure();
    }
    if (!GetExitCodeProcess(handle, &code)) {
        return mio__failure();
    }
    status->kind = MIO_EXIT_CODE;
    status->code = code;
    status->core_dumped = false;
    return 0;
}

void mio__process_close(struct mio__process *process)
{
    HANDLE handle = (HANDLE)process->memory.source.fd;
    DWORD native = GetLastError();
    (void)UnregisterWaitEx(process->wait, INVALID_HANDLE_VALUE);
    mio__memory_source_close(&process->memory);
    process->memory.source.fd = MIO_FD_INVALID;
    (void)CloseHandle(handle);
    SetLastError(native);
}

#endif
