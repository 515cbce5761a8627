"""Occurrences of recurring sessions: the rule, the clock changes, the limits of time and of input."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import takewhile
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.domain import ChargingSession, FixedSegment, RecurringSession, Vehicle
from optimiser.exceptions import InvalidRequestError
from optimiser.recurrence import occurrences
from optimiser.recurrence_rule import parse_rule
from optimiser.recurrence_walk import wall_clock_arrivals
from optimiser.units import MS_PER_DAY, MS_PER_HOUR, from_ms, to_ms

HELSINKI = ZoneInfo("Europe/Helsinki")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
BUS = Vehicle("bus", battery_capacity_kwh=400, max_power_kw=150)


def local_ms(text: str, zone: ZoneInfo = HELSINKI) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=zone))


def recurring(
    rule: str,
    arrival: str = "2026-03-02T18:00",
    departure: str = "2026-03-03T05:00",
    zone: ZoneInfo = HELSINKI,
    **more: object,
) -> RecurringSession:
    values: dict[str, object] = {"soc": 0.4, "target_soc": 0.9, "source": ("recurringSchedules", 3), **more}
    template = ChargingSession("r-7", BUS, local_ms(arrival, zone), local_ms(departure, zone), **values)  # type: ignore[arg-type]
    return RecurringSession(template, rule)


def expand(
    entry: RecurringSession, start: str, days: float, zone: ZoneInfo = HELSINKI
) -> tuple[ChargingSession, ...]:
    start_ms = local_ms(start, zone)
    return occurrences(entry, zone, start_ms, start_ms + int(days * MS_PER_DAY))


def arrivals(sessions: tuple[ChargingSession, ...], zone: ZoneInfo = HELSINKI) -> list[str]:
    return [f"{from_ms(session.arrival_ms).astimezone(zone):%m-%d %H:%M}" for session in sessions]


def messages(rule: str) -> list[str]:
    with pytest.raises(InvalidRequestError) as caught:
        expand(recurring(rule), "2026-03-09T18:00", 2)
    assert {fault.pointer for fault in caught.value.faults} == {"/recurringSchedules/3/recurrenceRule"}
    return [fault.message for fault in caught.value.faults]


# Monday 9 March 2026, noon, for a week; the template is Monday 2 March, 18:00 to 5:00.
RULES = {
    "without the prefix": ("FREQ=WEEKLY;BYDAY=MO,WE", ["03-09 18:00", "03-11 18:00"]),
    "with the prefix": ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE", ["03-09 18:00", "03-11 18:00"]),
    "in lower case": ("rrule:freq=weekly;byday=we", ["03-11 18:00"]),
    "weekly takes the weekday of the first arrival": ("FREQ=WEEKLY", ["03-09 18:00"]),
    "every second week": ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", []),
    "every second week, weeks from Sunday": ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,SU", ["03-15 18:00"]),
    "every third day": ("FREQ=DAILY;INTERVAL=3", ["03-11 18:00", "03-14 18:00"]),
    "daily on some weekdays": ("FREQ=DAILY;BYDAY=TU,SU", ["03-10 18:00", "03-15 18:00"]),
    "a day of the month from its end": ("FREQ=DAILY;BYMONTHDAY=-20", ["03-12 18:00"]),
    "the second Tuesday": ("FREQ=MONTHLY;BYDAY=2TU", ["03-10 18:00"]),
    "the fiftieth Tuesday of a month": ("FREQ=MONTHLY;BYDAY=50TU", []),
    "every Monday and the second Friday": ("FREQ=MONTHLY;BYDAY=MO,2FR", ["03-09 18:00", "03-13 18:00"]),
    "a week of the year": ("FREQ=YEARLY;BYWEEKNO=11;BYDAY=TH", ["03-12 18:00"]),
    "a day of the year": ("FREQ=YEARLY;BYYEARDAY=70", ["03-11 18:00"]),
    "the last workday of a set": ("FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=-1", ["03-11 18:00"]),
    "another hour than the first arrival's": ("FREQ=WEEKLY;BYHOUR=20", ["03-09 20:00"]),
    "COUNT counts from the first arrival": ("FREQ=DAILY;COUNT=9", ["03-09 18:00", "03-10 18:00"]),
    "COUNT over weekdays": ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", ["03-09 18:00"]),
    "COUNT that is used up": ("FREQ=DAILY;COUNT=3", []),
    "COUNT of a monthly rule": ("FREQ=MONTHLY;BYMONTHDAY=5,9,10,11;COUNT=3", ["03-09 18:00", "03-10 18:00"]),
    "UNTIL in UTC, at the arrival": ("FREQ=DAILY;UNTIL=20260310T160000Z", ["03-09 18:00", "03-10 18:00"]),
    "UNTIL in UTC, a second before": ("FREQ=DAILY;UNTIL=20260310T155959Z", ["03-09 18:00"]),
    "UNTIL on the wall clock": ("FREQ=DAILY;UNTIL=20260310T180000", ["03-09 18:00", "03-10 18:00"]),
    "UNTIL a date is its midnight": ("FREQ=DAILY;UNTIL=20260310", ["03-09 18:00"]),
    "UNTIL the end of the calendar": ("FREQ=WEEKLY;UNTIL=99991231T235959", ["03-09 18:00"]),
    "EXDATE in UTC": ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE\nEXDATE:20260309T160000Z", ["03-11 18:00"]),
    "EXDATE on the wall clock": ("FREQ=WEEKLY;BYDAY=MO,WE\nEXDATE:20260309T180000", ["03-11 18:00"]),
    "EXDATE with a zone": (
        "FREQ=WEEKLY;BYDAY=MO,WE\r\nEXDATE;TZID=Europe/Berlin:20260309T170000",
        ["03-11 18:00"],
    ),
    "two EXDATEs in a folded line": (
        "FREQ=WEEKLY;BYDAY=MO,WE\r\nEXDATE:20260309T160000Z,2026\r\n 0311T160000Z",
        [],
    ),
    "RDATE adds a stay": (
        "FREQ=WEEKLY\nRDATE:20260312T200000,20260309T160000Z",
        ["03-09 18:00", "03-12 20:00"],
    ),
    "EXDATE takes an RDATE away": (
        "FREQ=WEEKLY\nRDATE:20260312T200000\nEXDATE:20260312T180000Z",
        ["03-09 18:00"],
    ),
}


@pytest.mark.parametrize(("rule", "expected"), RULES.values(), ids=RULES.keys())
def test_rule_yields(rule: str, expected: list[str]) -> None:
    """Each form of a rule yields the arrivals that RFC 5545 gives it."""
    assert arrivals(expand(recurring(rule), "2026-03-09T12:00", 7)) == expected


def test_first_arrival_counts_only_if_the_rule_yields_it() -> None:
    """A template on a Monday with a rule for Wednesdays has no stay on that Monday."""
    found = expand(recurring("FREQ=WEEKLY;BYDAY=WE"), "2026-03-02T12:00", 7)
    assert arrivals(found) == ["03-04 18:00"]


def test_occurrence_is_the_template_at_another_time() -> None:
    """An occurrence has its own id and times, and keeps vehicle, SoC and source."""
    (session,) = expand(recurring("FREQ=WEEKLY"), "2026-03-09T12:00", 2)
    assert session.schedule_id == "r-7@20260310T030000Z"
    assert session.source == ("recurringSchedules", 3)
    assert (session.vehicle, session.soc, session.target_soc) == (BUS, 0.4, 0.9)
    assert session.departure_ms - session.arrival_ms == 11 * MS_PER_HOUR


def test_plan_in_force_stays_with_its_own_occurrence() -> None:
    """Frozen segments and a charge under way belong to the stay in which they lie, not to every one."""
    segment = FixedSegment(local_ms("2026-03-09T19:00"), local_ms("2026-03-09T20:00"), 50.0)
    entry = recurring("FREQ=DAILY", frozen=(segment,), running_plan=(segment,), charging_now=True)
    running, later = expand(entry, "2026-03-09T18:30", 1)
    assert (running.frozen, running.running_plan, running.charging_now) == ((segment,), (segment,), True)
    assert (later.frozen, later.running_plan, later.charging_now) == (None, (), False)


EDGES = {
    "under way": ("2026-03-10T04:59", 0.1, ["03-09 18:00"]),
    "over at this instant": ("2026-03-10T05:00", 0.1, []),
    "arrives just before the end": ("2026-03-10T17:00", 1 / 24 + 1e-7, ["03-10 18:00"]),
    "arrives at the end": ("2026-03-10T17:00", 1 / 24, []),
}


@pytest.mark.parametrize(("start", "days", "expected"), EDGES.values(), ids=EDGES.keys())
def test_span_is_half_open(start: str, days: float, expected: list[str]) -> None:
    """Stays that are not over at the start and arrive before the end are in the span."""
    assert arrivals(expand(recurring("FREQ=DAILY"), start, days)) == expected


def test_long_stay_is_found_from_its_far_end() -> None:
    """A stay of three weeks that began before the span is still in it."""
    entry = recurring("FREQ=YEARLY", "2024-03-01T18:00", "2024-03-22T05:00")
    assert arrivals(expand(entry, "2026-03-21T12:00", 1)) == ["03-01 18:00"]


# (zone, arrival, departure) of a daily rule, the night to look at, then arrival in UTC and hours stayed.
CLOCK_CHANGES = {
    "Helsinki, spring night is an hour shorter": (HELSINKI, "18:00", "05:00", "2026-03-28", "28 16:00", 10),
    "Helsinki, autumn night is an hour longer": (HELSINKI, "18:00", "05:00", "2026-10-24", "24 15:00", 12),
    "Helsinki, arrival skipped": (HELSINKI, "03:30", "06:00", "2026-03-29", "29 01:30", 1.5),
    "Helsinki, departure skipped": (HELSINKI, "01:00", "03:30", "2026-03-29", "28 23:00", 2.5),
    "Helsinki, arrival twice": (HELSINKI, "03:30", "06:00", "2026-10-25", "25 00:30", 3.5),
    "Helsinki, departure twice": (HELSINKI, "01:00", "03:30", "2026-10-25", "24 22:00", 2.5),
    "New York, spring night": (NEW_YORK, "18:00", "05:00", "2026-03-07", "07 23:00", 10),
    "New York, autumn night": (NEW_YORK, "18:00", "05:00", "2026-10-31", "31 22:00", 12),
    "New York, arrival skipped": (NEW_YORK, "02:30", "06:00", "2026-03-08", "08 07:30", 2.5),
    "New York, arrival twice": (NEW_YORK, "01:30", "06:00", "2026-11-01", "01 05:30", 5.5),
    "Lord Howe, spring night, half an hour": (LORD_HOWE, "18:00", "05:00", "2026-10-03", "03 07:30", 10.5),
    "Lord Howe, autumn night, half an hour": (LORD_HOWE, "18:00", "05:00", "2026-04-04", "04 07:00", 11.5),
    "Lord Howe, arrival skipped": (LORD_HOWE, "02:10", "06:00", "2026-10-04", "03 15:40", 3 + 1 / 3),
    "Lord Howe, arrival twice": (LORD_HOWE, "01:40", "06:00", "2026-04-05", "04 14:40", 4 + 5 / 6),
}


@pytest.mark.parametrize(
    ("zone", "arrival", "departure", "night", "arrival_utc", "hours"),
    CLOCK_CHANGES.values(),
    ids=CLOCK_CHANGES.keys(),
)
def test_clock_change(
    zone: ZoneInfo, arrival: str, departure: str, night: str, arrival_utc: str, hours: float
) -> None:
    """Both ends keep their wall time, so the stay is as much longer or shorter as the night is."""
    next_day = "2026-01-02" if departure < arrival else "2026-01-01"
    entry = recurring("FREQ=DAILY", f"2026-01-01T{arrival}", f"{next_day}T{departure}", zone)
    found = expand(entry, f"{night}T00:00", 1, zone)
    (session,) = [one for one in found if one.arrival_ms >= local_ms(f"{night}T00:00", zone)]
    assert f"{from_ms(session.arrival_ms):%d %H:%M}" == arrival_utc
    assert (session.departure_ms - session.arrival_ms) / MS_PER_HOUR == pytest.approx(hours)


FOLDS = {
    "UNTIL between the two 3:30s keeps the first": ("FREQ=DAILY;UNTIL=20261025T010000Z", ["10-25 03:30"]),
    "UNTIL before the first 3:30": ("FREQ=DAILY;UNTIL=20261025T002959Z", []),
    "EXDATE of the first 3:30": ("FREQ=DAILY;COUNT=298\nEXDATE:20261025T003000Z", []),
    "EXDATE of the second 3:30 hits nothing": (
        "FREQ=DAILY;COUNT=298\nEXDATE:20261025T013000Z",
        ["10-25 03:30"],
    ),
    "EXDATE 3:30 on the wall clock": ("FREQ=DAILY;COUNT=298\nEXDATE:20261025T033000", []),
}


@pytest.mark.parametrize(("rule", "expected"), FOLDS.values(), ids=FOLDS.keys())
def test_utc_moments_in_the_hour_that_comes_twice(rule: str, expected: list[str]) -> None:
    """UNTIL and EXDATE in UTC are compared as instants, so they tell the two 3:30s apart."""
    entry = recurring(rule, "2026-01-01T03:30", "2026-01-01T08:00")
    assert arrivals(expand(entry, "2026-10-25T00:00", 1)) == expected


def test_two_times_that_fall_together_are_one_stay() -> None:
    """On the night of the change 3:30 moves onto 4:30; a rule for both has one arrival there."""
    entry = recurring("FREQ=DAILY;BYHOUR=3,4", "2026-03-01T03:30", "2026-03-01T08:00")
    assert arrivals(expand(entry, "2026-03-29T00:00", 1)) == ["03-29 04:30"]


def test_stay_that_the_clock_change_swallows_is_left_out() -> None:
    """Arriving at 3:30 and leaving at 4:10, there is no stay on the night when 3:30 becomes 4:30."""
    entry = recurring("FREQ=DAILY", "2026-03-01T03:30", "2026-03-01T04:10")
    assert arrivals(expand(entry, "2026-03-28T00:00", 3)) == ["03-28 03:30", "03-30 03:30"]


WRONG = {
    "empty": ("", "exactly one RRULE"),
    "only the name": ("RRULE:", "FREQ is missing"),
    "only an RDATE": ("RDATE:20260309T180000", "exactly one RRULE"),
    "two rules": ("RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "exactly one RRULE"),
    "no frequency": ("BYDAY=MO", "FREQ is missing"),
    "unknown frequency": ("FREQ=FORTNIGHTLY", "FREQ is FORTNIGHTLY"),
    "hourly": ("FREQ=HOURLY", "finer than DAILY"),
    "minutely": ("FREQ=MINUTELY", "finer than DAILY"),
    "secondly": ("FREQ=SECONDLY", "finer than DAILY"),
    "unknown part": ("FREQ=DAILY;BYEASTER=0", "BYEASTER is not known"),
    "trailing semicolon": ("FREQ=DAILY;", "an empty part is not known"),
    "part twice": ("FREQ=DAILY;COUNT=1;COUNT=2", "COUNT comes more than once"),
    "interval 0": ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
    "interval below 0": ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1"),
    "interval of letters": ("FREQ=DAILY;INTERVAL=two", "INTERVAL=TWO"),
    "interval without value": ("FREQ=DAILY;INTERVAL", "INTERVAL="),
    "count 0": ("FREQ=DAILY;COUNT=0", "COUNT=0"),
    "count below 0": ("FREQ=DAILY;COUNT=-3", "COUNT=-3"),
    "digits of another script": ("FREQ=DAILY;COUNT=٣", "COUNT="),
    "count and until": ("FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z", "cannot be used together"),
    "until that is no date": ("FREQ=DAILY;UNTIL=20260230T000000Z", "not a date and time that exists"),
    "until in words": ("FREQ=DAILY;UNTIL=TOMORROW", "UNTIL=TOMORROW"),
    "month 13": ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13"),
    "month below 0": ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1"),
    "day 99 of a month": ("FREQ=MONTHLY;BYMONTHDAY=99", "BYMONTHDAY=99"),
    "day 0 of a month": ("FREQ=MONTHLY;BYMONTHDAY=1,0", "BYMONTHDAY=0"),
    "day 367 of a year": ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY=367"),
    "week 54": ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO=54"),
    "hour 25": ("FREQ=DAILY;BYHOUR=25", "BYHOUR=25"),
    "minute 60": ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE=60"),
    "second 61": ("FREQ=DAILY;BYSECOND=61", "BYSECOND=61"),
    "position 0": ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS=0"),
    "position alone": ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs another"),
    "empty list item": ("FREQ=DAILY;BYHOUR=1,", "BYHOUR="),
    "unknown weekday": ("FREQ=WEEKLY;BYDAY=MO,XX", "BYDAY=MO,XX"),
    "weekday number 0": ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO"),
    "weekday number 54": ("FREQ=YEARLY;BYDAY=54MO", "BYDAY=54MO"),
    "weekday number in a week": ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY with a number"),
    "unknown week start": ("FREQ=WEEKLY;WKST=XX", "WKST=XX"),
    "day of the month in a week": ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY cannot"),
    "week number in a month": ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO cannot"),
    "parameter of the rule": ("RRULE;X-A=1:FREQ=DAILY", "takes no parameters"),
    "start in the rule": ("DTSTART:20260302T180000\nRRULE:FREQ=DAILY", "the planned arrival is the start"),
    "excluding rule": ("RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "EXRULE is not accepted"),
    "EXDATE without a time": ("FREQ=DAILY\nEXDATE:20260309", "EXDATE=20260309"),
    "EXDATE as a date": ("FREQ=DAILY\nEXDATE;VALUE=DATE:20260309", "does not take VALUE=DATE"),
    "EXDATE in an unknown zone": ("FREQ=DAILY\nEXDATE;TZID=Mars/Base:20260309T180000", "TZID=Mars/Base"),
    "EXDATE in a folder of zones": ("FREQ=DAILY\nEXDATE;TZID=America:20260309T180000", "TZID=America"),
    "EXDATE in UTC and a zone": ("FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:20260309T180000Z", "has a TZID"),
    "RDATE as a period": ("FREQ=DAILY\nRDATE;VALUE=PERIOD:20260309T180000Z/PT1H", "VALUE=PERIOD"),
    "too many times of day": (
        f"FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))};BYSECOND={','.join(map(str, range(60)))}",
        "more than 1,000 times of day",
    ),
    "too long a text": ("FREQ=DAILY\nEXDATE:" + "20260309T180000," * 7_000, "longer than 100000 characters"),
}


@pytest.mark.parametrize(("rule", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_rule_is_named(rule: str, message: str) -> None:
    """What RFC 5545 does not allow is refused at the rule's place, with the part that is wrong."""
    assert any(message in found for found in messages(rule))


