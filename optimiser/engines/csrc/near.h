/* What stands between a cheapest flow and the one nearest to a plan: the search's own network.
 *
 * A flow is cheapest exactly where each rank (the pieces of one cost) bears the load that it bears in any
 * cheapest flow. So ranks become nodes behind the pieces, with that load as their room, and what remains is
 * to deliver everything with the least energy above the plan: a flow with cost 0 in a cell up to the plan, 1
 * above it. What the cheapest flow has in common with the plan costs nothing, so no cycle could better it;
 * what is missing then goes along cheapest paths, all of one cost and length at a time (primal-dual).
 *
 * `rise` of an item is how much nearer it is to free room than the unserved sessions are, in units of that
 * cost. An arc u -> v of cost c is on a cheapest path only where c - rise[v] + rise[u] is 0.
 */
#ifndef DEPOT_NEAR_H
#define DEPOT_NEAR_H

#include "moves.h"
#include "nearest.h"

#define MAX_RISE 24 /* paths of a higher cost are left to an ordinary fill */

/* Sets of items are laid out as levels are: sessions, then nodes per limit, then ranks. */
typedef struct {
    Network *net;
    Word *below, *above;       /* per piece: sessions that charge less, or more, than planned in it */
    Word *below_in, *above_in; /* per session: such pieces */
    double *rank_room, *rank_spare;
    int n_ranks;
    int *first_of_rank; /* n_ranks + 1: places in `net->order` */
    int *rise, highest; /* per item, and the highest of all */
    Word *by_rise;      /* a set for each rise from -1 to MAX_RISE + 1 */
    Word *at_distance;  /* a set for each distance: items to be looked at */
    Word *unseen;
    Word *holders; /* sessions that could step aside */
    int *taken_by; /* per piece: who charges beyond the plan there without a search */
    size_t set_words;
    int *queue, count, begin[MAX_RISE + 2]; /* items seen; those at a distance begin at begin[distance] */
    int distance, level;
    int has_found;
} Near;

/* Nothing above the plan is left in the sessions that were moved, and what they have below it is marked. */
void keep_planned(Near *near);

/* All that can be served along paths that are the cheapest for certain: whether that is all there is. If not, nothing
 * above the plan is left. */
int serve_directly(Near *near);

/* Distances of all items from free room, up to the first unserved session: whether one was found, at
 * `near->distance` and, where that is 0, at `near->level`. */
int search_near(Near *near);

/* All items nearer than the unserved sessions rise by the difference; 0 where that is too much. */
int raise_nearer(Near *near);

/* All cheapest paths of the shortest length; what they brought. */
double push_near(Near *near);

static inline Word *risen(const Near *near, int rise) { return near->by_rise + (size_t)(rise + 1) * near->set_words; }

static inline size_t words_before(const Near *near, int limit)
{
    return near->net->session_words + (size_t)limit * near->net->piece_words;
}

static inline int rank_item(const Near *near, int rank)
{
    return near->net->n_sessions + node_of(near->net, near->net->n_limits, rank);
}

static inline int rank_has_room(const Near *near, int rank)
{
    return near->rank_spare[rank] > SUM_DUST * near->rank_room[rank];
}

/* Sessions that can charge in a piece at no cost (up to the plan), or at cost 1. */
static inline Word takers(const Near *near, int k, int w, int cost)
{
    size_t at = (size_t)k * near->net->session_words + w;
    return cost ? near->net->can_take[at] & ~near->below[at] : near->below[at];
}

/* Sessions that charge in a piece and give back no cost, or 1. */
static inline Word givers(const Near *near, int k, int w, int cost)
{
    size_t at = (size_t)k * near->net->session_words + w;
    return cost ? near->above[at] : near->net->holds[at] & ~near->above[at];
}

static inline Word takes_in(const Near *near, int i, int w, int cost)
{
    size_t at = (size_t)i * near->net->piece_words + w;
    return cost ? near->net->can_take_in[at] & ~near->below_in[at] : near->below_in[at];
}

static inline Word gives_in(const Near *near, int i, int w, int cost)
{
    size_t at = (size_t)i * near->net->piece_words + w;
    return cost ? near->above_in[at] : near->net->holds_in[at] & ~near->above_in[at];
}

static inline double planned_in(const Near *near, int i, int k)
{
    return meant(near->net->plan[near->net->base[i] + k], upper_in(near->net, i, k));
}

/* Below and above the plan, as the energy of a cell now is. */
static inline void mark_cell(Near *near, int i, int k)
{
    Network *net = near->net;
    Index c = net->base[i] + k;
    double planned = planned_in(near, i, k), dust = PLAN_DUST * upper_in(net, i, k);
    int is_below = net->energy[c] < planned - dust, is_above = net->energy[c] > planned + dust;
    put_bit(row_of(near->below, k, net->session_words), i, is_below);
    put_bit(row_of(near->below_in, i, net->piece_words), k, is_below);
    put_bit(row_of(near->above, k, net->session_words), i, is_above);
    put_bit(row_of(near->above_in, i, net->piece_words), k, is_above);
}

#endif
