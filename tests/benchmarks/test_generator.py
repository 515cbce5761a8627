"""Generated depots: the same every time, and with the cap that their kind promises."""

import pytest

from benchmarks.fleet import ARTICULATED_BUS, SOLO_BUS, TRUCK, models
from benchmarks.generator import DepotKind, generate
from benchmarks.layout import readable_json
from benchmarks.measure import Task, measure


def test_the_same_seed_gives_the_same_depot_and_another_seed_another() -> None:
    again = generate(DepotKind(), 12)
    assert readable_json(generate(DepotKind(), 12)) == readable_json(again)
    assert generate(DepotKind(), 12, seed=8) != again


def test_a_fleet_is_dealt_by_its_shares() -> None:
    dealt = [model.name for model in models(((0.6, SOLO_BUS), (0.3, ARTICULATED_BUS), (0.1, TRUCK)), 11)]
    assert [dealt.count(name) for name in ("solo", "artic", "truck")] == [7, 3, 1]


@pytest.mark.parametrize(("cap_slack", "somebody_short"), [(1.0, False), (0.85, True)])
def test_the_cap_is_the_least_that_is_enough_times_the_slack(cap_slack: float, somebody_short: bool) -> None:
    text = readable_json(generate(DepotKind(cap_slack=cap_slack), 10)).encode()
    assert (measure(Task("cap", 10, 15, text), 1).missing_kwh > 1.0) is somebody_short
