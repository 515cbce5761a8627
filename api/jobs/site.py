"""One site: read, plan, compare, push; all under its lock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from adapters.chargeye.push import ChargEyePush
from adapters.chargeye.push_list import departure_ms
from adapters.chargeye.push_plan import PushState, SitePlan
from adapters.evenergy.sharpening import restored
from adapters.evenergy.stays import current_stays
from adapters.exceptions import AdapterError, VendorError
from adapters.ports import HeldLock, Store
from adapters.records import OutcomeState, PlanSummary, RunningPlan, StoredPlan
from adapters.store.exceptions import SiteBusyError, StoreError
from api.documents import planned_schedules
from api.exceptions import UnknownSiteError
from api.jobs.causes import Cause, causes, sight_of_plan, sight_of_request, together
from api.jobs.planning import Blame, PlanAnswer, PlanTask
from api.jobs.pools import PlanningPool
from api.jobs.reading import Platform, SiteRead
from api.jobs.report import DONE, OUR_FAULT, OUT_OF_REACH, WRONG_INPUT, SiteReport
from api.plan_records import plan_summary
from optimiser.domain import Notice

JsonObject = dict[str, Any]

Sharpen = Callable[[JsonObject], tuple[JsonObject, Sequence[Notice]]]
"""Puts better evidence into a plan request before it is planned; may raise AdapterError."""

Stage = Callable[[str, str], None]
"""Told of every step: location and stage, one of `reading`, `planning`, `pushing`."""

_REPLANS = 2
_LOOKED_BACK = 20
_BLAME_CODES = {Blame.INPUT: WRONG_INPUT, Blame.PLANNER: OUR_FAULT, Blame.WORKER: OUT_OF_REACH}
_AROUND_PLANNING = ("parse", "check", "respond")


@dataclass(frozen=True, slots=True)
class SiteTools:
    """What replanning a site takes.

    `clock` tells the instant that is planned for, `wall_clock` when things are done; both epoch ms.
    """

    store: Store
    platform: Platform
    pool: PlanningPool
    pusher: ChargEyePush
    clock: Callable[[], int]
    wall_clock: Callable[[], int]
    sharpen: Sharpen | None = None
    on_stage: Stage = lambda _uid, _stage: None
    on_read: Callable[[SiteRead], None] = lambda _site: None


@dataclass(frozen=True, slots=True)
class SiteOrder:
    """What is to be done: `cause` counts where nothing is seen to have changed at the site."""

    location_uid: str
    cause: Cause
    dry_run: bool = False
    force: bool = False


def replan_site(order: SiteOrder, tools: SiteTools) -> SiteReport:
    """Replan one site; whatever keeps it from being done is in the report, not raised."""
    begun = perf_counter()
    try:
        with tools.store.site_lock(order.location_uid) as held:
            report = _replanned(order, tools, held)
    except SiteBusyError as error:
        report = SiteReport(order.location_uid, OutcomeState.BUSY, DONE, str(error))
    except UnknownSiteError as error:
        report = SiteReport(order.location_uid, OutcomeState.FAILED, WRONG_INPUT, str(error))
    except (VendorError, StoreError) as error:
        report = SiteReport(order.location_uid, OutcomeState.FAILED, OUT_OF_REACH, str(error))
    return replace(report, seconds=perf_counter() - begun)


def _replanned(order: SiteOrder, tools: SiteTools, held: HeldLock) -> SiteReport:
    """Plan and push; where schedules changed meanwhile, again, twice at most."""
    before: tuple[SiteReport, ...] = ()
    while True:
        last = len(before) == _REPLANS
        report = _once(order, tools, held, stop_on_change=not last)
        if last or not any(push.state is PushState.CHANGED_MEANWHILE for push in report.pushes):
            return _together(before, report)
        before = (*before, report)


def _together(before: Sequence[SiteReport], last: SiteReport) -> SiteReport:
    """The last report, with what the earlier ones had sent."""
    rounds = (*before, last)
    pushes = {push.vehicle_id: push for report in rounds for push in report.pushes}
    changed = dict.fromkeys(vehicle for report in rounds for vehicle in report.changed)
    merged = replace(last, pushes=tuple(pushes.values()), changed=tuple(changed), replanned=len(before))
    return _pushed(merged)


def _once(order: SiteOrder, tools: SiteTools, held: HeldLock, *, stop_on_change: bool) -> SiteReport:
    uid = order.location_uid
    tools.on_stage(uid, "reading")
    now_ms = tools.clock()
    site, notices, evidence = _read(uid, tools, now_ms)
    tools.on_read(site)
    if not order.dry_run:
        _keep_reading(tools.store, site.document)
    cause = _cause(order, site, tools, now_ms)
    tools.on_stage(uid, "planning")
    created_at_ms = tools.wall_clock()
    task = PlanTask(site.document, created_at_ms, cause.trigger.value, cause.description)
    answer = tools.pool.plan(task)
    if answer.response is None:
        return _without_plan(uid, answer, cause)
    response = {**answer.response, "warnings": answer.response["warnings"] + notices}
    plan = _site_plan(site, response)
    changed = plan.changed_vehicles(now_ms, force=order.force)
    report = _report_of(uid, response, cause, changed, evidence)
    if order.dry_run:
        return report
    made, kept = (now_ms, created_at_ms, cause), (response, site.document)
    plan_id = _kept(tools.store, plan, kept, made, is_news=bool(changed))
    tools.on_stage(uid, "pushing")
    pushes = tools.pusher.push(plan, held, force=order.force, stop_on_change=stop_on_change)
    return replace(report, plan_id=plan_id, pushes=pushes)


def _keep_reading(store: Store, document: JsonObject) -> None:
    """What was read is shown to people, also where it cannot be planned."""
    schedules = [*document["schedules"], *document["recurringSchedules"]]
    store.readings.put(document["site"]["locationUid"], schedules, document["vehicles"])


def _read(uid: str, tools: SiteTools, now_ms: int) -> tuple[SiteRead, list[JsonObject], str | None]:
    """The site, the warnings of its evidence, and what kept evidence from us."""
    stored, running = tools.store.sites.get(uid), tools.store.plans.running(uid, now_ms)
    site = tools.platform.read(uid, stored, running, now_ms)
    if tools.sharpen is None:
        return site, [], None
    try:
        document, notices = tools.sharpen(site.document)
    except AdapterError as error:
        return site, [{"code": "no-evidence", "message": str(error)}], str(error)
    warnings = [_warning(notice) for notice in notices]
    return (
        replace(site, document=document, made_dated=_made_dated(site.document, document, now_ms)),
        warnings,
        None,
    )


def _made_dated(before: JsonObject, after: JsonObject, now_ms: int) -> dict[str, JsonObject]:
    """Occurrences that evidence has made dated ones, by id, as their rule has them."""
    known = {entry.get("id") for entry in before["schedules"]}
    made = [entry for entry in after["schedules"] if entry.get("id") not in known]
    stays = current_stays(before, [entry["evId"] for entry in made], now_ms)
    return {entry["id"]: stays[entry["evId"]].entry for entry in made if entry["evId"] in stays}


def _warning(notice: Notice) -> JsonObject:
    named = {} if notice.schedule_id is None else {"scheduleId": notice.schedule_id}
    return {"code": notice.code, "message": notice.message, **named}


def _cause(order: SiteOrder, site: SiteRead, tools: SiteTools, now_ms: int) -> Cause:
    """What has changed since the plan that runs was made, else what the order says."""
    given = _last_given(tools.store, order.location_uid)
    latest = tools.store.plans.get(given.plan_id) if given else None
    if latest is None:
        return order.cause
    before = sight_of_plan(latest.document, latest.summary.now_ms, now_ms)
    found = causes(before, sight_of_request(site.document, now_ms))
    return together(found) if found else order.cause


def _last_given(store: Store, uid: str) -> PlanSummary | None:
    """The newest plan that the site was given; one made to answer a question has no trigger."""
    newest = store.plans.history(uid, limit=_LOOKED_BACK)
    return next((plan for plan in newest if plan.trigger is not None), None)


def _site_plan(site: SiteRead, response: Mapping[str, Any]) -> SitePlan:
    planned: dict[str, list[Any]] = {}
    for schedule in planned_schedules(response):
        original = site.made_dated.get(schedule["id"])
        as_owned = schedule if original is None else restored(schedule, original)
        planned.setdefault(schedule["evId"], []).append(as_owned)
    return SitePlan(site.location_uid, response["planId"], site.horizon_end_ms, planned, site.seen)


def _without_plan(uid: str, answer: PlanAnswer, cause: Cause) -> SiteReport:
    code = _BLAME_CODES[answer.blame or Blame.PLANNER]
    return SiteReport(uid, OutcomeState.FAILED, code, answer.problem, cause)


def _report_of(
    uid: str, response: Mapping[str, Any], cause: Cause, changed: tuple[str, ...], evidence: str | None
) -> SiteReport:
    phases = response["solver"]["phasesMs"]
    rejected = tuple(response["rejected"])
    return SiteReport(
        location_uid=uid,
        state=OutcomeState.PARTIAL if rejected or evidence else OutcomeState.DONE,
        exit_code=OUT_OF_REACH if evidence else DONE,
        detail=evidence,
        cause=cause,
        planned=sum(1 for _ in planned_schedules(response)),
        changed=changed,
        shortfalls=len(response["shortfalls"]),
        rejected=rejected,
        warnings=tuple(response["warnings"]),
        planning_ms=sum(spent for name, spent in phases.items() if name not in _AROUND_PLANNING),
    )


def _pushed(report: SiteReport) -> SiteReport:
    if not report.troubled:
        return report
    first = report.troubled[0]
    others = f" (and {len(report.troubled) - 1} more)" if len(report.troubled) > 1 else ""
    detail = f"{first.vehicle_id} {first.state.value}: {first.detail}{others}"
    return replace(report, state=OutcomeState.PARTIAL, exit_code=OUT_OF_REACH, detail=detail)


def _kept(
    store: Store,
    plan: SitePlan,
    kept: tuple[JsonObject, JsonObject],
    made: tuple[int, int, Cause],
    *,
    is_news: bool,
) -> str | None:
    """Keep a plan that changes what a vehicle does; else the one before goes on. The id of either.

    `kept` are the response and the request that it answers.
    """
    before = _last_given(store, plan.location_uid)
    if before is not None and not is_news:
        return before.plan_id
    response, request = kept
    now_ms, created_ms, cause = made
    summary = _summary(plan, response, now_ms, created_ms, cause)
    running = [_running(plan, schedule) for schedules in plan.planned.values() for schedule in schedules]
    store.plans.save(StoredPlan(summary, response), running, request)
    return plan.plan_id


def _summary(
    plan: SitePlan, response: Mapping[str, Any], now_ms: int, created_ms: int, cause: Cause
) -> PlanSummary:
    summary = plan_summary(response, plan.location_uid, now_ms=now_ms, created_ms=created_ms)
    why = cause.description
    return replace(summary, plan_id=plan.plan_id, trigger=cause.trigger.value, trigger_description=why)


def _running(plan: SitePlan, schedule: Mapping[str, Any]) -> RunningPlan:
    return RunningPlan(
        vehicle_id=schedule["evId"],
        departure_ms=departure_ms(schedule) or 0,
        location_uid=plan.location_uid,
        plan_id=plan.plan_id,
        schedule_id=schedule["id"],
        schedule=dict(schedule),
    )
