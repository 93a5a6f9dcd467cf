/* pipe_pair.c: see pipe_pair.h. */
#include "pipe_pair.h"

#ifdef _WIN32

#include "support_windows.h"

const char *pipe_name(void)
{
    static char name[64];
    static unsigned count;

    (void)snprintf(name, sizeof(name), "\\\\.\\pipe\\mio-test-%lu-%u",
                   GetCurrentProcessId(), count++);
    return name;
}

static void buffers_set(struct pipe_end *end)
{
    end->buffers.read = end->read;
    end->buffers.read_size = sizeof(end->read);
    end->buffers.write = end->write;
    end->buffers.write_size = sizeof(end->write);
}

void pipe_serve(struct pipe_end *end, const char *name)
{
    buffers_set(end);
    assert_ok(mio_named_pipe_create(&end->pipe, name, true, &end->buffers));
}

void pipe_open(struct pipe_end *end, const char *name)
{
    buffers_set(end);
    assert_ok(mio_named_pipe_open(&end->pipe, name, &end->buffers));
}

void pipe_register(struct fixture *f, struct pipe_end *end, mio_token token,
                   mio_interest interest)
{
    assert_ok(
        mio_registry_register(f->registry, &end->pipe.source, token, interest));
}

void pipe_pair(struct fixture *f, struct pipe_end *server,
               struct pipe_end *client)
{
    const char *const name = pipe_name();

    pipe_serve(server, name);
    pipe_open(client, name);
    pipe_register(f, server, SERVER, MIO_READABLE | MIO_WRITABLE);
    pipe_register(f, client, CLIENT, MIO_READABLE | MIO_WRITABLE);
    expect_events(f, {SERVER, R_WRITABLE}, {CLIENT, R_WRITABLE});
}

void pipe_write_all(struct fixture *f, struct pipe_end *end, mio_token token,
                    const void *data, size_t length)
{
    const unsigned char *bytes = data;

    while (length > 0) {
        const mio_ssize count = mio_named_pipe_write(&end->pipe, bytes, length);

        if (count == MIO_ERR_WOULD_BLOCK) {
            expect_event(f, token, R_WRITABLE);
            continue;
        }
        assert_true(count > 0);
        bytes += count;
        length -= (size_t)count;
    }
}

size_t pipe_read_all(struct fixture *f, struct pipe_end *end, mio_token token,
                     void *data, size_t length, size_t part)
{
    unsigned char *bytes = data;
    size_t total = 0;

    while (total < length) {
        const size_t left = length - total;
        const mio_ssize count = mio_named_pipe_read(&end->pipe, bytes + total,
                                                    left < part ? left : part);

        if (count == MIO_ERR_WOULD_BLOCK) {
            expect_event(f, token, R_READABLE);
            continue;
        }
        assert_true(count >= 0);
        if (count == 0) {
            break;
        }
        total += (size_t)count;
    }
    return total;
}

#endif
