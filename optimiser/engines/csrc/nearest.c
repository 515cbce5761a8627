/* Among the flows that are as cheap, the one nearest to a plan.
 *
 * A flow is cheapest exactly where each rank (the pieces of one cost) bears the load that it bears in any
 * cheapest flow. So ranks become nodes behind the pieces, with that load as their room, and what remains is
 * to deliver everything with the least energy above the plan: a flow with cost 0 in a cell up to the plan, 1
 * above it. What the cheapest flow has in common with the plan costs nothing, so no cycle could better it;
 * what is missing then goes along cheapest paths, all of one cost and length at a time (primal-dual).
 *
 * `rise` of an item is how much nearer it is to free room than the unserved sessions are, in units of that
 * cost. An arc u -> v of cost c is on a cheapest path only where c - rise[v] + rise[u] is 0.
 */
#include "nearest.h"

#include "moves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RISE 24    /* paths of a higher cost are left to an ordinary fill */
#define MAX_ROUNDS 400 /* so many searches at most; the rest is filled without regard to the plan */
/* More than this left over [kWh]: rounding has closed the way. */
#define UNPLACED_KWH 1e-9

/* Sets of items are laid out as levels are: sessions, then nodes per limit, then ranks. */
typedef struct {
    Network *net;
    const double *plan;
    Word *below, *above;       /* per piece: sessions that charge less, or more, than planned in it */
    Word *below_in, *above_in; /* per session: such pieces */
    double *rank_room, *rank_spare;
    int n_ranks;
    int *first_of_rank; /* n_ranks + 1: places in `net->order` */
    int *rise, highest; /* per item, and the highest of all */
    Word *by_rise;      /* a set for each rise from -1 to MAX_RISE + 1 */
    Word *at_distance;  /* a set for each distance: items to be looked at */
    Word *unseen;
    size_t set_words;
    int *queue, count, begin[MAX_RISE + 2]; /* items seen; those at a distance begin at begin[distance] */
    int distance, level;
    int has_found;
} Near;

static Word *risen(const Near *near, int rise) { return near->by_rise + (size_t)(rise + 1) * near->set_words; }

static size_t words_before(const Near *near, int limit)
{
    return near->net->session_words + (size_t)limit * near->net->piece_words;
}

static int rank_item(const Near *near, int rank)
{
    return near->net->n_sessions + node_of(near->net, near->net->n_limits, rank);
}

static int rank_has_room(const Near *near, int rank)
{
    return near->rank_spare[rank] > SUM_DUST * near->rank_room[rank];
}

/* Sessions that can charge in a piece at no cost (up to the plan), or at cost 1. */
static Word takers(const Near *near, int k, int w, int cost)
{
    size_t at = (size_t)k * near->net->session_words + w;
    return cost ? near->net->can_take[at] & ~near->below[at] : near->below[at];
}

/* Sessions that charge in a piece and give back no cost, or 1. */
static Word givers(const Near *near, int k, int w, int cost)
{
    size_t at = (size_t)k * near->net->session_words + w;
    return cost ? near->above[at] : near->net->holds[at] & ~near->above[at];
}

static Word takes_in(const Near *near, int i, int w, int cost)
{
    size_t at = (size_t)i * near->net->piece_words + w;
    return cost ? near->net->can_take_in[at] & ~near->below_in[at] : near->below_in[at];
}

static Word gives_in(const Near *near, int i, int w, int cost)
{
    size_t at = (size_t)i * near->net->piece_words + w;
    return cost ? near->above_in[at] : near->net->holds_in[at] & ~near->above_in[at];
}

static void put_bit(Word *set, int i, int is_in)
{
    if (is_in)
        set_bit(set, i);
    else
        clear_bit(set, i);
}

static double planned_in(const Near *near, int64_t c) { return least(near->plan[c], near->net->upper[c]); }

/* Below and above the plan, as the energy of a cell now is. */
static void mark_cell(Near *near, int i, int k)
{
    Network *net = near->net;
    int64_t c = net->base[i] + k;
    double planned = planned_in(near, c), dust = CELL_DUST * net->upper[c];
    int is_below = net->energy[c] < planned - dust, is_above = net->energy[c] > planned + dust;
    put_bit(row_of(near->below, k, net->session_words), i, is_below);
    put_bit(row_of(near->below_in, i, net->piece_words), k, is_below);
    put_bit(row_of(near->above, k, net->session_words), i, is_above);
    put_bit(row_of(near->above_in, i, net->piece_words), k, is_above);
}

/* -- distances to free room ------------------------------------------------------------------------ */

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

