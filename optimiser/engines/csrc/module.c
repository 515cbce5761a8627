/* What Python sees: two questions about a network, with arrays as plain buffers. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <math.h>
#include <string.h>

#include "nearest.h"
#include "network.h"
#include "peak.h"
#include "proof.h"

/* A flow that began from a plan is as good as its bound to so much of its value, or not good enough. */
#define PROVEN 1e-9
#define SURELY_MISSING 1e-6

typedef struct {
    Py_buffer views[24];
    int count;
} Buffers;

static void release(Buffers *buffers)
{
    while (buffers->count)
        PyBuffer_Release(&buffers->views[--buffers->count]);
}

/* An object's buffer; its size must be as expected. Returns its memory, or 0 with an error set. */
static void *view_of(Buffers *buffers, PyObject *item, Py_ssize_t bytes, int writable)
{
    Py_buffer *view = &buffers->views[buffers->count];
    if (!item || PyObject_GetBuffer(item, view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE))
        return 0;
    buffers->count++;
    if (bytes >= 0 && view->len != bytes) {
        PyErr_Format(PyExc_ValueError, "an array has %zd bytes instead of %zd", view->len, bytes);
        return 0;
    }
    return view->buf;
}

/* The buffer of a tuple's entry. */
static void *buffer_of(Buffers *buffers, PyObject *tuple, Py_ssize_t at, Py_ssize_t bytes, int writable)
{
    return view_of(buffers, PyTuple_GetItem(tuple, at), bytes, writable);
}

/* So many doubles, or None, which is 0. Returns 0 with an error set. */
static int read_optional(Buffers *buffers, PyObject *item, Py_ssize_t count, const double **values)
{
    *values = 0;
    if (item && item != Py_None)
        *values = view_of(buffers, item, count * (Py_ssize_t)sizeof(double), 0);
    return *values || item == Py_None;
}

/* The buffer of a tuple's entry, and how many items of a width it has. */
static void *counted_of(Buffers *buffers, PyObject *tuple, Py_ssize_t at, Py_ssize_t width, Py_ssize_t *count)
{
    void *memory = buffer_of(buffers, tuple, at, -1, 0);
    if (memory)
        *count = buffers->views[buffers->count - 1].len / width;
    return memory;
}

/* (energy, upper, parent, room, first_cell, first_piece, leaf, lower or None, power or None, hours) -> Problem, whose
 * sizes are those of the first four; 0 with an error set. */
static int read_problem(Buffers *buffers, PyObject *given, Problem *problem)
{
    Py_ssize_t width = sizeof(double), number = sizeof(Index), sessions, cells, limits, nodes;
    if (PyTuple_Size(given) != 10) {
        PyErr_SetString(PyExc_TypeError, "a problem is a tuple of 10 arrays");
        return 0;
    }
    if (!(problem->energy = counted_of(buffers, given, 0, width, &sessions)) ||
        !(problem->upper = counted_of(buffers, given, 1, width, &cells)) ||
        !(problem->parent = counted_of(buffers, given, 2, number, &limits)) ||
        !(problem->room = counted_of(buffers, given, 3, width, &nodes)))
        return 0;
    problem->n_sessions = (int)sessions;
    problem->n_cells = cells;
    problem->n_limits = (int)limits;
    problem->n_pieces = limits ? (int)(nodes / limits) : 0;
    return (problem->first_cell = buffer_of(buffers, given, 4, (sessions + 1) * number, 0)) &&
           (problem->first_piece = buffer_of(buffers, given, 5, sessions * number, 0)) &&
           (problem->leaf = buffer_of(buffers, given, 6, sessions * number, 0)) &&
           read_optional(buffers, PyTuple_GetItem(given, 7), cells, &problem->lower) &&
           read_optional(buffers, PyTuple_GetItem(given, 8), sessions, &problem->power) &&
           (problem->hours = buffer_of(buffers, given, 9, problem->n_pieces * width, 0));
}

/* The cells of each session lie in its window, which is within the pieces. */
static int has_valid_cells(const Problem *problem)
{
    int good = problem->first_cell[0] == 0 && problem->first_cell[problem->n_sessions] == problem->n_cells;
    for (int s = 0; s < problem->n_sessions; s++) {
        Index count = problem->first_cell[s + 1] - problem->first_cell[s], first = problem->first_piece[s];
        good &= count >= 0 && first >= 0 && first + count <= problem->n_pieces;
    }
    return good;
}

