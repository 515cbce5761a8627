/* The least and the greatest of two numbers, and passes over all cells. */
#ifndef DEPOT_NUMBERS_H
#define DEPOT_NUMBERS_H

#include <string.h>

#include "bits.h"

/* The second where the first is not a number. The library's own functions are calls. */
static inline double least(double a, double b) { return a < b ? a : b; }
static inline double greatest(double a, double b) { return a > b ? a : b; }

/* The bits of a number that is not negative, as a whole number: 0 for 0, and without its highest bit. A compiler
 * makes vectors of ors of whole numbers, but not of comparisons. */
static inline Word bits_of(const double *number)
{
    Word bits;
    memcpy(&bits, number, sizeof(bits));
    return bits;
}

/* Whether one of these numbers, none of which is negative, is not 0. */
static inline int has_any(const double *values, Index n)
{
    Word all = 0;
    for (Index c = 0; c < n; c++)
        all |= bits_of(values + c);
    return all != 0;
}

#endif
