/* The best height of the peak.
 *
 * The cost of the best plan under a peak is convex and piecewise linear in it, and the prices of that plan
 * are its slope. So two tangents, one falling and one rising, meet at or below the optimum; the plan there
 * is either on both (done) or gives a better tangent. Where a peak is too low for the energies, a minimum
 * cut tells the least peak that could be enough (discrete Newton).
 */
#include "peak.h"

#include "nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 200
#define SAME 1e-11
/* Share of a peak by which another is lower that could hardly be better. */
#define JUST_BELOW 1e-6

/* A plan under some peak: what it costs with the peak, the slope there, and its prices. */
typedef struct {
    double peak_kw, value, slope;
    PriceList prices;
} Tangent;

typedef struct {
    Network *net;
    const double *cost;
    const Peak *peak;
    double *site_room;       /* the root's room without the peak */
    unsigned char *binding;  /* per piece: the peak leaves less room than the site */
    double lowest_kw;        /* no peak can be lower */
    int lowest_piece;        /* because of this piece; NONE for the floor */
    Tangent left, right;
    PriceList ray;           /* prices of a cut that forbids a lower peak */
    double ray_kwh;          /* energy per kW of peak that the cut is worth; 0 without one */
} Search;

/* The tree from the root down; a node's full price is never below its parent's. */
static void price_below(Network *net, const double *cost, int limit, double *prices)
{
    for (int b = net->first_child[limit]; b != NONE; b = net->next_sibling[b]) {
        for (int k = 0; k < net->n_pieces; k++) {
            double above = cost[k] + prices[node_of(net, limit, k)];
            int from = net->reached_from[node_of(net, b, k)];
            double full = from != NONE && cost[from] > above ? cost[from] : above;
            prices[node_of(net, b, k)] = full - cost[k];
        }
        price_below(net, cost, b, prices);
    }
}

/* Prices above a node's parent's, from prices above the piece's cost. */
static void take_differences(Network *net, int limit, double *prices)
{
    for (int b = net->first_child[limit]; b != NONE; b = net->next_sibling[b]) {
        take_differences(net, b, prices);
        for (int k = 0; k < net->n_pieces; k++)
            prices[node_of(net, b, k)] -= prices[node_of(net, limit, k)];
    }
}

static void limit_prices(Network *net, const double *cost, double *prices)
{
    spread_costs(net);
    for (int k = 0; k < net->n_pieces; k++) {
        int from = net->reached_from[node_of(net, net->root, k)];
        prices[node_of(net, net->root, k)] = from != NONE && cost[from] > cost[k] ? cost[from] - cost[k] : 0.0;
    }
    price_below(net, cost, net->root, prices);
    take_differences(net, net->root, prices);
}

void cut_prices(Network *net, PriceList prices)
{
    spread_wants(net);
    for (int node = 0; node < net->n_nodes; node++) {
        int up = net->parent[limit_at(net, node)];
        int above = up != NONE && net->reached_from[node_of(net, up, piece_at(net, node))] != NONE;
        prices.limits[node] = net->reached_from[node] != NONE && !above ? 1.0 : 0.0;
    }
    memset(prices.peak, 0, net->n_pieces * sizeof(double));
}

int price_flow(Network *net, const double *cost, PriceList prices)
{
    if (is_short(net))
        return INFEASIBLE;
    limit_prices(net, cost, prices.limits);
    memset(prices.peak, 0, net->n_pieces * sizeof(double));
    return FINE;
}

int solve_cost(Network *net, const double *cost, PriceList prices)
{
    if (net->is_warm)
        fit_limits(net);
    else if (net->plan)
        put_plan(net);
    else
        network_reset(net);
    fill_in_order(net);
    return price_flow(net, cost, prices);
}

/* Where the peak is what binds, the root's price is the peak's. Returns what one kW of peak would save. */
static double move_to_peak(const Search *search, PriceList prices)
{
    const Network *net = search->net;
    double per_kw = 0.0;
    memset(prices.peak, 0, net->n_pieces * sizeof(double));
    for (int k = 0; k < net->n_pieces; k++)
        if (search->binding[k]) {
            double *price = prices.limits + node_of(net, net->root, k);
            prices.peak[k] = *price;
            per_kw += *price * search->peak->kwh_per_kw[k];
            *price = 0.0;
        }
    return per_kw;
}

/* Other room under a peak; what a flow in the network leaves of it changes by as much. */
static void set_peak(Search *search, double peak_kw)
{
    Network *net = search->net;
    for (int k = 0; k < net->n_pieces; k++) {
        int node = node_of(net, net->root, k);
        net->spare[node] -= net->room[node];
        double room = INFINITY;
        if (search->peak->counts[k] && isfinite(peak_kw))
            room = search->peak->kwh_per_kw[k] * (peak_kw - search->peak->immovable_kw[k]) - net->lowest[k];
        search->binding[k] = room < search->site_room[k];
        net->room[node] = search->binding[k] ? greatest(room, 0.0) : search->site_room[k];
        net->spare[node] += net->room[node];
    }
}

