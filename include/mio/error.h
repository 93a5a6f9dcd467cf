/* mio/error.h: the error codes. Include mio.h. */
#ifndef MIO_ERROR_H
#define MIO_ERROR_H

#include "mio/base.h"

/* X(name, number, text). The numbers are the same on every system and are
 * never reused; the gaps leave room for neighbours. */
#define MIO_ERROR_MAP(X)                                                       \
    X(WOULD_BLOCK, 1, "operation would block")                                 \
    X(INTERRUPTED, 2, "interrupted by a signal")                               \
    X(IN_PROGRESS, 3, "operation in progress")                                 \
    X(INVALID_INPUT, 10, "invalid argument")                                   \
    X(BAD_DESCRIPTOR, 11, "not an open descriptor of the right kind")          \
    X(ALREADY_EXISTS, 12, "already exists or already registered")              \
    X(NOT_FOUND, 13, "not found or not registered")                            \
    X(UNSUPPORTED, 14,                                                         \
      "not supported by this system or descriptor; the poll(2) backend "       \
      "(MIO_BACKEND=poll) takes more descriptors")                             \
    X(NO_SLOTS, 15, "no free slot in the poll's slot array")                   \
    X(VERSION, 16, "header and library do not match")                          \
    X(BUSY, 17, "in use by another thread")                                    \
    X(NO_SPACE, 18, "caller's buffer is too small")                            \
    X(MESSAGE_TOO_LONG, 19, "datagram does not fit")                           \
    X(NAME_TOO_LONG, 20, "name or path is too long")                           \
    X(OUT_OF_DESCRIPTORS, 30, "out of file descriptors")                       \
    X(OUT_OF_MEMORY, 31, "out of memory or kernel buffers")                    \
    X(PERMISSION_DENIED, 32, "permission denied")                              \
    X(ADDR_IN_USE, 40, "address in use")                                       \
    X(ADDR_NOT_AVAILABLE, 41, "address not available")                         \
    X(CONNECTION_REFUSED, 42, "connection refused")                            \
    X(CONNECTION_RESET, 43, "connection reset by peer")                        \
    X(CONNECTION_ABORTED, 44, "connection aborted")                            \
    X(NOT_CONNECTED, 45, "not connected")                                      \
    X(ALREADY_CONNECTED, 46, "already connected")                              \
    X(BROKEN_PIPE, 47, "broken pipe")                                          \
    X(TIMED_OUT, 48, "timed out")                                              \
    X(HOST_UNREACHABLE, 49, "host unreachable")                                \
    X(NETWORK_UNREACHABLE, 50, "network unreachable")                          \
    X(NETWORK_DOWN, 51, "network down")                                        \
    X(OTHER, 99, "other system error")

/** The error codes: MIO_ERR_WOULD_BLOCK is -1, and so on down the map.
 *
 *  A small closed set named after Rust's ErrorKind. Whatever the system
 *  reports beyond it is MIO_ERR_OTHER; mio_last_os_error has the native code.
 */
enum mio_error {
    MIO_OK = 0,
#define MIO_X(name, number, text) MIO_ERR_##name = -(number),
    MIO_ERROR_MAP(MIO_X)
#undef MIO_X
};

/** Returns a short English text for an error code.
 *
 *  @param error  a MIO_ERR_* code, or 0 for "success"
 *  @return  a static string, never NULL; unknown codes give "unknown error"
 *  @threads any
 *  @memory  static; valid for ever
 *  @mio     std::io::ErrorKind as Display
 */
MIO_API const char *mio_strerror(int error);

/** Returns the name of an error code, such as "MIO_ERR_WOULD_BLOCK".
 *
 *  @param error  a MIO_ERR_* code, or 0 for "MIO_OK"
 *  @return  a static string, never NULL; unknown codes give "MIO_ERR_?"
 *  @threads any
 *  @memory  static; valid for ever
 *  @mio     std::io::ErrorKind as Debug
 */
MIO_API const char *mio_error_name(int error);

/** Returns the system's own code of the calling thread's last failure.
 *
 *  errno on Unix, GetLastError on Windows. Read it right after the call that
 *  failed: the next system call may overwrite it. A call that refuses its
 *  arguments without asking the system leaves it alone.
 *
 *  @return  the native code
 *  @threads any; each thread has its own value
 *  @memory  nothing is kept
 *  @mio     std::io::Error::raw_os_error
 */
MIO_API int mio_last_os_error(void);

/** Translates a system error code to a MIO_ERR_* code.
 *
 *  For programs that do their own I/O on a descriptor and want the library's
 *  portable codes.
 *
 *  @param native  an errno value; on Windows a GetLastError or WSA code
 *  @return  0 for 0, otherwise the matching code; MIO_ERR_OTHER if none fits
 *  @threads any; callable from a signal handler
 *  @memory  nothing is kept
 *  @mio     std::io::Error::kind
 */
MIO_API int mio_error_from_os(int native);

#endif
