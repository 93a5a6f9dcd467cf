/* error.c: the error codes, their names and texts, and the system's codes. */
#include <errno.h>

#include "support.h"

struct code {
    int code;
    const char *name;
    const char *text;
};

static const struct code codes[] = {
#define CODE(name, number, text) {MIO_ERR_##name, "MIO_ERR_" #name, text},
    MIO_ERROR_MAP(CODE)
#undef CODE
};

static void codes_are_distinct_and_negative(void **state)
{
    size_t i;
    size_t k;

    (void)state;
    assert_int_equal(MIO_OK, 0);
    for (i = 0; i < ARRAY_LENGTH(codes); i++) {
        assert_true(codes[i].code < 0);
        for (k = 0; k < i; k++) {
            assert_int_not_equal(codes[i].code, codes[k].code);
            assert_string_not_equal(codes[i].text, codes[k].text);
        }
    }
}

/* The numbers are part of the ABI; these are the contract. */
static void numbers_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(MIO_ERR_WOULD_BLOCK, -1);
    assert_int_equal(MIO_ERR_INTERRUPTED, -2);
    assert_int_equal(MIO_ERR_IN_PROGRESS, -3);
    assert_int_equal(MIO_ERR_INVALID_INPUT, -10);
    assert_int_equal(MIO_ERR_BAD_DESCRIPTOR, -11);
    assert_int_equal(MIO_ERR_ALREADY_EXISTS, -12);
    assert_int_equal(MIO_ERR_NOT_FOUND, -13);
    assert_int_equal(MIO_ERR_UNSUPPORTED, -14);
    assert_int_equal(MIO_ERR_NO_SLOTS, -15);
    assert_int_equal(MIO_ERR_VERSION, -16);
    assert_int_equal(MIO_ERR_BUSY, -17);
    assert_int_equal(MIO_ERR_NO_SPACE, -18);
    assert_int_equal(MIO_ERR_MESSAGE_TOO_LONG, -19);
    assert_int_equal(MIO_ERR_NAME_TOO_LONG, -20);
    assert_int_equal(MIO_ERR_OUT_OF_DESCRIPTORS, -30);
    assert_int_equal(MIO_ERR_OUT_OF_MEMORY, -31);
    assert_int_equal(MIO_ERR_PERMISSION_DENIED, -32);
    assert_int_equal(MIO_ERR_ADDR_IN_USE, -40);
    assert_int_equal(MIO_ERR_ADDR_NOT_AVAILABLE, -41);
    assert_int_equal(MIO_ERR_CONNECTION_REFUSED, -42);
    assert_int_equal(MIO_ERR_CONNECTION_RESET, -43);
    assert_int_equal(MIO_ERR_CONNECTION_ABORTED, -44);
    assert_int_equal(MIO_ERR_NOT_CONNECTED, -45);
    assert_int_equal(MIO_ERR_ALREADY_CONNECTED, -46);
    assert_int_equal(MIO_ERR_BROKEN_PIPE, -47);
    assert_int_equal(MIO_ERR_TIMED_OUT, -48);
    assert_int_equal(MIO_ERR_HOST_UNREACHABLE, -49);
    assert_int_equal(MIO_ERR_NETWORK_UNREACHABLE, -50);
    assert_int_equal(MIO_ERR_NETWORK_DOWN, -51);
    assert_int_equal(MIO_ERR_OTHER, -99);
    assert_int_equal(ARRAY_LENGTH(codes), 30);
}

static const struct code *find_code(int code)
{
    size_t i;

    for (i = 0; i < ARRAY_LENGTH(codes); i++) {
        if (codes[i].code == code) {
            return &codes[i];
        }
    }
    return NULL;
}

/* Every number, known or not, has a name and a text. */
static void names_and_texts(void **state)
{
    static const int far[] = {INT32_MIN, INT32_MIN + 1, -65537, 65536,
                              INT32_MAX};
    size_t i;
    int code;

    (void)state;
    assert_string_equal(mio_error_name(0), "MIO_OK");
    assert_string_equal(mio_strerror(0), "success");
    for (code = -300; code <= 300; code++) {
        const struct code *const known = find_code(code);

        if (known != NULL) {
            assert_string_equal(mio_error_name(code), known->name);
            assert_string_equal(mio_strerror(code), known->text);
        } else if (code != 0) {
            assert_string_equal(mio_error_name(code), "MIO_ERR_?");
            assert_string_equal(mio_strerror(code), "unknown error");
        }
    }
    for (i = 0; i < ARRAY_LENGTH(far); i++) {
        assert_string_equal(mio_error_name(far[i]), "MIO_ERR_?");
        assert_string_equal(mio_strerror(far[i]), "unknown error");
    }
}

/* ---- The system's codes -------------------------------------------------*/

#ifndef _WIN32

