/* mio/named_pipe.h: Windows named pipes. Include mio.h. */
#ifndef MIO_NAMED_PIPE_H
#define MIO_NAMED_PIPE_H

#include "mio/poll.h"

#ifdef _WIN32

/* A named pipe connects one client and one server instance in both directions.
 * Windows has no readiness for pipes, only operations that run in the
 * background; the library runs them in the caller's buffers, and so a pipe
 * reads and writes like a stream:
 *
 * - One read is always under way, into the read buffer; mio_named_pipe_read
 *   copies from there.
 * - mio_named_pipe_write copies into the write buffer, and a background write
 *   empties it. While that is under way, writing would block.
 *
 * All of it goes through the poll, so that connecting, reading and writing need
 * a registered pipe, and one pipe stays with one poll from its first
 * registration to its close. It takes one of the poll's slots, also while it
 * is deregistered. */

#define MIO_NAMED_PIPE_SIZE 320

/** One end of a named pipe. Must stay where it is from create, open or
 *  from_handle to close or into_handle. */
typedef struct mio_named_pipe {
    mio_source source; /* its fd is the HANDLE */
    union {
        unsigned char opaque_[MIO_NAMED_PIPE_SIZE];
        void *align_pointer_;
        uint64_t align_integer_;
    } inside_;
} mio_named_pipe;

/** The memory that a pipe reads into and writes from.
 *
 *  A page (4096 bytes) each is a good size. A write accepts no more than the
 *  write buffer holds. */
typedef struct mio_named_pipe_buffers {
    void *read;
    size_t read_size; /* bytes, 1 to INT32_MAX */
    void *write;
    size_t write_size; /* bytes, 1 to INT32_MAX */
} mio_named_pipe_buffers;

/** Creates an instance of a server's pipe.
 *
 *  Each instance serves one client at a time; create one more for each further
 *  client. The pipe carries bytes in both directions, accepts clients of this
 *  machine only, and cannot be inherited.
 *
 *  @param[out] pipe  receives the instance, not connected yet
 *  @param name  such as "\\\\.\\pipe\\mine", in UTF-8
 *  @param is_first  true: fail if an instance of that name exists already;
 *                   every server's first instance should say so, or another
 *                   program may be listening under its name
 *  @param buffers  two pieces of memory
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, an empty buffer or a bad name;
 *           MIO_ERR_NAME_TOO_LONG; MIO_ERR_PERMISSION_DENIED, also if the
 *           first instance is not the first; MIO_ERR_OUT_OF_DESCRIPTORS
 *  @threads any
 *  @memory  pipe and the buffers must stay in place until it is closed; buffers
 *           itself is not kept
 *  @mio     mio::windows::NamedPipe::new
 */
MIO_API int mio_named_pipe_create(mio_named_pipe *pipe, const char *name,
                                  bool is_first,
                                  const mio_named_pipe_buffers *buffers);

/** Opens the client's end of a pipe.
 *
 *  The server gets no rights to act in the client's name.
 *
 *  @param[out] pipe  receives the client's end, connected
 *  @param name  as for mio_named_pipe_create
 *  @param buffers  two pieces of memory
 *  @return  0; MIO_ERR_NOT_FOUND if there is no such pipe; MIO_ERR_WOULD_BLOCK
 *           if all its instances are taken (there is no event to wait for: try
 *           later); MIO_ERR_PERMISSION_DENIED; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_NAME_TOO_LONG; MIO_ERR_OUT_OF_DESCRIPTORS
 *  @threads any
 *  @memory  pipe and the buffers must stay in place until it is closed; buffers
 *           itself is not kept
 *  @mio     none (std::fs::OpenOptions and from_raw_handle)
 */
MIO_API int mio_named_pipe_open(mio_named_pipe *pipe, const char *name,
                                const mio_named_pipe_buffers *buffers);

/** Takes over a pipe's handle made elsewhere, a server's or a client's.
 *
 *  It must have been opened with FILE_FLAG_OVERLAPPED and not be associated
 *  with a completion port. It is made non-inheritable; a pipe of messages is
 *  read as bytes.
 *
 *  @param[out] pipe  receives the pipe
 *  @param handle  the HANDLE
 *  @param buffers  two pieces of memory
 *  @return  0, and the pipe owns the handle; MIO_ERR_INVALID_INPUT for NULL, an
 *           empty buffer, or a handle that is no named pipe's or not overlapped;
 *           MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_OUT_OF_MEMORY
 *  @threads any
 *  @memory  pipe and the buffers must stay in place until it is closed; buffers
 *           itself is not kept
 *  @mio     mio::windows::NamedPipe as FromRawHandle
 */
