"""Which engine is taken: the flow where it can be, HiGHS elsewhere, a clear word where neither can."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from optimiser.domain import FixedSegment, PowerRule
from optimiser.engines.choice import choose_engine
from optimiser.exceptions import InvalidRequestError
from optimiser.limits import Limit
from optimiser.problem import PlanningProblem
from tests.optimiser.builders import a_problem, a_request, a_session, at, problem_of
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine


def crossing() -> PlanningProblem:
    """Two groups that share one session and have one each of their own."""
    problem = a_depot(0, 3)
    room, calm = problem.limits[0].room_kwh, np.zeros(problem.n_pieces, dtype=bool)
    members = np.array([True, True, False]), np.array([False, True, True])
    return replace(
        problem,
        limits=problem.limits + tuple(Limit(f"group:{n}", room, m, calm) for n, m in enumerate(members)),
    )


def test_auto_is_the_flow_where_limits_form_a_tree() -> None:
    """Groups inside groups are no obstacle."""
    assert isinstance(choose_engine("auto", a_depot(0, 5, tree=True)), FlowEngine)


def test_auto_is_highs_where_limits_cross() -> None:
    """A flow cannot hold two limits of which neither holds the other."""
    assert choose_engine("auto", crossing()).name == "highs"


def test_auto_is_highs_where_nobody_is_planned() -> None:
    """Without sessions there is no flow, but the site's own load may still have a peak to pay."""
    request = replace(a_request(), sessions=())
    assert choose_engine("auto", problem_of(request)).name == "highs"


def test_auto_is_the_flow_where_a_plan_is_to_be_kept_near() -> None:
    """A running plan is no obstacle."""
    session = a_session(running_plan=(FixedSegment(at(0), at(1), 10.0),))
    assert isinstance(choose_engine("auto", a_problem(session)), FlowEngine)


def test_auto_is_highs_where_powers_have_an_ideal() -> None:
    """The flow does not know of ideal powers."""
    session = a_session(power_rules=(PowerRule("bulk", 10.0),))
    assert choose_engine("auto", a_problem(session)).name == "highs"


def test_auto_is_highs_where_the_extension_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a compiler plans too; asking for the flow there is refused by name."""
    monkeypatch.setitem(sys.modules, "optimiser.engines.flow", None)
    assert choose_engine("auto", a_depot(0, 5)).name == "highs"
    with pytest.raises(InvalidRequestError, match="/engine: the flow engine was not built"):
        choose_engine("flow", a_depot(0, 5))


def test_the_flow_by_name_is_refused_where_it_cannot_be() -> None:
    """Nobody gets another engine than the one that was named."""
    with pytest.raises(InvalidRequestError, match="limits that are nested or apart"):
        choose_engine("flow", crossing())


def test_an_unknown_engine_is_refused() -> None:
    """The words name those that there are."""
    with pytest.raises(InvalidRequestError, match="auto, flow, highs, pulp"):
        choose_engine("simplex", a_depot(0, 2))
