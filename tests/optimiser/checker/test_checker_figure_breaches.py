"""One figure wrong: totals, slots, shortfalls or stages."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from optimiser.domain import (
    Strategy,
)
from optimiser.plan import Reason
from tests.optimiser.checker import test_checker_right_plans as right
from tests.optimiser.checker.builders import (
    at,
    with_slot,
    with_stage,
)
from tests.optimiser.checker.tampering import Case, assert_breaks_only, tampered


def unnamed_shortfall() -> Case:
    request, plan = right.short_of_energy()
    return request, replace(plan, shortfalls=())


def false_shortfall() -> Case:
    request, plan = right.two_buses()
    _, short = right.short_of_energy()
    invented = replace(short.shortfalls[0], shortfall_kwh=0.0, planned_soc=0.8)
    return request, replace(plan, shortfalls=(invented,))


def shortfall(**changes: object) -> Callable[[], Case]:
    return tampered(
        right.short_of_energy,
        lambda plan: replace(plan, shortfalls=(replace(plan.shortfalls[0], **changes),)),
    )


def reason(code: str, start: float = 0, end: float = 30) -> Callable[[], Case]:
    return shortfall(reasons=(Reason(code, at(start), at(end)),))


def totals(base: Callable[[], Case], **changes: object) -> Callable[[], Case]:
    return tampered(base, lambda plan: replace(plan, totals=replace(plan.totals, **changes)))


def stage(base: Callable[[], Case], number: int, **values: object) -> Callable[[], Case]:
    return tampered(base, lambda plan: with_stage(plan, number, **values))


def other_strategy() -> Case:
    request, plan = right.as_soon_as_possible()
    return replace(request, strategy=Strategy.COST), plan


WRONG: list[tuple[str, str, Callable[[], Case]]] = [
    ("another peak", "3 totals", totals(right.two_buses, peak_kw=76.0)),
    ("another energy", "3 totals", totals(right.two_buses, energy_kwh=1.0)),
    ("another energy cost", "3 totals", totals(right.two_buses, energy_cost=1.0)),
    ("another demand cost", "3 totals", totals(right.demand_windows, demand_cost=0.0)),
    ("another carbon", "3 totals", totals(right.carbon, carbon_kg=1.0)),
    ("carbon without intensity", "3 totals", totals(right.two_buses, carbon_kg=1.0)),
    ("no peak at all", "3 totals", totals(right.two_buses, peak_kw=float("nan"))),
    ("another load", "3 slots", tampered(right.two_buses, lambda plan: with_slot(plan, 1, load_kw=9.9))),
    (
        "another base load",
        "3 slots",
        tampered(right.two_buses, lambda plan: with_slot(plan, 1, base_load_kw=9.9)),
    ),
    (
        "another cap",
        "3 slots",
        tampered(right.two_buses, lambda plan: with_slot(plan, 1, power_cap_kw=201.0)),
    ),
    ("another price", "3 slots", tampered(right.carbon, lambda plan: with_slot(plan, 7, price_per_kwh=-0.1))),
    ("another slot", "3 slots", tampered(right.two_buses, lambda plan: with_slot(plan, 1, start_ms=at(16)))),
    ("a shortfall unnamed", "3 shortfalls", unnamed_shortfall),
    ("a shortfall invented", "3 shortfalls", false_shortfall),
    (
        "a shortfall of nobody",
        "3 shortfalls",
        tampered(
            right.short_of_energy,
            lambda plan: replace(plan, shortfalls=(*plan.shortfalls, replace(plan.shortfalls[0], session=7))),
        ),
    ),
    (
        "a shortfall twice",
        "3 shortfalls",
        tampered(right.short_of_energy, lambda plan: replace(plan, shortfalls=plan.shortfalls * 2)),
    ),
    ("less short than true", "3 shortfalls", shortfall(shortfall_kwh=14.9)),
    ("another planned SoC", "3 shortfalls", shortfall(planned_soc=0.66)),
    ("no reason", "4 reasons", shortfall(reasons=())),
    ("an unknown reason", "4 reasons", reason("weather")),
    ("frozen and not", "4 reasons", reason("frozen")),
    ("a group that is not there", "4 reasons", reason("group-cap:g")),
    ("a reason at another time", "4 reasons", reason("window", 0, 31)),
    ("less missing below minimum than true", "3 stages", stage(right.short_of_energy, 0, value=9.0)),
    ("less missing than true", "3 stages", stage(right.short_of_energy, 1, value=14.0)),
    ("another cost", "3 stages", stage(right.demand_windows, 2, value=400.0)),
    ("another peak as value", "3 stages", stage(right.lowest_peak, 2, value=43.0)),
    ("another sum of delays", "3 stages", stage(right.as_soon_as_possible, 2, value=8.0)),
    ("other grams", "3 stages", stage(right.carbon, 2, value=5.0)),
    ("an unknown want", "3 stages", stage(right.two_buses, 2, name="beauty")),
    ("another strategy", "3 stages", other_strategy),
]


@pytest.mark.parametrize(("rule", "case"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_plan_breaks_that_rule_and_no_other(rule: str, case: Callable[[], Case]) -> None:
    """One thing is wrong, and the checker names that rule and blames nothing else."""
    assert_breaks_only(rule, case())
