/* mio/channel.h: messages between threads. Include mio.h.
 *
 * A channel is a queue with a fixed number of places for messages of a fixed
 * size, in the program's memory. Any number of threads send; one receives, and
 * its poll tells when there is something. Messages are copied in and out; to
 * pass larger things send pointers to them.
 *
 *     static mio_channel jobs;
 *     static _Alignas(size_t) unsigned char
 *         storage[MIO_CHANNEL_STORAGE_SIZE(sizeof(struct job), 256)];
 *
 *     mio_channel_init(&jobs, storage, sizeof(storage), sizeof(struct job),
 *                      256);
 *     mio_registry_register(registry, &jobs.source, JOBS, MIO_READABLE);
 *
 *     any thread                              the receiver, at an event of JOBS
 *     mio_channel_send(&jobs, &job);          while (mio_channel_receive(
 *                                                 &jobs, &job) > 0) {
 *                                                 ...
 *                                             }
 *
 * Two sides can be closed. mio_channel_close_senders ends the messages: those
 * that were sent are received, then comes the end, as for a stream whose peer
 * has shut down. mio_channel_close is the receiver's: what was not received is
 * dropped, and later messages are refused.
 *
 * No call blocks or takes a lock that another one holds for long: a message is
 * a place claimed, a copy, and a place published. A sender that is interrupted
 * between claiming and publishing, by a signal or the scheduler, holds up the
 * messages behind its own, but no sender: the receiver finds the channel empty
 * until the message is published, and gets an event then. Nothing is lost or
 * changes its order.
 *
 * The messages of one thread are received in the order in which it sent them;
 * those of several threads in the order in which they claimed their places. */
#ifndef MIO_CHANNEL_H
#define MIO_CHANNEL_H

#include "mio/poll.h"

#define MIO_CHANNEL_SIZE 448

/** A channel. Must stay where it is from init to close, unlike other sources,
 *  and then until nobody sends any more. */
typedef struct mio_channel {
    mio_source source; /* for mio_registry_register and its siblings */
    union {
        unsigned char bytes_[MIO_CHANNEL_SIZE];
        void *align_pointer_;
        uint64_t align_integer_;
    } opaque_;
} mio_channel;

/** The bytes of storage that a channel needs: a constant expression for
 *  constant arguments. Each message takes its size and that of a size_t,
 *  rounded up to a multiple of that. */
#define MIO_CHANNEL_STORAGE_SIZE(message_size, capacity)                       \
    ((size_t)(capacity) * (((size_t)(message_size) + 2 * sizeof(size_t) - 1) / \
                           sizeof(size_t) * sizeof(size_t)))

/** Makes a channel, with nothing in it.
 *
 *  Its source is registered like any other. MIO_READABLE asks for events when
 *  there is something to receive, or the end; they are MIO_EVENT_IN, and with
 *  MIO_EVENT_READ_CLOSED once the senders' side is closed. With edge-triggered
 *  mode each message that is sent after the last event is news, and any number
 *  of them is one event: receive until there is no more. Registering it with a
 *  poll may need the descriptor of the poll's first waker:
 *  MIO_ERR_OUT_OF_DESCRIPTORS then. It needs no slot.
 *
 *  @param[out] channel  uninitialised memory, or a closed channel that nobody
 *                       sends to any more
 *  @param storage  room for the messages, aligned for size_t
 *  @param storage_size  bytes at storage, MIO_CHANNEL_STORAGE_SIZE or more
 *  @param message_size  bytes of each message, 1 or more
 *  @param capacity  how many messages fit, 1 or more; any number will do
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL, 0 or storage that is not
 *           aligned; MIO_ERR_NO_SPACE if the storage is too small
 *  @threads any
 *  @memory  channel and storage must stay in place until mio_channel_close, and
 *           then until nobody sends any more
 *  @mio     mio 0.6: mio::channel::sync_channel
 */
MIO_API int mio_channel_init(mio_channel *channel, void *storage,
                             size_t storage_size, size_t message_size,
                             size_t capacity);

