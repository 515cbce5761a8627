"""Did a vehicle do what its plan says? Pure: plan and logs in, a verdict on every planned run out.

The doubt is the vehicle's: a verdict against it needs a log that says so. A status log (what the vehicle
measured) counts more than a command log (what it was told), and both are joined:

| verdict | rule, with a tolerance of 10 minutes at either end |
| --- | --- |
| followed | it charged from the planned start to the planned end, or until it was full |
| started-late | it began later, even after the planned end: the command to start, or the last status before |
| not-started | a status in the run shows it not charging, and none up to the next run shows it charging |
| stopped-early | it stopped before the end and before it was full: by its statuses, or by a command to stop |
| unreachable | it did not start, errors are logged in the run, and no command to start got through |
| unknown | there is no log that says anything |
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapters.evenergy.payloads import instant_ms
from adapters.evenergy.planned_runs import PlannedRun
from adapters.evenergy.timeline import ErrorCount, Sample, Told, VehicleLogs, error_counts, samples, told
from optimiser.units import MS_PER_MINUTE

AUTHENTICATION_ERROR = "AUTHENTICATION_ERROR"


class Verdict(StrEnum):
    """What became of a planned run, the worst first."""

    UNREACHABLE = "unreachable"
    NOT_STARTED = "not-started"
    STOPPED_EARLY = "stopped-early"
    STARTED_LATE = "started-late"
    FOLLOWED = "followed"
    UNKNOWN = "unknown"


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class RunAudit:
    """One planned run; `started_ms` is the earliest start, `stopped_ms` the latest end that logs allow."""

    run: PlannedRun
    verdict: Verdict
    started_ms: int | None = None
    stopped_ms: int | None = None


@dataclass(frozen=True, slots=True)
class VehicleAudit:
    """One vehicle: the worst verdict of its runs, and every error of the time, whatever the verdict."""

    verdict: Verdict
    runs: tuple[RunAudit, ...]
    errors: tuple[ErrorCount, ...]

    @property
    def needs_reconnect(self) -> bool:
        """Whether the vehicle's account must be connected again."""
        return any(error.code == AUTHENTICATION_ERROR for error in self.errors)


def audit_vehicle(
    runs: Iterable[PlannedRun],
    logs: VehicleLogs,
    since_ms: int,
    now_ms: int,
    tolerance_ms: int = 10 * MS_PER_MINUTE,
) -> VehicleAudit | None:
    """The verdict on the runs that began in `[since_ms, now_ms)`; None where there are none to judge yet.

    A run is judged up to `now_ms`, and not before the tolerance after its start has passed.
    """
    seen, heard = samples(logs), told(logs)
    error_times = [instant_ms(error.logged_at) for error in logs.errors]
    audits = tuple(
        _Judge(run, now_ms, tolerance_ms, seen, heard).audit(error_times)
        for run in runs
        if since_ms <= run.from_ms and run.from_ms + tolerance_ms <= now_ms
    )
    if not audits:
        return None
    worst = min((audit.verdict for audit in audits), key=_SEVERITY.__getitem__)
    recent = [error for error in logs.errors if instant_ms(error.logged_at) >= since_ms]
    return VehicleAudit(worst, audits, error_counts(recent))


