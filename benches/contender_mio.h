/* contender_mio.h: mio, by the C functions of mio/lib.rs. So there is a call
 * for each wait and a copy of each event, which Rust code would not make; the
 * crate is built with link-time optimisation, which it often is not. */
#include "bench.h"

#define WATCH_BYTES 0 /* but for the descriptor */
struct watch {
    int fd;
};

struct copied { /* as in lib.rs */
    uintptr_t token;
    bool readable;
    bool closed;
};
static struct copied events[EVENTS];

#include "plain.h"

int rust_open(void);
void rust_close(void);
int rust_wait(int64_t timeout_ns, struct copied *copies);
int rust_add(int fd, uintptr_t token, int want);
int rust_change(int fd, uintptr_t token, int want);
int rust_remove(int fd);
int rust_waker(uintptr_t token);
int rust_wake(void);

static inline void loop_open(bool threads)
{
    (void)threads;
    (void)checked(rust_open(), "open");
}

#define loop_close() rust_close()

static inline int loop_wait(int64_t timeout_ns)
{
    return checked(rust_wait(timeout_ns, events), "wait");
}

#define event_token(i) events[i].token
#define event_is_readable(i) events[i].readable
#define event_is_closed(i) events[i].closed
#define LOOP_HANDLER LOOP_HANDLER_OF_ARRAY

#define watch_add(w, token, want, handler)                                     \
    checked(rust_add((w)->fd, token, want), "register")
#define watch_change(w, token, want, handler)                                  \
    checked(rust_change((w)->fd, token, want), "reregister")

static inline void watch_remove(struct watch *w)
{
    (void)checked(rust_remove(w->fd), "deregister");
}

#define waker_open(token, handler) checked(rust_waker(token), "waker")
#define waker_wake() checked(rust_wake(), "wake")
#define waker_close() ((void)0)
