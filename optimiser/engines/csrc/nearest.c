/* Among the flows that are as cheap, the one nearest to a plan: the course of it; `near.h` says how. */
#include "nearest.h"

#include "near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 400 /* so many searches at most; the rest is filled without regard to the plan */
/* So many sessions at most are tried without a fill, which tells sooner of many that not all have room. */
#define FEW 8
/* More than this left over [kWh]: rounding has closed the way. Less than that is hidden where a plan is put into a
 * network, and a plan must not be given up for it. */
#define UNPLACED_KWH 1e-7

static void lay_ranks(Near *near)
{
    Network *net = near->net;
    for (int p = 0; p < net->n_pieces; p++) {
        int k = net->order[p], node = node_of(net, net->root, k);
        near->first_of_rank[net->rank[k] + 1] = p + 1;
        near->rank_room[net->rank[k]] += net->room[node] - net->spare[node];
        near->n_ranks = net->rank[k] + 1;
    }
    for (int rank = 0; rank < near->n_ranks; rank++)
        near->rank_room[rank] = greatest(near->rank_room[rank], 0.0); /* a sum of roundings has no room */
}

/* Out with what the plan does not have; sessions without a plan begin anew. */
static void take_out_unplanned(Near *near, int i)
{
    Network *net = near->net;
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    const Word *touched = row_of(net->touched_in, i, net->piece_words);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w] & touched[w]; bits; bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            Index c = net->base[i] + k;
            double kept = net->plan[c] < INFINITY ? planned_in(near, i, k) : 0.0, extra = net->energy[c] - kept;
            if (extra > PLAN_DUST * upper_in(net, i, k)) {
                take_out(net, i, k, extra);
                near->rank_spare[net->rank[k]] += extra;
            }
        }
}

/* Cells in which a session charges less than it could at no cost: as planned; where nothing is planned, at all. */
static void mark_below(Near *near, int i)
{
    Network *net = near->net;
    const Planned *planned = &net->laid->planned;
    int any = bit_is_set(planned->unplanned, i);
    const Word *cells = row_of(any ? net->laid->can_take_in_all : planned->holds_in, i, net->piece_words);
    const Word *touched = row_of(net->touched_in, i, net->piece_words);
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = any ? cells[w] : cells[w] & touched[w]; bits; bits &= bits - 1) {
            int k = 64 * w + lowest_bit(bits);
            if (net->energy[net->base[i] + k] < net->plan[net->base[i] + k])
                mark_cell(near, i, k);
        }
}

void keep_planned(Near *near)
{
    const Network *net = near->net;
    for (int i = next_moved(net, 0); i < net->n_sessions; i = next_moved(net, i + 1)) {
        take_out_unplanned(near, i);
        mark_below(near, i);
    }
}

static int allocate(Near *near)
{
    const Network *net = near->net;
    size_t n = net->n_sessions, p = net->n_pieces, sw = net->session_words, pw = net->piece_words;
    size_t items = n + net->n_nodes + p;
    near->set_words = words_before(near, net->n_limits + 1);
    size_t words = 2 * (p * sw + n * pw) + sw + (2 * MAX_RISE + 6) * near->set_words;
    char *block = calloc(words * sizeof(Word) + 2 * p * sizeof(double) + (items + 2 * p + 1) * sizeof(int), 1);
    if (!block)
        return NO_MEMORY;
    near->below = (Word *)block;
    near->above = near->below + p * sw;
    near->below_in = near->above + p * sw;
    near->above_in = near->below_in + n * pw;
    near->by_rise = near->above_in + n * pw;
    near->at_distance = near->by_rise + (MAX_RISE + 3) * near->set_words;
    near->unseen = near->at_distance + (MAX_RISE + 2) * near->set_words;
    near->holders = near->unseen + near->set_words;
    near->rank_room = (double *)(near->holders + sw);
    near->rank_spare = near->rank_room + p;
    near->rise = (int *)(near->rank_spare + p);
    near->first_of_rank = near->rise + items;
    near->taken_by = near->first_of_rank + p + 1;
    memset(near->taken_by, 0xff, p * sizeof(int)); /* NONE */
    near->queue = net->queue;
    memset(risen(near, 0), 0xff, near->set_words * sizeof(Word));
    return FINE;
}

/* Cheapest paths, all of one cost and length in a round. */
static void serve_all(Near *near)
{
    for (int round = 0; round < MAX_ROUNDS && !is_served(near->net); round++) {
        if (!search_near(near))
            return;
        if (near->distance ? !raise_nearer(near) : push_near(near) <= 0.0)
            return;
    }
}

/* What a session charges beyond the plan. */
static double beyond_plan(const Network *net, int i)
{
    const Word *held = row_of(net->holds_in, i, net->piece_words);
    const Word *touched = row_of(net->touched_in, i, net->piece_words);
    double beyond = 0.0;
    for (int w = 0; w < net->piece_words; w++)
        for (Word bits = held[w] & touched[w]; bits; bits &= bits - 1) {
            Index c = net->base[i] + 64 * w + lowest_bit(bits);
            beyond += greatest(net->energy[c] - net->plan[c], 0.0);
        }
    return beyond;
}

/* Nobody charges more beyond the plan than what the plan lacks of its energy, without which there is no way. */
static int is_near(const Network *net)
{
    const double *planned = net->laid->planned.sum;
    for (int i = next_moved(net, 0); i < net->n_sessions; i = next_moved(net, i + 1))
        if (beyond_plan(net, i) > greatest(net->asked[i] - planned[i], 0.0) + WRITTEN_KWH)
            return 0;
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
    if (most_left(net) <= UNPLACED_KWH)
        return;
    fill_in_order(net);
    if (most_left(net) <= UNPLACED_KWH)
        return;
    network_reset(net);
    fill_in_order(net);
}

int stay_near(Network *net)
{
    Near near = {.net = net};
    if (is_near(net))
        return FINE;
    if (allocate(&near))
        return NO_MEMORY;
    lay_ranks(&near);
    keep_planned(&near);
    if (!serve_directly(&near))
        serve_all(&near);
    fill_up(net);
    free(near.below);
    return FINE;
}

int serve_near(Network *net)
{
    Near near = {.net = net};
    int wanting = count_all(net->wants, net->session_words);
    if (wanting == 0)
        return 1;
    if (wanting > FEW || allocate(&near))
        return 0;
    lay_ranks(&near);
    near.rank_spare[0] = asked_in_all(net);
    near.rank_room[0] += near.rank_spare[0];
    for (int w = 0; w < net->session_words; w++)
        net->moved[w] |= net->wants[w];
    keep_planned(&near);
    int served = serve_directly(&near);
    free(near.below);
    return served;
}
