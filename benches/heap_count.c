/* heap_count.c: counts the calls of the heap in the process that it is
 * preloaded into. glibc's own functions do the work. */
#include <stdatomic.h>
#include <stddef.h>

/* As in memory.h. */
struct heap_count {
    atomic_ulong calls; /* malloc, calloc, realloc, aligned_alloc */
    atomic_ulong bytes; /* asked for */
};
extern struct heap_count heap_counted;
struct heap_count heap_counted;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **memory, size_t alignment, size_t size);

static void count_call(size_t size)
{
    (void)atomic_fetch_add(&heap_counted.calls, 1);
    (void)atomic_fetch_add(&heap_counted.bytes, size);
}

void *malloc(size_t size)
{
    count_call(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    count_call(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    count_call(size);
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count_call(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    count_call(size);
    *memory = __libc_memalign(alignment, size);
    return *memory != NULL ? 0 : 12; /* ENOMEM */
}
