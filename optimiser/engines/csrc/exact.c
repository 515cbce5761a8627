/* The last digits of an answer: no dust in cells, and every session's sum what was asked for. */
#include <math.h>

#include "network.h"

/* Less than this in a cell is rounding, not charging: a millionth of a kW for a thousandth of an hour. */
#define NEGLIGIBLE_KWH 1e-9

static double room_of_cell(const Network *net, int i, Index cell)
{
    double room = upper_in(net, i, (int)(cell - net->base[i])) - net->energy[cell];
    for (int l = net->leaf[i]; l != NONE; l = net->parent[l]) {
        double spare = net->spare[node_of(net, l, (int)(cell - net->base[i]))];
        room = spare < room ? spare : room;
    }
    return room > 0.0 ? room : 0.0;
}

static void change_cell(Network *net, int i, Index cell, double amount)
{
    net->energy[cell] = least(net->energy[cell] + amount, upper_in(net, i, (int)(cell - net->base[i])));
    for (int l = net->leaf[i]; l != NONE; l = net->parent[l])
        net->spare[node_of(net, l, (int)(cell - net->base[i]))] -= amount;
}

/* Sum of the cells in which a session charges, once those with next to nothing are emptied. */
static double swept_sum(Network *net, int i)
{
    Word *held = row_of(net->holds_in, i, net->piece_words);
    double sum = 0.0;
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w]; bits; bits &= bits - 1) {
            Index c = net->base[i] + 64 * w + lowest_bit(bits);
            if (net->energy[c] < NEGLIGIBLE_KWH) {
                change_cell(net, i, c, -net->energy[c]);
                held[w] ^= bits & -bits;
                clear_bit(row_of(net->holds, (int)(c - net->base[i]), net->session_words), i);
            }
            sum += net->energy[c];
        }
    return sum;
}

/* How much of what is missing, or too much, a cell that charges already can make good. */
static double correction(const Network *net, int i, Index c, double missing)
{
    if (missing > 0.0)
        return least(missing, room_of_cell(net, i, c));
    return -least(-missing, greatest(net->energy[c] - NEGLIGIBLE_KWH, 0.0));
}

/* Bring a sum that is off by rounding to what was asked, in cells that charge already; what is missing then. */
static double correct(Network *net, int i, double missing)
{
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    double close = 1e-14 * net->asked[i];
    for (int w = 0; w < net->piece_words && fabs(missing) > close; w++)
        for (Word bits = held[w]; bits && fabs(missing) > close; bits &= bits - 1) {
            Index c = net->base[i] + 64 * w + lowest_bit(bits);
            double amount = correction(net, i, c, missing);
            change_cell(net, i, c, amount);
            missing -= amount;
        }
    return missing;
}

static void put_lower_back(Network *net)
{
    for (Index c = 0; c < net->n_cells; c++)
        net->energy[c] = least(net->problem->lower[c] + net->energy[c], net->problem->upper[c]);
}

void finish_energy(Network *net)
{
    for (int i = next_moved(net, 0); i < net->n_sessions; i = next_moved(net, i + 1)) {
        double missing = net->asked[i] - swept_sum(net, i);
        net->missing[i] = net->left[i] <= 1e-6 ? correct(net, i, missing) : missing;
    }
    if (net->above_lower)
        put_lower_back(net);
}
