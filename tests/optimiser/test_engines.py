"""Engines against each other: the matrix that HiGHS gets, and the mathematics as written in PuLP."""

import numpy as np
import pulp
import pytest

from optimiser.domain import DemandCharge, Group, Station, Strategy, Window
from optimiser.engines.base import Ceiling, Engine, Objective, Question
from optimiser.engines.choice import choose_engine
from optimiser.engines.highs import HighsEngine
from optimiser.engines.pulp_model import PulpEngine
from optimiser.exceptions import InvalidRequestError, SolverError
from optimiser.problem import PlanningProblem
from optimiser.series import StepSeries
from optimiser.strategies import objectives
from tests.optimiser.builders import a_problem, a_session, a_site, at

HIGHS = HighsEngine()
SEEDS = range(6)
ENGINES = ["highs", "pulp", "pulp:PULP_CBC_CMD"]

# The CBC that PuLP 3 brings along is the only second solver on every machine.
pytestmark = pytest.mark.filterwarnings("ignore:PULP_CBC_CMD is deprecated:DeprecationWarning")


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    """One engine by its name."""
    return choose_engine(request.param, a_problem())


def a_random_problem(seed: int) -> PlanningProblem:
    """Six vehicles under a site, two feeders and a power unit, prices below 0 too."""
    random = np.random.default_rng(seed)
    hourly = [(h, float(price)) for h, price in enumerate(random.uniform(-0.1, 0.3, 8))]
    groups = (
        Group("outer", None, StepSeries.constant(random.uniform(20, 60)), ("s",)),
        Group("inner", "outer", StepSeries.constant(random.uniform(10, 40)), ("n",)),
    )
    site = a_site(
        cap_kw=[(h, float(cap)) for h, cap in enumerate(random.uniform(15, 90, 8))],
        price=hourly,
        base_kw=5.0,
        ratio=0.9,
        groups=groups,
        stations=(Station("n", 25.0, {}), Station("s", None, {})),
        carbon_g_per_kwh=StepSeries.constant(300.0),
        demand_charge=DemandCharge(0.7, 20.0, (Window(at(1), at(4)), Window(at(5), at(6)))),
    )
    stays = [
        a_session(
            f"s{i}",
            float(random.uniform(-1, 4)),
            float(random.uniform(4.5, 8)),
            need_kwh=float(random.uniform(5, 60)),
            max_kw=float(random.uniform(8, 40)),
            station_id=[None, "n", "s"][i % 3],
        )
        for i in range(6)
    ]
    return a_problem(*stays, site=site)


def value(problem: PlanningProblem, objective: Objective, energy_kwh: np.ndarray) -> float:
    """What an answer costs, counted from its energies."""
    cost = float(energy_kwh @ objective.cost_per_kwh[problem.cells.piece])
    if objective.peak is None:
        return cost
    load = problem.load_kw(energy_kwh)[objective.peak.counts].max()
    return cost + objective.peak.price_per_kw * max(0.0, load - objective.peak.floor_kw)


def within_limits(problem: PlanningProblem, energy_kwh: np.ndarray) -> bool:
    """No bound and no limit is exceeded."""
    rooms = (limit.room_kwh - problem.used_kwh(limit, energy_kwh) for limit in problem.limits)
    inside = (energy_kwh >= problem.lower_kwh - 1e-6) & (energy_kwh <= problem.cells.upper_kwh + 1e-6)
    return bool(inside.all()) and all((left > -1e-6).all() for left in rooms)


