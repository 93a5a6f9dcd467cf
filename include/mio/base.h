/* mio/base.h: version, linkage and the basic types. Include mio.h. */
#ifndef MIO_BASE_H
#define MIO_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIO_VERSION_MAJOR 0
#define MIO_VERSION_MINOR 1
#define MIO_VERSION_PATCH 0

/** The header's version as one number: 0xMMmmpp. */
#define MIO_VERSION_NUMBER                                                     \
    ((MIO_VERSION_MAJOR << 16) | (MIO_VERSION_MINOR << 8) | MIO_VERSION_PATCH)

#ifdef __cplusplus
#define MIO_EXTERN_C extern "C"
#else
#define MIO_EXTERN_C extern
#endif

/* A static build needs no definitions. A shared build has MIO_SHARED defined
 * for the library and its users, and MIO_BUILDING for the library alone; the
 * CMake target and mio.pc take care of both. */
#if defined(__GNUC__) && !defined(_WIN32)
#define MIO_VISIBLE __attribute__((visibility("default")))
#else
#define MIO_VISIBLE
#endif
#if defined(_WIN32) && defined(MIO_SHARED)
#ifdef MIO_BUILDING
#define MIO_API MIO_EXTERN_C __declspec(dllexport)
#else
#define MIO_API MIO_EXTERN_C __declspec(dllimport)
#endif
#else
#define MIO_API MIO_EXTERN_C MIO_VISIBLE
#endif

/* Functions that are inline for C and C++, always where that can be asked for,
 * and exported under the same name for callers that cannot use a C header. */
#ifdef __GNUC__
#define MIO_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define MIO_ALWAYS_INLINE inline
#endif
#ifdef __cplusplus
#define MIO_INLINE extern "C" MIO_ALWAYS_INLINE MIO_VISIBLE
#else
#define MIO_INLINE MIO_ALWAYS_INLINE MIO_VISIBLE
#endif

/** A system descriptor: a file descriptor, or a SOCKET on Windows. */
#ifdef _WIN32
typedef uintptr_t mio_fd;
#define MIO_FD_INVALID ((mio_fd) ~(uintptr_t)0)
#else
typedef int mio_fd;
#define MIO_FD_INVALID (-1)
#endif

/** A count of bytes, or a negative MIO_ERR_* code. */
typedef ptrdiff_t mio_ssize;

/** One part of a vectored read or write. */
typedef struct mio_buffer {
    void *data;    /* may be NULL when length is 0 */
    size_t length; /* bytes */
} mio_buffer;

/** Returns the version of the library that runs, such as "0.1.0".
 *
 *  A shared library may be newer than the header a program was built with;
 *  compare with MIO_VERSION_NUMBER when that matters.
 *
 *  @return  a static string, never NULL
 *  @threads any
 *  @memory  static; valid for ever
 *  @mio     none (a crate's version is known at build time)
 */
MIO_API const char *mio_version(void);

/** Returns the name of the selector backend that was compiled in.
 *
 *  For logs and bug reports: "epoll", "kqueue", "poll" or "afd".
 *
 *  @return  a static string, never NULL
 *  @threads any
 *  @memory  static; valid for ever
 *  @mio     none
 */
MIO_API const char *mio_backend_name(void);

#endif
