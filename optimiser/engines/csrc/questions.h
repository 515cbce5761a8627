/* The questions that are asked of a network, from the layout to the last digit of the answer. */
#ifndef DEPOT_QUESTIONS_H
#define DEPOT_QUESTIONS_H

#include "peak.h"

/* Per piece: `cost`, and what decides between equals, or 0. The best peak is searched for by `cost` alone. */
typedef struct {
    const double *cost, *then;
    Peak peak;
    int has_peak, tidy;
} Costs;

typedef struct {
    double *energy;
    PriceList prices;
    double value, bound;
} Answer;

/* What is `wanted` is the energy of each session. */

/* The most energy that can be delivered, and a minimum cut as prices. FINE, or NO_MEMORY. */
int find_most(const Layout *laid, const double *wanted, Answer *answer);

/* Whether all that is wanted fits, and at these levels nobody could take from somebody of a lower one: 1 or 0, or
 * NO_MEMORY. From the running plan, if there is one; `energy` is scratch, per cell. */
int find_level(const Layout *laid, const double *wanted, double *energy, const double *takes_at,
               const double *gives_at);

/* The cheapest flow, its prices, value and bound. From the running plan, if there is one; what cannot be proven that
 * way is searched for without it. FINE, INFEASIBLE, LOWER_TOO_HIGH or NO_MEMORY. */
int find_cheapest(const Layout *laid, const double *wanted, const Costs *costs, Answer *answer);

#endif
