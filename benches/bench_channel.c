/* bench_channel.c: a channel beside what programs use in its place: a queue
 * with a mutex and an eventfd, which is written for each message or only by who
 * finds the queue empty, and a pipe, all over epoll. Linux.
 *
 *   bench_channel [MESSAGES [ROUNDS [CONTENDER]]]
 *
 * Prints medians of interleaved rounds: messages per second with one and with
 * four senders, and the time from a send to a sleeping receiver until the
 * message is there, with one and with four senders; then how many times more
 * messages the channel passes than each of the others. Every message is
 * checked, for its order too, so that with 100000000 MESSAGES it is a test as
 * well.
 *
 * All have messages of the same size, room for as many (a pipe's 64 KiB), a
 * receiver that takes up to BATCH at once and waits when there were fewer, and
 * senders that yield and then sleep while there is no room. */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <mio.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { CAPACITY = 4096, SENDERS = 4, BATCH = 64, ROUNDS_MAX = 99 };

struct message {
    uint64_t sender;
    uint64_t value; /* a number, or the time */
};

/* What is compared. send tells whether there was room; receive gives up to
 * BATCH messages, and those are all if they are fewer; wait is until there may
 * be more. */
struct contender {
    const char *name;
    void (*open)(void);
    void (*close)(void);
    bool (*send)(const struct message *message);
    size_t (*receive)(struct message messages[BATCH]);
    void (*wait)(void);
};

/* ---- The channel --------------------------------------------------------*/

static mio_poll poll;
static mio_channel channel;
static size_t
    channel_storage[MIO_CHANNEL_STORAGE_SIZE(sizeof(struct message), CAPACITY) /
                    sizeof(size_t)];

static void check(int result)
{
    if (result < 0) {
        (void)fprintf(stderr, "%s\n", mio_strerror(result));
        exit(1);
    }
}

static void channel_open(void)
{
    check(mio_poll_init(&poll, NULL, 0));
    check(mio_channel_init(&channel, channel_storage, sizeof(channel_storage),
                           sizeof(struct message), CAPACITY));
    check(mio_registry_register(mio_poll_registry(&poll), &channel.source, 0,
                                MIO_READABLE));
}

static void channel_close(void)
{
    mio_channel_close(&channel);
    mio_poll_close(&poll);
}

static bool channel_send(const struct message *message)
{
    int result = mio_channel_send(&channel, message);
    if (result != MIO_ERR_WOULD_BLOCK) {
        check(result);
    }
    return result == 0;
}

static size_t channel_receive(struct message messages[BATCH])
{
    mio_ssize count = mio_channel_receive_many(&channel, messages, BATCH);
    return count == MIO_ERR_WOULD_BLOCK ? 0 : (size_t)count;
}

static void channel_wait(void)
{
    mio_event events[8];
    check(mio_poll_wait(&poll, events, 8, -1));
}

/* ---- A queue with a mutex, and an eventfd -------------------------------*/

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static struct message queue[CAPACITY];
static size_t queue_first;
static size_t queue_count;
static int epoll_fd;
static int event_fd;

static void epoll_open(int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        die("epoll");
    }
}

static void wait_on_epoll(void)
{
    struct epoll_event events[8];
    if (epoll_wait(epoll_fd, events, 8, -1) < 0) {
        die("epoll_wait");
    }
}

static void queue_open(void)
{
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event_fd < 0) {
        die("eventfd");
    }
    epoll_open(event_fd);
    queue_first = 0;
    queue_count = 0;
}

static void queue_close(void)
{
    (void)close(event_fd);
    (void)close(epoll_fd);
}

/* Returns how many there were before. */
static size_t queue_put(const struct message *message)
{
    (void)pthread_mutex_lock(&queue_lock);
    size_t before = queue_count;
    if (before < CAPACITY) {
        queue[(queue_first + before) % CAPACITY] = *message;
        queue_count++;
    }
    (void)pthread_mutex_unlock(&queue_lock);
    return before;
}

static void queue_wake(void)
{
    const uint64_t one = 1;
    if (write(event_fd, &one, sizeof(one)) != (ssize_t)sizeof(one)) {
        die("write");
    }
}

