/* macos_like.h: takes away what Linux has and macOS has not, so that what the
 * library does without is run. For builds of the library with "-include". */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sys/socket.h>

#undef SOCK_NONBLOCK /* and with these accept4 and pipe2 */
#undef SOCK_CLOEXEC
#undef MSG_CMSG_CLOEXEC
