/* Laying out a problem as a network. */
#include "network.h"

#include "numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Share of every room that is left alone, per session: a sum of their energies rounds up by less. */
#define ROUNDING_ROOM 5e-16
/* Energy [kWh] that may be missing or too much: as exact as a solver meets a row. */
#define TOLERANCE_KWH 1e-7

static size_t rounded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* Hands out parts of one block; with `block` 0 it only adds up how much is needed. */
typedef struct {
    char *block;
    size_t used;
} Arena;

static void *take_part(Arena *arena, size_t count, size_t size)
{
    void *part = arena->block ? arena->block + arena->used : 0;
    arena->used += rounded(count * size);
    return part;
}

static void share_out(Network *net, Arena *arena)
{
    size_t n = net->n_sessions, p = net->n_pieces, l = net->n_limits, nodes = net->n_nodes;
    size_t sw = net->session_words, pw = net->piece_words;
    net->session_at = take_part(arena, n, sizeof(int));
    net->number_of = take_part(arena, n, sizeof(int));
    net->base = take_part(arena, n, sizeof(Index));
    net->leaf = take_part(arena, n, sizeof(int));
    net->left = take_part(arena, n, sizeof(double));
    net->asked = take_part(arena, n, sizeof(double));
    net->missing = take_part(arena, n, sizeof(double));
    net->room = take_part(arena, nodes, sizeof(double));
    net->spare = take_part(arena, nodes, sizeof(double));
    net->lowest = take_part(arena, p, sizeof(double));
    net->parent = take_part(arena, l, sizeof(int));
    net->first_child = take_part(arena, l, sizeof(int));
    net->next_sibling = take_part(arena, l, sizeof(int));
    net->first_share = take_part(arena, l + 1, sizeof(int));
    net->share = take_part(arena, n, sizeof(Share));
    net->can_take = take_part(arena, p * sw, sizeof(Word));
    net->holds = take_part(arena, p * sw, sizeof(Word));
    net->can_take_in = take_part(arena, n * pw, sizeof(Word));
    net->holds_in = take_part(arena, n * pw, sizeof(Word));
    net->can_take_all = take_part(arena, p * sw, sizeof(Word));
    net->can_take_in_all = take_part(arena, n * pw, sizeof(Word));
    net->wants = take_part(arena, sw, sizeof(Word));
    net->moved = take_part(arena, sw, sizeof(Word));
    net->live_sessions = take_part(arena, sw, sizeof(Word));
    net->live_nodes = take_part(arena, l * pw, sizeof(Word));
    net->dearer = take_part(arena, pw, sizeof(Word));
    net->rank = take_part(arena, p, sizeof(int));
    net->unseen_sessions = take_part(arena, sw, sizeof(Word));
    net->unseen_nodes = take_part(arena, l * pw, sizeof(Word));
    net->roomy = take_part(arena, l * pw, sizeof(Word));
    net->flowing = take_part(arena, l * pw, sizeof(Word));
    net->queue = take_part(arena, n + nodes + p + 1, sizeof(int));
    net->next_queue = take_part(arena, n + nodes + p, sizeof(int));
    net->path = take_part(arena, n + nodes + p, sizeof(int));
    net->at_level = take_part(arena, n + nodes + p + 2, sizeof(Word *));
    net->cursor = take_part(arena, nodes, sizeof(Cursor));
    net->place_of = take_part(arena, nodes + p, sizeof(Place));
    net->order = take_part(arena, p, sizeof(int));
    net->reached_from = take_part(arena, nodes, sizeof(int));
    net->paid = take_part(arena, nodes, sizeof(double));
    net->dearest = take_part(arena, p, sizeof(double *));
    net->saved = take_part(arena, p + 1, sizeof(double));
}

static int allocate(Network *net)
{
    Arena arena = {0, 0};
    share_out(net, &arena);
    arena.block = net->arena = calloc(arena.used + 64, 1);
    arena.used = 0;
    if (!arena.block)
        return NO_MEMORY;
    share_out(net, &arena);
    return FINE;
}

/* The last piece of a session's window; the first of all where it has no cells. */
static int last_piece(const Problem *problem, int s)
{
    Index count = problem->first_cell[s + 1] - problem->first_cell[s];
    return count > 0 ? (int)(problem->first_piece[s] + count - 1) : 0;
}

/* Number the sessions by the end of their window, those that end together as they come. */
static void rank_sessions(Network *net, const Problem *problem)
{
    int *next = net->queue; /* per piece: the number of the next session whose window ends there */
    for (int s = 0; s < net->n_sessions; s++)
        next[last_piece(problem, s) + 1]++;
    for (int k = 0; k < net->n_pieces; k++)
        next[k + 1] += next[k];
    for (int s = 0; s < net->n_sessions; s++) {
        int i = next[last_piece(problem, s)]++;
        net->session_at[i] = s;
        net->number_of[s] = i;
        net->base[i] = problem->first_cell[s] - problem->first_piece[s];
    }
}

