/* Distances to free room where energy above a plan costs: breadth first among items of one distance. */
#include "near.h"

#include <string.h>

/* Items from which an arc leads to one that was seen; `reduced` is the arc's cost beyond the cheapest. */
static void meet(Near *near, size_t before, int first_item, int w, Word bits, int reduced)
{
    bits &= near->unseen[before + w];
    if (!bits || near->distance + reduced > MAX_RISE)
        return;
    if (reduced > 0) {
        near->at_distance[(size_t)(near->distance + reduced) * near->set_words + before + w] |= bits;
        return;
    }
    near->unseen[before + w] &= ~bits;
    if (near->distance == 0)
        near->net->at_level[near->level][before + w] |= bits;
    if (before == 0 && (bits & near->net->wants[w]))
        near->has_found = 1;
    for (; bits; bits &= bits - 1)
        near->queue[near->count++] = first_item + 64 * w + lowest_bit(bits);
}

static void meet_node(Near *near, int limit, int k, int rise)
{
    int item = near->net->n_sessions + node_of(near->net, limit, k);
    size_t before = words_before(near, limit);
    meet(near, before, item - (k & 63) - 64 * (k >> 6), k >> 6, (Word)1 << (k & 63), near->rise[item] - rise);
}

/* Sessions of one word that an arc of some cost leads to, by how high they have risen. */
static void meet_sessions(Near *near, int w, Word sessions, int cost, int rise)
{
    for (int other = rise > cost ? rise - cost : 0; sessions && other <= near->highest; other++) {
        Word here = sessions & risen(near, other)[w];
        meet(near, 0, 0, w, here, cost - rise + other);
        sessions ^= here;
    }
}

static void see_sessions(Near *near, int l, int k, int rise)
{
    const Network *net = near->net;
    for (int s = net->first_share[l]; s < net->first_share[l + 1]; s++) {
        int w = net->share[s].word;
        Word fresh = near->unseen[w] & net->share[s].bits;
        for (int cost = 0; fresh && cost < 2; cost++)
            meet_sessions(near, w, takers(near, k, w, cost) & fresh, cost, rise);
    }
}

static void see_behind_node(Near *near, int node, int rise)
{
    Network *net = near->net;
    int l = limit_at(net, node), k = piece_at(net, node), up = net->parent[l];
    if (node_has_flow(net, node))
        meet_node(near, up == NONE ? net->n_limits : up, up == NONE ? net->rank[k] : k, rise);
    for (int b = net->first_child[l]; b != NONE; b = net->next_sibling[b])
        if (node_has_room(net, node_of(net, b, k)))
            meet_node(near, b, k, rise);
    see_sessions(near, l, k, rise);
}

static void see_behind_rank(Near *near, int rank, int rise)
{
    Network *net = near->net;
    for (int p = near->first_of_rank[rank]; p < near->first_of_rank[rank + 1]; p++)
        if (node_has_room(net, node_of(net, net->root, net->order[p])))
            meet_node(near, net->root, net->order[p], rise);
}

static void see_behind_session(Near *near, int i, int rise)
{
    int l = near->net->leaf[i], first = near->net->n_sessions + node_of(near->net, l, 0);
    size_t before = words_before(near, l);
    for (int w = 0; w < near->net->piece_words; w++) {
        Word fresh = near->unseen[before + w];
        for (int cost = 0; fresh && cost < 2; cost++) {
            Word held = gives_in(near, i, w, cost) & fresh;
            for (int other = rise + cost; held && other <= near->highest; other++)
                meet(near, before, first, w, held & risen(near, other)[before + w], other - cost - rise);
        }
    }
}

static void see_behind(Near *near, int item)
{
    int n = near->net->n_sessions, first_rank = rank_item(near, 0);
    if (item < n)
        see_behind_session(near, item, near->rise[item]);
    else if (item < first_rank)
        see_behind_node(near, item - n, near->rise[item]);
    else
        see_behind_rank(near, item - first_rank, near->rise[item]);
}

/* All items at this distance, wave by wave. */
static int spread(Near *near, int from)
{
    while (from < near->count && !near->has_found) {
        int end = near->count;
        near->level++;
        if (near->distance == 0 && !open_level(near->net, near->level))
            return 0;
        for (; from < end; from++)
            see_behind(near, near->queue[from]);
    }
    return 1;
}

static int start_search(Near *near)
{
    memset(near->unseen, 0xff, near->set_words * sizeof(Word));
    memset(near->at_distance, 0, (MAX_RISE + 2) * near->set_words * sizeof(Word));
    near->count = near->level = near->distance = near->has_found = 0;
    if (!open_level(near->net, 0))
        return 0;
    for (int rank = 0; rank < near->n_ranks; rank++)
        if (rank_has_room(near, rank))
            meet_node(near, near->net->n_limits, rank, near->rise[rank_item(near, rank)]);
    near->begin[0] = 0;
    return spread(near, 0);
}

static void open_distance(Near *near)
{
    Network *net = near->net;
    const Word *set = near->at_distance + near->distance * near->set_words;
    near->begin[near->distance] = near->count;
    for (int w = 0; w < net->session_words; w++)
        meet(near, 0, 0, w, set[w], 0);
    for (int l = 0; l <= net->n_limits; l++)
        for (int w = 0; w < net->piece_words; w++)
            meet(near, words_before(near, l), net->n_sessions + node_of(net, l, 0), w,
                 set[words_before(near, l) + w], 0);
}

int search_near(Near *near)
{
    if (!start_search(near))
        return 0;
    while (!near->has_found && near->distance < MAX_RISE) {
        near->distance++;
        open_distance(near);
        if (!spread(near, near->begin[near->distance]))
            return 0;
    }
    return near->has_found;
}

static void raise_item(Near *near, int item, int by)
{
    Network *net = near->net;
    int node = item - net->n_sessions;
    size_t before = item < net->n_sessions ? 0 : words_before(near, limit_at(net, node));
    int bit = item < net->n_sessions ? item : piece_at(net, node);
    clear_bit(risen(near, near->rise[item]) + before, bit);
    near->rise[item] += by;
    set_bit(risen(near, near->rise[item]) + before, bit);
    near->highest = near->rise[item] > near->highest ? near->rise[item] : near->highest;
}

int raise_nearer(Near *near)
{
    if (near->highest + near->distance > MAX_RISE)
        return 0;
    for (int d = 0; d < near->distance; d++)
        for (int q = near->begin[d]; q < near->begin[d + 1]; q++)
            raise_item(near, near->queue[q], near->distance - d);
    return 1;
}
