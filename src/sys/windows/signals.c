/* signals.c: signals from the console, on Windows. See sys/signals.h.
 *
 * The system calls the handler in a thread of its own. When the console is
 * closed or the system shuts down, it ends the process as soon as the handler
 * returns, and some seconds later in any case; so the handler does not return
 * then, and the program has those seconds.
 *
 * A log-off is not a signal: only services are told of it, and of everybody's,
 * and they should stay. */
#include "signal_set.h"

#ifdef MIO_SIGNALS_CONSOLE

#include <signal.h>

#include "sys/windows/windows.h"

uint32_t mio__signals_process(void)
{
    return 0; /* there is no fork */
}

int mio__signals_check(int number)
{
    return number == SIGINT || number == SIGBREAK || number == SIGTERM
               ? 0
               : MIO_ERR_UNSUPPORTED;
}

static int number_of(DWORD event)
{
    switch (event) {
    case CTRL_C_EVENT:
        return SIGINT;
    case CTRL_BREAK_EVENT:
        return SIGBREAK;
    case CTRL_CLOSE_EVENT:
    case CTRL_SHUTDOWN_EVENT:
        return SIGTERM;
    default:
        return 0; /* which nobody owns */
    }
}

static BOOL WINAPI handle(DWORD event)
{
    const int number = number_of(event);
    struct mio__signal_set *set = mio__signal_enter(number);
    if (set != NULL) {
        mio__signal_record(set, number, 0, 0);
    }
    mio__signal_leave();
    if (set != NULL && number == SIGTERM) {
        (void)WaitForSingleObject(GetCurrentProcess(), INFINITE);
    }
    return set != NULL;
}

/* Each set adds the handler; the first of them is asked first, and answers for
 * all. */
int mio__signals_open(struct mio__signal_set *set)
{
    mio__signal_record_init(set);
    if (!SetConsoleCtrlHandler(handle, TRUE)) {
        return mio_error_from_os((int)GetLastError());
    }
    return 0;
}

mio_ssize mio__signals_read(struct mio__signal_set *set, mio_signal_info *infos,
                            size_t room)
{
    return (mio_ssize)mio__signal_record_take(set, infos, room);
}

void mio__signals_close(struct mio__signal_set *set)
{
    (void)set;
    (void)SetConsoleCtrlHandler(handle, FALSE);
}

void mio__signals_close_in_child(struct mio__signal_set *set)
{
    (void)set;
}

#endif
