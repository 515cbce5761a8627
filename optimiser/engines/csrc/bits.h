/* Sets of small numbers as words of 64 bits: what makes a search over all sessions a handful of steps. */
#ifndef DEPOT_BITS_H
#define DEPOT_BITS_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t Word;

static inline int words_for(int n) { return (n + 63) / 64; }
static inline int bit_is_set(const Word *set, int i) { return (int)(set[i >> 6] >> (i & 63)) & 1; }
static inline void set_bit(Word *set, int i) { set[i >> 6] |= (Word)1 << (i & 63); }
static inline void clear_bit(Word *set, int i) { set[i >> 6] &= ~((Word)1 << (i & 63)); }

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

static inline int is_empty(const Word *set, int n_words)
{
    for (int w = 0; w < n_words; w++)
        if (set[w])
            return 0;
    return 1;
}

#endif
