"""The batch job: every site is read, planned, compared with what runs, and pushed where it changed.

One bad vehicle, site or vendor answer never stops the rest: what could not be done is in the report.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.push import ChargEyePush
from adapters.chargeye.push_plan import PushMode
from adapters.exceptions import VendorError
from adapters.ports import Clock, Store
from adapters.records import LocationOutcome, OutcomeState
from api.jobs.causes import Cause, Trigger
from api.jobs.pools import PlanningPool
from api.jobs.reading import Planning, Platform, SiteRead
from api.jobs.report import OUR_FAULT, ReplanReport, SiteReport
from api.jobs.site import Sharpen, SiteOrder, SiteTools, replan_site

KIND = "replan"

# Each holds its site's lock and talks to the store: two connections of the store's fifteen.
_SITES_AT_ONCE = 6
_BEAT_S = 5.0
_MANUAL = Cause(Trigger.MANUAL, "Replanned on request")


@dataclass(frozen=True, slots=True)
class Job:
    """With what sites are replanned.

    `clock` gives the instant to plan for, `wall_clock` the real time, both in epoch ms; `sharpen` puts
    better evidence into a plan request before it is planned.
    """

    store: Store
    chargeye: ChargEyeClient
    pool: PlanningPool
    clock: Clock
    wall_clock: Clock
    planning: Planning = field(default_factory=Planning)
    push_mode: PushMode = PushMode.REPLACE
    sharpen: Sharpen | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be replanned: all of ChargEye's locations where none is named.

    `cause` is told where nothing is seen to have changed at a site. `run_id` is that of a run which the
    caller has opened in the store; without one a run is opened here.
    """

    location_uids: tuple[str, ...] | None = None
    dry_run: bool = False
    force: bool = False
    cause: Cause = _MANUAL
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `stage` is `reading`, `planning`, `pushing` or `done`, then with the `report`."""

    location_uid: str
    stage: str
    done: int
    total: int
    report: SiteReport | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of progress and of what was read (from several threads), and who may stop the run
    between two sites.
    """

    on_progress: Callable[[Progress], None] = lambda _progress: None
    on_read: Callable[[SiteRead], None] = lambda _site: None
    cancelled: Callable[[], bool] = lambda: False


def replan_sites(job: Job, order: Order, audience: Audience | None = None) -> ReplanReport:
    """Replan the sites, each under its lock, and keep the run with its outcomes in the store.

    Raises StoreError where the run itself cannot be kept; a site that fails is in the report.
    """
    started_ms = job.wall_clock()
    uids, problem = _locations(job, order)
    run_id = order.run_id or job.store.jobs.start(KIND, len(uids)).run_id
    run = _Run(job, order, audience or Audience(), run_id, tuple(uids))
    sites = sorted(run.reports(), key=lambda report: report.location_uid)
    done = {report.location_uid for report in sites}
    report = ReplanReport(
        run_id=run_id,
        started_ms=started_ms,
        finished_ms=job.wall_clock(),
        dry_run=order.dry_run,
        sites=tuple(sites),
        not_done=tuple(uid for uid in uids if uid not in done),
        problem=problem,
    )
    job.store.jobs.finish(run_id, report.state, report.counts, report.as_json())
    return report


def _locations(job: Job, order: Order) -> tuple[Sequence[str], str | None]:
    """The sites to do; where ChargEye does not list its locations, those that the store knows."""
    if order.location_uids is not None:
        return tuple(dict.fromkeys(order.location_uids)), None
    try:
        return [location.id for location in job.chargeye.list_locations()], None
    except VendorError as error:
        return [site.location_uid for site in job.store.sites.list()], str(error)


class _Run:
    """One run over its sites."""

    def __init__(
        self, job: Job, order: Order, audience: Audience, run_id: str, uids: tuple[str, ...]
    ) -> None:
        self._job = job
        self._order = order
        self._audience = audience
        self._run_id = run_id
        self._uids = uids
        self._done = 0
        self._cancelled = False
        self._tools = SiteTools(
            store=job.store,
            platform=Platform(job.chargeye, job.planning),
            pool=job.pool,
            pusher=ChargEyePush(job.chargeye, job.store.outbox, job.clock, job.push_mode),
            clock=job.clock,
            wall_clock=job.wall_clock,
            sharpen=job.sharpen,
            on_stage=self._tell,
            on_read=audience.on_read,
        )

    def reports(self) -> Iterator[SiteReport]:
        """One for every site that was begun, as they end."""
        with ThreadPoolExecutor(_SITES_AT_ONCE, thread_name_prefix="site") as threads:
            left = {threads.submit(self._unless_cancelled, uid): uid for uid in self._uids}
            while left:
                ended, _ = wait(left, _BEAT_S, FIRST_COMPLETED)
                self._look_up()
                for future in ended:
                    report = _report_of(future, left.pop(future))
                    if report is not None:
                        self._record(report)
                        yield report

    def _unless_cancelled(self, uid: str) -> SiteReport | None:
        if self._cancelled or self._audience.cancelled():
            return None
        order = SiteOrder(uid, self._order.cause, self._order.dry_run, self._order.force)
        return replan_site(order, self._tools)

    def _look_up(self) -> None:
        """Give a sign of life, and see whether somebody asked the run to stop."""
        if self._job.store.jobs.beat(self._run_id):
            self._cancelled = True

    def _record(self, report: SiteReport) -> None:
        outcome = LocationOutcome(
            location_uid=report.location_uid,
            state=report.state,
            finished_ms=self._job.wall_clock(),
            counts=report.counts,
            plan_id=report.plan_id,
            detail=report.detail,
        )
        self._job.store.jobs.record(self._run_id, outcome)
        self._done += 1
        self._tell(report.location_uid, "done", report)

    def _tell(self, uid: str, stage: str, report: SiteReport | None = None) -> None:
        self._audience.on_progress(Progress(uid, stage, self._done, len(self._uids), report))


def _report_of(future: Future[SiteReport | None], uid: str) -> SiteReport | None:
    """The report of a site; what nobody foresaw ends that site only, and is logged with its trace."""
    error = future.exception()
    if error is None:
        return future.result()
    structlog.get_logger().error("site-failed", location_uid=uid, exc_info=error)
    detail = f"a fault of this program ({type(error).__name__}); please report it"
    return SiteReport(uid, OutcomeState.FAILED, OUR_FAULT, detail)
