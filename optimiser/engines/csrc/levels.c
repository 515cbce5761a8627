/* Distances to the piece that is being filled, breadth first.
 *
 * All nodes of a limit are looked at together, as sets of pieces: 64 at a time where a search goes node by node.
 */
#include <string.h>

#include "network.h"

/* Sessions, and behind them limits of which some nodes were seen. */
typedef struct {
    int *items;
    int count;
} List;

/* Those of a limit's nodes that are in both sets; whether a cheaper piece may take from one of them. */
static int see_nodes(Network *net, int l, const Word *nodes, const Word *passable, int d, List *next)
{
    Word *unseen = row_of(net->unseen_nodes, l, net->piece_words), *seen = nodes_at(net, l, d);
    Word before = 0, all = 0, found = 0;
    for (int w = 0; w < net->piece_words; w++) {
        Word fresh = nodes[w] & passable[w] & unseen[w];
        before |= seen[w];
        all |= fresh;
        unseen[w] &= ~fresh;
        seen[w] |= fresh;
        if (l == net->root)
            found |= fresh & net->dearer[w] & row_of(net->flowing, l, net->piece_words)[w];
    }
    if (all && !before)
        next->items[next->count++] = net->n_sessions + l;
    return found != 0;
}

/* Which of these sessions (of one word) can charge in one of the nodes: asked of whichever are fewer. */
static Word takers_of(const Network *net, const Word *nodes, int word, Word sessions)
{
    Word takers = 0;
    if (count_bits(sessions) * net->piece_words < count_all(nodes, net->piece_words)) {
        for (Word bits = sessions; bits; bits &= bits - 1) {
            const Word *open = row_of(net->can_take_in, 64 * word + lowest_bit(bits), net->piece_words);
            takers |= meets(open, nodes, net->piece_words) ? bits & -bits : 0;
        }
        return takers;
    }
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = nodes[w]; bits; bits &= bits - 1)
            takers |= row_of(net->can_take, 64 * w + lowest_bit(bits), net->session_words)[word];
    return takers & sessions;
}

static int see_sessions(Network *net, int l, const Word *nodes, int d, List *next)
{
    Word found = 0;
    for (int s = net->first_share[l]; s < net->first_share[l + 1]; s++) {
        int word = net->share[s].word;
        Word fresh = net->share[s].bits & net->unseen_sessions[word];
        if (!fresh || !(fresh = takers_of(net, nodes, word, fresh)))
            continue;
        net->unseen_sessions[word] &= ~fresh;
        net->at_level[d][word] |= fresh;
        found |= fresh & net->wants[word];
        for (; fresh; fresh &= fresh - 1)
            next->items[next->count++] = 64 * word + lowest_bit(fresh);
    }
    return found != 0;
}

/* Whoever can push energy into a limit's nodes: its children, its sessions, and its parent by taking some back. */
static int see_before_limit(Network *net, int l, int d, List *next)
{
    const Word *nodes = nodes_at(net, l, d - 1);
    int found = 0;
    if (net->parent[l] != NONE)
        found |= see_nodes(net, net->parent[l], nodes, row_of(net->flowing, l, net->piece_words), d, next);
    for (int b = net->first_child[l]; b != NONE; b = net->next_sibling[b])
        found |= see_nodes(net, b, nodes, row_of(net->roomy, b, net->piece_words), d, next);
    return found | see_sessions(net, l, nodes, d, next);
}

/* Nodes in which a session could give its place to another. */
static int see_before_session(Network *net, int i, int d, List *next)
{
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    return see_nodes(net, net->leaf[i], held, held, d, next);
}

static int see_level(Network *net, const List *now, int d, List *next)
{
    int found = 0;
    for (int q = 0; q < now->count; q++) {
        int item = now->items[q];
        if (item < net->n_sessions)
            found |= see_before_session(net, item, d, next);
        else
            found |= see_before_limit(net, item - net->n_sessions, d, next);
    }
    return found;
}

int find_levels(Network *net, int k)
{
    memcpy(net->unseen_sessions, net->live_sessions, net->session_words * sizeof(Word));
    memcpy(net->unseen_nodes, net->live_nodes, (size_t)net->n_limits * net->piece_words * sizeof(Word));
    List now = {net->queue, 0}, next = {net->next_queue, 0};
    if (!open_level(net, 0))
        return 0;
    set_bit(nodes_at(net, net->root, 0), k);
    clear_bit(row_of(net->unseen_nodes, net->root, net->piece_words), k);
    now.items[now.count++] = net->n_sessions + net->root;
    for (int d = 1; now.count; d++) {
        if (!open_level(net, d))
            return 0;
        if (see_level(net, &now, d, &next))
            return d;
        List seen = now;
        now = next;
        next = seen;
        next.count = 0;
    }
    return 0;
}
