"""Who goes short by how much where several are short for reasons of their own."""

import numpy as np

from optimiser.delivery import decide_delivery
from optimiser.engines.highs import HighsEngine
from optimiser.problem import build_problem
from optimiser.solve import solve
from tests.optimiser.checker.builders import make_request, make_session


def test_a_short_stay_makes_nobody_else_short() -> None:
    """One session can take 30 of 90 kWh before it leaves, another 60; neither is in the other's way."""
    sessions = (
        make_session("early", 0, 30, soc=0.1, target_soc=1.0),
        make_session("later", 120, 180, soc=0.1, target_soc=1.0),
    )
    request = make_request(*sessions)
    problem = build_problem(request, sessions, (), request.site)
    delivery = decide_delivery(HighsEngine(), problem)
    np.testing.assert_allclose(delivery.energy_kwh, [30.0, 60.0], rtol=1e-6)


def test_what_a_stay_allows_alone_is_proven_without_a_cut() -> None:
    """60 kW for half an hour are 30 of 90 kWh, and the bound of what is missing says so."""
    session = make_session("early", 0, 30, soc=0.1, target_soc=1.0)
    request = make_request(session)
    problem = build_problem(request, (session,), (), request.site)
    solution = solve(HighsEngine(), problem, request.strategy)
    np.testing.assert_allclose(solution.wanted_kwh, [30.0])
    np.testing.assert_allclose(solution.missing_bounds[1], 60.0)
