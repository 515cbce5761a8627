"""Paths and trees of limits against what the members alone say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.cuts import cell_prices
from optimiser.engines.base import Prices
from optimiser.limits import Limit
from optimiser.paths import NONE, make_paths, make_tree
from optimiser.problem import PlanningProblem
from tests.optimiser.engines.depots import a_depot

N_SESSIONS = 6


def limits_of(groups: list[set[int]], *, site: bool = True) -> tuple[Limit, ...]:
    """Limits with these members, below a site that has everybody."""
    everybody = [set(range(N_SESSIONS))] if site else []
    flags = [np.isin(np.arange(N_SESSIONS), list(members)) for members in everybody + groups]
    room, calm = np.ones(1), np.zeros(1, dtype=bool)
    return tuple(Limit(f"group:{n}", room, members, calm) for n, members in enumerate(flags))


def nested_or_apart(limits: tuple[Limit, ...]) -> bool:
    """By definition: of any two limits, one holds the other or they share nobody."""
    sets = [set(np.flatnonzero(limit.members).tolist()) for limit in limits]
    return all(a <= b or b <= a or not a & b for a in sets for b in sets)


@given(st.lists(st.sets(st.integers(0, N_SESSIONS - 1)), max_size=5))
def test_a_tree_is_what_is_nested_or_apart(groups: list[set[int]]) -> None:
    """Also where groups are equal, or empty; each limit's parent holds all of it and is not itself."""
    limits = limits_of(groups)
    tree = make_tree(make_paths(limits))
    assert (tree is not None) == nested_or_apart(limits)
    if tree is None:
        return
    assert tree.parent[0] == NONE
    for child, parent in enumerate(tree.parent[1:].tolist(), start=1):
        assert not (limits[child].members & ~limits[parent].members).any()
    for session, lowest in enumerate(tree.lowest.tolist()):
        assert limits[lowest].members.sum() == min(x.members.sum() for x in limits if x.members[session])


@given(st.lists(st.sets(st.integers(0, N_SESSIONS - 1)), max_size=5))
def test_a_path_has_all_limits_of_a_session(groups: list[set[int]]) -> None:
    """In the problem's order."""
    limits = limits_of(groups)
    paths = make_paths(limits)
    for i in range(N_SESSIONS):
        assert paths.under(i).tolist() == [at for at, limit in enumerate(limits) if limit.members[i]]


def test_limits_without_one_that_has_everybody_are_no_tree() -> None:
    """Two groups side by side, with nothing above them."""
    assert make_tree(make_paths(limits_of([{0, 1, 2}, {3, 4, 5}], site=False))) is None
    assert make_tree(make_paths(limits_of([{0, 1}], site=False))) is None


@pytest.mark.parametrize("overlapping", [False, True])
def test_sums_along_paths_are_those_by_members(overlapping: bool) -> None:
    """What is charged under each limit, and what each cell pays to all of them; in a tree and elsewhere."""
    problem = with_overlap(a_depot(3, 12, tree=True)) if overlapping else a_depot(3, 12, tree=True)
    assert (problem.tree is None) == overlapping
    random = np.random.default_rng(5)
    energy = random.uniform(0.0, 1.0, problem.cells.piece.size)
    price = random.uniform(0.0, 1.0, problem.rooms_kwh.shape)
    used = problem.used_by_limits(energy)
    paid = np.zeros(energy.size)
    for at, limit in enumerate(problem.limits):
        np.testing.assert_allclose(used[at], problem.used_kwh(limit, energy), atol=1e-12)
        paid += price[at, problem.cells.piece] * limit.members[problem.cell_session]
    prices = Prices(price, np.zeros(problem.n_pieces))
    np.testing.assert_allclose(cell_prices(problem, prices), paid, atol=1e-12)
    np.testing.assert_allclose(problem.spare_kwh(energy), problem.rooms_kwh - used)


def with_overlap(problem: PlanningProblem) -> PlanningProblem:
    """One more group, of half of each group that there is."""
    every_other = np.arange(problem.n_sessions) % 2 == 0
    crossing = replace(problem.limits[0], limit_id="group:crossing", members=every_other)
    return replace(problem, limits=(*problem.limits, crossing))