def test_every_problem_of_a_rule_is_listed() -> None:
    """One reading of a rule names all of its faults."""
    found = " ".join(messages("FREQ=WEEKLY;BYHOUR=25;COUNT=-1;BYDAY=XX;FOO=1;INTERVAL=0\nEXDATE:never"))
    assert all(part in found for part in ("BYHOUR", "COUNT", "BYDAY", "FOO", "INTERVAL", "EXDATE"))


def test_departure_that_is_not_after_its_arrival() -> None:
    """A rule that moves the arrival past the departure's time of day is refused."""
    entry = recurring("FREQ=DAILY;BYHOUR=18", "2026-03-02T08:00", "2026-03-02T17:00")
    with pytest.raises(InvalidRequestError, match="on 2026-03-09 the departure is not after the arrival"):
        expand(entry, "2026-03-09T10:00", 1)


def test_a_thousand_occurrences_are_the_limit() -> None:
    """40 stays a day for 25 days are planned; one more is refused."""
    entry = recurring(
        f"FREQ=DAILY;BYHOUR=0,1;BYMINUTE={','.join(map(str, range(20)))}",
        "2026-01-01T00:00",
        "2026-01-01T12:00",
    )
    assert len(expand(entry, "2026-03-01T12:00", 25)) == 1_000
    with pytest.raises(InvalidRequestError, match="yields more than 1,000 schedules"):
        expand(entry, "2026-03-01T12:00", 25.6)


