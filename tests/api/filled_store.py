"""A store in which everything that the examples of the API description speak of is there."""

from dataclasses import replace

from adapters.ports import Store
from adapters.service_records import CallState, KeptAnswer
from api.examples import JOB_ID, OTHER_PLAN_ID, PLAN_ID, PLAN_REQUEST, SITE_UID, STORED_SITE
from api.plan_records import stored_plan
from api.service import json_text, make_plan
from api.workers.task import TaskKind
from tests.plan_builders import NOW_MS


def fill(store: Store) -> None:
    """A site with what was read of it, two plans, and a job that is done."""
    store.sites.put(SITE_UID, STORED_SITE["site"], STORED_SITE["settings"])
    store.readings.put(SITE_UID, PLAN_REQUEST["schedules"], PLAN_REQUEST["vehicles"])
    for place, plan_id in enumerate((PLAN_ID, OTHER_PLAN_ID)):
        request = {**PLAN_REQUEST, "strategy": ("cost", "asap")[place]}
        made = {**make_plan(request, clock=lambda: NOW_MS), "planId": plan_id}
        plan = stored_plan(request, made, "manual", "a test")
        moved = replace(plan.summary, created_ms=NOW_MS + place)
        store.plans.save(replace(plan, summary=moved), (), request)
    _put_job(store)


def _put_job(store: Store) -> None:
    body = json_text(PLAN_REQUEST)
    store.deferred.put(JOB_ID, TaskKind.PLAN.value, {"onInvalid": "reject"}, body)
    claimed = store.deferred.claim_next(silent_ms=0)
    assert claimed is not None and claimed[0].call_id == JOB_ID
    answer = KeptAnswer(200, {"content-type": "application/json"}, store.plans.text(PLAN_ID) or b"")
    store.deferred.finish(JOB_ID, answer)
    job = store.deferred.get(JOB_ID)
    assert job is not None and job.state is CallState.DONE
