/* timer_round.c: mio_timer_round, which lets timers expire together. */
#include "support.h"

struct example {
    int64_t deadline;
    int64_t slack;
    int64_t expected;
};

static const struct example examples[] = {
    {13, 0, 13},
    {13, -5, 13},
    {13, 1, 13},
    {13, 4, 13}, /* a multiple of 1 */
    {13, 5, 15},
    {15, 5, 15},
    {13, 9, 15},
    {13, 10, 20},
    {13, 49, 20},
    {13, 50, 50},
    {0, 50, 0},
    {-13, 5, -10},
    {-13, 100, 0},
    {1234567890123, 250 * MILLISECOND, 1234600000000},
    {1234567890123, SECOND, 1235 * SECOND},
    {1234567890123, 5 * SECOND, 1235 * SECOND},
    {1234567890123, 30 * SECOND, 1240 * SECOND},
    {INT64_MIN, 1000, INT64_MIN + 808},
    {INT64_MAX, 1000, INT64_MAX}, /* there is nothing later */
    {INT64_MAX - 900, 1000, INT64_MAX - 807},
    {5, INT64_MAX, 5000000000000000000},
};

static void examples_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
        assert_int_equal(
            mio_timer_round(examples[i].deadline, examples[i].slack),
            examples[i].expected);
    }
}

/* Never early, never later than allowed, whatever the slack. */
static void result_is_within_slack(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const int64_t deadline = (int64_t)random;
        const int64_t slack = (int64_t)(random >> 1) >> (random >> 7) % 63;
        const int64_t round = mio_timer_round(deadline, slack);
        assert_true(round >= deadline);
        assert_true((uint64_t)round - (uint64_t)deadline <= (uint64_t)slack);
        assert_int_equal(mio_timer_round(round, slack), round);
    }
}

/* What is round for much slack is round for little slack. */
static void slacks_agree(void **state)
{
    (void)state;
    for (int64_t slack = 1; slack <= 100 * SECOND; slack += slack / 3 + 1) {
        const int64_t round = mio_timer_round(98765432109876, slack);
        for (int64_t less = slack; less > 0; less -= less / 3 + 1) {
            assert_int_equal(mio_timer_round(round, less), round);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_hold),
        cmocka_unit_test(result_is_within_slack),
        cmocka_unit_test(slacks_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
