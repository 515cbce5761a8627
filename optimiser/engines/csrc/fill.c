/* Filling pieces one after the other, each with as much as those before it leave.
 *
 * The loads that can be served form a polymatroid, so this is the cheapest way when pieces come from the
 * cheapest to the dearest (Edmonds 1970). A piece first takes what its sessions still want, earliest end of
 * window first. What is left of it is filled by re-routing: shortest augmenting paths, level by level
 * (Dinic 1970). Sessions and nodes from which a search found no unserved session can never be part of a path
 * again, because a path through them would have been found: they are struck off for good.
 *
 * A network that starts with a plan in it is mended the same way: a piece then also takes back what dearer
 * pieces hold. Pieces of the same rank are equally dear and take nothing from each other.
 */
#include <string.h>

#include "moves.h"

/* As the spare room of a node now is. */
static void mark_node(Network *net, int l, int k)
{
    int node = node_of(net, l, k);
    put_bit(row_of(net->roomy, l, net->piece_words), k, node_has_room(net, node));
    put_bit(row_of(net->flowing, l, net->piece_words), k, node_has_flow(net, node));
}

static void mark_piece(Network *net, int k)
{
    for (int l = 0; l < net->n_limits; l++)
        mark_node(net, l, k);
}

/* All nodes of a limit, a word at a time. */
static void mark_limit(Network *net, int l)
{
    for (int w = 0, k = 0; w < net->piece_words; w++) {
        Word roomy = 0, flowing = 0, bit = 1;
        for (; bit && k < net->n_pieces; k++, bit <<= 1) {
            roomy |= node_has_room(net, node_of(net, l, k)) ? bit : 0;
            flowing |= node_has_flow(net, node_of(net, l, k)) ? bit : 0;
        }
        row_of(net->roomy, l, net->piece_words)[w] = roomy;
        row_of(net->flowing, l, net->piece_words)[w] = flowing;
    }
}

/* What the sessions in a piece still want, as far as it has room. */
static void fill_directly(Network *net, int k)
{
    const Word *takers = row_of(net->can_take, k, net->session_words);
    for (int w = 0; w < net->session_words && node_has_room(net, node_of(net, net->root, k)); w++)
        for (Word bits = net->wants[w] & takers[w]; bits; bits &= bits - 1)
            place(net, 64 * w + lowest_bit(bits), k);
}

/* -- paths ------------------------------------------------------------------------------------------ */

static int next_of_session(const Network *net, int i, int d)
{
    int l = net->leaf[i];
    const Word *open = net->can_take_in + (size_t)i * net->piece_words;
    const Word *nearer = nodes_at(net, l, d - 1);
    for (int w = 0; w < net->piece_words; w++)
        if (open[w] & nearer[w])
            return net->n_sessions + node_of(net, l, 64 * w + lowest_bit(open[w] & nearer[w]));
    return NONE;
}

/* Who holds in a node and is a level nearer. Words in which there was nobody stay so while paths of one length are
 * pushed: sessions only leave their levels, and those that come to hold in a node were two levels above it. */
static int next_holder(Network *net, int node, int d)
{
    int l = limit_at(net, node), k = piece_at(net, node), end = net->first_share[l + 1];
    const Word *held = row_of(net->holds, k, net->session_words), *nearer = net->at_level[d - 1];
    Cursor *cursor = net->cursor + node;
    if (cursor->pass != net->pass)
        *cursor = (Cursor){net->pass, net->first_share[l]};
    for (; cursor->share < end; cursor->share++) {
        int w = net->share[cursor->share].word;
        Word bits = held[w] & net->share[cursor->share].bits & nearer[w];
        if (bits)
            return 64 * w + lowest_bit(bits);
    }
    return NONE;
}

static int next_of_node(Network *net, int node, int d)
{
    int l = limit_at(net, node), k = piece_at(net, node), up = net->parent[l];
    if (up != NONE && node_has_room(net, node) && bit_is_set(nodes_at(net, up, d - 1), k))
        return net->n_sessions + node_of(net, up, k);
    for (int b = net->first_child[l]; b != NONE; b = net->next_sibling[b]) {
        int child = node_of(net, b, k);
        if (node_has_flow(net, child) && bit_is_set(nodes_at(net, b, d - 1), k))
            return net->n_sessions + child;
    }
    if (d < 2)
        return NONE;
    return next_holder(net, node, d);
}

/* Nothing leads on from here: out of the levels. */
static void close_off(Network *net, int item, int d)
{
    int node = item - net->n_sessions;
    if (item < net->n_sessions)
        clear_bit(net->at_level[d], item);
    else
        clear_bit(nodes_at(net, limit_at(net, node), d), piece_at(net, node));
}

/* The shortest path from a session or node at a distance to the piece; how many items it has, or 0. */
static int find_path(Network *net, int from, int distance, int target)
{
    int length = 1;
    net->path[0] = from;
    while (length > 0) {
        int item = net->path[length - 1], d = distance + 1 - length;
        if (item == target)
            return length;
        int next = item < net->n_sessions ? next_of_session(net, item, d)
                                          : next_of_node(net, item - net->n_sessions, d);
        if (next == NONE) {
            close_off(net, item, d);
            length--;
        } else {
            net->path[length++] = next;
        }
    }
    return 0;
}

/* Room on one step of a path. */
static double step_room(const Network *net, int from, int to)
{
    int n = net->n_sessions;
    if (from < n)
        return room_in(net, from, piece_at(net, to - n));
    if (to < n)
        return energy_in(net, to, piece_at(net, from - n));
    if (net->parent[limit_at(net, from - n)] == limit_at(net, to - n))
        return net->spare[from - n];
    return net->room[to - n] - net->spare[to - n];
}