/* The first limit is above all others, and every session has a lowest one. */
static int is_tree(const Problem *problem)
{
    int n_limits = problem->n_limits, good = n_limits > 0 && problem->parent[0] == NONE;
    for (int l = 1; good && l < n_limits; l++)
        good = problem->parent[l] >= 0 && problem->parent[l] < n_limits;
    for (int l = 1; good && l < n_limits; l++) {
        Index up = l;
        for (int steps = 0; up > 0 && steps < n_limits; steps++)
            up = problem->parent[up];
        good = up == 0;
    }
    for (int s = 0; good && s < problem->n_sessions; s++)
        good = problem->leaf[s] >= 0 && problem->leaf[s] < n_limits;
    return good;
}

static int read_valid(Buffers *buffers, PyObject *given, Problem *problem)
{
    if (!read_problem(buffers, given, problem))
        return 0;
    if (!has_valid_cells(problem)) {
        PyErr_SetString(PyExc_ValueError, "the cells of a session must lie in its window, and that within the pieces");
        return 0;
    }
    if (!is_tree(problem)) {
        PyErr_SetString(PyExc_ValueError, "the limits must form a tree below the first");
        return 0;
    }
    return 1;
}

typedef struct {
    double *energy;
    PriceList prices;
    double value, bound, missing;
} Answer;

static int read_answer(Buffers *buffers, PyObject *given, const Problem *problem, Answer *answer)
{
    Py_ssize_t width = sizeof(double), pieces = problem->n_pieces * width;
    return (answer->energy = buffer_of(buffers, given, 0, problem->n_cells * width, 1)) &&
           (answer->prices.limits = buffer_of(buffers, given, 1, problem->n_limits * pieces, 1)) &&
           (answer->prices.peak = buffer_of(buffers, given, 2, pieces, 1));
}

static int find_most(const Problem *problem, Answer *answer)
{
    Network net;
    int outcome = network_open(&net, problem, answer->energy);
    if (outcome == NO_MEMORY)
        return outcome;
    network_reset(&net);
    fill_in_order(&net);
    cut_prices(&net, answer->prices);
    finish_energy(&net, problem);
    network_close(&net);
    return FINE;
}

static PyObject *most(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *given, *wanted;
    if (!PyArg_ParseTuple(args, "O!O!", &PyTuple_Type, &given, &PyTuple_Type, &wanted))
        return 0;
    Buffers buffers = {.count = 0};
    Problem problem;
    Answer answer;
    int outcome = FINE;
    if (read_valid(&buffers, given, &problem) && read_answer(&buffers, wanted, &problem, &answer)) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_most(&problem, &answer);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    return PyErr_Occurred() ? 0 : Py_NewRef(Py_None);
}

/* Whether all that is asked for fits, and at these levels nobody could take from somebody of a lower one. */
static int find_level(const Problem *problem, const double *plan, double *energy, const double *takes_at,
                      const double *gives_at)
{
    Network net;
    int outcome = network_open(&net, problem, energy);
    if (outcome == NO_MEMORY)
        return outcome;
    if (outcome == FINE && plan && (outcome = lay_plan(&net, problem, plan)) == FINE) {
        put_plan(&net, net.plan);
        memset(net.rank, 0, net.n_pieces * sizeof(int)); /* nothing to take back */
    } else {
        network_reset(&net);
    }
    if (outcome == FINE) {
        fill_in_order(&net);
        outcome = !is_short(&net) ? is_level(&net, takes_at, gives_at) : 0;
    }
    network_close(&net);
    return outcome == LOWER_TOO_HIGH ? 0 : outcome;
}

