/* addr_text.c: socket addresses from and to text. */
#include "support.h"

static void parse_ip(void **state)
{
    static const struct {
        const char *text;
        uint8_t ip[16];
        size_t length;
        uint16_t port;
        uint32_t scope;
    } cases[] = {
        {"127.0.0.1:80", {127, 0, 0, 1}, 4, 80, 0},
        {"0.0.0.0:0", {0}, 4, 0, 0},
        {"255.255.255.255:65535", {255, 255, 255, 255}, 4, 65535, 0},
        {"[::]:0", {0}, 16, 0, 0},
        {"[::1]:80", {[15] = 1}, 16, 80, 0},
        {"[1::]:80", {0, 1}, 16, 80, 0},
        {"[1:2:3:4:5:6:7:8]:9",
         {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8},
         16,
         9,
         0},
        {"[2001:DB8::a:B]:1",
         {0x20, 0x01, 0x0D, 0xB8, [13] = 0x0A, [15] = 0x0B},
         16,
         1,
         0},
        {"[1:2:3:4:5:6:7::]:9",
         {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7},
         16,
         9,
         0},
        {"[::ffff:192.0.2.7]:1", {[10] = 0xFF, 0xFF, 192, 0, 2, 7}, 16, 1, 0},
        {"[fe80::1%2]:80", {0xFE, 0x80, [15] = 1}, 16, 80, 2},
        {"[fe80::1%4294967295]:80", {0xFE, 0x80, [15] = 1}, 16, 80, UINT32_MAX},
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(cases); i++) {
        mio_addr addr;
        size_t length = 0;

        assert_ok(mio_addr_parse(&addr, cases[i].text));
        assert_memory_equal(mio_addr_ip(&addr, &length), cases[i].ip,
                            cases[i].length);
        assert_int_equal(length, cases[i].length);
        assert_int_equal(mio_addr_port(&addr), cases[i].port);
        assert_int_equal(mio_addr_scope(&addr), cases[i].scope);
    }
}

static void parse_unix(void **state)
{
    mio_addr addr;
    size_t length = 0;

    (void)state;
    assert_ok(mio_addr_parse(&addr, "unix:/run/x.sock"));
    assert_string_equal(mio_addr_path(&addr, NULL), "/run/x.sock");
    assert_ok(mio_addr_parse(&addr, "unix:a b:\\x5c\\x41\\x7E\\xff"));
    assert_string_equal(mio_addr_path(&addr, &length), "a b:\\A~\xff");
    assert_ok(mio_addr_parse(&addr, "unix:\\x40name"));
    assert_string_equal(mio_addr_path(&addr, NULL), "@name");
    assert_ok(mio_addr_parse(&addr, "unix:"));
    assert_true(mio_addr_is_unnamed(&addr));

    if (mio_addr_parse(&addr, "unix:@a\\x00b@") == MIO_ERR_UNSUPPORTED) {
        SKIP("the system has no abstract names");
    }
    assert_memory_equal(mio_addr_abstract_name(&addr, &length), "a\0b@", 4);
    assert_int_equal(length, 4);
}

static void parse_malformed(void **state)
{
    static const char *const texts[] = {
        "",
        ":",
        "80",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:4294967376", /* 80, were it to wrap */
        "127.0.0.1:18446744073709551696",
        "127.0.0.1:99999999999999999999999",
        "127.0.0.1:-1",
        "127.0.0.1:+80",
        "127.0.0.1: 80",
        "127.0.0.1:80 ",
        "127.0.0.1:8o",
        "127.0.0.1:0x50",
        "127.0.0.1:80:80",
        " 127.0.0.1:80",
        "127.0.0.1 :80",
        "127.0.0.256:80",
        "127.0.0.1000:80",
        "127.0.0.-1:80",
        "127.0.0:80",
        "127.0.0.1.1:80",
        "127..0.1:80",
        ".127.0.0.1:80",
        "127.0.0.1.:80",
        "0x7f.0.0.1:80",
        "2130706433:80",
        "localhost:80",
        "::1:80",
        "[::1]",
        "[::1]:",
        "[::1]80",
        "[::1]:65536",
        "[::1]:80x",
        "[::1]x:80",
        "[::1:80",
        "::1]:80",
        "[]:80",
        "[:]:80",
        "[:::]:80",
        "[:1]:80",
        "[1:]:80",
        "[1::2::3]:80",
        "[1:2:3:4:5:6:7]:80",
        "[1:2:3:4:5:6:7:8:9]:80",
        "[1:2:3:4:5:6:7:8::]:80",
        "[12345::]:80",
        "[g::]:80",
        "[127.0.0.1]:80",
        "[::1.2.3]:80",
        "[::1.2.3.256]:80",
        "[1.2.3.4::]:80",
        "[1:2:3:4:5:6:7:1.2.3.4]:80",
        "[fe80::1%]:80",
        "[fe80::1%eth0]:80",
        "[fe80::1%-1]:80",
        "[fe80::1%4294967296]:80",
        "[fe80::1%1%1]:80",
        "[%1]:80",
        "[[::1]]:80",
        "/run/x.sock",
        "unix",
        "UNIX:/run/x.sock",
        "unix:@",
        "unix:\\",
        "unix:\\x",
        "unix:\\x4",
        "unix:\\x4g",
        "unix:\\xg4",
        "unix:\\n",
        "unix:a\\x00b",
        "unix:\\x00",
    };
    const mio_addr before = any_v4();
    mio_addr addr = before;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(texts); i++) {
        if (mio_addr_parse(&addr, texts[i]) != MIO_ERR_INVALID_INPUT) {
            print_error("\"%s\" is not refused\n", texts[i]);
            fail();
        }
    }
    assert_error(mio_addr_parse(&addr, NULL), MIO_ERR_INVALID_INPUT);
    assert_error(mio_addr_parse(NULL, "127.0.0.1:80"), MIO_ERR_INVALID_INPUT);
    assert_memory_equal(&addr, &before, sizeof(addr));
}

