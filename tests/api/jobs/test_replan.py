"""The batch job against a ChargEye on the loopback."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.chargeye.plan_change import plans_differ
from adapters.chargeye.simulator import FaultKind, FaultRule, SimulatorControl
from adapters.evenergy.stays import current_stays
from adapters.exceptions import VendorUnreachableError
from adapters.records import JobState, OutcomeState
from adapters.store import SqlStore
from api.jobs.causes import Cause, Trigger
from api.jobs.replan import Audience, Job, Order, Progress, replan_sites
from optimiser.domain import Notice
from optimiser.units import iso_z, to_ms
from tests.adapters.conftest import NOW
from tests.api.jobs.depots import (
    change,
    change_schedule,
    departures,
    later,
    now_and,
    plans,
    writes,
)

Load = Callable[[int, int], None]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_three_depots_with_200_vehicles(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """Every plan is filled; a second run sends nothing; one late vehicle changes its own site only."""
    load(3, 200)
    before = departures(simulator)
    first = replan_sites(job, Order())
    assert (first.state, first.exit_code) == (JobState.DONE, 0)
    assert first.counts["planned"] == 400 and first.counts["confirmed"] == 200
    assert all(plans(simulator).values()) and departures(simulator) == before
    _assert_caps_hold(job.store)

    simulator.clear_requests()
    filled = plans(simulator)
    second = replan_sites(job, Order())
    assert second.counts["changed"] == 0 and writes(simulator) == 0 and plans(simulator) == filled
    assert sum(simulator.request_counts().values()) == 3 + 2 * 3  # shared, and two for each location

    late = change_schedule(
        simulator, 0, plannedArrivalTime=later(simulator.schedules()[0]["plannedArrivalTime"], 40)
    )
    simulator.clear_requests()
    third = replan_sites(job, Order())
    calls = sum(simulator.request_counts().values())
    assert calls == 3 + 2 * 3 + 3 * third.counts["changed"]  # and three for each vehicle that changed
    assert {site.location_uid for site in third.sites if site.changed} == {late["locationUid"]}
    causes = {site.location_uid: site.cause.trigger for site in third.sites if site.cause}
    assert causes.pop(late["locationUid"]) is Trigger.SCHEDULE_CHANGED
    assert set(causes.values()) == {Trigger.MANUAL}
    elsewhere = {
        entry["id"] for entry in simulator.schedules() if entry["locationUid"] != late["locationUid"]
    }
    now_filled = plans(simulator)
    assert all(now_filled[name] == filled[name] for name in elsewhere)
    assert departures(simulator) == before


def _assert_caps_hold(store: SqlStore) -> None:
    for uid in ("depot-1", "depot-2", "depot-3"):
        newest = store.plans.latest(uid)
        assert newest is not None
        slots = newest.document["site"]["slots"]
        assert max(slot["loadKw"] - slot["powerCapKw"] for slot in slots) < 1e-3


def test_a_run_and_its_plans_are_kept(load: Load, job: Job, store: SqlStore) -> None:
    """The run with its outcomes, the plan with its proof, what each vehicle is to do; no plan twice."""
    load(1, 4)
    told: list[Progress] = []
    report = replan_sites(job, Order(), Audience(on_progress=told.append))
    run = store.jobs.get(report.run_id)
    assert run is not None and run.state is JobState.DONE and run.report == report.as_json()
    [outcome] = store.jobs.outcomes(report.run_id)
    assert outcome.state is OutcomeState.DONE and outcome.counts["confirmed"] == 4
    newest = store.plans.latest("depot-1")
    assert newest is not None and newest.summary.plan_id == outcome.plan_id
    assert newest.summary.trigger == "manual" and "certificate" in newest.document["solver"]
    assert len(store.plans.running("depot-1")) == 8
    assert [step.stage for step in told] == ["reading", "planning", "pushing", "done"]
    again = replan_sites(job, Order())
    assert len(store.plans.history("depot-1")) == 1 and again.sites[0].plan_id == outcome.plan_id


def test_a_dry_run_keeps_and_sends_nothing(
    load: Load, simulator: SimulatorControl, job: Job, store: SqlStore
) -> None:
    """It says what would be sent."""
    load(1, 3)
    report = replan_sites(job, Order(dry_run=True))
    assert report.counts["changed"] == 3 and report.dry_run
    assert writes(simulator) == 0 and store.plans.latest("depot-1") is None
    assert store.outbox.open_intents() == ()


def test_bad_entries_are_set_aside_and_told(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """A vehicle without battery, a time that is none, a rule that never ends: the others are planned."""
    load(1, 4)
    state = simulator.state()
    state.vehicles[0]["vehicle"]["fullChargeEnergykWh"] = "plenty"
    rule = {**state.schedules[1], "id": "rule", "recurrenceRule": "FREQ=SECONDLY"}
    change(simulator, vehicles=state.vehicles, schedules=[*state.schedules, rule])
    report = replan_sites(job, Order())
    [site] = report.sites
    assert site.state is OutcomeState.PARTIAL and report.exit_code == 0
    assert {entry.get("id") for entry in site.rejected} >= {"bus-001", "rule"}
    planned = {entry["evId"] for entry in simulator.schedules() if entry.get("plan")}
    assert planned == {"bus-002", "bus-003", "bus-004"}
    assert len(simulator.schedules()) == 9


def test_one_site_in_trouble_does_not_stop_the_rest(
    load: Load, simulator: SimulatorControl, job: Job, store: SqlStore
) -> None:
    """Unreadable, unknown, without a cap, or in another worker's hands: each is told, the rest is done."""
    load(4, 8)
    simulator.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="/locations/depot-1/*"))
    stations = [entry for entry in simulator.state().stations if entry["locationUid"] != "depot-2"]
    change(simulator, stations=stations)
    with store.site_lock("depot-3"):
        report = replan_sites(job, Order(("depot-1", "depot-2", "depot-3", "depot-4", "nowhere")))
    states = {site.location_uid: (site.state.value, site.exit_code) for site in report.sites}
    assert states == {
        "depot-1": ("failed", 3),
        "depot-2": ("failed", 2),
        "depot-3": ("busy", 0),
        "depot-4": ("done", 0),
        "nowhere": ("failed", 3),
    }
    assert report.exit_code == 3 and report.state is JobState.PARTIAL
    assert "no site settings" in (report.sites[1].detail or "")