static PyObject *shares_level(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *given, *plan, *scratch, *takes, *gives;
    if (!PyArg_ParseTuple(args, "O!OOOO", &PyTuple_Type, &given, &plan, &scratch, &takes, &gives))
        return 0;
    Buffers buffers = {.count = 0};
    Problem problem;
    const double *start, *takes_at, *gives_at;
    double *energy;
    Py_ssize_t width = sizeof(double);
    int outcome = 0;
    if (read_valid(&buffers, given, &problem) && read_optional(&buffers, plan, problem.n_cells, &start) &&
        (takes_at = view_of(&buffers, takes, problem.n_sessions * width, 0)) &&
        (gives_at = view_of(&buffers, gives, problem.n_sessions * width, 0)) &&
        (energy = view_of(&buffers, scratch, problem.n_cells * width, 1))) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_level(&problem, start, energy, takes_at, gives_at);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    return PyErr_Occurred() ? 0 : PyBool_FromLong(outcome);
}

/* Pieces come in `order`, from the cheapest to the dearest by `cost`, then by `then` if there is that. The best peak is
 * searched for in an order of its own, by `cost` alone. `plan` is per cell, or 0 without one. */
typedef struct {
    const double *cost, *then;
    const Index *order, *peak_order;
    Peak peak;
    int has_peak, tidy;
    const double *plan;
} Costs;

/* The same loads, near to the plan or at least early. */
static int arrange(Network *net)
{
    return net->plan ? stay_near(net, net->plan) : tidy(net);
}

/* Pieces in an order, and those that are equally dear by a cost, and by another if there is one, as one rank. */
static void lay_order(Network *net, const Index *order, const double *cost, const double *then)
{
    for (int p = 0, rank = 0; p < net->n_pieces; p++) {
        Index k = order[p], last = order[p > 0 ? p - 1 : 0];
        rank += cost[k] != cost[last] || (then && then[k] != then[last]);
        net->order[p] = (int)k;
        net->rank[k] = rank;
    }
}

static int solve_once(Network *net, const Costs *costs, PriceList prices)
{
    lay_order(net, costs->order, costs->cost, costs->then);
    return solve_cost(net, costs->cost, prices);
}

static void refill(Network *net, const Costs *costs, const Index *order, const double *then)
{
    lay_order(net, order, costs->cost, then);
    if (!net->is_warm)
        network_reset(net);
    fill_in_order(net);
}

/* The best peak, and under it what is wanted then, unless rounding has closed the way to that. */
static int solve_peak(Network *net, const Costs *costs, PriceList prices)
{
    lay_order(net, costs->peak_order, costs->cost, 0);
    int outcome = solve_with_peak(net, costs->cost, &costs->peak, prices);
    if (outcome != FINE || !costs->then)
        return outcome;
    refill(net, costs, costs->order, costs->then);
    if (is_short(net))
        refill(net, costs, costs->peak_order, 0);
    return is_short(net) ? INFEASIBLE : FINE;
}

static int solve(Network *net, const Costs *costs, PriceList prices)
{
    int outcome = (costs->has_peak ? solve_peak : solve_once)(net, costs, prices);
    return outcome == FINE && costs->tidy ? arrange(net) : outcome;
}

/* What a finished flow costs, with its peak. */
static double cost_of(const Network *net, const Costs *costs)
{
    const Peak *peak = &costs->peak;
    double sum = 0.0, highest_kw = peak->floor_kw;
    for (int k = 0; k < net->n_pieces; k++) {
        double energy = load_of(net, k);
        sum += costs->cost[k] * energy;
        if (costs->has_peak && peak->counts[k])
            highest_kw = fmax(highest_kw, peak->immovable_kw[k] + energy / peak->kwh_per_kw[k]);
    }
    return costs->has_peak ? sum + peak->price_per_kw * (highest_kw - peak->floor_kw) : sum;
}

static int find_from(const Problem *problem, const Costs *costs, const double *plan, Answer *answer)
{
    Network net;
    int outcome = network_open(&net, problem, answer->energy);
    if (outcome == NO_MEMORY)
        return outcome;
    if (outcome == FINE && plan)
        outcome = lay_plan(&net, problem, plan);
    if (outcome == FINE)
        outcome = solve(&net, costs, answer->prices);
    answer->missing = missing_in_all(&net);
    if (outcome == FINE) {
        finish_energy(&net, problem);
        answer->value = cost_of(&net, costs);
        answer->bound = proven_by(&net, problem, costs->cost, costs->has_peak ? &costs->peak : 0, answer->prices);
    }
    network_close(&net);
    return outcome;
}

