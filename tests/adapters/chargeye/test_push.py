"""Pushing plans to the simulator: nothing is lost, nothing doubled, and what is not confirmed is told."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.guards import instant_ms
from adapters.chargeye.push import ChargEyePush
from adapters.chargeye.push_plan import PushMode, PushState, SitePlan, VehiclePush
from adapters.chargeye.simulator import FaultKind, FaultRule, SimulatorControl
from adapters.chargeye.wire import ScheduleJson
from adapters.store import SqlStore, open_store
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE
from tests.adapters.chargeye.builders import DEPOT, NOW_MS, at, put_schedules, stored
from tests.adapters.store.builders import ManualClock

HORIZON_END_MS = NOW_MS + 48 * MS_PER_HOUR


@pytest.fixture
def time() -> ManualClock:
    """The time of the store and the push."""
    return ManualClock(NOW_MS)


@pytest.fixture
def store(store_url: str, time: ManualClock) -> Iterator[SqlStore]:
    """An empty store, SQLite or PostgreSQL."""
    store = open_store(store_url, time)
    yield store
    store.close()


@pytest.fixture
def pusher(client: ChargEyeClient, store: SqlStore, time: ManualClock) -> ChargEyePush:
    """A push by full replace."""
    return ChargEyePush(client, store.outbox, time)


def planned(entry: dict[str, Any], power_kw: float = 42.0, **fields: Any) -> ScheduleJson:
    """The entry with a plan of ours: one power from its arrival to its departure, from now on."""
    start_ms = max(NOW_MS, instant_ms(entry["plannedArrivalTime"]))
    end_ms = instant_ms(entry["plannedDepartureTime"])
    segment = {"from": start_ms, "to": end_ms, "powerkW": power_kw, "startSoc": 31, "endSoc": 90}
    meta = {"strategyVersion": "depot-charging-planner/1", "frozen": False}
    filled = {**entry, "plan": {"segments": [segment], "pastSegments": []}, "planMeta": meta, **fields}
    return ScheduleJson(**filled)  # type: ignore[typeddict-item]


def a_site_plan(seen: list[dict[str, Any]], *plans: ScheduleJson, plan_id: str = "p-1") -> SitePlan:
    """What the simulator had when it was planned, and what is planned."""
    by_vehicle: dict[str, list[ScheduleJson]] = {}
    for plan in plans:
        by_vehicle.setdefault(plan["evId"], []).append(plan)
    before: dict[str, list[ScheduleJson]] = {}
    for entry in seen:
        before.setdefault(entry["evId"], []).append(ScheduleJson(**copy.deepcopy(entry)))  # type: ignore[typeddict-item]
    return SitePlan(DEPOT, plan_id, HORIZON_END_MS, by_vehicle, before)


def push(pusher: ChargEyePush, store: SqlStore, plan: SitePlan, **options: Any) -> dict[str, VehiclePush]:
    """One push under the site's lock, by vehicle."""
    with store.site_lock(DEPOT) as held:
        return {result.vehicle_id: result for result in pusher.push(plan, held, **options)}


def by_id(simulator: SimulatorControl) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in simulator.schedules()}


def posts(simulator: SimulatorControl) -> int:
    return sum(call["method"] in ("POST", "PATCH") for call in simulator.requests())


TONIGHT = stored("tonight", 1, 11, note="kept")
RUNNING = stored("running", -2, 6)


def test_a_replace_keeps_everything_that_is_still_to_end(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore
) -> None:
    """The running stay, those beyond the horizon and elsewhere, rules and unknown fields survive, ids too."""
    later = planned(stored("later", 60, 70), 7.0)
    elsewhere = stored("elsewhere", 24, 30, locationUid="elsewhere")
    rule = stored("rule", 24, 34, recurrenceRule="FREQ=DAILY")
    over = stored("over", -12, -4)
    put_schedules(depot, RUNNING, TONIGHT, dict(later), elsewhere, rule, over)
    tonight = planned(TONIGHT, currentSoC=50, stationId="DEP-04", connectorId="1")
    occurrence = planned({**stored("rule@x", 36, 46), "evId": "bus-1"}, 11.0)
    plan = a_site_plan([RUNNING, TONIGHT], planned(RUNNING), tonight, occurrence)
    assert push(pusher, store, plan)["bus-1"].state is PushState.CONFIRMED
    found = by_id(depot)
    assert len(found) == 7 and {"running", "tonight", "later", "elsewhere", "rule", "over"} < set(found)
    assert all(found[entry["id"]] == entry for entry in (later, elsewhere, rule, over))
    assert found["tonight"]["note"] == "kept" and found["tonight"]["plan"] == tonight["plan"]
    new = next(entry for name, entry in found.items() if entry["plannedDepartureTime"] == at(46))
    assert new["plan"] == occurrence["plan"]
    assert not any(name in entry for entry in found.values() for name in ("currentSoC", "stationId"))
    assert not store.outbox.open_intents()


