/* ctl_storm.c: threads register, reregister, deregister and close sockets of
 * their own at random while another thread waits (G2, G7, G8). There are as
 * many slots as sockets, so that a registration often finds the last one only
 * after some packets of those that have just left. */
#include "support.h"

#include <stdatomic.h>

#define CLERKS 3
#define SOCKETS 6 /* of each clerk */
#define ROUNDS 16
#define STEPS 40 /* in each round */
#define ITEMS (CLERKS * SOCKETS)
#define STOP ((mio_token)1 << 30)

/* A socket of a clerk: UDP, sending to itself, or one end of a connection. */
struct item {
    mio_udp_socket udp;
    mio_tcp_stream tcp;
    mio_source *source;
    mio_fd peer; /* of tcp */
    mio_addr addr;
    bool is_udp;
    bool is_registered;
    unsigned serial;     /* of the current registration, or the last one */
    atomic_uint oldest;  /* registrations before this one are over */
    atomic_uint awaited; /* the registration whose event the clerk waits for */
};

struct clerk {
    mio_registry *registry;
    mio_waker *waker;
    unsigned index;
    uint32_t random;
    mio_fd listener;
    mio_addr listener_addr;
    struct item items[SOCKETS];
    struct gate served;
    unsigned served_count;
};

struct storm {
    mio_poll poll;
    mio_slot slots[ITEMS];
    mio_waker waker;
    struct clerk clerks[CLERKS];
    atomic_uint ended;
};

/* Xorshift. */
static unsigned roll(struct clerk *clerk, unsigned limit)
{
    clerk->random ^= clerk->random << 13;
    clerk->random ^= clerk->random >> 17;
    clerk->random ^= clerk->random << 5;
    return clerk->random % limit;
}

/* ---- Sockets ------------------------------------------------------------*/

static int item_open(struct clerk *clerk, struct item *item)
{
    const mio_addr any = any_v4();
    int error;
    item->peer = MIO_FD_INVALID;
    item->is_registered = false;
    if (item->is_udp) {
        item->source = &item->udp.source;
        error = mio_udp_socket_bind(&item->udp, &any);
        return error == 0 ? mio_udp_socket_local_addr(&item->udp, &item->addr)
                          : error;
    }
    item->source = &item->tcp.source;
    error = mio_tcp_stream_connect(&item->tcp, &clerk->listener_addr);
    if (error == 0) {
        item->peer = peer_accept(clerk->listener);
        error = item->peer == MIO_FD_INVALID ? MIO_ERR_OTHER : 0;
    }
    return error;
}

static void item_close(struct item *item)
{
    if (item->is_udp) {
        mio_udp_socket_close(&item->udp);
    } else {
        mio_tcp_stream_close(&item->tcp);
        if (item->peer != MIO_FD_INVALID) {
            fd_close(item->peer);
        }
    }
    item->is_registered = false;
    atomic_store(&item->oldest, item->serial + 1);
}

/* Makes it readable. */
static int item_poke(struct item *item)
{
    if (item->is_udp) {
        const mio_ssize n =
            mio_udp_socket_send_to(&item->udp, "x", 1, &item->addr);
        return n == 1 || n == MIO_ERR_WOULD_BLOCK ? 0 : MIO_ERR_OTHER;
    }
    return peer_send_all(item->peer, "x", 1) ? 0 : MIO_ERR_OTHER;
}

static int item_read(struct item *item)
{
    char data[16];
    mio_ssize n;
    do { /* longer ones are other programs', for whoever had the port before */
        n = item->is_udp ? mio_udp_socket_recv(&item->udp, data, sizeof(data))
                         : mio_tcp_stream_read(&item->tcp, data, sizeof(data));
    } while (n > 0 || n == MIO_ERR_MESSAGE_TOO_LONG);
    return n == MIO_ERR_WOULD_BLOCK ? 0 : (int)n;
}

/* ---- Registrations ------------------------------------------------------*/

