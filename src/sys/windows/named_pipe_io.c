/* named_pipe_io.c: connecting, reading and writing named pipes.
 *
 * Operations on a pipe run in the background, in its buffers. They go through
 * with no packet if they end at once (see mio__pipe_associate in
 * named_pipe.c), and by a packet of the home's port otherwise. What holds as a
 * result is told to the slot in terms of AFD's events, and from there on a
 * pipe is a source like any. */
#include "internal.h"

#ifdef MIO_SYS_AFD

#include <string.h>

#include "socket.h"
#include "sys/windows/failure.h"
#include "sys/windows/named_pipe.h"

struct mio__selector *mio__pipe_lock(struct mio__pipe *pipe)
{
    if (pipe->home == NULL ||
        !mio__registry_is_current(pipe->home, pipe->home_id)) {
        return NULL;
    }
    struct mio__selector *selector = &pipe->home->selector;
    mio__mutex_lock(&selector->lock);
    return selector;
}

static void unlock(struct mio__selector *selector)
{
    mio__selector_settle(selector);
    mio__mutex_unlock(&selector->lock);
}

/* ---- Operations ---------------------------------------------------------*/

static OVERLAPPED *operation_begin(struct mio__pipe *pipe,
                                   struct mio__pipe_operation *operation)
{
    operation->overlapped = (OVERLAPPED){0};
    operation->overlapped.hEvent = pipe->ended;
    return &operation->overlapped;
}

/* How the call that began it has returned: 0 for done, ERROR_IO_PENDING, or
 * why it failed. */
static DWORD operation_begun(struct mio__pipe *pipe,
                             struct mio__pipe_operation *operation, BOOL done)
{
    DWORD native = done ? 0 : GetLastError();
    if (native == ERROR_IO_PENDING) {
        operation->pending = true;
        mio__slab_expect(&pipe->home->selector.slab, pipe->slot);
    }
    return native;
}

static bool is_ended(const struct mio__pipe_operation *operation)
{
    return !operation->pending ||
           HasOverlappedIoCompleted(&operation->overlapped);
}

static void operation_cancel(struct mio__pipe *pipe,
                             struct mio__pipe_operation *operation)
{
    if (operation->pending) {
        (void)CancelIoEx(pipe->handle, &operation->overlapped);
    }
}

static void operation_forget(struct mio__pipe_operation *operation)
{
    if (operation->pending) {
        operation->pending = false;
        operation->stale++;
    }
}

void mio__pipe_give_up(struct mio__pipe *pipe)
{
    operation_cancel(pipe, &pipe->connecting);
    operation_cancel(pipe, &pipe->reading);
    operation_cancel(pipe, &pipe->writing);
    for (;;) {
        (void)ResetEvent(pipe->ended);
        if (is_ended(&pipe->connecting) && is_ended(&pipe->reading) &&
            is_ended(&pipe->writing)) {
            break;
        }
        (void)WaitForSingleObject(pipe->ended, INFINITE);
    }
    operation_forget(&pipe->connecting);
    operation_forget(&pipe->reading);
    operation_forget(&pipe->writing);
}

/* ---- State --------------------------------------------------------------*/

void mio__pipe_publish(struct mio__pipe *pipe)
{
    uint32_t events = 0;
    if (pipe->read_at < pipe->read_end) {
        events |= MIO__AFD_RECEIVE;
    } else if (pipe->read_error != 0) {
        events |= MIO__AFD_RECEIVE | MIO__AFD_DISCONNECT;
    }
    if ((pipe->is_connected && !pipe->writing.pending) ||
        pipe->write_error != 0 || pipe->connect_error != 0) {
        events |= MIO__AFD_SEND;
    }
    mio__slab_set(&pipe->home->selector.slab, pipe->slot, events);
}

void mio__pipe_read_ahead(struct mio__pipe *pipe)
{
    if (pipe->reading.pending || pipe->read_at < pipe->read_end ||
        pipe->read_error != 0) {
        return;
    }
    OVERLAPPED *overlapped = operation_begin(pipe, &pipe->reading);
    BOOL done = ReadFile(pipe->handle, pipe->read_data, pipe->read_size, NULL,
                         overlapped);
    DWORD native = operation_begun(pipe, &pipe->reading, done);
    if (native == 0) {
        pipe->read_at = 0;
        pipe->read_end = (uint32_t)overlapped->InternalHigh;
    } else if (native == ERROR_PIPE_LISTENING ||
               (native == ERROR_PIPE_NOT_CONNECTED && !pipe->is_connected)) {
        return; /* a server's instance, with no client yet */
    } else if (native != ERROR_IO_PENDING) {
        pipe->read_error = native;
    }
    pipe->is_connected = true;
}

