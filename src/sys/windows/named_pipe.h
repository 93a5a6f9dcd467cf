/* named_pipe.h: the inside of a mio_named_pipe. */
#ifndef MIO_SYS_WINDOWS_NAMED_PIPE_H
#define MIO_SYS_WINDOWS_NAMED_PIPE_H

#include "registry.h"
#include "sys/windows/windows.h"

/* An operation in the background. */
struct mio__pipe_operation {
    OVERLAPPED overlapped; /* the kernel's while pending */
    bool pending;
    uint32_t stale; /* packets still to come of operations that were given up */
};

/* Everything is guarded by the lock of the home's selector, once there is a
 * home. */
struct mio__pipe {
    struct mio__bound bound;
    mio_registry *home; /* the one it is associated with; NULL: none yet */
    uint32_t home_id;
    uint32_t slot; /* of the home */
    HANDLE handle;
    HANDLE ended; /* event: some operation has */
    struct mio__pipe_operation connecting;
    struct mio__pipe_operation reading;
    struct mio__pipe_operation writing;
    unsigned char *read_data;
    unsigned char *write_data;
    uint32_t read_size;
    uint32_t read_at; /* received and not handed out: from here to the end */
    uint32_t read_end;
    uint32_t write_size;
    uint32_t write_at; /* accepted and not sent */
    uint32_t write_end;
    DWORD connect_error;
    DWORD read_error; /* once all data is handed out */
    DWORD write_error;
    bool is_connected;
};

static inline struct mio__pipe *mio__pipe_of(mio_named_pipe *pipe)
{
    return (struct mio__pipe *)(void *)pipe->inside_.opaque_;
}

/* The selector of a pipe's home, locked; NULL if it has none that is open. */
struct mio__selector *mio__pipe_lock(struct mio__pipe *pipe);

/* Reads ahead, if there is a connection and nothing has been read already. */
void mio__pipe_read_ahead(struct mio__pipe *pipe);

/* Tells the slot what holds now. pre: locked */
void mio__pipe_publish(struct mio__pipe *pipe);

/* Ends all operations; the kernel has let go of the pipe's memory then. */
void mio__pipe_give_up(struct mio__pipe *pipe);

/* mio__bound.completed */
void mio__pipe_completed(struct mio__bound *bound, void *overlapped);

#endif
