"""Reads the text of an RFC 5545 recurrence rule, strictly.

dateutil takes BYMONTHDAY=99, INTERVAL=0 or a negative COUNT without a word, so every value is held
against the ranges of RFC 5545, 3.3.10, before dateutil sees it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, weekday, weekdays

from optimiser.exceptions import InvalidRuleError

FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_FINER = ("HOURLY", "MINUTELY", "SECONDLY")
_WEEKDAYS = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), weekdays, strict=True))


class _Range(NamedTuple):
    first: int
    last: int
    from_end: bool = False

    def holds(self, number: int) -> bool:
        """Whether the number, counted from the end where that is allowed, lies inside."""
        return self.first <= (abs(number) if self.from_end else number) <= self.last


# The RFC lets BYSECOND be 60, a leap second; no clock that we plan by has one.
_RANGES = {
    "BYSECOND": _Range(0, 59),
    "BYMINUTE": _Range(0, 59),
    "BYHOUR": _Range(0, 23),
    "BYMONTHDAY": _Range(1, 31, from_end=True),
    "BYYEARDAY": _Range(1, 366, from_end=True),
    "BYWEEKNO": _Range(1, 53, from_end=True),
    "BYMONTH": _Range(1, 12),
    "BYSETPOS": _Range(1, 366, from_end=True),
}
_WEEKS_OF_A_YEAR = _Range(1, 53, from_end=True)
_PARTS = frozenset(("FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "WKST", *_RANGES))
# What RFC 5545 says a part MUST NOT be used with: part -> the frequencies that may have it.
_ALLOWED = {"BYMONTHDAY": "DAILY MONTHLY YEARLY", "BYYEARDAY": "YEARLY", "BYWEEKNO": "YEARLY"}

# Room for 5,000 EXDATEs; what is longer is no timetable.
_MAX_CHARACTERS = 100_000

_FOLD = re.compile(r"\r?\n[ \t]")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_DATE_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
_DATE = re.compile(r"[0-9]{8}")

_Read = TypeVar("_Read")


@dataclass(frozen=True, eq=False, slots=True)
class RecurrenceRule:
    """A rule whose every value is inside the RFC's ranges.

    `by` maps dateutil's names (`bymonth`, `byhour`, ...) to the values given, `weekdays` is BYDAY.
    Moments are aware where the text names a zone or UTC, and naive where they are on the site's wall
    clock.
    """

    frequency: int
    interval: int
    count: int | None
    until: datetime | None
    week_start: weekday
    by: dict[str, tuple[int, ...]]
    weekdays: tuple[weekday, ...]
    added: tuple[datetime, ...]
    excluded: tuple[datetime, ...]


class _Line(NamedTuple):
    name: str
    parameters: tuple[str, ...]
    value: str


@lru_cache(maxsize=1024)
def parse_rule(text: str) -> RecurrenceRule:
    """The rule of an RRULE, with or without its name, and of RDATE and EXDATE lines after or before it.

    Folded lines are joined. Raises `InvalidRuleError` with everything that is wrong.
    """
    if len(text) > _MAX_CHARACTERS:
        raise InvalidRuleError([f"is longer than {_MAX_CHARACTERS} characters"])
    problems: list[str] = []
    lines = [_line(raw) for raw in _FOLD.sub("", text).split()]
    problems += [_not_accepted(line.name) for line in lines if line.name not in {"RRULE", "RDATE", "EXDATE"}]
    rules = [line for line in lines if line.name == "RRULE"]
    if len(rules) != 1:
        problems.append(f"needs exactly one RRULE, not {len(rules)}")
        raise InvalidRuleError(problems)
    problems += _part_problems(rules[0])
    added = _try(problems, _moments, lines, "RDATE") or ()
    excluded = _try(problems, _moments, lines, "EXDATE") or ()
    rule = _try(problems, _rule, _parts(rules[0]), added, excluded)
    if problems or rule is None:
        raise InvalidRuleError(problems)
    return rule


def _try(problems: list[str], read: Callable[..., _Read], *arguments: object) -> _Read | None:
    """What was read, or None with its problems noted, so that one reading shows them all."""
    try:
        return read(*arguments)
    except InvalidRuleError as error:
        problems.extend(error.problems)
        return None


def _line(raw: str) -> _Line:
    name, colon, value = raw.partition(":")
    if not colon:
        return _Line("RRULE", (), raw.upper())
    name, *parameters = name.split(";")
    return _Line(name.upper(), tuple(parameters), value.upper())


def _not_accepted(name: str) -> str:
    hint = "; the planned arrival is the start" if name == "DTSTART" else ""
    return f"{name} is not accepted beside RRULE, RDATE and EXDATE{hint}"


def _part_problems(line: _Line) -> list[str]:
    """What is wrong with the names of the NAME=value parts: each is known and comes once."""
    uses = Counter(part.partition("=")[0] for part in line.value.split(";"))
    problems = [f"{parameter}: RRULE takes no parameters" for parameter in line.parameters]
    problems += [f"{name or 'an empty part'} is not known" for name in uses if name not in _PARTS]
    problems += [f"{name} comes more than once" for name in uses if name in _PARTS and uses[name] > 1]
    return problems


def _parts(line: _Line) -> dict[str, str]:
    pairs = [part.partition("=") for part in line.value.split(";")]
    return {name: value for name, _, value in pairs if name in _PARTS}


def _rule(
    parts: dict[str, str], added: tuple[datetime, ...], excluded: tuple[datetime, ...]
) -> RecurrenceRule:
    problems = _forbidden_together(parts)
    frequency = _try(problems, _frequency, parts)
    interval = _try(problems, _positive, parts, "INTERVAL")
    count = _try(problems, _positive, parts, "COUNT")
    until = _try(problems, _until, parts)
    week_start = _try(problems, _week_start, parts)
    by = {
        name.lower(): _try(problems, _numbers, name, parts[name]) or () for name in _RANGES if name in parts
    }
    weekdays = _try(problems, _weekdays, parts) or ()
    if problems or frequency is None or week_start is None:
        raise InvalidRuleError(problems)
    return RecurrenceRule(frequency, interval or 1, count, until, week_start, by, weekdays, added, excluded)


def _frequency(parts: dict[str, str]) -> int:
    name = parts.get("FREQ")
    if name in FREQUENCIES:
        return FREQUENCIES[name]
    if name in _FINER:
        raise InvalidRuleError([f"FREQ={name} is finer than DAILY"])
    raise InvalidRuleError([f"FREQ is {name or 'missing'}, not one of {', '.join(FREQUENCIES)}"])


def _positive(parts: dict[str, str], name: str) -> int | None:
    value = parts.get(name)
    if value is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(value) or int(value) < 1:
        raise InvalidRuleError([f"{name}={value} is not a whole number above 0"])
    return int(value)


def _until(parts: dict[str, str]) -> datetime | None:
    value = parts.get("UNTIL")
    if value is None:
        return None
    # A date is taken as dateutil takes it: midnight, so the evening of that day is past the end.
    return _moment("UNTIL", f"{value}T000000" if _DATE.fullmatch(value) else value)


def _week_start(parts: dict[str, str]) -> weekday:
    """The RFC's default is Monday; dateutil's is a global of the `calendar` module."""
    value = parts.get("WKST", "MO")
    if value not in _WEEKDAYS:
        raise InvalidRuleError([f"WKST={value} is not a weekday"])
    return _WEEKDAYS[value]


def _numbers(name: str, value: str) -> tuple[int, ...]:
    limits = _RANGES[name]
    items = value.split(",")
    wrong = [item for item in items if not (_WHOLE_NUMBER.fullmatch(item) and limits.holds(int(item)))]
    if wrong:
        sign = " or the same below 0" if limits.from_end else ""
        raise InvalidRuleError(
            f"{name}={item} is not between {limits.first} and {limits.last}{sign}" for item in wrong
        )
    return tuple(int(item) for item in items)


def _weekdays(parts: dict[str, str]) -> tuple[weekday, ...]:
    if "BYDAY" not in parts:
        return ()
    items = parts["BYDAY"].split(",")
    matches = [_WEEKDAY.fullmatch(item) for item in items]
    days = [_numbered(match[2], int(match[1] or 0)) for match in matches if match and _is_possible(match[1])]
    if len(days) < len(items):
        raise InvalidRuleError([f"BYDAY={parts['BYDAY']} is not a list of weekdays, with numbers up to 53"])
    return _countable(days, of_month=parts.get("FREQ") == "MONTHLY" or "BYMONTH" in parts)


def _is_possible(number: str | None) -> bool:
    return number is None or _WEEKS_OF_A_YEAR.holds(int(number))


def _numbered(name: str, number: int) -> weekday:
    return _WEEKDAYS[name](number) if number else _WEEKDAYS[name]


def _countable(days: list[weekday], *, of_month: bool) -> tuple[weekday, ...]:
    """The same weekdays in a form that dateutil counts right.

    A sixth Monday of a month is as absent as a fiftieth, but 50 is an IndexError in dateutil. And
    MO,1FR means every Monday and the first Friday; dateutil asks for both at once and finds none.
    """
    numbered = [day for day in days if day.n]
    if not numbered:
        return tuple(days)
    most = 6 if of_month else 53
    every = [weekday(day.weekday, number) for day in days if not day.n for number in range(1, most + 1)]
    return tuple(weekday(day.weekday, max(-most, min(most, day.n))) for day in numbered) + tuple(every)


def _forbidden_together(parts: dict[str, str]) -> list[str]:
    frequency = parts.get("FREQ", "")
    problems = [
        f"{name} cannot be used with FREQ={frequency}"
        for name, allowed in _ALLOWED.items()
        if name in parts and frequency in FREQUENCIES and frequency not in allowed.split()
    ]
    if "COUNT" in parts and "UNTIL" in parts:
        problems.append("COUNT and UNTIL cannot be used together")
    if "BYSETPOS" in parts and not any(name.startswith("BY") for name in parts.keys() - {"BYSETPOS"}):
        problems.append("BYSETPOS needs another BY part")
    if re.search("[0-9]", parts.get("BYDAY", "")) and (
        frequency in {"DAILY", "WEEKLY"} or "BYWEEKNO" in parts
    ):
        problems.append("BYDAY with a number needs FREQ=MONTHLY or YEARLY, and no BYWEEKNO")
    return problems


def _moments(lines: Iterable[_Line], name: str) -> tuple[datetime, ...]:
    """Every moment of the RDATE or EXDATE lines."""
    problems: list[str] = []
    moments = []
    for line in (line for line in lines if line.name == name):
        zone = _try(problems, _line_zone, line)
        moments += [_try(problems, _moment, name, item, zone) for item in line.value.split(",")]
    if problems:
        raise InvalidRuleError(problems)
    return tuple(moment for moment in moments if moment is not None)


def _line_zone(line: _Line) -> ZoneInfo | None:
    """The zone of a TZID parameter, if there is one; VALUE may only say what is the default."""
    zone = None
    for parameter in line.parameters:
        key, _, value = parameter.partition("=")
        if key.upper() == "TZID":
            zone = _zone(value)
        elif parameter.upper() != "VALUE=DATE-TIME":
            raise InvalidRuleError([f"{line.name} does not take {parameter}"])
    return zone


def _zone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError) as error:  # a folder of the zone database is an OSError
        raise InvalidRuleError([f"TZID={key} is not a known time zone"]) from error


def _moment(name: str, value: str, zone: ZoneInfo | None = None) -> datetime:
    """An aware moment of `...Z` or with a zone, else a naive one on the site's wall clock."""
    if not _DATE_TIME.fullmatch(value):
        raise InvalidRuleError([f"{name}={value} is not of the form YYYYMMDDTHHMMSS or YYYYMMDDTHHMMSSZ"])
    if zone is not None and value.endswith("Z"):
        raise InvalidRuleError([f"{name}={value} is in UTC and has a TZID"])
    try:
        naive = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")
    except ValueError as error:
        raise InvalidRuleError([f"{name}={value} is not a date and time that exists"]) from error
    return naive.replace(tzinfo=UTC if value.endswith("Z") else zone)