/* Only who finds the queue empty writes to the eventfd. */
static bool queue_send(const struct message *message)
{
    size_t before = queue_put(message);
    if (before == 0) {
        queue_wake();
    }
    return before < CAPACITY;
}

/* The simple way: each message is told. */
static bool queue_send_and_tell(const struct message *message)
{
    size_t before = queue_put(message);
    if (before < CAPACITY) {
        queue_wake();
    }
    return before < CAPACITY;
}

static size_t queue_receive(struct message messages[BATCH])
{
    size_t count = 0;
    (void)pthread_mutex_lock(&queue_lock);
    while (count < BATCH && queue_count > 0) {
        messages[count++] = queue[queue_first];
        queue_first = (queue_first + 1) % CAPACITY;
        queue_count--;
    }
    (void)pthread_mutex_unlock(&queue_lock);
    return count;
}

/* ---- A pipe -------------------------------------------------------------*/

static int pipe_fds[2];

static void pipe_open(void)
{
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        die("pipe2");
    }
    epoll_open(pipe_fds[0]);
}

static void pipe_close(void)
{
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    (void)close(epoll_fd);
}

static bool pipe_send(const struct message *message)
{
    ssize_t written = write(pipe_fds[1], message, sizeof(*message));
    if (written < 0 && errno != EAGAIN) {
        die("write");
    }
    return written == (ssize_t)sizeof(*message);
}

static size_t pipe_receive(struct message messages[BATCH])
{
    ssize_t got = read(pipe_fds[0], messages, BATCH * sizeof(*messages));
    if (got < 0) {
        if (errno != EAGAIN) {
            die("read");
        }
        return 0;
    }
    return (size_t)got / sizeof(*messages);
}

static const struct contender contenders[] = {
    {"channel", channel_open, channel_close, channel_send, channel_receive,
     channel_wait},
    {"mutex+eventfd", queue_open, queue_close, queue_send_and_tell,
     queue_receive, wait_on_epoll},
    {"..if-empty", queue_open, queue_close, queue_send, queue_receive,
     wait_on_epoll},
    {"pipe", pipe_open, pipe_close, pipe_send, pipe_receive, wait_on_epoll},
};
enum { CONTENDERS = sizeof(contenders) / sizeof(contenders[0]) };

/* ---- The work -----------------------------------------------------------*/

struct sender {
    const struct contender *contender;
    uint64_t self;
    long count;
    pthread_t thread;
};

/* The same for all that find it full: let others run, then sleep. */
static void back_off(unsigned tries)
{
    enum { YIELDS = 4 };
    const struct timespec pause = {0, 1000};
    if (tries < YIELDS) {
        (void)sched_yield();
    } else {
        (void)nanosleep(&pause, NULL);
    }
}

static void *send_all(void *argument)
{
    const struct sender *sender = argument;
    struct message message = {sender->self, 0};
    for (long i = 0; i < sender->count; i++) {
        message.value = (uint64_t)i;
        for (unsigned tries = 0; !sender->contender->send(&message); tries++) {
            back_off(tries);
        }
    }
    return NULL;
}

static void start(struct sender *sender, void *(*run)(void *))
{
    if (pthread_create(&sender->thread, NULL, run, sender) != 0) {
        die("pthread_create");
    }
}

/* Returns millions of messages per second. */
static double throughput(const struct contender *contender, int senders,
                         long messages)
{
    struct sender all[SENDERS];
    uint64_t expected[SENDERS] = {0};
    const long each = messages / senders;
    long left = each * senders;
    contender->open();
    int64_t begun = now();
    for (int i = 0; i < senders; i++) {
        all[i] = (struct sender){contender, (uint64_t)i, each, 0};
        start(&all[i], send_all);
    }
    while (left > 0) {
        struct message batch[BATCH];
        size_t count = contender->receive(batch);
        for (size_t i = 0; i < count; i++) {
            if (batch[i].sender >= SENDERS ||
                batch[i].value != expected[batch[i].sender]++) {
                (void)fprintf(stderr, "%s: wrong order\n", contender->name);
                exit(1);
            }
        }
        left -= (long)count;
        if (count < BATCH && left > 0) {
            contender->wait();
        }
    }
    int64_t taken = now() - begun;
    for (int i = 0; i < senders; i++) {
        (void)pthread_join(all[i].thread, NULL);
    }
    contender->close();
    return (double)each * senders * 1e3 / (double)taken;
}

