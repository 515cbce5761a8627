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
    int64_t n_cells;
    const int64_t *first_cell; /* n_sessions + 1 */
    const int64_t *piece;      /* n_cells; consecutive within a session */
    const double *lower, *upper;
    const unsigned char *members; /* n_limits x n_sessions */
    const double *room;           /* n_limits x n_pieces */
    const double *energy;         /* n_sessions: what is asked for */
} Problem;

typedef struct {
    int n_sessions, n_pieces, n_limits, n_nodes;
    int session_words, piece_words;
    int64_t n_cells;

    int *session_at;    /* number outside of each session */
    int64_t *base;      /* cell of session i in piece k is base[i] + k */
    const int64_t *first_cell; /* by the numbers outside */
    int *leaf;          /* lowest limit of each session */
    double *left;       /* energy that each session still wants */
    double *asked;      /* energy that each session wanted */
    const double *upper; /* per cell */
    double *above_lower; /* per cell: `upper` where there are lower bounds */
    double *energy;      /* per cell; whoever opens the network brings the array */
    double *room;       /* per node */
    double *spare;      /* per node: room that is left */
    double *lowest;     /* per piece: sum of the lower bounds */

    int root;
    int *parent, *first_child, *next_sibling; /* per limit */
    Word *attached;                           /* per limit: sessions whose lowest limit it is */

    Word *can_take;      /* per piece: sessions that can charge more in it */
    Word *holds;         /* per piece: sessions that charge in it */
    Word *can_take_in;   /* per session: pieces in which it can charge more */
    Word *holds_in;      /* per session: pieces in which it charges */
    Word *can_take_all;  /* `can_take` and `can_take_in` of an empty network */
    Word *can_take_in_all;
    Word *wants;         /* sessions with energy left to place */
    Word *live_sessions; /* those that a later augmentation can still pass */
    Word *live_nodes;    /* per limit, by piece */
    Word *unseen_sessions, *unseen_nodes;

    int *level;         /* per session, then per node: distance to the piece that is being filled */
    int *queue, *next_queue, *path;
    Word **at_level;    /* sessions at each level, then nodes (per limit, by piece), then ranks */
    int n_levels;
    int *order;         /* pieces in the order in which they are filled */
    int *rank;          /* per piece: equal where one is as dear as the other, rising along `order` */
    Word *dearer;       /* pieces that are dearer than the one that is being filled */
    const double *plan; /* per cell: what a filling starts from, or 0 where there is none */
    int is_warm;        /* energy was in the network before it was filled */
    int *reached_from;  /* per node: the dearest piece that reaches it, or NONE */
    void *arena;
} Network;

enum { FINE = 0, NO_MEMORY = -1, LOWER_TOO_HIGH = -2 };

/* Lay out a problem; FINE, NO_MEMORY, or LOWER_TOO_HIGH where lower bounds alone break a limit. */
int network_open(Network *net, const Problem *problem, double *energy);
void network_close(Network *net);

/* Empty the network again; the rooms may have been changed. */
void network_reset(Network *net);

/* Whether limits are nested or apart, all below one that has everybody, and cells consecutive. */
int is_laminar(const Problem *problem);

/* Fill the pieces in `order`, each with as much as the ones before leave. */
void fill_in_order(Network *net);

/* An empty set at `net->at_level[d]`; 0 without memory. */
int open_level(Network *net, int d);

/* Mark `reached_from` for a network that is full: which piece's cost each node's price comes from. */
void spread_costs(Network *net);

/* Mark `reached_from` with 0 for all nodes that the unserved sessions reach: one side of a minimum cut. */
void spread_wants(Network *net);

/* Whether everybody got all. */
static inline int is_served(const Network *net) { return is_empty(net->wants, net->session_words); }

/* Share the loads out anew, so that each session charges early and in few runs. FINE or NO_MEMORY. */
int tidy(Network *net);

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

/* Nodes of a limit at a level. */
static inline Word *nodes_at(const Network *net, int limit, int d)
{
    return net->at_level[d] + net->session_words + (size_t)limit * net->piece_words;
}

static inline double least(double a, double b) { return a < b ? a : b; }

static inline Word *row_of(Word *sets, int i, int n_words) { return sets + (size_t)i * n_words; }

static inline int64_t first_cell_of(const Network *net, int i) { return net->first_cell[net->session_at[i]]; }
static inline int64_t end_cell_of(const Network *net, int i) { return net->first_cell[net->session_at[i] + 1]; }

static inline int node_of(const Network *net, int limit, int piece) { return limit * net->n_pieces + piece; }

#endif
