/* sanitizer.h: tells MemorySanitizer what system calls made by number wrote;
 * it knows only the C library's wrappers. Nothing in other builds. */
#ifndef MIO_SYS_UNIX_SANITIZER_H
#define MIO_SYS_UNIX_SANITIZER_H

#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define MIO__WRITTEN_BY_KERNEL(array, count, size)                             \
    do {                                                                       \
        if ((count) > 0) {                                                     \
            __msan_unpoison((array), (size_t)(count) * (size));                \
        }                                                                      \
    } while (0)
#endif
#endif

#ifndef MIO__WRITTEN_BY_KERNEL
#define MIO__WRITTEN_BY_KERNEL(array, count, size) ((void)0)
#endif

#endif
