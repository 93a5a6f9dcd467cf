/* fuzz.h: what the fuzz targets share. A target is one function that takes
 * bytes; libFuzzer or driver.c calls it. A broken check aborts the program,
 * which is how a fuzzer learns of it. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's name for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,           \
                          #condition);                                         \
            abort();                                                           \
        }                                                                      \
    } while (0)

#endif
