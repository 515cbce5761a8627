/* What prices prove of a flow. */
#ifndef DEPOT_PROOF_H
#define DEPOT_PROOF_H

#include "peak.h"

/* No flow that delivers as much to every session as a finished one does is cheaper than this.
 *
 * Each session alone pays a margin for every kWh and gets back what its cells, filled, are cheaper: weak duality, so
 * any margin gives a bound that holds, and the dearest cell that it charges in makes it exact, unless there is only
 * dust in that: `carefully` its cells are filled from the cheapest for the margin. Lower bounds are paid for as they
 * are. Room under the limits is worth its price, and so is the immovable load under the peak. */
double proven_by(const Network *net, const double *cost, const Peak *peak, PriceList prices,
                 int carefully);

#endif