static void from_errno(void **state)
{
    static const struct {
        int native;
        int code;
    } table[] = {
        {0, MIO_OK},
        {EAGAIN, MIO_ERR_WOULD_BLOCK},
        {EWOULDBLOCK, MIO_ERR_WOULD_BLOCK},
        {EINTR, MIO_ERR_INTERRUPTED},
        {EINPROGRESS, MIO_ERR_IN_PROGRESS},
        {EALREADY, MIO_ERR_IN_PROGRESS},
        {EINVAL, MIO_ERR_INVALID_INPUT},
        {EBADF, MIO_ERR_BAD_DESCRIPTOR},
        {ENOTSOCK, MIO_ERR_BAD_DESCRIPTOR},
        {EEXIST, MIO_ERR_ALREADY_EXISTS},
        {ENOENT, MIO_ERR_NOT_FOUND},
        {EOPNOTSUPP, MIO_ERR_UNSUPPORTED},
        {ENOTSUP, MIO_ERR_UNSUPPORTED},
        {ENOSYS, MIO_ERR_UNSUPPORTED},
        {EAFNOSUPPORT, MIO_ERR_UNSUPPORTED},
        {EPROTONOSUPPORT, MIO_ERR_UNSUPPORTED},
        {ENOPROTOOPT, MIO_ERR_UNSUPPORTED},
        {EBUSY, MIO_ERR_BUSY},
        {EMSGSIZE, MIO_ERR_MESSAGE_TOO_LONG},
        {ENAMETOOLONG, MIO_ERR_NAME_TOO_LONG},
        {EMFILE, MIO_ERR_OUT_OF_DESCRIPTORS},
        {ENFILE, MIO_ERR_OUT_OF_DESCRIPTORS},
        {ENOMEM, MIO_ERR_OUT_OF_MEMORY},
        {ENOBUFS, MIO_ERR_OUT_OF_MEMORY},
        {EACCES, MIO_ERR_PERMISSION_DENIED},
        {EPERM, MIO_ERR_PERMISSION_DENIED},
        {EADDRINUSE, MIO_ERR_ADDR_IN_USE},
        {EADDRNOTAVAIL, MIO_ERR_ADDR_NOT_AVAILABLE},
        {ECONNREFUSED, MIO_ERR_CONNECTION_REFUSED},
        {ECONNRESET, MIO_ERR_CONNECTION_RESET},
        {ECONNABORTED, MIO_ERR_CONNECTION_ABORTED},
        {ENOTCONN, MIO_ERR_NOT_CONNECTED},
        {EDESTADDRREQ, MIO_ERR_NOT_CONNECTED},
        {EISCONN, MIO_ERR_ALREADY_CONNECTED},
        {EPIPE, MIO_ERR_BROKEN_PIPE},
        {ETIMEDOUT, MIO_ERR_TIMED_OUT},
        {EHOSTUNREACH, MIO_ERR_HOST_UNREACHABLE},
        {ENETUNREACH, MIO_ERR_NETWORK_UNREACHABLE},
        {ENETDOWN, MIO_ERR_NETWORK_DOWN},
        {EIO, MIO_ERR_OTHER},
        {ENOSPC, MIO_ERR_OTHER},
        {EDOM, MIO_ERR_OTHER},
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(table); i++) {
        const int code = mio_error_from_os(table[i].native);

        if (code != table[i].code) {
            print_error("errno %d is %s, not %s\n", table[i].native,
                        mio_error_name(code), mio_error_name(table[i].code));
            fail();
        }
    }
}

/* Whatever the system may say, the answer is in the closed set. */
static void from_any_errno(void **state)
{
    int native;

    (void)state;
    for (native = -1000; native <= 5000; native++) {
        const int code = mio_error_from_os(native);

        if (native == 0) {
            assert_int_equal(code, 0);
        } else {
            assert_non_null(find_code(code));
        }
    }
}

static void last_os_error(void **state)
{
    mio_addr addr = any_v4();
    mio_tcp_listener first;
    mio_tcp_listener second;

    (void)state;
    listen_on(&first, &addr);
    assert_int_equal(mio_tcp_listener_bind(&second, &addr),
                     MIO_ERR_ADDR_IN_USE);
    assert_int_equal(mio_last_os_error(), EADDRINUSE);

    /* A refused argument leaves it alone. */
    errno = EDOM;
    assert_int_equal(mio_tcp_listener_bind(NULL, &addr), MIO_ERR_INVALID_INPUT);
    assert_int_equal(mio_last_os_error(), EDOM);
    mio_tcp_listener_close(&first);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(codes_are_distinct_and_negative),
        TEST_BARE(numbers_are_fixed),
        TEST_BARE(names_and_texts),
#ifndef _WIN32
        TEST_BARE(from_errno),
        TEST_BARE(from_any_errno),
        TEST_BARE(last_os_error),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
