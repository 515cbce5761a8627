"""Walks a recurrence rule over a span of wall-clock time, with dateutil and in bounded time.

dateutil walks from the first arrival towards the year 9999 and gives nothing back before the next
hit: a daily rule for 30 February takes it half a minute, and every rule pays 10 microseconds per day
since its start. So the walk starts just before the span, goes one month or year at a time, and what
can keep a daily rule silent for years is applied outside dateutil.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from math import prod
from typing import Any

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule

from optimiser.exceptions import InvalidRuleError
from optimiser.recurrence_rule import RecurrenceRule

_MAX_TIMES_OF_DAY = 1_000
# A day costs dateutil as much as ten times of day; this many take about a second.
_DAY_STEPS = 10
_MAX_STEPS = 1_000_000
# In months or years: after it dateutil is past the year 9999 and stops.
_ONCE = 12 * 9_999


def wall_clock_arrivals(
    rule: RecurrenceRule, start: datetime, first: datetime, last: datetime
) -> Iterator[datetime]:
    """What dateutil's rule with this DTSTART yields from `first` to `last`, both included, in order.

    All times are naive. UNTIL, RDATE and EXDATE are the caller's. Raises `InvalidRuleError` for a
    rule with more than 1,000 times of day, or with a COUNT that takes too long to be counted.
    """
    rule = replace(rule, by=_with_defaults(rule, start))
    times_of_day = prod(len(set(rule.by[unit])) for unit in ("byhour", "byminute", "bysecond"))
    if times_of_day > _MAX_TIMES_OF_DAY:
        raise InvalidRuleError([f"has more than {_MAX_TIMES_OF_DAY:,} times of day"])
    rule = _without_idle_count(rule, times_of_day * (last.toordinal() - start.toordinal() + 1))
    if rule.frequency in {MONTHLY, YEARLY}:
        arrivals = _months_or_years(rule, start, first if rule.count is None else start, last)
    elif _is_out_of_reach(rule, times_of_day):
        return iter(())
    else:
        rule, start = _fast_forward(rule, start, first, times_of_day)
        arrivals = _days(rule, start, last) if rule.frequency == DAILY else _run(rule, start)
    _check_work(rule, times_of_day, last.toordinal() - start.toordinal())
    counted = islice(takewhile(lambda arrival: arrival <= last, arrivals), rule.count)
    return (arrival for arrival in counted if arrival >= first)


def _with_defaults(rule: RecurrenceRule, start: datetime) -> dict[str, tuple[int, ...]]:
    """The BY parts, with those that dateutil would take from DTSTART, so that DTSTART can be moved."""
    by: dict[str, tuple[int, ...]] = {
        "byhour": (start.hour,),
        "byminute": (start.minute,),
        "bysecond": (start.second,),
    }
    by |= rule.by
    if rule.weekdays or rule.by.keys() & {"byweekno", "byyearday", "bymonthday"}:
        return by
    if rule.frequency in {MONTHLY, YEARLY}:
        by["bymonthday"] = (start.day,)
    if rule.frequency == YEARLY:
        by.setdefault("bymonth", (start.month,))
    return by


def _without_idle_count(rule: RecurrenceRule, most: int) -> RecurrenceRule:
    """The rule without a COUNT that `most`, all that can come by the end of the span, cannot reach."""
    return rule if rule.count is None or rule.count < most else replace(rule, count=None)


def _check_work(rule: RecurrenceRule, times_of_day: int, days: int) -> None:
    """A COUNT is counted from the start, if it must be."""
    if rule.count is not None and days * (_DAY_STEPS + times_of_day) > _MAX_STEPS:
        raise InvalidRuleError(["has a COUNT that would have to be counted from too long ago"])


def _per_period(rule: RecurrenceRule, times_of_day: int) -> int:
    """Arrivals in a day of a daily rule or a week of a weekly one, before anything is dropped."""
    weekdays = {day.weekday for day in rule.weekdays} if rule.frequency == WEEKLY else ()
    return times_of_day * (len(weekdays) or 1)


def _is_out_of_reach(rule: RecurrenceRule, times_of_day: int) -> bool:
    """Whether BYSETPOS asks for more than a day or week has: dateutil would look until the year 9999."""
    per_period = _per_period(rule, times_of_day)
    return "bysetpos" in rule.by and all(abs(position) > per_period for position in rule.by["bysetpos"])


def _fast_forward(
    rule: RecurrenceRule, start: datetime, first: datetime, times_of_day: int
) -> tuple[RecurrenceRule, datetime]:
    """A daily or weekly rule from whole periods later, with one to spare before `first`, as the first is cut.

    A COUNT goes down by what is skipped, where that is the same in every period.
    """
    period_days = rule.interval * (7 if rule.frequency == WEEKLY else 1)
    periods = max((first.toordinal() - start.toordinal()) // period_days - 1, 0)
    later = start + timedelta(days=periods * period_days)
    if rule.count is None:
        return rule, later
    drops = rule.by.keys() & {"bymonth", "bymonthday", "bysetpos"}
    if drops or (rule.frequency == DAILY and rule.weekdays):
        return rule, start
    return replace(rule, count=max(rule.count - periods * _per_period(rule, times_of_day), 0)), later


def _days(rule: RecurrenceRule, start: datetime, last: datetime) -> Iterator[datetime]:
    """A daily rule. Its BYMONTH, BYMONTHDAY and BYDAY only drop whole days, so they are applied here."""
    by = dict(rule.by)
    months, month_days = by.pop("bymonth", ()), by.pop("bymonthday", ())
    weekdays = {day.weekday for day in rule.weekdays}
    return (
        arrival
        for arrival in takewhile(
            lambda arrival: arrival <= last, _run(replace(rule, by=by, weekdays=()), start)
        )
        if (not months or arrival.month in months)
        and (not weekdays or arrival.weekday() in weekdays)
        and (not month_days or _is_one_of(month_days, arrival))
    )


def _is_one_of(month_days: tuple[int, ...], day: datetime) -> bool:
    """Whether the day of the month is listed, from the month's start or, below 0, from its end."""
    return day.day in month_days or day.day - monthrange(day.year, day.month)[1] - 1 in month_days


def _months_or_years(
    rule: RecurrenceRule, start: datetime, first: datetime, last: datetime
) -> Iterator[datetime]:
    """A monthly or yearly rule, one period at a time: dateutil steps out of the calendar after it."""
    months = 12 if rule.frequency == YEARLY else 1
    start_period, first_period, last_period = (
        (moment.year * 12 + moment.month - 1) // months for moment in (start, first, last)
    )
    skipped = max(0, (first_period - start_period) // rule.interval)
    once = replace(rule, interval=_ONCE)
    for period in range(start_period + skipped * rule.interval, last_period + 1, rule.interval):
        year, month = divmod(period * months, 12)
        yield from _run(once, start if period == start_period else datetime(year, month + 1, 1))


def _run(rule: RecurrenceRule, start: datetime) -> Iterator[datetime]:
    """dateutil's walk; COUNT and UNTIL are applied outside, for the one needs the true start and the
    other an instant, not a time on the clock."""
    arguments: dict[str, Any] = {"freq": rule.frequency, "byweekday": rule.weekdays or None, **rule.by}
    return iter(rrule(dtstart=start, interval=rule.interval, wkst=rule.week_start, **arguments))
