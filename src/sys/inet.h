/* inet.h: IP addresses and text, by the system's own functions where they agree
 * with each other. */
#ifndef MIO_SYS_INET_H
#define MIO_SYS_INET_H

#include "mio/addr.h"

#define MIO__INET_TEXT_SIZE 64

/* Writes the IP address of an IPv4 or IPv6 mio_addr, and a NUL. */
void mio__inet_write(const mio_addr *addr, char text[MIO__INET_TEXT_SIZE]);

/* Read an IP address that ends exactly at `end`. */
bool mio__inet_read_ipv4(const char *text, const char *end, uint8_t ip[4]);
bool mio__inet_read_ipv6(const char *text, const char *end, uint8_t ip[16]);

#endif