/** Sends a message: copies it into the channel, if there is room.
 *
 *  On failure the message has not been sent and is still the caller's. There
 *  is a system call only if the poll is asleep and has not been told yet. What
 *  the caller wrote to memory before is seen by whoever receives the message.
 *
 *  A channel that is full is a receiver that is too slow: drop the message,
 *  keep it and try again later, or answer to whoever caused it that there is
 *  too much to do. There is no event for room. A signal handler must not wait
 *  for it: it may have interrupted the receiver, or a sender that holds up all
 *  others behind it.
 *
 *  @param message  as many bytes as mio_channel_init was told
 *  @return  0; MIO_ERR_WOULD_BLOCK if the channel is full;
 *           MIO_ERR_BROKEN_PIPE if either side is closed;
 *           MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_BAD_DESCRIPTOR for a zeroed
 *           channel
 *  @threads any, at the same time, also while the channel is being
 *           (de)registered, received from or closed, but not while its poll is
 *           being closed; callable from a signal handler, errno is kept
 *  @memory  nothing is kept
 *  @mio     mio 0.6: mio::channel::SyncSender::try_send
 */
MIO_API int mio_channel_send(mio_channel *channel, const void *message);

/** Receives a message: copies the oldest one out of the channel.
 *
 *  Returns like a read of a stream, so that a loop may go on while the result
 *  is above 0. When it is MIO_ERR_WOULD_BLOCK the next event is promised.
 *
 *  @param[out] message  as many bytes as mio_channel_init was told
 *  @return  1 for a message; 0 for the end: the senders' side is closed and
 *           all messages have been received; MIO_ERR_WOULD_BLOCK if there is
 *           none now; MIO_ERR_INVALID_INPUT for NULL; MIO_ERR_BAD_DESCRIPTOR if
 *           the channel is closed
 *  @threads one at a time, while others send; callable from a signal handler of
 *           the receiving thread only where that cannot interrupt a receive
 *  @memory  nothing is kept
 *  @mio     mio 0.6: mio::channel::Receiver::try_recv
 */
MIO_API int mio_channel_receive(mio_channel *channel, void *message);

/** Receives several messages at once, oldest first.
 *
 *  A little cheaper than one at a time. Fewer than `count` mean that there were
 *  no more: the next event is promised, unless it is the end.
 *
 *  @param[out] messages  room for `count` messages, one directly after the
 *                        other
 *  @param count  1 or more
 *  @return  the number of messages; 0 for the end; otherwise as
 *           mio_channel_receive
 *  @threads as mio_channel_receive
 *  @memory  nothing is kept
 *  @mio     none (mio 0.6: mio::channel::Receiver::try_recv in a loop)
 */
MIO_API mio_ssize mio_channel_receive_many(mio_channel *channel, void *messages,
                                           size_t count);

/** Closes the senders' side, for all of them: no message can be sent any more.
 *
 *  Messages whose mio_channel_send has returned 0, or is about to, are
 *  received; then mio_channel_receive returns 0. The poll reports it as
 *  MIO_EVENT_READ_CLOSED, at once. Where the last of several senders is to do
 *  this, the program counts them. NULL, and a channel that is closed already,
 *  are ignored.
 *
 *  @threads any, as for mio_channel_send; callable from a signal handler, errno
 *           is kept
 *  @memory  as before: the receiver goes on
 *  @mio     mio 0.6: mio::channel::SyncSender as Drop
 */
MIO_API void mio_channel_close_senders(mio_channel *channel);

/** Closes a channel, after deregistering it: the receiver's side.
 *
 *  Messages that have not been received are dropped; to get them all, close the
 *  senders' side first and receive until the end. Every mio_channel_send that
 *  begins later is refused. A wait that begins after this returns never reports
 *  the token. NULL and a closed channel are ignored. Close it before its poll
 *  is closed, or deregister it before.
 *
 *  @threads one: not while another thread receives, or (de)registers it; others
 *           may send meanwhile. Not in a signal handler
 *  @memory  the memory is free when nobody sends, or could begin to
 *  @mio     mio 0.6: mio::channel::Receiver as Drop
 */
MIO_API void mio_channel_close(mio_channel *channel);

#endif