static int is_proven(const Answer *answer)
{
    return answer->value - answer->bound <= PROVEN * fmax(1.0, fabs(answer->value));
}

/* A plan's rooms are off by its last digits, which hide less than this. */
static int is_surely_short(const Problem *problem, const Answer *answer)
{
    double asked = 0.0;
    for (int s = 0; s < problem->n_sessions; s++)
        asked += problem->energy[s];
    return answer->missing > SURELY_MISSING * asked;
}

/* From the plan, if there is one; what cannot be proven that way is searched for without it. */
static int find_cheapest(const Problem *problem, const Costs *costs, Answer *answer)
{
    if (!costs->plan)
        return find_from(problem, costs, 0, answer);
    int outcome = find_from(problem, costs, costs->plan, answer);
    if (outcome == FINE ? is_proven(answer) : outcome != INFEASIBLE || is_surely_short(problem, answer))
        return outcome;
    return find_from(problem, costs, 0, answer);
}

static int is_order(const Index *order, Py_ssize_t n)
{
    for (Py_ssize_t p = 0; p < n; p++)
        if (order[p] < 0 || order[p] >= n) {
            PyErr_SetString(PyExc_ValueError, "the order of the pieces names one that is not there");
            return 0;
        }
    return 1;
}

/* (cost, then or None, order), and with a peak behind them (price, floor, kwh_per_kw, immovable_kw, counts, order) */
static int read_costs(Buffers *buffers, PyObject *given, const Problem *problem, Costs *costs)
{
    Py_ssize_t n = problem->n_pieces, width = sizeof(double);
    costs->has_peak = PyTuple_Size(given) > 3;
    if (!(costs->cost = buffer_of(buffers, given, 0, n * width, 0)) ||
        !read_optional(buffers, PyTuple_GetItem(given, 1), n, &costs->then) ||
        !(costs->order = buffer_of(buffers, given, 2, n * (Py_ssize_t)sizeof(Index), 0)))
        return 0;
    if (!costs->has_peak)
        return is_order(costs->order, n);
    costs->peak.price_per_kw = PyFloat_AsDouble(PyTuple_GetItem(given, 3));
    costs->peak.floor_kw = PyFloat_AsDouble(PyTuple_GetItem(given, 4));
    return !PyErr_Occurred() && (costs->peak.kwh_per_kw = buffer_of(buffers, given, 5, n * width, 0)) &&
           (costs->peak.immovable_kw = buffer_of(buffers, given, 6, n * width, 0)) &&
           (costs->peak.counts = buffer_of(buffers, given, 7, n, 0)) &&
           (costs->peak_order = buffer_of(buffers, given, 8, n * (Py_ssize_t)sizeof(Index), 0)) &&
           is_order(costs->order, n) && is_order(costs->peak_order, n);
}

static PyObject *cheapest(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *given, *wanted, *priced, *plan;
    Costs costs;
    if (!PyArg_ParseTuple(args, "O!O!O!pO", &PyTuple_Type, &given, &PyTuple_Type, &priced, &PyTuple_Type, &wanted,
                          &costs.tidy, &plan))
        return 0;
    Buffers buffers = {.count = 0};
    Problem problem;
    Answer answer;
    int outcome = FINE;
    if (read_valid(&buffers, given, &problem) && read_costs(&buffers, priced, &problem, &costs) &&
        read_answer(&buffers, wanted, &problem, &answer) && read_optional(&buffers, plan, problem.n_cells, &costs.plan)) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_cheapest(&problem, &costs, &answer);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    if (PyErr_Occurred())
        return 0;
    return outcome == FINE ? Py_BuildValue("(dd)", answer.value, answer.bound) : Py_NewRef(Py_None);
}

static PyMethodDef methods[] = {
    {"most", most, METH_VARARGS, "The most energy, and a minimum cut."},
    {"shares_level", shares_level, METH_VARARGS, "Whether energies fit, and nobody could take from who is of a lower level."},
    {"cheapest", cheapest, METH_VARARGS, "The cheapest flow and its prices; its value and bound, or None where there is no flow."},
    {0, 0, 0, 0},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_flow", "Depot charging as a network flow.", 0, methods,
                                        0, 0, 0, 0};

PyMODINIT_FUNC PyInit__flow(void) { return PyModule_Create(&definition); }
