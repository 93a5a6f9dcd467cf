/* interest.c: interests. mio's Interest is a type with methods; here it is a
 * set of flags, so that | is both bit_or and add. */
#include "support.h"

static const mio_interest directions[] = {MIO_READABLE, MIO_WRITABLE,
                                          MIO_PRIORITY, MIO_AIO, MIO_LIO};
static const mio_interest modes[] = {MIO_LEVEL, MIO_ONESHOT, MIO_EXCLUSIVE};

/* Each constant says one thing, and no two the same. */
static void is_tests(void **state)
{
    mio_interest seen = 0;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(directions); i++) {
        assert_int_not_equal(directions[i], 0);
        assert_int_equal(directions[i] & (directions[i] - 1), 0);
        assert_int_equal(seen & directions[i], 0);
        seen |= directions[i];
    }
    for (i = 0; i < ARRAY_LENGTH(modes); i++) {
        assert_int_not_equal(modes[i], 0);
        assert_int_equal(modes[i] & (modes[i] - 1), 0);
        assert_int_equal(seen & modes[i], 0);
        seen |= modes[i];
    }
}

/* A stream that can be read and written, registered with an interest, gives
 * these predicates. */
static void expect_readiness(struct fixture *f, mio_interest interest,
                             unsigned readiness)
{
    mio_tcp_stream a;
    mio_tcp_stream b;

    tcp_pair(&a, &b);
    write_all(&a, "x", 1);
    assert_true(fd_await_readable(b.source.fd));
    assert_ok(mio_registry_register(f->registry, &b.source, 1, interest));
    expect_only(f, 1, readiness);
    mio_tcp_stream_close(&a);
    mio_tcp_stream_close(&b);
}

static void bit_or(void **state)
{
    expect_readiness(*state, MIO_READABLE, R_READABLE);
    expect_readiness(*state, MIO_WRITABLE, R_WRITABLE);
    expect_readiness(*state, MIO_READABLE | MIO_WRITABLE,
                     R_READABLE | R_WRITABLE);
}

static void add(void **state)
{
    mio_interest interest = MIO_READABLE;

    interest |= MIO_WRITABLE;
    interest |= MIO_WRITABLE;
    assert_int_equal(interest, MIO_READABLE | MIO_WRITABLE);
    expect_readiness(*state, interest, R_READABLE | R_WRITABLE);
}

/* What is left of an interest after the last direction was taken away is
 * refused, where mio's remove gives None. */
static void remove_(void **state)
{
    struct fixture *const f = *state;
    mio_interest interest = MIO_READABLE | MIO_WRITABLE;
    const mio_addr addr = any_v4();
    mio_udp_socket socket;

    interest &= ~MIO_READABLE;
    expect_readiness(f, interest, R_WRITABLE);
    interest &= ~MIO_WRITABLE;
    assert_ok(mio_udp_socket_bind(&socket, &addr));
    assert_error(
        mio_registry_register(f->registry, &socket.source, 1, interest),
        MIO_ERR_INVALID_INPUT);
    assert_error(mio_registry_register(f->registry, &socket.source, 1,
                                       interest | MIO_LEVEL),
                 MIO_ERR_INVALID_INPUT);
    assert_false(mio_source_is_registered(&socket.source));
    mio_udp_socket_close(&socket);
}

static void fmt_debug(void **state)
{
    static const struct {
        mio_interest interest;
        const char *text;
    } cases[] = {
        {MIO_READABLE, "READABLE"},
        {MIO_WRITABLE, "WRITABLE"},
        {MIO_PRIORITY, "PRIORITY"},
        {MIO_AIO, "AIO"},
        {MIO_LIO, "LIO"},
        {MIO_READABLE | MIO_WRITABLE, "READABLE | WRITABLE"},
        {MIO_READABLE | MIO_WRITABLE | MIO_LEVEL,
         "READABLE | WRITABLE | LEVEL"},
        {MIO_READABLE | MIO_ONESHOT, "READABLE | ONESHOT"},
        {MIO_READABLE | MIO_EXCLUSIVE, "READABLE | EXCLUSIVE"},
        {MIO_READABLE | 0x20000000u, "READABLE | 0x20000000"},
        {0x20000000u, "0x20000000"},
        {0, "0"},
    };
    char text[96];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_count(mio_interest_format(cases[i].interest, text, sizeof(text)),
                     strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

/* The longest text fits into what the header says always suffices, and a
 * smaller buffer is never written behind its end. */
static void format_space(void **state)
{
    char before[96];
    char text[96];
    size_t size;
    int length;

    (void)state;
    memset(before, '?', sizeof(before));
    length = mio_interest_format(UINT32_MAX, text, sizeof(text));
    assert_in_range(length, 1, sizeof(text) - 1);
    assert_int_equal(strlen(text), length);
    for (size = 0; size <= (size_t)length; size++) {
        memcpy(text, before, sizeof(text));
        assert_error(mio_interest_format(UINT32_MAX, text, size),
                     MIO_ERR_NO_SPACE);
        assert_memory_equal(text + size, before, sizeof(text) - size);
    }
    assert_count(mio_interest_format(UINT32_MAX, text, (size_t)length + 1),
                 length);
    assert_error(mio_interest_format(MIO_READABLE, NULL, 96),
                 MIO_ERR_INVALID_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(is_tests),
        TEST(bit_or),
        TEST_BARE(fmt_debug),
        TEST(add),
        {"remove", remove_, support_setup_fixture, support_teardown, NULL},
        TEST_BARE(format_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
