"""Records of the store as the documents that the service answers with."""

from collections.abc import Mapping, Sequence
from typing import Any

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
    }


def site_line(site: SiteSettings, read_ms: int | None, newest: PlanSummary | None) -> Json:
    """A site in a list."""
    return {
        "locationUid": site.location_uid,
        "timeZone": site.site.get("timeZone", "UTC"),
        "currency": site.site.get("currency", "EUR"),
        "updatedAt": iso_z(site.updated_ms),
        "readAt": None if read_ms is None else iso_z(read_ms),
        "newestPlan": None if newest is None else plan_line(newest),
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
