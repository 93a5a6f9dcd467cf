/* sys.h: chooses the system's parts, once. Every source file comes here first,
 * through internal.h. */
#ifndef MIO_SYS_SYS_H
#define MIO_SYS_SYS_H

/* Feature macros only count before the first system header. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#elif defined(__NetBSD__) && !defined(_NETBSD_SOURCE)
#define _NETBSD_SOURCE
#elif defined(_WIN32)
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00 /* Windows 10 */
#endif

/* The selector: the build may force one (MIO_BACKEND). */
#if !defined(MIO_SYS_EPOLL) && !defined(MIO_SYS_KQUEUE) &&                     \
    !defined(MIO_SYS_AFD) && !defined(MIO_SYS_POLL)
#if defined(__linux__)
#define MIO_SYS_EPOLL
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) ||     \
    defined(__OpenBSD__) || defined(__DragonFly__)
#define MIO_SYS_KQUEUE
#elif defined(_WIN32)
#define MIO_SYS_AFD
#else
#define MIO_SYS_POLL
#endif
#endif

/* What ends a wait from outside: the build may force one (MIO_WAKER). */
#if !defined(MIO_DOORBELL_EVENTFD) && !defined(MIO_DOORBELL_USER) &&           \
    !defined(MIO_DOORBELL_PORT) && !defined(MIO_DOORBELL_PIPE)
#if defined(MIO_SYS_KQUEUE)
#define MIO_DOORBELL_USER
#elif defined(__linux__)
#define MIO_DOORBELL_EVENTFD
#elif defined(_WIN32)
#define MIO_DOORBELL_PORT
#else
#define MIO_DOORBELL_PIPE
#endif
#endif

/* How signals come to a signal set: the build may force one (MIO_SIGNALS). With
 * kqueue the sender is not known; a handler, which any Unix can have, tells. */
#if !defined(MIO_SIGNALS_SIGNALFD) && !defined(MIO_SIGNALS_KQUEUE) &&          \
    !defined(MIO_SIGNALS_HANDLER) && !defined(MIO_SIGNALS_CONSOLE)
#if defined(_WIN32)
#define MIO_SIGNALS_CONSOLE
#elif defined(MIO_SYS_KQUEUE)
#define MIO_SIGNALS_KQUEUE
#elif defined(__linux__)
#define MIO_SIGNALS_SIGNALFD
#else
#define MIO_SIGNALS_HANDLER
#endif
#endif

#if defined(MIO_DOORBELL_USER) && !defined(MIO_SYS_KQUEUE)
#error "MIO_WAKER=user is a part of kqueue"
#endif
#if defined(MIO_SIGNALS_KQUEUE) && !defined(MIO_SYS_KQUEUE)
#error "MIO_SIGNALS=kqueue is a part of kqueue"
#endif

/* What tells of a child's end: the build may force one (MIO_PROCESS). Linux has
 * two; the kernel that it runs on decides. */
#if !defined(MIO_PROCESS_PIDFD) && !defined(MIO_PROCESS_KQUEUE) &&             \
    !defined(MIO_PROCESS_SIGCHLD) && !defined(MIO_PROCESS_POOL)
#if defined(_WIN32)
#define MIO_PROCESS_POOL
#elif defined(MIO_SYS_KQUEUE)
#define MIO_PROCESS_KQUEUE
#else
#define MIO_PROCESS_SIGCHLD
#if defined(__linux__)
#define MIO_PROCESS_PIDFD
#endif
#endif
#endif

#if defined(MIO_PROCESS_PIDFD) && !defined(__linux__)
#error "MIO_PROCESS=pidfd is a part of Linux"
#endif
#if defined(MIO_PROCESS_KQUEUE) && !defined(MIO_SYS_KQUEUE)
#error "MIO_PROCESS=kqueue is a part of kqueue"
#endif

#endif
