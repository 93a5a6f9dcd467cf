// main.cpp: the same in C++, inline functions included.
#include <mio.h>

#include <cstdio>

int main()
{
    static mio_poll poll;
    mio_event events[4];
    mio_waker waker;
    bool works = mio_poll_init(&poll, nullptr, 0) == 0 &&
                 mio_waker_init(&waker, mio_poll_registry(&poll), 7) == 0 &&
                 mio_waker_wake(&waker) == 0 &&
                 mio_poll_wait(&poll, events, 4, INT64_C(10000000000)) == 1 &&
                 mio_event_token(&events[0]) == 7 &&
                 mio_event_is_readable(&events[0]);
    mio_waker_close(&waker);
    mio_poll_close(&poll);
    std::printf("mio %s in C++: %s\n", mio_version(),
                works ? "works" : "does not work");
    return works ? 0 : 1;
}
