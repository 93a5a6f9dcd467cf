/* mio/addr.h: socket addresses. Include mio.h. */
#ifndef MIO_ADDR_H
#define MIO_ADDR_H

#include "mio/error.h"

struct sockaddr;

/** The kinds of address. */
typedef enum mio_addr_family {
    MIO_ADDR_NONE = 0, /* zeroed, or a family the library does not know */
    MIO_ADDR_IPV4 = 4,
    MIO_ADDR_IPV6 = 6,
    MIO_ADDR_UNIX = 1
} mio_addr_family;

#define MIO_ADDR_NATIVE_SIZE 128 /* bytes: room for a native address */
#define MIO_ADDR_TEXT_SIZE 512   /* always enough for mio_addr_format */

/** A socket address: IPv4, IPv6 or Unix. A plain value; zeroed it is "none".
 *
 *  Compare with mio_addr_equal, not with memcmp. */
typedef struct mio_addr {
    uint32_t length_; /* bytes of native_ in use */
    uint32_t reserved_;
    union {
        uint64_t align_;
        unsigned char bytes_[MIO_ADDR_NATIVE_SIZE];
    } native_;
} mio_addr;

/** Makes an IPv4 address.
 *
 *  @param[out] addr  receives the address
 *  @param ip  four bytes, 127 first for 127.0.0.1; NULL for 0.0.0.0 (any)
 *  @param port  in host order; 0 lets the system choose when binding
 *  @return  0; MIO_ERR_INVALID_INPUT if addr is NULL
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddrV4::new
 */
MIO_API int mio_addr_ipv4(mio_addr *addr, const uint8_t ip[4], uint16_t port);

/** Makes an IPv6 address.
 *
 *  @param[out] addr  receives the address
 *  @param ip  sixteen bytes in network order; NULL for [::] (any)
 *  @param port  in host order; 0 lets the system choose when binding
 *  @param scope  the interface's index for link-local addresses, else 0
 *  @return  0; MIO_ERR_INVALID_INPUT if addr is NULL
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddrV6::new
 */
MIO_API int mio_addr_ipv6(mio_addr *addr, const uint8_t ip[16], uint16_t port,
                          uint32_t scope);

/** Makes a Unix address that is a path.
 *
 *  @param[out] addr  receives the address
 *  @param path  1 to 107 bytes on Linux and Windows, 103 on the BSDs and
 *               macOS
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or an empty path;
 *           MIO_ERR_NAME_TOO_LONG
 *  @threads any
 *  @memory  path is copied
 *  @mio     std::os::unix::net::SocketAddr::from_pathname
 */
MIO_API int mio_addr_unix_path(mio_addr *addr, const char *path);

/** Makes a Unix address in the abstract namespace.
 *
 *  @param[out] addr  receives the address
 *  @param name  any bytes, NUL included
 *  @param length  1 to 107 bytes
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or length 0;
 *           MIO_ERR_NAME_TOO_LONG; MIO_ERR_UNSUPPORTED except on Linux
 *  @threads any
 *  @memory  name is copied
 *  @mio     std::os::linux::net::SocketAddrExt::from_abstract_name
 */
MIO_API int mio_addr_unix_abstract(mio_addr *addr, const void *name,
                                   size_t length);

/** Makes an address of a native one.
 *
 *  @param[out] addr  receives the address
 *  @param native  a sockaddr_in, sockaddr_in6 or sockaddr_un
 *  @param length  its bytes, as the system gave them
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or a length that does not fit
 *           the family; MIO_ERR_UNSUPPORTED for another family
 *  @threads any
 *  @memory  native is copied
 *  @mio     std::net::SocketAddr (From)
 */
MIO_API int mio_addr_from_sockaddr(mio_addr *addr,
                                   const struct sockaddr *native,
                                   size_t length);

/** Returns the native form of an address, for the system's own calls.
 *
 *  @param[out] length  receives its bytes; may be NULL
 *  @return  the native address inside addr; NULL for NULL or a "none" address
 *  @threads any
 *  @memory  valid as long as addr is unchanged
 *  @mio     std::net::SocketAddr (Into)
 */
