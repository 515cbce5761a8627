/* The relaxed problem as a flow: sessions -> cells -> limits of a piece, up their tree -> the piece.
 *
 * A *node* is one limit in one piece, `limit * n_pieces + piece`. Each node has one way out: to its
 * parent limit in the same piece, or, for the root, out of the network into the piece itself. Costs are on the
 * pieces alone. What no question changes is the layout's (`layout.h`); most of it stands here once more, because a
 * step along a path has no time to look it up there.
 *
 * Lower bounds are taken out beforehand: `upper`, `room` and `left` are what is above them.
 */
#ifndef DEPOT_NETWORK_H
#define DEPOT_NETWORK_H

#include "layout.h"

/* How far a node's sessions were gone through in a pass. */
typedef struct {
    int pass, share;
} Cursor;

typedef struct {
    const Layout *laid;
    const Problem *problem;
    const double *wanted; /* per session outside: what is asked for, lower bounds included */

    /* the layout's */
    int n_sessions, n_pieces, n_limits, n_nodes;
    int session_words, piece_words;
    int root;
    Index n_cells;
    const int *session_at;
    const Index *base;
    const int *leaf;
    const int *parent, *first_child, *next_sibling;
    const int *first_share;
    const Share *share;
    const Place *place_of;
    const double *upper, *power, *hours;
    const double *above_lower;
    const double *lowest;
    const double *plan; /* per cell: what a filling starts from, above the lower bounds; or 0 where there is none */

    double *left;       /* energy that each session still wants */
    double *asked;      /* energy that each session wanted */
    double *missing;    /* what its cells lack of that: known of those that are not moved, and of all at the end */
    double *energy;     /* per cell; whoever opens the network brings the array */
    double *room;       /* per node */
    double *spare;      /* per node: room that is left */

    Word *can_take;      /* per piece: sessions that can charge more in it */
    Word *holds;         /* per piece: sessions that charge in it */
    Word *can_take_in;   /* per session: pieces in which it can charge more */
    Word *holds_in;      /* per session: pieces in which it charges */
    Word *touched_in;    /* per session: pieces in which its energy may be another than what the filling began with */
    Word *wants;         /* sessions with energy left to place */
    Word *moved;         /* sessions of which something was placed or re-routed, or could not be as planned */
    Word *live_sessions; /* those that a later augmentation can still pass */
    Word *live_nodes;    /* per limit, by piece */
    Word *unseen_sessions, *unseen_nodes;

    Word *roomy, *flowing; /* per limit, by piece: nodes with room left, and with energy; while filling */
    int *queue, *next_queue, *path;
    Word **at_level;    /* sessions at each level, then nodes (per limit, by piece), then ranks */
    int n_levels;
    int pass;           /* counts the passes over paths of one length; the first is 1 */
    Cursor *cursor;     /* per node */
    int *order;         /* pieces in the order in which they are filled */
    int *rank;          /* per piece: equal where one is as dear as the other, rising along `order` */
    Word *dearer;       /* pieces that are dearer than the one that is being filled */
    int is_warm;        /* energy was in the network before it was filled */
    int *reached_from;  /* per node: the dearest piece that reaches it, or NONE */
    double *paid;       /* per node: what its sessions pay for a kWh there; for a proof */
    const double **sorted; /* places in `paid`, and as many to sort them; for a proof */
    double *saved;      /* n_pieces + 1: per kW, from the first piece up to each one; for a proof */
    void *arena;
} Network;

/* Open a network for these energies (per session outside); FINE, NO_MEMORY, or LOWER_TOO_HIGH where lower bounds alone
 * break a limit. */
int network_open(Network *net, const Layout *laid, const double *wanted, double *energy);
void network_close(Network *net);

/* Empty the network again; the rooms may have been changed. */
void network_reset(Network *net);

/* Fill the pieces in `order`, each with as much as the ones before leave. */
void fill_in_order(Network *net);

/* An empty set at `net->at_level[d]`; 0 without memory. */
int open_level(Network *net, int d);

