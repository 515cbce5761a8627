/* Places of numbers, sorted. */
#ifndef DEPOT_SORTING_H
#define DEPOT_SORTING_H

/* From the greatest number to the least; equals stay as they are. `spare` and `ends` are scratch with room for as many.
 * What is nearly sorted is done in little more than a pass. Returns whichever of the two the sorted places are in. */
const double **sort_falling(const double **places, const double **spare, int *ends, int n);

#endif
