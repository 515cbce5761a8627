/* Arrays and numbers as Python hands them in. */
#ifndef DEPOT_READING_H
#define DEPOT_READING_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "questions.h"

typedef struct {
    Py_buffer views[24];
    int count;
} Buffers;

void release(Buffers *buffers);

/* So many doubles. Returns their memory, or 0 with an error set. */
double *doubles_of(Buffers *buffers, PyObject *item, Py_ssize_t count, int writable);

/* (leaf, upper, parent, room, first_cell, first_piece, hours, lower or None, power or None, plan or None) -> Problem,
 * whose sizes are those of the first four; it leads nowhere outside. Returns 0 with an error set. */
int read_problem(Buffers *buffers, PyObject *given, Problem *problem);

/* (cost, then or None, order), and with a peak behind them (price, floor, kwh_per_kw, immovable_kw, counts, order). */
int read_costs(Buffers *buffers, PyObject *given, const Problem *problem, Costs *costs);

/* (energy, prices of the limits, prices of the peak), to be written. */
int read_answer(Buffers *buffers, PyObject *given, const Problem *problem, Answer *answer);

#endif