static mio_token item_token(const struct clerk *clerk, const struct item *item)
{
    return (mio_token)item->serial * ITEMS + (size_t)clerk->index * SOCKETS +
           (size_t)(item - clerk->items);
}

static mio_interest any_mode(struct clerk *clerk)
{
    static const mio_interest modes[] = {0, MIO_LEVEL, MIO_ONESHOT};
    return modes[roll(clerk, 3)];
}

/* Registers it, again or anew; both must fail if it is not the time. */
static int item_enter(struct clerk *clerk, struct item *item,
                      mio_interest interest, bool anew)
{
    item->serial++;
    const mio_token token = item_token(clerk, item);
    const int expected = anew != item->is_registered ? 0
                         : anew                      ? MIO_ERR_ALREADY_EXISTS
                                                     : MIO_ERR_NOT_FOUND;
    const int error =
        anew ? mio_registry_register(clerk->registry, item->source, token,
                                     interest)
             : mio_registry_reregister(clerk->registry, item->source, token,
                                       interest);
    if (error == 0) {
        item->is_registered = true;
        atomic_store(&item->oldest, item->serial);
    } else {
        item->serial--;
    }
    return error == expected ? 0 : error != 0 ? error : MIO_ERR_OTHER;
}

static int item_leave(struct clerk *clerk, struct item *item)
{
    const int expected = item->is_registered ? 0 : MIO_ERR_NOT_FOUND;
    const int error = mio_registry_deregister(clerk->registry, item->source);
    item->is_registered = false;
    atomic_store(&item->oldest, item->serial + 1);
    return error == expected ? 0 : error != 0 ? error : MIO_ERR_OTHER;
}

static int clerk_step(struct clerk *clerk)
{
    struct item *item = &clerk->items[roll(clerk, SOCKETS)];
    switch (roll(clerk, 12)) {
    case 0:
        item_close(item);
        return item_open(clerk, item);
    case 1:
    case 2:
        return item_poke(item);
    case 3:
        return item_read(item);
    case 4:
    case 5:
    case 6:
        return item_leave(clerk, item);
    case 7:
    case 8:
    case 9:
        return item_enter(clerk, item,
                          (roll(clerk, 2) != 0 ? MIO_READABLE : MIO_WRITABLE) |
                              any_mode(clerk),
                          true);
    default:
        return item_enter(clerk, item,
                          MIO_READABLE | MIO_WRITABLE | any_mode(clerk), false);
    }
}

/* After what it has been through, each socket still reports. */
static int clerk_check(struct clerk *clerk, struct item *item)
{
    int error = item_poke(item);
    if (error == 0) {
        /* The event may overtake the return. */
        atomic_store(&item->awaited, item->serial + 1);
        error = item_enter(clerk, item, MIO_READABLE | any_mode(clerk),
                           !item->is_registered);
    }
    if (error == 0 && !gate_await(&clerk->served, ++clerk->served_count)) {
        error = MIO_ERR_TIMED_OUT;
    }
    return error;
}

static int clerk_rounds(struct clerk *clerk)
{
    int error = 0;
    for (int round = 0; round < ROUNDS && error == 0; round++) {
        for (int i = 0; i < STEPS && error == 0; i++) {
            error = clerk_step(clerk);
        }
        for (int i = 0; i < SOCKETS && error == 0; i++) {
            error = clerk_check(clerk, &clerk->items[i]);
        }
    }
    return error;
}

struct clerk_job {
    struct clerk *clerk;
    atomic_uint *ended;
};

static int clerk_run(void *argument)
{
    struct clerk_job *job = argument;
    const int error = clerk_rounds(job->clerk);
    atomic_fetch_add(job->ended, 1);
    const int wake_error = mio_waker_wake(job->clerk->waker);
    return error != 0 ? error : wake_error;
}

/* ---- The poller ---------------------------------------------------------*/

/* Counts an event; returns whether it is wrong: one of a registration that was
 * over before the wait began. */
