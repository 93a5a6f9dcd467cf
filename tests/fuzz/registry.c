/* registry: random scripts of registering, moving data, waking, closing and
 * waiting, compared with a model of what the library promises.
 *
 * The sources are the ends of Unix stream pairs, whose state is known exactly
 * at any time: what is written is there at once. The model knows, for each end,
 * its registration and how many bytes wait; it checks the result of every call,
 * and after each wait that
 *   - every event is of a live registration or waker (tokens are never used
 *     twice, so a late event is noticed), and of a condition that holds;
 *   - nothing is missing: what is armed and ready has an event, if there was
 *     room for all;
 *   - a source that is not level-triggered, and that nothing has happened to
 *     since its last event, is silent; a oneshot that has fired in any case. */
#include <mio.h>

#include <string.h>

#include "fuzz.h"

enum {
    PAIRS = 4,
    ENDS = 2 * PAIRS,
    WAKERS = 3,
    SLOTS = 6,                  /* fewer than ends, so that they run out */
    EVENTS = 2 * ENDS + WAKERS, /* room for all: kqueue fetches the directions
                                   of an end apart, then merges them */
    WRITES_MAX = 32, /* in flight: a few, so that streams stay writable */
    WRITE_MAX = 64,
    OPS_MAX = 300
};

enum { STIRRED_READ = 1, STIRRED_WRITE = 2, STIRRED_BOTH = 3 };

struct end {
    mio_unix_stream stream;
    bool open;
    size_t waiting;        /* bytes to be read */
    unsigned writes;       /* that they may have come with */
    bool reset;            /* the peer was closed with bytes unread */
    bool registered;       /* with the poll */
    mio_token token;       /* of the registration */
    mio_interest interest; /* of the registration */
    bool armed_read;       /* an event is owed once it can be read */
    bool armed_write;
    bool end_seen;    /* an event has told that the peer is closed */
    unsigned stirred; /* something has happened since its last event */
    bool fired;       /* a oneshot that has fired */
};

struct waker {
    mio_waker waker;
    bool open;
    bool woken;
    mio_token token;
};

static mio_poll poll;
static mio_slot slots[SLOTS];
static mio_registry *registry;
static struct end ends[ENDS];
static struct waker wakers[WAKERS];
static mio_token next_token;
static bool slots_count; /* does this backend need the slots? */
static bool is_kqueue;   /* which may tell of reading and of writing in two
                            events, if there is no room to fetch both */

/* The script. */
static const uint8_t *script;
static size_t script_left;

static uint8_t next_byte(void)
{
    if (script_left == 0) {
        return 0;
    }
    script_left--;
    return *script++;
}

static struct end *peer_of(struct end *end)
{
    return &ends[(size_t)(end - ends) ^ 1];
}

/* ---- The model's view ---------------------------------------------------*/

static bool is_readable(struct end *end)
{
    return end->waiting > 0 || !peer_of(end)->open;
}

static void stir(struct end *end)
{
    end->stirred = STIRRED_BOTH;
    peer_of(end)->stirred = STIRRED_BOTH;
}

static void arm(struct end *end)
{
    stir(end);
    end->armed_read = true;
    end->armed_write = true;
    end->end_seen = false;
    end->fired = false;
}

static size_t registered_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < ENDS; i++) {
        count += ends[i].registered;
    }
    return count;
}

/* Must the next wait report this end? A closed peer is reported once per
 * arming, in every mode. */
static bool owes_event(struct end *end)
{
    if (!end->registered || end->fired) {
        return false;
    }
    bool level = (end->interest & MIO_LEVEL) != 0 && peer_of(end)->open;
    bool read = (end->interest & MIO_READABLE) != 0 && is_readable(end);
    bool write = (end->interest & MIO_WRITABLE) != 0;
    return (read && (level || end->armed_read)) ||
           (write && (level || end->armed_write));
}

/* ---- Steps --------------------------------------------------------------*/

static void open_poll(void)
{
    CHECK(mio_poll_init(&poll, slots, SLOTS) == 0);
    registry = mio_poll_registry(&poll);
    CHECK(registry != NULL);
}

