/* clock.c: see sys/clock.h. */
#include "sys/sys.h"

#include "sys/clock.h"

#ifdef _WIN32

#include "sys/windows/windows.h"

int64_t mio__clock_now(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER count;
    (void)QueryPerformanceFrequency(&frequency); /* neither can fail */
    (void)QueryPerformanceCounter(&count);
    /* Whole seconds apart from the rest, so that nothing overflows: what is
     * left of the count is below the frequency, some 10 million. */
    int64_t seconds = count.QuadPart / frequency.QuadPart;
    int64_t rest = count.QuadPart % frequency.QuadPart;
    return seconds * MIO__NS_PER_S + rest * MIO__NS_PER_S / frequency.QuadPart;
}

#endif /* _WIN32 */
