/* Among the flows that are as cheap, the one nearest to a plan. */
#ifndef DEPOT_NEAREST_H
#define DEPOT_NEAREST_H

#include "network.h"

/* Empty the network and put the running plan into it, as far as it fits. */
void put_plan(Network *net);

/* Take out of a network with a plan in it what is over a limit; afterwards no room is less than its load. */
void fit_limits(Network *net);

/* Move a full and cheapest network so that as little as can be is charged beyond the running plan. Loads of each rank
 * stay, so the cost does. FINE or NO_MEMORY. */
int stay_near(Network *net);

/* Place what is wanted in a network of one rank with a plan in it, along paths that need no search, so that as little as
 * can be is charged beyond that: whether all was. If not, nothing beyond the plan is left. */
int serve_near(Network *net);

#endif