double energy_cost(const Network *net, const double *cost)
{
    double sum = 0.0;
    for (int k = 0; k < net->n_pieces; k++)
        sum += cost[k] * load_of(net, k);
    return sum;
}

double highest_load_kw(const Network *net, const Peak *peak, double lowest_kw)
{
    double highest = lowest_kw;
    for (int k = 0; k < net->n_pieces; k++)
        if (peak->counts[k])
            highest = greatest(peak->immovable_kw[k] + load_of(net, k) / peak->kwh_per_kw[k], highest);
    return highest;
}

/* The best plan under a peak, as a tangent; INFEASIBLE where the peak is too low. */
static int evaluate(Search *search, double peak_kw, Tangent *tangent)
{
    set_peak(search, peak_kw);
    int outcome = solve_cost(search->net, search->cost, tangent->prices);
    if (outcome != FINE)
        return outcome;
    double price = search->peak->price_per_kw;
    tangent->peak_kw = peak_kw;
    tangent->value = energy_cost(search->net, search->cost) + price * (peak_kw - search->peak->floor_kw);
    tangent->slope = price - move_to_peak(search, tangent->prices);
    return FINE;
}

/* The least peak that the minimum cut of a peak that is too low leaves possible; `spare` is for its prices. What only
 * rounding leaves unplaced cuts anywhere, and proves nothing. */
static double above_cut(Search *search, double peak_kw, PriceList *spare)
{
    double missing = missing_in_all(search->net);
    cut_prices(search->net, *spare);
    double per_kw = move_to_peak(search, *spare);
    if (per_kw <= 0.0)
        return INFINITY;
    if (search->ray_kwh <= 0.0 || is_short(search->net)) {
        PriceList before = search->ray;
        search->ray = *spare;
        search->ray_kwh = per_kw;
        *spare = before;
    }
    return peak_kw + missing / per_kw;
}

/* The peak of the running plan. */
static double planned_peak_kw(Search *search)
{
    set_peak(search, INFINITY);
    put_plan(search->net);
    return highest_load_kw(search->net, search->peak, search->lowest_kw);
}

static void find_lowest(Search *search)
{
    const Peak *peak = search->peak;
    search->lowest_kw = peak->floor_kw;
    search->lowest_piece = NONE;
    for (int k = 0; k < search->net->n_pieces; k++) {
        double load_kw = peak->immovable_kw[k] + search->net->lowest[k] / peak->kwh_per_kw[k];
        if (peak->counts[k] && load_kw > search->lowest_kw) {
            search->lowest_kw = load_kw;
            search->lowest_piece = k;
        }
    }
}

static void add(PriceList to, PriceList prices, double share, const Network *net)
{
    for (int node = 0; node < net->n_nodes; node++)
        to.limits[node] += share * prices.limits[node];
    for (int k = 0; k < net->n_pieces; k++)
        to.peak[k] += share * prices.peak[k];
}

static void clear(PriceList prices, const Network *net)
{
    memset(prices.limits, 0, net->n_nodes * sizeof(double));
    memset(prices.peak, 0, net->n_pieces * sizeof(double));
}

/* The plan at the least peak there can be: what a kW costs beyond what it saves is the price of the cut. */
static void prices_at_least(Search *search, const Tangent *at, PriceList prices)
{
    clear(prices, search->net);
    add(prices, at->prices, 1.0, search->net);
    if (search->ray_kwh > 0.0)
        add(prices, search->ray, at->slope / search->ray_kwh, search->net);
    else if (search->lowest_piece != NONE)
        prices.peak[search->lowest_piece] += at->slope / search->peak->kwh_per_kw[search->lowest_piece];
}

/* Both tangents in the proportion in which they are level. */
static void prices_between(Search *search, PriceList prices)
{
    double falling = -search->left.slope, rising = search->right.slope;
    double share = falling + rising > 0.0 ? rising / (falling + rising) : 1.0;
    clear(prices, search->net);
    add(prices, search->left.prices, share, search->net);
    add(prices, search->right.prices, 1.0 - share, search->net);
}

static void swap_tangents(Tangent *a, Tangent *b)
{
    Tangent kept = *a;
    *a = *b;
    *b = kept;
}

