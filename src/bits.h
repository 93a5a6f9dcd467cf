/* bits.h: where the bits of a word are. */
#ifndef MIO_BITS_H
#define MIO_BITS_H

#include <stdint.h>

#ifdef __GNUC__

/* The number of the highest bit that is set. pre: word is not 0. */
static inline unsigned mio__bit_highest(uint64_t word)
{
    return 63u ^ (unsigned)__builtin_clzll(word);
}

/* The number of the lowest bit that is set. pre: word is not 0. */
static inline unsigned mio__bit_lowest(uint64_t word)
{
    return (unsigned)__builtin_ctzll(word);
}

#else

static inline unsigned mio__bit_highest(uint64_t word)
{
    unsigned bit = 0;
    for (unsigned half = 32; half > 0; half /= 2) {
        if (word >> half != 0) {
            word >>= half;
            bit += half;
        }
    }
    return bit;
}

static inline unsigned mio__bit_lowest(uint64_t word)
{
    return mio__bit_highest(word & (~word + 1));
}

#endif

#endif