@pytest.mark.parametrize("solver", ["HiGHS", "PULP_CBC_CMD"])
@pytest.mark.parametrize("seed", SEEDS)
def test_engines_find_the_same_most_and_the_same_least(seed: int, solver: str) -> None:
    """Total energy, and the value of every strategy at what can be delivered."""
    problem, other = a_random_problem(seed), PulpEngine(solver)
    flows = [engine.most(problem, problem.need_kwh) for engine in (HIGHS, other)]
    totals = [flow.energy_kwh.sum() for flow in flows]
    assert totals[0] == pytest.approx(totals[1], rel=1e-6)
    energy = problem.delivered_kwh(flows[0].energy_kwh) * 0.95
    for strategy in Strategy:
        objective = objectives(problem, strategy)[0]
        answers = [engine.cheapest(problem, Question(energy, objective)) for engine in (HIGHS, other)]
        assert all(within_limits(problem, answer.energy_kwh) for answer in answers)
        values = [value(problem, objective, answer.energy_kwh) for answer in answers]
        assert values[0] == pytest.approx(values[1], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_prices_of_most_are_a_minimum_cut(engine, seed: int) -> None:
    """What passes the cut, and what it leaves free, add up to the flow; prices are 0 or 1."""
    problem = a_random_problem(seed)
    flow = engine.most(problem, problem.need_kwh)
    prices = np.array(flow.prices.limits)
    assert np.minimum(np.abs(prices), np.abs(prices - 1)).max() < 1e-9
    priced = list(zip(prices, problem.limits, strict=True))
    paid = sum(p[problem.cells.piece] * limit.members[problem.cell_session] for p, limit in priced)
    outside = problem.delivered_kwh(problem.cells.upper_kwh * np.clip(1.0 - paid, 0.0, 1.0))
    room = sum(float(p @ limit.room_kwh) for p, limit in priced)
    passed = np.minimum(outside, problem.need_kwh).sum() + room
    assert passed == pytest.approx(flow.energy_kwh.sum(), rel=1e-6)


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_lower_bounds_and_ceilings_are_kept(engine) -> None:
    """A vehicle bound to 5 kW in the dearest hour; then the same under a ceiling on the sum of hours."""
    problem = a_problem(
        a_session(leaves_h=3, need_kwh=30.0), site=a_site(price=[(0, 0.1), (1, 0.3), (2, 0.2)])
    )
    bound = problem.with_bounds(np.array([0.0, 5.0, 0.0]), problem.cells.upper_kwh)
    (cost,) = objectives(bound, Strategy.COST)
    flow = engine.cheapest(bound, Question(bound.need_kwh, cost))
    assert flow.energy_kwh == pytest.approx([20, 5, 5])
    early = Ceiling(bound.middle_hours, 20 * 0.5 + 10 * 1.5)
    held = engine.cheapest(bound, Question(bound.need_kwh, cost, (early,)))
    assert held.energy_kwh == pytest.approx([20, 10, 0])


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_what_cannot_be_delivered_has_no_answer(engine) -> None:
    """More than the window takes; and any energy at all where there is no window."""
    for session in (a_session(leaves_h=1), a_session(margin_ms=99_999_999)):
        problem = a_problem(session)
        (cost,) = objectives(problem, Strategy.COST)
        assert engine.cheapest(problem, Question(problem.need_kwh, cost)) is None
        most = engine.most(problem, problem.need_kwh).energy_kwh
        assert most == pytest.approx(problem.cells.upper_kwh)


@pytest.mark.parametrize("engine", ["highs", "pulp"], indirect=True)
def test_nobody_who_needs_anything_is_an_answer_too(engine) -> None:
    """No columns, no rows that matter, no energy."""
    problem = a_problem(a_session(need_kwh=0.0))
    (cost,) = objectives(problem, Strategy.COST)
    assert engine.cheapest(problem, Question(problem.need_kwh, cost)).energy_kwh.size == 0


def test_the_same_question_has_the_same_answer() -> None:
    """To the last bit."""
    problem = a_random_problem(3)
    energy = HIGHS.most(problem, problem.need_kwh).energy_kwh
    assert np.array_equal(energy, HIGHS.most(problem, problem.need_kwh).energy_kwh)


class _CutOff(pulp.LpSolver):
    """Ends as PuLP's solvers do at their time limit: `Optimal`, but with a solution that is only feasible."""

    def actualSolve(self, lp, **_):  # noqa: N802 - PuLP's name
        for variable in lp.variables():
            variable.varValue = 0.0
        return lp.assignStatus(pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible)


@pytest.mark.parametrize(
    "solver", [_CutOff(), pulp.HiGHS(msg=False, timeLimit=0)], ids=["feasible", "no time"]
)
def test_a_solver_that_was_cut_off_is_never_believed(solver: pulp.LpSolver) -> None:
    """Neither one that calls itself optimal nor one without an answer."""
    engine = PulpEngine()
    engine._solver = solver
    problem = a_random_problem(1)
    with pytest.raises(SolverError):
        engine.most(problem, problem.need_kwh)
    with pytest.raises(SolverError):
        engine.cheapest(problem, Question(problem.need_kwh * 0.1, objectives(problem, Strategy.COST)[0]))


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("highs", "highs"), ("pulp", "pulp"), ("pulp:HiGHS", "pulp:HiGHS")],
)
def test_an_engine_is_chosen_by_its_name(name: str, chosen: str) -> None:
    """And says which one it is."""
    assert choose_engine(name, a_problem()).name == chosen


@pytest.mark.parametrize("name", ["", "cplex", "pulp:NONE", "PULP"])
def test_an_unknown_engine_is_a_fault_of_the_request(name: str) -> None:
    """It names the field."""
    with pytest.raises(InvalidRequestError) as error:
        choose_engine(name, a_problem())
    assert error.value.faults[0].pointer == "/engine"


def test_a_peak_that_is_not_counted_costs_nothing() -> None:
    """Counted pieces alone decide: 40 kWh go into the first hour although the peak is high there."""
    charge = DemandCharge(9.0, windows=(Window(at(1), at(2)),))
    problem = a_problem(a_session(leaves_h=2, max_kw=40.0), site=a_site(demand_charge=charge))
    (cost,) = objectives(problem, Strategy.COST)
    flow = HIGHS.cheapest(problem, Question(problem.need_kwh, cost))
    assert flow.energy_kwh == pytest.approx([40, 0])
