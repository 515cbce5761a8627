"""Generated depots: the same every time, and with the cap that their kind promises."""

import pytest

from benchmarks.feeders import HALLS, behind_feeders
from benchmarks.fleet import ARTICULATED_BUS, SOLO_BUS, TRUCK, models
from benchmarks.generator import DepotKind, generate
from benchmarks.layout import readable_json
from benchmarks.measure import Task, measure
from benchmarks.phases import expand, parse, time_phases
from benchmarks.subjects.replan import afresh, build


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


def test_every_vehicle_stands_in_the_tree_and_nobody_goes_short() -> None:
    """70 vehicles: 35 power units, two halls of which each has one feeder, and caps that bind."""
    request = behind_feeders(generate(DepotKind(), 70))
    groups, stations = request["site"]["groups"], request["site"]["stations"]
    assert len(stations) == 35 and len(groups) == 2 * HALLS
    fed = [station for group in groups for station in group.get("stationIds", [])]
    assert sorted(fed) == sorted(station["stationId"] for station in stations)
    assert {entry["stationId"] for entry in request["schedules"]} == set(fed)
    plan = time_phases(readable_json(request).encode())[1].plan
    assert plan.shortfalls == ()
    assert "groups" in plan.report.certificate["stages"]["cost"]


def test_a_replan_has_a_running_plan_for_all_and_afresh_has_none() -> None:
    request = build(6, 15)
    assert all(session.running_plan for session in expand(parse(request).plan_request).ours)
    anew = expand(parse(afresh(request)).plan_request).ours
    assert not any(session.running_plan for session in anew)
    first, *others = anew
    before = expand(parse(generate(DepotKind(), 6)).plan_request).ours
    assert first.soc == pytest.approx(before[0].soc - 0.15)
    assert [session.soc for session in others] == [session.soc for session in before[1:]]
