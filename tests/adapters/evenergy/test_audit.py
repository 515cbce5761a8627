"""Whether a vehicle followed its plan, by its logs."""

from collections.abc import Sequence
from typing import Any

import pytest

from adapters.evenergy.audit import VehicleAudit, Verdict, audit_vehicle
from adapters.evenergy.payloads import CommandLog, ErrorLog, StatusLog
from adapters.evenergy.planned_runs import PlannedRun, planned_runs
from adapters.evenergy.timeline import ErrorCount, VehicleLogs
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, to_ms
from tests.adapters.conftest import NOW
from tests.adapters.evenergy.builders import Json, a_command, a_status, an_error, at, broken_authentication

NOW_MS = to_ms(NOW)
LATER_MS = NOW_MS + 6 * MS_PER_HOUR


def ms(minutes: float) -> int:
    return NOW_MS + round(minutes * MS_PER_MINUTE)


RUN = PlannedRun(ms(0), ms(120), ms(240), 90)


def charging(*minutes: float, **fields: Any) -> list[Json]:
    return [a_status(minute, is_charging=True, **fields) for minute in minutes]


def idle(*minutes: float, **fields: Any) -> list[Json]:
    return [a_status(minute, is_charging=False, **fields) for minute in minutes]


def start(*minutes: float, **fields: Any) -> list[Json]:
    return [a_command(minute, **fields) for minute in minutes]


def stop(*minutes: float) -> list[Json]:
    return [a_command(minute, command="STOP_CHARGE") for minute in minutes]


def audited(
    statuses: Sequence[Json] = (), commands: Sequence[Json] = (), errors: Sequence[Json] = ()
) -> VehicleAudit:
    logs = VehicleLogs(
        commands=[CommandLog(url="u", **log) for log in reversed(commands)],
        errors=[ErrorLog(url="u", **log) for log in reversed(errors)],
        statuses=[StatusLog(url="u", **log) for log in reversed(statuses)],
    )
    audit = audit_vehicle([RUN], logs, NOW_MS, LATER_MS)
    assert audit is not None
    return audit


def verdict(*logs: Sequence[Json]) -> str:
    return audited(*logs).verdict.value


@pytest.mark.parametrize(
    ("statuses", "commands", "expected"),
    [
        (charging(0, 60, 119), (), "followed"),
        (charging(55), (), "followed"),
        ([*idle(-5), *charging(9)], (), "followed"),
        ([*idle(5), *charging(30, 115)], (), "followed"),
        ((), start(0), "followed"),
        ((), start(10), "followed"),
        ((), start(-90), "followed"),
        ((), [*start(0), *stop(115)], "followed"),
        ((), [*start(0), *stop(30), *start(35)], "followed"),
        ([*charging(1), *idle(40), *charging(50, 115)], (), "followed"),
        ([*charging(1), *idle(60, is_complete=True)], (), "followed"),
        ([*charging(1), *idle(60, state="PLUGGED_IN_COMPLETE")], (), "followed"),
        ([*charging(1), *idle(60, state_of_charge_percentage=90)], (), "followed"),
        (idle(1, 60, state_of_charge_percentage=95), (), "followed"),
        ([*idle(11), *charging(30)], (), "started-late"),
        (charging(30, 115), [*start(25)], "started-late"),
        ((), start(11), "started-late"),
        ((), [*start(-90), *stop(-60), *start(30)], "started-late"),
        ([*idle(20), *charging(30)], start(-5), "started-late"),
        (idle(5), start(150), "started-late"),
        ([*idle(15, 60, 119), *charging(200)], (), "started-late"),
        ([*idle(15, 60, 119), *charging(235)], (), "not-started"),
        (idle(15), (), "not-started"),
        (idle(1, 30, 60), start(0), "not-started"),
        (idle(1, 30, 60), start(0, 20, 40), "not-started"),
        ([*charging(1), *idle(60)], (), "stopped-early"),
        ([*charging(1, 30), *idle(60, 90)], start(0), "stopped-early"),
        ((), [*start(0), *stop(60)], "stopped-early"),
        (charging(1, 30), [*start(0), *stop(40)], "stopped-early"),
        ((), (), "unknown"),
        (idle(5), (), "unknown"),
        (idle(-60, 300), start(300), "unknown"),
        (idle(5), start(235), "unknown"),
        ([a_status(30, is_charging=None)], stop(-30), "unknown"),
    ],
)
def test_the_verdict_follows_from_the_logs(
    statuses: Sequence[Json], commands: Sequence[Json], expected: str
) -> None:
    """Minutes after the start of a run of two hours, with a tolerance of ten; no log, no accusation."""
    assert verdict(statuses, commands) == expected


