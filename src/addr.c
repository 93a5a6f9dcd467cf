/* addr.c: socket addresses. A mio_addr keeps the native structure, so that it
 * goes to the system and back without conversion; the bytes are copied in and
 * out, because their declared type is not that structure's. */
#include "internal.h"

#include <string.h>

#include "sys/sockaddr.h"

/* OpenBSD's sockaddr_storage has 256 bytes, twice what any address needs. */
_Static_assert(sizeof(struct sockaddr_storage) >= MIO_ADDR_NATIVE_SIZE,
               "what fills a mio_addr can be copied from a native buffer");
_Static_assert(sizeof(struct sockaddr_in6) <= MIO_ADDR_NATIVE_SIZE,
               "mio_addr holds every IP address");
_Static_assert(sizeof(struct sockaddr_un) + 1 < MIO_ADDR_NATIVE_SIZE,
               "a NUL fits behind the longest path");

_Static_assert(offsetof(struct sockaddr_in, sin_port) ==
                   offsetof(struct sockaddr_in6, sin6_port),
               "one place for the port");

#define PORT_OFFSET offsetof(struct sockaddr_in, sin_port)
#define SCOPE_OFFSET offsetof(struct sockaddr_in6, sin6_scope_id)
#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

static void addr_begin(mio_addr *addr, mio__native_family family, size_t length)
{
    memset(addr, 0, sizeof(*addr));
    memcpy(addr->native_.bytes_ + offsetof(struct sockaddr, sa_family), &family,
           sizeof(family));
    addr->length_ = (uint32_t)length;
}

static void port_write(mio_addr *addr, uint16_t port)
{
    uint16_t native = htons(port);
    memcpy(addr->native_.bytes_ + PORT_OFFSET, &native, sizeof(native));
}

/* ---- Making -------------------------------------------------------------*/

