/* signals.h: what the two kinds of signal sets on Unix share. */
#ifndef MIO_SYS_UNIX_SIGNALS_H
#define MIO_SYS_UNIX_SIGNALS_H

#include <stdbool.h>

/* Whether the process and user of a siginfo_t with this si_code mean anything;
 * in others the same bytes are something else, such as a timer's. */
bool mio__signals_has_sender(int number, int code);

#endif
