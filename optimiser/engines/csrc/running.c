/* Laying out the running plan: which cells it charges in, and what its sessions and limits bear.
 *
 * It is laid out whole, without a look at the limits, because nearly all of it fits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

/* Where the cells of one session go. */
typedef struct {
    double *load; /* by piece, as the sets are */
    Word *holds, *can_take, *holds_in, *can_take_in;
    Index base, end, session_words;
    int bit;
    double power; /* or 0 where each cell has its own bound */
} Row;

static inline Row row_for(const Layout *laid, int s)
{
    const Planned *planned = &laid->planned;
    int i = laid->number_of[s];
    return (Row){planned->load + node_at(laid, laid->leaf[i], 0),
                 planned->holds + (i >> 6),
                 planned->can_take + (i >> 6),
                 row_of(planned->holds_in, i, laid->piece_words),
                 row_of(planned->can_take_in, i, laid->piece_words),
                 laid->base[i],
                 laid->problem.first_cell[s + 1],
                 laid->session_words,
                 i & 63,
                 laid->power ? laid->power[s] : 0.0};
}

/* The cells of a session from an entry on in 64 pieces, each as planned and at most full, with their load on the lowest
 * limit only; the entry behind them. No branches on what is planned: they could not be foretold. */
static Index lay_word(Layout *laid, const Row *row, Index e, double *sum)
{
    const Problem *problem = &laid->problem;
    Planned *planned = &laid->planned;
    Index w = (problem->planned_cell[e] - row->base) >> 6, c, end = row->base + 64 * (w + 1);
    const Index *cell = problem->planned_cell, n = problem->n_planned, base = row->base, words = row->session_words;
    const double *hours = problem->hours, power = row->power, *planned_kwh = problem->planned_kwh;
    double *entry = planned->entry, *load = row->load, all = 0.0;
    Word held = 0, full = 0, *holds = row->holds, *can_take = row->can_take;
    int bit = row->bit;
    for (end = end < row->end ? end : row->end; e < n && (c = cell[e]) < end; e++) {
        Index k = c - base;
        double kwh = planned->above ? planned->above[c] : planned_kwh[e];
        double upper = laid->power ? power * hours[k] : laid->upper[c];
        double energy = meant(kwh, upper);
        Word counts = energy > 0.0, is_full = counts & (energy >= upper);
        entry[e] = energy;
        all += energy;
        load[k] += energy;
        holds[k * words] |= counts << bit;
        can_take[k * words] &= ~(is_full << bit);
        held |= counts << (k & 63);
        full |= is_full << (k & 63);
    }
    *sum += all;
    row->holds_in[w] = held;
    row->can_take_in[w] &= ~full;
    return e;
}

/* A session's cells from an entry on; the first of the next one's. */
static Index lay_session(Layout *laid, int s, Index e)
{
    const Problem *problem = &laid->problem;
    Index first = problem->first_cell[s], end = problem->first_cell[s + 1], begin = e;
    const Row row = row_for(laid, s);
    while (e < problem->n_planned && problem->planned_cell[e] < end)
        e = lay_word(laid, &row, e, laid->planned.sum + laid->number_of[s]);
    if (e == begin && (first == end || problem->plan[first] == INFINITY))
        set_bit(laid->planned.unplanned, laid->number_of[s]);
    return e;
}

/* Limits bear what those right below them do. */
static void bear(Layout *laid, int limit)
{
    double *load = laid->planned.load + node_at(laid, limit, 0);
    for (int b = laid->first_child[limit]; b != NONE; b = laid->next_sibling[b]) {
        bear(laid, b);
        for (int k = 0; k < laid->problem.n_pieces; k++)
            load[k] += laid->planned.load[node_at(laid, b, k)];
    }
}

/* What is planned above the lower bounds; without any, the problem's own array does. FINE or NO_MEMORY. */
static int lay_above(Layout *laid)
{
    const Problem *problem = &laid->problem;
    Planned *planned = &laid->planned;
    planned->kwh = problem->plan;
    if (!laid->above_lower)
        return FINE;
    planned->kwh = planned->above = malloc(problem->n_cells * sizeof(double));
    if (!planned->above)
        return NO_MEMORY;
    for (Index c = 0; c < problem->n_cells; c++)
        planned->above[c] = greatest(problem->plan[c] - problem->lower[c], 0.0);
    return FINE;
}

int lay_out_plan(Layout *laid)
{
    Planned *planned = &laid->planned;
    size_t by_piece = (size_t)laid->problem.n_pieces * laid->session_words;
    size_t by_session = (size_t)laid->problem.n_sessions * laid->piece_words;
    if (lay_above(laid))
        return NO_MEMORY;
    memcpy(planned->can_take, laid->can_take_all, by_piece * sizeof(Word));
    memcpy(planned->can_take_in, laid->can_take_in_all, by_session * sizeof(Word));
    Index e = 0;
    for (int s = 0; s < laid->problem.n_sessions; s++)
        e = lay_session(laid, s, e);
    bear(laid, 0);
    return FINE;
}
