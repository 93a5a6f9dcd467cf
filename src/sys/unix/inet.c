/* inet.c: see sys/inet.h. */
#include "sys/sockaddr.h"

#ifndef _WIN32

#include <arpa/inet.h>
#include <string.h>

#include "sys/inet.h"

_Static_assert(INET6_ADDRSTRLEN <= MIO__INET_TEXT_SIZE, "every address fits");

void mio__inet_write(const mio_addr *addr, char text[MIO__INET_TEXT_SIZE])
{
    size_t length = 0;
    const uint8_t *ip = mio_addr_ip(addr, &length);
    int family = length == 4 ? AF_INET : AF_INET6;
    text[0] = '\0';
    (void)inet_ntop(family, ip, text, MIO__INET_TEXT_SIZE);
}

static bool read_ip(int family, const char *text, const char *end, void *ip)
{
    char copy[MIO__INET_TEXT_SIZE];
    size_t length = (size_t)(end - text);
    if (length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(family, copy, ip) == 1;
}

bool mio__inet_read_ipv4(const char *text, const char *end, uint8_t ip[4])
{
    return read_ip(AF_INET, text, end, ip);
}

bool mio__inet_read_ipv6(const char *text, const char *end, uint8_t ip[16])
{
    return read_ip(AF_INET6, text, end, ip);
}

#endif /* !_WIN32 */
