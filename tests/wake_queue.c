/* wake_queue.c: what waits to be delivered, and leaves before its turn. */
#include "support.h"

enum { COUNT = 5 };

static void set_some(mio_user_source sources[COUNT], int from, int to)
{
    for (int i = from; i < to; i++) {
        assert_ok(mio_user_source_set(&sources[i], MIO_EVENT_IN));
    }
}

/* Only one event fits: the others must wait, in their order. */
static void expect_next(struct fixture *f, int expected)
{
    mio_event event;
    assert_count(mio_poll_wait(&f->poll, &event, 1, PATIENCE), 1);
    assert_int_equal(mio_event_token(&event), expected);
}

/* Of COUNT sources, `early` are known to the poll when the others are set, and
 * one goes: the first, the last, one in the middle, known or not. */
static void leave(struct fixture *f, int early, int leaver)
{
    mio_user_source sources[COUNT];
    for (int i = 0; i < COUNT; i++) {
        assert_ok(mio_user_source_init(&sources[i]));
        assert_ok(mio_registry_register(f->registry, &sources[i].source,
                                        (mio_token)i, MIO_READABLE));
    }
    expect_quiet(f);
    set_some(sources, 0, early);
    if (early > 0) {
        expect_next(f, 0);
    }
    set_some(sources, early, COUNT);
    assert_ok(mio_registry_deregister(f->registry, &sources[leaver].source));
    for (int i = early > 0 ? 1 : 0; i < COUNT; i++) {
        if (i != leaver) {
            expect_next(f, i);
        }
    }
    expect_quiet(f);
    for (int i = 0; i < COUNT; i++) {
        mio_user_source_close(&sources[i]);
    }
}

static void any_may_leave_before_its_turn(void **state)
{
    for (int early = 0; early <= COUNT; early++) {
        for (int leaver = 0; leaver < COUNT; leaver++) {
            leave(*state, early, leaver);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_may_leave_before_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