/* Distances to a piece: sets of sessions and nodes at each level, up to the nearest unserved session or dearer
 * piece. The level of that, or 0 where none can reach the piece. */
int find_levels(Network *net, int k);

/* Mark `reached_from` for a network that is full: which piece's cost each node's price comes from. It is none of the
 * cheapest, because nothing costs less than those. */
void spread_costs(Network *net);

/* Mark `reached_from` with 0 for all nodes that the unserved sessions reach: one side of a minimum cut. */
void spread_wants(Network *net);

/* Whether in a network that is full nobody could take from somebody of a lower level: per session outside, the level
 * at which it would take more (minus infinity where it would not), and at which it gives. NO_MEMORY, 0 or 1. */
int is_level(Network *net, const double *takes_at, const double *gives_at);

/* Whether everybody got all. */
static inline int is_served(const Network *net) { return is_empty(net->wants, net->session_words); }

/* Share the loads out anew, so that each session charges early and in few runs. FINE or NO_MEMORY. */
int tidy(Network *net);

/* Everybody's energy, and what is left unplaced of it. */
double asked_in_all(const Network *net);
double missing_in_all(const Network *net);

/* Whether so much is left unplaced that the energies count as not deliverable. */
int is_short(const Network *net);

/* Lower bounds into the energies again, with the dust swept up: every bound holds to the last digit. */
void finish_energy(Network *net);

/* Shares of a cell's, a session's and a node's size that are rounding and not energy. They are relative
 * because a piece may last a millisecond: there 1e-10 kWh are 0.4 W, and a peak is a price on them. */
#define CELL_DUST 1e-14
#define SUM_DUST 1e-13

static inline int cell_has_room(double upper, double energy) { return upper - energy > CELL_DUST * upper; }
static inline int cell_has_energy(double upper, double energy) { return energy > CELL_DUST * upper; }
static inline int wants_more(double left, double asked) { return left > SUM_DUST * asked; }
static inline int node_has_room(const Network *net, int node)
{
    return net->spare[node] > SUM_DUST * net->room[node];
}
static inline int node_has_flow(const Network *net, int node)
{
    return net->room[node] - net->spare[node] > SUM_DUST * net->room[node];
}

/* Whether all pieces are of one rank. */
static inline int is_flat(const Network *net) { return !net->n_pieces || !net->rank[net->order[net->n_pieces - 1]]; }

/* The next session from one on that is moved; `n_sessions` where there is none. */
static inline int next_moved(const Network *net, int i) { return next_bit(net->moved, i, net->n_sessions); }

/* Nodes of a limit at a level. */
static inline Word *nodes_at(const Network *net, int limit, int d)
{
    return net->at_level[d] + net->session_words + (size_t)limit * net->piece_words;
}

static inline int node_of(const Network *net, int limit, int piece) { return limit * net->n_pieces + piece; }

/* And back: looked up, because a division takes as long as the rest of a step along a path. */
static inline int limit_at(const Network *net, int node) { return net->place_of[node].limit; }
static inline int piece_at(const Network *net, int node) { return net->place_of[node].piece; }

/* All that is charged in a piece, lower bounds included. */
static inline double load_of(const Network *net, int k)
{
    int node = node_of(net, net->root, k);
    return net->room[node] - net->spare[node] + net->lowest[k];
}

/* What a cell may take, and what it takes. Nothing is read of cells that the sets and the powers tell of: in a large
 * depot it would have to be waited for. */
static inline double upper_in(const Network *net, int i, int k)
{
    return net->power ? net->power[net->session_at[i]] * net->hours[k] : net->upper[net->base[i] + k];
}

static inline double energy_in(const Network *net, int i, int k)
{
    return bit_is_set(row_of(net->holds, k, net->session_words), i) ? net->energy[net->base[i] + k] : 0.0;
}

static inline double room_in(const Network *net, int i, int k) { return upper_in(net, i, k) - energy_in(net, i, k); }

#endif