MIO_API int mio_named_pipe_from_handle(mio_named_pipe *pipe, mio_fd handle,
                                       const mio_named_pipe_buffers *buffers);

/** Gives the handle away; the pipe is then closed without closing it.
 *
 *  It is deregistered first, and background operations end: what is in the
 *  buffers, received or not yet sent, is lost. Once it has been registered it
 *  stays associated with that poll's completion port.
 *
 *  @return  the HANDLE, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the memory of the pipe and its buffers is free
 *  @mio     mio::windows::NamedPipe as IntoRawHandle
 */
MIO_API mio_fd mio_named_pipe_into_handle(mio_named_pipe *pipe);

/** Deregisters and closes a pipe. NULL and a closed one are ignored.
 *
 *  What the system has accepted can still be read at the other end. What is in
 *  the write buffer because the other end does not read is lost: wait for a
 *  writable event first if that matters.
 *
 *  @threads one
 *  @memory  when it returns the memory of the pipe and its buffers is free
 *  @mio     mio::windows::NamedPipe as Drop
 */
MIO_API void mio_named_pipe_close(mio_named_pipe *pipe);

/** Waits in the background for a client of a server's instance.
 *
 *  A writable event follows when there is one; then mio_named_pipe_take_error
 *  tells whether it went well.
 *
 *  @return  0 if a client is there; MIO_ERR_WOULD_BLOCK if it is being waited
 *           for; MIO_ERR_NOT_FOUND if the pipe is not registered;
 *           MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_OTHER
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::windows::NamedPipe::connect
 */
MIO_API int mio_named_pipe_connect(mio_named_pipe *pipe);

/** Disconnects a server's instance from its client.
 *
 *  What neither end has read yet is lost. mio_named_pipe_connect may follow.
 *
 *  @return  0; MIO_ERR_NOT_CONNECTED; MIO_ERR_INVALID_INPUT for NULL or a
 *           client's end; MIO_ERR_BAD_DESCRIPTOR
 *  @threads one
 *  @memory  nothing is kept
 *  @mio     mio::windows::NamedPipe::disconnect
 */
MIO_API int mio_named_pipe_disconnect(mio_named_pipe *pipe);

/** Reads bytes.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more
 *  @return  the number of bytes, 1 or more; 0 when the other end is closed or
 *           disconnected and everything has been read; MIO_ERR_WOULD_BLOCK, also
 *           before there is a connection; MIO_ERR_NOT_FOUND if the pipe is not
 *           registered; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR;
 *           MIO_ERR_OTHER
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::windows::NamedPipe as Read
 */
MIO_API mio_ssize mio_named_pipe_read(mio_named_pipe *pipe, void *data,
                                      size_t length);

/** Writes bytes.
 *
 *  They are copied; the event that follows a background write is writable.
 *
 *  @param data  may be NULL when length is 0
 *  @return  the number of bytes accepted, at most the size of the write buffer;
 *           0 for length 0; MIO_ERR_WOULD_BLOCK while a write is under way and
 *           before there is a connection; MIO_ERR_BROKEN_PIPE when the other end
 *           is closed; MIO_ERR_NOT_FOUND if the pipe is not registered;
 *           MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_OTHER
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::windows::NamedPipe as Write
 */
MIO_API mio_ssize mio_named_pipe_write(mio_named_pipe *pipe, const void *data,
                                       size_t length);

/** Writes several buffers as one.
 *
 *  @param count  of buffers
 *  @return  as mio_named_pipe_write
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     none (mio copies one buffer)
 */
MIO_API mio_ssize mio_named_pipe_writev(mio_named_pipe *pipe,
                                        const mio_buffer *buffers,
                                        size_t count);

/** Returns the error of a background connect, and clears it.
 *
 *  @return  0 if there is none, otherwise the error's code, with GetLastError
 *           set to it; MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::windows::NamedPipe::take_error
 */
MIO_API int mio_named_pipe_take_error(mio_named_pipe *pipe);

#endif /* _WIN32 */
#endif
