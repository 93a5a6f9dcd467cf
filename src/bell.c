/* bell.c: see bell.h. */
#include "internal.h"

#include "bell.h"

void mio__bell_init(struct mio__bell *bell)
{
    atomic_init(&bell->state, MIO__BELL_SHUT);
    atomic_init(&bell->exposed, false);
}

int mio__bell_open(struct mio__bell *bell)
{
    int error = mio__doorbell_open(&bell->doorbell);
    if (error == 0) {
        atomic_store(&bell->state, MIO__BELL_AWAKE);
    }
    return error;
}

void mio__bell_close(struct mio__bell *bell)
{
    if (mio__bell_is_open(bell)) {
        mio__doorbell_close(&bell->doorbell);
        atomic_store(&bell->state, MIO__BELL_SHUT);
    }
}

int mio__bell_ring(struct mio__bell *bell)
{
    uint32_t state = atomic_load(&bell->state);
    while (state == MIO__BELL_ASLEEP ||
           (state == MIO__BELL_AWAKE && atomic_load(&bell->exposed))) {
        if (atomic_compare_exchange_weak(&bell->state, &state,
                                         MIO__BELL_RUNG)) {
            return mio__doorbell_ring(&bell->doorbell);
        }
    }
    return 0;
}

int mio__bell_ring_first(struct mio__bell *bell)
{
    atomic_store(&bell->state, MIO__BELL_RUNG);
    return mio__doorbell_ring(&bell->doorbell);
}

void mio__bell_hush(struct mio__bell *bell)
{
    /* Hush first: once the word says AWAKE the next ring may come. */
    mio__doorbell_hush(&bell->doorbell);
    atomic_store(&bell->state, MIO__BELL_AWAKE);
}
