/* support.c: fixtures, assertions and events; everything that needs nothing
 * but the library and support_os.h. */
#include "support.h"

/* ---- Tests and their fixture --------------------------------------------*/

static struct fixture the_fixture;
static bool the_fixture_open;
static int fd_count_before;
static int fd_tolerance;

void fixture_open(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    assert_ok(mio_poll_init(&fixture->poll, fixture->slots, FIXTURE_SLOTS));
    fixture->registry = mio_poll_registry(&fixture->poll);
    assert_non_null(fixture->registry);
}

void fixture_close(struct fixture *fixture)
{
    mio_poll_close(&fixture->poll);
    fixture->registry = NULL;
}

int support_setup_bare(void **state)
{
    *state = NULL;
    fd_count_before = fd_count();
    return fd_count_before > 0 ? 0 : -1;
}

int support_setup_fixture(void **state)
{
    if (support_setup_bare(state) != 0) {
        return -1;
    }
    fixture_open(&the_fixture);
    the_fixture_open = true;
    *state = &the_fixture;
    return 0;
}

void support_tolerate_fds(int count)
{
    fd_tolerance = count;
}

int support_teardown(void **state)
{
    int now;

    (void)state;
    fds_restore();
    if (the_fixture_open) {
        fixture_close(&the_fixture);
        the_fixture_open = false;
    }
    temp_paths_remove();
    now = fd_count();
    if (abs(now - fd_count_before) > fd_tolerance) {
        print_error("descriptors: %d before the test, %d after it\n",
                    fd_count_before, now);
        return -1;
    }
    return 0;
}

bool backend_is(const char *name)
{
    return strcmp(mio_backend_name(), name) == 0;
}

/* ---- Results ------------------------------------------------------------*/

/* A result as "MIO_ERR_..." or as a number, in one of a few buffers so that a
 * message can show several. */
static const char *result_text(ptrdiff_t result)
{
    static char texts[4][32];
    static unsigned next;

    if (result < 0) {
        return mio_error_name((int)result);
    }
    next = (next + 1) % 4;
    (void)snprintf(texts[next], sizeof(texts[next]), "%td", result);
    return texts[next];
}

void support_assert_result(ptrdiff_t result, ptrdiff_t expected,
                           const char *text, const char *file, int line)
{
    const int native = mio_last_os_error();

    if (result != expected) {
        print_error("%s is %s, not %s (last system error %d)\n", text,
                    result_text(result), result_text(expected), native);
        _fail(file, line);
    }
}

void support_assert_among(ptrdiff_t result, const int *errors, size_t count,
                          const char *text, const char *file, int line)
{
    const int native = mio_last_os_error();
    size_t i;

    for (i = 0; i < count; i++) {
        if (result == errors[i]) {
            return;
        }
    }
    print_error("%s is %s (last system error %d), not one of:", text,
                result_text(result), native);
    for (i = 0; i < count; i++) {
        print_error(" %s", mio_error_name(errors[i]));
    }
    print_error("\n");
    _fail(file, line);
}

mio_fd support_valid_fd(mio_fd fd, const char *text, const char *file, int line)
{
    const int native = mio_last_os_error();

    if (fd == MIO_FD_INVALID) {
        print_error("%s is invalid (last system error %d)\n", text, native);
        _fail(file, line);
    }
    return fd;
}

void support_assert_addr_equal(const mio_addr *a, const mio_addr *b,
                               const char *file, int line)
{
    char text[2][MIO_ADDR_TEXT_SIZE] = {"none", "none"};

    if (!mio_addr_equal(a, b)) {
        (void)mio_addr_format(a, text[0], sizeof(text[0]));
        (void)mio_addr_format(b, text[1], sizeof(text[1]));
        print_error("%s is not %s\n", text[0], text[1]);
        _fail(file, line);
    }
}

/* ---- Events -------------------------------------------------------------*/

unsigned readiness_of(const mio_event *event)
{
    unsigned readiness = 0;

    readiness |= mio_event_is_readable(event) ? R_READABLE : 0;
    readiness |= mio_event_is_writable(event) ? R_WRITABLE : 0;
    readiness |= mio_event_is_read_closed(event) ? R_READ_CLOSED : 0;
    readiness |= mio_event_is_write_closed(event) ? R_WRITE_CLOSED : 0;
    readiness |= mio_event_is_error(event) ? R_ERROR : 0;
    readiness |= mio_event_is_priority(event) ? R_PRIORITY : 0;
    return readiness;
}

int fixture_wait(struct fixture *fixture, int64_t timeout_ns)
{
    const int count = mio_poll_wait(&fixture->poll, fixture->events,
                                    FIXTURE_EVENTS, timeout_ns);

    fixture->count = count;
    return count;
}