@dataclass(frozen=True, slots=True)
class _Judge:
    """One run, with all that was seen and told up to now."""

    run: PlannedRun
    now_ms: int
    tolerance_ms: int
    seen: Sequence[Sample]
    heard: Sequence[Told]

    def audit(self, error_times_ms: Sequence[int]) -> RunAudit:
        started_ms = self._started_ms()
        if started_ms is None:
            return RunAudit(self.run, self._why_not_started(error_times_ms))
        stopped_ms = self._stopped_ms(started_ms) if started_ms < self._end_ms else None
        if stopped_ms is not None and stopped_ms < self._end_ms - self.tolerance_ms:
            return RunAudit(self.run, Verdict.STOPPED_EARLY, started_ms, stopped_ms)
        late = started_ms > self.run.from_ms + self.tolerance_ms
        verdict = Verdict.STARTED_LATE if late else Verdict.FOLLOWED
        return RunAudit(self.run, verdict, started_ms, stopped_ms)

    def _started_ms(self) -> int | None:
        """The earliest start that the logs allow, None where it did not start or nothing is known."""
        possible = self._between(self.run.from_ms, self._last_start_ms)
        charging = next((sample for sample in possible if sample.charging), None)
        commanded_ms = self._commanded_ms()
        if charging is None:
            return None if self._seen_idle() else commanded_ms
        before = self._between(self._first_ms, charging.at_ms)
        idle_ms = max((sample.at_ms for sample in before if not sample.charging), default=None)
        if commanded_ms is not None and (idle_ms or self.run.from_ms) <= commanded_ms <= charging.at_ms:
            return commanded_ms
        return self.run.from_ms if idle_ms is None else max(self.run.from_ms, idle_ms)

    def _commanded_ms(self) -> int | None:
        """When it was told to charge: at the run's start if it had been told before and not to stop since."""
        before = [told.charge for told in self.heard if told.at_ms <= self.run.from_ms]
        if before and before[-1]:
            return self.run.from_ms
        within = (told for told in self.heard if self.run.from_ms < told.at_ms < self._last_start_ms)
        return next((told.at_ms for told in within if told.charge), None)

    def _stopped_ms(self, started_ms: int) -> int | None:
        """The latest end that the logs allow, None where it went on, was full, or nothing is known."""
        after = [sample for sample in self._in_run() if sample.at_ms >= started_ms]
        last_charging_ms = max((sample.at_ms for sample in after if sample.charging), default=started_ms)
        idle = next((s for s in after if s.at_ms > last_charging_ms and not s.charging), None)
        if idle is not None:
            return None if idle.is_full(self.run.target_percent) else idle.at_ms
        last = next((t for t in reversed(self.heard) if last_charging_ms < t.at_ms < self._end_ms), None)
        return last.at_ms if last is not None and not last.charge else None

    def _why_not_started(self, error_times_ms: Sequence[int]) -> Verdict:
        errors = any(self._first_ms <= at_ms < self._end_ms for at_ms in error_times_ms)
        got_through = any(self._first_ms <= t.at_ms < self._end_ms and t.charge for t in self.heard)
        if errors and not got_through:
            return Verdict.UNREACHABLE
        return Verdict.NOT_STARTED if self._seen_idle() and not self._was_full() else self._without_evidence()

    def _without_evidence(self) -> Verdict:
        """A full vehicle has nothing to start for."""
        return Verdict.FOLLOWED if self._was_full() else Verdict.UNKNOWN

    def _was_full(self) -> bool:
        return any(sample.is_full(self.run.target_percent) for sample in self._in_run())

    def _seen_idle(self) -> bool:
        """Whether a status after the tolerance shows that it does not charge."""
        return any(s.at_ms >= self.run.from_ms + self.tolerance_ms for s in self._in_run() if not s.charging)

    def _in_run(self) -> list[Sample]:
        return self._between(self.run.from_ms, self._end_ms)

    def _between(self, from_ms: int, to_ms: int) -> list[Sample]:
        return [sample for sample in self.seen if from_ms <= sample.at_ms < to_ms]

    @property
    def _end_ms(self) -> int:
        """A run that still goes on is judged up to now."""
        return min(self.run.to_ms, self.now_ms)

    @property
    def _last_start_ms(self) -> int:
        """A start after this is not this run's; the next run's may be a little early."""
        return min(self.now_ms, max(self.run.to_ms, self.run.until_ms - self.tolerance_ms))

    @property
    def _first_ms(self) -> int:
        return self.run.from_ms - self.tolerance_ms
