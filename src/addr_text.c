/* addr_text.c: addresses from and to text. */
#include "internal.h"

#include <string.h>

#include "sys/inet.h"
#include "sys/sockaddr.h"
#include "text.h"

#define UNIX_PREFIX "unix:"
#define NAME_MAX_SIZE 256 /* more than any system's sun_path */

/* ---- Writing ------------------------------------------------------------*/

static void write_ip(struct mio__text *text, const mio_addr *addr)
{
    char ip[MIO__INET_TEXT_SIZE];
    bool six = mio_addr_kind(addr) == MIO_ADDR_IPV6;
    mio__inet_write(addr, ip);
    mio__text_string(text, six ? "[" : "");
    mio__text_string(text, ip);
    if (mio_addr_scope(addr) != 0) {
        mio__text_char(text, '%');
        mio__text_number(text, mio_addr_scope(addr), 10);
    }
    mio__text_string(text, six ? "]:" : ":");
    mio__text_number(text, mio_addr_port(addr), 10);
}

/* Bytes that would not be read back as themselves are written \xNN. A leading
 * @ in a path is one of them: it marks an abstract name. */
static void write_name(struct mio__text *text, const unsigned char *name,
                       size_t length, bool escape_at)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = name[i];
        if (c < 0x20 || c == 0x7f || c == '\\' ||
            (i == 0 && escape_at && c == '@')) {
            mio__text_string(text, c < 0x10 ? "\\x0" : "\\x");
            mio__text_number(text, c, 16);
        } else {
            mio__text_char(text, (char)c);
        }
    }
}

int mio_addr_format(const mio_addr *addr, char *data, size_t size)
{
    mio_addr_family family = mio_addr_kind(addr);
    if (family == MIO_ADDR_NONE || data == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    struct mio__text text = {data, size, 0};
    if (family != MIO_ADDR_UNIX) {
        write_ip(&text, addr);
        return mio__text_end(&text);
    }
    mio__text_string(&text, UNIX_PREFIX);
    size_t length = 0;
    const void *name = mio_addr_path(addr, &length);
    if (name != NULL) {
        write_name(&text, name, length, true);
    } else if ((name = mio_addr_abstract_name(addr, &length)) != NULL) {
        mio__text_char(&text, '@');
        write_name(&text, name, length, false);
    }
    return mio__text_end(&text);
}

/* ---- Reading ------------------------------------------------------------*/

/* Reads a decimal number that ends exactly at `end`. */
static bool read_number(const char *text, const char *end, uint32_t max,
                        uint32_t *number)
{
    uint64_t value = 0;
    if (text == end) {
        return false;
    }
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > max) {
            return false;
        }
    }
    *number = (uint32_t)value;
    return true;
}

static bool read_port(const char *text, uint16_t *port)
{
    uint32_t number;
    if (!read_number(text, text + strlen(text), UINT16_MAX, &number)) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

/* "1.2.3.4:80" */
static int parse_ipv4(mio_addr *addr, const char *text)
{
    uint8_t ip[4];
    uint16_t port;
    const char *colon = strchr(text, ':');
    if (colon == NULL || !mio__inet_read_ipv4(text, colon, ip) ||
        !read_port(colon + 1, &port)) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio_addr_ipv4(addr, ip, port);
}

/* "[::1%2]:80", from behind the bracket */
static int parse_ipv6(mio_addr *addr, const char *text)
{
    uint8_t ip[16];
    uint16_t port;
    uint32_t scope = 0;
    const char *bracket = strchr(text, ']');
    if (bracket == NULL || bracket[1] != ':' ||
        !read_port(bracket + 2, &port)) {
        return MIO_ERR_INVALID_INPUT;
    }
    const char *end = memchr(text, '%', (size_t)(bracket - text));
    if (end == NULL) {
        end = bracket;
    } else if (!read_number(end + 1, bracket, UINT32_MAX, &scope)) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (!mio__inet_read_ipv6(text, end, ip)) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio_addr_ipv6(addr, ip, port, scope);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes write_name. Returns the length, or MIO_ERR_*. */
static int read_name(const char *text, char name[NAME_MAX_SIZE])
{
    int length = 0;
    while (*text != '\0') {
        char c = *text++;
        if (c == '\\') {
            int high = text[0] == 'x' ? hex_digit(text[1]) : -1;
            int low = high >= 0 ? hex_digit(text[2]) : -1;
            if (low < 0) {
                return MIO_ERR_INVALID_INPUT;
            }
            c = (char)(high * 16 + low);
            text += 3;
        }
        if (length == NAME_MAX_SIZE - 1) {
            return MIO_ERR_NAME_TOO_LONG;
        }
        name[length++] = c;
    }
    name[length] = '\0';
    return length;
}

/* What follows "unix:" */
static int parse_unix(mio_addr *addr, const char *text)
{
    char name[NAME_MAX_SIZE];
    bool is_abstract = *text == '@';
    int length = read_name(is_abstract ? text + 1 : text, name);
    if (length < 0) {
        return length;
    }
    if (is_abstract) {
        return mio_addr_unix_abstract(addr, name, (size_t)length);
    }
    if (length == 0) {
        mio__addr_unnamed(addr);
        return 0;
    }
    if (strlen(name) != (size_t)length) {
        return MIO_ERR_INVALID_INPUT; /* a path has no NUL inside */
    }
    return mio__addr_path(addr, name, (size_t)length);
}

int mio_addr_parse(mio_addr *addr, const char *text)
{
    if (addr == NULL || text == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
        return parse_unix(addr, text + strlen(UNIX_PREFIX));
    }
    return text[0] == '[' ? parse_ipv6(addr, text + 1) : parse_ipv4(addr, text);
}
