"""A night in both simulators: 30 buses, 5 late, 3 that ignore commands, 2 with broken authentication."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.simulator import Seed as ChargEyeSeed
from adapters.chargeye.simulator import example_seed as chargeye_example
from adapters.evenergy.planned_runs import PlannedRun, planned_runs
from adapters.evenergy.simulator import Seed
from adapters.evenergy.simulator.example import example_id
from adapters.records import PlanSummary, RunningPlan, StoredPlan
from adapters.simulation.fleet import example_vin
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, from_ms, iso_z, to_ms
from tests.adapters.evenergy.builders import TOKEN, USER

Json = dict[str, Any]

AFTERNOON = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
AFTERNOON_MS = to_ms(AFTERNOON)
EVENING_MS = AFTERNOON_MS + 255 * MS_PER_MINUTE  # all were to be there 20 minutes ago or longer
MORNING_MS = AFTERNOON_MS + 17 * MS_PER_HOUR
DEPOT = "depot-1"

BUSES = [f"bus-{number:03}" for number in range(1, 31)]
LATE, IGNORING, CUT_OFF = frozenset(BUSES[0:5]), frozenset(BUSES[5:8]), frozenset(BUSES[8:10])
WELL = frozenset(BUSES[10:])


@dataclass(frozen=True)
class Bus:
    """One bus and the runs that were planned for it in the afternoon."""

    name: str
    schedule: Json
    runs: tuple[PlannedRun, ...]

    @property
    def evenergy_id(self) -> str:
        return example_id("vhcl", int(self.name[-3:]))

    @property
    def arrived_ms(self) -> int:
        """Late ones come half an hour after the evening's replan, and three hours late or more."""
        planned_ms = to_ms(datetime.fromisoformat(self.schedule["plannedArrivalTime"]))
        return (
            max(EVENING_MS + 30 * MS_PER_MINUTE, planned_ms + 3 * MS_PER_HOUR)
            if self.name in LATE
            else planned_ms
        )


def chargeye_seed() -> ChargEyeSeed:
    return chargeye_example(vehicles=len(BUSES), now=AFTERNOON)


def tonights_request(chargeye: ChargEyeClient, now_ms: int) -> Json:
    """What a job would ask the planner: charge as soon as possible, whoever comes tonight."""
    stays = chargeye.location_schedules(DEPOT).schedules
    tonight = [stay for stay in stays if stay["plannedArrivalTime"] < iso_z(AFTERNOON_MS + 5 * MS_PER_HOUR)]
    site = {"locationUid": DEPOT, "timeZone": "Europe/Helsinki", "powerCapKw": 8_000}
    vehicles = [record.vehicle for record in chargeye.list_vehicles()]
    return {
        "now": iso_z(now_ms),
        "strategy": "asap",
        "site": site,
        "vehicles": vehicles,
        "schedules": tonight,
    }


def buses(response: Json) -> list[Bus]:
    return [Bus(entry["evId"], entry, planned_runs(entry)) for entry in response["schedules"]]


def stored(response: Json) -> tuple[StoredPlan, list[RunningPlan]]:
    """A plan as the job keeps it."""
    plan_id = response["planId"]
    summary = PlanSummary(
        plan_id, DEPOT, AFTERNOON_MS, AFTERNOON_MS, "asap", "optimal", 0.0, 0.0, 0.0, 0.0, 0.0
    )
    running = [
        RunningPlan(
            entry["evId"],
            to_ms(datetime.fromisoformat(entry["plannedDepartureTime"])),
            DEPOT,
            plan_id,
            entry["id"],
            entry,
        )
        for entry in response["schedules"]
    ]
    return StoredPlan(summary, response), running


