"""What the logs of one vehicle say over time: when it charged, and what it was told."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters.evenergy.payloads import CommandLog, ErrorLog, StatusLog, instant_ms
from optimiser.units import MS_PER_MINUTE

_START, _STOP = "START_CHARGE", "STOP_CHARGE"
_COMPLETE = "PLUGGED_IN_COMPLETE"

# An error without the id of its command belongs to one of its kind that was sent so shortly before.
_ANSWER_MS = 2 * MS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class VehicleLogs:
    """The logs of one vehicle over a span of time, in any order."""

    commands: Sequence[CommandLog] = ()
    errors: Sequence[ErrorLog] = ()
    statuses: Sequence[StatusLog] = ()


class Sample(NamedTuple):
    """Whether the vehicle charged at an instant; `soc_percent` and `complete` tell why it may not."""

    at_ms: int
    charging: bool
    soc_percent: float | None
    complete: bool

    def is_full(self, target_percent: float | None) -> bool:
        """Whether it had no reason to charge any more."""
        reached = target_percent is not None and (self.soc_percent or 0.0) >= target_percent
        return self.complete or reached


class Told(NamedTuple):
    """A command that reached the vehicle: to charge, or to stop."""

    at_ms: int
    charge: bool


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Errors of one kind; `last_ms`, `detail` and `status_code` are those of the newest."""

    code: str
    type: str
    count: int
    last_ms: int
    detail: str | None
    status_code: int | None


def samples(logs: VehicleLogs) -> tuple[Sample, ...]:
    """The statuses that tell whether it charged, in order of time."""
    return tuple(sorted(_samples(logs.statuses)))


def _samples(statuses: Sequence[StatusLog]) -> Iterator[Sample]:
    for log in statuses:
        if log.is_charging is not None:
            complete = bool(log.is_complete) or log.state == _COMPLETE
            soc = log.state_of_charge_percentage
            yield Sample(instant_ms(log.sampled_at), log.is_charging, soc, complete)


def told(logs: VehicleLogs) -> tuple[Told, ...]:
    """The commands that no error answers, in order of time."""
    refused = {error.internal_command_id for error in logs.errors if error.internal_command_id}
    unnamed: defaultdict[str | None, list[int]] = defaultdict(list)
    for error in logs.errors:
        if not error.internal_command_id:
            insort(unnamed[error.command], instant_ms(error.logged_at))
    heard = [
        Told(instant_ms(log.logged_at), log.command == _START)
        for log in logs.commands
        if log.command in (_START, _STOP) and log.internal_command_id not in refused
        if not _is_answered(log, unnamed[log.command])
    ]
    return tuple(sorted(heard))


def _is_answered(log: CommandLog, errors_ms: Sequence[int]) -> bool:
    sent_ms = instant_ms(log.logged_at)
    after = bisect_left(errors_ms, sent_ms)
    return after < len(errors_ms) and errors_ms[after] - sent_ms <= _ANSWER_MS


def error_counts(errors: Sequence[ErrorLog]) -> tuple[ErrorCount, ...]:
    """Errors by kind, the most frequent first."""
    kinds = Counter((error.error_code or "", error.error_type or "") for error in errors)
    newest: dict[tuple[str, str], ErrorLog] = {}
    for error in sorted(errors, key=lambda error: instant_ms(error.logged_at)):
        newest[(error.error_code or "", error.error_type or "")] = error
    return tuple(
        ErrorCount(*kind, count, instant_ms(last.logged_at), last.error_detail, last.status_code)
        for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        for last in (newest[kind],)
    )
