/* Cheapest paths, from unserved sessions along falling levels to a rank with room. */
#include "near.h"

static Word at_level(const Near *near, size_t before, int w, int d, int rise)
{
    return near->net->at_level[d][before + w] & risen(near, rise)[before + w];
}

static int is_next(const Near *near, int limit, int k, int d, int rise)
{
    return (int)(at_level(near, words_before(near, limit), k >> 6, d, rise) >> (k & 63)) & 1;
}

static int next_of_session(const Near *near, int i, int d, int rise)
{
    int l = near->net->leaf[i];
    for (int cost = 0; cost < 2; cost++)
        for (int w = 0; w < near->net->piece_words; w++) {
            Word open = takes_in(near, i, w, cost) & at_level(near, words_before(near, l), w, d, rise + cost);
            if (open)
                return near->net->n_sessions + node_of(near->net, l, 64 * w + lowest_bit(open));
        }
    return NONE;
}

static int next_up_or_down(const Near *near, int node, int d, int rise)
{
    const Network *net = near->net;
    int l = limit_at(net, node), k = piece_at(net, node), up = net->parent[l];
    int above = up == NONE ? net->n_limits : up, at = up == NONE ? net->rank[k] : k;
    if (node_has_room(net, node) && is_next(near, above, at, d, rise))
        return net->n_sessions + node_of(net, above, at);
    for (int b = net->first_child[l]; b != NONE; b = net->next_sibling[b])
        if (node_has_flow(net, node_of(net, b, k)) && is_next(near, b, k, d, rise))
            return net->n_sessions + node_of(net, b, k);
    return NONE;
}

static int next_of_node(const Near *near, int node, int d, int rise)
{
    const Network *net = near->net;
    int next = next_up_or_down(near, node, d, rise), l = limit_at(net, node);
    for (int cost = 0; next == NONE && cost < 2; cost++)
        for (int s = net->first_share[l]; s < net->first_share[l + 1]; s++) {
            int w = net->share[s].word;
            Word held = givers(near, piece_at(net, node), w, cost) & net->share[s].bits;
            held &= at_level(near, 0, w, d, rise - cost);
            if (held)
                return 64 * w + lowest_bit(held);
        }
    return next;
}

static int next_of_rank(const Near *near, int rank, int d, int rise)
{
    const Network *net = near->net;
    for (int p = near->first_of_rank[rank]; p < near->first_of_rank[rank + 1]; p++) {
        int node = node_of(net, net->root, net->order[p]);
        if (node_has_flow(net, node) && is_next(near, net->root, net->order[p], d, rise))
            return net->n_sessions + node;
    }
    return NONE;
}

static int next_item(const Near *near, int item, int d)
{
    int n = near->net->n_sessions, first_rank = rank_item(near, 0), rise = near->rise[item];
    if (item < n)
        return next_of_session(near, item, d, rise);
    return item < first_rank ? next_of_node(near, item - n, d, rise) : next_of_rank(near, item - first_rank, d, rise);
}

static void close_off(Near *near, int item, int d)
{
    const Network *net = near->net;
    int node = item - net->n_sessions;
    if (item < net->n_sessions)
        clear_bit(net->at_level[d], item);
    else
        clear_bit(net->at_level[d] + words_before(near, limit_at(net, node)), piece_at(net, node));
}

/* A cheapest path from a session at a level to a rank with room; whether there is one. */
static int find_path(Near *near, int from, int level)
{
    int *path = near->net->path, d = level;
    path[0] = from;
    while (d <= level) {
        int item = path[level - d];
        if (d == 0 && rank_has_room(near, item - rank_item(near, 0)))
            return 1;
        int next = d > 0 ? next_item(near, item, d - 1) : NONE;
        if (next == NONE)
            close_off(near, item, d++);
        else
            path[level - --d] = next;
    }
    return 0;
}

/* Whether a step that gives energy back, or charges more, leads towards the plan. */
static int leads_to_plan(const Near *near, int i, int k, int gives)
{
    return bit_is_set(row_of(gives ? near->above_in : near->below_in, i, near->net->piece_words), k);
}

/* Energy between a cell and the plan, or its bound, in the direction of a step. */
static double cell_room(const Near *near, int i, int k, int gives)
{
    const Network *net = near->net;
    Index c = net->base[i] + k;
    double end = leads_to_plan(near, i, k, gives) ? planned_in(near, i, k) : gives ? 0.0 : upper_in(net, i, k);
    return gives ? net->energy[c] - end : end - net->energy[c];
}

static void change_cell(Near *near, int i, int k, int gives, double amount)
{
    Index c = near->net->base[i] + k;
    int meets_plan = leads_to_plan(near, i, k, gives) && amount >= cell_room(near, i, k, gives);
    set_bit(near->net->moved, i);
    (gives ? pull_cell : push_cell)(near->net, i, k, amount);
    if (meets_plan)
        near->net->energy[c] = planned_in(near, i, k);
    mark_cell(near, i, k);
}

/* The room, up and down the tree and behind it, that a step between two nodes uses or gives back. */
static double *spare_of_step(const Near *near, int from, int to, int *is_back)
{
    Network *net = near->net;
    int n = net->n_sessions, first_rank = rank_item(near, 0);
    *is_back = from >= first_rank || (to < first_rank && net->parent[limit_at(net, from - n)] != limit_at(net, to - n));
    return net->spare + (*is_back ? to : from) - n;
}

static double step_room(const Near *near, int from, int to)
{
    const Network *net = near->net;
    int n = net->n_sessions, is_back;
    if (from < n)
        return cell_room(near, from, piece_at(net, to - n), 0);
    if (to < n)
        return cell_room(near, to, piece_at(net, from - n), 1);
    double spare = *spare_of_step(near, from, to, &is_back);
    return is_back ? net->room[to - n] - spare : spare;
}

static void take_step(Near *near, int from, int to, double amount)
{
    const Network *net = near->net;
    int n = net->n_sessions, is_back;
    if (from < n)
        change_cell(near, from, piece_at(net, to - n), 0, amount);
    else if (to < n)
        change_cell(near, to, piece_at(net, from - n), 1, amount);
    else {
        double *spare = spare_of_step(near, from, to, &is_back);
        *spare += is_back ? amount : -amount;
    }
}

static double push_along(Near *near, int level)
{
    const int *path = near->net->path;
    int rank = path[level] - rank_item(near, 0);
    double amount = least(near->net->left[path[0]], near->rank_spare[rank]);
    for (int s = 0; s < level; s++)
        amount = least(amount, step_room(near, path[s], path[s + 1]));
    if (amount <= 0.0)
        return 0.0;
    for (int s = 0; s < level; s++)
        take_step(near, path[s], path[s + 1], amount);
    use_want(near->net, path[0], amount);
    near->rank_spare[rank] -= amount;
    return amount;
}

double push_near(Near *near)
{
    Network *net = near->net;
    double pushed = 0.0;
    for (int w = 0; w < net->session_words; w++)
        for (Word bits = net->wants[w] & net->at_level[near->level][w]; bits; bits &= bits - 1) {
            int i = 64 * w + lowest_bit(bits);
            while (bit_is_set(net->wants, i) && find_path(near, i, near->level)) {
                double amount = push_along(near, near->level);
                if (amount <= 0.0)
                    break;
                pushed += amount;
            }
        }
    return pushed;
}
