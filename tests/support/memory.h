/* memory.h: how much memory the process has. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/** Returns the bytes that the process has been given to write to; 0 on Unix,
 *  where gates/heap_session.c sees to it that there are no more. */
size_t memory_in_use(void);

#endif
