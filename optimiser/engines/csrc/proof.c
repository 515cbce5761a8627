/* What prices prove of a flow, without sorting a session's cells. */
#include "proof.h"

#include <math.h>

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

/* What a session pays at least, alone at these prices, for the energy that it gets. */
static double paid_alone(const Network *net, const Problem *problem, int s)
{
    int i = net->number_of[s];
    Index k = problem->first_piece[s], first = problem->first_cell[s], n = problem->first_cell[s + 1] - first;
    const double *row = net->paid + node_of(net, net->leaf[i], 0);
    double margin = dearest_held(net, i, row), saved;
    margin = isfinite(margin) ? margin : cheapest_of(row + k, n);
    if (problem->power) /* hours stay in the cache, cells do not */
        saved = problem->power[s] * saved_by(row + k, problem->hours + k, margin, n);
    else
        saved = saved_by(row + k, problem->upper + first, margin, n);
    return margin * (problem->energy[s] - net->missing[i]) - saved;
}

static double room_worth(const Problem *problem, PriceList prices)
{
    double sum = 0.0;
    for (int node = 0; node < problem->n_limits * problem->n_pieces; node++)
        sum += prices.limits[node] * problem->room[node];
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

double proven_by(const Network *net, const Problem *problem, const double *cost, const Peak *peak, PriceList prices)
{
    double sum = peak ? peak_worth(peak, prices, net->n_pieces) : 0.0;
    add_prices(net, cost, prices);
    for (int s = 0; s < net->n_sessions; s++)
        sum += paid_alone(net, problem, s);
    return sum - room_worth(problem, prices);
}
