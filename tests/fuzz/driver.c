/* driver.c: runs a fuzz target without libFuzzer, with any compiler.
 *
 *   NAME_driver COUNT [SEED]   COUNT pseudo-random inputs
 *   NAME_driver FILE ...       the inputs in files, to repeat a crash
 */
#include "fuzz.h"

#include <inttypes.h>

enum { INPUT_MAX = 1024 };

/* xorshift64*: every input can be made again from the seed and its number. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static void run_random(unsigned long long count, uint64_t seed)
{
    uint8_t input[INPUT_MAX];
    uint64_t state = seed | 1;
    for (unsigned long long i = 0; i < count; i++) {
        size_t size = (size_t)(next(&state) % (INPUT_MAX + 1));
        for (size_t at = 0; at < size; at++) {
            input[at] = (uint8_t)(next(&state) >> 56);
        }
        (void)LLVMFuzzerTestOneInput(input, size);
    }
    (void)printf("%llu inputs, seed %" PRIu64 "\n", count, seed);
}

static int run_file(const char *name)
{
    static uint8_t input[1 << 20];
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        perror(name);
        return EXIT_FAILURE;
    }
    size_t size = fread(input, 1, sizeof(input), file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(input, size);
    (void)printf("%s: %zu bytes\n", name, size);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s COUNT [SEED] | FILE ...\n", argv[0]);
        return EXIT_FAILURE;
    }
    char *end;
    unsigned long long count = strtoull(argv[1], &end, 10);
    if (*end == '\0') {
        run_random(count, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
        return EXIT_SUCCESS;
    }
    for (int i = 1; i < argc; i++) {
        if (run_file(argv[i]) != EXIT_SUCCESS) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