static void use_node(Network *net, int node, double amount)
{
    net->spare[node] -= amount;
    mark_node(net, limit_at(net, node), piece_at(net, node));
}

static void take_step(Network *net, int from, int to, double amount)
{
    int n = net->n_sessions;
    if (from < n || to < n)
        set_bit(net->moved, from < n ? from : to);
    if (from < n)
        push_cell(net, from, piece_at(net, to - n), amount);
    else if (to < n)
        pull_cell(net, to, piece_at(net, from - n), amount);
    else if (net->parent[limit_at(net, from - n)] == limit_at(net, to - n))
        use_node(net, from - n, amount);
    else
        use_node(net, to - n, -amount);
}

static double push_along(Network *net, int length, int target)
{
    int from = net->path[0], n = net->n_sessions;
    double amount = from < n ? net->left[from] : net->room[from - n] - net->spare[from - n];
    amount = least(amount, net->spare[target - n]);
    for (int s = 1; s < length; s++)
        amount = least(amount, step_room(net, net->path[s - 1], net->path[s]));
    if (amount <= 0.0)
        return 0.0;
    for (int s = 1; s < length; s++)
        take_step(net, net->path[s - 1], net->path[s], amount);
    if (from < n)
        use_want(net, from, amount);
    else
        use_node(net, from - n, -amount);
    use_node(net, target - n, amount);
    return amount;
}

static int gives(const Network *net, int item)
{
    return item < net->n_sessions ? bit_is_set(net->wants, item) : node_has_flow(net, item - net->n_sessions);
}

/* All shortest paths from one session or dearer piece; what they brought. */
static double push_from(Network *net, int item, int d, int target)
{
    double pushed = 0.0;
    while (gives(net, item) && node_has_room(net, target - net->n_sessions)) {
        int length = find_path(net, item, d, target);
        double amount = length ? push_along(net, length, target) : 0.0;
        if (amount <= 0.0)
            break;
        pushed += amount;
    }
    return pushed;
}

/* All shortest paths of this length, unserved sessions first. */
static double push_level(Network *net, int k, int d)
{
    int n = net->n_sessions, target = n + node_of(net, net->root, k);
    const Word *nodes = nodes_at(net, net->root, d);
    double pushed = 0.0;
    net->pass++;
    for (int w = 0; w < net->session_words; w++)
        for (Word bits = net->wants[w] & net->at_level[d][w]; bits; bits &= bits - 1)
            pushed += push_from(net, 64 * w + lowest_bit(bits), d, target);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = net->dearer[w] & nodes[w]; bits; bits &= bits - 1)
            pushed += push_from(net, n + node_of(net, net->root, 64 * w + lowest_bit(bits)), d, target);
    return pushed;
}

static void strike_off_seen(Network *net)
{
    memcpy(net->live_sessions, net->unseen_sessions, net->session_words * sizeof(Word));
    memcpy(net->live_nodes, net->unseen_nodes, (size_t)net->n_limits * net->piece_words * sizeof(Word));
}

/* Somebody has to charge more in a piece at the end of every path. */
static int has_live_takers(Network *net, int k)
{
    return meets(row_of(net->can_take, k, net->session_words), net->live_sessions, net->session_words);
}

static void fill_by_rerouting(Network *net, int k)
{
    while (node_has_room(net, node_of(net, net->root, k)) && has_live_takers(net, k)) {
        int d = find_levels(net, k);
        if (d == 0) {
            strike_off_seen(net);
            return;
        }
        if (push_level(net, k, d) <= 0.0)
            return;
    }
}

/* Nothing is struck off yet, and every piece is dearer than the one before the first. */
static void start_filling(Network *net)
{
    memset(net->live_sessions, 0xff, net->session_words * sizeof(Word));
    memset(net->live_nodes, 0xff, (size_t)net->n_limits * net->piece_words * sizeof(Word));
    memset(net->dearer, 0xff, net->piece_words * sizeof(Word));
    for (int l = 0; l < net->n_limits; l++)
        mark_limit(net, l);
}

/* Whether a piece that is dearer than the one that is being filled has energy: in a network with a plan in it. */
static int dearer_flows(const Network *net)
{
    return net->is_warm && meets(net->dearer, row_of(net->flowing, net->root, net->piece_words), net->piece_words);
}

/* One piece, or beside a plan several that are equally dear: at first what goes in directly, because every path that is
 * saved is a search. Without a plan the earlier one is filled first, whatever that takes. */
static void fill_equals(Network *net, const int *pieces, int count)
{
    for (int p = 0; p < count && !is_served(net); p++) {
        fill_directly(net, pieces[p]);
        mark_piece(net, pieces[p]);
    }
    for (int p = 0; p < count && (!is_served(net) || dearer_flows(net)); p++)
        fill_by_rerouting(net, pieces[p]);
}

void fill_in_order(Network *net)
{
    const int *order = net->order;
    start_filling(net);
    for (int p = 0, next = 0, end; p < net->n_pieces; p = end) {
        for (; next < net->n_pieces && net->rank[order[next]] == net->rank[order[p]]; next++)
            clear_bit(net->dearer, order[next]);
        if (is_served(net) && !dearer_flows(net))
            return;
        end = net->is_warm ? next : p + 1;
        fill_equals(net, order + p, end - p);
    }
}
