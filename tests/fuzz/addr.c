/* addr: any text and any native address. What parses must come back unchanged
 * from being written and read again; what does not must leave the result
 * alone. */
#include <mio.h>

#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
typedef ADDRESS_FAMILY sa_family_t;
#else
#include <sys/socket.h>
#endif

#include "fuzz.h"

enum { TEXT_MAX = 1024 };

/* Writes an address, reads it, and writes it again. */
static void round_trip(const mio_addr *addr)
{
    char first[MIO_ADDR_TEXT_SIZE];
    char second[MIO_ADDR_TEXT_SIZE];
    mio_addr again;
    int length = mio_addr_format(addr, first, sizeof(first));
    CHECK(length > 0 && (size_t)length == strlen(first));
    CHECK(mio_addr_parse(&again, first) == 0);
    CHECK(mio_addr_equal(addr, &again));
    CHECK(mio_addr_kind(addr) == mio_addr_kind(&again));
    CHECK(mio_addr_port(addr) == mio_addr_port(&again));
    CHECK(mio_addr_format(&again, second, sizeof(second)) == length);
    CHECK(strcmp(first, second) == 0);

    /* One byte less than needed does not fit. */
    CHECK(mio_addr_format(addr, second, (size_t)length) == MIO_ERR_NO_SPACE);
    CHECK(mio_addr_format(addr, second, (size_t)length + 1) == length);
}

static void parse(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    if (size > TEXT_MAX) {
        size = TEXT_MAX;
    }
    memcpy(text, data, size);
    text[size] = '\0';

    mio_addr addr;
    mio_addr before;
    memset(&addr, 0xa5, sizeof(addr));
    memcpy(&before, &addr, sizeof(addr));
    int result = mio_addr_parse(&addr, text);
    if (result == 0) {
        round_trip(&addr);
    } else {
        CHECK(result == MIO_ERR_INVALID_INPUT ||
              result == MIO_ERR_NAME_TOO_LONG || result == MIO_ERR_UNSUPPORTED);
        /* NOLINTNEXTLINE: untouched means all bytes, not an equal value */
        CHECK(memcmp(&addr, &before, sizeof(addr)) == 0);
    }
}

static void from_native(const uint8_t *data, size_t size)
{
    union {
        uint64_t align;
        unsigned char bytes[2 * MIO_ADDR_NATIVE_SIZE];
    } native;
    if (size > sizeof(native)) {
        size = sizeof(native);
    }
    memset(&native, 0, sizeof(native));
    memcpy(native.bytes, data, size);

    /* Bytes are hardly ever a family that the library knows. */
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
    struct sockaddr *chosen = (struct sockaddr *)(void *)&native;
    if (size > 0 && data[size - 1] % 4 < 3) {
        chosen->sa_family = (sa_family_t)families[data[size - 1] % 4];
    }

    mio_addr addr;
    const struct sockaddr *in = (const struct sockaddr *)(const void *)&native;
    int result = mio_addr_from_sockaddr(&addr, in, size);
    if (result == 0) {
        size_t length;
        CHECK(mio_addr_kind(&addr) != MIO_ADDR_NONE);
        CHECK(mio_addr_sockaddr(&addr, &length) != NULL);
        CHECK(length > 0 && length <= MIO_ADDR_NATIVE_SIZE);
        round_trip(&addr);
    } else {
        CHECK(result == MIO_ERR_INVALID_INPUT || result == MIO_ERR_UNSUPPORTED);
    }
}

/* Text that is nearly right, which random bytes hardly ever are. */
static void parse_likely(const uint8_t *data, size_t size)
{
    static const char *const parts[] = {
        "127.0.0.1", "1",  ":",    "[",  "]",     "%",     "::", "fe80",
        "255",       ".",  "0",    "80", "unix:", "@",     "/",  "\\x",
        "ffff",      "00", "\\\\", "a",  "65535", "65536", "-",  " "};
    char text[TEXT_MAX + 16];
    size_t length = 0;
    for (size_t i = 0; i < size && length < TEXT_MAX; i++) {
        const char *part = parts[data[i] % (sizeof(parts) / sizeof(*parts))];
        size_t part_length = strlen(part);
        memcpy(text + length, part, part_length);
        length += part_length;
    }
    parse((const uint8_t *)text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        parse(data + 1, size - 1);
        break;
    case 1:
        parse_likely(data + 1, size - 1 > 24 ? data[size - 1] % 24 : size - 1);
        break;
    default:
        from_native(data + 1, size - 1);
        break;
    }
    return 0;
}