def evenergy_seed(fleet: list[Bus], until_ms: int) -> Seed:
    """What ev.energy knows at an instant: logs every 15 minutes, and every command."""
    vehicles = [
        {"id": bus.evenergy_id, "user": USER, "integrated": "ACTIVE", "description": bus.name}
        | {"vin": example_vin(int(bus.name[-3:]))}
        for bus in fleet
    ]
    return Seed(
        now=from_ms(until_ms),
        clock_running=False,
        bearer_tokens=[TOKEN],
        users=[{"id": USER}],
        vehicles=vehicles,
        status_logs=[log for bus in fleet for log in _statuses(bus, until_ms)],
        location_logs=[log for bus in fleet for log in _locations(bus, until_ms)],
        command_logs=[log for bus in fleet for log in _commands(bus, until_ms)],
        error_logs=[log for bus in fleet for log in _errors(bus)],
    )


def _samples(bus: Bus, until_ms: int) -> Iterator[tuple[int, Json]]:
    """A bus whose account is cut off says nothing."""
    for at_ms in range(AFTERNOON_MS, until_ms, 15 * MS_PER_MINUTE) if bus.name not in CUT_OFF else ():
        times = {"sampled_at": _text(at_ms), "logged_at": _text(at_ms + 3_000)}
        yield at_ms, {"vehicle": bus.evenergy_id, **times}


def _statuses(bus: Bus, until_ms: int) -> Iterator[Json]:
    for at_ms, log in _samples(bus, until_ms):
        there = at_ms >= bus.arrived_ms
        charges = (
            there and bus.name not in IGNORING and any(run.from_ms <= at_ms < run.to_ms for run in _done(bus))
        )
        state = "PLUGGED_IN_CHARGING" if charges else "PLUGGED_IN_NOT_CHARGING" if there else "DRIVING"
        shown = {"is_plugged_in": there, "is_charging": charges, "state": state}
        yield {**log, **shown, "state_of_charge_percentage": 38}


def _locations(bus: Bus, until_ms: int) -> Iterator[Json]:
    for at_ms, log in _samples(bus, until_ms):
        yield {**log, "at_home": at_ms >= bus.arrived_ms}


def _commands(bus: Bus, until_ms: int) -> Iterator[Json]:
    told = [(run.from_ms, "START_CHARGE") for run in _done(bus)] + [
        (run.to_ms, "STOP_CHARGE") for run in _done(bus)
    ]
    for at_ms, command in told:
        if at_ms < until_ms:
            yield {"vehicle": bus.evenergy_id, "logged_at": _text(at_ms + 20_000), "command": command}


def _errors(bus: Bus) -> Iterator[Json]:
    """Three refusals for each start of those that are cut off, and one trouble that passed for a good one."""
    base = {"vehicle": bus.evenergy_id, "controller": "ENODE", "command": "START_CHARGE"}
    refused = {
        "error_code": "AUTHENTICATION_ERROR",
        "error_type": "VehicleAPIUnauthorized",
        "status_code": 401,
    }
    asleep = {"error_code": "VEHICLE_UNREACHABLE", "error_type": "VehicleAPITimeout", "status_code": 504}
    for run in _done(bus):
        for seconds in (25, 40, 70) if bus.name in CUT_OFF else ():
            yield {**base, **refused, "logged_at": _text(run.from_ms + seconds * 1_000)}
    if bus.name == BUSES[-1]:
        yield {**base, **asleep, "command": "WAKE_UP", "logged_at": _text(bus.runs[0].from_ms)}


def _done(bus: Bus) -> Iterator[PlannedRun]:
    """The planned runs, as far as the bus was there for them; a late one charges to its departure instead."""
    if bus.name in LATE:
        begin_ms = bus.arrived_ms + 2 * MS_PER_MINUTE
        yield PlannedRun(begin_ms, begin_ms + 3 * MS_PER_HOUR, begin_ms + 3 * MS_PER_HOUR)
    else:
        yield from bus.runs


def _text(instant_ms: int) -> str:
    return from_ms(instant_ms).isoformat(timespec="microseconds").replace("+00:00", "Z")