# Plain dateutil needs seconds to minutes for the first ones. Template: (arrival, departure).
OLD = ("1990-01-01T18:00", "1990-01-02T05:00")
QUICK = {
    "30 February, daily": ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", *OLD, 0),
    "30 February, monthly": ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", *OLD, 0),
    "30 February, yearly": ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", *OLD, 0),
    "30 February, counted": ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", *OLD, 0),
    "a weekday that the interval never meets": ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", *OLD, 0),
    "a position that a week does not have": ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=9", *OLD, 0),
    "a position that a day does not have": ("FREQ=DAILY;BYHOUR=3,4;BYSETPOS=3", *OLD, 0),
    "decades old": ("FREQ=DAILY", *OLD, 3),
    "centuries old": ("FREQ=DAILY", "0100-01-01T18:00", "0100-01-02T05:00", 3),
    "decades old with a large COUNT": ("FREQ=DAILY;COUNT=999999999", *OLD, 3),
    "decades old with a COUNT that matters": ("FREQ=DAILY;COUNT=13218", *OLD, 2),
    "centuries in the future": (
        "FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2",
        "2990-01-01T18:00",
        "2990-01-02T05:00",
        0,
    ),
    "at the end of the calendar": ("FREQ=WEEKLY", "9999-12-30T18:00", "9999-12-31T05:00", 0),
    "an interval beyond the calendar": (
        "FREQ=DAILY;INTERVAL=999999999999999999",
        "2026-03-09T18:00",
        "2026-03-10T05:00",
        1,
    ),
}