/* A pair is opened when both its ends are closed. */
static void open_pair(struct end *end)
{
    struct end *peer = peer_of(end);
    if (end->open || peer->open) {
        return;
    }
    memset(end, 0, sizeof(*end));
    memset(peer, 0, sizeof(*peer));
    CHECK(mio_unix_stream_pair(&end->stream, &peer->stream) == 0);
    end->open = true;
    peer->open = true;
}

static void close_end(struct end *end)
{
    mio_unix_stream_close(&end->stream);
    if (end->open) {
        stir(end);
        peer_of(end)->reset = end->waiting > 0;
        end->open = false;
        end->registered = false;
    }
    CHECK(!mio_source_is_registered(&end->stream.source));
    mio_unix_stream_close(&end->stream); /* a second time does nothing */
}

static mio_interest any_interest(void)
{
    static const mio_interest interests[] = {
        MIO_READABLE,
        MIO_WRITABLE,
        MIO_READABLE | MIO_WRITABLE,
        MIO_READABLE | MIO_LEVEL,
        MIO_WRITABLE | MIO_LEVEL,
        MIO_READABLE | MIO_WRITABLE | MIO_LEVEL,
        MIO_READABLE | MIO_ONESHOT,
        MIO_WRITABLE | MIO_ONESHOT,
        MIO_READABLE | MIO_WRITABLE | MIO_ONESHOT,
        MIO_READABLE | MIO_WRITABLE | MIO_ONESHOT | MIO_LEVEL,
    };
    return interests[next_byte() % (sizeof(interests) / sizeof(*interests))];
}

static void register_end(struct end *end)
{
    mio_interest interest = any_interest();
    int result = mio_registry_register(registry, &end->stream.source,
                                       next_token, interest);
    if (!end->open) {
        CHECK(result == MIO_ERR_BAD_DESCRIPTOR);
    } else if (end->registered) {
        CHECK(result == MIO_ERR_ALREADY_EXISTS);
    } else if (slots_count && registered_count() == SLOTS) {
        CHECK(result == MIO_ERR_NO_SLOTS);
    } else {
        CHECK(result == 0);
        end->registered = true;
        end->interest = interest;
        end->token = next_token++;
        arm(end);
    }
}

static void reregister_end(struct end *end)
{
    mio_interest interest = any_interest();
    int result = mio_registry_reregister(registry, &end->stream.source,
                                         next_token, interest);
    if (!end->open) {
        CHECK(result == MIO_ERR_BAD_DESCRIPTOR || result == MIO_ERR_NOT_FOUND);
    } else if (!end->registered) {
        CHECK(result == MIO_ERR_NOT_FOUND);
    } else {
        CHECK(result == 0);
        end->interest = interest;
        end->token = next_token++;
        arm(end);
    }
}

static void deregister_end(struct end *end)
{
    int result = mio_registry_deregister(registry, &end->stream.source);
    if (!end->open) {
        CHECK(result == MIO_ERR_BAD_DESCRIPTOR || result == MIO_ERR_NOT_FOUND);
    } else {
        CHECK(result == (end->registered ? 0 : MIO_ERR_NOT_FOUND));
    }
    end->registered = false;
}

/* A bad call changes nothing. */
static void misuse(struct end *end)
{
    mio_source *source = &end->stream.source;
    CHECK(mio_registry_register(registry, source, 1, 0) < 0);
    CHECK(mio_registry_register(registry, source, 1, MIO_LEVEL) < 0);
    CHECK(mio_registry_reregister(registry, source, MIO_TOKEN_RESERVED,
                                  MIO_READABLE) < 0);
    CHECK(mio_registry_reregister(registry, source, 1, 1u << 30) < 0);
    CHECK(mio_registry_deregister(NULL, source) == MIO_ERR_INVALID_INPUT);
    /* kqueue does not tell that another source has the descriptor. */
    if (end->registered && !is_kqueue) {
        mio_source alias; /* the same descriptor again */
        CHECK(mio_source_from_fd(&alias, source->fd) == 0);
        int result = mio_registry_register(registry, &alias, 1, MIO_READABLE);
        CHECK(result == MIO_ERR_ALREADY_EXISTS ||
              (slots_count && registered_count() == SLOTS &&
               result == MIO_ERR_NO_SLOTS));
        CHECK(mio_registry_deregister(registry, &alias) == MIO_ERR_NOT_FOUND);
    }
}

