"""What the extension refuses: it walks along the numbers that it is given, so they must lead somewhere."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine

NO_TREES = {
    "above each other": ("parent", [-1, 2, 1, 0, 0, 0]),
    "itself": ("parent", [-1, 1, 0, 0, 0, 0]),
    "two roots": ("parent", [-1, -1, 0, 0, 0, 0]),
    "a parent too many": ("parent", [-1, 6, 0, 0, 0, 0]),
    "no root": ("parent", [1, 0, 0, 0, 0, 0]),
    "below nothing": ("lowest", [-1, 0, 0, 0]),
    "below a limit that is not there": ("lowest", [6, 0, 0, 0]),
}


def depot_with(field: str, values: list[int]) -> PlanningProblem:
    """A depot with a site and five limits, whose tree says something else."""
    problem = a_depot(0, 4, tree=True)
    tree = problem.tree
    assert tree is not None
    assert getattr(tree, field).size == len(values)
    object.__setattr__(tree, field, np.array(values, dtype=np.intp))
    return problem


@pytest.mark.parametrize("field, values", NO_TREES.values(), ids=NO_TREES.keys())
def test_limits_that_do_not_lead_to_the_site_are_refused(field: str, values: list[int]) -> None:
    """No endless walk, and no memory that is not there."""
    problem = depot_with(field, values)
    with pytest.raises(ValueError, match="a tree below the first"):
        FlowEngine().most(problem, problem.need_kwh)


def test_a_deep_chain_of_limits_is_a_tree() -> None:
    """Each below the one before it."""
    problem = depot_with("parent", [-1, 0, 1, 2, 3, 4])
    assert FlowEngine().most(problem, problem.need_kwh).energy_kwh.size == problem.cells.piece.size


@pytest.mark.parametrize("charging", [[-1, 3], [3, 3], [4, 3], [3, 10**6]])
def test_planned_cells_that_are_not_cells_in_their_order_are_refused(charging: list[int]) -> None:
    """Energy is written into them."""
    problem = a_depot(0, 4)
    running = RunningPlan(np.zeros(problem.cells.piece.size), np.array(charging, dtype=np.intp), np.ones(2))
    with pytest.raises(ValueError, match="each once and in their order"):
        FlowEngine(replace(problem, running=running))


@pytest.mark.parametrize("sizes", [(1, 0), (0, 3), (2, 1)], ids=["no pieces", "no sessions", "no cells"])
def test_where_there_is_nothing_to_charge_nothing_is_charged(sizes: tuple[int, int]) -> None:
    """Nor is anything read or written beside it."""
    from optimiser.engines import _flow

    n_sessions, n_pieces = sizes
    nobody, of_sessions = np.zeros(0), np.zeros(n_sessions)
    at_first = np.zeros(n_sessions, dtype=np.intp)
    tree, room = np.array([-1], dtype=np.intp), np.ones((1, n_pieces))
    cells = np.zeros(n_sessions + 1, dtype=np.intp), at_first
    bounds = None, of_sessions, *RunningPlan.of(nobody)
    layout = _flow.lay_out((at_first, nobody, tree, room, *cells, np.ones(n_pieces), *bounds))
    answer = nobody.copy(), np.full((1, n_pieces), np.nan), np.full(n_pieces, np.nan)
    costs = np.zeros(n_pieces), None
    _flow.most(layout, of_sessions, answer)
    assert _flow.cheapest(layout, of_sessions, costs, answer, True) == (0.0, 0.0)
    assert not answer[1].any()
    assert not answer[2].any()
