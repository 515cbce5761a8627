/* Laying out a problem as a network. */
#include "network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Share of every room that is left alone, per session: a sum of their energies rounds up by less. */
#define ROUNDING_ROOM 1.2e-16
/* Energy [kWh] that may be missing or too much: as exact as a solver meets a row. */
#define TOLERANCE_KWH 1e-7

typedef struct {
    int key, session;
} Ranked;

static int by_key(const void *a, const void *b)
{
    const Ranked *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->session > y->session) - (x->session < y->session);
}

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

static void share_out(Network *net, Arena *arena, size_t n_cells)
{
    size_t n = net->n_sessions, p = net->n_pieces, l = net->n_limits, nodes = net->n_nodes;
    size_t sw = net->session_words, pw = net->piece_words;
    net->session_at = take_part(arena, n, sizeof(int));
    net->base = take_part(arena, n, sizeof(int64_t));
    net->leaf = take_part(arena, n, sizeof(int));
    net->left = take_part(arena, n, sizeof(double));
    net->asked = take_part(arena, n, sizeof(double));
    net->above_lower = take_part(arena, n_cells, sizeof(double));
    net->room = take_part(arena, nodes, sizeof(double));
    net->spare = take_part(arena, nodes, sizeof(double));
    net->lowest = take_part(arena, p, sizeof(double));
    net->parent = take_part(arena, l, sizeof(int));
    net->first_child = take_part(arena, l, sizeof(int));
    net->next_sibling = take_part(arena, l, sizeof(int));
    net->attached = take_part(arena, l * sw, sizeof(Word));
    net->can_take = take_part(arena, p * sw, sizeof(Word));
    net->holds = take_part(arena, p * sw, sizeof(Word));
    net->can_take_in = take_part(arena, n * pw, sizeof(Word));
    net->holds_in = take_part(arena, n * pw, sizeof(Word));
    net->can_take_all = take_part(arena, p * sw, sizeof(Word));
    net->can_take_in_all = take_part(arena, n * pw, sizeof(Word));
    net->wants = take_part(arena, sw, sizeof(Word));
    net->live_sessions = take_part(arena, sw, sizeof(Word));
    net->live_nodes = take_part(arena, l * pw, sizeof(Word));
    net->dearer = take_part(arena, pw, sizeof(Word));
    net->rank = take_part(arena, p, sizeof(int));
    net->unseen_sessions = take_part(arena, sw, sizeof(Word));
    net->unseen_nodes = take_part(arena, l * pw, sizeof(Word));
    net->level = take_part(arena, n + nodes + p, sizeof(int));
    net->queue = take_part(arena, n + nodes + p, sizeof(int));
    net->next_queue = take_part(arena, n + nodes + p, sizeof(int));
    net->path = take_part(arena, n + nodes + p, sizeof(int));
    net->at_level = take_part(arena, n + nodes + p + 2, sizeof(Word *));
    net->order = take_part(arena, p, sizeof(int));
    net->reached_from = take_part(arena, nodes, sizeof(int));
}

static int allocate(Network *net, size_t n_cells)
{
    Arena arena = {0, 0};
    share_out(net, &arena, n_cells);
    arena.block = net->arena = calloc(arena.used + 64, 1);
    arena.used = 0;
    if (!arena.block)
        return NO_MEMORY;
    share_out(net, &arena, n_cells);
    return FINE;
}

/* Number the sessions by the end of their window. */
static int rank_sessions(Network *net, const Problem *problem)
{
    int n = net->n_sessions;
    Ranked *ranked = malloc((n + 1) * sizeof(Ranked));
    if (!ranked)
        return NO_MEMORY;
    for (int s = 0; s < n; s++) {
        int64_t first = problem->first_cell[s], end = problem->first_cell[s + 1];
        ranked[s].key = end > first ? (int)problem->piece[end - 1] : 0;
        ranked[s].session = s;
    }
    qsort(ranked, n, sizeof(Ranked), by_key);
    for (int i = 0; i < n; i++) {
        int s = net->session_at[i] = ranked[i].session;
        int64_t first = problem->first_cell[s], end = problem->first_cell[s + 1];
        net->base[i] = first - (end > first ? problem->piece[first] : 0);
    }
    free(ranked);
    return FINE;
}