def test_errors_and_no_command_that_got_through_is_unreachable() -> None:
    """Whether the errors name their commands or follow them closely."""
    named = {"internal_command_id": "a1"}
    assert verdict((), start(0, **named), [an_error(5, **named)]) == "unreachable"
    assert verdict((), start(0), [an_error(1)]) == "unreachable"
    assert verdict(idle(30), (), [an_error(1)]) == "unreachable"
    assert verdict((), (), [broken_authentication(1)]) == "unreachable"


def test_errors_that_are_overcome_do_not_count_against_it() -> None:
    """A command that got through later, or another command's error; they are listed all the same."""
    assert verdict((), start(0, 8), [an_error(1)]) == "followed"
    assert verdict((), start(0, 30), [an_error(1)]) == "started-late"
    assert verdict((), start(0), [an_error(1, command="WAKE_UP")]) == "followed"
    assert verdict((), start(0), [an_error(3)]) == "followed"
    assert audited((), start(0, 8), [an_error(1)]).errors[0].count == 1


def test_a_vehicle_that_was_told_and_does_not_charge_ignores_commands() -> None:
    """An error of another kind does not make it unreachable."""
    assert verdict(idle(30, 60), start(0, 20), [an_error(40, command="WAKE_UP")]) == "not-started"


def test_errors_are_counted_by_kind_and_the_newest_is_quoted() -> None:
    """The most frequent first; those from before the time in question are not counted."""
    errors = [an_error(-30), an_error(0), broken_authentication(5), broken_authentication(65)]
    audit = audited((), (), errors)
    assert audit.errors == (
        ErrorCount("AUTHENTICATION_ERROR", "VehicleAPIUnauthorized", 2, ms(65), "log in again", 401),
        ErrorCount("VEHICLE_UNREACHABLE", "VehicleAPITimeout", 1, ms(0), "no answer within 30 s", 504),
    )
    assert audit.needs_reconnect and not audited((), start(0)).needs_reconnect


def test_the_logs_bound_start_and_end() -> None:
    """Not before the last status without charging, not after the first."""
    (run,) = audited([*idle(20), *charging(40), *idle(70)]).runs
    assert (run.started_ms, run.stopped_ms) == (ms(20), ms(70))
    (run,) = audited([*idle(20), *charging(40)], start(33)).runs
    assert run.started_ms == ms(33)


def test_a_run_is_not_judged_before_it_could_be() -> None:
    """Neither one that has hardly begun, nor one from before, nor one to come; a running one up to now."""
    logs = VehicleLogs()
    assert audit_vehicle([RUN], logs, NOW_MS, ms(9.9)) is None
    assert audit_vehicle([RUN], logs, ms(0.1), LATER_MS) is None
    assert audit_vehicle([RUN], logs, ms(-600), ms(-1)) is None
    told = VehicleLogs(commands=[CommandLog(url="u", **log) for log in (*start(0), *stop(55))])
    for now, expected in ((60, Verdict.FOLLOWED), (70, Verdict.STOPPED_EARLY)):
        audit = audit_vehicle([RUN], told, NOW_MS, ms(now))
        assert audit and audit.verdict is expected


def test_a_vehicle_is_as_bad_as_its_worst_run() -> None:
    """Each run is judged alone."""
    runs = [PlannedRun(ms(start), ms(start + 60), ms(start + 120)) for start in (0, 120, 240)]
    commands = [*start(0), *stop(60), *start(140), *stop(180), *start(240)]
    logs = VehicleLogs(commands=[CommandLog(url="u", **log) for log in commands])
    audit = audit_vehicle(runs, logs, NOW_MS, LATER_MS)
    assert audit and audit.verdict is Verdict.STARTED_LATE
    assert [run.verdict.value for run in audit.runs] == ["followed", "started-late", "followed"]


def test_runs_are_segments_without_pauses() -> None:
    """Segments that touch are one run, past ones count, a real pause parts two."""

    def segment(start: float, end: float, power_kw: float) -> Json:
        return {"from": ms(start), "to": ms(end), "powerkW": power_kw, "paused": power_kw == 0}

    plan = {
        "pastSegments": [segment(-60, -30, 50), segment(-30, 0, 50)],
        "segments": [segment(0, 30, 80), segment(30, 45, 0), segment(45, 60, 20), segment(60, 90, 10)],
    }
    runs = (PlannedRun(ms(-60), ms(30), ms(45), 80), PlannedRun(ms(45), ms(90), ms(95), 80))
    schedule = {"plan": plan, "targetSoC": 80, "plannedDepartureTime": at(95)}
    assert planned_runs(schedule) == runs
    (_, last) = planned_runs({**schedule, "plannedDepartureTime": "soon"})
    assert last.until_ms == ms(90)


@pytest.mark.parametrize("schedule", [{}, {"plan": None}, {"plan": {}}, {"plan": {"segments": [{}]}}])
def test_a_schedule_without_a_plan_has_no_runs(schedule: Json) -> None:
    """As an entry that was never planned."""
    assert planned_runs(schedule) == ()
