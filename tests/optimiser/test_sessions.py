"""Which sessions are planned, what replaces what, and which entries contradict each other."""

from datetime import datetime
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.domain import ChargingSession, PlanRequest, RecurringSession, Site, Strategy, Vehicle
from optimiser.exceptions import InvalidRequestError
from optimiser.series import StepSeries
from optimiser.sessions import dated_sessions, select_sessions
from optimiser.units import MS_PER_HOUR, from_ms, to_ms

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW_MS = to_ms(datetime(2026, 3, 9, 18, tzinfo=HELSINKI))
ONE = StepSeries.constant(1.0)
SITE = Site("depot", HELSINKI, "EUR", ONE, ONE, 0.94, ONE)
NIGHTLY = "FREQ=DAILY"


def stay(name: str, vehicle: str, start_hour: float, end_hour: float, index: int = 0) -> ChargingSession:
    """A dated session; the hours count from now, Monday 9 March 2026, 18:00."""
    arrival_ms, departure_ms = (NOW_MS + round(hour * MS_PER_HOUR) for hour in (start_hour, end_hour))
    return ChargingSession(
        name, Vehicle(vehicle, 400, 150), arrival_ms, departure_ms, 0.3, 0.9, source=("schedules", index)
    )


def rule(
    name: str, vehicle: str, start_hour: float, end_hour: float, text: str, index: int
) -> RecurringSession:
    """A recurring session whose first stay is a week ago, at these hours of that day from 18:00 on."""
    first = stay(name, vehicle, start_hour - 7 * 24, end_hour - 7 * 24)
    template = ChargingSession(
        name,
        first.vehicle,
        first.arrival_ms,
        first.departure_ms,
        0.3,
        0.9,
        source=("recurringSchedules", index),
    )
    return RecurringSession(template, text)


def request(*entries: ChargingSession | RecurringSession, hours: float = 48) -> PlanRequest:
    dated = tuple(entry for entry in entries if isinstance(entry, ChargingSession))
    recurring = tuple(entry for entry in entries if isinstance(entry, RecurringSession))
    horizon_ms = round(hours * MS_PER_HOUR)
    return PlanRequest(NOW_MS, horizon_ms, 15, Strategy.COST, SITE, dated, recurring)


def names(sessions: tuple[ChargingSession, ...]) -> list[str]:
    return [f"{one.schedule_id.partition('@')[0]} {from_ms(one.arrival_ms):%d-%H}" for one in sessions]


def faults(*entries: ChargingSession | RecurringSession) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequestError) as caught:
        dated_sessions(request(*entries))
    return [(fault.pointer, fault.message) for fault in caught.value.faults]


PLANNED = {
    "before": (stay("s", "a", -5, -1), False),
    "over at now": (stay("s", "a", -5, 0), False),
    "under way": (stay("s", "a", -5, 0.001), True),
    "arrives now": (stay("s", "a", 0, 5), True),
    "arrives just inside the horizon, leaves beyond": (stay("s", "a", 47.999, 90), True),
    "arrives at the horizon's end": (stay("s", "a", 48, 50), False),
}


@pytest.mark.parametrize(("session", "planned"), PLANNED.values(), ids=PLANNED.keys())
def test_session_is_planned(session: ChargingSession, planned: bool) -> None:
    """Planned is what is not over at now and arrives before the horizon's end."""
    assert dated_sessions(request(session)) == ((session,) if planned else ())


def test_order_is_the_requests() -> None:
    """Dated sessions come as given, then the occurrences by rule and time."""
    entries = (
        stay("s-2", "b", 20, 30),
        stay("s-1", "a", 1, 10),
        rule("r-2", "d", 3, 8, NIGHTLY, 0),
        rule("r-1", "c", 2, 8, NIGHTLY, 1),
    )
    expected = ["s-2 10-12", "s-1 09-17", "r-2 09-19", "r-2 10-19", "r-1 09-18", "r-1 10-18"]
    assert names(dated_sessions(request(*entries))) == expected