/* Children of every limit, in the order of the problem. */
static void lay_tree(Network *net, const Problem *problem)
{
    for (int l = 0; l < net->n_limits; l++) {
        net->parent[l] = (int)problem->parent[l];
        net->first_child[l] = net->next_sibling[l] = NONE;
    }
    for (int l = net->n_limits - 1; l > 0; l--) {
        net->next_sibling[l] = net->first_child[net->parent[l]];
        net->first_child[net->parent[l]] = l;
    }
}

/* Whether a session is the first of its word under its limit; `last` is the last such word of each limit. */
static int opens_share(const Network *net, int i, int *last)
{
    int l = net->leaf[i], is_new = last[l] != i >> 6;
    last[l] = i >> 6;
    return is_new;
}

/* Sessions by their lowest limit: few of many, so as words of a set with the bits that are in it. */
static void lay_shares(Network *net, const Problem *problem)
{
    int *end = net->first_share + 1, *last = net->queue;
    memset(last, 0xff, net->n_limits * sizeof(int));
    for (int i = 0; i < net->n_sessions; i++) {
        net->leaf[i] = (int)problem->leaf[net->session_at[i]];
        end[net->leaf[i]] += opens_share(net, i, last);
    }
    for (int l = 0, sum = 0; l < net->n_limits; l++) { /* each begins where those before it end */
        int count = end[l];
        end[l] = sum;
        sum += count;
    }
    memset(last, 0xff, net->n_limits * sizeof(int));
    for (int i = 0; i < net->n_sessions; i++) {
        int l = net->leaf[i];
        if (opens_share(net, i, last))
            net->share[end[l]++].word = i >> 6;
        set_bit(&net->share[end[l] - 1].bits, i & 63);
    }
}

/* What is above the lower bounds of a session: per cell, in all, and per node up the tree. */
static void take_out_lower(Network *net, const Problem *problem, int i)
{
    for (Index c = first_cell_of(net, i); c < end_cell_of(net, i); c++) {
        double low = problem->lower[c];
        net->above_lower[c] = low < problem->upper[c] ? problem->upper[c] - low : 0.0;
        if (low == 0.0)
            continue;
        int k = (int)(c - net->base[i]);
        net->asked[i] -= low;
        net->lowest[k] += low;
        for (int l = net->leaf[i]; l != NONE; l = net->parent[l])
            net->room[node_of(net, l, k)] -= low;
    }
}

/* A stretch of a session's window: its bits by session are set, and by piece they change at both ends. */
static void lay_stretch(Network *net, int i, Index from, Index to)
{
    Word *change = net->can_take_all + (i >> 6), bit = (Word)1 << (i & 63);
    set_range(row_of(net->can_take_in_all, i, net->piece_words), (int)from, (int)to);
    change[from * net->session_words] ^= bit;
    if (to < net->n_pieces)
        change[to * net->session_words] ^= bit;
}

/* The whole window of a session, but for cells without room. */
static void lay_window(Network *net, int i)
{
    Index base = net->base[i], end = end_cell_of(net, i);
    for (Index c = first_cell_of(net, i); c < end; c++) {
        Index from = c;
        if (net->power && net->power[net->session_at[i]] > 0.0)
            c = end;
        while (c < end && net->upper[c] > 0.0)
            c++;
        if (c > from)
            lay_stretch(net, i, from - base, c - base);
    }
}

/* Who can charge in each piece: who could in the one before, but for those who change. */
static void lay_cells(Network *net)
{
    size_t sw = net->session_words;
    for (int i = 0; i < net->n_sessions; i++)
        lay_window(net, i);
    for (size_t w = sw; w < net->n_pieces * sw; w++)
        net->can_take_all[w] ^= net->can_take_all[w - sw];
}

/* Without lower bounds the problem's own arrays do. FINE or NO_MEMORY. */
static int lay_bounds(Network *net, const Problem *problem)
{
    for (int i = 0; i < net->n_sessions; i++)
        net->asked[i] = problem->energy[net->session_at[i]];
    net->upper = problem->upper;
    net->power = problem->power;
    net->hours = problem->hours;
    if (!problem->lower || !has_any(problem->lower, problem->n_cells))
        return FINE;
    net->power = 0;
    net->upper = net->above_lower = malloc(problem->n_cells * sizeof(double));
    if (!net->above_lower)
        return NO_MEMORY;
    for (int i = 0; i < net->n_sessions; i++)
        take_out_lower(net, problem, i);
    return FINE;
}