def test_what_happened_meanwhile_stays_in_the_plan(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore
) -> None:
    """Past segments are the platform's to tell, so those of the last reading are sent."""
    past = {"pastSegments": [{"from": 1, "to": 2, "powerkW": 5}]}
    put_schedules(depot, {**RUNNING, "plan": past})
    push(pusher, store, a_site_plan([RUNNING], planned(RUNNING)))
    assert by_id(depot)["running"]["plan"]["pastSegments"] == past["pastSegments"]


def test_only_what_changed_is_sent(depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore) -> None:
    """0.4 kW is no change and costs not one call; 0.6 kW is, and so is anything with force."""
    there = dict(planned(TONIGHT, 42.0))
    put_schedules(depot, there)
    depot.clear_requests()
    assert push(pusher, store, a_site_plan([there], planned(TONIGHT, 42.4))) == {}
    assert depot.requests() == []
    assert set(push(pusher, store, a_site_plan([there], planned(TONIGHT, 42.6)))) == {"bus-1"}
    there = by_id(depot)["tonight"]
    forced = push(pusher, store, a_site_plan([there], planned(TONIGHT, 42.6)), force=True)
    assert forced["bus-1"].state is PushState.CONFIRMED and posts(depot) == 2


@pytest.mark.parametrize(
    "now_there",
    [
        pytest.param([{**TONIGHT, "plannedArrivalTime": at(2)}], id="moved"),
        pytest.param([TONIGHT, stored("new", 20, 30)], id="added"),
        pytest.param([stored("other", 3, 9)], id="gone"),
        pytest.param([planned(TONIGHT, planMeta={"frozen": True})], id="frozen"),
    ],
)
def test_a_schedule_that_changed_is_not_overwritten(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore, now_there: list[dict[str, Any]]
) -> None:
    """Nothing is sent, and it is told."""
    put_schedules(depot, *now_there)
    before = by_id(depot)
    plan = a_site_plan([TONIGHT], planned(TONIGHT, 10.0))
    for stop_on_change in (True, False):
        reported = push(pusher, store, plan, stop_on_change=stop_on_change)
        assert reported["bus-1"].state is PushState.CHANGED_MEANWHILE and by_id(depot) == before


def test_a_new_plan_after_a_change_is_sent_at_once(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore
) -> None:
    """The intent of the plan that was overtaken does not make its successor wait."""
    put_schedules(depot, {**TONIGHT, "priority": 3})
    first = push(pusher, store, a_site_plan([TONIGHT], planned(TONIGHT)))
    assert first["bus-1"].state is PushState.CHANGED_MEANWHILE
    there = by_id(depot)["tonight"]
    again = push(pusher, store, a_site_plan([there], planned(there), plan_id="p-2"))
    assert again["bus-1"].state is PushState.CONFIRMED


@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.UNAUTHORIZED,
                                  FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR])  # fmt: skip
def test_a_passing_fault_does_no_harm(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore, kind: FaultKind
) -> None:
    """Whatever befalls the write once, afterwards every schedule is there once, with its plan."""
    put_schedules(depot, RUNNING, TONIGHT)
    depot.add_fault(FaultRule(kind=kind, method="POST", count=1, retry_after_seconds=0))
    plan = a_site_plan([RUNNING, TONIGHT], planned(RUNNING), planned(TONIGHT))
    assert push(pusher, store, plan)["bus-1"].state is PushState.CONFIRMED
    found = by_id(depot)
    assert set(found) == {"running", "tonight"} and all("plan" in entry for entry in found.values())


def test_a_plan_that_is_silently_dropped_is_tried_again_with_growing_pauses(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore, time: ManualClock
) -> None:
    """It is reported, left alone until its pause is over, also by a slightly newer plan, and then sent."""
    put_schedules(depot, TONIGHT)
    depot.add_fault(FaultRule(kind=FaultKind.DROP_PLAN, method="POST", count=2))
    first = push(pusher, store, a_site_plan([TONIGHT], planned(TONIGHT)))["bus-1"]
    assert first.state is PushState.NOT_CONFIRMED and "not as sent" in (first.detail or "")
    due = []
    for number in (1, 2):
        newer = a_site_plan([TONIGHT], planned(TONIGHT, 42 + number), plan_id=f"p-{number}")
        assert push(pusher, store, newer)["bus-1"].state is PushState.WAITING
        [intent] = store.outbox.open_intents()
        due.append(intent.next_attempt_ms - time.now_ms)
        time.now_ms = intent.next_attempt_ms
        last = push(pusher, store, newer)["bus-1"]
    assert last.state is PushState.CONFIRMED and posts(depot) == 3
    assert due == [30_000, 60_000]


