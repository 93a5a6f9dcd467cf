/* bench_raw.c: the workloads over hand-written epoll. */
#define _GNU_SOURCE
#include "contender_raw.h"

#include "bench_main.h"
