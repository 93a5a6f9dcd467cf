/* subject_unix.c: the subjects of subject.h that only Unix systems have. */
#include "subject_kind.h"

#ifndef _WIN32

#include "unix_support.h"

static mio_source *unix_datagram_open(struct subject *subject)
{
    assert_ok(mio_unix_datagram_pair(&subject->near_end.unix_datagram,
                                     &subject->far_end.unix_datagram));
    return &subject->near_end.unix_datagram.source;
}

static void unix_datagram_close(struct subject *subject)
{
    mio_unix_datagram_close(&subject->near_end.unix_datagram);
    mio_unix_datagram_close(&subject->far_end.unix_datagram);
}

static void unix_datagram_feed(struct subject *subject)
{
    assert_count(
        mio_unix_datagram_send(&subject->far_end.unix_datagram, "x", 1), 1);
}

static mio_ssize unix_datagram_take(struct subject *subject)
{
    char data[4];
    return mio_unix_datagram_recv(&subject->near_end.unix_datagram, data,
                                  sizeof(data));
}

const struct subject_kind subject_unix_datagram = {
    unix_datagram_open, unix_datagram_close, unix_datagram_feed,
    unix_datagram_take};

static mio_source *pipe_open(struct subject *subject)
{
    assert_ok(
        mio_pipe_open(&subject->far_end.sender, &subject->near_end.receiver));
    return &subject->near_end.receiver.source;
}

static void pipe_close(struct subject *subject)
{
    mio_pipe_receiver_close(&subject->near_end.receiver);
    mio_pipe_sender_close(&subject->far_end.sender);
}

static void pipe_feed(struct subject *subject)
{
    assert_count(mio_pipe_sender_write(&subject->far_end.sender, "x", 1), 1);
}

static mio_ssize pipe_take(struct subject *subject)
{
    char data[1];
    return mio_pipe_receiver_read(&subject->near_end.receiver, data,
                                  sizeof(data));
}

const struct subject_kind subject_pipe = {pipe_open, pipe_close, pipe_feed,
                                          pipe_take};

/* ---- Foreign descriptors ------------------------------------------------*/

static mio_source *foreign_pipe_open(struct subject *subject)
{
    int fds[2];
    raw_pipe(fds, true);
    return foreign_open(subject, fds);
}

static void foreign_pipe_feed(struct subject *subject)
{
    assert_int_equal(write(subject->far_end.fd, "x", 1), 1);
}

static mio_ssize foreign_pipe_take(struct subject *subject)
{
    char data[1];
    return foreign_took(subject, read(subject->source->fd, data, sizeof(data)));
}

const struct subject_kind subject_foreign_pipe = {
    foreign_pipe_open, foreign_close, foreign_pipe_feed, foreign_pipe_take};

#endif
