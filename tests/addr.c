/* addr.c: socket addresses as values. As text they are in addr_text.c. */
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#include <afunix.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#endif

#include "support.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

static const uint8_t ip4[4] = {192, 0, 2, 7};
static const uint8_t ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};

/* ---- IP -----------------------------------------------------------------*/

static void ipv4(void **state)
{
    mio_addr addr;
    size_t length = 0;

    (void)state;
    assert_ok(mio_addr_ipv4(&addr, ip4, 8080));
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_IPV4);
    assert_int_equal(mio_addr_port(&addr), 8080);
    assert_memory_equal(mio_addr_ip(&addr, &length), ip4, 4);
    assert_int_equal(length, 4);
    assert_int_equal(mio_addr_scope(&addr), 0);
    assert_null(mio_addr_path(&addr, NULL));
    assert_null(mio_addr_abstract_name(&addr, NULL));
    assert_false(mio_addr_is_unnamed(&addr));

    assert_ok(mio_addr_set_port(&addr, 65535));
    assert_int_equal(mio_addr_port(&addr), 65535);
    assert_memory_equal(mio_addr_ip(&addr, NULL), ip4, 4);

    assert_ok(mio_addr_ipv4(&addr, NULL, 1));
    assert_memory_equal(mio_addr_ip(&addr, NULL), "\0\0\0\0", 4);
    assert_error(mio_addr_ipv4(NULL, ip4, 1), MIO_ERR_INVALID_INPUT);
}

static void ipv6(void **state)
{
    static const uint8_t any[16] = {0};
    mio_addr addr;
    size_t length = 0;

    (void)state;
    assert_ok(mio_addr_ipv6(&addr, ip6, 443, 3));
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_IPV6);
    assert_int_equal(mio_addr_port(&addr), 443);
    assert_int_equal(mio_addr_scope(&addr), 3);
    assert_memory_equal(mio_addr_ip(&addr, &length), ip6, 16);
    assert_int_equal(length, 16);
    assert_null(mio_addr_path(&addr, NULL));

    assert_ok(mio_addr_set_port(&addr, 1));
    assert_int_equal(mio_addr_port(&addr), 1);
    assert_int_equal(mio_addr_scope(&addr), 3);
    assert_memory_equal(mio_addr_ip(&addr, NULL), ip6, 16);

    assert_ok(mio_addr_ipv6(&addr, NULL, 1, 0));
    assert_memory_equal(mio_addr_ip(&addr, NULL), any, 16);
    assert_error(mio_addr_ipv6(NULL, ip6, 1, 0), MIO_ERR_INVALID_INPUT);
}

/* The native form is what the system's own functions expect. */
static void native_form(void **state)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    mio_addr addr;
    size_t length = 0;

    (void)state;
    assert_ok(mio_addr_ipv4(&addr, ip4, 8080));
    memcpy(&in4, mio_addr_sockaddr(&addr, &length), sizeof(in4));
    assert_int_equal(length, sizeof(in4));
    assert_int_equal(in4.sin_family, AF_INET);
    assert_int_equal(in4.sin_port, htons(8080));
    assert_memory_equal(&in4.sin_addr, ip4, 4);

    assert_ok(mio_addr_ipv6(&addr, ip6, 443, 3));
    memcpy(&in6, mio_addr_sockaddr(&addr, &length), sizeof(in6));
    assert_int_equal(length, sizeof(in6));
    assert_int_equal(in6.sin6_family, AF_INET6);
    assert_int_equal(in6.sin6_port, htons(443));
    assert_int_equal(in6.sin6_scope_id, 3);
    assert_memory_equal(&in6.sin6_addr, ip6, 16);
}

/* ---- Unix ---------------------------------------------------------------*/

static void expect_native_length(const mio_addr *addr, size_t expected)
{
    size_t length = 0;

    assert_non_null(mio_addr_sockaddr(addr, &length));
    assert_int_equal(length, expected);
}

