/* windows.h: the system's headers, in the one order that works. */
#ifndef MIO_SYS_WINDOWS_WINDOWS_H
#define MIO_SYS_WINDOWS_WINDOWS_H

#include "sys/sys.h"

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif

#include <winsock2.h>
#include <ws2tcpip.h>

#include <mswsock.h>
#include <windows.h>

#endif
