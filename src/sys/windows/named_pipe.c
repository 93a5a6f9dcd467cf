/* named_pipe.c: making, registering and closing named pipes. See
 * mio/named_pipe.h for what they are, named_pipe_io.c for how they work. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include "sys/windows/named_pipe.h"

#include <winternl.h>

#include "socket.h"
#include "sys/windows/failure.h"
#include "sys/windows/port.h"

_Static_assert(sizeof(struct mio__pipe) <= MIO_NAMED_PIPE_SIZE,
               "mio_named_pipe has room for its inside");

#define NAME_MAX_UNITS 257   /* UTF-16, with the NUL: the system's limit */
#define SYSTEM_BUFFER 65536u /* bytes in each direction */

/* From <ntifs.h>. */
#define FILE_MODE_INFORMATION_CLASS ((FILE_INFORMATION_CLASS)16)
#define FILE_MODE_SYNCHRONOUS 0x30u

#ifndef __MINGW32__ /* whose <winternl.h> has it */
NTSTATUS NTAPI NtQueryInformationFile(HANDLE file, PIO_STATUS_BLOCK status,
                                      PVOID data, ULONG size,
                                      FILE_INFORMATION_CLASS what);
#endif

/* ---- Registering --------------------------------------------------------*/

/* Whether a pipe is with a home, and with this one. */
static int home_check(const struct mio__pipe *pipe,
                      const mio_registry *registry)
{
    if (pipe->home == NULL) {
        return MIO_ERR_NOT_FOUND;
    }
    return pipe->home == registry && pipe->home_id == registry->id
               ? 0
               : MIO_ERR_ALREADY_EXISTS;
}

/* Takes a slot and lets the port have the packets of all operations that do
 * not end at once. Under the lock. */
static int associate(struct mio__pipe *pipe, mio_registry *registry)
{
    struct mio__selector *selector = &registry->selector;
    uint32_t slot = 0;
    int error = mio__selector_bind(selector, &pipe->bound, &slot);
    if (error != 0) {
        return error;
    }
    error = mio__port_associate(selector->port, (uintptr_t)pipe->handle,
                                mio__slab_context(&selector->slab, slot));
    if (error == 0 && !SetFileCompletionNotificationModes(
                          pipe->handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)) {
        error = mio__failure();
    }
    if (error != 0) {
        mio__slab_unbind(&selector->slab, slot);
        return error;
    }
    pipe->home = registry;
    pipe->home_id = registry->id;
    pipe->slot = slot;
    return 0;
}

static struct mio__pipe *pipe_of(mio_source *source)
{
    return mio__pipe_of((mio_named_pipe *)(void *)source);
}

/* Under the lock: registers a pipe that is at home here. */
static void enroll(mio_source *source, mio_registry *registry, mio_token token,
                   mio_interest interest)
{
    struct mio__pipe *pipe = pipe_of(source);
    struct mio__slab *slab = &registry->selector.slab;
    source->slot_ = pipe->slot;
    source->flags_ = (source->flags_ & MIO__SOURCE_FLAGS) |
                     (uint32_t)slab->slots[pipe->slot].generation << 16;
    source->owner_ = registry;
    source->owner_id_ = registry->id;
    mio__pipe_read_ahead(pipe);
    mio__pipe_publish(pipe);
    mio__slab_change(slab, pipe->slot, token, interest);
}

static int on_register(mio_source *source, mio_registry *registry,
                       mio_token token, mio_interest interest)
{
    struct mio__pipe *pipe = pipe_of(source);
    if (mio_source_is_registered(source)) {
        return MIO_ERR_ALREADY_EXISTS;
    }
    mio__mutex_lock(&registry->selector.lock);
    int error = home_check(pipe, registry);
    if (error == MIO_ERR_NOT_FOUND) {
        error = associate(pipe, registry);
    }
    if (error == 0) {
        enroll(source, registry, token, interest);
    }
    mio__selector_settle(&registry->selector);
    mio__mutex_unlock(&registry->selector.lock);
    return error;
}

static int on_reregister(mio_source *source, mio_registry *registry,
                         mio_token token, mio_interest interest)
{
    int error = home_check(pipe_of(source), registry);
    if (error == 0 && !mio_source_is_registered(source)) {
        error = MIO_ERR_NOT_FOUND;
    }
    if (error == 0) {
        mio__mutex_lock(&registry->selector.lock);
        enroll(source, registry, token, interest);
        mio__selector_settle(&registry->selector);
        mio__mutex_unlock(&registry->selector.lock);
    }
    return error;
}

