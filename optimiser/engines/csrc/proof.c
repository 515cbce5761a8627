/* What prices prove of a flow, without sorting a session's cells. */
#include "proof.h"

#include <math.h>
#include <string.h>

#include "sorting.h"

/* From so many sessions under a limit on, it is faster to sort its pieces than to go through all cells. */
#define MANY 64

/* Per node, what its sessions pay for a kWh: the piece's cost and every price there on their way. */
static void add_prices(const Network *net, const double *cost, PriceList prices)
{
    for (int l = 0; l < net->n_limits; l++)
        for (int k = 0; k < net->n_pieces; k++) {
            double sum = cost[k] + prices.peak[k];
            for (int up = l; up != NONE; up = net->parent[up])
                sum += prices.limits[node_of(net, up, k)];
            net->paid[node_of(net, l, k)] = sum;
        }
}

static double cheapest_of(const double *paid, Index n)
{
    double cheapest = n > 0 ? paid[0] : 0.0;
    for (Index k = 1; k < n; k++)
        cheapest = least(cheapest, paid[k]);
    return cheapest;
}

/* The dearest of the cells in which a session charges, or minus infinity; `paid` is per piece. */
static double dearest_held(const Network *net, int i, const double *paid)
{
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    double dearest = -INFINITY;
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w]; bits; bits &= bits - 1) {
            double here = paid[64 * w + lowest_bit(bits)];
            dearest = here > dearest ? here : dearest;
        }
    return dearest;
}

/* Twice what a cell is cheaper than the margin, or 0: without a comparison, which a compiler makes no vectors of. */
static inline double twice_cheaper(double paid, double margin)
{
    double cheaper = margin - paid;
    return cheaper + fabs(cheaper);
}

/* What cells are cheaper than the margin, each filled. Four sums, which need not wait for each other. */
static double saved_by(const double *paid, const double *upper, double margin, Index n)
{
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    Index k = 0;
    for (; k + 4 <= n; k += 4)
        for (int at = 0; at < 4; at++)
            sums[at] += twice_cheaper(paid[k + at], margin) * upper[k + at];
    for (; k < n; k++)
        sums[0] += twice_cheaper(paid[k], margin) * upper[k];
    return 0.5 * (sums[0] + sums[1] + sums[2] + sums[3]);
}

/* The energy that a session gets. */
static double given_to(const Network *net, int i)
{
    return net->wanted[net->session_at[i]] - net->missing[i];
}

/* What lower bounds cost beyond the margin, or less. */
static double forced_above(const double *paid, const double *lower, double margin, Index n)
{
    double sum = 0.0;
    for (Index k = 0; k < n; k++)
        sum += (paid[k] - margin) * lower[k];
    return sum;
}

/* The margin at which a session, filling its cells from the cheapest, has all its energy. */
static double exact_margin(const Network *net, int i)
{
    int s = net->session_at[i], n = (int)(net->problem->first_cell[s + 1] - net->problem->first_cell[s]);
    const double *row = net->paid + node_of(net, net->leaf[i], (int)net->problem->first_piece[s]), **cells = net->sorted;
    double left = given_to(net, i), margin = n > 0 ? row[0] : 0.0;
    for (int k = 0; k < n; k++) {
        cells[k] = row + k;
        left -= net->above_lower ? net->problem->lower[net->problem->first_cell[s] + k] : 0.0;
    }
    cells = sort_falling(cells, net->sorted + net->n_pieces, net->queue, n);
    for (int k = n - 1; k >= 0; k--) {
        margin = *cells[k];
        left -= net->upper[net->problem->first_cell[s] + (cells[k] - row)];
        if (left <= 0.0)
            break;
    }
    return margin;
}

/* The dearest cell in which it charges, or the cheapest of all where it does not. */
static double quick_margin(const Network *net, int i)
{
    int s = net->session_at[i];
    const double *row = net->paid + node_of(net, net->leaf[i], 0);
    double margin = dearest_held(net, i, row);
    if (isfinite(margin))
        return margin;
    return cheapest_of(row + net->problem->first_piece[s], net->problem->first_cell[s + 1] - net->problem->first_cell[s]);
}

/* What a session pays at least, alone at these prices, for the energy that it gets. */
static double paid_alone(const Network *net, int i, double margin)
{
    int s = net->session_at[i];
    Index k = net->problem->first_piece[s], first = net->problem->first_cell[s], n = net->problem->first_cell[s + 1] - first;
    const double *row = net->paid + node_of(net, net->leaf[i], 0);
    double sum = margin * given_to(net, i);
    if (net->above_lower)
        return sum + forced_above(row + k, net->problem->lower + first, margin, n) -
               saved_by(row + k, net->above_lower + first, margin, n);
    if (net->power) /* hours stay in the cache, cells do not */
        return sum - net->power[s] * saved_by(row + k, net->hours + k, margin, n);
    return sum - saved_by(row + k, net->upper + first, margin, n);
}

/* -- many sessions under one limit -------------------------------------------------------------------- */

/* A margin, and what a kW is cheaper than that, from the first piece up to each. */
typedef struct {
    double margin;
    double *saved;
} Laid;

