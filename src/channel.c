/* channel.c: see mio/channel.h.
 *
 * A ring of cells, each with a word that says whose turn it is. A position is
 * a lap and an index, in one word that only grows and then wraps:
 *
 *     | lap ... | index of the cell | 0 |
 *
 * The word of a cell is the position of the message that it is free for, plus
 * 1 when that message is in it:
 *
 *     position            free: the sender that moves the tail from here to
 *                         the next position owns it
 *     position + FULL     published: the receiver may take it
 *     position + a lap    free again, for the next lap
 *
 * The tail's lowest bit says that nothing can be claimed any more. So claims
 * have an order with the closing, and the receiver, having got all up to the
 * tail, knows that it has got all.
 *
 * Senders tell the poll after they have published, and only if nobody else
 * has: see mio__notifier_is_told. */
#include "memory_source.h"

#include <string.h>

enum { FULL = 1, CLOSED = 1, STEP = 2 };

struct cell {
    _Atomic size_t turn;
    unsigned char message[];
};

/* What different threads write lies this far apart, so that they do not take
 * cache lines away from each other. The memory is the caller's and may not
 * begin with a line. Some processors fetch lines in pairs. */
enum { LINE = 64, PAIR = 128 };

struct channel {
    struct mio__memory_source memory;
    unsigned char apart_1[LINE];
    unsigned char *cells; /* these do not change */
    size_t cell_size;
    size_t message_size;
    size_t lap;  /* a power of two */
    size_t last; /* position of the last cell, in lap 0 */
    unsigned char apart_2[LINE];
    _Atomic size_t tail; /* the senders': the next to claim, perhaps CLOSED */
    unsigned char apart_3[PAIR - sizeof(size_t)];
    _Atomic size_t head; /* the receiver's: the next to take */
    unsigned char apart_4[LINE];
};

_Static_assert(sizeof(struct channel) <= sizeof(mio_channel),
               "mio_channel has room for its inside");
_Static_assert(_Alignof(struct channel) <= _Alignof(mio_channel),
               "mio_channel is aligned for its inside");
_Static_assert(MIO_CHANNEL_STORAGE_SIZE(1, 1) >= sizeof(struct cell) + 1 &&
                   _Alignof(struct cell) <= sizeof(size_t),
               "a cell is a size_t and a message");

static struct channel *inside_of(mio_channel *channel)
{
    return (struct channel *)(void *)channel;
}

static struct cell *cell_at(const struct channel *channel, size_t position)
{
    const size_t index = (position & (channel->lap - 1)) / STEP;
    return (struct cell *)(void *)(channel->cells + index * channel->cell_size);
}

static size_t position_after(const struct channel *channel, size_t position)
{
    const size_t inside_lap = position & (channel->lap - 1);
    return inside_lap == channel->last ? position - inside_lap + channel->lap
                                       : position + STEP;
}

/* ---- The senders' side --------------------------------------------------*/

/* After a sequentially consistent change that is news. The message is sent, or
 * their side closed, whatever becomes of the ring of the bell. */
static void tell(struct channel *channel)
{
    (void)mio__notifier_notify(&channel->memory.notifier);
}

/* Whether the message at the head has not been published yet, so that the
 * caller's, which has been, cannot be received. The poll need not be woken for
 * it, again and again while one sender is not running: that one publishes after
 * this has looked, and will wake it. (Or the caller's has been received already,
 * with all before it.) */
static bool is_held_up(struct channel *channel)
{
    const size_t head = atomic_load(&channel->head);
    return atomic_load(&cell_at(channel, head)->turn) == head;
}

/* Gives the caller the cell at *position. */
static int claim(struct channel *channel, size_t *position)
{
    size_t tail = atomic_load(&channel->tail);
    for (;;) {
        if ((tail & CLOSED) != 0) {
            return MIO_ERR_BROKEN_PIPE;
        }
        const struct cell *cell = cell_at(channel, tail);
        if (atomic_load_explicit(&cell->turn, memory_order_acquire) == tail) {
            if (atomic_compare_exchange_weak(&channel->tail, &tail,
                                             position_after(channel, tail))) {
                *position = tail;
                return 0;
            }
            continue; /* the tail is now where another has moved it */
        }
        /* Either another has claimed it, or what was put there a lap ago has
         * not been taken. */
        const size_t now = atomic_load(&channel->tail);
        if (now == tail) {
            return MIO_ERR_WOULD_BLOCK;
        }
        tail = now;
    }
}

