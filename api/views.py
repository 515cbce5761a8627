"""Records of the store as the documents that the service answers with."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.ports import Store
from adapters.records import JobRun, LocationOutcome, PlanSummary, SiteSettings
from optimiser.units import iso_z

Json = dict[str, Any]


def plan_line(plan: PlanSummary) -> Json:
    """A plan in a list."""
    return {
        "planId": plan.plan_id,
        "locationUid": plan.location_uid,
        "createdAt": iso_z(plan.created_ms),
        "now": iso_z(plan.now_ms),
        "strategy": plan.strategy,
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "shortfallKwh": plan.shortfall_kwh,
        "churn": plan.churn,
        "trigger": plan.trigger,
        "triggerDescription": plan.trigger_description,
        "peakKw": plan.peak_kw,
        "peakCapKw": plan.peak_cap_kw,
        "short": plan.short,
    }


def site_lines(store: Store) -> list[Json]:
    """Every site in a list: described, read or planned; with its newest plan, a given one first."""
    described = {site.location_uid: site for site in store.sites.list()}
    newest = store.plans.newest(given=False) | store.plans.newest()
    read_ms, failing = store.readings.read_ms(), store.outbox.failing()
    uids = sorted({*described, *read_ms, *store.plans.planned_sites()})
    return [
        {
            **_described(described.get(uid)),
            "locationUid": uid,
            "readAt": iso_z(read_ms[uid]) if uid in read_ms else None,
            "newestPlan": plan_line(newest[uid]) if uid in newest else None,
            "failingPushes": failing.get(uid, 0),
        }
        for uid in uids
    ]


def _described(site: SiteSettings | None) -> Json:
    if site is None:
        return {"timeZone": None, "currency": None, "updatedAt": None}
    return {
        "timeZone": site.site.get("timeZone", "UTC"),
        "currency": site.site.get("currency", "EUR"),
        "updatedAt": iso_z(site.updated_ms),
    }


def stored_site(site: SiteSettings) -> Json:
    """A site as it was put."""
    return {
        "locationUid": site.location_uid,
        "updatedAt": iso_z(site.updated_ms),
        "site": site.site,
        "settings": site.settings,
    }


def replan_run(run: JobRun, outcomes: Sequence[LocationOutcome], stages: Mapping[str, str]) -> Json:
    """A replan with what became of each site so far, and where the others are."""
    return {
        "runId": run.run_id,
        "state": run.state.value,
        "startedAt": iso_z(run.started_ms),
        "finishedAt": None if run.finished_ms is None else iso_z(run.finished_ms),
        "total": run.total,
        "done": len(outcomes),
        "cancelRequested": run.cancel_requested,
        "counts": run.counts,
        "report": run.report,
        "inWork": [{"locationUid": uid, "stage": stage} for uid, stage in sorted(stages.items())],
        "outcomes": [_outcome(outcome) for outcome in outcomes],
    }


def _outcome(outcome: LocationOutcome) -> Json:
    return {
        "locationUid": outcome.location_uid,
        "state": outcome.state.value,
        "finishedAt": iso_z(outcome.finished_ms),
        "counts": outcome.counts,
        "planId": outcome.plan_id,
        "detail": outcome.detail,
    }
