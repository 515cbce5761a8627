/* Among the flows that are as cheap, the one nearest to a plan. */
#ifndef DEPOT_NEAREST_H
#define DEPOT_NEAREST_H

#include "network.h"

/* A plan that was written down is off by its last digit: by so much of a cell, or of what a limit bears. */
#define PLAN_DUST 1e-10

/* Empty the network and put a plan into it, as far as it fits: energies per cell, infinite where there is none. */
void put_plan(Network *net, const double *plan);

/* Take out of a network with a plan in it what is over a limit; afterwards no room is less than its load. */
void fit_limits(Network *net);

/* Move a full and cheapest network so that as little as can be is charged beyond `plan` (energy per cell,
 * infinite for sessions without a plan). Loads of each rank stay, so the cost does. FINE or NO_MEMORY. */
int stay_near(Network *net, const double *plan);

#endif