MIO_API const struct sockaddr *mio_addr_sockaddr(const mio_addr *addr,
                                                 size_t *length);

/** Returns the address's family.
 *
 *  @return  the family; MIO_ADDR_NONE for NULL
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddr::is_ipv4, is_ipv6
 */
MIO_API mio_addr_family mio_addr_kind(const mio_addr *addr);

/** Returns the port.
 *
 *  @return  the port in host order; 0 if the address has none
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddr::port
 */
MIO_API uint16_t mio_addr_port(const mio_addr *addr);

/** Changes the port.
 *
 *  @param port  in host order
 *  @return  0; MIO_ERR_INVALID_INPUT if the address has no port
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddr::set_port
 */
MIO_API int mio_addr_set_port(mio_addr *addr, uint16_t port);

/** Returns the bytes of an IP address, in network order.
 *
 *  @param[out] length  receives 4 or 16; may be NULL
 *  @return  the bytes inside addr; NULL if it is not an IP address
 *  @threads any
 *  @memory  valid as long as addr is unchanged
 *  @mio     std::net::SocketAddr::ip
 */
MIO_API const uint8_t *mio_addr_ip(const mio_addr *addr, size_t *length);

/** Returns the scope (interface index) of an IPv6 address.
 *
 *  @return  the scope; 0 if there is none
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddrV6::scope_id
 */
MIO_API uint32_t mio_addr_scope(const mio_addr *addr);

/** Returns the path of a Unix address.
 *
 *  @param[out] length  receives the path's bytes; may be NULL
 *  @return  the path inside addr, ended by a NUL; NULL if the address is not a
 *           Unix address, or is abstract or unnamed
 *  @threads any
 *  @memory  valid as long as addr is unchanged
 *  @mio     std::os::unix::net::SocketAddr::as_pathname
 */
MIO_API const char *mio_addr_path(const mio_addr *addr, size_t *length);

/** Returns the name of an abstract Unix address.
 *
 *  @param[out] length  receives the name's bytes, without the leading NUL
 *  @return  the name inside addr, not ended by a NUL; NULL if it is none
 *  @threads any
 *  @memory  valid as long as addr is unchanged
 *  @mio     std::os::linux::net::SocketAddrExt::as_abstract_name
 */
MIO_API const void *mio_addr_abstract_name(const mio_addr *addr,
                                           size_t *length);

/** Tells whether a Unix address is unnamed, as that of an unbound peer.
 *
 *  @return  true or false
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::os::unix::net::SocketAddr::is_unnamed
 */
MIO_API bool mio_addr_is_unnamed(const mio_addr *addr);

/** Tells whether two addresses are the same.
 *
 *  Family, IP, port and scope, or path or name. IPv6 flow labels do not count.
 *
 *  @return  true or false; two NULL or "none" addresses are not the same
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddr as PartialEq
 */
MIO_API bool mio_addr_equal(const mio_addr *a, const mio_addr *b);

/** Reads an address from text; names are not looked up.
 *
 *  "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80" (the scope is a number),
 *  "unix:/run/x.sock", "unix:@name" (abstract), "unix:" (unnamed). Bytes of a
 *  path or name may be written \xNN.
 *
 *  @param[out] addr  receives the address; untouched on failure
 *  @param text  the whole string is the address
 *  @return  0; MIO_ERR_INVALID_INPUT for NULL or malformed text;
 *           MIO_ERR_NAME_TOO_LONG; MIO_ERR_UNSUPPORTED for an abstract name
 *           where there are none
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddr as FromStr
 */
MIO_API int mio_addr_parse(mio_addr *addr, const char *text);

/** Writes an address as text that mio_addr_parse can read.
 *
 *  @param[out] text  receives the text and a NUL
 *  @param size  bytes at text; MIO_ADDR_TEXT_SIZE always suffices
 *  @return  the length without the NUL; MIO_ERR_NO_SPACE if it does not fit,
 *           and an empty text;
 *           MIO_ERR_INVALID_INPUT for NULL or a "none" address
 *  @threads any
 *  @memory  nothing is kept
 *  @mio     std::net::SocketAddr as Display
 */
MIO_API int mio_addr_format(const mio_addr *addr, char *text, size_t size);

#endif
