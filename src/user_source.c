/* user_source.c: see mio/user_source.h, and memory_source.h for what it shares
 * with others.
 *
 * One word holds what the source is ready for, and beside each flag whether
 * that is news: set since the last event or registration. Edge-triggered mode
 * reports news, level-triggered mode what is. */
#include "memory_source.h"

#define NEWS_SHIFT 16

_Static_assert((uint64_t)MIO_USER_READINESS >> NEWS_SHIFT == 0,
               "readiness fits the lower half of the word");

struct user_source {
    struct mio__memory_source memory;
    _Atomic uint32_t state;
};

_Static_assert(sizeof(struct user_source) <= sizeof(mio_user_source),
               "mio_user_source has room for its inside");
_Static_assert(_Alignof(struct user_source) <= _Alignof(mio_user_source),
               "mio_user_source is aligned for its inside");

static struct user_source *inside_of(const mio_user_source *source)
{
    return (struct user_source *)(uintptr_t)source;
}

/* News is over, whether it is of interest or not. */
static uint32_t look(struct mio__memory_source *memory, bool all)
{
    struct user_source *user = (struct user_source *)(void *)memory;
    uint32_t state =
        atomic_fetch_and(&user->state, (UINT32_C(1) << NEWS_SHIFT) - 1);
    uint32_t flags = state & MIO_USER_READINESS;
    return all ? flags : flags & state >> NEWS_SHIFT;
}

int mio_user_source_init(mio_user_source *source)
{
    if (source == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    struct user_source *user = inside_of(source);
    mio__memory_source_init(&user->memory, look);
    atomic_init(&user->state, 0);
    return 0;
}

static int check(const mio_user_source *source, uint32_t readiness)
{
    if (source == NULL || readiness == 0 ||
        (readiness & ~MIO_USER_READINESS) != 0) {
        return MIO_ERR_INVALID_INPUT;
    }
    return mio__source_is_open(&source->source) ? 0 : MIO_ERR_BAD_DESCRIPTOR;
}

int mio_user_source_set(mio_user_source *source, uint32_t readiness)
{
    int error = check(source, readiness);
    if (error != 0) {
        return error;
    }
    struct user_source *user = inside_of(source);
    (void)atomic_fetch_or(&user->state, readiness | readiness << NEWS_SHIFT);
    return mio__notifier_notify(&user->memory.notifier);
}

int mio_user_source_clear(mio_user_source *source, uint32_t readiness)
{
    int error = check(source, readiness);
    if (error == 0) {
        /* Its news may stay: it is told only of what is set. */
        (void)atomic_fetch_and(&inside_of(source)->state, ~readiness);
    }
    return error;
}

uint32_t mio_user_source_readiness(const mio_user_source *source)
{
    if (source == NULL || !mio__source_is_open(&source->source)) {
        return 0;
    }
    return atomic_load(&inside_of(source)->state) & MIO_USER_READINESS;
}

void mio_user_source_close(mio_user_source *source)
{
    if (source != NULL && mio__source_is_open(&source->source)) {
        mio__memory_source_close(&inside_of(source)->memory);
    }
}
