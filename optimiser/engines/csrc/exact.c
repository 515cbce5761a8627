/* The last digits of an answer: no dust in cells, and every session's sum what was asked for. */
#include "network.h"

/* Less than this in a cell is rounding, not charging: a millionth of a kW for a thousandth of an hour. */
#define NEGLIGIBLE_KWH 1e-9

static double room_of_cell(const Network *net, int i, int64_t cell)
{
    double room = net->upper[cell] - net->energy[cell];
    for (int l = net->leaf[i]; l != NONE; l = net->parent[l]) {
        double spare = net->spare[node_of(net, l, (int)(cell - net->base[i]))];
        room = spare < room ? spare : room;
    }
    return room > 0.0 ? room : 0.0;
}

static void change_cell(Network *net, int i, int64_t cell, double amount)
{
    net->energy[cell] += amount;
    for (int l = net->leaf[i]; l != NONE; l = net->parent[l])
        net->spare[node_of(net, l, (int)(cell - net->base[i]))] -= amount;
}

/* Sum of a session's cells once those with next to nothing are emptied. */
static double swept_sum(Network *net, int i, int64_t first, int64_t end)
{
    double sum = 0.0;
    for (int64_t c = first; c < end; c++) {
        if (net->energy[c] != 0.0 && net->energy[c] < NEGLIGIBLE_KWH)
            change_cell(net, i, c, -net->energy[c]);
        sum += net->energy[c];
    }
    return sum;
}

/* Bring a sum that is off by rounding to what was asked, in cells that charge already. */
static void correct(Network *net, int i, int64_t first, int64_t end, double missing)
{
    double close = 1e-14 * net->asked[i];
    for (int64_t c = first; c < end && (missing > close || missing < -close); c++) {
        double amount = missing;
        if (net->energy[c] <= NEGLIGIBLE_KWH)
            continue;
        if (missing > 0.0) {
            double room = room_of_cell(net, i, c);
            amount = room < missing ? room : missing;
        } else if (-missing > net->energy[c] - NEGLIGIBLE_KWH) {
            amount = NEGLIGIBLE_KWH - net->energy[c];
        }
        change_cell(net, i, c, amount);
        missing -= amount;
    }
}

void write_energy(Network *net, const Problem *problem, double *energy)
{
    for (int i = 0; i < net->n_sessions; i++) {
        int s = net->session_at[i];
        int64_t first = problem->first_cell[s], end = problem->first_cell[s + 1];
        double missing = net->asked[i] - swept_sum(net, i, first, end);
        if (net->left[i] <= 1e-6)
            correct(net, i, first, end, missing);
        for (int64_t c = first; c < end; c++) {
            double exact = problem->lower[c] + net->energy[c];
            energy[c] = exact < problem->upper[c] ? exact : problem->upper[c];
        }
    }
}