@pytest.mark.parametrize(("rule", "arrival", "departure", "expected"), QUICK.values(), ids=QUICK.keys())
def test_no_rule_hangs(rule: str, arrival: str, departure: str, expected: int) -> None:
    """Rules that never yield, are old, far off or endless take well under a second."""
    entry = recurring(rule, arrival, departure)
    began = process_time()
    found = expand(entry, "2026-03-09T12:00", 3)
    assert process_time() - began < 0.5
    assert len(found) == expected


def test_count_from_too_long_ago_is_refused() -> None:
    """A COUNT that would have to be counted, day by day, over many centuries is a fault, not a wait."""
    entry = recurring("FREQ=DAILY;BYDAY=MO;COUNT=90000", "0100-01-01T18:00", "0100-01-02T05:00")
    with pytest.raises(InvalidRequestError, match="from too long ago"):
        expand(entry, "2026-03-09T12:00", 3)


def test_times_outside_the_calendar_are_a_fault() -> None:
    """A stay whose wall clock is past the year 9999 is refused, not a crash."""
    template = ChargingSession("r", BUS, 253402300799000 - 1000, 253402300799000, soc=0, target_soc=1)
    with pytest.raises(InvalidRequestError, match="years 1 to 9999"):
        occurrences(RecurringSession(template, "FREQ=DAILY"), HELSINKI, 0, MS_PER_DAY)