def test_the_list_of_locations_may_be_missing(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """Then the sites that the store knows are done, and the run says so."""
    load(2, 4)
    job.store.sites.put("depot-2", {"timeZone": "Europe/Helsinki", "powerCapKw": 150}, {})
    simulator.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="/locations"))
    report = replan_sites(job, Order())
    assert [site.location_uid for site in report.sites] == ["depot-2"] and report.sites[0].changed
    assert report.exit_code == 3 and "GET /locations" in (report.problem or "")


def test_stored_site_settings_come_first(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """Cap, prices and settings are the operator's; the stations are the platform's."""
    load(1, 4)
    prices = [
        {"from": now_and(-60), "to": now_and(600), "pricePerKwh": 0.30},
        {"from": now_and(600), "to": now_and(2880), "pricePerKwh": 0.05},
    ]
    site = {"timeZone": "Europe/Helsinki", "currency": "EUR", "powerCapKw": 200, "prices": prices}
    job.store.sites.put("depot-1", site, {"departureMarginMinutes": 20})
    replan_sites(job, Order())
    newest = job.store.plans.latest("depot-1")
    assert newest is not None and newest.summary.strategy == "cost"
    assert {slot["powerCapKw"] for slot in newest.document["site"]["slots"]} == {200}
    assert all(plan["departureMarginMs"] == 20 * 60_000 for plan in plans(simulator).values())
    assert "GET /loadBalancing/powerGroups" not in simulator.request_counts()


def test_a_change_while_it_is_planned_is_planned_again(
    load: Load, simulator: SimulatorControl, job: Job
) -> None:
    """What is sent in the end is the plan for what there is now."""
    load(1, 4)
    moves = iter([30.0])

    def move(progress: Progress) -> None:
        minutes = next(moves, None) if progress.stage == "planning" else None
        if minutes is not None:
            entry = simulator.schedules()[0]
            change_schedule(simulator, 0, plannedArrivalTime=later(entry["plannedArrivalTime"], minutes))

    report = replan_sites(job, Order(), Audience(on_progress=move))
    assert report.sites[0].replanned == 1 and report.exit_code == 0
    entry = simulator.schedules()[0]
    assert iso_z(entry["plan"]["segments"][0]["from"]) == entry["plannedArrivalTime"]


def test_what_never_stands_still_is_told(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """Planned again twice at most; then that vehicle is reported and the others are sent."""
    load(1, 4)

    def move(progress: Progress) -> None:
        if progress.stage == "planning":
            entry = simulator.schedules()[0]
            change_schedule(simulator, 0, plannedArrivalTime=later(entry["plannedArrivalTime"], 5))

    report = replan_sites(job, Order(), Audience(on_progress=move))
    [site] = report.sites
    assert site.replanned == 2 and site.state is OutcomeState.PARTIAL and report.exit_code == 3
    assert [push.state.value for push in site.troubled] == ["changed-meanwhile"]
    assert site.counts["confirmed"] == 3


def test_the_charger_tells_soc_and_arrival(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """A running transaction's SoC counts instead of the guess, and is the reason; nothing of it is sent."""
    load(1, 2)
    arrived = change_schedule(simulator, 0, plannedArrivalTime=now_and(-30), startSoC=20)
    replan_sites(job, Order())
    guessed = simulator.schedules()[0]["plan"]["energyKwh"]
    stations = simulator.state().stations
    times = {"startTime": now_and(-20), "chargingStartTime": now_and(-10)}
    plugged = {"txId": "t", "soc": 80, "schedulePlan": {"evId": arrived["evId"]}, **times}
    stations[0]["connectors"][0]["lastTransaction"] = plugged
    change(simulator, stations=stations)
    report = replan_sites(job, Order())
    entry = simulator.schedules()[0]
    assert entry["plan"]["energyKwh"] < guessed / 3
    assert entry["planMeta"]["trigger"] == "ev-connected" and "currentSoC" not in entry
    assert entry["planMeta"]["triggerDescription"].startswith(
        f"vehicle {arrived['evId']} connected at station"
    )
    assert arrived["evId"] in report.sites[0].changed


def test_evidence_may_sharpen_the_request(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """What another vendor knows is planned with and told; where it fails, planning goes on without."""
    load(1, 2)

    def sharpen(document):
        first = {**document["schedules"][0], "startSoC": 85}
        notice = Notice("evenergy-soc", "85 % told by the vehicle", first["id"])
        return {**document, "schedules": [first, *document["schedules"][1:]]}, [notice]

    report = replan_sites(replace(job, sharpen=sharpen), Order())
    assert {"evenergy-soc"} <= {warning["code"] for warning in report.sites[0].warnings}
    entry = simulator.schedules()[0]
    assert entry["plan"]["schedule"]["startSoc"] == 85 and entry["startSoC"] != 85

    def silent(document):
        raise VendorUnreachableError("ev.energy", "GET /vehicles", "no answer")

    report = replan_sites(replace(job, sharpen=silent), Order())
    assert report.exit_code == 3 and report.sites[0].changed and "ev.energy" in (report.sites[0].detail or "")


def test_evidence_on_an_occurrence_is_planned_with_and_not_sent(
    load: Load, simulator: SimulatorControl, job: Job
) -> None:
    """The dated schedule that is posted has its rule's times and SoC; only its plan knows better."""
    load(1, 1)
    first = simulator.schedules()[0]
    change(simulator, schedules=[{**first, "id": "rule", "recurrenceRule": "FREQ=DAILY"}])

    def sharpen(document):
        stay = current_stays(document, ["bus-001"], to_ms(NOW))["bus-001"]
        seen = {**stay.entry, "startSoC": 12, "plannedArrivalTime": iso_z(to_ms(NOW))}
        return {**document, "schedules": [seen]}, []

    report = replan_sites(replace(job, sharpen=sharpen), Order())
    assert report.counts["confirmed"] == 1
    made = next(
        entry
        for entry in simulator.schedules()
        if entry["plannedDepartureTime"] == first["plannedDepartureTime"] and entry["id"] != "rule"
    )
    assert (made["plannedArrivalTime"], made["startSoC"]) == (first["plannedArrivalTime"], first["startSoC"])
    assert made["plan"]["segments"][0]["startSoc"] == 12 and "recurrenceRule" not in made


def test_recurring_schedules_become_dated_ones_once(
    load: Load, simulator: SimulatorControl, job: Job
) -> None:
    """The occurrences within the horizon are posted with their plans; the next run finds them there."""
    load(1, 1)
    rule = {**simulator.schedules()[0], "id": "rule", "recurrenceRule": "FREQ=DAILY"}
    change(simulator, schedules=[rule])
    first = replan_sites(job, Order())
    assert first.exit_code == 0 and len(simulator.schedules()) == 3
    again = replan_sites(job, Order())
    assert again.counts["changed"] == 0 and len(simulator.schedules()) == 3
    assert again.sites[0].cause == Cause(Trigger.MANUAL, "Replanned on request")


def test_a_lost_plan_is_planned_and_sent_as_it_was(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """Where the platform forgets a plan, ours stands in, so that nothing else is moved about."""
    load(1, 4)
    replan_sites(job, Order())
    before = plans(simulator)
    change_schedule(simulator, 0, plan=None, planMeta=None)
    report = replan_sites(job, Order())
    assert len(report.sites[0].changed) == 1 and plans(simulator).keys() == before.keys()
    ends = max(plan["segments"][-1]["to"] for plan in before.values())
    assert not any(plans_differ(plan, before[name], 0, ends) for name, plan in plans(simulator).items())


@pytest.mark.parametrize("through_store", [True, False])
def test_a_run_can_be_stopped_between_two_sites(
    load: Load, job: Job, store: SqlStore, through_store: bool
) -> None:
    """From this process or through the store: what was begun is finished, the rest is named."""
    load(30, 30)
    run = store.jobs.start("replan", 30)
    stopped: list[str] = []

    def stop(progress: Progress) -> None:
        if progress.stage == "done" and not stopped:
            stopped.append(progress.location_uid)
            if through_store:
                store.jobs.request_cancel(run.run_id)

    audience = Audience(on_progress=stop, cancelled=lambda: bool(stopped) and not through_store)
    report = replan_sites(job, Order(run_id=run.run_id), audience)
    assert report.run_id == run.run_id and report.state is JobState.CANCELLED and report.exit_code == 3
    assert len(report.sites) + len(report.not_done) == 30 and 1 <= len(report.sites) < 30
    kept = store.jobs.get(run.run_id)
    assert kept is not None and kept.state is JobState.CANCELLED


def test_now_may_be_any_instant(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """Plans begin at the instant that is planned for."""
    load(1, 2)
    at_ms = to_ms(NOW) + 3 * 3_600_000
    simulator.advance(3 * 3_600_000)
    replan_sites(replace(job, clock=lambda: at_ms), Order())
    begins = [plan["segments"][0]["from"] for plan in plans(simulator).values()]
    assert min(begins) >= at_ms
