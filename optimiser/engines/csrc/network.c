/* A network for one question, on the layout of its problem. */
#include "network.h"

#include <string.h>

#include "arena.h"

static void share_out(Network *net, Arena *arena)
{
    size_t n = net->n_sessions, p = net->n_pieces, l = net->n_limits, nodes = net->n_nodes;
    size_t sw = net->session_words, pw = net->piece_words;
    net->left = take_part(arena, n, sizeof(double));
    net->asked = take_part(arena, n, sizeof(double));
    net->missing = take_part(arena, n, sizeof(double));
    net->room = take_part(arena, nodes, sizeof(double));
    net->spare = take_part(arena, nodes, sizeof(double));
    net->can_take = take_part(arena, p * sw, sizeof(Word));
    net->holds = take_part(arena, p * sw, sizeof(Word));
    net->can_take_in = take_part(arena, n * pw, sizeof(Word));
    net->holds_in = take_part(arena, n * pw, sizeof(Word));
    net->touched_in = take_part(arena, n * pw, sizeof(Word));
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
    net->order = take_part(arena, p, sizeof(int));
    net->reached_from = take_part(arena, nodes, sizeof(int));
    net->paid = take_part(arena, nodes, sizeof(double));
    net->sorted = take_part(arena, 2 * p, sizeof(double *));
    net->saved = take_part(arena, p + 1, sizeof(double));
}

static int allocate(Network *net)
{
    Arena arena = {0, 0};
    share_out(net, &arena);
    net->arena = open_arena(&arena);
    if (!net->arena)
        return NO_MEMORY;
    share_out(net, &arena);
    return FINE;
}

double asked_in_all(const Network *net)
{
    double asked = 0.0;
    for (int s = 0; s < net->n_sessions; s++)
        asked += net->wanted[s];
    return asked;
}

double missing_in_all(const Network *net)
{
    double missing = 0.0;
    for (int i = 0; i < net->n_sessions; i++)
        missing += greatest(net->left[i], 0.0);
    return missing;
}

int is_short(const Network *net)
{
    for (int i = 0; i < net->n_sessions; i++)
        if (net->left[i] > TOLERANCE_KWH)
            return 1;
    return 0;
}

static void take_over(Network *net, const Layout *laid)
{
    const Problem *problem = &laid->problem;
    net->laid = laid;
    net->problem = problem;
    net->n_sessions = problem->n_sessions;
    net->n_pieces = problem->n_pieces;
    net->n_limits = problem->n_limits;
    net->n_nodes = laid->n_nodes;
    net->session_words = laid->session_words;
    net->piece_words = laid->piece_words;
    net->n_cells = problem->n_cells;
    net->session_at = laid->session_at;
    net->base = laid->base;
    net->leaf = laid->leaf;
    net->parent = laid->parent;
    net->first_child = laid->first_child;
    net->next_sibling = laid->next_sibling;
    net->first_share = laid->first_share;
    net->share = laid->share;
    net->place_of = laid->place_of;
    net->upper = laid->upper;
    net->power = laid->power;
    net->hours = problem->hours;
    net->above_lower = laid->above_lower;
    net->lowest = laid->lowest;
    net->plan = laid->planned.kwh;
}

/* No more room than could be of use: what counts as rounding is a share of it. */
static void lay_rooms(Network *net)
{
    double useful = 2.0 * asked_in_all(net);
    for (int node = 0; node < net->n_nodes; node++)
        net->room[node] = least(net->laid->room[node], useful);
}

int network_open(Network *net, const Layout *laid, const double *wanted, double *energy)
{
    memset(net, 0, sizeof(*net));
    take_over(net, laid);
    net->wanted = wanted;
    net->energy = energy;
    if (allocate(net))
        return NO_MEMORY;
    lay_rooms(net);
    for (int i = 0; i < net->n_sessions; i++)
        net->asked[i] = wanted[net->session_at[i]] - laid->low[i];
    for (int k = 0; k < net->n_pieces; k++)
        net->order[k] = net->rank[k] = k;
    return raise_to_zero(net->asked, net->n_sessions) && laid->fits ? FINE : LOWER_TOO_HIGH;
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
    size_t sw = net->session_words, by_piece = net->n_pieces * sw;
    size_t n = net->n_sessions, by_session = n * net->piece_words;
    memcpy(net->can_take, net->laid->can_take_all, by_piece * sizeof(Word));
    memcpy(net->can_take_in, net->laid->can_take_in_all, by_session * sizeof(Word));
    memset(net->holds, 0, by_piece * sizeof(Word));
    memset(net->holds_in, 0, by_session * sizeof(Word));
    memset(net->wants, 0, sw * sizeof(Word));
    memset(net->moved, 0, sw * sizeof(Word));
    memset(net->energy, 0, net->n_cells * sizeof(double));
    memcpy(net->left, net->asked, n * sizeof(double));
    memcpy(net->missing, net->asked, n * sizeof(double));
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