/* mio: uds::pathname_address. The NUL is part of the native length. */
static void pathname_address(void **state)
{
    mio_addr addr;
    size_t length = 0;

    (void)state;
    assert_ok(mio_addr_unix_path(&addr, "/run/x.sock"));
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_UNIX);
    assert_string_equal(mio_addr_path(&addr, &length), "/run/x.sock");
    assert_int_equal(length, strlen("/run/x.sock"));
    assert_null(mio_addr_abstract_name(&addr, NULL));
    assert_false(mio_addr_is_unnamed(&addr));
    assert_null(mio_addr_ip(&addr, NULL));
    assert_int_equal(mio_addr_port(&addr), 0);
    assert_error(mio_addr_set_port(&addr, 1), MIO_ERR_INVALID_INPUT);
    expect_native_length(&addr, PATH_OFFSET + strlen("/run/x.sock") + 1);

    assert_error(mio_addr_unix_path(&addr, ""), MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_unix_path(&addr, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_unix_path(NULL, "x"), MIO_ERR_INVALID_INPUT);
    assert_string_equal(mio_addr_path(&addr, NULL), "/run/x.sock");
}

static void path_length(void **state)
{
    char path[PATH_SIZE + 1];
    mio_addr addr;
    size_t length = 0;

    (void)state;
    memset(path, 'p', sizeof(path));
    path[PATH_SIZE] = '\0';
    assert_error(mio_addr_unix_path(&addr, path), MIO_ERR_NAME_TOO_LONG);
    path[PATH_SIZE - 1] = '\0';
    assert_ok(mio_addr_unix_path(&addr, path));
    assert_string_equal(mio_addr_path(&addr, &length), path);
    assert_int_equal(length, PATH_SIZE - 1);
    expect_native_length(&addr, sizeof(struct sockaddr_un));
}

/* mio: uds::abstract_address. The native length counts the leading NUL, and
 * there is none at the end. */
static void abstract_address(void **state)
{
    static const char name[] = {'a', '\0', 'b'};
    char longest[PATH_SIZE];
    mio_addr addr;
    size_t length = 0;

    (void)state;
    if (mio_addr_unix_abstract(&addr, name, 3) == MIO_ERR_UNSUPPORTED) {
        SKIP("the system has no abstract names");
    }
    assert_ok(mio_addr_unix_abstract(&addr, name, sizeof(name)));
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_UNIX);
    assert_memory_equal(mio_addr_abstract_name(&addr, &length), name, 3);
    assert_int_equal(length, 3);
    assert_null(mio_addr_path(&addr, NULL));
    assert_false(mio_addr_is_unnamed(&addr));
    expect_native_length(&addr, PATH_OFFSET + 1 + sizeof(name));

    memset(longest, 'n', sizeof(longest));
    assert_ok(mio_addr_unix_abstract(&addr, longest, PATH_SIZE - 1));
    expect_native_length(&addr, sizeof(struct sockaddr_un));
    assert_error(mio_addr_unix_abstract(&addr, longest, PATH_SIZE),
                 MIO_ERR_NAME_TOO_LONG);
    assert_error(mio_addr_unix_abstract(&addr, name, 0), MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_unix_abstract(&addr, NULL, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_unix_abstract(NULL, name, 1), MIO_ERR_INVALID_INPUT);
}

static void unnamed_address(void **state)
{
    mio_addr addr;

    (void)state;
    assert_ok(mio_addr_parse(&addr, "unix:"));
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_UNIX);
    assert_true(mio_addr_is_unnamed(&addr));
    assert_null(mio_addr_path(&addr, NULL));
    assert_null(mio_addr_abstract_name(&addr, NULL));
    expect_native_length(&addr, PATH_OFFSET);
}

/* ---- None ---------------------------------------------------------------*/

