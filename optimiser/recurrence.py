"""From a session that recurs to its dated sessions within a span of time.

The rule is walked on naive wall-clock times of the site, so that 18:00 stays 18:00 across a clock
change; what comes out is instants, and UNTIL, EXDATE and RDATE are compared as instants.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from optimiser.domain import ChargingSession, FixedSegment, RecurringSession
from optimiser.exceptions import Fault, InvalidRequestError, InvalidRuleError
from optimiser.recurrence_rule import RecurrenceRule, parse_rule
from optimiser.recurrence_walk import wall_clock_arrivals
from optimiser.units import from_ms, to_ms

MAX_OCCURRENCES = 1_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Stay:
    """A template on the site's wall clock: the departure is a time of day, some days after arrival."""

    arrival: datetime
    departure_time: time
    day_offset: int
    zone: ZoneInfo

    @classmethod
    def of(cls, template: ChargingSession, zone: ZoneInfo) -> "_Stay":
        arrival, departure = (_wall_clock(ms, zone) for ms in (template.arrival_ms, template.departure_ms))
        day_offset = departure.toordinal() - arrival.toordinal()
        return cls(arrival.replace(microsecond=0), departure.time(), day_offset, zone)

    def departure_on(self, arrival_date: date) -> datetime:
        return datetime.combine(arrival_date + self.day_offset * _DAY, self.departure_time)


def occurrences(
    recurring: RecurringSession, time_zone: ZoneInfo, start_ms: int, end_ms: int
) -> tuple[ChargingSession, ...]:
    """The dated sessions that are not over at `start_ms` and arrive before `end_ms`, in time order.

    Times of day are the site's: one that the clock skips moves forward by the gap, one that comes
    twice is the first. A stay that the skipped hour swallows whole does not take place. Every
    session keeps the template's `source`; its id is `<recurring id>@<departure in UTC>`.

    Raises `InvalidRequestError`, with every fault at the template's `recurrenceRule`, where the rule
    is wrong, yields more than 1,000 sessions in the span, or a departure is not after its arrival.
    """
    try:
        rule = parse_rule(recurring.recurrence_rule)
        stay = _Stay.of(recurring.template, time_zone)
        found = list(islice(_stays(rule, stay, start_ms, end_ms), MAX_OCCURRENCES + 1))
        if len(found) > MAX_OCCURRENCES:
            raise InvalidRuleError([f"yields more than {MAX_OCCURRENCES:,} schedules in the horizon"])
    except InvalidRuleError as error:
        raise _at_rule(recurring, error.problems) from error
    except (OverflowError, ValueError) as error:  # dateutil and datetime, at the ends of the calendar
        raise _at_rule(recurring, [f"leads out of the years 1 to 9999: {error}"]) from error
    return tuple(_dated(recurring.template, start_ms, *found_stay) for found_stay in sorted(found))


def _at_rule(recurring: RecurringSession, problems: Iterable[str]) -> InvalidRequestError:
    path = (*recurring.template.source, "recurrenceRule")
    return InvalidRequestError(Fault(path, problem) for problem in problems)


def _dated(template: ChargingSession, now_ms: int, arrival_ms: int, departure_ms: int) -> ChargingSession:
    """The template at another time; what was planned or is going on belongs to the stay it lies in."""
    frozen = _inside(template.frozen or (), arrival_ms, departure_ms)
    return replace(
        template,
        schedule_id=f"{template.schedule_id}@{from_ms(departure_ms):%Y%m%dT%H%M%SZ}",
        arrival_ms=arrival_ms,
        departure_ms=departure_ms,
        charging_now=template.charging_now and arrival_ms <= now_ms,
        charging_since_ms=template.charging_since_ms if arrival_ms <= now_ms else None,
        frozen=frozen or None,
        running_plan=_inside(template.running_plan, arrival_ms, departure_ms),
    )


def _inside(segments: tuple[FixedSegment, ...], start_ms: int, end_ms: int) -> tuple[FixedSegment, ...]:
    return tuple(part for part in segments if part.start_ms < end_ms and part.end_ms > start_ms)


def _stays(rule: RecurrenceRule, stay: _Stay, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """(arrival_ms, departure_ms) of the rule and its RDATEs, without its EXDATEs, each once."""
    gone = {_instant_ms(moment, stay.zone) for moment in rule.excluded}
    for arrival_ms, arrival in _arrivals(rule, stay, start_ms, end_ms):
        departure = stay.departure_on(arrival.date())
        departure_ms = _instant_ms(departure, stay.zone)
        if arrival_ms in gone or arrival_ms >= end_ms or departure_ms <= start_ms:
            continue
        gone.add(arrival_ms)
        if departure <= arrival:
            raise InvalidRuleError([f"on {arrival:%Y-%m-%d} the departure is not after the arrival"])
        if departure_ms > arrival_ms:
            yield arrival_ms, departure_ms


def _arrivals(
    rule: RecurrenceRule, stay: _Stay, start_ms: int, end_ms: int
) -> Iterator[tuple[int, datetime]]:
    """Each arrival as an instant and on the wall clock, for at least the span asked for."""
    for moment in rule.added:
        arrival_ms = _instant_ms(moment, stay.zone)
        yield arrival_ms, _wall_clock(arrival_ms, stay.zone)
    until_ms = _instant_ms(rule.until, stay.zone) if rule.until else end_ms
    # No clock has ever been set by more than a day, so a day at both ends covers every change.
    first = _wall_clock(start_ms, stay.zone) - (max(stay.day_offset, 0) + 1) * _DAY
    last = _wall_clock(end_ms, stay.zone) + _DAY
    for arrival in wall_clock_arrivals(rule, stay.arrival, first, last):
        arrival_ms = _instant_ms(arrival, stay.zone)
        if arrival_ms <= until_ms:
            yield arrival_ms, arrival


def _wall_clock(instant_ms: int, zone: ZoneInfo) -> datetime:
    return from_ms(instant_ms).astimezone(zone).replace(tzinfo=None, fold=0)


def _instant_ms(moment: datetime, zone: ZoneInfo) -> int:
    """A naive moment is on the site's clock; with fold 0 a skipped time has the offset before the gap,
    which moves it forward, and one that comes twice is the first (PEP 495)."""
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone))