# ---- An independent reading of the common rules: day by day, with no calendar library --------------------

DAY_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIRST_DAY = date(2024, 1, 1)


def reference_days(weekly: bool, start: date, interval: int, names: list[str]) -> Iterator[date]:
    """Every day of the rule from its start on, found by asking each day in turn."""
    wanted = names or ([DAY_NAMES[start.weekday()]] if weekly else list(DAY_NAMES))
    monday = start - timedelta(days=start.weekday())
    for number in range(2_000):
        day = start + timedelta(days=number)
        phase = (day - monday).days // 7 if weekly else number
        if phase % interval == 0 and DAY_NAMES[day.weekday()] in wanted:
            yield day


@st.composite
def common_rules(draw: st.DrawFn) -> tuple[str, bool, int, list[str], int | None, date | None]:
    """Daily and weekly rules with BYDAY, INTERVAL, and COUNT or UNTIL."""
    weekly = draw(st.booleans())
    interval = draw(st.integers(1, 5))
    names = draw(st.lists(st.sampled_from(DAY_NAMES), unique=True, max_size=4))
    count = draw(st.none() | st.integers(1, 400))
    until = None if count else draw(st.none() | st.dates(FIRST_DAY, date(2028, 1, 1)))
    rule = f"FREQ={'WEEKLY' if weekly else 'DAILY'};INTERVAL={interval}"
    rule += f";BYDAY={','.join(names)}" if names else ""
    rule += f";COUNT={count}" if count else f";UNTIL={until:%Y%m%d}T235959" if until else ""
    return rule, weekly, interval, names, count, until


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    rule=common_rules(),
    first=st.dates(FIRST_DAY, date(2025, 12, 31)),
    window=st.integers(0, 1_000),
    days=st.integers(1, 45),
    zone=st.sampled_from([HELSINKI, NEW_YORK, LORD_HOWE]),
    hour=st.integers(0, 23),
)
def test_common_rules_agree_with_a_walk_day_by_day(
    rule: tuple[str, bool, int, list[str], int | None, date | None],
    first: date,
    window: int,
    days: int,
    zone: ZoneInfo,
    hour: int,
) -> None:
    """For daily and weekly rules the stays are those of an independent walk, on the wall clock."""
    text, weekly, interval, names, count, until = rule
    entry = recurring(text, f"{first}T{hour:02}:05", f"{first + timedelta(days=1)}T05:00", zone)
    start = FIRST_DAY + timedelta(days=window)
    start_ms, end_ms = (local_ms(f"{day}T12:00", zone) for day in (start, start + timedelta(days=days)))
    chosen = list(reference_days(weekly, first, interval, names))[:count]
    expected = [
        (local_ms(f"{day}T{hour:02}:05", zone), local_ms(f"{day + timedelta(days=1)}T05:00", zone))
        for day in chosen
        if until is None or day <= until
    ]
    found = occurrences(entry, zone, start_ms, end_ms)
    assert [(one.arrival_ms, one.departure_ms) for one in found] == [
        (arrival, departure) for arrival, departure in expected if departure > start_ms and arrival < end_ms
    ]


