"""What the HTTP service keeps: keys, idempotent answers, deferred calls, readings, and texts of plans."""

import pytest

from adapters.records import PlanSummary
from adapters.service_records import AttemptState, CallState, KeptAnswer, OutboxFigures, Scope, SiteReading
from adapters.store import SqlStore
from adapters.store.exceptions import ConflictError
from api.service import parse_json
from tests.adapters.store.builders import HOUR_MS, NOW_MS, ManualClock, a_plan

ANSWER = KeptAnswer(200, {"content-type": "text/plain"}, b"x" * 5_000)
REFUSAL = KeptAnswer(422, {}, b"no")
SILENT_MS = 60_000


def test_a_key_is_kept_by_its_hash_and_revoked_once(store: SqlStore, clock: ManualClock) -> None:
    """The name stays taken, and the second revocation finds nothing."""
    made = store.keys.put("bob", "d1", [Scope.PLAN, Scope.READ])
    store.keys.put("Ann", "d2", [Scope.PUSH])
    assert made.scopes == {Scope.READ, Scope.PLAN}
    clock.now_ms += 5
    assert store.keys.revoke("bob")
    assert not store.keys.revoke("bob")
    assert not store.keys.revoke("nobody")
    keys = store.keys.list()
    assert [(key.name, key.revoked_ms) for key in keys] == [("Ann", None), ("bob", NOW_MS + 5)]
    with pytest.raises(ConflictError):
        store.keys.put("bob", "d3", [])


def test_a_request_is_answered_once_under_its_key(store: SqlStore) -> None:
    """New, running, answered; another request and another owner are told apart."""
    begin = store.answers.begin
    assert begin("ann", "k", "f1", SILENT_MS).state is AttemptState.NEW
    assert begin("ann", "k", "f1", SILENT_MS).state is AttemptState.RUNNING
    assert begin("ann", "k", "f2", SILENT_MS).state is AttemptState.OTHER
    assert begin("bob", "k", "f2", SILENT_MS).state is AttemptState.NEW
    store.answers.finish("ann", "k", ANSWER)
    assert begin("ann", "k", "f1", SILENT_MS).answer == ANSWER
    store.answers.drop("ann", "k")  # only what runs is dropped
    assert begin("ann", "k", "f1", SILENT_MS).state is AttemptState.ANSWERED
    store.answers.drop("bob", "k")
    assert begin("bob", "k", "f3", SILENT_MS).state is AttemptState.NEW


def test_a_request_whose_worker_died_is_taken_over(store: SqlStore, clock: ManualClock) -> None:
    """After the time that an answer may take, and not before."""
    store.answers.begin("ann", "k", "f1", SILENT_MS)
    clock.now_ms += SILENT_MS
    assert store.answers.begin("ann", "k", "f1", SILENT_MS).state is AttemptState.RUNNING
    clock.now_ms += 1
    assert store.answers.begin("ann", "k", "f1", SILENT_MS).state is AttemptState.NEW


def test_old_answers_are_forgotten(store: SqlStore, clock: ManualClock) -> None:
    store.answers.begin("ann", "old", "f", SILENT_MS)
    clock.now_ms += HOUR_MS
    store.answers.begin("ann", "new", "f", SILENT_MS)
    assert store.answers.forget(NOW_MS + 1) == 1
    assert store.answers.begin("ann", "new", "f", SILENT_MS).state is AttemptState.RUNNING


def test_a_deferred_call_goes_its_way(store: SqlStore, clock: ManualClock) -> None:
    """Queued, claimed with its body by one, finished, and its answer kept."""
    deferred = store.deferred
    put = deferred.put("c1", "plan", {"onInvalid": "skip"}, b"body " * 1_000)
    assert deferred.waiting() == (1, NOW_MS)
    assert deferred.answer("c1") is None
    clock.now_ms += 10
    claimed = deferred.claim_next(SILENT_MS)
    assert claimed is not None
    call, body = claimed
    assert (call.call_id, call.options, call.attempts) == ("c1", put.options, 1)
    assert (call.started_ms, body) == (NOW_MS + 10, b"body " * 1_000)
    assert deferred.claim_next(SILENT_MS) is None
    assert deferred.waiting() == (0, None)
    assert deferred.beat("c1")
    assert deferred.finish("c1", ANSWER)
    assert deferred.answer("c1") == ANSWER
    done = deferred.get("c1")
    assert done is not None
    assert (done.state, done.finished_ms) == (CallState.DONE, NOW_MS + 10)
    assert not deferred.beat("c1")
    assert not deferred.finish("c1", REFUSAL)
    assert not deferred.cancel("c1")


