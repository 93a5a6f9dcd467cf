/* descriptors_unix.c: what the library's descriptors are like on Unix, with
 * Unix sockets, pipes and children (G13), and that none is lost when the
 * process runs out of them. Running out while a poll, a waker
 * or an IP socket is made, and in a TCP accept: exhaustion.c. */
#include "unix_support.h"

#include <sys/wait.h>

enum { TOKEN = 1 };

/* ---- One of everything --------------------------------------------------*/

struct everything {
    mio_poll poll;
    mio_slot slots[4];
    mio_waker waker;
    mio_tcp_listener tcp_listener;
    mio_tcp_stream tcp_client;
    mio_tcp_stream tcp_server;
    mio_udp_socket udp_socket;
    mio_unix_listener unix_listener;
    mio_unix_stream unix_client;
    mio_unix_stream unix_server;
    mio_unix_stream unix_pair[2];
    mio_unix_datagram datagram;
    mio_unix_datagram unbound;
    mio_unix_datagram datagram_pair[2];
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
};

static void open_everything(struct everything *all)
{
    mio_addr addr = any_v4();
    mio_addr name = fresh_addr();
    assert_ok(mio_poll_init(&all->poll, all->slots, ARRAY_LENGTH(all->slots)));
    assert_ok(
        mio_waker_init(&all->waker, mio_poll_registry(&all->poll), TOKEN));
    assert_ok(mio_udp_socket_bind(&all->udp_socket, &addr));
    listen_on(&all->tcp_listener, &addr);
    assert_ok(mio_tcp_stream_connect(&all->tcp_client, &addr));
    accept_soon(&all->tcp_listener, &all->tcp_server, NULL);
    assert_ok(mio_unix_listener_bind_addr(&all->unix_listener, &name));
    assert_ok(mio_unix_stream_connect_addr(&all->unix_client, &name));
    assert_ok(
        mio_unix_listener_accept(&all->unix_listener, &all->unix_server, NULL));
    assert_ok(mio_unix_stream_pair(&all->unix_pair[0], &all->unix_pair[1]));
    name = fresh_addr();
    assert_ok(mio_unix_datagram_bind_addr(&all->datagram, &name));
    assert_ok(mio_unix_datagram_unbound(&all->unbound));
    assert_ok(
        mio_unix_datagram_pair(&all->datagram_pair[0], &all->datagram_pair[1]));
    assert_ok(mio_pipe_open(&all->sender, &all->receiver));
}

static void close_everything(struct everything *all)
{
    mio_waker_close(&all->waker);
    mio_poll_close(&all->poll);
    mio_tcp_listener_close(&all->tcp_listener);
    mio_tcp_stream_close(&all->tcp_client);
    mio_tcp_stream_close(&all->tcp_server);
    mio_udp_socket_close(&all->udp_socket);
    mio_unix_listener_close(&all->unix_listener);
    mio_unix_stream_close(&all->unix_client);
    mio_unix_stream_close(&all->unix_server);
    mio_unix_datagram_close(&all->datagram);
    mio_unix_datagram_close(&all->unbound);
    for (int i = 0; i < 2; i++) {
        mio_unix_stream_close(&all->unix_pair[i]);
        mio_unix_datagram_close(&all->datagram_pair[i]);
    }
    mio_pipe_sender_close(&all->sender);
    mio_pipe_receiver_close(&all->receiver);
}

#define NUMBERS 256

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* Looks at all descriptors that have come up, also those inside the poll. */
static void everything_is_closed_on_exec(void **state)
{
    struct everything all;
    bool before[NUMBERS];
    int made = 0;
    (void)state;
    for (int i = 0; i < NUMBERS; i++) {
        before[i] = is_open(i);
    }
    open_everything(&all);
    for (int i = 0; i < NUMBERS; i++) {
        if (!before[i] && is_open(i)) {
            assert_true(fd_is_cloexec(i));
            made++;
        }
    }
    assert_true(made >= 15); /* the I/O objects alone */
    close_everything(&all);
}

static void everything_is_nonblocking(void **state)
{
    struct everything all;
    (void)state;
    open_everything(&all);
    const mio_source *const sources[] = {
        &all.tcp_listener.source,     &all.tcp_client.source,
        &all.tcp_server.source,       &all.udp_socket.source,
        &all.unix_listener.source,    &all.unix_client.source,
        &all.unix_server.source,      &all.unix_pair[0].source,
        &all.unix_pair[1].source,     &all.datagram.source,
        &all.unbound.source,          &all.datagram_pair[0].source,
        &all.datagram_pair[1].source, &all.sender.source,
        &all.receiver.source,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
        assert_nonblocking_cloexec(sources[i]->fd);
    }
    close_everything(&all);
}