/* Sends the time now and then, so that the receiver is asleep each time. */
static void *send_slowly(void *argument)
{
    const struct sender *sender = argument;
    const struct timespec pause = {0, 200000};
    for (long i = 0; i < sender->count; i++) {
        (void)nanosleep(&pause, NULL);
        const struct message message = {0, (uint64_t)now()};
        if (!sender->contender->send(&message)) {
            die("send");
        }
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, long count)
{
    qsort(values, (size_t)count, sizeof(*values), compare);
    return values[count / 2];
}

/* Returns the median in microseconds. */
static double latency(const struct contender *contender, int senders)
{
    enum { WAKES = 2000 };
    static double times[WAKES];
    struct sender all[SENDERS];
    long received = 0;
    contender->open();
    for (int i = 0; i < senders; i++) {
        all[i] = (struct sender){contender, 0, WAKES / senders, 0};
        start(&all[i], send_slowly);
    }
    while (received < WAKES) {
        struct message batch[BATCH];
        size_t count = contender->receive(batch);
        for (size_t i = 0; i < count && received < WAKES; i++) {
            times[received++] = (double)(now() - (int64_t)batch[i].value) / 1e3;
        }
        if (count < BATCH && received < WAKES) {
            contender->wait();
        }
    }
    for (int i = 0; i < senders; i++) {
        (void)pthread_join(all[i].thread, NULL);
    }
    contender->close();
    return median(times, WAKES);
}

static bool is_wanted(const struct contender *contender, const char *only)
{
    return only == NULL || strcmp(only, contender->name) == 0;
}

enum { ROWS = 5 };
static const char *const rows[ROWS] = {"M/s, 1 sender", "M/s, 4 senders",
                                       "us to wake, 1", "us to wake, 4",
                                       "channel, 4: times"};
static double figures[ROWS][CONTENDERS][ROUNDS_MAX];

static void measure(long messages, long round, const char *only)
{
    for (int i = 0; i < CONTENDERS; i++) {
        const long at = (i + round) % CONTENDERS;
        const struct contender *contender = &contenders[at];
        if (is_wanted(contender, only)) {
            figures[0][at][round] = throughput(contender, 1, messages);
            figures[1][at][round] = throughput(contender, SENDERS, messages);
            figures[2][at][round] = latency(contender, 1);
            figures[3][at][round] = latency(contender, SENDERS);
        }
    }
    for (int i = 0; i < CONTENDERS && only == NULL; i++) {
        figures[4][i][round] = figures[1][0][round] / figures[1][i][round];
    }
}

static void print(long rounds, const char *only)
{
    (void)printf("%-18s", "");
    for (int i = 0; i < CONTENDERS; i++) {
        if (is_wanted(&contenders[i], only)) {
            (void)printf("%15s", contenders[i].name);
        }
    }
    for (int row = 0; row < (only == NULL ? ROWS : ROWS - 1); row++) {
        (void)printf("\n%-18s", rows[row]);
        for (int i = 0; i < CONTENDERS; i++) {
            if (is_wanted(&contenders[i], only)) {
                (void)printf("%15.2f", median(figures[row][i], rounds));
            }
        }
    }
    (void)printf("\n");
}

int main(int argc, char **argv)
{
    long messages = argc > 1 ? strtol(argv[1], NULL, 10) : 2000000;
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 5;
    const char *only = argc > 3 ? argv[3] : NULL;
    if (messages < SENDERS || rounds < 1 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: %s [MESSAGES [ROUNDS [CONTENDER]]]\n",
                      argv[0]);
        return 2;
    }
    for (long round = 0; round < rounds; round++) {
        measure(messages, round, only);
    }
    print(rounds, only);
    return fflush(stdout) == 0 ? 0 : 1;
}
