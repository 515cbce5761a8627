"""How near plans with least power and unbroken runs come to their bounds, on depots that were hard once."""

import pytest

from benchmarks.fleet import SOLO_BUS, TRUCK, VAN
from benchmarks.generator import DepotKind, generate
from benchmarks.phases import parse
from optimiser.checker import check_plan
from optimiser.domain import PlanRequest
from optimiser.plan import Plan
from optimiser.planner import plan_site

MIXED = ((0.3, VAN), (0.3, TRUCK), (0.4, SOLO_BUS))


def depot(n_vehicles: int, **kind: object) -> PlanRequest:
    """A seeded depot with least power, 30 % of which cannot pause."""
    wanted = {"no_pause_share": 0.3, "least_power": True} | kind
    return parse(generate(DepotKind(**wanted), n_vehicles)).plan_request


def sound_plan(request: PlanRequest) -> Plan:
    """The plan, which breaks nothing."""
    plan = plan_site(request)
    assert check_plan(request, plan) == ()
    return plan


@pytest.mark.parametrize(
    ("n_vehicles", "kind"),
    [
        (5, {}),  # four of the five cannot pause; 15.5 % before vehicles were decided anew
        (10, {"fleet": MIXED, "cap_slack": 1.0}),
        (20, {}),
        (20, {"strategy": "peak-supression"}),
        (20, {"no_pause_share": 1.0}),
    ],
)
def test_plans_are_within_one_percent_of_their_bound(n_vehicles: int, kind: dict) -> None:
    """Nothing is missing, and the strategy's value is near what the proof allows."""
    below, missing, strategy = sound_plan(depot(n_vehicles, **kind)).report.stages
    assert below.value + missing.value == pytest.approx(0.0, abs=1e-3)
    assert strategy.gap <= 0.01


@pytest.mark.parametrize(("n_vehicles", "slack"), [(5, 0.85), (10, 0.85), (20, 0.7)])
def test_nearly_all_that_the_cap_lets_through_is_delivered(n_vehicles: int, slack: float) -> None:
    """A share that a least power or a run cannot use goes to somebody else."""
    missing = sound_plan(depot(n_vehicles, fleet=MIXED, cap_slack=slack)).report.stages[1]
    assert missing.value <= missing.bound * 1.005
