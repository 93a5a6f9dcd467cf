/* heap_count.c: counts the calls of the heap's functions in a program.
 *
 * Linked into a program, this file replaces malloc and its kin for everything
 * in the process, the C library and shared libraries included: a definition in
 * the program comes before the one in the C library. So the count misses
 * nothing. The memory itself comes from one static array and is never
 * reused, which is enough for a program that allocates next to nothing.
 *
 * Not counted: under a sanitizer, which brings its own malloc, and on systems
 * where a program cannot replace malloc in this way.
 */
#include "heap_count.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define HEAP_COUNT_OFF
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    defined(_WIN32) || defined(__APPLE__)
#define HEAP_COUNT_OFF
#endif

#ifdef HEAP_COUNT_OFF

long heap_count(void)
{
    return -1;
}

#else

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE ((size_t)4 << 20)

static alignas(max_align_t) unsigned char arena[ARENA_SIZE];
static atomic_size_t arena_used;
static atomic_long calls;

/* Not in stdlib.h for plain C11. */
int posix_memalign(void **memory, size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);

long heap_count(void)
{
    return atomic_load(&calls);
}

/* A block is preceded by its size, for realloc. */
static void *allocate(size_t alignment, size_t size)
{
    atomic_fetch_add(&calls, 1);
    if (alignment < alignof(max_align_t)) {
        alignment = alignof(max_align_t);
    }
    if (size > ARENA_SIZE || alignment > ARENA_SIZE) {
        errno = ENOMEM;
        return NULL;
    }
    size_t room = sizeof(size_t) + alignment + size;
    size_t begin = atomic_fetch_add(&arena_used, room);
    if (begin > ARENA_SIZE - room) {
        atomic_fetch_sub(&arena_used, room);
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t address = (uintptr_t)&arena[begin] + sizeof(size_t);
    size_t padding = (size_t)(-address & (alignment - 1));
    unsigned char *block = &arena[begin] + sizeof(size_t) + padding;
    memcpy(block - sizeof(size_t), &size, sizeof(size));
    return block;
}

void *malloc(size_t size)
{
    return allocate(0, size);
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate(0, count * size); /* the arena is zero and used once */
}

void *realloc(void *old, size_t size)
{
    void *block = allocate(0, size);
    if (block != NULL && old != NULL) {
        size_t old_size;
        memcpy(&old_size, (unsigned char *)old - sizeof(size_t),
               sizeof(old_size));
        memcpy(block, old, old_size < size ? old_size : size);
    }
    return block;
}

void free(void *block)
{
    (void)block;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return allocate(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return allocate(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    int before = errno;
    void *block = allocate(alignment, size);
    errno = before;
    if (block == NULL) {
        return ENOMEM;
    }
    *memory = block;
    return 0;
}

#endif
