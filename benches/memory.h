/* memory.h: what registrations take of memory, and how often the heap is
 * called. With heap_count.so preloaded, which counts. */
#ifndef MEMORY_H
#define MEMORY_H

#include "workloads.h"

#include <dlfcn.h>

struct heap_count { /* as in heap_count.c */
    unsigned long calls;
    unsigned long bytes;
};

/* Without a FILE, whose buffer would be counted. */
static double resident_kb(void)
{
    char text[128] = "";
    int fd = checked(open("/proc/self/statm", O_RDONLY | O_CLOEXEC), "statm");
    (void)checked((int)read(fd, text, sizeof(text) - 1), "statm");
    (void)checked(close(fd), "close");
    const char *pages = strchr(text, ' '); /* the second of its numbers */
    return pages == NULL ? -1
                         : (double)strtol(pages, NULL, 10) *
                               (double)sysconf(_SC_PAGESIZE) / 1024;
}

static struct heap_count heap_now(void)
{
    const struct heap_count *counted = dlsym(RTLD_DEFAULT, "heap_counted");
    if (counted == NULL) {
        (void)fprintf(stderr, "heap_count.so is not preloaded\n");
        exit(2);
    }
    return *counted;
}

/* Zero is a good figure only if it could be another. */
static void check_that_heap_counts(void)
{
    unsigned long before = heap_now().calls;
    void *volatile taken = malloc(1);
    free(taken);
    if (heap_now().calls != before + 1) {
        (void)fprintf(stderr, "heap_count.so does not count\n");
        exit(2);
    }
}

/* Registers `width` eventfds, lets `count` events happen, and a change and a
 * wait with each. What is looked at first is the loop itself. */
static void memory(const struct order *order)
{
    struct heap_count opened = heap_now();
    check_that_heap_counts();
    open_eventfds(order->width);
    double resident = resident_kb();
    struct heap_count before = heap_now();
    for (int i = 0; i < order->width; i++) {
        (void)watch_add(&ends[i], (uintptr_t)i, WANT_READ, eventfd_pong);
    }
    nothing_turn(0);
    struct heap_count registered = heap_now();
    double resident_later = resident_kb();
    for (int i = 0; i < 2 * order->active; i += 2) {
        ring(fds[i]);
    }
    for (left = 3L * order->width; left > 0;) {
        eventfd_pong_turn(FOR_EVER);
    }
    struct heap_count first = heap_now();
    for (left = order->count; left > 0;) {
        eventfd_pong_turn(FOR_EVER);
    }
    struct heap_count later = heap_now();
    report("heap_calls_open", (double)opened.calls);
    report("heap_calls_register", (double)(registered.calls - before.calls));
    report("heap_calls_first", (double)(first.calls - registered.calls));
    report("heap_calls_steady", (double)(later.calls - first.calls));
    report("heap_bytes_per_source",
           (double)(first.bytes - before.bytes) / order->width);
    report("own_bytes_per_source", WATCH_BYTES);
    report("resident_kb", resident_later - resident);
    for (int i = 0; i < order->width; i++) {
        (void)watch_remove(&ends[i]);
    }
    close_eventfds(order->width);
}

#endif
