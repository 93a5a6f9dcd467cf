/* bench.c: one contender's program, by which header BENCH_CONTENDER is.
 *
 *   bench_CONTENDER WORKLOAD COUNT [WIDTH [ACTIVE]] */
#define _GNU_SOURCE
#include BENCH_CONTENDER

#include "echo.h"
#include "memory.h"
#include "wakes.h"
#include "workloads.h"

static const struct workload {
    const char *name;
    void (*run)(const struct order *order);
} workloads[] = {
    {"pingpong-eventfd", pingpong_eventfd},
    {"pingpong-unix", pingpong_unix},
    {"pingpong-tcp", pingpong_tcp},
    {"pingpong-waker", pingpong_waker},
    {"echo", echo},
    {"echo-steps", echo_steps},
    {"churn-tight", churn_tight},
    {"churn-batch", churn_batch},
    {"churn-toggle", churn_toggle},
    {"wake-flood", wake_flood},
    {"wake-self", wake_self},
    {"wake-latency", wake_latency},
    {"wait-nothing", wait_nothing},
    {"wait-timeout", wait_timeout},
    {"memory", memory},
};

static void run(const char *name, const struct order *order)
{
    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        if (strcmp(workloads[i].name, name) == 0) {
            loop_open(strstr(name, "wake") != NULL);
            workloads[i].run(order);
            loop_close();
            return;
        }
    }
    (void)fprintf(stderr, "there is no workload %s\n", name);
    exit(2);
}

static long number(int argc, char **argv, int i)
{
    return argc > i ? strtol(argv[i], NULL, 10) : 1;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    struct order order = {argc > 2 ? number(argc, argv, 2) : 0,
                          (int)number(argc, argv, 3),
                          (int)number(argc, argv, 4)};
    program = argv[0];
    if (strcmp(name, "client") == 0) {
        client_at_speed((uint16_t)order.active, &order);
    } else if (strcmp(name, "steps") == 0) {
        client_in_steps((uint16_t)order.active, &order,
                        (int)number(argc, argv, 5));
    } else if (order.count < 1 || order.width < 1 || order.width > ENDS_MAX ||
               order.active < 1) {
        (void)fprintf(stderr, "usage: %s WORKLOAD COUNT [WIDTH [ACTIVE]]\n",
                      argv[0]);
        return 2;
    } else {
        run(name, &order);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
