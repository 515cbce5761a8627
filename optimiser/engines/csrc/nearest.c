/* Among the flows that are as cheap, the one nearest to a plan: the course of it; `near.h` says how. */
#include "nearest.h"

#include "near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 400 /* so many searches at most; the rest is filled without regard to the plan */
/* More than this left over [kWh]: rounding has closed the way. */
#define UNPLACED_KWH 1e-9

static void lay_ranks(Near *near)
{
    Network *net = near->net;
    for (int p = 0; p < net->n_pieces; p++) {
        int k = net->order[p], node = node_of(net, net->root, k);
        near->first_of_rank[net->rank[k] + 1] = p + 1;
        near->rank_room[net->rank[k]] += net->room[node] - net->spare[node];
        near->n_ranks = net->rank[k] + 1;
    }
}

/* Out with what the plan does not have; sessions without a plan begin anew. */
static void take_out_unplanned(Near *near, int i)
{
    Network *net = near->net;
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w]; bits; bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            Index c = net->base[i] + k;
            double kept = near->plan[c] < INFINITY ? near->plan[c] : 0.0, extra = net->energy[c] - kept;
            if (extra > PLAN_DUST * net->upper[c]) {
                take_out(net, i, k, extra);
                near->rank_spare[net->rank[k]] += extra;
            }
        }
}

static void keep_planned(Near *near)
{
    const Network *net = near->net;
    for (int i = next_moved(net, 0); i < net->n_sessions; i = next_moved(net, i + 1)) {
        take_out_unplanned(near, i);
        for (Index c = first_cell_of(net, i); c < end_cell_of(net, i); c++)
            if (net->energy[c] < near->plan[c])
                mark_cell(near, i, (int)(c - net->base[i]));
    }
}

static int allocate(Near *near)
{
    const Network *net = near->net;
    size_t n = net->n_sessions, p = net->n_pieces, sw = net->session_words, pw = net->piece_words;
    size_t items = n + net->n_nodes + p;
    near->set_words = words_before(near, net->n_limits + 1);
    size_t words = 2 * (p * sw + n * pw + pw) + sw + (2 * MAX_RISE + 6) * near->set_words;
    char *block = calloc(words * sizeof(Word) + 2 * p * sizeof(double) + (items + p + 1) * sizeof(int), 1);
    if (!block)
        return NO_MEMORY;
    near->below = (Word *)block;
    near->above = near->below + p * sw;
    near->below_in = near->above + p * sw;
    near->above_in = near->below_in + n * pw;
    near->by_rise = near->above_in + n * pw;
    near->at_distance = near->by_rise + (MAX_RISE + 3) * near->set_words;
    near->unseen = near->at_distance + (MAX_RISE + 2) * near->set_words;
    near->taken = near->unseen + near->set_words;
    near->taken_by_served = near->taken + pw;
    near->holders = near->taken_by_served + pw;
    near->rank_room = (double *)(near->holders + sw);
    near->rank_spare = near->rank_room + p;
    near->rise = (int *)(near->rank_spare + p);
    near->first_of_rank = near->rise + items;
    near->queue = net->queue;
    memset(risen(near, 0), 0xff, near->set_words * sizeof(Word));
    return FINE;
}

/* So much more for a session in a piece, as far as there is room up to a bound of its own, its limits and its rank. */
static int serve_in(Near *near, int i, int k, double most)
{
    Network *net = near->net;
    double *rank_spare = near->rank_spare + net->rank[k];
    double amount = least(least(net->left[i], most), least(chain_spare(net, net->leaf[i], k), *rank_spare));
    if (amount <= 0.0)
        return 0;
    push_cell(net, i, k, amount);
    use_want(net, i, amount);
    use_chain(net, net->leaf[i], k, amount);
    *rank_spare -= amount;
    return 1;
}

static void serve_as_planned(Near *near, int i)
{
    Network *net = near->net;
    const Word *below = row_of(near->below_in, i, net->piece_words);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = below[w]; bits && bit_is_set(net->wants, i); bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            Index c = net->base[i] + k;
            serve_in(near, i, k, planned_in(near, c) - net->energy[c]);
            mark_cell(near, i, k);
        }
}

/* Where it can by itself; which pieces those were that served all of it. */
static void serve_unplanned(Near *near, int i)
{
    Network *net = near->net;
    const Word *open = row_of(net->can_take_in, i, net->piece_words);
    memset(near->taken, 0, net->piece_words * sizeof(Word));
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = open[w]; bits && bit_is_set(net->wants, i); bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            if (serve_in(near, i, k, room_in(net, i, k)))
                set_bit(near->taken, k);
        }
    for (int w = 0; w < net->piece_words && !bit_is_set(net->wants, i); w++)
        near->taken_by_served[w] |= near->taken[w];
}

/* Another session makes room in one piece and charges in a second instead. */
static void step_aside(Near *near, int i, int j, int k, int instead)
{
    Network *net = near->net;
    double *rank_spare = near->rank_spare + net->rank[instead];
    double amount = least(net->left[i], least(room_in(net, i, k), energy_in(net, j, k)));
    amount = least(amount, least(room_in(net, j, instead), least(chain_spare(net, net->leaf[j], instead), *rank_spare)));
    if (amount <= 0.0)
        return;
    pull_cell(net, j, k, amount);
    push_cell(net, i, k, amount);
    push_cell(net, j, instead, amount);
    use_want(net, i, amount);
    use_chain(net, net->leaf[j], instead, amount);
    *rank_spare -= amount;
    set_bit(net->moved, j);
}