/* Four pieces at a time: a sum of sums has to be waited for only once in four. */
static void lay_saved(const Network *net, const double *paid, double margin, Laid *laid)
{
    double *saved = laid->saved + 1, sum = 0.0, cheaper[4];
    int k = 0, n = net->n_pieces;
    laid->margin = margin;
    laid->saved[0] = 0.0;
    for (; k + 4 <= n; k += 4) {
        for (int at = 0; at < 4; at++)
            cheaper[at] = 0.5 * twice_cheaper(paid[k + at], margin) * net->hours[k + at];
        double two = cheaper[0] + cheaper[1], three = two + cheaper[2];
        saved[k] = sum + cheaper[0];
        saved[k + 1] = sum + two;
        saved[k + 2] = sum + three;
        saved[k + 3] = sum += three + cheaper[3];
    }
    for (; k < n; k++)
        saved[k] = sum += 0.5 * twice_cheaper(paid[k], margin) * net->hours[k];
}

/* What all of these sessions, of one word, pay whose margin is the one that was laid. */
static double paid_at_margin(const Network *net, int word, Word sessions, const Laid *laid)
{
    double sum = 0.0;
    for (Word bits = sessions; bits; bits &= bits - 1) {
        int i = 64 * word + lowest_bit(bits), s = net->session_at[i];
        Index from = net->problem->first_piece[s], to = from + net->problem->first_cell[s + 1] - net->problem->first_cell[s];
        sum += laid->margin * given_to(net, i) - net->problem->power[s] * (laid->saved[to] - laid->saved[from]);
    }
    return sum;
}

/* Those right below a limit whose dearest cell is in this piece; `unseen` are those that have none in a dearer one. */
static double paid_by_dearest(const Network *net, int limit, int k, Laid *laid)
{
    const double *paid = net->paid + node_of(net, limit, 0);
    const Word *held = row_of(net->holds, k, net->session_words);
    double sum = 0.0;
    for (int s = net->first_share[limit]; s < net->first_share[limit + 1]; s++) {
        int word = net->share[s].word;
        Word fresh = held[word] & net->share[s].bits & net->unseen_sessions[word];
        if (!fresh)
            continue;
        if (laid->margin != paid[k])
            lay_saved(net, paid, paid[k], laid);
        net->unseen_sessions[word] ^= fresh;
        sum += paid_at_margin(net, word, fresh, laid);
    }
    return sum;
}

/* All sessions right below a limit, those with the same margin at once. */
static double paid_together(const Network *net, int limit)
{
    const double *paid = net->paid + node_of(net, limit, 0), **dearest = net->sorted;
    double sum = 0.0;
    Laid laid = {INFINITY, net->saved};
    for (int p = 0; p < net->n_pieces; p++)
        dearest[p] = paid + net->order[net->n_pieces - 1 - p];
    dearest = sort_falling(dearest, dearest + net->n_pieces, net->queue, net->n_pieces);
    for (int p = 0; p < net->n_pieces; p++)
        sum += paid_by_dearest(net, limit, (int)(dearest[p] - paid), &laid);
    return sum;
}

typedef double (*MarginOf)(const Network *net, int i);

static double paid_one_by_one(const Network *net, int limit, MarginOf margin_of)
{
    double sum = 0.0;
    for (int s = net->first_share[limit]; s < net->first_share[limit + 1]; s++) {
        int word = net->share[s].word;
        for (Word bits = net->share[s].bits & net->unseen_sessions[word]; bits; bits &= bits - 1)
            sum += paid_alone(net, 64 * word + lowest_bit(bits),
                              margin_of(net, 64 * word + lowest_bit(bits)));
    }
    return sum;
}

static int count_below(const Network *net, int limit)
{
    int count = 0;
    for (int s = net->first_share[limit]; s < net->first_share[limit + 1]; s++)
        count += count_bits(net->share[s].bits);
    return count;
}

static double paid_below(const Network *net, int limit, int carefully)
{
    int together = !carefully && net->power && count_below(net, limit) >= MANY;
    double sum = together ? paid_together(net, limit) : 0.0;
    return sum + paid_one_by_one(net, limit, carefully ? exact_margin : quick_margin);
}

static double room_worth(const Network *net, PriceList prices)
{
    double sum = 0.0;
    for (int node = 0; node < net->n_nodes; node++)
        sum += prices.limits[node] * net->problem->room[node];
    return sum;
}

/* What the peak's prices make of the load that is there anyway, over the peak that is paid for already. */
static double peak_worth(const Peak *peak, PriceList prices, int n_pieces)
{
    double sum = 0.0;
    for (int k = 0; k < n_pieces; k++)
        sum += prices.peak[k] * peak->kwh_per_kw[k] * (peak->immovable_kw[k] - peak->floor_kw);
    return sum;
}

/* Where all pieces are equally dear no room has a price, and nobody could pay less. */
static double paid_anywhere(const Network *net, const double *cost)
{
    double given = 0.0;
    for (int i = 0; i < net->n_sessions; i++)
        given += given_to(net, i);
    return net->n_pieces ? cost[0] * given : 0.0;
}

double proven_by(const Network *net, const double *cost, const Peak *peak, PriceList prices,
                 int carefully)
{
    if (is_flat(net) && !peak)
        return paid_anywhere(net, cost);
    double sum = peak ? peak_worth(peak, prices, net->n_pieces) : 0.0;
    add_prices(net, cost, prices);
    memset(net->unseen_sessions, 0xff, net->session_words * sizeof(Word));
    for (int l = 0; l < net->n_limits; l++)
        sum += paid_below(net, l, carefully);
    return sum - room_worth(net, prices);
}