/* From two tangents to the lowest point: the plan in the network is then the best. */
static int close_in(Search *search, Tangent *trial, PriceList prices)
{
    Tangent *left = &search->left, *right = &search->right;
    for (int step = 0; step < MAX_STEPS; step++) {
        double width = right->peak_kw - left->peak_kw;
        double at = (right->value - left->value - right->slope * width) / (left->slope - right->slope);
        double model = left->value + left->slope * at;
        int outcome = evaluate(search, left->peak_kw + at, trial);
        if (outcome != FINE)
            return outcome;
        if (trial->value - model <= SAME * fmax(1.0, fabs(trial->value)) || at <= 0.0 || at >= width)
            break;
        swap_tangents(trial, trial->slope < 0.0 ? left : right);
    }
    prices_between(search, prices);
    return FINE;
}

/* Whether a plan fits: to the last digit, or to those that a running plan is off by, which no peak gets rid of. */
static int fits(const Network *net, int outcome) { return is_served(net) || (net->is_warm && outcome == FINE); }

/* The best plan under a peak as the left tangent; where that is too low, the first above at which there is one. */
static int climb(Search *search, double peak_kw, Tangent *trial)
{
    int outcome = evaluate(search, peak_kw, &search->left);
    for (int step = 0; step < MAX_STEPS && !fits(search->net, outcome); step++) {
        double next = above_cut(search, peak_kw, &trial->prices);
        if (!(next > peak_kw) || !isfinite(next))
            break;
        peak_kw = next;
        outcome = evaluate(search, peak_kw, &search->left);
    }
    return outcome;
}

/* The plan without any limit on the peak: the right tangent, at its highest load. No peak above that is of use. */
static int find_right(Search *search)
{
    int outcome = evaluate(search, INFINITY, &search->right);
    if (outcome != FINE)
        return outcome;
    double highest = highest_load_kw(search->net, search->peak, search->lowest_kw);
    search->right.peak_kw = highest;
    search->right.value = energy_cost(search->net, search->cost);
    search->right.value += search->peak->price_per_kw * (highest - search->peak->floor_kw);
    search->right.slope = search->peak->price_per_kw;
    return FINE;
}

/* Both tangents down to where they meet; the right one is that of the plan without a peak where none is known. */
static int search_between(Search *search, Tangent *trial, PriceList prices)
{
    int outcome = isfinite(search->right.peak_kw) ? FINE : find_right(search);
    return outcome == FINE ? close_in(search, trial, prices) : outcome;
}

/* Where to begin: just below the running plan's peak, which mostly is the best or somewhat too low; or as low as can
 * be. */
static double first_peak_kw(Search *search)
{
    double just_below = search->net->plan ? planned_peak_kw(search) * (1.0 - JUST_BELOW) : 0.0;
    return fmax(just_below, search->lowest_kw);
}

static int search_peak(Search *search, Tangent *trial, PriceList prices)
{
    find_lowest(search);
    search->right.peak_kw = INFINITY;
    double first_kw = first_peak_kw(search);
    int outcome = climb(search, first_kw, trial);
    if (outcome == FINE && search->left.slope >= 0.0 && search->ray_kwh <= 0.0 && first_kw > search->lowest_kw) {
        swap_tangents(&search->left, &search->right); /* the best is below */
        outcome = climb(search, search->lowest_kw, trial);
    }
    if (outcome == FINE && search->left.slope < 0.0)
        return search_between(search, trial, prices);
    if (outcome == FINE)
        prices_at_least(search, &search->left, prices);
    return outcome;
}

/* No more on a kW of peak than it costs: sums of prices meet that but for rounding, and a proof must. */
static void cap_peak_prices(const Search *search, PriceList prices)
{
    double total = 0.0;
    for (int k = 0; k < search->net->n_pieces; k++)
        total += prices.peak[k] * search->peak->kwh_per_kw[k];
    if (total > search->peak->price_per_kw)
        for (int k = 0; k < search->net->n_pieces; k++)
            prices.peak[k] *= search->peak->price_per_kw / total;
}

int solve_with_peak(Network *net, const double *cost, const Peak *peak, PriceList prices)
{
    size_t nodes = net->n_nodes, pieces = net->n_pieces, list = nodes + pieces;
    Search search = {.net = net, .cost = cost, .peak = peak};
    double *block = calloc(4 * list + 2 * pieces + 1, sizeof(double));
    if (!block)
        return NO_MEMORY;
    Tangent trial = {.prices = {block, block + nodes}};
    search.left.prices = (PriceList){block + list, block + list + nodes};
    search.right.prices = (PriceList){block + 2 * list, block + 2 * list + nodes};
    search.ray = (PriceList){block + 3 * list, block + 3 * list + nodes};
    search.site_room = block + 4 * list;
    search.binding = (unsigned char *)(block + 4 * list + pieces);
    memcpy(search.site_room, net->room + node_of(net, net->root, 0), pieces * sizeof(double));
    int outcome = search_peak(&search, &trial, prices);
    if (outcome == FINE)
        cap_peak_prices(&search, prices);
    free(block);
    return outcome;
}