# ---- The cut walk against dateutil's own, near the year 9999, where that one ends soon -------------------


def numbers(low: int, high: int, *, signed: bool = False) -> st.SearchStrategy[str]:
    one = st.integers(low, high).flatmap(lambda n: st.sampled_from([n, -n] if signed else [n]))
    return st.lists(one, min_size=1, max_size=3, unique=True).map(lambda items: ",".join(map(str, items)))


WEEKDAY_LISTS = st.lists(st.sampled_from(DAY_NAMES), min_size=1, max_size=4, unique=True).map(",".join)
NUMBERED = st.tuples(st.integers(1, 5), st.sampled_from(DAY_NAMES)).map(lambda pair: f"{pair[0]}{pair[1]}")
EVERYWHERE = {"BYHOUR": numbers(0, 23), "BYMINUTE": numbers(0, 59), "BYMONTH": numbers(1, 12)}
OPTIONS = {
    "DAILY": {"BYDAY": WEEKDAY_LISTS, "BYMONTHDAY": numbers(1, 31, signed=True)},
    "WEEKLY": {"BYDAY": WEEKDAY_LISTS},
    "MONTHLY": {"BYDAY": WEEKDAY_LISTS | NUMBERED, "BYMONTHDAY": numbers(1, 31, signed=True)},
    "YEARLY": {
        "BYDAY": WEEKDAY_LISTS,
        "BYMONTHDAY": numbers(1, 31, signed=True),
        "BYYEARDAY": numbers(1, 366, signed=True),
        "BYWEEKNO": numbers(1, 53, signed=True),
    },
}