static void parse_too_long(void **state)
{
    char text[1024] = "unix:";
    mio_addr addr;

    (void)state;
    memset(text + 5, 'p', 200);
    text[205] = '\0';
    assert_error(mio_addr_parse(&addr, text), MIO_ERR_NAME_TOO_LONG);
    memset(text + 5, 'p', sizeof(text) - 6);
    text[sizeof(text) - 1] = '\0';
    assert_error(mio_addr_parse(&addr, text), MIO_ERR_NAME_TOO_LONG);
}

/* ---- Writing ------------------------------------------------------------*/

/* These are written as they are read. */
static void format(void **state)
{
    static const char *const texts[] = {
        "127.0.0.1:80",
        "0.0.0.0:0",
        "255.255.255.255:65535",
        "[::]:0",
        "[::1]:80",
        "[1::]:80",
        "[1::8]:80",
        "[1:2:3:4:5:6:7:8]:9",
        "[2001:db8::a:b]:1",
        "[::ffff:192.0.2.7]:1",
        "[fe80::1%2]:80",
        "[fe80::1%4294967295]:80",
        "unix:",
        "unix:/run/x.sock",
        "unix:a b:c",
        "unix:@name",
        "unix:\\x40name",
        "unix:a\\x5cb",
        "unix:a\\x0ab\\x1f\\x7f",
        "unix:@a\\x00b",
        "unix:@@a@",
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LENGTH(texts); i++) {
        char text[MIO_ADDR_TEXT_SIZE];
        mio_addr addr;
        const int result = mio_addr_parse(&addr, texts[i]);

        if (result == MIO_ERR_UNSUPPORTED && texts[i][5] == '@') {
            continue; /* no abstract names here */
        }
        assert_ok(result);
        assert_count(mio_addr_format(&addr, text, sizeof(text)),
                     strlen(texts[i]));
        assert_string_equal(text, texts[i]);
    }
}

static void format_space(void **state)
{
    const mio_addr addr = any_v4(); /* "127.0.0.1:0" */
    const size_t length = strlen("127.0.0.1:0");
    char before[32];
    char text[32];
    size_t size;

    (void)state;
    memset(before, '?', sizeof(before));
    for (size = 0; size <= length; size++) {
        memcpy(text, before, sizeof(text));
        assert_error(mio_addr_format(&addr, text, size), MIO_ERR_NO_SPACE);
        assert_memory_equal(text + size, before, sizeof(text) - size);
    }
    assert_count(mio_addr_format(&addr, text, length + 1), length);
    assert_string_equal(text, "127.0.0.1:0");
    assert_memory_equal(text + length + 1, before, sizeof(text) - length - 1);
    assert_error(mio_addr_format(&addr, NULL, 32), MIO_ERR_INVALID_INPUT);
}

/* ---- There and back -----------------------------------------------------*/

/* A small generator, the same sequence in every run. */
static uint8_t next_byte(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint8_t)(*seed >> 24);
}

static void expect_round_trip(const mio_addr *addr)
{
    char text[MIO_ADDR_TEXT_SIZE];
    mio_addr copy;
    const int length = mio_addr_format(addr, text, sizeof(text));

    assert_in_range(length, 1, sizeof(text) - 1);
    assert_int_equal(strlen(text), length);
    assert_ok(mio_addr_parse(&copy, text));
    assert_addr_equal(&copy, addr);
}

static void round_trip_ip(void **state)
{
    uint32_t seed = 1;
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        mio_addr addr;
        uint8_t bytes[16];
        uint16_t port;
        size_t k;

        /* Many zeros, so that every kind of "::" appears. */
        for (k = 0; k < sizeof(bytes); k++) {
            bytes[k] = next_byte(&seed) < 96 ? next_byte(&seed) : 0;
        }
        port = (uint16_t)(next_byte(&seed) * 256 + next_byte(&seed));
        assert_ok(mio_addr_ipv4(&addr, bytes, port));
        expect_round_trip(&addr);
        assert_ok(mio_addr_ipv6(&addr, bytes, port, next_byte(&seed) / 128u));
        expect_round_trip(&addr);
    }
}

static void round_trip_unix(void **state)
{
    uint32_t seed = 2;
    char name[104];
    mio_addr addr;
    int i;

    (void)state;
    for (i = 0; i < 5000; i++) {
        const size_t length = 1 + next_byte(&seed) % 102u;
        size_t k;

        for (k = 0; k < length; k++) {
            name[k] = (char)next_byte(&seed);
        }
        if (mio_addr_unix_abstract(&addr, name, length) == 0) {
            expect_round_trip(&addr);
        }
        for (k = 0; k < length; k++) {
            if (name[k] == '\0') {
                name[k] = 'x';
            }
        }
        name[length] = '\0';
        assert_ok(mio_addr_unix_path(&addr, name));
        expect_round_trip(&addr);
    }
    /* The longest text of all. */
    memset(name, '\x01', sizeof(name));
    name[103] = '\0';
    assert_ok(mio_addr_unix_path(&addr, name));
    expect_round_trip(&addr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BARE(parse_ip),        TEST_BARE(parse_unix),
        TEST_BARE(parse_malformed), TEST_BARE(parse_too_long),
        TEST_BARE(format),          TEST_BARE(format_space),
        TEST_BARE(round_trip_ip),   TEST_BARE(round_trip_unix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