/* Make what is a little below 0 exactly 0; whether it was only a little. */
static int raise_to_zero(double *values, int n)
{
    int close = 1;
    for (int i = 0; i < n; i++) {
        close &= values[i] >= -TOLERANCE_KWH;
        values[i] = fmax(values[i], 0.0);
    }
    return close;
}

double asked_in_all(const Problem *problem)
{
    double asked = 0.0;
    for (int s = 0; s < problem->n_sessions; s++)
        asked += problem->energy[s];
    return asked;
}

double missing_in_all(const Network *net)
{
    double missing = 0.0;
    for (int i = 0; i < net->n_sessions; i++)
        missing += fmax(net->left[i], 0.0);
    return missing;
}

int is_short(const Network *net)
{
    for (int i = 0; i < net->n_sessions; i++)
        if (net->left[i] > TOLERANCE_KWH)
            return 1;
    return 0;
}

/* A little less than there is, and no more than could be of use: what counts as rounding is a share of a room. */
static void lay_nodes(Network *net, const Problem *problem)
{
    double share = 1.0 - ROUNDING_ROOM * (net->n_sessions + 4), asked = asked_in_all(problem);
    for (int node = 0; node < net->n_nodes; node++)
        net->room[node] = least(problem->room[node] * share, 2.0 * asked);
    for (int l = 0, node = 0; l <= net->n_limits; l++)
        for (int k = 0; k < net->n_pieces; k++, node++)
            net->place_of[node] = (Place){l, k};
}

int network_open(Network *net, const Problem *problem, double *energy)
{
    memset(net, 0, sizeof(*net));
    net->n_sessions = problem->n_sessions;
    net->n_pieces = problem->n_pieces;
    net->n_limits = problem->n_limits;
    net->n_nodes = problem->n_limits * problem->n_pieces;
    net->root = 0;
    net->n_cells = problem->n_cells;
    net->first_cell = problem->first_cell;
    net->session_words = words_for(problem->n_sessions);
    net->piece_words = words_for(problem->n_pieces);
    if (allocate(net))
        return NO_MEMORY;
    rank_sessions(net, problem);
    lay_tree(net, problem);
    lay_shares(net, problem);
    lay_nodes(net, problem);
    net->energy = energy;
    if (lay_bounds(net, problem)) {
        network_close(net);
        return NO_MEMORY;
    }
    lay_cells(net);
    for (int k = 0; k < net->n_pieces; k++)
        net->order[k] = net->rank[k] = k;
    int fits = raise_to_zero(net->room, net->n_nodes) & raise_to_zero(net->asked, net->n_sessions);
    return fits ? FINE : LOWER_TOO_HIGH;
}

void network_close(Network *net)
{
    for (int d = 0; d < net->n_levels; d++)
        free(net->at_level[d]);
    free(net->above_lower);
    free(net->plan_above);
    free(net->arena);
    net->above_lower = net->plan_above = 0;
    net->arena = 0;
    net->n_levels = 0;
}

int lay_plan(Network *net, const Problem *problem, const double *plan)
{
    net->plan = plan;
    if (!net->above_lower)
        return FINE;
    net->plan = net->plan_above = malloc(net->n_cells * sizeof(double));
    if (!net->plan_above)
        return NO_MEMORY;
    for (Index c = 0; c < net->n_cells; c++)
        net->plan_above[c] = fmax(plan[c] - problem->lower[c], 0.0);
    return FINE;
}

void reset_sets(Network *net)
{
    size_t sw = net->session_words, pw = net->piece_words, n = net->n_sessions, p = net->n_pieces;
    memcpy(net->can_take, net->can_take_all, p * sw * sizeof(Word));
    memcpy(net->can_take_in, net->can_take_in_all, n * pw * sizeof(Word));
    memset(net->holds, 0, p * sw * sizeof(Word));
    memset(net->holds_in, 0, n * pw * sizeof(Word));
    memset(net->wants, 0, sw * sizeof(Word));
    memset(net->moved, 0, sw * sizeof(Word));
    memcpy(net->left, net->asked, n * sizeof(double));
    memcpy(net->missing, net->asked, n * sizeof(double));
    memcpy(net->spare, net->room, net->n_nodes * sizeof(double));
    net->is_warm = 0;
    for (size_t i = 0; i < n; i++)
        if (wants_more(net->left[i], net->asked[i]))
            set_bit(net->wants, (int)i);
}

void network_reset(Network *net)
{
    reset_sets(net);
    memset(net->energy, 0, net->n_cells * sizeof(double));
}

int open_level(Network *net, int d)
{
    size_t rows = (size_t)(net->n_limits + 1) * net->piece_words;
    size_t bytes = (net->session_words + rows) * sizeof(Word);
    while (d >= net->n_levels) {
        Word *set = malloc(bytes + 1);
        if (!set)
            return 0;
        net->at_level[net->n_levels++] = set;
    }
    memset(net->at_level[d], 0, bytes);
    return 1;
}
