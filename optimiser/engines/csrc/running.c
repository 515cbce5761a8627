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
    Index base, session_words;
    int bit;
} Row;

static inline Row row_for(const Layout *laid, int i)
{
    const Planned *planned = &laid->planned;
    return (Row){planned->load + node_at(laid, laid->leaf[i], 0),
                 planned->holds + (i >> 6),
                 planned->can_take + (i >> 6),
                 row_of(planned->holds_in, i, laid->piece_words),
                 row_of(planned->can_take_in, i, laid->piece_words),
                 laid->base[i],
                 laid->session_words,
                 i & 63};
}

/* A cell as planned, at most full, with its load on the lowest limit only. No branches: they could not be foretold. */
static inline Entry lay_cell(const Row row, Index c, double planned, double upper)
{
    Index k = c - row.base;
    Word is_full = planned >= upper * (1.0 - PLAN_DUST);
    double energy = is_full ? upper : planned;
    row.load[k] += energy;
    row.holds[k * row.session_words] |= (Word)1 << row.bit;
    row.can_take[k * row.session_words] &= ~(is_full << row.bit);
    row.holds_in[k >> 6] |= (Word)1 << (k & 63);
    row.can_take_in[k >> 6] &= ~(is_full << (k & 63));
    return (Entry){c, energy};
}

/* All cells of a session as planned, where its power tells what they take; behind the last entry. */
static Entry *lay_by_power(const Layout *laid, int s, const Row row, Entry *entry)
{
    const double *plan = laid->planned.kwh, *hours = laid->problem.hours;
    Index end = laid->problem.first_cell[s + 1];
    double power = laid->power[s];
    if (power <= 0.0)
        return entry;
    for (Index c = skip_zeros(plan, laid->problem.first_cell[s], end); c < end; c = skip_zeros(plan, c + 1, end))
        for (; c < end && plan[c] > WRITTEN_KWH; c++)
            *entry++ = lay_cell(row, c, plan[c], power * hours[c - row.base]);
    return entry;
}

/* The same where some cells may take nothing. */
static Entry *lay_by_cell(const Layout *laid, int s, const Row row, Entry *entry)
{
    const double *plan = laid->planned.kwh, *upper = laid->upper;
    for (Index c = laid->problem.first_cell[s]; c < laid->problem.first_cell[s + 1]; c++)
        if (plan[c] > WRITTEN_KWH && upper[c] > WRITTEN_KWH)
            *entry++ = lay_cell(row, c, plan[c], upper[c]);
    return entry;
}

static void lay_session(Layout *laid, int s)
{
    Planned *planned = &laid->planned;
    Index first = laid->problem.first_cell[s];
    int i = laid->number_of[s];
    if (first == laid->problem.first_cell[s + 1] || planned->kwh[first] == INFINITY) {
        set_bit(planned->unplanned, i);
        return;
    }
    Entry *entry = planned->entry + planned->n_entries;
    Entry *end = (laid->power ? lay_by_power : lay_by_cell)(laid, s, row_for(laid, i), entry);
    planned->n_entries = end - planned->entry;
    for (; entry < end; entry++)
        planned->sum[i] += entry->kwh;
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
    planned->entry = malloc((laid->problem.n_cells + 1) * sizeof(Entry)); /* pages that are not used cost nothing */
    if (!planned->entry || lay_above(laid))
        return NO_MEMORY;
    memcpy(planned->can_take, laid->can_take_all, by_piece * sizeof(Word));
    memcpy(planned->can_take_in, laid->can_take_in_all, by_session * sizeof(Word));
    for (int s = 0; s < laid->problem.n_sessions; s++)
        lay_session(laid, s);
    bear(laid, 0);
    return FINE;
}
