/* doorbell_pipe.c: the doorbell of doorbell_pipe.h, as the only one. */
#include "sys/sys.h"

#include "sys/doorbell.h"

#ifdef MIO_DOORBELL_PIPE

#include "sys/unix/doorbell_pipe.h"

int mio__doorbell_open(struct mio__doorbell *doorbell)
{
    return mio__doorbell_pipe_open(doorbell);
}

void mio__doorbell_close(struct mio__doorbell *doorbell)
{
    mio__doorbell_pipe_close(doorbell);
}

int mio__doorbell_ring(const struct mio__doorbell *doorbell)
{
    return mio__doorbell_pipe_ring(doorbell);
}

void mio__doorbell_hush(const struct mio__doorbell *doorbell)
{
    mio__doorbell_pipe_hush(doorbell);
}

#endif
