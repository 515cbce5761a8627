"""Bounds that hold whatever the prices."""

import numpy as np
import pytest

from optimiser.bounds import missing_bound, strategy_bound, valid_peak_prices
from optimiser.domain import DemandCharge, Strategy
from optimiser.engines.base import Prices, Question
from optimiser.engines.highs import HighsEngine
from optimiser.strategies import objectives
from tests.optimiser.builders import a_problem, a_session, a_site

SITE = a_site(30.0, [(0, 0.1), (1, 0.3)], demand_charge=DemandCharge(2.0, 10.0))
PAIR = [a_session(name, leaves_h=2, need_kwh=25.0) for name in "ab"]


def test_the_engines_own_prices_prove_its_optimum() -> None:
    """Strong duality: cost 0.1 x 25 + 0.3 x 25 + 2 x (25 - 10)."""
    problem = a_problem(*PAIR, site=SITE)
    (cost,) = objectives(problem, Strategy.COST)
    flow = HighsEngine().cheapest(problem, Question(problem.need_kwh, cost))
    assert strategy_bound(problem, problem.need_kwh, cost, flow.prices) == pytest.approx(40.0)


@pytest.mark.parametrize("seed", range(5))
def test_any_prices_give_a_bound_that_holds(seed: int) -> None:
    """Random ones too, once those of the peak add up to no more than it costs."""
    problem, random = a_problem(*PAIR, site=SITE), np.random.default_rng(seed)
    (cost,) = objectives(problem, Strategy.COST)
    peak = valid_peak_prices(problem, cost, random.uniform(0, 4, 2))
    bound = strategy_bound(problem, problem.need_kwh, cost, Prices(random.uniform(0, 1, (1, 2)), peak))
    assert bound <= 40.0 + 1e-9
    assert float(peak @ (problem.hours / problem.ac_per_dc)) <= 2.0 + 1e-12


def test_an_unbroken_run_is_worth_more_than_the_hours_one_by_one() -> None:
    """Cheap, dear, cheap: a run of 40 kWh takes 5 kWh at least in the dear hour."""
    prices = a_site(price=[(0, 0.1), (1, 0.9), (2, 0.1)])
    for pausable, least in ((True, 4.0), (False, 35 * 0.1 + 5 * 0.9)):
        problem = a_problem(a_session(leaves_h=3, min_kw=5.0, pausable=pausable), site=prices)
        (cost,) = objectives(problem, Strategy.COST)
        bound = strategy_bound(problem, problem.need_kwh, cost, Prices.none(problem))
        assert bound == pytest.approx(least)


def test_a_full_hour_proves_what_is_missing() -> None:
    """At a price of 1 for the room, 50 are wanted and 30 fit; at none, nothing is proven."""
    problem = a_problem(*[a_session(name, leaves_h=1, need_kwh=25.0) for name in "ab"], site=a_site(30.0))
    full = Prices(np.ones((1, 1)), np.zeros(1))
    assert missing_bound(problem, problem.need_kwh, full) == pytest.approx(20.0)
    assert missing_bound(problem, problem.need_kwh, Prices.none(problem)) == pytest.approx(10.0)
