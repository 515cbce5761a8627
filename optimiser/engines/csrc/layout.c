/* Laying out a problem. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

/* Share of every room that is left alone, per session: a sum of their energies rounds up by less. */
#define ROUNDING_ROOM 5e-16

static void share_out(Layout *laid, Arena *arena)
{
    const Problem *problem = &laid->problem;
    size_t n = problem->n_sessions, p = problem->n_pieces, l = problem->n_limits, nodes = laid->n_nodes;
    size_t by_piece = p * laid->session_words, by_session = n * laid->piece_words, sw = laid->session_words;
    Planned *planned = &laid->planned;
    laid->session_at = take_part(arena, n, sizeof(int));
    laid->number_of = take_part(arena, n, sizeof(int));
    laid->base = take_part(arena, n, sizeof(Index));
    laid->leaf = take_part(arena, n, sizeof(int));
    laid->parent = take_part(arena, l, sizeof(int));
    laid->first_child = take_part(arena, l, sizeof(int));
    laid->next_sibling = take_part(arena, l, sizeof(int));
    laid->first_share = take_part(arena, l + 1, sizeof(int));
    laid->share = take_part(arena, n, sizeof(Share));
    laid->place_of = take_part(arena, nodes + p, sizeof(Place));
    laid->low = take_part(arena, n, sizeof(double));
    laid->lowest = take_part(arena, p, sizeof(double));
    laid->room = take_part(arena, nodes, sizeof(double));
    laid->can_take_all = take_part(arena, by_piece, sizeof(Word));
    laid->can_take_in_all = take_part(arena, by_session, sizeof(Word));
    if (!problem->plan)
        return;
    planned->entry = take_part(arena, problem->n_planned, sizeof(double));
    planned->sum = take_part(arena, n, sizeof(double));
    planned->load = take_part(arena, nodes, sizeof(double));
    planned->holds = take_part(arena, by_piece, sizeof(Word));
    planned->can_take = take_part(arena, by_piece, sizeof(Word));
    planned->holds_in = take_part(arena, by_session, sizeof(Word));
    planned->can_take_in = take_part(arena, by_session, sizeof(Word));
    planned->unplanned = take_part(arena, sw, sizeof(Word));
}

static int allocate(Layout *laid)
{
    Arena arena = {0, 0};
    share_out(laid, &arena);
    laid->arena = open_arena(&arena);
    if (!laid->arena)
        return NO_MEMORY;
    share_out(laid, &arena);
    return FINE;
}

/* The last piece of a session's window; the first of all where it has no cells. */
static int last_piece(const Problem *problem, int s)
{
    Index count = problem->first_cell[s + 1] - problem->first_cell[s];
    return count > 0 ? (int)(problem->first_piece[s] + count - 1) : 0;
}

/* Number the sessions by the end of their window, those that end together as they come. FINE or NO_MEMORY. */
static int rank_sessions(Layout *laid)
{
    const Problem *problem = &laid->problem;
    int *next = calloc(problem->n_pieces + 2, sizeof(int)); /* per piece: the number of the next that ends there */
    if (!next)
        return NO_MEMORY;
    for (int s = 0; s < problem->n_sessions; s++)
        next[last_piece(problem, s) + 1]++;
    for (int k = 0; k < problem->n_pieces; k++)
        next[k + 1] += next[k];
    for (int s = 0; s < problem->n_sessions; s++) {
        int i = next[last_piece(problem, s)]++;
        laid->session_at[i] = s;
        laid->number_of[s] = i;
        laid->base[i] = problem->first_cell[s] - problem->first_piece[s];
        laid->leaf[i] = (int)problem->leaf[s];
    }
    free(next);
    return FINE;
}

/* Children of every limit, in the order of the problem. */
static void lay_tree(Layout *laid)
{
    int n_limits = laid->problem.n_limits;
    for (int l = 0; l < n_limits; l++) {
        laid->parent[l] = (int)laid->problem.parent[l];
        laid->first_child[l] = laid->next_sibling[l] = NONE;
    }
    for (int l = n_limits - 1; l > 0; l--) {
        laid->next_sibling[l] = laid->first_child[laid->parent[l]];
        laid->first_child[laid->parent[l]] = l;
    }
}

/* Whether a session is the first of its word under its limit; `last` is the last such word of each limit. */
static int opens_share(const Layout *laid, int i, int *last)
{
    int l = laid->leaf[i], is_new = last[l] != i >> 6;
    last[l] = i >> 6;
    return is_new;
}

/* Sessions by their lowest limit: few of many, so as words of a set with the bits that are in it. FINE or NO_MEMORY. */
static int lay_shares(Layout *laid)
{
    int n_limits = laid->problem.n_limits, n_sessions = laid->problem.n_sessions;
    int *end = laid->first_share + 1, *last = malloc(n_limits * sizeof(int));
    if (!last)
        return NO_MEMORY;
    memset(last, 0xff, n_limits * sizeof(int)); /* NONE */
    for (int i = 0; i < n_sessions; i++)
        end[laid->leaf[i]] += opens_share(laid, i, last);
    for (int l = 0, sum = 0; l < n_limits; l++) { /* each begins where those before it end */
        int count = end[l];
        end[l] = sum;
        sum += count;
    }
    memset(last, 0xff, n_limits * sizeof(int));
    for (int i = 0; i < n_sessions; i++) {
        int l = laid->leaf[i];
        if (opens_share(laid, i, last))
            laid->share[end[l]++].word = i >> 6;
        set_bit(&laid->share[end[l] - 1].bits, i & 63);
    }
    free(last);
    return FINE;
}

