/* signals.c: see sys/signals.h and signals.h. */
#include "signal_set.h"

#ifndef _WIN32

#include <unistd.h>

#include "sys/unix/signals.h"

uint32_t mio__signals_process(void)
{
    return (uint32_t)getpid();
}

int mio__signals_check(int number)
{
    /* What nobody can have, and what tells of an error at the very place: to
     * go on there after it was blocked or handled is not defined. */
    static const int refused[] = {
        SIGKILL, SIGSTOP, SIGABRT, SIGBUS,  SIGFPE,
        SIGILL,  SIGSEGV, SIGSYS,  SIGTRAP,
#ifdef SIGEMT
        SIGEMT,
#endif
    };
    struct sigaction action;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (number == refused[i]) {
            return MIO_ERR_UNSUPPORTED;
        }
    }
    /* Also those that the C library keeps for itself fail here. */
    return sigaction(number, NULL, &action) == 0 ? 0 : MIO_ERR_INVALID_INPUT;
}

mio_signal_info *mio__signals_place(mio_signal_info *infos, size_t *count,
                                    int number)
{
    size_t place = *count;
    while (place > 0 && infos[place - 1].number > number) {
        place--;
    }
    if (place > 0 && infos[place - 1].number == number) {
        return &infos[place - 1];
    }
    for (size_t i = *count; i > place; i--) {
        infos[i] = infos[i - 1];
    }
    (*count)++;
    infos[place].number = number;
    infos[place].count = 0;
    return &infos[place];
}

bool mio__signals_has_sender(int number, int code)
{
    if (number == SIGCHLD && code >= CLD_EXITED && code <= CLD_CONTINUED) {
        return true;
    }
#ifdef SI_TKILL /* pthread_kill and raise */
    if (code == SI_TKILL) {
        return true;
    }
#endif
#ifdef SI_LWP /* the same on some BSDs */
    if (code == SI_LWP) {
        return true;
    }
#endif
    return code == SI_USER || code == SI_QUEUE;
}

#endif