/* Limits from the smallest; of equals the last first, so that the site ends up on top. */
static void rank_limits(const Problem *problem, int *size, Ranked *ranked)
{
    for (int l = 0; l < problem->n_limits; l++) {
        const unsigned char *members = problem->members + (size_t)l * problem->n_sessions;
        size[l] = 0;
        for (int s = 0; s < problem->n_sessions; s++)
            size[l] += members[s] != 0;
        ranked[l].key = size[l];
        ranked[l].session = -l;
    }
    qsort(ranked, problem->n_limits, sizeof(Ranked), by_key);
}

/* Parents from the members; 0 where two limits overlap without one holding the other, or none holds all.
 *
 * `top[s]` is the largest limit so far around session s. A limit must hold all or nothing of each top.
 */
static int make_tree(const Problem *problem, int *parent, int *leaf, int *root)
{
    int n = problem->n_sessions, n_limits = problem->n_limits, good = n_limits > 0;
    int *size = malloc((2 * n_limits + n + 1) * sizeof(int));
    Ranked *ranked = malloc((n_limits + 1) * sizeof(Ranked));
    if (!size || !ranked) {
        free(size);
        free(ranked);
        return 0;
    }
    int *held = size + n_limits, *top = held + n_limits;
    rank_limits(problem, size, ranked);
    for (int s = 0; s < n; s++)
        top[s] = leaf[s] = NONE;
    for (int r = 0; r < n_limits; r++) {
        int l = -ranked[r].session;
        const unsigned char *members = problem->members + (size_t)l * n;
        parent[l] = NONE;
        memset(held, 0, n_limits * sizeof(int));
        for (int s = 0; s < n; s++)
            if (members[s] && top[s] != NONE)
                held[top[s]]++;
        for (int s = 0; s < n; s++) {
            if (!members[s])
                continue;
            if (leaf[s] == NONE)
                leaf[s] = l;
            else if (held[top[s]] == size[top[s]])
                parent[top[s]] = l;
            else
                good = 0;
            top[s] = l;
        }
        *root = l;
    }
    good = good && size[*root] == n;
    for (int l = 0; l < n_limits; l++) /* a limit without members hangs anywhere */
        if (size[l] == 0 && l != *root)
            parent[l] = *root;
    free(size);
    free(ranked);
    return good;
}

int is_laminar(const Problem *problem)
{
    int root = NONE, good = 0;
    int *parent = malloc((problem->n_limits + problem->n_sessions + 1) * sizeof(int));
    if (parent)
        good = make_tree(problem, parent, parent + problem->n_limits, &root);
    free(parent);
    for (int s = 0; good && s < problem->n_sessions; s++)
        for (int64_t c = problem->first_cell[s] + 1; c < problem->first_cell[s + 1]; c++)
            if (problem->piece[c] != problem->piece[c - 1] + 1)
                good = 0;
    return good;
}

static int lay_tree(Network *net, const Problem *problem)
{
    int n = net->n_sessions;
    int *leaf = malloc((n + 1) * sizeof(int));
    if (!leaf)
        return NO_MEMORY;
    make_tree(problem, net->parent, leaf, &net->root);
    for (int l = 0; l < net->n_limits; l++)
        net->first_child[l] = net->next_sibling[l] = NONE;
    for (int l = net->n_limits - 1; l >= 0; l--)
        if (net->parent[l] != NONE) {
            net->next_sibling[l] = net->first_child[net->parent[l]];
            net->first_child[net->parent[l]] = l;
        }
    for (int i = 0; i < n; i++) {
        int l = net->leaf[i] = leaf[net->session_at[i]];
        set_bit(net->attached + (size_t)l * net->session_words, i);
    }
    free(leaf);
    return FINE;
}

