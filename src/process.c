/* process.c: see mio/process.h, and sys/process.h for what differs. */
#include "sys/process.h"

_Static_assert(sizeof(struct mio__process) <= sizeof(mio_process),
               "mio_process has room for its inside");
_Static_assert(_Alignof(struct mio__process) <= _Alignof(mio_process),
               "mio_process is aligned for its inside");

int mio_process_try_wait(mio_process *process, mio_exit_status *status)
{
    if (process == NULL || status == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (!mio__source_is_open(&process->source)) {
        return MIO_ERR_BAD_DESCRIPTOR;
    }
    struct mio__process *inside = mio__process_of(process);
    if (!inside->is_known) {
        int error = mio__process_wait(inside, &inside->status);
        if (error != 0) {
            return error;
        }
        inside->is_known = true;
    }
    *status = inside->status;
    return 0;
}

void mio_process_close(mio_process *process)
{
    if (process != NULL && mio__source_is_open(&process->source)) {
        mio__process_close(mio__process_of(process));
    }
}
