/* A plan put into an empty network, as far as it fits.
 *
 * It goes in whole, without a look at what else is there, because nearly all of it fits. What is too much
 * comes out again: of a session from its dearest piece, under a limit from whoever leaves last.
 *
 * A plan that was written down is off by its last digit, so its sums are. Nobody is sent through the network
 * for that: a session that lacks no more has all, and a limit with no more room than that is full.
 */
#include "nearest.h"

#include "moves.h"
#include "numbers.h"

#include <math.h>
#include <string.h>

/* So much of a session's energy, and of what a limit is over; less in a cell is nothing at all. */
#define WRITTEN_KWH 1e-9

/* What is given of one session, by piece, and where it goes. */
typedef struct {
    double *energy, *spare;
    Word *holds, *can_take, *holds_in, *can_take_in;
    Index session_words;
    int bit;
} Row;

static inline Row row_for(const Network *net, int i)
{
    return (Row){net->energy + net->base[i],
                 net->spare + node_of(net, net->leaf[i], 0),
                 net->holds + (i >> 6),
                 net->can_take + (i >> 6),
                 row_of(net->holds_in, i, net->piece_words),
                 row_of(net->can_take_in, i, net->piece_words),
                 net->session_words,
                 i & 63};
}

/* A piece as planned, at most full, with its load on the lowest limit only; its energy. No branches: they could not be
 * foretold. */
static inline double put_piece(const Row *row, Index k, double planned, double upper)
{
    Word is_full = planned >= upper * (1.0 - PLAN_DUST);
    double energy = is_full ? upper : planned;
    row->energy[k] = energy;
    row->spare[k] -= energy;
    row->holds[k * row->session_words] |= (Word)1 << row->bit;
    row->can_take[k * row->session_words] &= ~(is_full << row->bit);
    row->holds_in[k >> 6] |= (Word)1 << (k & 63);
    row->can_take_in[k >> 6] &= ~(is_full << (k & 63));
    return energy;
}

/* All cells of a session as planned, where its power tells what they take; the energy in them. */
static double put_by_power(const Network *net, const double *plan, int i)
{
    Row row = row_for(net, i);
    const double *hours = net->hours;
    Index base = net->base[i], end = end_cell_of(net, i);
    double power = net->power[net->session_at[i]], sum = 0.0;
    if (power <= 0.0)
        return 0.0;
    for (Index c = skip_zeros(plan, first_cell_of(net, i), end); c < end; c = skip_zeros(plan, c + 1, end))
        for (; c < end && plan[c] > WRITTEN_KWH; c++)
            sum += put_piece(&row, c - base, plan[c], power * hours[c - base]);
    return sum;
}

/* The same where some cells may take nothing. */
static double put_by_cell(const Network *net, const double *plan, int i)
{
    Row row = row_for(net, i);
    Index base = net->base[i], end = end_cell_of(net, i);
    double sum = 0.0;
    for (Index c = first_cell_of(net, i); c < end; c++)
        if (plan[c] > WRITTEN_KWH && net->upper[c] > WRITTEN_KWH)
            sum += put_piece(&row, c - base, plan[c], net->upper[c]);
    return sum;
}

/* What is left to place, or was placed too much; what is only written down is neither. */
static void settle(Network *net, int i, double left)
{
    int wants = left > WRITTEN_KWH;
    net->missing[i] = left;
    net->left[i] = wants || left < -WRITTEN_KWH ? left : 0.0;
    put_bit(net->wants, i, wants);
}

static void put_session(Network *net, const double *plan, int i)
{
    Index first = first_cell_of(net, i);
    if (first == end_cell_of(net, i) || plan[first] == INFINITY)
        set_bit(net->moved, i);
    else
        settle(net, i, net->left[i] - (net->power ? put_by_power : put_by_cell)(net, plan, i));
}

/* Limits bear what those right below them do. */
static void bear(Network *net, int limit)
{
    double *spare = net->spare + node_of(net, limit, 0);
    for (int b = net->first_child[limit]; b != NONE; b = net->next_sibling[b]) {
        bear(net, b);
        for (int k = 0; k < net->n_pieces; k++)
            spare[k] -= net->room[node_of(net, b, k)] - net->spare[node_of(net, b, k)];
    }
}

/* What a session was planned to have beyond what it asks for now, from the dearest piece on. */
static void give_back(Network *net, int i)
{
    for (int p = net->n_pieces - 1; p >= 0 && net->left[i] < 0.0; p--) {
        int k = net->order[p];
        if (bit_is_set(row_of(net->holds_in, i, net->piece_words), k))
            take_out(net, i, k, least(-net->left[i], net->energy[net->base[i] + k]));
    }
    settle(net, i, net->left[i]);
    set_bit(net->moved, i);
}

static int is_under(const Network *net, int i, int limit)
{
    int l = net->leaf[i];
    while (l != NONE && l != limit)
        l = net->parent[l];
    return l == limit;
}

/* So little that the cell still counts as it did, full or not. */
static void shave(Network *net, int i, int k, double amount)
{
    net->energy[net->base[i] + k] -= amount;
    net->missing[i] += amount;
    use_chain(net, net->leaf[i], k, -amount);
}

static void step_out(Network *net, int i, int k, double amount)
{
    double energy = net->energy[net->base[i] + k];
    if (amount <= least(WRITTEN_KWH, 0.5 * energy)) {
        shave(net, i, k, amount);
        return;
    }
    take_out(net, i, k, least(amount, energy));
    settle(net, i, net->left[i]);
    set_bit(net->moved, i);
}

/* A node bears more than it has room for: whoever leaves last steps back. */
static void step_back(Network *net, int limit, int k)
{
    const Word *held = row_of(net->holds, k, net->session_words);
    double *spare = net->spare + node_of(net, limit, k);
    for (int w = net->session_words - 1; w >= 0; w--)
        for (Word bits = held[w]; bits && *spare < 0.0;) {
            int bit = highest_bit(bits), i = 64 * w + bit;
            bits ^= (Word)1 << bit;
            if (is_under(net, i, limit))
                step_out(net, i, k, -*spare);
        }
    *spare = *spare > 0.0 ? *spare : 0.0;
}

/* No limit bears too much, from the lowest up, and those that are as good as full are. */
static void keep_limits(Network *net, int limit)
{
    for (int b = net->first_child[limit]; b != NONE; b = net->next_sibling[b])
        keep_limits(net, b);
    for (int k = 0; k < net->n_pieces; k++) {
        int node = node_of(net, limit, k);
        if (net->spare[node] < 0.0)
            step_back(net, limit, k);
        if (net->spare[node] < PLAN_DUST * net->room[node]) {
            net->room[node] = fmax(net->room[node] - net->spare[node], 0.0);
            net->spare[node] = 0.0;
        }
    }
}

void fit_limits(Network *net) { keep_limits(net, net->root); }

void put_plan(Network *net, const double *plan)
{
    reset_sets(net);
    for (int s = 0; s < net->n_sessions; s++) {
        memset(net->energy + net->first_cell[s], 0, (net->first_cell[s + 1] - net->first_cell[s]) * sizeof(double));
        put_session(net, plan, net->number_of[s]);
    }
    bear(net, net->root);
    for (int i = 0; i < net->n_sessions; i++)
        if (net->left[i] < 0.0)
            give_back(net, i);
    fit_limits(net);
    net->is_warm = 1;
}
