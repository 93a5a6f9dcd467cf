/* channel_sleep.c: a poll that has had much to do sleeps again when there is
 * nothing more. Unix: clock tells the processor's time. */
#include "support.h"

#include <time.h>

/* Neither what was told nor what was received keeps it awake. */
static void a_poll_sleeps_when_all_is_received(void **state)
{
    struct fixture *f = *state;
    static size_t storage[MIO_CHANNEL_STORAGE_SIZE(1, 4) / sizeof(size_t)];
    const mio_interest modes[] = {0, MIO_LEVEL};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        mio_channel channel;
        unsigned char message = 1;
        assert_ok(mio_channel_init(&channel, storage, sizeof(storage), 1, 4));
        assert_ok(mio_registry_register(f->registry, &channel.source, 1,
                                        MIO_READABLE | modes[i]));
        for (int n = 0; n < 3; n++) {
            assert_ok(mio_channel_send(&channel, &message));
            expect_only(f, 1, R_READABLE);
            assert_count(mio_channel_receive(&channel, &message), 1);
        }
        const clock_t begun = clock();
        expect_sleep(f);
        assert_true(clock() - begun < CLOCKS_PER_SEC / 20);
        mio_channel_close(&channel);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_poll_sleeps_when_all_is_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
