"""Bounds worked out by hand from prices: the checker confirms them, and nothing above them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from optimiser.checker import check_plan
from optimiser.domain import DemandCharge, FixedSegment, Group, PlanRequest, Station, Strategy, Window
from optimiser.plan import Plan, SolveStatus, StageReport
from optimiser.series import StepSeries
from tests.optimiser.checker.builders import at, make_plan, make_request, make_session, make_site, with_stage

Case = tuple[PlanRequest, Plan]
QUARTERS = [at(15 * i) for i in range(9)]


def proven(case: Case, stage: int, bound: float, **prices: object) -> Case:
    """The plan with prices for one stage and the bound that they prove; optimal where that is all."""
    request, plan = case
    end = int(plan.slots.end_ms[-1])
    pieces = [edge for edge in QUARTERS if edge <= end]
    filled = {name: _spread(price, len(pieces) - 1) for name, price in prices.items()}
    name = plan.report.stages[stage].name
    stages = tuple(_bounded(s, bound if i == stage else None) for i, s in enumerate(plan.report.stages))
    certificate: dict[str, object] = {"piecesMs": pieces, "stages": {name: filled}}
    status = SolveStatus.OPTIMAL if all(s.gap <= 1e-6 for s in stages) else SolveStatus.FEASIBLE
    return request, replace(
        plan, report=replace(plan.report, stages=stages, certificate=certificate, status=status)
    )


def _spread(price: object, pieces: int) -> object:
    """One number for all pieces, a pair for the first hour and after it, a table of either."""
    if isinstance(price, dict):
        return {name: _spread(value, pieces) for name, value in price.items()}
    first, later = price if isinstance(price, tuple) else (price, price)
    return [first if i < 4 else later for i in range(pieces)]


def _bounded(stage: StageReport, bound: float | None) -> StageReport:
    return stage if bound is None else replace(stage, bound=bound)


def tight_cap(**report: object) -> Case:
    """60 kWh for two buses, of which the cap lets 40 through in the cheap hour: 8 / 0.9 of money."""
    site = make_site(power_cap_kw=StepSeries.constant(10 + 40 / 0.9))
    request = make_request(make_session("one", 0, 120), make_session("two", 0, 120), site=site)
    charging = {"one": [(0, 60, 20), (60, 75, 40)], "two": [(0, 60, 20), (75, 90, 40)]}
    return request, make_plan(request, charging, **report)


def cost_at_the_cap() -> Case:
    """A kWh of room in the cheap hour saves 0.1 / 0.9."""
    return proven(tight_cap(), 2, 8 / 0.9, siteCap=(0.1 / 0.9, 0.0))


def flat(strategy: Strategy = Strategy.COST, windows: tuple[Window, ...] = (), billed: float = 0.0) -> Case:
    """30 kWh in an hour, flat: a peak of 10 + 30 / 0.9."""
    charge = DemandCharge(9.0, billed, windows)
    site = make_site(demand_charge=charge)
    request = make_request(make_session("one", 0, 60), site=site, strategy=strategy)
    return request, make_plan(request, {"one": [(0, 60, 30)]}, bounds=(0, 0, 0))


def cost_of_the_peak(dear: float = 1.0) -> Case:
    """Nine per kW over an hour are ten per DC kWh; what is dearer than that is scaled down to it."""
    return proven(flat(), 2, 3 / 0.9 + 9 * (10 + 30 / 0.9), peak=10.0 * dear)


def cost_over_the_billed_peak() -> Case:
    return proven(flat(billed=20.0), 2, 3 / 0.9 + 9 * (30 / 0.9 - 10), peak=10.0)


def cost_in_a_window() -> Case:
    """Only the second half hour is measured: 15 kWh must fit before it, and are free of the peak."""
    request, plan = flat(windows=(Window(at(30), at(60)),))
    plan = make_plan(request, {"one": [(0, 30, 60)]})
    return proven((request, plan), 2, 3 / 0.9 + 9 * 10, peak=20.0)


def lowest_peak() -> Case:
    return proven(flat(Strategy.PEAK_SUPPRESSION), 2, 10 + 30 / 0.9, peak=1 / 0.9)


def soonest() -> Case:
    """15 kWh at an eighth of an hour and 15 at three: no price is needed."""
    request = make_request(make_session("one", 0, 60), strategy=Strategy.ASAP)
    return proven((request, make_plan(request, {"one": [(0, 30, 60)]}, bounds=(0, 0, 0))), 2, 7.5)


def least_carbon() -> Case:
    """30 kWh at 100 g per AC kWh."""
    site = make_site(carbon_g_per_kwh=StepSeries.constant(100.0))
    request = make_request(make_session("one", 0, 60), site=site, strategy=Strategy.CARBON)
    return proven((request, make_plan(request, {"one": [(0, 30, 60)]}, bounds=(0, 0, 0))), 2, 3 / 0.9)


def short(where: str, **session: object) -> Case:
    """20 kW for half an hour, 30 kWh wanted: 20 are missing, whichever limit it is."""
    site = make_site(
        power_cap_kw=StepSeries.constant(10 + 20 / 0.9 if where == "site" else 500.0),
        groups=(Group("g", None, StepSeries.constant(20 / 0.9 if where == "group" else 500.0), ("S",)),),
        price_per_kwh=StepSeries.constant(0.0),
    )
    request = make_request(make_session("one", 0, 30, station_id="S", **session), site=site)
    return request, make_plan(request, {"one": [(0, 30, 20)]})


def missing_at_the_site() -> Case:
    return proven(short("site"), 1, 20.0, siteCap=1.0)


def missing_at_a_group() -> Case:
    return proven(short("group"), 1, 20.0, groups={"g": 1.0})


def missing_at_a_station() -> Case:
    """Two buses share 20 kW for half an hour: 50 of 60 kWh are missing."""
    site = make_site(stations=(Station("S", 20.0, {}),))
    request = make_request(*(make_session(name, 0, 30, station_id="S") for name in ("one", "two")), site=site)
    plan = make_plan(request, {"one": [(0, 30, 10)], "two": [(0, 30, 10)]})
    return proven((request, plan), 1, 50.0, stations={"S": 1.0})


def missing_below_the_minimum() -> Case:
    """Of 15 kWh below the minimum 10 fit."""
    return proven(short("site", minimum_soc=0.65), 0, 5.0, siteCap=1.0)


def missing_beside_a_frozen_plan() -> Case:
    """Frozen load takes the room of 5 kWh, and its own missing energy is as it is."""
    given = (FixedSegment(at(0), at(30), 10.0),)
    one = make_session("one", 0, 30, frozen=given)
    site = make_site(power_cap_kw=StepSeries.constant(10 + 30 / 0.9))
    request = make_request(one, make_session("two", 0, 30), site=site)
    plan = make_plan(request, {"one": [(0, 30, 10)], "two": [(0, 30, 20)]})
    return proven((request, plan), 1, 25.0 + 20.0, siteCap=1.0)


PROVEN: list[tuple[int, Callable[[], Case]]] = [
    (2, cost_at_the_cap),
    (2, cost_of_the_peak),
    (2, lambda: cost_of_the_peak(dear=3.0)),
    (2, cost_over_the_billed_peak),
    (2, cost_in_a_window),
    (2, lowest_peak),
    (2, soonest),
    (2, least_carbon),
    (1, missing_at_the_site),
    (1, missing_at_a_group),
    (1, missing_at_a_station),
    (0, missing_below_the_minimum),
    (1, missing_beside_a_frozen_plan),
]


def broken_rules(case: Case) -> set[str]:
    return {breach.rule for breach in check_plan(*case)}


@pytest.mark.parametrize(("stage", "case"), PROVEN)
def test_a_bound_that_its_prices_prove_is_confirmed(stage: int, case: Callable[[], Case]) -> None:
    """Worked out by hand, the bound meets the value, and the checker agrees."""
    request, plan = case()
    assert check_plan(request, plan) == ()
    assert plan.report.stages[stage].gap <= 1e-6


@pytest.mark.parametrize(("stage", "case"), PROVEN)
def test_a_bound_above_what_its_prices_prove_is_refuted(stage: int, case: Callable[[], Case]) -> None:
    """A bound that is 1e-5 too high is not believed."""
    request, plan = case()
    bound = plan.report.stages[stage].bound
    assert broken_rules((request, with_stage(plan, stage, bound=bound + 1e-5 * max(1.0, bound)))) == {
        "4 proof"
    }


@pytest.mark.parametrize(
    "case",
    [
        cost_at_the_cap,
        cost_of_the_peak,
        lowest_peak,
        missing_at_the_site,
        missing_at_a_group,
        missing_at_a_station,
        missing_below_the_minimum,
        missing_beside_a_frozen_plan,
    ],
)
def test_without_its_prices_the_bound_is_refuted(case: Callable[[], Case]) -> None:
    """The prices are the proof: taken away, the same bound has none."""
    request, plan = case()
    bare = replace(plan, report=replace(plan.report, certificate={}))
    assert broken_rules((request, bare)) == {"4 proof"}


def test_optimal_with_a_gap_is_refuted() -> None:
    """A status of optimal needs every gap closed."""
    assert broken_rules(tight_cap(status=SolveStatus.OPTIMAL)) == {"4 status"}


CERTIFICATES: list[tuple[str, dict[str, object]]] = [
    ("pieces leave out the price's edge", {"piecesMs": [at(0), at(120)]}),
    ("pieces end early", {"piecesMs": QUARTERS[:-1]}),
    ("pieces fall", {"piecesMs": [*QUARTERS[:-2], at(120), at(105)]}),
    ("pieces are no numbers", {"piecesMs": ["x"]}),
    ("prices of another length", {"piecesMs": QUARTERS, "stages": {"cost": {"siteCap": [0.0]}}}),
    ("a price below 0", {"piecesMs": QUARTERS, "stages": {"cost": {"siteCap": [-0.1] * 8}}}),
    ("a price that is no number", {"piecesMs": QUARTERS, "stages": {"cost": {"peak": [None] * 8}}}),
    ("a limit that is not there", {"piecesMs": QUARTERS, "stages": {"cost": {"groups": {"g": [0.0] * 8}}}}),
    ("a kind that is not there", {"piecesMs": QUARTERS, "stages": {"cost": {"roof": [0.0] * 8}}}),
    ("stages are a list", {"piecesMs": QUARTERS, "stages": []}),
]


@pytest.mark.parametrize(
    "certificate", [row[1] for row in CERTIFICATES], ids=[row[0] for row in CERTIFICATES]
)
def test_a_certificate_that_cannot_be_read_is_a_breach(certificate: dict[str, object]) -> None:
    """Whatever stands in the certificate, the check ends in a breach and in no exception."""
    assert broken_rules(tight_cap(certificate=certificate)) == {"4 proof"}