# A nightly rule 19:00 to 5:00 (hours 1 to 11 and 25 to 35); what a dated session leaves of its two nights.
REPLACING = {
    "it overlaps the first night": (stay("s", "a", 3, 6), ["s 09-19", "r 10-17"]),
    "it departs with the first night": (stay("s", "a", 10.9, 11), ["s 10-02", "r 10-17"]),
    "it touches the first night's end": (stay("s", "a", 11, 12), ["s 10-03", "r 09-17", "r 10-17"]),
    "it touches the first night's start": (stay("s", "a", 0, 1), ["s 09-16", "r 09-17", "r 10-17"]),
    "it overlaps both nights": (stay("s", "a", 2, 30), ["s 09-18"]),
    "it is another vehicle's": (stay("s", "b", 3, 6), ["s 09-19", "r 09-17", "r 10-17"]),
}


@pytest.mark.parametrize(("session", "expected"), REPLACING.values(), ids=REPLACING.keys())
def test_dated_session_replaces_occurrences(session: ChargingSession, expected: list[str]) -> None:
    """A dated session of the same vehicle takes the place of each occurrence that it overlaps."""
    assert names(dated_sessions(request(session, rule("r", "a", 1, 11, NIGHTLY, 0)))) == expected


def test_unplanned_dated_session_replaces_too() -> None:
    """A dated session that is over, or beyond the horizon, still takes an occurrence's place."""
    over = stay("s", "a", -3, -1)
    late = stay("t", "a", 48, 60, 1)
    entries = (over, late, rule("r", "a", -2, 6, NIGHTLY, 0), rule("q", "b", 25, 35, NIGHTLY, 1))
    assert names(dated_sessions(request(*entries))) == ["r 10-14", "q 09-17", "q 10-17"]
    into_the_late_one = rule("r", "a", 47, 50, NIGHTLY, 0)
    assert names(dated_sessions(request(late, into_the_late_one))) == ["r 09-15", "r 10-15"]


def test_long_dated_session_replaces_after_shorter_ones() -> None:
    """A stay that began early counts although later ones have come and gone."""
    entries = (stay("s", "a", -9, -8), stay("t", "a", -30, 2, 1), rule("r", "a", 1, 11, NIGHTLY, 0))
    assert names(dated_sessions(request(*entries))) == ["t 08-10", "r 10-17"]


def test_overlapping_dated_sessions_are_a_fault_at_the_later_entry() -> None:
    """Two stays of one vehicle that overlap are refused, and both ids are named."""
    assert faults(stay("s-1", "a", 4, 9, 0), stay("s-2", "a", 1, 5, 1)) == [
        ("/schedules/1", "s-2 overlaps s-1 of the same vehicle, a")
    ]


def test_touching_sessions_do_not_overlap() -> None:
    """Stays are half-open: one may begin at the instant at which the other ends."""
    entries = (stay("s-1", "a", 1, 5), stay("s-2", "a", 5, 9, 1))
    assert dated_sessions(request(*entries)) == entries


def test_sessions_that_are_over_contradict_nobody() -> None:
    """Old stays that overlap each other, or one under way, are history."""
    entries = (stay("s-1", "a", -9, -2), stay("s-2", "a", -5, -1, 1), stay("s-3", "a", -3, 4, 2))
    assert names(dated_sessions(request(*entries))) == ["s-3 09-13"]


def test_sessions_beyond_the_horizon_are_held_against_each_other() -> None:
    """A stay past the horizon that a planned one runs into is a fault."""
    assert faults(stay("s-1", "a", 40, 60, 0), stay("s-2", "a", 50, 70, 1))[0][0] == "/schedules/1"


def test_overlapping_rules_are_one_fault_per_entry() -> None:
    """Two rules of one vehicle that meet every night are named once, at the later rule."""
    found = faults(rule("r-1", "a", 1, 11, NIGHTLY, 0), rule("r-2", "a", 10, 15, NIGHTLY, 1))
    assert found == [
        ("/recurringSchedules/1", "r-2@20260310T070000Z overlaps r-1@20260310T030000Z of the same vehicle, a")
    ]


def test_rule_that_overlaps_itself_is_a_fault() -> None:
    """A nightly stay of 30 hours cannot be."""
    ((pointer, message),) = faults(rule("r", "a", 1, 31, NIGHTLY, 4))
    assert pointer == "/recurringSchedules/4"
    assert message.count("r@") == 2


