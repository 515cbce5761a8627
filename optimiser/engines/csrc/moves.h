/* Moving energy in the network, and keeping the sets that say what can move. */
#ifndef DEPOT_MOVES_H
#define DEPOT_MOVES_H

#include "network.h"

static inline void push_cell(Network *net, int i, int k, double amount)
{
    double upper = upper_in(net, i, k), energy = energy_in(net, i, k);
    energy = amount >= upper - energy ? upper : energy + amount;
    net->energy[net->base[i] + k] = energy;
    if (!cell_has_room(upper, energy)) {
        clear_bit(row_of(net->can_take, k, net->session_words), i);
        clear_bit(row_of(net->can_take_in, i, net->piece_words), k);
    }
    set_bit(row_of(net->holds, k, net->session_words), i);
    set_bit(row_of(net->holds_in, i, net->piece_words), k);
    set_bit(row_of(net->touched_in, i, net->piece_words), k);
}

static inline void pull_cell(Network *net, int i, int k, double amount)
{
    double *energy = net->energy + net->base[i] + k;
    double upper = upper_in(net, i, k);
    set_bit(row_of(net->touched_in, i, net->piece_words), k);
    *energy = amount >= *energy ? 0.0 : *energy - amount;
    if (!cell_has_energy(upper, *energy)) {
        *energy = 0.0;
        clear_bit(row_of(net->holds, k, net->session_words), i);
        clear_bit(row_of(net->holds_in, i, net->piece_words), k);
    }
    if (cell_has_room(upper, *energy)) {
        set_bit(row_of(net->can_take, k, net->session_words), i);
        set_bit(row_of(net->can_take_in, i, net->piece_words), k);
    }
}

static inline void use_want(Network *net, int i, double amount)
{
    net->left[i] -= amount;
    if (!wants_more(net->left[i], net->asked[i]))
        clear_bit(net->wants, i);
}

/* Room left for a session in a piece under all its limits; 0 where one of them is full. */
static inline double chain_spare(const Network *net, int leaf, int k)
{
    double spare = net->spare[node_of(net, net->root, k)];
    for (int l = leaf; l != NONE; l = net->parent[l]) {
        if (!node_has_room(net, node_of(net, l, k)))
            return 0.0;
        spare = least(spare, net->spare[node_of(net, l, k)]);
    }
    return spare;
}

static inline void use_chain(Network *net, int leaf, int k, double amount)
{
    for (int l = leaf; l != NONE; l = net->parent[l])
        net->spare[node_of(net, l, k)] -= amount;
}

/* So much of what a session still wants into a cell; there is room for it. */
static inline void charge(Network *net, int i, int k, double amount)
{
    push_cell(net, i, k, amount);
    use_want(net, i, amount);
    use_chain(net, net->leaf[i], k, amount);
    set_bit(net->moved, i);
}

/* What a session still wants into a cell, as far as there is room. */
static inline void place(Network *net, int i, int k)
{
    double amount = least(net->left[i], room_in(net, i, k));
    amount = least(amount, chain_spare(net, net->leaf[i], k));
    if (amount > 0.0)
        charge(net, i, k, amount);
}

/* And out of it again. */
static inline void take_out(Network *net, int i, int k, double amount)
{
    pull_cell(net, i, k, amount);
    use_chain(net, net->leaf[i], k, -amount);
    net->left[i] += amount;
    if (wants_more(net->left[i], net->asked[i]))
        set_bit(net->wants, i);
}

#endif
