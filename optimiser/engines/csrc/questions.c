/* From a problem to an answer. */
#include "questions.h"

#include <math.h>
#include <string.h>

#include "nearest.h"
#include "proof.h"
#include "sorting.h"

/* A flow that began from a plan is as good as its bound to so much of its value, or not good enough. */
#define PROVEN 1e-9
#define SURELY_MISSING 1e-6

int find_most(const Layout *laid, const double *wanted, Answer *answer)
{
    Network net;
    int outcome = network_open(&net, laid, wanted, answer->energy);
    if (outcome == NO_MEMORY)
        return outcome;
    network_reset(&net);
    fill_in_order(&net);
    cut_prices(&net, answer->prices);
    finish_energy(&net);
    network_close(&net);
    return FINE;
}

/* From the running plan, if there is one. */
static void begin(Network *net)
{
    if (net->plan) {
        put_plan(net);
        memset(net->rank, 0, net->n_pieces * sizeof(int)); /* nothing to take back */
    } else {
        network_reset(net);
    }
}

int find_level(const Layout *laid, const double *wanted, double *energy, const double *takes_at, const double *gives_at)
{
    Network net;
    int outcome = network_open(&net, laid, wanted, energy);
    if (outcome == NO_MEMORY)
        return outcome;
    if (outcome == FINE) {
        begin(&net);
        fill_in_order(&net);
        outcome = !is_short(&net) ? is_level(&net, takes_at, gives_at) : 0;
    }
    network_close(&net);
    return outcome == LOWER_TOO_HIGH ? 0 : outcome;
}

/* The same loads, near to the plan or at least early. */
static int arrange(Network *net)
{
    return net->plan ? stay_near(net) : tidy(net);
}

/* Places of the pieces in `cost` from the dearest to the cheapest, then from the dearest by `then` if there is that,
 * then from the last. */
static const double **sort_pieces(Network *net, const double *cost, const double *then)
{
    int n = net->n_pieces;
    const double **places = net->sorted, **spare = net->sorted + n;
    for (int p = 0; p < n; p++)
        places[p] = (then ? then : cost) + (n - 1 - p);
    if (!then)
        return sort_falling(places, spare, net->queue, n);
    places = sort_falling(places, spare, net->queue, n);
    for (int p = 0; p < n; p++)
        places[p] = cost + (places[p] - then);
    return sort_falling(places, places == net->sorted ? spare : net->sorted, net->queue, n);
}

/* Pieces from the cheapest to the dearest by a cost, by another if there is one, then as time goes; those that are
 * equally dear are one rank. */
static void lay_order(Network *net, const double *cost, const double *then)
{
    const double **falling = sort_pieces(net, cost, then);
    for (int p = 0, rank = 0, last = 0; p < net->n_pieces; p++) {
        int k = (int)(falling[net->n_pieces - 1 - p] - cost);
        rank += p > 0 && (cost[k] != cost[last] || (then && then[k] != then[last]));
        net->order[p] = last = k;
        net->rank[k] = rank;
    }
}

/* Where all pieces are equally dear whatever delivers everything is cheapest, so what is near is tried at once: whether
 * that was enough. */
static int try_near(Network *net, const Costs *costs)
{
    if (!net->plan || !costs->tidy || costs->has_peak || !is_flat(net))
        return 0;
    put_plan(net);
    return serve_near(net);
}

static void refill(Network *net, const Costs *costs, const double *then)
{
    lay_order(net, costs->cost, then);
    if (!net->is_warm)
        network_reset(net);
    fill_in_order(net);
}

/* The best peak, and under it what is wanted then, unless rounding has closed the way to that. */
static int solve_peak(Network *net, const Costs *costs, PriceList prices)
{
    int outcome = solve_with_peak(net, costs->cost, &costs->peak, prices);
    if (outcome != FINE || !costs->then)
        return outcome;
    refill(net, costs, costs->then);
    if (is_short(net))
        refill(net, costs, 0);
    return is_short(net) ? INFEASIBLE : FINE;
}

static int solve(Network *net, const Costs *costs, PriceList prices)
{
    lay_order(net, costs->cost, costs->has_peak ? 0 : costs->then);
    if (try_near(net, costs))
        return price_flow(net, costs->cost, prices);
    int outcome = costs->has_peak ? solve_peak(net, costs, prices) : solve_cost(net, costs->cost, prices);
    return outcome == FINE && costs->tidy ? arrange(net) : outcome;
}

/* What a finished flow costs, with its peak. */
static double cost_of(const Network *net, const Costs *costs)
{
    const Peak *peak = &costs->peak;
    double sum = energy_cost(net, costs->cost);
    if (!costs->has_peak)
        return sum;
    return sum + peak->price_per_kw * (highest_load_kw(net, peak, peak->floor_kw) - peak->floor_kw);
}

static int is_proven(const Answer *answer)
{
    return answer->value - answer->bound <= PROVEN * fmax(1.0, fabs(answer->value));
}

static void prove(const Network *net, const Costs *costs, Answer *answer)
{
    const Peak *peak = costs->has_peak ? &costs->peak : 0;
    answer->value = cost_of(net, costs);
    answer->bound = proven_by(net, costs->cost, peak, answer->prices, 0);
    if (!is_proven(answer))
        answer->bound = fmax(answer->bound, proven_by(net, costs->cost, peak, answer->prices, 1));
}

/* A plan's rooms are off by its last digits, which hide less than this. */
static int is_surely_short(const Network *net)
{
    return missing_in_all(net) > SURELY_MISSING * asked_in_all(net);
}

/* What was found is certain, whatever the network began with. */
static int is_certain(const Network *net, const Answer *answer, int outcome)
{
    return outcome == FINE ? is_proven(answer) : outcome != INFEASIBLE || is_surely_short(net);
}

/* What cannot be proven from a plan is searched for without it. */
static int find_from(const Layout *laid, const double *wanted, const Costs *costs, Answer *answer, int with_plan)
{
    Network net;
    int outcome = network_open(&net, laid, wanted, answer->energy);
    if (outcome == NO_MEMORY)
        return outcome;
    if (!with_plan)
        net.plan = 0;
    if (outcome == FINE)
        outcome = solve(&net, costs, answer->prices);
    if (outcome == FINE) {
        finish_energy(&net);
        prove(&net, costs, answer);
    }
    int is_last = !net.plan || is_certain(&net, answer, outcome);
    network_close(&net);
    return is_last ? outcome : find_from(laid, wanted, costs, answer, 0);
}

int find_cheapest(const Layout *laid, const double *wanted, const Costs *costs, Answer *answer)
{
    return find_from(laid, wanted, costs, answer, 1);
}
