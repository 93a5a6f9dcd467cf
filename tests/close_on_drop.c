/* close_on_drop.c: closing an accepted connection ends it for the client. */
#include "support.h"

enum { SERVER, CLIENT };

static void close_on_drop(void **state)
{
    struct fixture *const f = *state;
    mio_addr addr = any_v4();
    mio_tcp_listener listener;
    mio_tcp_stream client;
    mio_tcp_stream accepted;
    char byte;

    listen_on(&listener, &addr);
    assert_ok(mio_registry_register(f->registry, &listener.source, SERVER,
                                    MIO_READABLE));
    assert_ok(mio_tcp_stream_connect(&client, &addr));
    assert_ok(mio_registry_register(f->registry, &client.source, CLIENT,
                                    MIO_WRITABLE));

    expect_events(f, {SERVER, R_READABLE}, {CLIENT, R_WRITABLE});
    assert_ok(mio_tcp_listener_accept(&listener, &accepted, NULL));
    mio_tcp_stream_close(&accepted);
    assert_int_equal(accepted.source.fd, MIO_FD_INVALID);

    assert_ok(mio_registry_reregister(f->registry, &client.source, CLIENT,
                                      MIO_READABLE));
    expect_event(f, CLIENT, R_READABLE);
    assert_count(mio_tcp_stream_read(&client, &byte, 1), 0);

    mio_tcp_stream_close(&client);
    mio_tcp_listener_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(close_on_drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
