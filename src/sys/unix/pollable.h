/* pollable.h: refuses descriptors that cannot be waited for, where the kernel
 * does not. */
#ifndef MIO_SYS_UNIX_POLLABLE_H
#define MIO_SYS_UNIX_POLLABLE_H

#include <errno.h>
#include <sys/stat.h>

#include "mio/error.h"

/* Returns MIO_ERR_UNSUPPORTED for regular files and directories, which are
 * always ready; an error for what is not open; else 0. */
static inline int mio__pollable_check(int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return mio_error_from_os(errno);
    }
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
        errno = EPERM;
        return MIO_ERR_UNSUPPORTED;
    }
    return 0;
}

#endif
