/* Cheapest paths that need no search.
 *
 * Energy as planned costs nothing. What is then still to be charged by sessions without any of their planned energy
 * left costs 1, whatever is re-routed: on any path every session but the first gives at most 1 back before it takes,
 * and then takes at 1. So where that serves all, no path is cheaper.
 *
 * Has nobody planned energy left, then a path costs 1 and 1 more for all others on it that give planned energy. There
 * is at least one where those that are left cannot charge in place of somebody who does beyond the plan, and no path
 * grows shorter by cheapest ones that are taken (Ford and Fulkerson 1962): one that steps aside is best. Limits other
 * than the site's would have to be asked as well.
 */
#include <string.h>

#include "near.h"

#define SEVERAL (NONE - 1)

/* So much more for a session in a piece, as far as there is room up to a bound of its own, its limits and its rank. */
static int serve_in(Near *near, int i, int k, double most)
{
    Network *net = near->net;
    double *rank_spare = near->rank_spare + net->rank[k];
    double amount = least(least(net->left[i], most), least(chain_spare(net, net->leaf[i], k), *rank_spare));
    if (amount <= 0.0)
        return 0;
    charge(net, i, k, amount);
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
            serve_in(near, i, k, planned_in(near, i, k) - net->energy[c]);
            mark_cell(near, i, k);
        }
}

/* Where it can by itself. */
static void serve_unplanned(Near *near, int i)
{
    Network *net = near->net;
    const Word *open = row_of(net->can_take_in, i, net->piece_words);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = open[w]; bits && bit_is_set(net->wants, i); bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits), by = near->taken_by[k];
            if (serve_in(near, i, k, room_in(net, i, k)))
                near->taken_by[k] = by == NONE || by == i ? i : SEVERAL;
        }
}

/* Another session makes room in one piece and charges in a second instead. */
static void step_aside(Near *near, int i, int j, int k, int instead)
{
    Network *net = near->net;
    double *rank_spare = near->rank_spare + net->rank[instead];
    double amount = least(net->left[i], least(room_in(net, i, k), energy_in(net, j, k)));
    amount = least(amount, least(room_in(net, j, instead), *rank_spare));
    amount = least(amount, chain_spare(net, net->leaf[j], instead));
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
    const Word *held = row_of(net->holds, k, net->session_words);
    const Word *open = row_of(net->can_take, instead, net->session_words);
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

/* Whether a session could charge where another one does beyond the plan. */
static int meets_unplanned(const Near *near, int i)
{
    const Word *open = row_of(near->net->can_take_in, i, near->net->piece_words);
    for (int k = 0; k < near->net->n_pieces; k++)
        if (near->taken_by[k] != NONE && near->taken_by[k] != i && bit_is_set(open, k))
            return 1;
    return 0;
}

/* Whether on every path of those that are left there is another session that gives planned energy. */
static int need_others(const Near *near)
{
    const Network *net = near->net;
    for (int i = next_wanting(net, 0); i < net->n_sessions; i = next_wanting(net, i + 1))
        if (meets_unplanned(near, i))
            return 0;
    return !any_below(near, 0);
}

int serve_directly(Near *near)
{
    Network *net = near->net;
    for (int i = next_wanting(net, 0); i < net->n_sessions; i = next_wanting(net, i + 1))
        serve_as_planned(near, i);
    if (any_below(near, 1))
        return 0;
    for (int i = next_wanting(net, 0); i < net->n_sessions; i = next_wanting(net, i + 1))
        serve_unplanned(near, i);
    if (!is_served(net) && net->n_limits == 1 && need_others(near))
        for (int i = next_wanting(net, 0); i < net->n_sessions; i = next_wanting(net, i + 1))
            serve_in_place_of_others(near, i);
    if (!is_served(net))
        keep_planned(near);
    return is_served(net);
}
