/* mutex.h: a plain mutex. It neither allocates nor fails. */
#ifndef MIO_SYS_MUTEX_H
#define MIO_SYS_MUTEX_H

#ifdef _WIN32

#include "sys/windows/windows.h"

typedef SRWLOCK mio__mutex;

static inline void mio__mutex_init(mio__mutex *mutex)
{
    InitializeSRWLock(mutex);
}

static inline void mio__mutex_destroy(mio__mutex *mutex)
{
    (void)mutex;
}

static inline void mio__mutex_lock(mio__mutex *mutex)
{
    AcquireSRWLockExclusive(mutex);
}

static inline void mio__mutex_unlock(mio__mutex *mutex)
{
    ReleaseSRWLockExclusive(mutex);
}

#else

#include <pthread.h>

typedef pthread_mutex_t mio__mutex;

static inline void mio__mutex_init(mio__mutex *mutex)
{
    (void)pthread_mutex_init(mutex, NULL); /* a default mutex cannot fail */
}

static inline void mio__mutex_destroy(mio__mutex *mutex)
{
    (void)pthread_mutex_destroy(mutex);
}

static inline void mio__mutex_lock(mio__mutex *mutex)
{
    (void)pthread_mutex_lock(mutex);
}

static inline void mio__mutex_unlock(mio__mutex *mutex)
{
    (void)pthread_mutex_unlock(mutex);
}

#endif

#endif