def test_calls_are_claimed_in_the_order_they_came(store: SqlStore, clock: ManualClock) -> None:
    """What was given back keeps its place; what is cancelled is not claimed."""
    for name in ("c2", "c1", "c3"):
        store.deferred.put(name, "plan", {}, b"")
        clock.now_ms += 1
    assert store.deferred.cancel("c1")
    assert _claimed(store) == "c2"
    assert store.deferred.give_back("c2")
    assert [_claimed(store), _claimed(store), _claimed(store)] == ["c2", "c3", None]


def test_a_call_whose_worker_is_silent_is_claimed_again(store: SqlStore, clock: ManualClock) -> None:
    """A beat puts that off."""
    store.deferred.put("c1", "plan", {}, b"")
    assert _claimed(store) == "c1"
    clock.now_ms += SILENT_MS
    assert store.deferred.beat("c1")
    clock.now_ms += SILENT_MS
    assert _claimed(store) is None
    clock.now_ms += 1
    assert _claimed(store) == "c1"
    call = store.deferred.get("c1")
    assert call is not None
    assert call.attempts == 2


def test_a_failed_call_says_so_and_is_forgotten_in_time(store: SqlStore) -> None:
    store.deferred.put("c1", "plan", {}, b"")
    _claimed(store)
    store.deferred.finish("c1", REFUSAL)
    call = store.deferred.get("c1")
    assert call is not None
    assert call.state is CallState.FAILED
    assert store.deferred.forget(NOW_MS) == 0
    assert store.deferred.forget(NOW_MS + 1) == 1
    assert store.deferred.get("c1") is None


def _claimed(store: SqlStore) -> str | None:
    claimed = store.deferred.claim_next(SILENT_MS)
    return None if claimed is None else claimed[0].call_id


def test_a_reading_takes_the_place_of_the_one_before(store: SqlStore, clock: ManualClock) -> None:
    assert store.readings.get("north") is None
    store.readings.put("north", [{"id": "s-1"}], [])
    clock.now_ms += 1
    store.readings.put("north", [{"id": "s-2"}], [{"id": "bus-1"}])
    assert store.readings.get("north") == SiteReading("north", NOW_MS + 1, [{"id": "s-2"}], [{"id": "bus-1"}])
    assert store.readings.read_ms() == {"north": NOW_MS + 1}


@pytest.mark.parametrize("size", [1, 500])
def test_a_plan_comes_as_text_with_its_request(store: SqlStore, size: int) -> None:
    """Small or deflated, the text is the document; a plan without a request has none."""
    plan = a_plan("p-1", document={"rows": list(range(size))})
    store.plans.save(plan, request={"now": "x" * size})
    store.plans.save(a_plan("p-2"))
    assert parse_json(store.plans.text("p-1") or b"") == plan.document
    assert parse_json(store.plans.request_text("p-1") or b"") == {"now": "x" * size}
    assert store.plans.request_text("p-2") is None
    assert store.plans.text("p-3") is None


def test_pages_of_plans_of_one_instant_leave_nothing_out(store: SqlStore) -> None:
    """Three plans of the same millisecond and one before, two by two."""
    for plan_id, created_ms in (("a", NOW_MS), ("b", NOW_MS), ("c", NOW_MS), ("d", NOW_MS - 1)):
        store.plans.save(a_plan(plan_id, created_ms=created_ms))
    first = store.plans.history("north", limit=2)
    last = first[-1]
    second = store.plans.history("north", 2, last.created_ms, last.plan_id)
    assert [plan.plan_id for plan in (*first, *second)] == ["c", "b", "a", "d"]


def test_the_newest_plan_of_a_site_is_one_that_it_was_given(store: SqlStore) -> None:
    """A plan without a trigger answered a question, and nobody follows it."""
    store.plans.save(a_plan("p-1"))
    store.plans.save(a_plan("p-2", created_ms=NOW_MS + 1))
    store.plans.save(a_plan("p-3", created_ms=NOW_MS + 2, trigger=None))
    store.plans.save(a_plan("p-4", "south", trigger=None))
    newest: dict[str, PlanSummary] = store.plans.newest()
    assert {uid: plan.plan_id for uid, plan in newest.items()} == {"north": "p-2"}
    of_all = store.plans.newest(given=False)
    assert {uid: plan.plan_id for uid, plan in of_all.items()} == {"north": "p-3", "south": "p-4"}


def test_the_outbox_in_numbers(store: SqlStore, clock: ManualClock) -> None:
    assert store.outbox.figures() == OutboxFigures(0, 0, 0, None)
    failing = store.outbox.put("bus-1", "north", {}, "f")
    clock.now_ms += 1
    store.outbox.put("bus-2", "north", {}, "f")
    given_up = store.outbox.put("bus-3", "north", {}, "f")
    store.outbox.fail(failing.intent_id, "no")
    store.outbox.give_up(given_up.intent_id, "never")
    assert store.outbox.figures() == OutboxFigures(2, 1, 1, NOW_MS)
    assert store.outbox.failing() == {"north": 1}