static int has_lower_bounds(const Problem *problem)
{
    int found = 0;
    for (int64_t c = 0; c < problem->n_cells; c++)
        found |= problem->lower[c] != 0.0;
    return found;
}

/* What is above the lower bounds of a session: per cell, in all, and per node up the tree. */
static void take_out_lower(Network *net, const Problem *problem, int i)
{
    for (int64_t c = first_cell_of(net, i); c < end_cell_of(net, i); c++) {
        double low = problem->lower[c];
        net->above_lower[c] = fmax(problem->upper[c] - low, 0.0);
        net->asked[i] -= low;
        net->lowest[problem->piece[c]] += low;
        for (int l = net->leaf[i]; l != NONE; l = net->parent[l])
            net->room[node_of(net, l, (int)problem->piece[c])] -= low;
    }
}

/* The bits of a session's window change where it begins and behind its end; a cell without room has none. */
static void lay_window(Network *net, int i)
{
    int64_t first = first_cell_of(net, i), end = end_cell_of(net, i);
    Word *change = net->can_take_all + (i >> 6), bit = (Word)1 << (i & 63);
    int was_open = 0;
    for (int64_t c = first; c <= end; c++) {
        int is_open = c < end && cell_has_room(net->upper[c], 0.0), k = (int)(c - net->base[i]);
        if (is_open)
            set_bit(row_of(net->can_take_in_all, i, net->piece_words), k);
        if (is_open != was_open && k < net->n_pieces)
            change[(size_t)k * net->session_words] ^= bit;
        was_open = is_open;
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

/* Without lower bounds the problem's own arrays do. */
static void lay_bounds(Network *net, const Problem *problem)
{
    int has_lower = has_lower_bounds(problem);
    for (int i = 0; i < net->n_sessions; i++) {
        net->asked[i] = problem->energy[net->session_at[i]];
        if (has_lower)
            take_out_lower(net, problem, i);
    }
    net->upper = has_lower ? net->above_lower : problem->upper;
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

int is_short(const Network *net)
{
    for (int i = 0; i < net->n_sessions; i++)
        if (net->left[i] > TOLERANCE_KWH)
            return 1;
    return 0;
}

int network_open(Network *net, const Problem *problem, double *energy)
{
    memset(net, 0, sizeof(*net));
    net->n_sessions = problem->n_sessions;
    net->n_pieces = problem->n_pieces;
    net->n_limits = problem->n_limits;
    net->n_nodes = problem->n_limits * problem->n_pieces;
    net->n_cells = problem->n_cells;
    net->first_cell = problem->first_cell;
    net->session_words = words_for(problem->n_sessions);
    net->piece_words = words_for(problem->n_pieces);
    if (allocate(net, problem->n_cells) || rank_sessions(net, problem) || lay_tree(net, problem)) {
        network_close(net);
        return NO_MEMORY;
    }
    double share = 1.0 - ROUNDING_ROOM * (net->n_sessions + 4);
    for (int node = 0; node < net->n_nodes; node++)
        net->room[node] = problem->room[node] * share;
    net->energy = energy;
    lay_bounds(net, problem);
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
    free(net->arena);
    net->arena = 0;
    net->n_levels = 0;
}

void network_reset(Network *net)
{
    size_t sw = net->session_words, pw = net->piece_words, n = net->n_sessions, p = net->n_pieces;
    memcpy(net->can_take, net->can_take_all, p * sw * sizeof(Word));
    memcpy(net->can_take_in, net->can_take_in_all, n * pw * sizeof(Word));
    memset(net->holds, 0, p * sw * sizeof(Word));
    memset(net->holds_in, 0, n * pw * sizeof(Word));
    memset(net->wants, 0, sw * sizeof(Word));
    memset(net->energy, 0, net->n_cells * sizeof(double));
    memcpy(net->left, net->asked, n * sizeof(double));
    memcpy(net->spare, net->room, net->n_nodes * sizeof(double));
    net->is_warm = 0;
    for (size_t i = 0; i < n; i++)
        if (wants_more(net->left[i], net->asked[i]))
            set_bit(net->wants, (int)i);
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
