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

void unix_see_the_peer_leave(struct fixture *f, mio_unix_listener *listener,
                             mio_unix_stream *stream)
{
    enum { TOKEN = 1 };
    mio_unix_stream server;
    char data[4];
    assert_ok(mio_registry_register(f->registry, &stream->source, TOKEN,
                                    MIO_READABLE | MIO_WRITABLE));
    expect_only(f, TOKEN, R_WRITABLE);
    assert_ok(mio_unix_listener_accept(listener, &server, NULL));
    mio_unix_stream_close(&server);
    expect_event(f, TOKEN, R_READABLE | R_READ_CLOSED);
    assert_count(mio_unix_stream_read(stream, data, sizeof(data)), 0);
    mio_unix_stream_close(stream);
    mio_unix_listener_close(listener);
}
