/* Arrays from Python: of the right kind and size, and with no number that leads out of them. */
#include "reading.h"

#include <string.h>

/* What numpy calls the items of an array; its index is a long or, elsewhere, a long long. */
#define DOUBLES "d"
#define NUMBERS "lqn"
#define FLAGS "?"

void release(Buffers *buffers)
{
    while (buffers->count)
        PyBuffer_Release(&buffers->views[--buffers->count]);
}

static int is_of_kind(const Py_buffer *view, const char *kinds)
{
    return view->format && view->format[0] && strchr(kinds, view->format[0]) && !view->format[1];
}

/* An object's contiguous buffer, of so many items unless that is negative. Returns it, or 0 with an error set. */
static Py_buffer *view_of(Buffers *buffers, PyObject *item, const char *kinds, Py_ssize_t count, int writable)
{
    Py_buffer *view = &buffers->views[buffers->count];
    if (!item || PyObject_GetBuffer(item, view, PyBUF_ND | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)))
        return 0;
    buffers->count++;
    if (!is_of_kind(view, kinds))
        PyErr_Format(PyExc_TypeError, "an array has items of another kind than %s", kinds);
    else if (count >= 0 && view->len != count * view->itemsize)
        PyErr_Format(PyExc_ValueError, "an array has %zd items instead of %zd", view->len / view->itemsize, count);
    else
        return view;
    return 0;
}

double *doubles_of(Buffers *buffers, PyObject *item, Py_ssize_t count, int writable)
{
    Py_buffer *view = view_of(buffers, item, DOUBLES, count, writable);
    return view ? view->buf : 0;
}

/* The same, or None, which is 0. Returns 0 with an error set. */
static int read_optional(Buffers *buffers, PyObject *item, Py_ssize_t count, const double **values)
{
    *values = 0;
    if (item && item != Py_None)
        *values = doubles_of(buffers, item, count, 0);
    return *values || item == Py_None;
}

/* The buffer of a tuple's entry. */
static const void *entry_of(Buffers *buffers, PyObject *tuple, Py_ssize_t at, const char *kinds, Py_ssize_t count)
{
    Py_buffer *view = view_of(buffers, PyTuple_GetItem(tuple, at), kinds, count, 0);
    return view ? view->buf : 0;
}

/* The buffer of a tuple's entry, and how many items it has. */
static const void *counted_of(Buffers *buffers, PyObject *tuple, Py_ssize_t at, const char *kinds, Py_ssize_t *count)
{
    Py_buffer *view = view_of(buffers, PyTuple_GetItem(tuple, at), kinds, -1, 0);
    *count = view ? view->len / view->itemsize : 0;
    return view ? view->buf : 0;
}

static int read_planned(Buffers *buffers, PyObject *given, Problem *problem)
{
    return (problem->planned_cell = counted_of(buffers, given, 10, NUMBERS, &problem->n_planned)) &&
           (problem->planned_kwh = entry_of(buffers, given, 11, DOUBLES, problem->n_planned));
}

static int read_arrays(Buffers *buffers, PyObject *given, Problem *problem)
{
    Py_ssize_t sessions, cells, limits, nodes;
    if (!(problem->leaf = counted_of(buffers, given, 0, NUMBERS, &sessions)) ||
        !(problem->upper = counted_of(buffers, given, 1, DOUBLES, &cells)) ||
        !(problem->parent = counted_of(buffers, given, 2, NUMBERS, &limits)) ||
        !(problem->room = counted_of(buffers, given, 3, DOUBLES, &nodes)))
        return 0;
    problem->n_sessions = (int)sessions;
    problem->n_cells = cells;
    problem->n_limits = (int)limits;
    problem->n_pieces = limits ? (int)(nodes / limits) : 0;
    return (problem->first_cell = entry_of(buffers, given, 4, NUMBERS, sessions + 1)) &&
           (problem->first_piece = entry_of(buffers, given, 5, NUMBERS, sessions)) &&
           (problem->hours = entry_of(buffers, given, 6, DOUBLES, problem->n_pieces)) &&
           read_optional(buffers, PyTuple_GetItem(given, 7), cells, &problem->lower) &&
           read_optional(buffers, PyTuple_GetItem(given, 8), sessions, &problem->power) &&
           read_optional(buffers, PyTuple_GetItem(given, 9), cells, &problem->plan) &&
           (!problem->plan || read_planned(buffers, given, problem));
}

/* Whether the planned cells are cells, each once and in their order. */
static int has_valid_plan(const Problem *problem)
{
    Index before = -1, n = problem->plan ? problem->n_planned : 0;
    int good = 1;
    for (Index e = 0; e < n; e++) {
        good &= problem->planned_cell[e] > before;
        before = problem->planned_cell[e];
    }
    return good && before < problem->n_cells;
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

int read_problem(Buffers *buffers, PyObject *given, Problem *problem)
{
    if (PyTuple_Size(given) != 12) {
        PyErr_SetString(PyExc_TypeError, "a problem is a tuple of 12 arrays");
        return 0;
    }
    if (!read_arrays(buffers, given, problem))
        return 0;
    if (!has_valid_cells(problem)) {
        PyErr_SetString(PyExc_ValueError, "the cells of a session must lie in its window, and that within the pieces");
        return 0;
    }
    if (!has_valid_plan(problem)) {
        PyErr_SetString(PyExc_ValueError, "the planned cells must be cells, each once and in their order");
        return 0;
    }
    if (!is_tree(problem)) {
        PyErr_SetString(PyExc_ValueError, "the limits must form a tree below the first");
        return 0;
    }
    return 1;
}

static int read_peak(Buffers *buffers, PyObject *given, Py_ssize_t n, Costs *costs)
{
    costs->peak.price_per_kw = PyFloat_AsDouble(PyTuple_GetItem(given, 2));
    costs->peak.floor_kw = PyFloat_AsDouble(PyTuple_GetItem(given, 3));
    return !PyErr_Occurred() && (costs->peak.kwh_per_kw = entry_of(buffers, given, 4, DOUBLES, n)) &&
           (costs->peak.immovable_kw = entry_of(buffers, given, 5, DOUBLES, n)) &&
           (costs->peak.counts = entry_of(buffers, given, 6, FLAGS, n));
}

int read_costs(Buffers *buffers, PyObject *given, const Problem *problem, Costs *costs)
{
    Py_ssize_t n = problem->n_pieces;
    costs->has_peak = PyTuple_Size(given) > 2;
    return (costs->cost = entry_of(buffers, given, 0, DOUBLES, n)) &&
           read_optional(buffers, PyTuple_GetItem(given, 1), n, &costs->then) &&
           (!costs->has_peak || read_peak(buffers, given, n, costs));
}

int read_answer(Buffers *buffers, PyObject *given, const Problem *problem, Answer *answer)
{
    Py_ssize_t pieces = problem->n_pieces, limits = problem->n_limits;
    return (answer->energy = doubles_of(buffers, PyTuple_GetItem(given, 0), problem->n_cells, 1)) &&
           (answer->prices.limits = doubles_of(buffers, PyTuple_GetItem(given, 1), limits * pieces, 1)) &&
           (answer->prices.peak = doubles_of(buffers, PyTuple_GetItem(given, 2), pieces, 1));
}
