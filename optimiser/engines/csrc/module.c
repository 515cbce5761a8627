/* What Python sees: questions about a network, with arrays as buffers. */
#include "reading.h"

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
    if (read_problem(&buffers, given, &problem) && read_answer(&buffers, wanted, &problem, &answer)) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_most(&problem, &answer);
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
    PyObject *given, *plan, *scratch, *takes, *gives;
    if (!PyArg_ParseTuple(args, "O!OOOO", &PyTuple_Type, &given, &plan, &scratch, &takes, &gives))
        return 0;
    Buffers buffers = {.count = 0};
    Problem problem;
    const double *start, *takes_at, *gives_at;
    double *energy;
    int outcome = 0;
    if (read_problem(&buffers, given, &problem) && read_optional(&buffers, plan, problem.n_cells, &start) &&
        (takes_at = doubles_of(&buffers, takes, problem.n_sessions, 0)) &&
        (gives_at = doubles_of(&buffers, gives, problem.n_sessions, 0)) &&
        (energy = doubles_of(&buffers, scratch, problem.n_cells, 1))) {
        Py_BEGIN_ALLOW_THREADS
        outcome = find_level(&problem, start, energy, takes_at, gives_at);
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
    PyObject *given, *wanted, *priced, *plan;
    Costs costs;
    if (!PyArg_ParseTuple(args, "O!O!O!pO", &PyTuple_Type, &given, &PyTuple_Type, &priced, &PyTuple_Type, &wanted,
                          &costs.tidy, &plan))
        return 0;
    Buffers buffers = {.count = 0};
    Problem problem;
    Answer answer;
    int outcome = FINE;
    if (read_problem(&buffers, given, &problem) && read_costs(&buffers, priced, &problem, &costs) &&
        read_answer(&buffers, wanted, &problem, &answer) &&
        read_optional(&buffers, plan, problem.n_cells, &costs.plan)) {
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
    {"shares_level", shares_level, METH_VARARGS, "Whether energies fit, and nobody could take from a lower level."},
    {"cheapest", cheapest, METH_VARARGS, "The cheapest flow and its prices; its value and bound, or None without a flow."},
    {0, 0, 0, 0},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_flow", "Depot charging as a network flow.", 0, methods,
                                        0, 0, 0, 0};

PyMODINIT_FUNC PyInit__flow(void) { return PyModule_Create(&definition); }
