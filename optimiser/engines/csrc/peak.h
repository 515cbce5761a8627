/* The cheapest plan when the peak costs money too. */
#ifndef DEPOT_PEAK_H
#define DEPOT_PEAK_H

#include "network.h"

typedef struct {
    double price_per_kw, floor_kw;
    const double *kwh_per_kw;   /* per piece: DC energy of one AC kW */
    const double *immovable_kw; /* per piece */
    const unsigned char *counts;
} Peak;

/* What is found: prices per node, and of the peak per piece. */
typedef struct {
    double *limits, *peak;
} PriceList;

enum { INFEASIBLE = 1 };

/* What the loads in a network cost without their peak, and that peak, or `lowest_kw` where it is lower [kW, AC]. */
double energy_cost(const Network *net, const double *cost);
double highest_load_kw(const Network *net, const Peak *peak, double lowest_kw);

/* Prices of a cheapest flow. FINE, or INFEASIBLE where it does not deliver all. */
int price_flow(Network *net, const double *cost, PriceList prices);

/* Fill at these costs (`net->order` is by them). FINE, INFEASIBLE or NO_MEMORY. */
int solve_cost(Network *net, const double *cost, PriceList prices);

/* The same with a price on the peak, whose best height is searched for. */
int solve_with_peak(Network *net, const double *cost, const Peak *peak, PriceList prices);

/* Prices 1 on a minimum cut that the unserved sessions cannot get over. */
void cut_prices(Network *net, PriceList prices);

#endif
