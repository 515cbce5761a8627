/* From a problem to an answer. */
#include "questions.h"

#include <math.h>
#include <string.h>

#include "nearest.h"
#include "proof.h"

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

/* Pieces in an order, and those that are equally dear by a cost, and by another if there is one, as one rank. */
static void lay_order(Network *net, const Index *order, const double *cost, const double *then)
{
    for (int p = 0, rank = 0; p < net->n_pieces; p++) {
        Index k = order[p], last = order[p > 0 ? p - 1 : 0];
        rank += cost[k] != cost[last] || (then && then[k] != then[last]);
        net->order[p] = (int)k;
        net->rank[k] = rank;
    }
}

static int solve_once(Network *net, const Costs *costs, PriceList prices)
{
    lay_order(net, costs->order, costs->cost, costs->then);
    return solve_cost(net, costs->cost, prices);
}

static void refill(Network *net, const Costs *costs, const Index *order, const double *then)
{
    lay_order(net, order, costs->cost, then);
    if (!net->is_warm)
        network_reset(net);
    fill_in_order(net);
}

/* The best peak, and under it what is wanted then, unless rounding has closed the way to that. */
static int solve_peak(Network *net, const Costs *costs, PriceList prices)
{
    lay_order(net, costs->peak_order, costs->cost, 0);
    int outcome = solve_with_peak(net, costs->cost, &costs->peak, prices);
    if (outcome != FINE || !costs->then)
        return outcome;
    refill(net, costs, costs->order, costs->then);
    if (is_short(net))
        refill(net, costs, costs->peak_order, 0);
    return is_short(net) ? INFEASIBLE : FINE;
}

static int solve(Network *net, const Costs *costs, PriceList prices)
{
    int outcome = (costs->has_peak ? solve_peak : solve_once)(net, costs, prices);
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
