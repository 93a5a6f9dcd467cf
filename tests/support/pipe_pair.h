/* pipe_pair.h: what the tests of Windows' named pipes share. */
#ifndef PIPE_PAIR_H
#define PIPE_PAIR_H

#include "support.h"

#ifdef _WIN32

enum { SERVER = 1, CLIENT = 2 };

/* One end with its buffers. */
struct pipe_end {
    mio_named_pipe pipe;
    mio_named_pipe_buffers buffers;
    unsigned char read[4096];
    unsigned char write[4096];
};

/** Returns a name for a pipe that no other test or process has. */
const char *pipe_name(void);

/** Creates a server's end; opens a client's end. Neither is registered. */
void pipe_serve(struct pipe_end *end, const char *name);
void pipe_open(struct pipe_end *end, const char *name);

/** Both ends, connected and registered for both directions, and nothing to
 *  report but that both can be written to, which is over. */
void pipe_pair(struct fixture *f, struct pipe_end *server,
               struct pipe_end *client);

void pipe_register(struct fixture *f, struct pipe_end *end, mio_token token,
                   mio_interest interest);

/** Writes all of it, waiting for room as often as need be. Another end's events
 *  that come meanwhile are forgotten. */
void pipe_write_all(struct fixture *f, struct pipe_end *end, mio_token token,
                    const void *data, size_t length);

/** Reads up to length bytes in parts of a given size, waiting for data until
 *  length are there or the stream ends; returns how many. */
size_t pipe_read_all(struct fixture *f, struct pipe_end *end, mio_token token,
                     void *data, size_t length, size_t part);

#endif
#endif