def test_every_fault_is_listed() -> None:
    """Bad rules and overlaps all come in one answer."""
    entries = (
        stay("s-1", "a", 1, 5, 0),
        stay("s-2", "a", 2, 6, 1),
        stay("s-3", "b", 1, 5, 2),
        stay("s-4", "a", 3, 4, 3),
        rule("r-1", "c", 1, 5, "FREQ=HOURLY;INTERVAL=0", 0),
        rule("r-2", "c", 1, 5, "", 1),
    )
    assert [pointer for pointer, _ in faults(*entries)] == [
        "/recurringSchedules/0/recurrenceRule",
        "/recurringSchedules/0/recurrenceRule",
        "/recurringSchedules/1/recurrenceRule",
        "/schedules/1",
        "/schedules/3",
    ]


def test_selection_leaves_out_what_it_names() -> None:
    """Without the bad entries the rest is planned, and each bad entry is named."""
    selection = select_sessions(
        request(
            stay("s-1", "a", 1, 5, 0),
            stay("s-2", "a", 2, 6, 1),
            rule("r-1", "b", 1, 11, "FREQ=NEVER", 0),
            rule("r-2", "c", 1, 11, NIGHTLY, 1),
        )
    )
    assert names(selection.sessions) == ["s-1 09-17", "r-2 09-17", "r-2 10-17"]
    assert [fault.pointer for fault in selection.faults] == [
        "/recurringSchedules/0/recurrenceRule",
        "/schedules/1",
    ]


STAYS = st.tuples(st.sampled_from("ab"), st.integers(-20, 60), st.integers(1, 20))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(STAYS, max_size=12))
def test_selection_agrees_with_every_pair_compared(stays: list[tuple[str, int, int]]) -> None:
    """Entry by entry, one is refused exactly where it overlaps one that was taken before it."""
    entries = [
        stay(f"s-{index}", vehicle, start, start + hours, index)
        for index, (vehicle, start, hours) in enumerate(stays)
    ]
    taken: list[ChargingSession] = []
    refused: list[int] = []
    for entry in (one for one in entries if one.departure_ms > NOW_MS):
        meets = [
            other
            for other in taken
            if other.vehicle == entry.vehicle
            and max(other.arrival_ms, entry.arrival_ms) < min(other.departure_ms, entry.departure_ms)
        ]
        if meets:
            refused.append(entry.source[1])
        else:
            taken.append(entry)
    selection = select_sessions(request(*entries))
    assert [fault.path[1] for fault in selection.faults] == refused
    assert list(selection.sessions) == [one for one in taken if one.arrival_ms < NOW_MS + 48 * MS_PER_HOUR]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(STAYS, max_size=8), st.integers(-12, 12), st.integers(1, 20))
def test_replacing_agrees_with_every_pair_compared(
    stays: list[tuple[str, int, int]], start: int, hours: int
) -> None:
    """An occurrence is planned exactly where no dated session of its vehicle overlaps it."""
    entries = [
        stay(f"s-{index}", vehicle, first, first + length, index)
        for index, (vehicle, first, length) in enumerate(stays)
    ]
    nightly = rule("r", "a", start, start + hours, NIGHTLY, 0)
    alone = select_sessions(request(nightly)).sessions
    kept = [
        one
        for one in alone
        if not any(
            other.vehicle == one.vehicle
            and max(other.arrival_ms, one.arrival_ms) < min(other.departure_ms, one.departure_ms)
            for other in entries
        )
    ]
    sessions = select_sessions(request(*entries, nightly)).sessions
    assert [one for one in sessions if one.source[0] == "recurringSchedules"] == kept


def test_large_depot_is_selected_quickly() -> None:
    """5,000 sessions take about 10 ms of processor time; ten times that leaves room for a slow machine."""
    entries = [
        stay(f"s-{index}", f"bus-{index % 2_500}", 24 * (index // 2_500), 24 * (index // 2_500) + 10, index)
        for index in range(5_000)
    ]
    whole = request(*entries)
    began = process_time()
    assert len(dated_sessions(whole)) == 5_000
    assert process_time() - began < 1.0  # 0.05 here; every pair compared would take minutes


def test_one_vehicle_with_everything_at_once_is_quick() -> None:
    """5,000 stays that all overlap give 4,999 faults, not twelve million comparisons."""
    whole = request(*(stay(f"s-{index}", "a", 1, 5, index) for index in range(5_000)))
    began = process_time()
    assert len(select_sessions(whole).faults) == 4_999
    assert process_time() - began < 1.0