def test_an_outage_is_noticed_and_everything_stays_to_be_sent(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore, time: ManualClock
) -> None:
    """After two vehicles in a row the rest is not tried; when the platform is back, all are sent."""
    entries = [stored(f"s-{n}", 1, 11, vehicle_id=f"bus-{n}") for n in (1, 2)]
    state = depot.state()
    extra = [stored(f"s-{n}", 1, 11, vehicle_id=f"bus-{n}") for n in (3, 4)]
    vehicles = [*state.vehicles, *({"vehicle": {"id": f"bus-{n}"}} for n in (3, 4))]
    depot.load(state.model_copy(update={"vehicles": vehicles, "schedules": entries + extra}))
    depot.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, method="POST"))
    plan = a_site_plan(entries + extra, *(planned(entry) for entry in entries + extra))
    results = push(pusher, store, plan)
    states = sorted(result.state for result in results.values())
    assert states == [PushState.FAILED] * 2 + [PushState.WAITING] * 2
    assert len(store.outbox.open_intents()) == 4
    depot.clear_faults()
    time.now_ms += 10 * MS_PER_MINUTE
    results = push(pusher, store, plan)
    assert {result.state for result in results.values()} == {PushState.CONFIRMED} and len(results) == 4


def test_what_a_dead_worker_had_in_flight_is_found_done_or_done_again(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore, time: ManualClock
) -> None:
    """If the platform has it, it is closed without a call; if not, it is sent."""
    plan = a_site_plan([TONIGHT], planned(TONIGHT))
    put_schedules(depot, TONIGHT)
    store.outbox.put("bus-1", DEPOT, plan.payload("bus-1"), "before")
    left = store.outbox.claim_next(DEPOT)
    assert left is not None and push(pusher, store, plan)["bus-1"].state is PushState.CONFIRMED
    there = by_id(depot)["tonight"]
    time.now_ms += 1
    store.outbox.put("bus-1", DEPOT, plan.payload("bus-1"), "again")
    store.outbox.claim_next(DEPOT)
    depot.clear_requests()
    assert push(pusher, store, a_site_plan([there], planned(TONIGHT))) == {}
    last = store.outbox.last_confirmed("bus-1")
    assert depot.requests() == [] and last is not None and last.fingerprint == "again"


def test_an_overtaken_intent_is_given_up(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore
) -> None:
    """What is wanted now is there; the older wish is not counted as done."""
    there = dict(planned(TONIGHT, 42.0))
    put_schedules(depot, there)
    older = a_site_plan([there], planned(TONIGHT, 10.0)).payload("bus-1")
    store.outbox.put("bus-1", DEPOT, older, "older")
    assert push(pusher, store, a_site_plan([there], planned(TONIGHT, 42.0))) == {}
    assert store.outbox.open_intents() == () and store.outbox.last_confirmed("bus-1") is None


def test_patch_writes_plans_of_schedules_that_exist_and_nothing_else(
    depot: SimulatorControl, client: ChargEyeClient, store: SqlStore, time: ManualClock
) -> None:
    """No POST, times untouched; what only a rule knows is left alone and is no trouble."""
    pusher = ChargEyePush(client, store.outbox, time, PushMode.PATCH)
    put_schedules(depot, TONIGHT, stored("rule", 24, 34, "bus-2", recurrenceRule="FREQ=DAILY"))
    occurrence = planned({**stored("rule@x", 24, 34), "evId": "bus-2"})
    first = planned({**stored("rule@y", 30, 34), "evId": "bus-1"})
    results = push(pusher, store, a_site_plan([TONIGHT], planned(TONIGHT), first, occurrence))
    assert results["bus-1"].state is PushState.CONFIRMED
    assert results["bus-2"].state is PushState.NOTHING_TO_PATCH
    assert "POST" not in {call["method"] for call in depot.requests()}
    assert by_id(depot)["tonight"] == {**planned(TONIGHT)} and len(by_id(depot)) == 2


@pytest.mark.parametrize("hours", [0.01, -0.01])
def test_a_stay_that_ends_about_now_is_let_end_first(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore, hours: float
) -> None:
    """By one clock it is over and may not be sent, by the other it is not and would be deleted."""
    ending = stored("ending", -8, hours)
    put_schedules(depot, ending, TONIGHT)
    before = by_id(depot)
    seen = [entry for entry in (ending, TONIGHT) if hours > 0 or entry is TONIGHT]
    result = push(pusher, store, a_site_plan(seen, planned(TONIGHT)))["bus-1"]
    assert result.state is PushState.NOT_CONFIRMED and by_id(depot) == before


def test_a_vehicle_that_cannot_be_sent_safely_does_not_stop_the_others(
    depot: SimulatorControl, pusher: ChargEyePush, store: SqlStore
) -> None:
    """Two schedules with one departure: a replace would leave one, so it is refused and told."""
    twins = [stored("twin-1", 1, 11), stored("twin-2", 2, 11)]
    other = stored("other", 1, 11, vehicle_id="bus-2")
    put_schedules(depot, *twins, other)
    results = push(pusher, store, a_site_plan([*twins, other], planned(twins[0]), planned(other)))
    assert results["bus-1"].state is PushState.FAILED and "two schedules" in (results["bus-1"].detail or "")
    assert results["bus-2"].state is PushState.CONFIRMED and len(by_id(depot)) == 3
