/* spin.c: looking for a while before sleeping. Programs that do not ask for it
 * have none of it: the wait calls it by a pointer. */
#include "wait.h"

#include "sys/clock.h"

/* While it looks the bell is not put to sleep, so wakers do not ring. */
static int spin(mio_registry *registry, mio_event *events, int room,
                int64_t timeout_ns)
{
    mio__wait_function *const wait = mio__wait_for_all(registry);
    const bool is_endless = timeout_ns < 0;
    const int64_t length = is_endless || timeout_ns > registry->spin_ns
                               ? registry->spin_ns
                               : timeout_ns;
    const int64_t start = mio__clock_now();
    int64_t passed;
    int count;
    do {
        count = wait(registry, events, room, 0);
        passed = mio__clock_now() - start;
    } while (count == 0 && passed < length);
    if (count != 0 || (!is_endless && passed >= timeout_ns)) {
        return count;
    }
    return wait(registry, events, room,
                is_endless ? timeout_ns : timeout_ns - passed);
}

int mio_poll_set_spin(mio_poll *poll, int64_t spin_ns)
{
    mio_registry *registry = mio_poll_registry(poll);
    if (registry == NULL || spin_ns < 0 || spin_ns > MIO__NS_PER_S) {
        return MIO_ERR_INVALID_INPUT;
    }
    registry->spin = spin_ns > 0 ? spin : NULL;
    registry->spin_ns = spin_ns;
    mio__wait_choose(registry);
    return 0;
}