static void see_sessions(Near *near, int l, int k, int rise)
{
    const Word *attached = row_of(near->net->attached, l, near->net->session_words);
    for (int cost = 0; cost < 2; cost++)
        for (int other = rise - cost; other <= near->highest; other++) {
            if (other < 0)
                continue;
            const Word *at = risen(near, other);
            for (int w = 0; w < near->net->session_words; w++)
                meet(near, 0, 0, w, takers(near, k, w, cost) & attached[w] & at[w], cost - rise + other);
        }
}

static void see_behind_node(Near *near, int node, int rise)
{
    Network *net = near->net;
    int l = node / net->n_pieces, k = node % net->n_pieces, up = net->parent[l];
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
    for (int cost = 0; cost < 2; cost++)
        for (int other = rise + cost; other <= near->highest; other++)
            for (int w = 0; w < near->net->piece_words; w++) {
                Word held = gives_in(near, i, w, cost) & risen(near, other)[before + w];
                meet(near, before, first, w, held, other - cost - rise);
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

/* Whether an unserved session was found, `near->distance` away and, at distance 0, at `near->level`. */
static int search(Near *near)
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
    size_t before = item < net->n_sessions ? 0 : words_before(near, node / net->n_pieces);
    int bit = item < net->n_sessions ? item : node % net->n_pieces;
    clear_bit(risen(near, near->rise[item]) + before, bit);
    near->rise[item] += by;
    set_bit(risen(near, near->rise[item]) + before, bit);
    near->highest = near->rise[item] > near->highest ? near->rise[item] : near->highest;
}

/* All items nearer than the unserved sessions rise by the difference; 0 where that is too much. */
static int raise_nearer(Near *near)
{
    if (near->highest + near->distance > MAX_RISE)
        return 0;
    for (int d = 0; d < near->distance; d++)
        for (int q = near->begin[d]; q < near->begin[d + 1]; q++)
            raise_item(near, near->queue[q], near->distance - d);
    return 1;
}

/* -- cheapest paths ---------------------------------------------------------------------------------- */

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
    int l = node / net->n_pieces, k = node % net->n_pieces, up = net->parent[l];
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
    int next = next_up_or_down(near, node, d, rise);
    const Word *attached = row_of(net->attached, node / net->n_pieces, net->session_words);
    for (int cost = 0; next == NONE && cost < 2; cost++)
        for (int w = 0; w < net->session_words; w++) {
            Word held = givers(near, node % net->n_pieces, w, cost) & attached[w];
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
        clear_bit(net->at_level[d] + words_before(near, node / net->n_pieces), node % net->n_pieces);
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
    int64_t c = net->base[i] + k;
    double end = leads_to_plan(near, i, k, gives) ? planned_in(near, c) : gives ? 0.0 : net->upper[c];
    return gives ? net->energy[c] - end : end - net->energy[c];
}

static void change_cell(Near *near, int i, int k, int gives, double amount)
{
    int64_t c = near->net->base[i] + k;
    int meets_plan = leads_to_plan(near, i, k, gives) && amount >= cell_room(near, i, k, gives);
    (gives ? pull_cell : push_cell)(near->net, i, k, amount);
    if (meets_plan)
        near->net->energy[c] = planned_in(near, c);
    mark_cell(near, i, k);
}

/* The room, up and down the tree and behind it, that a step between two nodes uses or gives back. */
static double *spare_of_step(const Near *near, int from, int to, int *is_back)
{
    Network *net = near->net;
    int n = net->n_sessions, first_rank = rank_item(near, 0);
    *is_back = from >= first_rank || (to < first_rank && net->parent[(from - n) / net->n_pieces] != (to - n) / net->n_pieces);
    return net->spare + (*is_back ? to : from) - n;
}

static double step_room(const Near *near, int from, int to)
{
    const Network *net = near->net;
    int n = net->n_sessions, is_back;
    if (from < n)
        return cell_room(near, from, (to - n) % net->n_pieces, 0);
    if (to < n)
        return cell_room(near, to, (from - n) % net->n_pieces, 1);
    double spare = *spare_of_step(near, from, to, &is_back);
    return is_back ? net->room[to - n] - spare : spare;
}

static void take_step(Near *near, int from, int to, double amount)
{
    const Network *net = near->net;
    int n = net->n_sessions, is_back;
    if (from < n)
        change_cell(near, from, (to - n) % net->n_pieces, 0, amount);
    else if (to < n)
        change_cell(near, to, (from - n) % net->n_pieces, 1, amount);
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
    for (int s = 0; s < level; s++)
        take_step(near, path[s], path[s + 1], amount);
    use_want(near->net, path[0], amount);
    near->rank_spare[rank] -= amount;
    return amount;
}

/* All cheapest paths of the shortest length; what they brought. */
static double push_level(Near *near)
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

/* -- the whole ------------------------------------------------------------------------------------------ */

static void lay_ranks(Near *near)
{
    Network *net = near->net;
    for (int p = 0; p < net->n_pieces; p++) {
        int k = net->order[p], node = node_of(net, net->root, k);
        near->first_of_rank[net->rank[k] + 1] = p + 1;
        near->rank_room[net->rank[k]] += net->room[node] - net->spare[node];
        near->n_ranks = net->rank[k] + 1;
    }
}

/* Out with what the plan does not have; sessions without a plan begin anew. */
static void take_out_unplanned(Near *near, int i)
{
    Network *net = near->net;
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w]; bits; bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            int64_t c = net->base[i] + k;
            double kept = near->plan[c] < INFINITY ? near->plan[c] : 0.0, extra = net->energy[c] - kept;
            if (extra > CELL_DUST * net->upper[c]) {
                take_out(net, i, k, extra);
                near->rank_spare[net->rank[k]] += extra;
            }
        }
}