/* ---- Children -----------------------------------------------------------*/

static const char *program; /* this one */
#define COUNT_OPTION "--count-descriptors"

/* A child's status: how many it has, up to COUNT_MOST, or why there is none. */
enum { COUNT_MOST = 253, NOT_STARTED = 254, FAILED = 255 };

/* What a child does that begins with this option: see main. */
static int count_open(void)
{
    int count = 0;
    for (int i = 0; i < NUMBERS; i++) {
        count += is_open(i);
    }
    return count <= COUNT_MOST ? count : FAILED;
}

static int start_myself(void)
{
    (void)execl(program, program, COUNT_OPTION, (char *)NULL);
    return errno == ENOEXEC ? NOT_STARTED : FAILED;
}

static void a_child_inherits_nothing(void **state)
{
    struct everything all;
    (void)state;
    const int before = run_in_child(start_myself);
    if (before == NOT_STARTED) {
        SKIP("this program is run by an emulator and cannot start itself");
    }
    assert_in_range(before, 1, COUNT_MOST);
    open_everything(&all);
    assert_int_equal(run_in_child(start_myself), before);
    close_everything(&all);
}

/* ---- Ownership ----------------------------------------------------------*/

static void descriptors_make_round_trips(void **state)
{
    struct fixture *f = *state;
    struct everything all;
    open_everything(&all);
    assert_round_trip(f, tcp_listener, &all.tcp_listener);
    assert_round_trip(f, tcp_stream, &all.tcp_client);
    assert_round_trip(f, udp_socket, &all.udp_socket);
    assert_round_trip(f, unix_listener, &all.unix_listener);
    assert_round_trip(f, unix_stream, &all.unix_client);
    assert_round_trip(f, unix_datagram, &all.datagram);
    assert_round_trip(f, pipe_sender, &all.sender);
    assert_round_trip(f, pipe_receiver, &all.receiver);
    close_everything(&all);
}

/* ---- Running out --------------------------------------------------------*/

/* Each makes its objects and closes them again. */
typedef int maker(void);

static int make_pipe(void)
{
    mio_pipe_sender sender;
    mio_pipe_receiver receiver;
    const int error = mio_pipe_open(&sender, &receiver);
    if (error == 0) {
        mio_pipe_sender_close(&sender);
        mio_pipe_receiver_close(&receiver);
    }
    return error;
}

static int make_stream_pair(void)
{
    mio_unix_stream a;
    mio_unix_stream b;
    const int error = mio_unix_stream_pair(&a, &b);
    if (error == 0) {
        mio_unix_stream_close(&a);
        mio_unix_stream_close(&b);
    }
    return error;
}

static int make_datagram_pair(void)
{
    mio_unix_datagram a;
    mio_unix_datagram b;
    const int error = mio_unix_datagram_pair(&a, &b);
    if (error == 0) {
        mio_unix_datagram_close(&a);
        mio_unix_datagram_close(&b);
    }
    return error;
}

static int make_unbound_datagram(void)
{
    mio_unix_datagram socket;
    const int error = mio_unix_datagram_unbound(&socket);
    if (error == 0) {
        mio_unix_datagram_close(&socket);
    }
    return error;
}

static int make_bound_datagram(void)
{
    mio_unix_datagram socket;
    const mio_addr name = fresh_addr();
    const int error = mio_unix_datagram_bind_addr(&socket, &name);
    if (error == 0) {
        mio_unix_datagram_close(&socket);
    }
    return error;
}

static int make_listener(void)
{
    mio_unix_listener listener;
    const mio_addr name = fresh_addr();
    const int error = mio_unix_listener_bind_addr(&listener, &name);
    if (error == 0) {
        mio_unix_listener_close(&listener);
    }
    return error;
}

/* Connects to the listener of the test below. */
static mio_addr listening;

static int make_stream(void)
{
    mio_unix_stream stream;
    const int error = mio_unix_stream_connect_addr(&stream, &listening);
    if (error == 0) {
        mio_unix_stream_close(&stream);
    }
    return error;
}

static int make_poll_and_waker(void)
{
    mio_poll poll;
    mio_waker waker;
    int error = mio_poll_init(&poll, NULL, 0);
    if (error == 0) {
        error = mio_waker_init(&waker, mio_poll_registry(&poll), TOKEN);
        if (error == 0) {
            error = mio_waker_wake(&waker);
            mio_waker_close(&waker);
        }
        mio_poll_close(&poll);
    }
    return error;
}