static bool is_ghost(struct storm *storm, const mio_event *event,
                     const unsigned *oldest)
{
    const mio_token token = mio_event_token(event);
    const size_t which = (size_t)(token % ITEMS);
    unsigned serial = (unsigned)(token / ITEMS);
    struct clerk *clerk = &storm->clerks[which / SOCKETS];
    struct item *item = &clerk->items[which % SOCKETS];
    if (token == STOP) {
        return false;
    }
    if (mio_event_is_readable(event) && atomic_load(&item->awaited) == serial) {
        atomic_store(&item->awaited, 0);
        gate_pass(&clerk->served);
    }
    return serial < oldest[which];
}

/* Waits until all clerks have ended; returns how many events were wrong. */
static unsigned serve(struct storm *storm)
{
    mio_event events[8]; /* fewer than there may be */
    unsigned ghosts = 0;
    const int64_t end = monotonic_ns() + 4 * PATIENCE;
    while (atomic_load(&storm->ended) < CLERKS && monotonic_ns() < end) {
        unsigned oldest[ITEMS];
        for (size_t i = 0; i < ITEMS; i++) {
            oldest[i] = atomic_load(
                &storm->clerks[i / SOCKETS].items[i % SOCKETS].oldest);
        }
        const int count =
            mio_poll_wait(&storm->poll, events, ARRAY_LENGTH(events), PATIENCE);
        for (int i = 0; i < count; i++) {
            ghosts += is_ghost(storm, &events[i], oldest);
        }
    }
    return ghosts;
}

/* ---- The test -----------------------------------------------------------*/

static void clerk_open(struct storm *storm, unsigned index)
{
    struct clerk *clerk = &storm->clerks[index];
    memset(clerk, 0, sizeof(*clerk));
    clerk->registry = mio_poll_registry(&storm->poll);
    clerk->waker = &storm->waker;
    clerk->index = index;
    clerk->random = 2463534242u + index;
    clerk->listener_addr = any_v4();
    clerk->listener = valid_fd(peer_tcp_listen(&clerk->listener_addr));
    gate_init(&clerk->served);
    for (unsigned i = 0; i < SOCKETS; i++) {
        clerk->items[i].is_udp = i % 2 == 0;
        assert_ok(item_open(clerk, &clerk->items[i]));
    }
}

static void clerk_close(struct clerk *clerk)
{
    for (unsigned i = 0; i < SOCKETS; i++) {
        item_close(&clerk->items[i]);
    }
    fd_close(clerk->listener);
    gate_destroy(&clerk->served);
}

static void a_storm_of_changes_harms_nothing(void **state)
{
    static struct storm storm;
    struct thread threads[CLERKS];
    struct clerk_job jobs[CLERKS];
    (void)state;
    assert_ok(mio_poll_init(&storm.poll, storm.slots, ITEMS));
    assert_ok(
        mio_waker_init(&storm.waker, mio_poll_registry(&storm.poll), STOP));
    atomic_store(&storm.ended, 0);
    for (unsigned i = 0; i < CLERKS; i++) {
        clerk_open(&storm, i);
        jobs[i].clerk = &storm.clerks[i];
        jobs[i].ended = &storm.ended;
    }
    for (unsigned i = 0; i < CLERKS; i++) {
        thread_start(&threads[i], clerk_run, &jobs[i]);
    }
    const unsigned ghosts = serve(&storm);
    for (unsigned i = 0; i < CLERKS; i++) {
        assert_ok(thread_join(&threads[i]));
    }
    assert_int_equal(ghosts, 0);

    /* What is still in flight does not keep the slots. */
    for (unsigned i = 0; i < CLERKS; i++) {
        clerk_close(&storm.clerks[i]);
    }
    mio_waker_close(&storm.waker);
    mio_event event;
    assert_count(mio_poll_wait(&storm.poll, &event, 1, MILLISECOND), 0);
    mio_poll_close(&storm.poll);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(a_storm_of_changes_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
