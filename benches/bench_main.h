/* bench_main.h: the command line.
 *
 *   bench_CONTENDER WORKLOAD COUNT [WIDTH [ACTIVE]]
 *
 * Prints the nanoseconds per operation. */
#ifndef BENCH_MAIN_H
#define BENCH_MAIN_H

#include "workloads.h"

#include "echo.h"

int main(int argc, char **argv)
{
    const char *workload = argc > 1 ? argv[1] : "";
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    int width = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    int active = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 1;
    if (count < 1 || width < 1 || width > ENDS_MAX / 2 || active < 1) {
        (void)fprintf(stderr, "usage: %s WORKLOAD COUNT [WIDTH [ACTIVE]]\n",
                      argv[0]);
        return 2;
    }
    if (strcmp(workload, "client") == 0) {
        return run_client((uint16_t)active, count, width);
    }
    loop_open();
    int64_t taken = -1;
    if (strcmp(workload, "pingpong-eventfd") == 0) {
        taken = pingpong_eventfd(count, width, active);
    } else if (strcmp(workload, "pingpong-unix") == 0) {
        taken = pingpong_unix(count, width, active);
    } else if (strcmp(workload, "echo") == 0) {
        taken = echo(count, width, argv[0]);
    } else if (strcmp(workload, "churn") == 0) {
        taken = churn(count, width);
    } else if (strcmp(workload, "wake-flood") == 0) {
        taken = wake_flood(count);
    } else if (strcmp(workload, "wake-self") == 0) {
        taken = wake_self(count);
    } else if (strcmp(workload, "wait-0") == 0) {
        taken = wait_nothing(count);
    } else if (strcmp(workload, "wait-100us") == 0) {
        taken = wait_100us(count);
    }
    loop_close();
    if (taken < 0) {
        (void)fprintf(stderr, "%s: no workload %s\n", contender, workload);
        return 2;
    }
    (void)printf("%.1f\n", (double)taken / (double)count);
    return fflush(stdout) == 0 ? 0 : 1;
}

#endif
