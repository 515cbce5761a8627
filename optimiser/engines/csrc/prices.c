/* Prices and cuts from what can reach what in a full network.
 *
 * One more kWh in a node displaces energy along the residual arcs. Its price is the cost of the dearest piece
 * from which energy could be taken back that way, which is the least of all prices that prove the flow: what
 * one more kWh of room saves.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

/* Rounding of what is asked for leaves less than this [kWh] where nothing should be, or could be more. */
#define TRACE_KWH 1e-8

typedef struct {
    Network *net;
    int piece; /* where the spread came from */
    int count; /* items on the stack `net->queue` */
} Spread;

static void reach_node(Spread *spread, int l, int k)
{
    Network *net = spread->net;
    Word *unseen = net->unseen_nodes + (size_t)l * net->piece_words;
    if (!bit_is_set(unseen, k))
        return;
    clear_bit(unseen, k);
    net->reached_from[node_of(net, l, k)] = spread->piece;
    net->queue[spread->count++] = net->n_sessions + node_of(net, l, k);
}

static void leave_session(Spread *spread, int i)
{
    Network *net = spread->net;
    int l = net->leaf[i];
    const Word *open = net->can_take_in + (size_t)i * net->piece_words;
    const Word *unseen = net->unseen_nodes + (size_t)l * net->piece_words;
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = open[w] & unseen[w]; bits; bits &= bits - 1)
            reach_node(spread, l, 64 * w + lowest_bit(bits));
}

static void leave_node(Spread *spread, int node)
{
    Network *net = spread->net;
    int l = limit_at(net, node), k = piece_at(net, node);
    if (net->parent[l] != NONE && node_has_room(net, node))
        reach_node(spread, net->parent[l], k);
    for (int b = net->first_child[l]; b != NONE; b = net->next_sibling[b])
        if (node_has_flow(net, node_of(net, b, k)))
            reach_node(spread, b, k);
    const Word *held = net->holds + (size_t)k * net->session_words;
    for (int s = net->first_share[l]; s < net->first_share[l + 1]; s++) {
        int w = net->share[s].word;
        Word fresh = held[w] & net->share[s].bits & net->unseen_sessions[w];
        net->unseen_sessions[w] &= ~fresh;
        for (; fresh; fresh &= fresh - 1)
            net->queue[spread->count++] = 64 * w + lowest_bit(fresh);
    }
}

static void follow(Spread *spread)
{
    Network *net = spread->net;
    while (spread->count) {
        int item = net->queue[--spread->count];
        if (item < net->n_sessions)
            leave_session(spread, item);
        else
            leave_node(spread, item - net->n_sessions);
    }
}

static void start(Network *net)
{
    memset(net->unseen_sessions, 0xff, net->session_words * sizeof(Word));
    memset(net->unseen_nodes, 0xff, (size_t)net->n_limits * net->piece_words * sizeof(Word));
    for (int node = 0; node < net->n_nodes; node++)
        net->reached_from[node] = NONE;
}

void spread_costs(Network *net)
{
    Spread spread = {net, 0, 0};
    start(net);
    for (int p = net->n_pieces - 1; p >= 0 && net->rank[net->order[p]] > 0; p--) {
        int k = spread.piece = net->order[p], node = node_of(net, net->root, k);
        if (node_has_flow(net, node)) {
            reach_node(&spread, net->root, k);
            follow(&spread);
        }
    }
}

void spread_wants(Network *net)
{
    Spread spread = {net, 0, 0};
    start(net);
    for (int w = 0; w < net->session_words; w++)
        for (Word bits = net->wants[w]; bits; bits &= bits - 1) {
            int i = 64 * w + lowest_bit(bits);
            clear_bit(net->unseen_sessions, i);
            net->queue[spread.count++] = i;
        }
    follow(&spread);
}

/* -- who could get more at whose cost ----------------------------------------------------------------- */

typedef struct {
    double level;
    int session;
} Taker;

static int is_after(const void *a, const void *b)
{
    const Taker *x = a, *y = b;
    return x->level != y->level ? (x->level < y->level) - (x->level > y->level) : x->session - y->session;
}

/* Whether all sessions that were seen since, by what is left of `unseen`, give at this level or above. */
static int all_give_at(const Network *net, const Word *unseen, const double *gives_at, double level)
{
    for (int w = 0; w < net->session_words; w++)
        for (Word bits = unseen[w] & ~net->unseen_sessions[w]; bits; bits &= bits - 1)
            if (gives_at[net->session_at[64 * w + lowest_bit(bits)]] < level)
                return 0;
    return 1;
}

/* Everybody whom a session's energy could come from, and nobody twice. */
static int takes_from_equals(Spread *spread, const Taker *taker, const double *gives_at, Word *before)
{
    Network *net = spread->net;
    if (!bit_is_set(net->unseen_sessions, taker->session))
        return 1;
    clear_bit(net->unseen_sessions, taker->session);
    memcpy(before, net->unseen_sessions, net->session_words * sizeof(Word));
    net->queue[spread->count++] = taker->session;
    follow(spread);
    return all_give_at(net, before, gives_at, taker->level);
}

/* Cells that hold next to nothing hold nothing, and those that are next to full are full. */
static void ignore_traces_of(Network *net, int i)
{
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = row_of(net->holds_in, i, net->piece_words)[w]; bits; bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            if (energy_in(net, i, k) < TRACE_KWH)
                clear_bit(row_of(net->holds, k, net->session_words), i);
            if (room_in(net, i, k) < TRACE_KWH)
                clear_bit(row_of(net->can_take_in, i, net->piece_words), k);
        }
}

/* The same of nodes. */
static void ignore_traces(Network *net)
{
    for (int i = 0; i < net->n_sessions; i++)
        ignore_traces_of(net, i);
    for (int node = 0; node < net->n_nodes; node++) {
        double load = net->room[node] - net->spare[node];
        net->spare[node] = load < TRACE_KWH ? net->room[node] : net->spare[node] < TRACE_KWH ? 0.0 : net->spare[node];
    }
}

int is_level(Network *net, const double *takes_at, const double *gives_at)
{
    size_t n = net->n_sessions;
    Word *before = malloc(net->session_words * sizeof(Word) + n * sizeof(Taker));
    if (!before)
        return NO_MEMORY;
    Taker *takers = (Taker *)(before + net->session_words);
    for (size_t i = 0; i < n; i++)
        takers[i] = (Taker){takes_at[net->session_at[i]], (int)i};
    qsort(takers, n, sizeof(Taker), is_after);
    Spread spread = {net, 0, 0};
    int is_so = 1;
    ignore_traces(net);
    start(net);
    for (size_t t = 0; t < n && is_so && takers[t].level > -INFINITY; t++)
        is_so = takes_from_equals(&spread, takers + t, gives_at, before);
    free(before);
    return is_so;
}
