/* What no question changes of a problem: laid out once, and read by every network that a question is answered with.
 *
 * Sessions are numbered by when their window ends (`session_at` has their numbers outside), so that the lowest bit of a
 * set of sessions is the one that must leave first. Lower bounds are taken out: `upper`, `room` and the running plan
 * are what is above them.
 */
#ifndef DEPOT_LAYOUT_H
#define DEPOT_LAYOUT_H

#include "bits.h"
#include "numbers.h"

#define NONE (-1)

enum { FINE = 0, NO_MEMORY = -1, LOWER_TOO_HIGH = -2 };

/* Energy [kWh] that may be missing or too much: as exact as a solver meets a row. */
#define TOLERANCE_KWH 1e-7

/* A plan that was written down is off by its last digit: by so much of a cell, or of what a limit bears. */
#define PLAN_DUST 1e-10
/* And by so much of a session's energy, and of what a limit is over; less in a cell is nothing at all. */
#define WRITTEN_KWH 1e-9

/* What Python hands in; all arrays are C-contiguous and stay as they are. */
typedef struct {
    int n_sessions, n_pieces, n_limits;
    Index n_cells;
    const Index *first_cell;  /* n_sessions + 1 */
    const Index *first_piece; /* n_sessions: where each window begins; its pieces follow one another */
    const double *lower, *upper; /* n_cells; `lower` is 0 where all lower bounds are */
    const double *power, *hours; /* n_sessions, n_pieces: `upper` is their product; 0 where it may be less */
    const Index *leaf;   /* n_sessions: the lowest limit of each */
    const Index *parent; /* n_limits: the one above; the first is the root and has NONE */
    const double *room;  /* n_limits x n_pieces */
    const double *plan;  /* n_cells: the running plan, infinite for sessions without one; or 0 */
    Index n_planned;
    const Index *planned_cell;  /* n_planned: the cells in which it charges, in their order */
    const double *planned_kwh;
} Problem;

/* Those of the sessions of one word of a set that belong together. */
typedef struct {
    int word;
    Word bits;
} Share;

typedef struct {
    int limit, piece;
} Place;

/* The running plan as it goes into an empty network: whole, at most full, without a look at its limits. */
typedef struct {
    const double *kwh; /* per cell, infinite for sessions without one; 0 where there is no plan at all */
    double *above;     /* the same array, where there are lower bounds */
    double *entry;     /* n_planned: what goes into those cells */
    double *sum;       /* per session: the energy in its cells */
    double *load;      /* per node */
    Word *holds, *can_take, *holds_in, *can_take_in; /* as a network has them */
    Word *unplanned;   /* sessions without a plan */
} Planned;

typedef struct {
    Problem problem;
    int n_nodes, session_words, piece_words;
    int *session_at;  /* number outside of each session; cells come by that */
    int *number_of;   /* and the other way round */
    Index *base;      /* cell of session i in piece k is base[i] + k */
    int *leaf;        /* lowest limit of each session */
    int *parent, *first_child, *next_sibling; /* per limit */
    int *first_share; /* n_limits + 1 */
    Share *share;     /* sessions whose lowest limit it is: from first_share[l] to the next, by word */
    Place *place_of;  /* per node, and behind them per piece as if there was one more limit */
    const double *upper; /* per cell */
    const double *power; /* as the problem's, unless there are lower bounds */
    double *above_lower; /* per cell: `upper` where there are lower bounds; else none */
    double *low;         /* per session: sum of its lower bounds */
    double *lowest;      /* per piece: the same */
    double *room;        /* per node: a little less than there is, because a sum of energies rounds up */
    Word *can_take_all, *can_take_in_all; /* who can charge, per piece and per session, in an empty network */
    Planned planned;
    int fits;            /* lower bounds alone break no limit */
    void *arena;
} Layout;

/* FINE or NO_MEMORY. */
int lay_out(Layout *laid, const Problem *problem);
void free_layout(Layout *laid);

/* Lay the problem's plan on a layout that is complete but for that. FINE or NO_MEMORY. */
int lay_out_plan(Layout *laid);

/* Make what is a little below 0 exactly 0; whether it was only a little. */
int raise_to_zero(double *values, int n);

/* What a plan written down means in a cell: nearly full is full, and next to nothing is nothing. */
static inline double meant(double kwh, double upper)
{
    double energy = kwh >= upper * (1.0 - PLAN_DUST) ? upper : kwh;
    return energy > WRITTEN_KWH ? energy : 0.0;
}

static inline int node_at(const Layout *laid, int limit, int piece) { return limit * laid->problem.n_pieces + piece; }

static inline Word *row_of(Word *sets, int i, int n_words) { return sets + (size_t)i * n_words; }

#endif
