/* failure.h: from the system's last error to the library's codes. */
#ifndef MIO_SYS_WINDOWS_FAILURE_H
#define MIO_SYS_WINDOWS_FAILURE_H

#include "sys/windows/windows.h"

#include "mio/error.h"

/* The code of the call that has just failed. Winsock's errors too: the two
 * share one place. */
static inline int mio__failure(void)
{
    return mio_error_from_os((int)GetLastError());
}

/* The code of a failure that came by another way, which is made the last. */
static inline int mio__failure_of(DWORD native)
{
    SetLastError(native);
    return mio_error_from_os((int)native);
}

#endif