int raise_to_zero(double *values, int n)
{
    int close = 1;
    for (int i = 0; i < n; i++) {
        close &= values[i] >= -TOLERANCE_KWH;
        values[i] = greatest(values[i], 0.0);
    }
    return close;
}

static void lay_nodes(Layout *laid)
{
    const Problem *problem = &laid->problem;
    double share = 1.0 - ROUNDING_ROOM * (problem->n_sessions + 4);
    for (int node = 0; node < laid->n_nodes; node++)
        laid->room[node] = problem->room[node] * share;
    for (int l = 0, node = 0; l <= problem->n_limits; l++)
        for (int k = 0; k < problem->n_pieces; k++, node++)
            laid->place_of[node] = (Place){l, k};
}

/* What is above the lower bounds of a session: per cell, in all, and per node up the tree. */
static void take_out_lower(Layout *laid, int s)
{
    const Problem *problem = &laid->problem;
    int i = laid->number_of[s];
    for (Index c = problem->first_cell[s]; c < problem->first_cell[s + 1]; c++) {
        double low = problem->lower[c];
        laid->above_lower[c] = low < problem->upper[c] ? problem->upper[c] - low : 0.0;
        if (low == 0.0)
            continue;
        int k = (int)(c - laid->base[i]);
        laid->low[i] += low;
        laid->lowest[k] += low;
        for (int l = laid->leaf[i]; l != NONE; l = laid->parent[l])
            laid->room[node_at(laid, l, k)] -= low;
    }
}

/* Without lower bounds the problem's own arrays do. FINE or NO_MEMORY. */
static int lay_bounds(Layout *laid)
{
    const Problem *problem = &laid->problem;
    laid->upper = problem->upper;
    laid->power = problem->power;
    if (problem->lower && has_any(problem->lower, problem->n_cells)) {
        laid->power = 0;
        laid->upper = laid->above_lower = malloc(problem->n_cells * sizeof(double));
        if (!laid->above_lower)
            return NO_MEMORY;
        for (int s = 0; s < problem->n_sessions; s++)
            take_out_lower(laid, s);
    }
    laid->fits = raise_to_zero(laid->room, laid->n_nodes);
    return FINE;
}

/* A stretch of a session's window: its bits by session are set, and by piece they change at both ends. */
static void lay_stretch(Layout *laid, int i, Index from, Index to)
{
    Word *change = laid->can_take_all + (i >> 6), bit = (Word)1 << (i & 63);
    set_range(row_of(laid->can_take_in_all, i, laid->piece_words), (int)from, (int)to);
    change[from * laid->session_words] ^= bit;
    if (to < laid->problem.n_pieces)
        change[to * laid->session_words] ^= bit;
}

/* The whole window of a session, but for cells without room. */
static void lay_window(Layout *laid, int s)
{
    const Problem *problem = &laid->problem;
    int i = laid->number_of[s];
    Index base = laid->base[i], end = problem->first_cell[s + 1];
    for (Index c = problem->first_cell[s]; c < end; c++) {
        Index from = c;
        if (laid->power && laid->power[s] > 0.0)
            c = end;
        while (c < end && laid->upper[c] > 0.0)
            c++;
        if (c > from)
            lay_stretch(laid, i, from - base, c - base);
    }
}

/* Who can charge in each piece: who could in the one before, but for those who change. */
static void lay_cells(Layout *laid)
{
    size_t sw = laid->session_words;
    for (int s = 0; s < laid->problem.n_sessions; s++)
        lay_window(laid, s);
    for (size_t w = sw; w < laid->problem.n_pieces * sw; w++)
        laid->can_take_all[w] ^= laid->can_take_all[w - sw];
}

int lay_out(Layout *laid, const Problem *problem)
{
    memset(laid, 0, sizeof(*laid));
    laid->problem = *problem;
    laid->n_nodes = problem->n_limits * problem->n_pieces;
    laid->session_words = words_for(problem->n_sessions);
    laid->piece_words = words_for(problem->n_pieces);
    if (allocate(laid) || rank_sessions(laid))
        return NO_MEMORY;
    lay_tree(laid);
    lay_nodes(laid);
    if (lay_shares(laid) || lay_bounds(laid))
        return NO_MEMORY;
    lay_cells(laid);
    return problem->plan ? lay_out_plan(laid) : FINE;
}

void free_layout(Layout *laid)
{
    free(laid->above_lower);
    free(laid->planned.above);
    free(laid->arena);
    memset(laid, 0, sizeof(*laid));
}