@st.composite
def any_rules(draw: st.DrawFn) -> str:
    """Rules of every frequency with any of their BY parts."""
    frequency = draw(st.sampled_from(sorted(OPTIONS)))
    parts = {
        "FREQ": frequency,
        "INTERVAL": str(draw(st.integers(1, 8))),
        "WKST": draw(st.sampled_from(DAY_NAMES)),
    }
    for name, values in (OPTIONS[frequency] | EVERYWHERE).items():
        if draw(st.integers(0, 2)) == 0:
            parts[name] = draw(values)
    if any(name.startswith("BY") for name in parts) and draw(st.booleans()):
        parts["BYSETPOS"] = draw(numbers(1, 4, signed=True))
    if draw(st.booleans()):
        parts["COUNT"] = str(draw(st.integers(1, 300)))
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    text=any_rules(),
    start=st.datetimes(datetime(9990, 1, 1), datetime(9994, 12, 31)),
    offset=st.integers(-30, 1_400),
    days=st.integers(0, 60),
)
def test_cut_walk_is_dateutils_own(text: str, start: datetime, offset: int, days: int) -> None:
    """Skipping ahead, single periods and filters outside dateutil change nothing of what a rule yields."""
    start = start.replace(microsecond=0)
    first = start + timedelta(days=offset)
    last = first + timedelta(days=days)
    whole = takewhile(lambda arrival: arrival <= last, rrulestr(text, dtstart=start))
    expected = [arrival for arrival in whole if arrival >= first]
    assert list(wall_clock_arrivals(parse_rule(text), start, first, last)) == expected
