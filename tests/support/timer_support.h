/* timer_support.h: a fixture's poll with a timer queue, for the tests of timers.
 */
#ifndef TIMER_SUPPORT_H
#define TIMER_SUPPORT_H

#include "support.h"

#define HOUR (3600 * SECOND)

static mio_timer_queue queue;

static int timer_setup(void **state)
{
    if (support_setup_fixture(state) != 0) {
        return -1;
    }
    struct fixture *f = *state;
    return mio_timer_queue_init(&queue, &f->poll);
}

static int timer_teardown(void **state)
{
    mio_timer_queue_close(&queue);
    return support_teardown(state);
}

#define TIMER_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, timer_setup, timer_teardown)

#endif