static void write_end(struct end *end)
{
    static const char bytes[WRITE_MAX];
    size_t length = 1 + next_byte() % sizeof(bytes);
    struct end *peer = peer_of(end);
    if (!end->open || peer->writes == WRITES_MAX) {
        return;
    }
    stir(end);
    mio_ssize n = mio_unix_stream_write(&end->stream, bytes, length);
    if (peer->open) {
        CHECK(n == (mio_ssize)length);
        peer->waiting += length;
        peer->writes++;
    } else {
        CHECK(n == MIO_ERR_BROKEN_PIPE || n == MIO_ERR_CONNECTION_RESET);
    }
}

static void read_end(struct end *end)
{
    static char bytes[WRITES_MAX * WRITE_MAX + 1];
    size_t room = 1 + 8 * (size_t)next_byte();
    if (!end->open) {
        return;
    }
    stir(end);
    mio_ssize n = mio_unix_stream_read(&end->stream, bytes, room);
    if (end->waiting > 0) {
        CHECK(n == (mio_ssize)(room < end->waiting ? room : end->waiting));
        end->waiting -= (size_t)n;
        end->writes = end->waiting > 0 ? end->writes : 0;
    } else if (peer_of(end)->open) {
        CHECK(n == MIO_ERR_WOULD_BLOCK);
    } else {
        CHECK(n == 0 || (end->reset && n == MIO_ERR_CONNECTION_RESET));
        return; /* nothing more will happen: nothing to arm for */
    }
    if (n < (mio_ssize)room && !end->end_seen) {
        end->armed_read = true; /* an end that was told is not told again */
    }
}

/* Sources are values: copied, and the old one forgotten. */
static void move_end(struct end *end)
{
    mio_unix_stream moved = end->stream;
    memset(&end->stream, 0xee, sizeof(end->stream));
    CHECK(mio_source_is_registered(&moved.source) == end->registered);
    end->stream = moved;
}

static void toggle_waker(struct waker *waker)
{
    if (waker->open) {
        mio_waker_close(&waker->waker);
    } else {
        waker->token = next_token++;
        CHECK(mio_waker_init(&waker->waker, registry, waker->token) == 0);
    }
    waker->open = !waker->open;
    waker->woken = false;
}

static void wake(struct waker *waker)
{
    if (waker->open) {
        CHECK(mio_waker_wake(&waker->waker) == 0);
        waker->woken = true;
    }
}

static void close_poll(void)
{
    for (size_t i = 0; i < WAKERS; i++) {
        if (wakers[i].open) {
            toggle_waker(&wakers[i]);
        }
    }
    mio_poll_close(&poll);
    for (size_t i = 0; i < ENDS; i++) {
        ends[i].registered = false;
        CHECK(!mio_source_is_registered(&ends[i].stream.source));
    }
}

/* ---- Waiting ------------------------------------------------------------*/

static void take_end_event(struct end *end, const mio_event *event)
{
    CHECK(!end->fired);
    unsigned told = ((event->flags & MIO_EVENT_IN) != 0 ? STIRRED_READ : 0) |
                    ((event->flags & MIO_EVENT_OUT) != 0 ? STIRRED_WRITE : 0);
    bool closed = !peer_of(end)->open;
    CHECK(closed || !mio_event_is_read_closed(event));
    CHECK(closed || !mio_event_is_write_closed(event));
    CHECK(closed || !mio_event_is_error(event));
    if (mio_event_is_readable(event)) {
        CHECK(is_readable(end));
        CHECK(closed || (end->interest & MIO_READABLE) != 0);
        end->armed_read = false;
    }
    if (mio_event_is_writable(event)) {
        CHECK(closed || (end->interest & MIO_WRITABLE) != 0);
        end->armed_write = false;
    }
    CHECK(mio_event_is_readable(event) || mio_event_is_writable(event));
    CHECK((end->stirred & (is_kqueue ? told : STIRRED_BOTH)) != 0 ||
          (end->interest & MIO_LEVEL) != 0);
    end->stirred &= is_kqueue ? ~told : ~(unsigned)STIRRED_BOTH;
    end->end_seen = end->end_seen || mio_event_is_read_closed(event);
    end->fired = (end->interest & MIO_ONESHOT) != 0;
}

