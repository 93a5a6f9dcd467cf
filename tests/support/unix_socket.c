/* unix_socket.c: see unix_socket.h. */
#include "unix_socket.h"

mio_addr unix_temp_addr(void)
{
    mio_addr addr;

    assert_ok(mio_addr_unix_path(&addr, temp_path()));
    return addr;
}

void unix_pair(mio_unix_stream *a, mio_unix_stream *b)
{
    const int error = mio_unix_stream_pair(a, b);
    mio_unix_listener listener;
    mio_addr addr;

    if (error != MIO_ERR_UNSUPPORTED) {
        assert_ok(error);
        return;
    }
    addr = unix_temp_addr();
    assert_ok(mio_unix_listener_bind_addr(&listener, &addr));
    assert_ok(mio_unix_stream_connect_addr(a, &addr));
    assert_true(fd_await_readable(listener.source.fd));
    assert_ok(mio_unix_listener_accept(&listener, b, NULL));
    mio_unix_listener_close(&listener);
}