int mio_channel_send(mio_channel *channel_memory, const void *message)
{
    struct channel *channel = inside_of(channel_memory);
    if (channel == NULL || message == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (channel->cells == NULL) {
        return MIO_ERR_BAD_DESCRIPTOR;
    }
    size_t position = 0;
    int error = claim(channel, &position);
    if (error != 0) {
        return error;
    }
    struct cell *cell = cell_at(channel, position);
    memcpy(cell->message, message, channel->message_size);
    atomic_store(&cell->turn, position + FULL);
    if (!mio__notifier_is_told(&channel->memory.notifier) &&
        !is_held_up(channel)) {
        tell(channel);
    }
    return 0;
}

void mio_channel_close_senders(mio_channel *channel_memory)
{
    struct channel *channel = inside_of(channel_memory);
    if (channel != NULL && channel->cells != NULL) {
        (void)atomic_fetch_or(&channel->tail, CLOSED);
        tell(channel);
    }
}

/* ---- The receiver's side ------------------------------------------------*/

static bool take(struct channel *channel, void *message)
{
    const size_t head =
        atomic_load_explicit(&channel->head, memory_order_relaxed);
    struct cell *cell = cell_at(channel, head);
    if (atomic_load_explicit(&cell->turn, memory_order_acquire) !=
        head + FULL) {
        return false;
    }
    memcpy(message, cell->message, channel->message_size);
    /* In this order, for look. */
    atomic_store_explicit(&channel->head, position_after(channel, head),
                          memory_order_relaxed);
    atomic_store_explicit(&cell->turn, head + channel->lap,
                          memory_order_release);
    return true;
}

/* pre: take has found nothing. */
static bool is_at_end(struct channel *channel)
{
    const size_t head =
        atomic_load_explicit(&channel->head, memory_order_relaxed);
    return atomic_load(&channel->tail) == head + CLOSED;
}

mio_ssize mio_channel_receive_many(mio_channel *channel_memory, void *messages,
                                   size_t count)
{
    struct channel *channel = inside_of(channel_memory);
    if (channel == NULL || messages == NULL || count == 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (!mio__source_is_open(&channel_memory->source)) {
        return MIO_ERR_BAD_DESCRIPTOR;
    }
    unsigned char *message = messages;
    size_t taken = 0;
    while (taken < count && take(channel, message)) {
        message += channel->message_size;
        taken++;
    }
    if (taken == 0 && !is_at_end(channel)) {
        return MIO_ERR_WOULD_BLOCK;
    }
    return (mio_ssize)taken;
}

int mio_channel_receive(mio_channel *channel_memory, void *message)
{
    return (int)mio_channel_receive_many(channel_memory, message, 1);
}

/* ---- The poll's side ----------------------------------------------------*/

/* The receiver may be another thread, and at work. If it has taken what was at
 * the head then the head, when looked at again, has moved. All loads are
 * sequentially consistent, as mio__notifier_is_told demands. */
static uint32_t look(struct mio__memory_source *memory, bool all)
{
    struct channel *channel = (struct channel *)(void *)memory;
    size_t head = atomic_load(&channel->head);
    size_t turn = atomic_load(&cell_at(channel, head)->turn);
    (void)all; /* there is news, or nobody would ask */
    while (turn != head + FULL) {
        const size_t now = atomic_load(&channel->head);
        if (now == head) {
            break;
        }
        head = now;
        turn = atomic_load(&cell_at(channel, head)->turn);
    }
    const size_t tail = atomic_load(&channel->tail);
    uint32_t flags = (tail & CLOSED) != 0 ? MIO_EVENT_READ_CLOSED : 0;
    if (turn == head + FULL || tail == head + CLOSED) {
        flags |= MIO_EVENT_IN;
    }
    return flags;
}

/* ---- Life ---------------------------------------------------------------*/

int mio_channel_init(mio_channel *channel_memory, void *storage,
                     size_t storage_size, size_t message_size, size_t capacity)
{
    struct channel *channel = inside_of(channel_memory);
    if (channel == NULL || storage == NULL || message_size == 0 ||
        capacity == 0 || (uintptr_t)storage % _Alignof(struct cell) != 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (message_size > PTRDIFF_MAX) {
        return MIO_ERR_NO_SPACE; /* and too large for the arithmetic */
    }
    const size_t cell_size = MIO_CHANNEL_STORAGE_SIZE(message_size, 1);
    if (capacity > storage_size / cell_size) {
        return MIO_ERR_NO_SPACE;
    }
    mio__memory_source_init(&channel->memory, look);
    channel->cells = storage;
    channel->cell_size = cell_size;
    channel->message_size = message_size;
    channel->last = (capacity - 1) * STEP;
    channel->lap = STEP;
    while (channel->lap <= channel->last) {
        channel->lap *= 2;
    }
    /* The word wraps after the first lap, so that no program is the first to
     * find out what happens then. */
    const size_t first = 0 - channel->lap;
    for (size_t i = 0; i < capacity; i++) {
        const size_t position = first + i * STEP;
        atomic_init(&cell_at(channel, position)->turn, position);
    }
    atomic_init(&channel->tail, first);
    atomic_init(&channel->head, first);
    return 0;
}

void mio_channel_close(mio_channel *channel_memory)
{
    struct channel *channel = inside_of(channel_memory);
    if (channel != NULL && mio__source_is_open(&channel_memory->source)) {
        (void)atomic_fetch_or(&channel->tail, CLOSED);
        mio__memory_source_close(&channel->memory);
    }
}