static void keep_planned(Near *near)
{
    const Network *net = near->net;
    for (int i = 0; i < net->n_sessions; i++) {
        take_out_unplanned(near, i);
        for (int64_t c = first_cell_of(net, i); c < end_cell_of(net, i); c++)
            if (net->energy[c] < near->plan[c])
                mark_cell(near, i, (int)(c - net->base[i]));
    }
}

static int allocate(Near *near)
{
    const Network *net = near->net;
    size_t n = net->n_sessions, p = net->n_pieces, sw = net->session_words, pw = net->piece_words;
    size_t items = n + net->n_nodes + p;
    near->set_words = words_before(near, net->n_limits + 1);
    size_t words = 2 * (p * sw + n * pw) + (2 * MAX_RISE + 6) * near->set_words;
    char *block = calloc(words * sizeof(Word) + 2 * p * sizeof(double) + (items + p + 1) * sizeof(int), 1);
    if (!block)
        return NO_MEMORY;
    near->below = (Word *)block;
    near->above = near->below + p * sw;
    near->below_in = near->above + p * sw;
    near->above_in = near->below_in + n * pw;
    near->by_rise = near->above_in + n * pw;
    near->at_distance = near->by_rise + (MAX_RISE + 3) * near->set_words;
    near->unseen = near->at_distance + (MAX_RISE + 2) * near->set_words;
    near->rank_room = (double *)(near->unseen + near->set_words);
    near->rank_spare = near->rank_room + p;
    near->rise = (int *)(near->rank_spare + p);
    near->first_of_rank = near->rise + items;
    near->queue = net->queue;
    memset(risen(near, 0), 0xff, near->set_words * sizeof(Word));
    return FINE;
}

/* Cheapest paths, all of one cost and length in a round. */
static void serve_all(Near *near)
{
    for (int round = 0; round < MAX_ROUNDS && !is_served(near->net); round++) {
        if (!search(near))
            return;
        if (near->distance ? !raise_nearer(near) : push_level(near) <= 0.0)
            return;
    }
}

static int is_near(const Network *net, const double *plan)
{
    for (int i = 0; i < net->n_sessions; i++) {
        const Word *held = row_of(net->holds_in, i, net->piece_words);
        for (int w = 0; w < net->piece_words; w++)
            for (Word bits = held[w]; bits; bits &= bits - 1) {
                int64_t c = net->base[i] + 64 * w + lowest_bit(bits);
                if (net->energy[c] > plan[c] + CELL_DUST * net->upper[c])
                    return 0;
            }
    }
    return 1;
}

static double most_left(const Network *net)
{
    double most = 0.0;
    for (int i = 0; i < net->n_sessions; i++)
        most = net->left[i] > most ? net->left[i] : most;
    return most;
}

/* What no round has placed goes where it is cheapest; should even that find the way closed, all begins anew. */
static void fill_up(Network *net)
{
    if (is_served(net))
        return;
    fill_in_order(net);
    if (most_left(net) <= UNPLACED_KWH)
        return;
    network_reset(net);
    fill_in_order(net);
}

void put_plan(Network *net, const double *plan)
{
    for (int i = 0; i < net->n_sessions; i++) {
        int64_t end = end_cell_of(net, i);
        for (int64_t c = first_cell_of(net, i); c < end && bit_is_set(net->wants, i); c++)
            if (plan[c] > 0.0 && plan[c] < INFINITY)
                place(net, i, (int)(c - net->base[i]), least(plan[c], net->upper[c]));
    }
    net->is_warm = 1;
}

int stay_near(Network *net, const double *plan)
{
    Near near = {.net = net, .plan = plan};
    if (is_near(net, plan))
        return FINE;
    if (allocate(&near))
        return NO_MEMORY;
    lay_ranks(&near);
    keep_planned(&near);
    serve_all(&near);
    fill_up(net);
    free(near.below);
    return FINE;
}
