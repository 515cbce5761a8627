/* What Python sees: two questions about a network, with arrays as plain buffers. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <string.h>

#include "nearest.h"
#include "network.h"
#include "peak.h"

enum { FIRST_CELL, PIECE, LOWER, UPPER, MEMBERS, ROOM, ENERGY, N_GIVEN };

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

/* (first_cell, piece, lower, upper, members, room, energy) -> Problem; 0 with an error set. */
static int read_problem(Buffers *buffers, PyObject *given, Problem *problem)
{
    if (!PyTuple_Check(given) || PyTuple_Size(given) != N_GIVEN) {
        PyErr_SetString(PyExc_TypeError, "a problem is a tuple of 7 arrays");
        return 0;
    }
    const void *got[N_GIVEN];
    Py_ssize_t width = sizeof(double), cells, sessions, pieces;
    for (int at = 0; at < N_GIVEN; at++) {
        got[at] = buffer_of(buffers, given, at, -1, 0);
        if (!got[at])
            return 0;
    }
    Py_buffer *views = buffers->views + buffers->count - N_GIVEN;
    cells = views[UPPER].len / width;
    sessions = views[ENERGY].len / width;
    problem->n_limits = sessions ? (int)(views[MEMBERS].len / sessions) : 1;
    pieces = problem->n_limits ? views[ROOM].len / width / problem->n_limits : 0;
    if (views[FIRST_CELL].len != (sessions + 1) * (Py_ssize_t)sizeof(int64_t) || views[PIECE].len != cells * 8 ||
        views[LOWER].len != views[UPPER].len || views[MEMBERS].len != sessions * problem->n_limits ||
        views[ROOM].len != pieces * problem->n_limits * width) {
        PyErr_SetString(PyExc_ValueError, "the arrays of a problem do not fit each other");
        return 0;
    }
    problem->n_cells = cells;
    problem->n_sessions = (int)sessions;
    problem->n_pieces = (int)pieces;
    problem->first_cell = got[FIRST_CELL];
    problem->piece = got[PIECE];
    problem->lower = got[LOWER];
    problem->upper = got[UPPER];
    problem->members = got[MEMBERS];
    problem->room = got[ROOM];
    problem->energy = got[ENERGY];
    return 1;
}

static int has_valid_cells(const Problem *problem)
{
    if (problem->first_cell[0] != 0 || problem->first_cell[problem->n_sessions] != problem->n_cells)
        return 0;
    for (int s = 0; s < problem->n_sessions; s++) {
        int64_t first = problem->first_cell[s], end = problem->first_cell[s + 1];
        if (end < first || (end > first && (problem->piece[first] < 0 || problem->piece[end - 1] >= problem->n_pieces ||
                                            problem->piece[end - 1] - problem->piece[first] != end - 1 - first)))
            return 0;
    }
    return 1;
}

static int read_valid(Buffers *buffers, PyObject *given, Problem *problem)
{
    if (!read_problem(buffers, given, problem))
        return 0;
    if (!has_valid_cells(problem)) {
        PyErr_SetString(PyExc_ValueError, "the cells of a session must be neighbours in time");
        return 0;
    }
    return 1;
}

static PyObject *takes(PyObject *module, PyObject *given)
{
    (void)module;
    Buffers buffers = {.count = 0};
    Problem problem;
    PyObject *answer = 0;
    if (read_problem(&buffers, given, &problem))
        answer = PyBool_FromLong(has_valid_cells(&problem) && is_laminar(&problem));
    release(&buffers);
    return answer;
}

typedef struct {
    double *energy;
    PriceList prices;
} Answer;

