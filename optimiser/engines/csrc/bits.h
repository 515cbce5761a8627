/* Sets of small numbers as words of 64 bits: what makes a search over all sessions a handful of steps. */
#ifndef DEPOT_BITS_H
#define DEPOT_BITS_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t Word;
typedef ptrdiff_t Index; /* of cells, and numbers as they come from numpy: its intp */

static inline int words_for(int n) { return (n + 63) / 64; }
static inline int bit_is_set(const Word *set, int i) { return (int)(set[i >> 6] >> (i & 63)) & 1; }
static inline void set_bit(Word *set, int i) { set[i >> 6] |= (Word)1 << (i & 63); }
static inline void clear_bit(Word *set, int i) { set[i >> 6] &= ~((Word)1 << (i & 63)); }

/* All from one up to, but without, another. */
static inline void set_range(Word *set, int from, int to)
{
    for (int w = from >> 6; 64 * w < to; w++) {
        Word bits = ~(Word)0;
        if (64 * w < from)
            bits <<= from & 63;
        if (to - 64 * w < 64)
            bits &= ~(Word)0 >> (64 * (w + 1) - to);
        set[w] |= bits;
    }
}

static inline void put_bit(Word *set, int i, int is_in)
{
    Word bit = (Word)1 << (i & 63);
    set[i >> 6] = is_in ? set[i >> 6] | bit : set[i >> 6] & ~bit;
}

/* Sums of ever wider fields: the processor's own instruction is not on every machine that an install is for. */
static inline int count_bits(Word word)
{
    word -= (word >> 1) & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + ((word >> 2) & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)((word * 0x0101010101010101u) >> 56);
}

static inline int lowest_bit(Word word)
{
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll(word);
#else
    int i = 0;
    while (!(word & 1)) {
        word >>= 1;
        i++;
    }
    return i;
#endif
}

static inline int highest_bit(Word word)
{
#if defined(__GNUC__) || defined(__clang__)
    return 63 - __builtin_clzll(word);
#else
    int i = 63;
    while (!(word >> i))
        i--;
    return i;
#endif
}

/* The next number from one on that is in a set of those below `n`; `n` where there is none. */
static inline int next_bit(const Word *set, int i, int n)
{
    for (; i < n; i = (i | 63) + 1) {
        Word rest = set[i >> 6] >> (i & 63);
        if (rest)
            return i + lowest_bit(rest) < n ? i + lowest_bit(rest) : n;
    }
    return n;
}

static inline int is_empty(const Word *set, int n_words)
{
    for (int w = 0; w < n_words; w++)
        if (set[w])
            return 0;
    return 1;
}

static inline int count_all(const Word *set, int n_words)
{
    int count = 0;
    for (int w = 0; w < n_words; w++)
        count += count_bits(set[w]);
    return count;
}

/* Whether two sets have anything in common. */
static inline int meets(const Word *a, const Word *b, int n_words)
{
    for (int w = 0; w < n_words; w++)
        if (a[w] & b[w])
            return 1;
    return 0;
}

#endif
