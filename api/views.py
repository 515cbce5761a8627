"""Records of the store as the documents that the service answers with."""

from typing import Any

from adapters.records import PlanSummary, SiteSettings
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