static void print_readiness(const char *what, mio_token token,
                            unsigned readiness)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{R_READABLE, "readable"},
                 {R_WRITABLE, "writable"},
                 {R_READ_CLOSED, "read_closed"},
                 {R_WRITE_CLOSED, "write_closed"},
                 {R_ERROR, "error"},
                 {R_PRIORITY, "priority"}};
    size_t i;

    print_error("  %s: token=%llu", what, (unsigned long long)token);
    for (i = 0; i < ARRAY_LENGTH(names); i++) {
        if ((readiness & names[i].bit) != 0) {
            print_error(" %s", names[i].name);
        }
    }
    print_error("\n");
}

static void print_events(const struct fixture *fixture)
{
    int i;

    for (i = 0; i < fixture->count; i++) {
        char text[160];

        (void)mio_event_format(&fixture->events[i], text, sizeof(text));
        print_error("  got: %s\n", text);
    }
}

/* Takes the first expectation that the event meets off the list. */
static size_t strike_out(struct expectation *pending, size_t count,
                         const mio_event *event)
{
    const unsigned readiness = readiness_of(event);
    size_t i;

    for (i = 0; i < count; i++) {
        if (pending[i].token == mio_event_token(event) &&
            (pending[i].readiness & ~readiness) == 0) {
            pending[i] = pending[count - 1];
            return count - 1;
        }
    }
    return count;
}

void support_expect_events(struct fixture *fixture,
                           const struct expectation *expectations, size_t count,
                           const char *file, int line)
{
    const int64_t deadline = monotonic_ns() + PATIENCE;
    struct expectation pending[FIXTURE_EVENTS];
    int64_t left = PATIENCE;
    size_t i;
    int k;

    assert_true(count <= ARRAY_LENGTH(pending));
    memcpy(pending, expectations, count * sizeof(*pending));
    while (count > 0 && left > 0) {
        support_assert_result(fixture_wait(fixture, left) < 0 ? fixture->count
                                                              : 0,
                              0, "mio_poll_wait", file, line);
        for (k = 0; k < fixture->count; k++) {
            count = strike_out(pending, count, &fixture->events[k]);
        }
        left = deadline - monotonic_ns();
    }
    if (count > 0) {
        for (i = 0; i < count; i++) {
            print_readiness("no event", pending[i].token, pending[i].readiness);
        }
        print_events(fixture);
        _fail(file, line);
    }
}

void support_expect_only(struct fixture *fixture, mio_token token,
                         unsigned readiness, const char *file, int line)
{
    if (fixture_wait(fixture, PATIENCE) != 1 ||
        mio_event_token(&fixture->events[0]) != token ||
        readiness_of(&fixture->events[0]) != readiness) {
        print_error("%s instead of one event\n", result_text(fixture->count));
        print_readiness("expected", token, readiness);
        print_events(fixture);
        _fail(file, line);
    }
}

void support_expect_no_events(struct fixture *fixture, const char *file,
                              int line)
{
    if (fixture_wait(fixture, 50 * MILLISECOND) != 0) {
        print_error("%s instead of no event\n", result_text(fixture->count));
        print_events(fixture);
        _fail(file, line);
    }
}

void expect_quiet_at(struct fixture *fixture, const char *file, int line)
{
    if (fixture_wait(fixture, 2 * MILLISECOND) != 0) {
        print_error("%s instead of no event\n", result_text(fixture->count));
        print_events(fixture);
        _fail(file, line);
    }
}

void expect_sleep_at(struct fixture *fixture, const char *file, int line)
{
    const int64_t start = monotonic_ns();

    if (fixture_wait(fixture, 200 * MILLISECOND) != 0) {
        print_error("%s instead of no event\n", result_text(fixture->count));
        print_events(fixture);
        _fail(file, line);
    }
    if (monotonic_ns() - start < 200 * MILLISECOND) {
        print_error("wait returned early\n");
        _fail(file, line);
    }
}

unsigned readiness_now(struct fixture *fixture, mio_token token)
{
    unsigned readiness = 0;
    int i;

    assert_true(fixture_wait(fixture, 10 * MILLISECOND) >= 0);
    for (i = 0; i < fixture->count; i++) {
        if (mio_event_token(&fixture->events[i]) == token) {
            readiness |= readiness_of(&fixture->events[i]);
        }
    }
    return readiness;
}

/* ---- Closed behind the library's back -----------------------------------*/

void expect_closed_once(struct fixture *f, mio_token token)
{
    const int count = fixture_wait(f, 10 * MILLISECOND);
    assert_in_range(count, 0, 1);
    if (count == 1) {
        assert_int_equal(mio_event_token(&f->events[0]), token);
        assert_true(mio_event_is_error(&f->events[0]));
        assert_true(mio_event_is_readable(&f->events[0]));
    }
    expect_sleep(f);
}

