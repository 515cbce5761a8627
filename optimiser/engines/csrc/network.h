/* The relaxed problem as a flow: sessions -> cells -> limits of a piece, up their tree -> the piece.
 *
 * A *node* is one limit in one piece, `limit * n_pieces + piece`. Each node has one way out: to its
 * parent limit in the same piece, or, for the root, out of the network into the piece itself. Costs are on the
 * pieces alone. Sessions are numbered by when their window ends (`session_at` has their numbers outside), so
 * that the lowest bit of a set of sessions is the one that must leave first.
 *
 * Lower bounds are taken out beforehand: `upper`, `room` and `left` are what is above them.
 */
#ifndef DEPOT_NETWORK_H
#define DEPOT_NETWORK_H

#include "bits.h"

#define NONE (-1)

/* What Python hands in; all arrays are C-contiguous and stay valid during the call. */
typedef struct {
    int n_sessions, n_pieces, n_limits;
    Index n_cells;
    const Index *first_cell;  /* n_sessions + 1 */
    const Index *first_piece; /* n_sessions: where each window begins; its pieces follow one another */
    const double *lower, *upper; /* n_cells; `lower` is 0 where all lower bounds are */
    const double *power, *hours; /* n_sessions, n_pieces: `upper` is their product; 0 where it may be less */
    const Index *leaf;   /* n_sessions: the lowest limit of each */
    const Index *parent; /* n_limits: the one above; the first is the root and has NONE */
    const double *room;    /* n_limits x n_pieces */
    const double *energy;  /* n_sessions: what is asked for */
} Problem;

/* Those of the sessions of one word of a set that belong together. */
typedef struct {
    int word;
    Word bits;
} Share;

typedef struct {
    int limit, piece;
} Place;

/* How far a node's sessions were gone through in a pass. */
typedef struct {
    int pass, share;
} Cursor;

typedef struct {
    int n_sessions, n_pieces, n_limits, n_nodes;
    int session_words, piece_words;
    Index n_cells;

    int *session_at;    /* number outside of each session, in which its cells come */
    int *number_of;     /* and the other way round: whoever passes all cells goes along these */
    Index *base;      /* cell of session i in piece k is base[i] + k */
    const Index *first_cell; /* by the numbers outside */
    int *leaf;          /* lowest limit of each session */
    double *left;       /* energy that each session still wants */
    double *asked;      /* energy that each session wanted */
    double *missing;    /* what its cells lack of that: known of those that are not moved, and of all at the end */
    const double *upper; /* per cell */
    const double *power, *hours; /* per session outside, and piece: `upper` is their product, if there are any */
    double *above_lower; /* per cell: `upper` where there are lower bounds; else none */
    double *energy;      /* per cell; whoever opens the network brings the array */
    double *room;       /* per node */
    double *spare;      /* per node: room that is left */
    double *lowest;     /* per piece: sum of the lower bounds */

    int root;
    int *parent, *first_child, *next_sibling; /* per limit */
    int *first_share; /* n_limits + 1 */
    Share *share;     /* sessions whose lowest limit it is: from first_share[l] to the next, by word */

    Word *can_take;      /* per piece: sessions that can charge more in it */
    Word *holds;         /* per piece: sessions that charge in it */
    Word *can_take_in;   /* per session: pieces in which it can charge more */
    Word *holds_in;      /* per session: pieces in which it charges */
    Word *can_take_all;  /* `can_take` and `can_take_in` of an empty network */
    Word *can_take_in_all;
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
    Place *place_of;    /* per node, and behind them per piece as if there was one more limit */
    int *order;         /* pieces in the order in which they are filled */
    int *rank;          /* per piece: equal where one is as dear as the other, rising along `order` */
    Word *dearer;       /* pieces that are dearer than the one that is being filled */
    const double *plan; /* per cell: what a filling starts from, above the lower bounds; or 0 where there is none */
    double *plan_above; /* the same array, where there are lower bounds */
    int is_warm;        /* energy was in the network before it was filled */
    int *reached_from;  /* per node: the dearest piece that reaches it, or NONE */
    double *paid;       /* per node: what its sessions pay for a kWh there; for a proof */
    const double **dearest; /* places in `paid`, sorted; for a proof */
    double *saved;      /* n_pieces + 1: per kW, from the first piece up to each one; for a proof */
    void *arena;
} Network;

enum { FINE = 0, NO_MEMORY = -1, LOWER_TOO_HIGH = -2 };

/* Lay out a problem; FINE, NO_MEMORY, or LOWER_TOO_HIGH where lower bounds alone break a limit. */
int network_open(Network *net, const Problem *problem, double *energy);
void network_close(Network *net);

/* Empty the network again; the rooms may have been changed. */
void network_reset(Network *net);

/* The same but for the energies, which are left as they are. */
void reset_sets(Network *net);

/* Fill the pieces in `order`, each with as much as the ones before leave. */
void fill_in_order(Network *net);

/* An empty set at `net->at_level[d]`; 0 without memory. */
int open_level(Network *net, int d);

/* Distances to a piece: sets of sessions and nodes at each level, up to the nearest unserved session or dearer
 * piece. The level of that, or 0 where none can reach the piece. */
int find_levels(Network *net, int k);

/* Mark `reached_from` for a network that is full: which piece's cost each node's price comes from. */
void spread_costs(Network *net);

/* Mark `reached_from` with 0 for all nodes that the unserved sessions reach: one side of a minimum cut. */
void spread_wants(Network *net);

/* Whether in a network that is full nobody could take from somebody of a lower level: per session outside, the level
 * at which it would take more (minus infinity where it would not), and at which it gives. NO_MEMORY, 0 or 1. */
int is_level(Network *net, const double *takes_at, const double *gives_at);

/* Whether everybody got all. */
static inline int is_served(const Network *net) { return is_empty(net->wants, net->session_words); }

/* Fill from a plan (energy per cell, infinite where there is none). FINE or NO_MEMORY. */
int lay_plan(Network *net, const Problem *problem, const double *plan);

/* Share the loads out anew, so that each session charges early and in few runs. FINE or NO_MEMORY. */
int tidy(Network *net);

/* Everybody's energy, and what is left unplaced of it. */
double asked_in_all(const Problem *problem);
double missing_in_all(const Network *net);

/* Whether so much is left unplaced that the energies count as not deliverable. */
int is_short(const Network *net);

/* Lower bounds into the energies again, with the dust swept up: every bound holds to the last digit. */
void finish_energy(Network *net, const Problem *problem);

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

/* The next session from one on that is moved. */
static inline int next_moved(const Network *net, int i)
{
    while (i < net->n_sessions && !bit_is_set(net->moved, i))
        i = net->moved[i >> 6] >> (i & 63) ? i + 1 : (i | 63) + 1;
    return i;
}

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

static inline double least(double a, double b) { return a < b ? a : b; }

static inline Word *row_of(Word *sets, int i, int n_words) { return sets + (size_t)i * n_words; }

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

static inline Index first_cell_of(const Network *net, int i) { return net->first_cell[net->session_at[i]]; }
static inline Index end_cell_of(const Network *net, int i) { return net->first_cell[net->session_at[i] + 1]; }

#endif