static void none(void **state)
{
    const mio_addr zeroed = {0};
    const mio_addr *const addrs[] = {NULL, &zeroed};
    mio_addr copy = zeroed;
    char text[MIO_ADDR_TEXT_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(addrs); i++) {
        assert_int_equal(mio_addr_kind(addrs[i]), MIO_ADDR_NONE);
        assert_null(mio_addr_sockaddr(addrs[i], NULL));
        assert_null(mio_addr_ip(addrs[i], NULL));
        assert_null(mio_addr_path(addrs[i], NULL));
        assert_null(mio_addr_abstract_name(addrs[i], NULL));
        assert_false(mio_addr_is_unnamed(addrs[i]));
        assert_int_equal(mio_addr_port(addrs[i]), 0);
        assert_int_equal(mio_addr_scope(addrs[i]), 0);
        assert_false(mio_addr_equal(addrs[i], addrs[i]));
        assert_error(mio_addr_format(addrs[i], text, sizeof(text)),
                     MIO_ERR_INVALID_INPUT);
    }
    assert_error(mio_addr_set_port(&copy, 1), MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_set_port(NULL, 1), MIO_ERR_INVALID_INPUT);
}

/* ---- Equality -----------------------------------------------------------*/

static void equality(void **state)
{
    /* No two of these are the same. */
    static const char *const texts[] = {
        "127.0.0.1:80", "127.0.0.1:81",   "127.0.0.2:80",   "0.0.0.0:80",
        "[::1]:80",     "[::1]:81",       "[::2]:80",       "[::]:80",
        "[fe80::1]:80", "[fe80::1%1]:80", "[fe80::1%2]:80", "[::127.0.0.1]:80",
        "unix:",        "unix:a",         "unix:ab",        "unix:A",
        "unix:@a",      "unix:@ab",       "unix:@a\\x00",
    };
    mio_addr addrs[ARRAY_LENGTH(texts)];
    mio_addr copy;
    size_t count = ARRAY_LENGTH(texts);
    size_t i;
    size_t k;

    (void)state;
    if (mio_addr_unix_abstract(&copy, "a", 1) == MIO_ERR_UNSUPPORTED) {
        count -= 3; /* the last ones are abstract */
    }
    for (i = 0; i < count; i++) {
        assert_ok(mio_addr_parse(&addrs[i], texts[i]));
    }
    for (i = 0; i < count; i++) {
        for (k = 0; k < count; k++) {
            memset(&copy, 0xA5, sizeof(copy));
            assert_ok(mio_addr_parse(&copy, texts[k]));
            assert_int_equal(mio_addr_equal(&addrs[i], &copy), i == k);
        }
        assert_false(mio_addr_equal(&addrs[i], NULL));
        assert_false(mio_addr_equal(NULL, &addrs[i]));
    }
}

static void flow_labels_do_not_count(void **state)
{
    struct sockaddr_in6 native;
    mio_addr plain;
    mio_addr labelled;

    (void)state;
    assert_ok(mio_addr_ipv6(&plain, ip6, 443, 0));
    memcpy(&native, mio_addr_sockaddr(&plain, NULL), sizeof(native));
    native.sin6_flowinfo = htonl(0x12345);
    assert_ok(mio_addr_from_sockaddr(
        &labelled, (const struct sockaddr *)&native, sizeof(native)));
    assert_true(mio_addr_equal(&plain, &labelled));
}

/* ---- From native addresses ----------------------------------------------*/

/* Converts exactly `length` bytes, in memory of their own, so that a
 * sanitizer sees a read behind them. */
static int from_bytes(mio_addr *addr, const void *bytes, size_t length)
{
    void *const copy = malloc(length);
    int result;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    result = mio_addr_from_sockaddr(addr, copy, length);
    free(copy);
    return result;
}

static void from_sockaddr_ip(void **state)
{
    static const char *const texts[] = {"192.0.2.7:80", "[fe80::1%2]:443"};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(texts); i++) {
        unsigned char native[sizeof(struct sockaddr_storage)] = {0};
        mio_addr addr;
        mio_addr copy = {0};
        size_t length = 0;
        size_t k;

        assert_ok(mio_addr_parse(&addr, texts[i]));
        (void)mio_addr_sockaddr(&addr, &length);
        memcpy(native, mio_addr_sockaddr(&addr, NULL), length);
        for (k = 1; k < length; k++) {
            assert_error(from_bytes(&copy, native, k), MIO_ERR_INVALID_INPUT);
        }
        assert_int_equal(mio_addr_kind(&copy), MIO_ADDR_NONE);
        assert_ok(from_bytes(&copy, native, length));
        assert_addr_equal(&copy, &addr);
    }
}