static void let_step_aside(Near *near, int i, int k, int instead)
{
    const Network *net = near->net;
    const Word *held = row_of(net->holds, k, net->session_words), *open = row_of(net->can_take, instead, net->session_words);
    for (int w = 0; w < net->session_words; w++)
        for (Word bits = held[w] & open[w]; bits && bit_is_set(net->wants, i); bits &= bits - 1)
            if (64 * w + lowest_bit(bits) != i)
                step_aside(near, i, 64 * w + lowest_bit(bits), k, instead);
}

/* Everybody who charges where a session could charge more. */
static void find_holders(Near *near, int i)
{
    const Network *net = near->net;
    memset(near->holders, 0, net->session_words * sizeof(Word));
    for (int k = 0; k < net->n_pieces; k++)
        for (int w = 0; w < net->session_words && bit_is_set(row_of(net->can_take_in, i, net->piece_words), k); w++)
            near->holders[w] |= row_of(net->holds, k, net->session_words)[w];
}

/* A session charges where others step aside, who charge in pieces with room instead. */
static void serve_in_place_of_others(Near *near, int i)
{
    const Network *net = near->net;
    find_holders(near, i);
    for (int instead = 0; instead < net->n_pieces && bit_is_set(net->wants, i); instead++)
        if (rank_has_room(near, net->rank[instead]) && node_has_room(net, node_of(net, net->root, instead)) &&
            meets(near->holders, row_of(net->can_take, instead, net->session_words), net->session_words))
            for (int w = 0; w < net->piece_words; w++)
                for (Word bits = row_of(net->can_take_in, i, net->piece_words)[w]; bits && bit_is_set(net->wants, i);
                     bits &= bits - 1)
                    let_step_aside(near, i, 64 * w + lowest_bit(bits), instead);
}

static int next_wanting(const Network *net, int i)
{
    for (i = next_moved(net, i); i < net->n_sessions && !bit_is_set(net->wants, i);)
        i = next_moved(net, i + 1);
    return i;
}

static int any_below(const Near *near, int only_wanting)
{
    const Network *net = near->net;
    for (int i = next_moved(net, 0); i < net->n_sessions; i = next_moved(net, i + 1))
        if ((!only_wanting || bit_is_set(net->wants, i)) &&
            !is_empty(row_of(near->below_in, i, net->piece_words), net->piece_words))
            return 1;
    return 0;
}

/* Whether every path of a session's, the only one that is left, has another in it that gives planned energy. */
static int needs_others(const Near *near, int i)
{
    const Network *net = near->net;
    return next_wanting(net, i + 1) >= net->n_sessions && !any_below(near, 0) &&
           !meets(row_of(net->can_take_in, i, net->piece_words), near->taken_by_served, net->piece_words);
}

/* Cheapest paths that need no search.
 *
 * Energy as planned costs nothing. What is then still to be charged by sessions without any of their planned energy
 * left costs 1, whatever is re-routed: on any path every session but the first gives at most 1 back before it takes,
 * and then takes at 1. So where that serves all, no path is cheaper. Is only one left, and nobody has planned energy
 * left, then a path costs 1 and 1 more for all others on it that give planned energy. There is at least one where the
 * session cannot charge in place of anybody who has just been served, and paths grow no shorter by those that are taken
 * (Ford and Fulkerson 1962): one that steps aside is best. All limits but the site's would have to be asked as well. */
static void serve_directly(Near *near)
{
    Network *net = near->net;
    for (int i = next_wanting(net, 0); i < net->n_sessions; i = next_wanting(net, i + 1))
        serve_as_planned(near, i);
    if (any_below(near, 1))
        return;
    for (int i = next_wanting(net, 0); i < net->n_sessions; i = next_wanting(net, i + 1))
        serve_unplanned(near, i);
    int left = next_wanting(net, 0);
    if (left < net->n_sessions && net->n_limits == 1 && needs_others(near, left))
        serve_in_place_of_others(near, left);
    if (!is_served(net))
        keep_planned(near);
}

/* Cheapest paths, all of one cost and length in a round. */
static void serve_all(Near *near)
{
    for (int round = 0; round < MAX_ROUNDS && !is_served(near->net); round++) {
        if (!search_near(near))
            return;
        if (near->distance ? !raise_nearer(near) : push_near(near) <= 0.0)
            return;
    }
}

static int is_near(const Network *net, const double *plan)
{
    for (int i = next_moved(net, 0); i < net->n_sessions; i = next_moved(net, i + 1)) {
        const Word *held = row_of(net->holds_in, i, net->piece_words);
        for (int w = 0; w < net->piece_words; w++)
            for (Word bits = held[w]; bits; bits &= bits - 1) {
                Index c = net->base[i] + 64 * w + lowest_bit(bits);
                if (net->energy[c] > plan[c] + PLAN_DUST * net->upper[c])
                    return 0;
            }
    }
    return 1;
}

static double most_left(const Network *net)
{
    double most = 0.0;
    for (int i = 0; i < net->n_sessions; i++)
        most = net->left[i] > most ? net->left[i] : most;
    return most;
}

/* What no round has placed goes where it is cheapest; should even that find the way closed, all begins anew. */
static void fill_up(Network *net)
{
    if (most_left(net) <= UNPLACED_KWH)
        return;
    fill_in_order(net);
    if (most_left(net) <= UNPLACED_KWH)
        return;
    network_reset(net);
    fill_in_order(net);
}

int stay_near(Network *net, const double *plan)
{
    Near near = {.net = net, .plan = plan};
    if (is_near(net, plan))
        return FINE;
    if (allocate(&near))
        return NO_MEMORY;
    lay_ranks(&near);
    keep_planned(&near);
    serve_directly(&near);
    serve_all(&near);
    fill_up(net);
    free(near.below);
    return FINE;
}
