/* Natural merging: runs that fall already are found, and two of them made one, until there is one.
 *
 * Pieces come by their cost and are sorted by that with prices on top, which leaves most of them in their order
 * (Knuth, The Art of Computer Programming, volume 3, 5.2.4).
 */
#include "sorting.h"

#include <string.h>

/* Where runs end; how many there are. */
static int find_runs(const double **places, int *ends, int n)
{
    int runs = 0;
    for (int at = 1; at <= n; at++)
        if (at == n || *places[at - 1] < *places[at])
            ends[runs++] = at;
    return runs;
}

/* Two runs, the second of which begins in the middle, as one. Which of two is greater cannot be foretold: no branch. */
static void merge(const double **from, const double **to, int at, int middle, int end)
{
    int a = at, b = middle;
    for (to += at; a < middle && b < end; to++) {
        int is_first = *from[a] >= *from[b];
        *to = from[is_first ? a : b];
        a += is_first;
        b += !is_first;
    }
    memcpy(to, from + a, (middle - a) * sizeof(*to));
    memcpy(to + (middle - a), from + b, (end - b) * sizeof(*to));
}

/* Half as many runs; how many there are then. */
static int merge_runs(const double **from, const double **to, int *ends, int runs)
{
    int merged = 0;
    for (int r = 0, at = 0; r < runs; r += 2, at = ends[merged++]) {
        int last = r + 1 < runs ? r + 1 : r;
        merge(from, to, at, ends[r], ends[last]);
        ends[merged] = ends[last];
    }
    return merged;
}

const double **sort_falling(const double **places, const double **spare, int *ends, int n)
{
    for (int runs = find_runs(places, ends, n); runs > 1;) {
        const double **merged = spare;
        runs = merge_runs(places, merged, ends, runs);
        spare = places;
        places = merged;
    }
    return places;
}