int mio_addr_ipv4(mio_addr *addr, const uint8_t ip[4], uint16_t port)
{
    if (addr == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    addr_begin(addr, AF_INET, sizeof(struct sockaddr_in));
    port_write(addr, port);
    if (ip != NULL) {
        memcpy(addr->native_.bytes_ + offsetof(struct sockaddr_in, sin_addr),
               ip, 4);
    }
    return 0;
}

int mio_addr_ipv6(mio_addr *addr, const uint8_t ip[16], uint16_t port,
                  uint32_t scope)
{
    if (addr == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    addr_begin(addr, AF_INET6, sizeof(struct sockaddr_in6));
    port_write(addr, port);
    memcpy(addr->native_.bytes_ + SCOPE_OFFSET, &scope, sizeof(scope));
    if (ip != NULL) {
        memcpy(addr->native_.bytes_ + offsetof(struct sockaddr_in6, sin6_addr),
               ip, 16);
    }
    return 0;
}

int mio__addr_path(mio_addr *addr, const char *path, size_t length)
{
    if (length > PATH_SIZE) {
        return MIO_ERR_NAME_TOO_LONG;
    }
    addr_begin(addr, AF_UNIX, PATH_OFFSET + length + 1);
    memcpy(addr->native_.bytes_ + PATH_OFFSET, path, length);
    return 0;
}

int mio_addr_unix_path(mio_addr *addr, const char *path)
{
    if (addr == NULL || path == NULL || *path == '\0') {
        return MIO_ERR_INVALID_INPUT;
    }
    size_t length = strlen(path);
    return length < PATH_SIZE ? mio__addr_path(addr, path, length)
                              : MIO_ERR_NAME_TOO_LONG;
}

int mio_addr_unix_abstract(mio_addr *addr, const void *name, size_t length)
{
    if (addr == NULL || name == NULL || length == 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (length >= PATH_SIZE) {
        return MIO_ERR_NAME_TOO_LONG;
    }
    if (!MIO__HAS_ABSTRACT_NAMES) {
        return MIO_ERR_UNSUPPORTED;
    }
    addr_begin(addr, AF_UNIX, PATH_OFFSET + 1 + length);
    memcpy(addr->native_.bytes_ + PATH_OFFSET + 1, name, length);
    return 0;
}

void mio__addr_unnamed(mio_addr *addr)
{
    addr_begin(addr, AF_UNIX, PATH_OFFSET);
}

/* Some systems give unnamed peers a length with zero bytes; some give paths
 * without a NUL, or with the whole of sun_path. One form for each here. */
static size_t unix_length(const unsigned char *bytes, size_t length)
{
    const unsigned char *path = bytes + PATH_OFFSET;
    size_t room = length - PATH_OFFSET;
    if (room == 0) {
        return length;
    }
    if (path[0] != '\0') {
        const void *end = memchr(path, '\0', room);
        size_t used = room;
        if (end != NULL) {
            used = (size_t)((const unsigned char *)end - path);
        }
        return PATH_OFFSET + used + 1;
    }
    return MIO__HAS_ABSTRACT_NAMES && room > 1 ? length : PATH_OFFSET;
}

int mio_addr_from_sockaddr(mio_addr *addr, const struct sockaddr *native,
                           size_t length)
{
    if (addr == NULL || native == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    struct sockaddr head;
    const size_t head_size =
        offsetof(struct sockaddr, sa_family) + sizeof(head.sa_family);
    if (length < head_size) {
        return MIO_ERR_INVALID_INPUT;
    }
    memcpy(&head, native, head_size);
    size_t used = 0;
    switch (head.sa_family) {
    case AF_INET:
        used = sizeof(struct sockaddr_in);
        break;
    case AF_INET6:
        used = sizeof(struct sockaddr_in6);
        break;
    case AF_UNIX:
        used = length;
        /* Linux adds a NUL to a path that fills sun_path. */
        if (used == sizeof(struct sockaddr_un) + 1 &&
            ((const unsigned char *)native)[used - 1] == 0) {
            used--;
        }
        break;
    default:
        return MIO_ERR_UNSUPPORTED;
    }
    if (length < used || used > sizeof(struct sockaddr_un)) {
        return MIO_ERR_INVALID_INPUT;
    }
    addr_begin(addr, head.sa_family, used);
    memcpy(addr->native_.bytes_, native, used);
    if (head.sa_family == AF_UNIX) {
        addr->length_ = (uint32_t)unix_length(addr->native_.bytes_, used);
    }
    return 0;
}

/* ---- Asking -------------------------------------------------------------*/

mio_addr_family mio_addr_kind(const mio_addr *addr)
{
    if (addr == NULL || addr->length_ == 0) {
        return MIO_ADDR_NONE;
    }
    mio__native_family family;
    memcpy(&family, addr->native_.bytes_ + offsetof(struct sockaddr, sa_family),
           sizeof(family));
    switch (family) {
    case AF_INET:
        return MIO_ADDR_IPV4;
    case AF_INET6:
        return MIO_ADDR_IPV6;
    case AF_UNIX:
        return MIO_ADDR_UNIX;
    default:
        return MIO_ADDR_NONE;
    }
}

const struct sockaddr *mio_addr_sockaddr(const mio_addr *addr, size_t *length)
{
    if (mio_addr_kind(addr) == MIO_ADDR_NONE) {
        return NULL;
    }
    if (length != NULL) {
        *length = addr->length_ <= sizeof(struct sockaddr_un)
                      ? addr->length_
                      : sizeof(struct sockaddr_un);
    }
    return (const struct sockaddr *)(const void *)addr->native_.bytes_;
}

static bool is_ip(const mio_addr *addr)
{
    mio_addr_family family = mio_addr_kind(addr);
    return family == MIO_ADDR_IPV4 || family == MIO_ADDR_IPV6;
}

uint16_t mio_addr_port(const mio_addr *addr)
{
    uint16_t native = 0;
    if (is_ip(addr)) {
        memcpy(&native, addr->native_.bytes_ + PORT_OFFSET, sizeof(native));
    }
    return ntohs(native);
}

int mio_addr_set_port(mio_addr *addr, uint16_t port)
{
    if (!is_ip(addr)) {
        return MIO_ERR_INVALID_INPUT;
    }
    port_write(addr, port);
    return 0;
}

const uint8_t *mio_addr_ip(const mio_addr *addr, size_t *length)
{
    size_t offset;
    size_t size;
    switch (mio_addr_kind(addr)) {
    case MIO_ADDR_IPV4:
        offset = offsetof(struct sockaddr_in, sin_addr);
        size = 4;
        break;
    case MIO_ADDR_IPV6:
        offset = offsetof(struct sockaddr_in6, sin6_addr);
        size = 16;
        break;
    default:
        return NULL;
    }
    if (length != NULL) {
        *length = size;
    }
    return addr->native_.bytes_ + offset;
}

uint32_t mio_addr_scope(const mio_addr *addr)
{
    uint32_t scope = 0;
    if (mio_addr_kind(addr) == MIO_ADDR_IPV6) {
        memcpy(&scope, addr->native_.bytes_ + SCOPE_OFFSET, sizeof(scope));
    }
    return scope;
}

/* The bytes of a Unix address behind the family. */
static const unsigned char *unix_name(const mio_addr *addr, size_t *length)
{
    if (mio_addr_kind(addr) != MIO_ADDR_UNIX || addr->length_ <= PATH_OFFSET) {
        return NULL;
    }
    *length = addr->length_ - PATH_OFFSET;
    return addr->native_.bytes_ + PATH_OFFSET;
}

const char *mio_addr_path(const mio_addr *addr, size_t *length)
{
    size_t size;
    const unsigned char *name = unix_name(addr, &size);
    if (name == NULL || name[0] == '\0') {
        return NULL;
    }
    if (length != NULL) {
        *length = size - 1;
    }
    return (const char *)name;
}

const void *mio_addr_abstract_name(const mio_addr *addr, size_t *length)
{
    size_t size;
    const unsigned char *name = unix_name(addr, &size);
    if (name == NULL || name[0] != '\0') {
        return NULL;
    }
    if (length != NULL) {
        *length = size - 1;
    }
    return name + 1;
}

bool mio_addr_is_unnamed(const mio_addr *addr)
{
    size_t size;
    return mio_addr_kind(addr) == MIO_ADDR_UNIX &&
           unix_name(addr, &size) == NULL;
}

static bool is_same(const mio_addr *a, const mio_addr *b, size_t offset,
                    size_t size)
{
    return memcmp(a->native_.bytes_ + offset, b->native_.bytes_ + offset,
                  size) == 0;
}

bool mio_addr_equal(const mio_addr *a, const mio_addr *b)
{
    mio_addr_family family = mio_addr_kind(a);
    if (family != mio_addr_kind(b)) {
        return false;
    }
    switch (family) {
    case MIO_ADDR_UNIX:
        return a->length_ == b->length_ &&
               is_same(a, b, PATH_OFFSET, a->length_ - PATH_OFFSET);
    case MIO_ADDR_IPV4:
        return is_same(a, b, PORT_OFFSET, 2) &&
               is_same(a, b, offsetof(struct sockaddr_in, sin_addr), 4);
    case MIO_ADDR_IPV6:
        return is_same(a, b, PORT_OFFSET, 2) &&
               is_same(a, b, offsetof(struct sockaddr_in6, sin6_addr), 16) &&
               is_same(a, b, SCOPE_OFFSET, 4);
    default:
        return false;
    }
}
