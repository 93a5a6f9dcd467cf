/* support_windows.h: what the parts of the test support on Windows share. Empty
 * on other systems. */
#ifndef SUPPORT_WINDOWS_H
#define SUPPORT_WINDOWS_H

#ifdef _WIN32

#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00 /* Windows 10 */
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX

#include <winsock2.h>
#include <ws2tcpip.h>

#include <process.h>
#include <windows.h>

/* Says what has failed, with the system's code, and ends the program: for what
 * no test can go on without. */
void support_die(const char *what);

/* Makes winsock usable, once in the life of the process. */
void support_winsock(void);

#endif

#include "support_os.h"

#endif