static int read_answer(Buffers *buffers, PyObject *given, const Problem *problem, Answer *answer)
{
    Py_ssize_t width = sizeof(double), pieces = problem->n_pieces * width;
    answer->energy = buffer_of(buffers, given, 0, problem->n_cells * width, 1);
    if (!answer->energy)
        return 0;
    answer->prices.limits = buffer_of(buffers, given, 1, problem->n_limits * pieces, 1);
    if (!answer->prices.limits)
        return 0;
    answer->prices.peak = buffer_of(buffers, given, 2, pieces, 1);
    return answer->prices.peak != 0;
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

/* `rank` is lower where a piece is cheaper; `plan` is per cell above the lower bounds, or 0 without one. */
typedef struct {
    const double *cost;
    const int64_t *order, *rank;
    Peak peak;
    int has_peak, tidy;
    const double *plan;
} Costs;

/* The same loads, near to the plan or at least early. */
static int arrange(Network *net, const Costs *costs)
{
    if (net->plan)
        return stay_near(net, net->plan);
    return costs->tidy ? tidy(net) : FINE;
}

static int solve(Network *net, const Costs *costs, PriceList prices)
{
    int outcome;
    for (int p = 0; p < net->n_pieces; p++) {
        net->order[p] = (int)costs->order[p];
        net->rank[p] = (int)costs->rank[p];
    }
    if (costs->has_peak)
        outcome = solve_with_peak(net, costs->cost, &costs->peak, prices);
    else
        outcome = solve_cost(net, costs->cost, prices);
    return outcome == FINE ? arrange(net, costs) : outcome;
}

static int find_cheapest(const Problem *problem, const Costs *costs, Answer *answer)
{
    Network net;
    int outcome = network_open(&net, problem, answer->energy);
    if (outcome == NO_MEMORY)
        return outcome;
    net.plan = costs->plan;
    if (outcome == FINE)
        outcome = solve(&net, costs, answer->prices);
    if (outcome == FINE)
        finish_energy(&net, problem);
    network_close(&net);
    return outcome;
}

static int is_order(const Costs *costs, Py_ssize_t n)
{
    int64_t before = -1;
    for (Py_ssize_t p = 0; p < n; p++) {
        if (costs->order[p] < 0 || costs->order[p] >= n)
            return 0;
        int64_t rank = costs->rank[costs->order[p]];
        if (rank != before && rank != before + 1)
            return 0;
        before = rank;
    }
    return n == 0 || costs->rank[costs->order[0]] == 0;
}

/* (cost, order, rank) or (cost, order, rank, price, floor, kwh_per_kw, immovable_kw, counts) */
static int read_costs(Buffers *buffers, PyObject *given, const Problem *problem, Costs *costs)
{
    Py_ssize_t n = problem->n_pieces, width = sizeof(double);
    costs->has_peak = PyTuple_Size(given) > 3;
    if (!(costs->cost = buffer_of(buffers, given, 0, n * width, 0)) ||
        !(costs->order = buffer_of(buffers, given, 1, n * (Py_ssize_t)sizeof(int64_t), 0)) ||
        !(costs->rank = buffer_of(buffers, given, 2, n * (Py_ssize_t)sizeof(int64_t), 0)))
        return 0;
    if (!is_order(costs, n)) {
        PyErr_SetString(PyExc_ValueError, "pieces must come in the order of their ranks, which leave out no number");
        return 0;
    }
    if (!costs->has_peak)
        return 1;
    costs->peak.price_per_kw = PyFloat_AsDouble(PyTuple_GetItem(given, 3));
    costs->peak.floor_kw = PyFloat_AsDouble(PyTuple_GetItem(given, 4));
    return !PyErr_Occurred() && (costs->peak.kwh_per_kw = buffer_of(buffers, given, 5, n * width, 0)) &&
           (costs->peak.immovable_kw = buffer_of(buffers, given, 6, n * width, 0)) &&
           (costs->peak.counts = buffer_of(buffers, given, 7, n, 0));
}

/* Energies per cell, or None. */
static int read_plan(Buffers *buffers, PyObject *plan, const Problem *problem, Costs *costs)
{
    costs->plan = 0;
    if (plan == Py_None)
        return 1;
    costs->plan = view_of(buffers, plan, problem->n_cells * (Py_ssize_t)sizeof(double), 0);
    return costs->plan != 0;
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
        read_answer(&buffers, wanted, &problem, &answer) && read_plan(&buffers, plan, &problem, &costs)) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_cheapest(&problem, &costs, &answer);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    return PyErr_Occurred() ? 0 : PyBool_FromLong(outcome == FINE);
}

static PyMethodDef methods[] = {
    {"takes", takes, METH_O, "Whether the limits form a tree below one that has everybody."},
    {"most", most, METH_VARARGS, "The most energy, and a minimum cut."},
    {"cheapest", cheapest, METH_VARARGS, "The cheapest flow and its prices; False where there is none."},
    {0, 0, 0, 0},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_flow", "Depot charging as a network flow.", 0, methods,
                                        0, 0, 0, 0};

PyMODINIT_FUNC PyInit__flow(void) { return PyModule_Create(&definition); }
