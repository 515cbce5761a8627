/* Natural merging: runs that fall already are found, and two of them made one, until there is one.
 *
 * Pieces come by their cost and are sorted by that with prices on top, which leaves most of them in their order
 * (Knuth, The Art of Computer Programming, volume 3, 5.2.4).
 */
#include "sorting.h"

static int run_end(const double **places, int at, int n)
{
    for (at++; at < n && *places[at - 1] >= *places[at];)
        at++;
    return at < n ? at : n;
}

/* The first two runs as one; how many places that are. */
static int merge_two(const double **from, const double **to, int n)
{
    int middle = run_end(from, 0, n), end = middle < n ? run_end(from, middle, n) : n, a = 0, b = middle;
    for (int at = 0; at < end; at++)
        to[at] = b >= end || (a < middle && *from[a] >= *from[b]) ? from[a++] : from[b++];
    return end;
}

const double **sort_falling(const double **places, const double **spare, int n)
{
    while (n > 0 && run_end(places, 0, n) < n) {
        const double **merged = spare;
        for (int at = 0; at < n;)
            at += merge_two(places + at, merged + at, n - at);
        spare = places;
        places = merged;
    }
    return places;
}