/* How many free descriptors each needs; 0 if that depends on the build. */
static const struct {
    maker *make;
    int needs;
} makers[] = {
    {make_pipe, 2},           {make_stream_pair, 2},
    {make_datagram_pair, 2},  {make_unbound_datagram, 1},
    {make_bound_datagram, 1}, {make_listener, 1},
    {make_stream, 1},         {make_poll_and_waker, 0},
};

#define SPARE_MOST 8 /* more than any of them needs */

/* With one free descriptor more each time: an object fails as documented until
 * it has what it needs, and a failure leaves none behind. */
static void running_out_loses_nothing(void **state)
{
    mio_unix_listener listener;
    (void)state;
    listening = fresh_addr();
    assert_ok(mio_unix_listener_bind_addr(&listener, &listening));
    const int before = fd_count();
    for (size_t i = 0; i < ARRAY_LENGTH(makers); i++) {
        for (int free_ones = 0; free_ones <= SPARE_MOST; free_ones++) {
            mio_fd spare[SPARE_MOST];
            for (int j = 0; j < free_ones; j++) {
                spare[j] = fd_duplicate(listener.source.fd);
            }
            fds_use_up();
            for (int j = 0; j < free_ones; j++) {
                fd_close(spare[j]);
            }
            const int result = makers[i].make();
            const int again = makers[i].make();
            fds_restore();
            assert_int_equal(fd_count(), before);
            assert_int_equal(again, result);
            if (free_ones == 0) {
                assert_error(result, MIO_ERR_OUT_OF_DESCRIPTORS);
            } else if (free_ones == SPARE_MOST) {
                assert_ok(result);
            } else if (makers[i].needs == 0) {
                assert_error_among(result, 0, MIO_ERR_OUT_OF_DESCRIPTORS);
            } else {
                assert_error(result, free_ones >= makers[i].needs
                                         ? 0
                                         : MIO_ERR_OUT_OF_DESCRIPTORS);
            }
        }
    }
    mio_unix_listener_close(&listener);
}

static void a_unix_accept_recovers(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    mio_unix_stream stream = {{.fd = -7}};
    mio_addr peer = {0};
    subject_open(&s, &subject_unix_listener);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    subject_feed(&s);
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    fds_use_up();
    for (int i = 0; i < 3; i++) {
        const int result =
            mio_unix_listener_accept(&s.near_end.unix_listener, &stream, &peer);
        assert_error(result, MIO_ERR_OUT_OF_DESCRIPTORS);
        assert_int_equal(mio_accept_classify(result), MIO_ACCEPT_NO_ROOM);
        assert_int_equal(stream.source.fd, -7);
        assert_int_equal(mio_addr_kind(&peer), MIO_ADDR_NONE);
    }
    fds_restore();
    assert_ok(
        mio_registry_reregister(f->registry, s.source, TOKEN, MIO_READABLE));
    expect_only(f, TOKEN, R_READABLE);
    subject_take(&s);
    subject_take(&s);
    subject_block(&s);
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    subject_close(f, &s);
}

/* A poll whose first waker could not be made works on without. */
static void a_poll_outlives_a_waker_that_failed(void **state)
{
    struct fixture *f = *state;
    struct subject s;
    mio_waker waker;
    subject_open(&s, &subject_unix_stream);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    fds_use_up();
    const int result = mio_waker_init(&waker, f->registry, TOKEN + 1);
    fds_restore();
    if (result == 0) { /* it needs no descriptor, or had it from the start */
        assert_false(backend_is("epoll"));
        mio_waker_close(&waker);
    } else {
        assert_error(result, MIO_ERR_OUT_OF_DESCRIPTORS);
    }
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    assert_ok(mio_waker_init(&waker, f->registry, TOKEN + 1));
    assert_ok(mio_waker_wake(&waker));
    expect_only(f, TOKEN + 1, R_READABLE);
    mio_waker_close(&waker);
    subject_close(f, &s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(everything_is_closed_on_exec),
        TEST_BARE(everything_is_nonblocking),
        TEST_BARE(a_child_inherits_nothing),
        TEST(descriptors_make_round_trips),
        TEST_BARE(running_out_loses_nothing),
        TEST(a_unix_accept_recovers),
        TEST(a_poll_outlives_a_waker_that_failed),
    };
    if (argc == 2 && strcmp(argv[1], COUNT_OPTION) == 0) {
        return count_open();
    }
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
