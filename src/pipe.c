/* pipe.c: see mio/pipe.h. */
#include "socket.h"

#ifndef _WIN32

#include "sys/pipe.h"

int mio_pipe_open(mio_pipe_sender *sender, mio_pipe_receiver *receiver)
{
    if (sender == NULL || receiver == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    mio_fd ends[2];
    int error = mio__pipe_open(ends);
    if (error == 0) {
        mio__source_open(&receiver->source, ends[0], 0);
        mio__source_open(&sender->source, ends[1], MIO__SOURCE_PIPE_SENDER);
    }
    return error;
}

static int set_nonblocking(const mio_source *source, bool on)
{
    int error = mio__socket_check(source);
    return error == 0 ? mio__pipe_set_nonblocking(source->fd, on) : error;
}

/* ---- Sender -------------------------------------------------------------*/

int mio_pipe_sender_from_fd(mio_pipe_sender *sender, mio_fd fd)
{
    if (sender == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__pipe_adopt(fd, MIO__PIPE_WRITES);
    if (error == 0) {
        mio__source_open(&sender->source, fd, MIO__SOURCE_PIPE_SENDER);
    }
    return error;
}

mio_fd mio_pipe_sender_into_fd(mio_pipe_sender *sender)
{
    return mio__source_release(MIO__SOURCE(sender));
}

void mio_pipe_sender_close(mio_pipe_sender *sender)
{
    mio__source_close(MIO__SOURCE(sender));
}

int mio_pipe_sender_set_nonblocking(mio_pipe_sender *sender, bool on)
{
    return set_nonblocking(MIO__SOURCE(sender), on);
}

mio_ssize mio_pipe_sender_writev(mio_pipe_sender *sender,
                                 const mio_buffer *buffers, size_t count)
{
    return mio__vector_write(MIO__SOURCE(sender), buffers, count,
                             mio__pipe_writev);
}

mio_ssize mio_pipe_sender_write(mio_pipe_sender *sender, const void *data,
                                size_t length)
{
    const mio_buffer buffer = {(void *)(uintptr_t)data, length};
    return mio_pipe_sender_writev(sender, &buffer, 1);
}

/* ---- Receiver -----------------------------------------------------------*/

int mio_pipe_receiver_from_fd(mio_pipe_receiver *receiver, mio_fd fd)
{
    if (receiver == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = mio__pipe_adopt(fd, MIO__PIPE_READS);
    if (error == 0) {
        mio__source_open(&receiver->source, fd, 0);
    }
    return error;
}

mio_fd mio_pipe_receiver_into_fd(mio_pipe_receiver *receiver)
{
    return mio__source_release(MIO__SOURCE(receiver));
}

void mio_pipe_receiver_close(mio_pipe_receiver *receiver)
{
    mio__source_close(MIO__SOURCE(receiver));
}

int mio_pipe_receiver_set_nonblocking(mio_pipe_receiver *receiver, bool on)
{
    return set_nonblocking(MIO__SOURCE(receiver), on);
}

mio_ssize mio_pipe_receiver_readv(mio_pipe_receiver *receiver,
                                  const mio_buffer *buffers, size_t count)
{
    return mio__vector_read(MIO__SOURCE(receiver), buffers, count,
                            mio__pipe_readv);
}

mio_ssize mio_pipe_receiver_read(mio_pipe_receiver *receiver, void *data,
                                 size_t length)
{
    const mio_buffer buffer = {data, length};
    return mio_pipe_receiver_readv(receiver, &buffer, 1);
}

#endif /* !_WIN32 */
