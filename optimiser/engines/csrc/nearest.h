/* Among the flows that are as cheap, the one nearest to a plan. */
#ifndef DEPOT_NEAREST_H
#define DEPOT_NEAREST_H

#include "network.h"

/* Put a plan into an empty network, as far as it fits: energies per cell, infinite where there is none. */
void put_plan(Network *net, const double *plan);

/* Move a full and cheapest network so that as little as can be is charged beyond `plan` (energy per cell,
 * infinite for sessions without a plan). Loads of each rank stay, so the cost does. FINE or NO_MEMORY. */
int stay_near(Network *net, const double *plan);

#endif