void deregister_closed(struct fixture *f, mio_source *source)
{
    assert_error_among(mio_registry_deregister(f->registry, source), 0,
                       MIO_ERR_NOT_FOUND, MIO_ERR_BAD_DESCRIPTOR);
    assert_false(mio_source_is_registered(source));
    expect_quiet(f);
}

/* ---- Loopback -----------------------------------------------------------*/

mio_addr any_v4(void)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    mio_addr addr;

    assert_ok(mio_addr_ipv4(&addr, loopback, 0));
    return addr;
}

mio_addr any_v6(void)
{
    static const uint8_t loopback[16] = {[15] = 1};
    mio_addr addr;

    assert_ok(mio_addr_ipv6(&addr, loopback, 0, 0));
    return addr;
}

bool have_ipv6(void)
{
    mio_addr addr = any_v6();
    const mio_fd fd = peer_udp_bind(&addr);

    if (fd != MIO_FD_INVALID) {
        fd_close(fd);
    }
    return fd != MIO_FD_INVALID;
}

void listen_on(mio_tcp_listener *listener, mio_addr *addr)
{
    assert_ok(mio_tcp_listener_bind(listener, addr));
    assert_ok(mio_tcp_listener_local_addr(listener, addr));
}

void accept_soon(mio_tcp_listener *listener, mio_tcp_stream *stream,
                 mio_addr *peer)
{
    assert_true(fd_await_readable(listener->source.fd));
    assert_ok(mio_tcp_listener_accept(listener, stream, peer));
}

void connect_soon(mio_tcp_stream *stream)
{
    assert_true(fd_await_writable(stream->source.fd));
    assert_ok(mio_tcp_stream_connect_finish(stream));
}

void tcp_pair(mio_tcp_stream *client, mio_tcp_stream *server)
{
    mio_addr addr = any_v4();
    mio_tcp_listener listener;

    listen_on(&listener, &addr);
    assert_ok(mio_tcp_stream_connect(client, &addr));
    accept_soon(&listener, server, NULL);
    connect_soon(client);
    mio_tcp_listener_close(&listener);
}

void write_all(mio_tcp_stream *stream, const void *data, size_t length)
{
    assert_count(mio_tcp_stream_write(stream, data, length), length);
}

size_t read_until_blocked(mio_tcp_stream *stream)
{
    unsigned char buffer[1024];
    size_t total = 0;
    mio_ssize count;

    while ((count = mio_tcp_stream_read(stream, buffer, sizeof(buffer))) > 0) {
        total += (size_t)count;
    }
    if (count != 0) {
        assert_error(count, MIO_ERR_WOULD_BLOCK);
    }
    return total;
}

void udp_pair(mio_udp_socket *a, mio_udp_socket *b)
{
    const mio_addr addr = any_v4();
    mio_addr local;

    assert_ok(mio_udp_socket_bind(a, &addr));
    assert_ok(mio_udp_socket_bind(b, &addr));
    assert_ok(mio_udp_socket_local_addr(a, &local));
    assert_ok(mio_udp_socket_connect(b, &local));
    assert_ok(mio_udp_socket_local_addr(b, &local));
    assert_ok(mio_udp_socket_connect(a, &local));
}

/* ---- Peers --------------------------------------------------------------*/

bool peer_recv_all(mio_fd socket, void *data, size_t length)
{
    unsigned char *bytes = data;

    while (length > 0) {
        const ptrdiff_t count = peer_recv(socket, bytes, length);

        if (count <= 0) {
            return false;
        }
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

uint64_t peer_discard(mio_fd socket, uint64_t length)
{
    unsigned char buffer[4096];
    uint64_t total = 0;

    while (total < length) {
        const uint64_t left = length - total;
        const ptrdiff_t count =
            peer_recv(socket, buffer,
                      left < sizeof(buffer) ? (size_t)left : sizeof(buffer));

        if (count <= 0) {
            break;
        }
        total += (uint64_t)count;
    }
    return total;
}

bool resets_are_told(void)
{
    mio_addr addr = any_v4();
    const mio_fd listener = valid_fd(peer_tcp_listen(&addr));
    const mio_fd client = valid_fd(peer_tcp_connect(&addr));
    const mio_fd server = valid_fd(peer_accept(listener));
    char byte;
    bool told;

    assert_true(peer_reset_on_close(client));
    fd_close(client);
    assert_true(fd_await_readable(server));
    told = peer_recv(server, &byte, 1) == -1;
    fd_close(server);
    fd_close(listener);
    return told;
}
