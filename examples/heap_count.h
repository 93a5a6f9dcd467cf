/* heap_count.h: counts the calls of the heap's functions in a program. */
#ifndef HEAP_COUNT_H
#define HEAP_COUNT_H

/** Returns how many blocks malloc, calloc, realloc and their kin have been
 *  asked for since the program began, by anyone in the process; -1 where this
 *  cannot be counted (see heap_count.c). */
long heap_count(void);

#endif
