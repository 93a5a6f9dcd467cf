/* event_text.c: the predicates of events, and events as text. */
#include "support.h"

static mio_event event_with(uint32_t flags)
{
    const mio_event event = {.flags = flags, .token = 7};

    return event;
}

/* What each flag means alone, as mio/event.h says. */
static void predicates(void **state)
{
    static const struct {
        uint32_t flag;
        unsigned readiness;
    } cases[] = {
        {0, 0},
        {MIO_EVENT_IN, R_READABLE},
        {MIO_EVENT_PRIORITY, R_READABLE | R_PRIORITY},
        {MIO_EVENT_OUT, R_WRITABLE},
        {MIO_EVENT_ERROR, R_READABLE | R_WRITABLE | R_ERROR},
        {MIO_EVENT_HANGUP,
         R_READABLE | R_WRITABLE | R_READ_CLOSED | R_WRITE_CLOSED},
        {MIO_EVENT_READ_CLOSED, R_READ_CLOSED},
        {MIO_EVENT_WRITE_CLOSED, R_WRITABLE | R_WRITE_CLOSED},
        {MIO_EVENT_PIPE_SENDER, 0},
        {MIO_EVENT_AIO, 0},
        {MIO_EVENT_LIO, 0},
    };
    size_t i;
    size_t k;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(cases); i++) {
        const mio_event event = event_with(cases[i].flag);

        assert_int_equal(readiness_of(&event), cases[i].readiness);
        assert_int_equal(mio_event_is_aio(&event),
                         cases[i].flag == MIO_EVENT_AIO);
        assert_int_equal(mio_event_is_lio(&event),
                         cases[i].flag == MIO_EVENT_LIO);
        /* Two flags mean what each of them means; only a pipe's sender is
         * closed by an error. */
        for (k = 0; k < ARRAY_LENGTH(cases); k++) {
            const uint32_t flags = cases[i].flag | cases[k].flag;
            const mio_event both = event_with(flags);
            unsigned expected = cases[i].readiness | cases[k].readiness;

            if (flags == (MIO_EVENT_ERROR | MIO_EVENT_PIPE_SENDER)) {
                expected |= R_WRITE_CLOSED;
            }
            assert_int_equal(readiness_of(&both), expected);
        }
    }
}

/* The predicates are exported too, for callers that have no C header. A
 * function's address is that of the exported one. */
static void predicates_are_exported(void **state)
{
    bool (*volatile readable)(const mio_event *) = mio_event_is_readable;
    mio_token (*volatile token)(const mio_event *) = mio_event_token;
    const mio_event event = event_with(MIO_EVENT_IN);

    (void)state;
    assert_true(readable(&event));
    assert_int_equal(token(&event), 7);
}

/* A token comes back whole: an index, or a pointer. */
static void token_range(void **state)
{
    const mio_token tokens[] = {0, 1, (mio_token)&tokens, UINTPTR_MAX / 2 + 1,
                                MIO_TOKEN_RESERVED - 1};
    struct fixture *const f = *state;
    const mio_addr addr = any_v4();
    mio_udp_socket socket;
    size_t i;

    assert_ok(mio_udp_socket_bind(&socket, &addr));
    for (i = 0; i < ARRAY_LENGTH(tokens); i++) {
        assert_ok(mio_registry_register(f->registry, &socket.source, tokens[i],
                                        MIO_WRITABLE));
        expect_only(f, tokens[i], R_WRITABLE);
        assert_ok(mio_registry_deregister(f->registry, &socket.source));
    }
    assert_error(mio_registry_register(f->registry, &socket.source,
                                       MIO_TOKEN_RESERVED, MIO_WRITABLE),
                 MIO_ERR_INVALID_INPUT);
    mio_udp_socket_close(&socket);
}

/* ---- Text ---------------------------------------------------------------*/

static void format(void **state)
{
    static const struct {
        mio_event event;
        const char *text;
    } cases[] = {
        {{MIO_EVENT_IN | MIO_EVENT_READ_CLOSED, 7}, "token=7 IN | READ_CLOSED"},
        {{MIO_EVENT_IN | MIO_EVENT_OUT, 0}, "token=0 IN | OUT"},
        {{MIO_EVENT_PRIORITY, 1}, "token=1 PRIORITY"},
        {{MIO_EVENT_ERROR | MIO_EVENT_HANGUP, 2}, "token=2 ERROR | HANGUP"},
        {{MIO_EVENT_WRITE_CLOSED, 3}, "token=3 WRITE_CLOSED"},
        {{0, UINT64_MAX}, "token=18446744073709551615 0"},
    };
    char text[160];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_count(mio_event_format(&cases[i].event, text, sizeof(text)),
                     strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

static void format_space(void **state)
{
    const mio_event longest = {UINT32_MAX, UINT64_MAX};
    char before[160];
    char text[160];
    size_t size;
    int length;

    (void)state;
    memset(before, '?', sizeof(before));
    length = mio_event_format(&longest, text, sizeof(text));
    assert_in_range(length, 1, sizeof(text) - 1);
    assert_int_equal(strlen(text), length);
    for (size = 0; size <= (size_t)length; size++) {
        memcpy(text, before, sizeof(text));
        assert_error(mio_event_format(&longest, text, size), MIO_ERR_NO_SPACE);
        assert_memory_equal(text + size, before, sizeof(text) - size);
    }
    assert_count(mio_event_format(&longest, text, (size_t)length + 1), length);
    assert_error(mio_event_format(NULL, text, sizeof(text)),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_event_format(&longest, NULL, 160), MIO_ERR_INVALID_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(predicates),   TEST_BARE(predicates_are_exported),
        TEST(token_range),       TEST_BARE(format),
        TEST_BARE(format_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