static void from_sockaddr_unix(void **state)
{
    unsigned char native[sizeof(struct sockaddr_storage)] = {0};
    struct sockaddr_un head = {.sun_family = AF_UNIX};
    mio_addr addr;
    size_t length = 0;

    (void)state;
    memcpy(native, &head, PATH_OFFSET);
    assert_error(from_bytes(&addr, native, 1), MIO_ERR_INVALID_INPUT);
    assert_ok(from_bytes(&addr, native, PATH_OFFSET));
    assert_true(mio_addr_is_unnamed(&addr));

    /* A path with a NUL, without one, and with many. */
    memcpy(native + PATH_OFFSET, "path", 4);
    for (size_t extra = 0; extra < 3; extra++) {
        assert_ok(from_bytes(&addr, native, PATH_OFFSET + 4 + extra));
        assert_string_equal(mio_addr_path(&addr, &length), "path");
        assert_int_equal(length, 4);
        expect_native_length(&addr, PATH_OFFSET + 5);
    }
    assert_ok(from_bytes(&addr, native, sizeof(struct sockaddr_un)));
    assert_string_equal(mio_addr_path(&addr, &length), "path");

    memcpy(native + PATH_OFFSET, "\0name", 5);
    if (mio_addr_unix_abstract(&addr, "name", 4) == 0) {
        assert_ok(from_bytes(&addr, native, PATH_OFFSET + 5));
        assert_memory_equal(mio_addr_abstract_name(&addr, &length), "name", 4);
        assert_int_equal(length, 4);
    }
    assert_error(from_bytes(&addr, native, sizeof(native)),
                 MIO_ERR_INVALID_INPUT);
}

/* A path may fill sun_path to its last byte, without a NUL; Linux then gives a
 * length that counts one all the same, but does not take that length back. */
static void from_sockaddr_longest_path(void **state)
{
    unsigned char native[sizeof(struct sockaddr_storage)] = {0};
    struct sockaddr_un head = {.sun_family = AF_UNIX};
    size_t extra;

    (void)state;
    memcpy(native, &head, PATH_OFFSET);
    memset(native + PATH_OFFSET, 'p', PATH_SIZE);
    for (extra = 0; extra < 2; extra++) {
        mio_addr addr;
        size_t length = 0;

        assert_ok(from_bytes(&addr, native, PATH_OFFSET + PATH_SIZE + extra));
        assert_int_equal(strlen(mio_addr_path(&addr, &length)), PATH_SIZE);
        assert_int_equal(length, PATH_SIZE);
        expect_native_length(&addr, sizeof(struct sockaddr_un));
    }
}

static void from_sockaddr_bad(void **state)
{
    struct sockaddr_storage native = {0};
    mio_addr addr = {0};

    (void)state;
    assert_error(mio_addr_from_sockaddr(NULL, (struct sockaddr *)&native, 16),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_from_sockaddr(&addr, NULL, 16),
                 MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_from_sockaddr(&addr, (struct sockaddr *)&native, 0),
                 MIO_ERR_INVALID_INPUT);
    native.ss_family = AF_UNSPEC;
    assert_error(from_bytes(&addr, &native, sizeof(native)),
                 MIO_ERR_UNSUPPORTED);
    native.ss_family = 0xFE;
    assert_error(from_bytes(&addr, &native, sizeof(native)),
                 MIO_ERR_UNSUPPORTED);
    assert_int_equal(mio_addr_kind(&addr), MIO_ADDR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(ipv4),
        TEST_BARE(ipv6),
        TEST_BARE(native_form),
        TEST_BARE(pathname_address),
        TEST_BARE(path_length),
        TEST_BARE(abstract_address),
        TEST_BARE(unnamed_address),
        TEST_BARE(none),
        TEST_BARE(equality),
        TEST_BARE(flow_labels_do_not_count),
        TEST_BARE(from_sockaddr_ip),
        TEST_BARE(from_sockaddr_unix),
        TEST_BARE(from_sockaddr_longest_path),
        TEST_BARE(from_sockaddr_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
