/* What Python sees: problems that are laid out, and questions about them, with arrays as buffers. */
#include <stdlib.h>

#include "reading.h"

#define LAYOUT "depot charging layout"

/* A layout, and the arrays that it reads. */
typedef struct {
    Buffers buffers;
    Layout laid;
} Held;

static void let_go(Held *held)
{
    free_layout(&held->laid);
    release(&held->buffers);
    free(held);
}

static void let_capsule_go(PyObject *capsule)
{
    Held *held = PyCapsule_GetPointer(capsule, LAYOUT);
    if (held)
        let_go(held);
}

static int lay_out_given(Held *held, PyObject *given)
{
    Problem problem;
    if (!read_problem(&held->buffers, given, &problem))
        return 0;
    if (lay_out(&held->laid, &problem) == FINE)
        return 1;
    PyErr_NoMemory();
    return 0;
}

static PyObject *lay_out_problem(PyObject *module, PyObject *given)
{
    (void)module;
    if (!PyTuple_Check(given))
        return PyErr_Format(PyExc_TypeError, "a problem is a tuple of arrays");
    Held *held = calloc(1, sizeof(Held));
    if (!held)
        return PyErr_NoMemory();
    PyObject *capsule = lay_out_given(held, given) ? PyCapsule_New(held, LAYOUT, let_capsule_go) : 0;
    if (!capsule)
        let_go(held);
    return capsule;
}

static const Layout *layout_of(PyObject *capsule)
{
    const Held *held = PyCapsule_GetPointer(capsule, LAYOUT);
    return held ? &held->laid : 0;
}

static PyObject *most(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *energy, *wanted;
    if (!PyArg_ParseTuple(args, "OOO!", &capsule, &energy, &PyTuple_Type, &wanted))
        return 0;
    Buffers buffers = {.count = 0};
    const Layout *laid = layout_of(capsule);
    const double *asked;
    Answer answer;
    int outcome = FINE;
    if (laid && (asked = doubles_of(&buffers, energy, laid->problem.n_sessions, 0)) &&
        read_answer(&buffers, wanted, &laid->problem, &answer)) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_most(laid, asked, &answer);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    return PyErr_Occurred() ? 0 : Py_NewRef(Py_None);
}

static PyObject *shares_level(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *wanted, *scratch, *takes, *gives;
    if (!PyArg_ParseTuple(args, "OOOOO", &capsule, &wanted, &scratch, &takes, &gives))
        return 0;
    Buffers buffers = {.count = 0};
    const Layout *laid = layout_of(capsule);
    const double *asked, *takes_at, *gives_at;
    double *energy;
    int outcome = 0;
    if (laid && (asked = doubles_of(&buffers, wanted, laid->problem.n_sessions, 0)) &&
        (takes_at = doubles_of(&buffers, takes, laid->problem.n_sessions, 0)) &&
        (gives_at = doubles_of(&buffers, gives, laid->problem.n_sessions, 0)) &&
        (energy = doubles_of(&buffers, scratch, laid->problem.n_cells, 1))) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_level(laid, asked, energy, takes_at, gives_at);
        Py_END_ALLOW_THREADS
    }
    release(&buffers);
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    return PyErr_Occurred() ? 0 : PyBool_FromLong(outcome);
}

static PyObject *cheapest(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *energy, *priced, *wanted;
    Costs costs;
    if (!PyArg_ParseTuple(args, "OOO!O!p", &capsule, &energy, &PyTuple_Type, &priced, &PyTuple_Type, &wanted,
                          &costs.tidy))
        return 0;
    Buffers buffers = {.count = 0};
    const Layout *laid = layout_of(capsule);
    const double *asked;
    Answer answer;
    int outcome = FINE;
    if (laid && (asked = doubles_of(&buffers, energy, laid->problem.n_sessions, 0)) &&
        read_costs(&buffers, priced, &laid->problem, &costs) &&
        read_answer(&buffers, wanted, &laid->problem, &answer)) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_cheapest(laid, asked, &costs, &answer);
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
    {"lay_out", lay_out_problem, METH_O, "What no question changes of a problem, to be asked about."},
    {"most", most, METH_VARARGS, "The most energy, and a minimum cut."},
    {"shares_level", shares_level, METH_VARARGS, "Whether energies fit, and nobody could take from a lower level."},
    {"cheapest", cheapest, METH_VARARGS, "The cheapest flow and its prices; its value and bound, or None without a flow."},
    {0, 0, 0, 0},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_flow", "Depot charging as a network flow.", 0, methods,
                                        0, 0, 0, 0};

PyMODINIT_FUNC PyInit__flow(void) { return PyModule_Create(&definition); }
