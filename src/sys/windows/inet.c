/* inet.c: see sys/inet.h.
 *
 * The system's functions have ways of their own: the writer sets off an IPv4
 * address in more kinds of IPv6 address, the reader takes more than one
 * notation for some addresses. Here addresses are written as Unix writes them,
 * and what reaches the reader is what Unix reads: four decimal numbers without
 * leading zeros, and groups of at most four hexadecimal digits, the last two
 * of which may be such an IPv4 address. */
#include "sys/sockaddr.h"

#ifdef _WIN32

#include <string.h>

#include "sys/inet.h"
#include "text.h"

enum { GROUPS = 8 };

static void write_ipv4(struct mio__text *text, const uint8_t ip[4])
{
    for (int i = 0; i < 4; i++) {
        mio__text_string(text, i > 0 ? "." : "");
        mio__text_number(text, ip[i], 10);
    }
}

/* The longest run of two or more zeros, the first if there are several. */
static void zeros_find(const unsigned groups[GROUPS], int *start, int *count)
{
    *start = -1;
    *count = 1;
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > *count) {
            *start = i + 1 - run;
            *count = run;
        }
    }
}

static void write_ipv6(struct mio__text *text, const uint8_t ip[16])
{
    unsigned groups[GROUPS];
    int zeros;
    int zero_count;
    const uint8_t *pair = ip;
    for (int i = 0; i < GROUPS; i++, pair += 2) {
        groups[i] = (unsigned)pair[0] << 8 | pair[1];
    }
    zeros_find(groups, &zeros, &zero_count);
    /* ::1.2.3.4 and ::ffff:1.2.3.4 */
    bool has_ipv4 = zeros == 0 && (zero_count == 6 ||
                                   (zero_count == 5 && groups[5] == 0xffff));
    int i = 0;
    while (i < GROUPS) {
        if (i == zeros) {
            mio__text_string(text, "::");
            i += zero_count;
        } else if (has_ipv4 && i == 6) {
            write_ipv4(text, ip + 12);
            i = GROUPS;
        } else {
            mio__text_number(text, groups[i], 16);
            i++;
            mio__text_string(text, i < GROUPS && i != zeros ? ":" : "");
        }
    }
}

void mio__inet_write(const mio_addr *addr, char text[MIO__INET_TEXT_SIZE])
{
    size_t length = 0;
    const uint8_t *ip = mio_addr_ip(addr, &length);
    struct mio__text out = {text, MIO__INET_TEXT_SIZE, 0};
    if (length == 4) {
        write_ipv4(&out, ip);
    } else {
        write_ipv6(&out, ip);
    }
    (void)mio__text_end(&out); /* 45 characters at most */
}

/* Reads 0 to 255 from *text on, and moves *text behind it. */
static bool read_byte(const char **text, const char *end, uint8_t *byte)
{
    const char *start = *text;
    unsigned value = 0;
    while (*text < end && **text >= '0' && **text <= '9' && value <= 255) {
        value = value * 10 + (unsigned)(**text - '0');
        (*text)++;
    }
    ptrdiff_t digits = *text - start;
    *byte = (uint8_t)value;
    return digits > 0 && value <= 255 && (digits == 1 || *start != '0');
}

bool mio__inet_read_ipv4(const char *text, const char *end, uint8_t ip[4])
{
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++) {
        if (i > 0 && (text == end || *text++ != '.')) {
            return false;
        }
        if (!read_byte(&text, end, &bytes[i])) {
            return false;
        }
    }
    if (text != end) {
        return false;
    }
    memcpy(ip, bytes, sizeof(bytes));
    return true;
}

static bool is_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

/* Whether there are only groups and colons, in whatever order. */
static bool is_made_of_groups(const char *text, const char *end)
{
    const char *group = text;
    for (const char *c = text; c < end; c++) {
        uint8_t ip[4];
        if (*c == ':') {
            group = c + 1;
        } else if (*c == '.') {
            return mio__inet_read_ipv4(group, end, ip);
        } else if (!is_hex_digit(*c) || c - group >= 4) {
            return false;
        }
    }
    return true;
}

bool mio__inet_read_ipv6(const char *text, const char *end, uint8_t ip[16])
{
    char copy[MIO__INET_TEXT_SIZE];
    size_t length = (size_t)(end - text);
    if (length >= sizeof(copy) || !is_made_of_groups(text, end)) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(AF_INET6, copy, ip) == 1;
}

#endif /* _WIN32 */
