"""Replanning as a service: every so often everything, and at once what something happened to.

ChargEye pushes nothing, so it is asked: between two rounds every site is looked at again and again.
One round or look at a time: a round that takes longer than its interval delays the next, never doubles it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event

import structlog

from adapters.exceptions import AdapterError
from api.exceptions import UnknownSiteError
from api.jobs.causes import Cause, Sight, Trigger, causes, sight_of_request, together
from api.jobs.reading import Platform, SiteRead
from api.jobs.replan import Audience, Job, Order, replan_sites
from api.jobs.report import ReplanReport
from optimiser.units import MS_PER_DAY, MS_PER_MINUTE

_SILENT_MS = 10 * MS_PER_MINUTE
_KEPT_MS = 90 * MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often everything is replanned, and how often one looks for triggers, in seconds."""

    every_s: float
    poll_s: float


@dataclass(slots=True)
class _Sights:
    """Every site as it was seen last."""

    job: Job
    last: dict[str, Sight] = field(default_factory=dict)

    def note(self, site: SiteRead) -> None:
        """What a replan has read."""
        self.last[site.location_uid] = sight_of_request(site.document, self.job.clock())

    def changes(self, stop: Event) -> dict[str, Cause]:
        """What has happened since, by site; a site that cannot be read now is looked at next time."""
        platform = Platform(self.job.chargeye, self.job.planning)
        found: dict[str, Cause] = {}
        for uid in tuple(self.last):
            if stop.is_set():
                break
            try:
                cause = self._change(uid, platform)
            except (AdapterError, UnknownSiteError) as error:
                structlog.get_logger().warning("look-failed", location_uid=uid, problem=str(error))
                continue
            if cause is not None:
                found[uid] = cause
        return found

    def _change(self, uid: str, platform: Platform) -> Cause | None:
        now_ms, store = self.job.clock(), self.job.store
        site = platform.look(uid, store.sites.get(uid), store.plans.running(uid, now_ms), now_ms)
        found = causes(self.last[uid], sight_of_request(site.document, now_ms))
        return together(found) if found else None


def watch(
    job: Job,
    order: Order,
    rhythm: Rhythm,
    stop: Event,
    on_report: Callable[[ReplanReport], None],
    audience: Audience | None = None,
) -> None:
    """Replan until `stop` is set; sites at hand are then finished. Every run is reported as it ends.

    Raises StoreError where runs can no longer be kept.
    """
    sights = _Sights(job)
    told = replace(audience or Audience(), on_read=sights.note, cancelled=stop.is_set)
    minutes = rhythm.every_s / 60
    timed = replace(order, cause=Cause(Trigger.TIMER, f"Replanned every {minutes:g} minutes"))
    next_round_s = time.monotonic()
    while not stop.is_set():
        if time.monotonic() >= next_round_s:
            _tidy(job)
            on_report(replan_sites(job, timed, told))
            next_round_s = _next(next_round_s, rhythm.every_s)
        else:
            for uid, cause in sights.changes(stop).items():
                on_report(replan_sites(job, replace(order, location_uids=(uid,), cause=cause), told))
        stop.wait(max(0.0, min(rhythm.poll_s, next_round_s - time.monotonic())))


def _next(round_s: float, every_s: float) -> float:
    """The next round on the beat that is still to come."""
    missed = max(0.0, time.monotonic() - round_s) // every_s
    return round_s + (missed + 1) * every_s


def _tidy(job: Job) -> None:
    """Close what died, and forget what is old."""
    job.store.jobs.close_abandoned(_SILENT_MS)
    job.store.prune(job.wall_clock() - _KEPT_MS)
