/* bench_mio.c: the workloads over libmio. */
#define _GNU_SOURCE
#include "contender_mio.h"

#include "bench_main.h"
