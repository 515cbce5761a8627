/* The running plan put into an empty network, as far as it fits.
 *
 * It goes in as it was laid out, whole, because nearly all of it fits. What is too much comes out again: of a
 * session from its dearest piece, under a limit from whoever leaves last.
 *
 * A plan that was written down is off by its last digit, so its sums are. Nobody is sent through the network
 * for that: a session that lacks no more has all, and a limit with no more room than that is full.
 */
#include "nearest.h"

#include "moves.h"

#include <string.h>

/* What is left to place, or was placed too much; what is only written down is neither. */
static void settle(Network *net, int i, double left)
{
    int wants = left > WRITTEN_KWH;
    net->missing[i] = left;
    net->left[i] = wants || left < -WRITTEN_KWH ? left : 0.0;
    put_bit(net->wants, i, wants);
}

static void begin_anew(Network *net, int i)
{
    net->left[i] = net->missing[i] = net->asked[i];
    put_bit(net->wants, i, wants_more(net->left[i], net->asked[i]));
}

static void put_sessions(Network *net)
{
    const Planned *planned = &net->laid->planned;
    memcpy(net->moved, planned->unplanned, net->session_words * sizeof(Word));
    for (int i = 0; i < net->n_sessions; i++)
        if (bit_is_set(planned->unplanned, i))
            begin_anew(net, i);
        else
            settle(net, i, net->asked[i] - planned->sum[i]);
}

static void put_cells(Network *net)
{
    const Planned *planned = &net->laid->planned;
    memset(net->energy, 0, net->n_cells * sizeof(double));
    for (Index e = 0; e < net->problem->n_planned; e++)
        net->energy[net->problem->planned_cell[e]] = planned->entry[e];
}

static void put_sets(Network *net)
{
    const Planned *planned = &net->laid->planned;
    size_t by_piece = (size_t)net->n_pieces * net->session_words * sizeof(Word);
    size_t by_session = (size_t)net->n_sessions * net->piece_words * sizeof(Word);
    memcpy(net->holds, planned->holds, by_piece);
    memcpy(net->can_take, planned->can_take, by_piece);
    memcpy(net->holds_in, planned->holds_in, by_session);
    memcpy(net->can_take_in, planned->can_take_in, by_session);
    memset(net->touched_in, 0, by_session);
    for (int node = 0; node < net->n_nodes; node++)
        net->spare[node] = net->room[node] - planned->load[node];
}

/* The dearest piece in which a session charges, the latest of those; NONE where it does not. */
static int dearest_piece(const Network *net, int i)
{
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    int dearest = NONE;
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w]; bits; bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            if (dearest == NONE || net->rank[k] >= net->rank[dearest])
                dearest = k;
        }
    return dearest;
}

/* What a session was planned to have beyond what it asks for now, from the dearest piece on. */
static void give_back(Network *net, int i)
{
    for (int k; net->left[i] < 0.0 && (k = dearest_piece(net, i)) != NONE;)
        take_out(net, i, k, least(-net->left[i], net->energy[net->base[i] + k]));
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
    set_bit(row_of(net->touched_in, i, net->piece_words), k);
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
            net->room[node] = greatest(net->room[node] - net->spare[node], 0.0);
            net->spare[node] = 0.0;
        }
    }
}

void fit_limits(Network *net) { keep_limits(net, net->root); }

void put_plan(Network *net)
{
    put_sets(net);
    put_cells(net);
    put_sessions(net);
    for (int i = 0; i < net->n_sessions; i++)
        if (net->left[i] < 0.0)
            give_back(net, i);
    fit_limits(net);
    net->is_warm = 1;
}