static int on_deregister(mio_source *source, mio_registry *registry)
{
    int error = home_check(pipe_of(source), registry);
    if (error == 0 && !mio_source_is_registered(source)) {
        error = MIO_ERR_NOT_FOUND;
    }
    if (error == 0) {
        mio__registry_forget(source);
    }
    return error;
}

static const mio_source_ops pipe_ops = {on_register, on_reregister,
                                        on_deregister};

/* ---- Making -------------------------------------------------------------*/

static int arguments_check(const mio_named_pipe *pipe,
                           const mio_named_pipe_buffers *buffers)
{
    bool is_good = pipe != NULL && buffers != NULL && buffers->read != NULL &&
                   buffers->write != NULL && buffers->read_size > 0 &&
                   buffers->write_size > 0 && buffers->read_size <= INT32_MAX &&
                   buffers->write_size <= INT32_MAX;
    return is_good ? 0 : MIO_ERR_INVALID_INPUT;
}

/* Only pipes' names: others could make the client open any file. */
static bool is_pipe_name(const WCHAR *name)
{
    static const WCHAR infix[] = L"\\pipe\\";
    if (name[0] != L'\\' || name[1] != L'\\' || name[2] == L'\0') {
        return false;
    }
    const WCHAR *at = name + 2;
    while (*at != L'\0' && *at != L'\\') {
        at++;
    }
    for (size_t i = 0; infix[i] != L'\0'; i++) {
        WCHAR unit = at[i] >= L'A' && at[i] <= L'Z'
                         ? (WCHAR)(at[i] - L'A' + L'a')
                         : at[i];
        if (unit != infix[i]) {
            return false;
        }
    }
    return true;
}

static int name_convert(const char *name, WCHAR wide[NAME_MAX_UNITS])
{
    if (name == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, wide,
                            NAME_MAX_UNITS) == 0) {
        return GetLastError() == ERROR_INSUFFICIENT_BUFFER
                   ? MIO_ERR_NAME_TOO_LONG
                   : MIO_ERR_INVALID_INPUT;
    }
    return is_pipe_name(wide) ? 0 : MIO_ERR_INVALID_INPUT;
}

/* Checks what both ways of opening a pipe are given. */
static int name_take(const mio_named_pipe *pipe, const char *name,
                     const mio_named_pipe_buffers *buffers,
                     WCHAR wide[NAME_MAX_UNITS])
{
    int error = arguments_check(pipe, buffers);
    return error == 0 ? name_convert(name, wide) : error;
}

/* Whether a handle's operations run in the background. */
static bool is_overlapped(HANDLE handle)
{
    IO_STATUS_BLOCK status;
    ULONG mode = 0;
    return NtQueryInformationFile(handle, &status, &mode, sizeof(mode),
                                  FILE_MODE_INFORMATION_CLASS) < 0 ||
           (mode & FILE_MODE_SYNCHRONOUS) == 0;
}

/* A named pipe's handle that can be worked with, read as bytes. */
static int handle_check(HANDLE handle)
{
    DWORD mode = 0;
    if (GetFileType(handle) == FILE_TYPE_UNKNOWN &&
        GetLastError() != NO_ERROR) {
        return mio__failure();
    }
    if (GetFileType(handle) != FILE_TYPE_PIPE ||
        !GetNamedPipeInfo(handle, NULL, NULL, NULL, NULL) ||
        !is_overlapped(handle)) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (GetNamedPipeHandleStateW(handle, &mode, NULL, NULL, NULL, NULL, 0) &&
        (mode & PIPE_READMODE_MESSAGE) != 0) {
        mode = PIPE_READMODE_BYTE;
        if (!SetNamedPipeHandleState(handle, &mode, NULL, NULL)) {
            return mio__failure();
        }
    }
    return SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0)
               ? 0
               : mio__failure();
}

/* Makes a pipe of a good handle. */
static int pipe_make(mio_named_pipe *object, HANDLE handle,
                     const mio_named_pipe_buffers *buffers)
{
    HANDLE ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (ended == NULL) {
        return mio__failure();
    }
    struct mio__pipe *pipe = mio__pipe_of(object);
    *pipe = (struct mio__pipe){0};
    pipe->bound.completed = mio__pipe_completed;
    pipe->handle = handle;
    pipe->ended = ended;
    pipe->read_data = (unsigned char *)buffers->read;
    pipe->read_size = (uint32_t)buffers->read_size;
    pipe->write_data = (unsigned char *)buffers->write;
    pipe->write_size = (uint32_t)buffers->write_size;
    mio__source_open(&object->source, (mio_fd)handle, 0);
    object->source.ops_ = &pipe_ops;
    return 0;
}

