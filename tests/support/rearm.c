/* rearm.c: see rearm.h. */
#include "rearm.h"

enum { TOKEN = 1 };
#define BOTH (MIO_READABLE | MIO_WRITABLE)

void check_blocked_reads(struct fixture *f, const struct subject_kind *kind,
                         io_function *const *reads, size_t count)
{
    struct subject s;
    subject_open(&s, kind);
    assert_ok(mio_registry_register(f->registry, s.source, TOKEN, BOTH));
    expect_only(f, TOKEN, R_WRITABLE);
    for (size_t i = 0; i < count; i++) {
        for (int j = 0; j < 3; j++) {
            assert_error(reads[i](&s.near_end), MIO_ERR_WOULD_BLOCK);
            expect_quiet(f);
        }
        subject_feed(&s);
        expect_event(f, TOKEN, R_READABLE);
        assert_int_equal(f->count, 1);
        subject_take(&s); /* fills what it was given: no short read */
    }
    subject_close(f, &s);
}

void check_short_reads(struct fixture *f, const struct subject_kind *kind,
                       io_function *const *reads, size_t count)
{
    struct subject s;
    subject_open(&s, kind);
    assert_ok(
        mio_registry_register(f->registry, s.source, TOKEN, MIO_READABLE));
    for (size_t i = 0; i < count; i++) {
        subject_feed(&s);
        expect_only(f, TOKEN, R_READABLE);
        assert_count(reads[i](&s.near_end),
                     1); /* and there was room for more */
        expect_quiet(f);
    }
    subject_feed(&s);
    expect_only(f, TOKEN, R_READABLE);
    subject_close(f, &s);
}
