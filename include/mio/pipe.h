/* mio/pipe.h: pipes (Unix). Include mio.h. */
#ifndef MIO_PIPE_H
#define MIO_PIPE_H

#include "mio/error.h"
#include "mio/poll.h"

#ifndef _WIN32

/** The writing end of a pipe. */
typedef struct mio_pipe_sender {
    mio_source source;
} mio_pipe_sender;

/** The reading end of a pipe. */
typedef struct mio_pipe_receiver {
    mio_source source;
} mio_pipe_receiver;

/** Makes a pipe; both ends are non-blocking and close-on-exec.
 *
 *  @param[out] sender  receives the writing end
 *  @param[out] receiver  receives the reading end
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_OUT_OF_DESCRIPTORS;
 *           MIO_ERR_OUT_OF_MEMORY; MIO_ERR_OTHER
 *  @threads any
 *  @memory  both may be moved
 *  @mio     mio::unix::pipe::new
 */
MIO_API int mio_pipe_open(mio_pipe_sender *sender, mio_pipe_receiver *receiver);

/** Takes over a writing end, such as a child's standard input.
 *
 *  It is made non-blocking and close-on-exec. It may be any descriptor that
 *  can be waited for and written, a terminal or a socket too.
 *
 *  @return  0, and the sender owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           descriptor that cannot be written; MIO_ERR_BAD_DESCRIPTOR
 *  @threads any
 *  @memory  the sender may be moved
 *  @mio     mio::unix::pipe::Sender as FromRawFd, From<ChildStdin>
 */
MIO_API int mio_pipe_sender_from_fd(mio_pipe_sender *sender, mio_fd fd);

/** Gives the descriptor away; the sender is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the descriptor, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the sender's memory is free
 *  @mio     mio::unix::pipe::Sender as IntoRawFd
 */
MIO_API mio_fd mio_pipe_sender_into_fd(mio_pipe_sender *sender);

/** Deregisters and closes a sender. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the sender's memory is free
 *  @mio     mio::unix::pipe::Sender as Drop
 */
MIO_API void mio_pipe_sender_close(mio_pipe_sender *sender);

/** Makes a sender block or not; needed before handing it to a child.
 *
 *  @param on  true for non-blocking, as it is from the start
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::unix::pipe::Sender::set_nonblocking
 */
MIO_API int mio_pipe_sender_set_nonblocking(mio_pipe_sender *sender, bool on);

/** Writes bytes.
 *
 *  No SIGPIPE is raised, at the price of two more system calls where the
 *  signal is not blocked already.
 *
 *  @param data  may be NULL when length is 0
 *  @return  the bytes written, perhaps fewer than length;
 *           MIO_ERR_WOULD_BLOCK; MIO_ERR_BROKEN_PIPE when no receiver is left;
 *           MIO_ERR_INVALID_INPUT; MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_OTHER
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::unix::pipe::Sender as Write
 */
MIO_API mio_ssize mio_pipe_sender_write(mio_pipe_sender *sender,
                                        const void *data, size_t length);

/** Writes several buffers as one.
 *
 *  @param count  of buffers; those after the first 1024 are left for the next
 *                call
 *  @return  as mio_pipe_sender_write
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::unix::pipe::Sender::write_vectored
 */
MIO_API mio_ssize mio_pipe_sender_writev(mio_pipe_sender *sender,
                                         const mio_buffer *buffers,
                                         size_t count);

/** Takes over a reading end, such as a child's standard output.
 *
 *  It is made non-blocking and close-on-exec. It may be any descriptor that
 *  can be waited for and read, a terminal or a socket too.
 *
 *  @return  0, and the receiver owns fd; MIO_ERR_INVALID_INPUT for NULL or a
 *           descriptor that cannot be read; MIO_ERR_BAD_DESCRIPTOR
 *  @threads any
 *  @memory  the receiver may be moved
 *  @mio     mio::unix::pipe::Receiver as FromRawFd, From<ChildStdout>
 */
MIO_API int mio_pipe_receiver_from_fd(mio_pipe_receiver *receiver, mio_fd fd);

/** Gives the descriptor away; the receiver is then closed without closing it.
 *
 *  It is deregistered first. It stays non-blocking.
 *
 *  @return  the descriptor, now the caller's; MIO_FD_INVALID if there is none
 *  @threads one
 *  @memory  the receiver's memory is free
 *  @mio     mio::unix::pipe::Receiver as IntoRawFd
 */
MIO_API mio_fd mio_pipe_receiver_into_fd(mio_pipe_receiver *receiver);

/** Deregisters and closes a receiver. NULL and a closed one are ignored.
 *
 *  @threads one
 *  @memory  the receiver's memory is free
 *  @mio     mio::unix::pipe::Receiver as Drop
 */
MIO_API void mio_pipe_receiver_close(mio_pipe_receiver *receiver);

/** Makes a receiver block or not; needed before handing it to a child.
 *
 *  @param on  true for non-blocking, as it is from the start
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_BAD_DESCRIPTOR
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::unix::pipe::Receiver::set_nonblocking
 */
MIO_API int mio_pipe_receiver_set_nonblocking(mio_pipe_receiver *receiver,
                                              bool on);

/** Reads bytes.
 *
 *  @param[out] data  receives up to length bytes
 *  @param length  1 or more: 0 would look like the end of the stream
 *  @return  the bytes read, 0 when all senders are closed;
 *           MIO_ERR_WOULD_BLOCK; MIO_ERR_INVALID_INPUT;
 *           MIO_ERR_BAD_DESCRIPTOR; MIO_ERR_OTHER
 *  @threads io
 *  @memory  data is not kept
 *  @mio     mio::unix::pipe::Receiver as Read
 */
MIO_API mio_ssize mio_pipe_receiver_read(mio_pipe_receiver *receiver,
                                         void *data, size_t length);

/** Reads into several buffers, filling one after the other.
 *
 *  @param count  of buffers, with room for 1 byte or more; those after the
 *                first 1024 are not used
 *  @return  as mio_pipe_receiver_read
 *  @threads io
 *  @memory  nothing is kept
 *  @mio     mio::unix::pipe::Receiver::read_vectored
 */
MIO_API mio_ssize mio_pipe_receiver_readv(mio_pipe_receiver *receiver,
                                          const mio_buffer *buffers,
                                          size_t count);

#endif /* !_WIN32 */
#endif