/* The same of a handle of ours, which is closed if it fails. */
static int pipe_make_own(mio_named_pipe *pipe, HANDLE handle,
                         const mio_named_pipe_buffers *buffers)
{
    int error = pipe_make(pipe, handle, buffers);
    if (error != 0) {
        DWORD native = GetLastError();
        (void)CloseHandle(handle);
        SetLastError(native);
    }
    return error;
}

int mio_named_pipe_create(mio_named_pipe *pipe, const char *name, bool is_first,
                          const mio_named_pipe_buffers *buffers)
{
    WCHAR wide[NAME_MAX_UNITS];
    int error = name_take(pipe, name, buffers, wide);
    if (error != 0) {
        return error;
    }
    HANDLE handle = CreateNamedPipeW(
        wide,
        PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED |
            (is_first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0u),
        PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, SYSTEM_BUFFER, SYSTEM_BUFFER, 0, NULL);
    return handle == INVALID_HANDLE_VALUE
               ? mio__failure()
               : pipe_make_own(pipe, handle, buffers);
}

int mio_named_pipe_open(mio_named_pipe *pipe, const char *name,
                        const mio_named_pipe_buffers *buffers)
{
    WCHAR wide[NAME_MAX_UNITS];
    int error = name_take(pipe, name, buffers, wide);
    if (error != 0) {
        return error;
    }
    HANDLE handle = CreateFileW(
        wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
        FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
        NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        return GetLastError() == ERROR_PIPE_BUSY ? MIO_ERR_WOULD_BLOCK
                                                 : mio__failure();
    }
    return pipe_make_own(pipe, handle, buffers);
}

int mio_named_pipe_from_handle(mio_named_pipe *pipe, mio_fd handle,
                               const mio_named_pipe_buffers *buffers)
{
    int error = arguments_check(pipe, buffers);
    if (error == 0) {
        error = handle_check((HANDLE)handle);
    }
    return error == 0 ? pipe_make(pipe, (HANDLE)handle, buffers) : error;
}

/* ---- Closing ------------------------------------------------------------*/

static int disconnect_failure(void)
{
    switch (GetLastError()) {
    case ERROR_PIPE_NOT_CONNECTED:
        return MIO_ERR_NOT_CONNECTED;
    case ERROR_INVALID_FUNCTION: /* the word for a client's end */
        return MIO_ERR_INVALID_INPUT;
    default:
        return mio__failure();
    }
}

int mio_named_pipe_disconnect(mio_named_pipe *object)
{
    int error = mio__socket_check(object != NULL ? &object->source : NULL);
    if (error != 0) {
        return error;
    }
    struct mio__pipe *pipe = mio__pipe_of(object);
    struct mio__selector *selector = mio__pipe_lock(pipe);
    if (DisconnectNamedPipe(pipe->handle)) {
        mio__pipe_give_up(pipe);
        pipe->is_connected = false;
        pipe->read_at = 0;
        pipe->read_end = 0;
        pipe->connect_error = 0;
        pipe->read_error = 0;
        pipe->write_error = 0;
    } else {
        error = disconnect_failure();
    }
    if (selector != NULL) {
        mio__pipe_publish(pipe);
        mio__mutex_unlock(&selector->lock);
    }
    return error;
}

mio_fd mio_named_pipe_into_handle(mio_named_pipe *object)
{
    mio_fd handle =
        mio__source_release(object != NULL ? &object->source : NULL);
    if (handle == MIO_FD_INVALID) {
        return handle;
    }
    struct mio__pipe *pipe = mio__pipe_of(object);
    struct mio__selector *selector = mio__pipe_lock(pipe);
    mio__pipe_give_up(pipe);
    if (selector != NULL) {
        mio__slab_unbind(&selector->slab, pipe->slot);
        mio__mutex_unlock(&selector->lock);
    }
    pipe->home = NULL;
    (void)CloseHandle(pipe->ended);
    return handle;
}

void mio_named_pipe_close(mio_named_pipe *pipe)
{
    mio_fd handle = mio_named_pipe_into_handle(pipe);
    if (handle != MIO_FD_INVALID) {
        (void)CloseHandle((HANDLE)handle);
    }
}

#endif