/* Sends what has been accepted. Returns 0, ERROR_IO_PENDING or the error. */
static DWORD write_on(struct mio__pipe *pipe)
{
    while (pipe->write_at < pipe->write_end) {
        OVERLAPPED *overlapped = operation_begin(pipe, &pipe->writing);
        BOOL done =
            WriteFile(pipe->handle, pipe->write_data + pipe->write_at,
                      pipe->write_end - pipe->write_at, NULL, overlapped);
        DWORD native = operation_begun(pipe, &pipe->writing, done);
        if (native != 0) {
            return native;
        }
        pipe->write_at += (uint32_t)overlapped->InternalHigh;
    }
    return 0;
}

static void write_ended(struct mio__pipe *pipe, DWORD native, DWORD moved)
{
    pipe->write_at += moved;
    if (native == 0) {
        native = write_on(pipe);
    }
    if (native != 0 && native != ERROR_IO_PENDING) {
        pipe->write_error = native;
    }
}

static void read_ended(struct mio__pipe *pipe, DWORD native, DWORD moved)
{
    pipe->read_at = 0;
    pipe->read_end = moved;
    if (native != 0) {
        pipe->read_error = native;
    }
    mio__pipe_read_ahead(pipe); /* a message of no bytes is not the end */
}

static void connect_ended(struct mio__pipe *pipe, DWORD native)
{
    pipe->connect_error = native;
    if (native == 0) {
        pipe->is_connected = true;
        mio__pipe_read_ahead(pipe);
    }
}

void mio__pipe_completed(struct mio__bound *bound, void *overlapped)
{
    struct mio__pipe *pipe = (struct mio__pipe *)(void *)bound;
    struct mio__pipe_operation *operation = &pipe->reading;
    if (overlapped == &pipe->writing.overlapped) {
        operation = &pipe->writing;
    } else if (overlapped == &pipe->connecting.overlapped) {
        operation = &pipe->connecting;
    }
    if (operation->stale > 0) {
        operation->stale--;
        return;
    }
    DWORD moved = 0;
    DWORD native = 0;
    if (!GetOverlappedResult(pipe->handle, &operation->overlapped, &moved,
                             FALSE)) {
        native = GetLastError();
    }
    operation->pending = false;
    if (operation == &pipe->reading) {
        read_ended(pipe, native, moved);
    } else if (operation == &pipe->writing) {
        write_ended(pipe, native, moved);
    } else {
        connect_ended(pipe, native);
    }
    mio__pipe_publish(pipe);
}

/* ---- Calls --------------------------------------------------------------*/

/* Locks the home of a pipe that I/O is to be done on. Returns NULL, and the
 * error, if it cannot be. */
static struct mio__selector *enter(mio_named_pipe *pipe, int *error)
{
    *error = mio__socket_check(pipe != NULL ? &pipe->source : NULL);
    if (*error != 0) {
        return NULL;
    }
    struct mio__selector *selector = mio__pipe_lock(mio__pipe_of(pipe));
    if (selector == NULL) {
        *error = MIO_ERR_NOT_FOUND;
    }
    return selector;
}

int mio_named_pipe_connect(mio_named_pipe *object)
{
    int error;
    struct mio__selector *selector = enter(object, &error);
    if (selector == NULL) {
        return error;
    }
    struct mio__pipe *pipe = mio__pipe_of(object);
    DWORD native = ERROR_IO_PENDING;
    if (!pipe->connecting.pending) {
        OVERLAPPED *overlapped = operation_begin(pipe, &pipe->connecting);
        BOOL done = ConnectNamedPipe(pipe->handle, overlapped);
        native = operation_begun(pipe, &pipe->connecting, done);
    }
    if (native == 0 || native == ERROR_PIPE_CONNECTED ||
        native == ERROR_NO_DATA) { /* connected, and gone again */
        connect_ended(pipe, 0);
        mio__pipe_publish(pipe);
        native = 0;
    }
    unlock(selector);
    if (native == ERROR_IO_PENDING) {
        return MIO_ERR_WOULD_BLOCK;
    }
    return native == 0 ? 0 : mio__failure_of(native);
}