static void take_event(const mio_event *event)
{
    mio_token token = mio_event_token(event);
    for (size_t i = 0; i < ENDS; i++) {
        if (ends[i].registered && ends[i].token == token) {
            take_end_event(&ends[i], event);
            return;
        }
    }
    for (size_t i = 0; i < WAKERS; i++) {
        if (wakers[i].open && wakers[i].token == token) {
            CHECK(wakers[i].woken);
            CHECK(mio_event_is_readable(event));
            wakers[i].woken = false;
            return;
        }
    }
    CHECK(false); /* an event of nobody */
}

static void wait_once(size_t capacity)
{
    mio_event events[EVENTS];
    bool owed_end[ENDS];
    bool owed_waker[WAKERS];
    bool seen[EVENTS] = {false};
    for (size_t i = 0; i < ENDS; i++) {
        owed_end[i] = owes_event(&ends[i]);
    }
    for (size_t i = 0; i < WAKERS; i++) {
        owed_waker[i] = wakers[i].woken;
    }
    int n = mio_poll_wait(&poll, events, capacity, 0);
    CHECK(n >= 0 && (size_t)n <= capacity);

    for (int i = 0; i < n; i++) {
        take_event(&events[i]);
        for (size_t k = 0; k < ENDS; k++) {
            if (ends[k].registered &&
                ends[k].token == mio_event_token(&events[i])) {
                CHECK(!seen[k]); /* one event for a source in a wait */
                seen[k] = true;
            }
        }
    }
    if (capacity == EVENTS) {
        for (size_t i = 0; i < ENDS; i++) {
            CHECK(!owed_end[i] || seen[i]);
        }
        for (size_t i = 0; i < WAKERS; i++) {
            CHECK(!owed_waker[i] || !wakers[i].woken);
        }
    }
}

/* ---- The script ---------------------------------------------------------*/

static void step(void)
{
    uint8_t op = next_byte();
    struct end *end = &ends[next_byte() % ENDS];
    struct waker *waker = &wakers[(size_t)(end - ends) % WAKERS];
    switch (op % 16) {
    case 0:
    case 1:
        open_pair(end);
        break;
    case 2:
    case 3:
        register_end(end);
        break;
    case 4:
        reregister_end(end);
        break;
    case 5:
        deregister_end(end);
        break;
    case 6:
    case 7:
        write_end(end);
        break;
    case 8:
        read_end(end);
        break;
    case 9:
        move_end(end);
        break;
    case 10:
        toggle_waker(waker);
        break;
    case 11:
        wake(waker);
        break;
    case 12:
        wait_once(1 + next_byte() % 3);
        break;
    case 13:
        if (next_byte() % 4 == 0) {
            close_end(end);
        } else {
            misuse(end);
        }
        break;
    case 14:
        if (next_byte() % 32 == 0) {
            close_poll();
            open_poll();
        }
        break;
    default:
        wait_once(EVENTS);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    script = data;
    script_left = size;
    slots_count = strcmp(mio_backend_name(), "poll") == 0;
    is_kqueue = strcmp(mio_backend_name(), "kqueue") == 0;
    memset(ends, 0, sizeof(ends));
    memset(wakers, 0, sizeof(wakers));
    next_token = 1;
    open_poll();
    for (size_t i = 0; i < ENDS; i += 2) {
        open_pair(&ends[i]);
    }
    for (int op = 0; op < OPS_MAX && script_left > 0; op++) {
        step();
    }
    wait_once(EVENTS);
    close_poll();
    for (size_t i = 0; i < ENDS; i++) {
        close_end(&ends[i]);
    }
    return 0;
}
