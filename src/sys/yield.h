/* yield.h: lets other threads run. For waits that are certain to be short. */
#ifndef MIO_SYS_YIELD_H
#define MIO_SYS_YIELD_H

#ifdef _WIN32

#include "sys/windows/windows.h"

static inline void mio__yield(void)
{
    (void)SwitchToThread();
}

#else

#include <sched.h>

static inline void mio__yield(void)
{
    (void)sched_yield();
}

#endif

#endif