int mio_named_pipe_take_error(mio_named_pipe *object)
{
    int error = mio__socket_check(object != NULL ? &object->source : NULL);
    if (error != 0) {
        return error;
    }
    struct mio__pipe *pipe = mio__pipe_of(object);
    struct mio__selector *selector = mio__pipe_lock(pipe);
    DWORD native = pipe->connect_error;
    pipe->connect_error = 0;
    if (selector != NULL) {
        mio__pipe_publish(pipe);
        unlock(selector);
    }
    return native == 0 ? 0 : mio__failure_of(native);
}

/* ERROR_NO_DATA is the end of a pipe whose client went before it was heard. */
static bool is_end(DWORD native)
{
    return native == ERROR_BROKEN_PIPE || native == ERROR_PIPE_NOT_CONNECTED ||
           native == ERROR_NO_DATA;
}

/* Hands out what has been received, and what can be received at once. */
static mio_ssize read_out(struct mio__pipe *pipe, unsigned char *data,
                          size_t length)
{
    size_t moved = 0;
    for (;;) {
        mio__pipe_read_ahead(pipe);
        size_t ready = pipe->read_end - pipe->read_at;
        size_t part = length - moved < ready ? length - moved : ready;
        if (part == 0) {
            break;
        }
        memcpy(data + moved, pipe->read_data + pipe->read_at, part);
        pipe->read_at += (uint32_t)part;
        moved += part;
    }
    if (moved > 0) {
        return (mio_ssize)moved;
    }
    if (pipe->read_error == 0) {
        return MIO_ERR_WOULD_BLOCK;
    }
    return is_end(pipe->read_error) ? 0 : mio__failure_of(pipe->read_error);
}

mio_ssize mio_named_pipe_read(mio_named_pipe *object, void *data, size_t length)
{
    int error;
    struct mio__selector *selector = enter(object, &error);
    if (selector == NULL) {
        return error;
    }
    mio_ssize moved = MIO_ERR_INVALID_INPUT;
    if (data != NULL && length > 0) {
        moved = read_out(mio__pipe_of(object), (unsigned char *)data, length);
        mio__pipe_publish(mio__pipe_of(object));
    }
    unlock(selector);
    return mio__stream_moved(&object->source, MIO_READABLE, moved, length);
}

/* Fills the write buffer from several; returns how much fitted. */
static uint32_t gather(struct mio__pipe *pipe, const mio_buffer *buffers,
                       size_t count)
{
    uint32_t filled = 0;
    count = count < MIO__BUFFERS_MAX ? count : MIO__BUFFERS_MAX;
    for (size_t i = 0; i < count && filled < pipe->write_size; i++) {
        size_t room = pipe->write_size - filled;
        size_t part = buffers[i].length < room ? buffers[i].length : room;
        if (part > 0) {
            memcpy(pipe->write_data + filled, buffers[i].data, part);
            filled += (uint32_t)part;
        }
    }
    return filled;
}

static mio_ssize write_in(struct mio__pipe *pipe, const mio_buffer *buffers,
                          size_t count)
{
    if (pipe->write_error != 0) {
        return mio__failure_of(pipe->write_error);
    }
    mio__pipe_read_ahead(pipe); /* a client may have come by itself */
    if (!pipe->is_connected || pipe->writing.pending) {
        return MIO_ERR_WOULD_BLOCK;
    }
    pipe->write_at = 0;
    pipe->write_end = gather(pipe, buffers, count);
    DWORD native = write_on(pipe);
    if (native != 0 && native != ERROR_IO_PENDING) {
        pipe->write_error = native;
        return mio__failure_of(native);
    }
    return (mio_ssize)pipe->write_end;
}

mio_ssize mio_named_pipe_writev(mio_named_pipe *object,
                                const mio_buffer *buffers, size_t count)
{
    size_t total = 0;
    int error = mio__buffers_check(buffers, count, &total);
    if (error != 0) {
        return error;
    }
    struct mio__selector *selector = enter(object, &error);
    if (selector == NULL) {
        return error;
    }
    mio_ssize moved = 0;
    if (total > 0) {
        moved = write_in(mio__pipe_of(object), buffers, count);
        mio__pipe_publish(mio__pipe_of(object));
    }
    unlock(selector);
    return mio__stream_moved(&object->source, MIO_WRITABLE, moved, total);
}

mio_ssize mio_named_pipe_write(mio_named_pipe *pipe, const void *data,
                               size_t length)
{
    const mio_buffer buffer = {(void *)(uintptr_t)data, length};
    return mio_named_pipe_writev(pipe, &buffer, 1);
}

#endif
