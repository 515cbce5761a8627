"""Plans, their history, and what each vehicle is meant to do."""

import json

import pytest

from adapters.store import SqlStore
from adapters.store.exceptions import ConflictError
from tests.adapters.store.builders import HOUR_MS, NOW_MS, a_plan, a_running_plan


def test_a_plan_comes_back_with_its_certificate(store: SqlStore) -> None:
    """The document is the same JSON, and the columns beside it are the same figures."""
    certificate = {"duals": [0.1, 1e-300, 12345678901234567890, -0.0], "größe": "\u0000\ud800"}
    plan = a_plan(
        document={"solver": {"certificate": certificate}, "schedules": [{"id": n} for n in range(500)]}
    )
    store.plans.save(plan)
    stored = store.plans.get("p-1")
    assert stored is not None
    assert stored.summary == plan.summary
    assert json.dumps(stored.document) == json.dumps(plan.document)


def test_figures_that_do_not_exist_stay_none(store: SqlStore) -> None:
    """A plan without a bound or a trigger has none when it is read."""
    plan = a_plan(objective=None, bound=None, gap=None, trigger=None, trigger_description=None, short=None)
    store.plans.save(plan)
    assert store.plans.get("p-1") == plan


def test_a_plan_id_is_taken_once(store: SqlStore) -> None:
    """A second plan with the same id is refused, and the running plans that came with it too."""
    store.plans.save(a_plan())
    with pytest.raises(ConflictError):
        store.plans.save(a_plan(strategy="asap"), [a_running_plan()])
    assert store.plans.history("north") == (a_plan().summary,)
    assert store.plans.running("north") == ()


def test_history_is_newest_first_and_of_one_site(store: SqlStore) -> None:
    """It can be read in pages, and the newest plan is the latest."""
    for hour in range(5):
        store.plans.save(a_plan(f"p-{hour}", created_ms=NOW_MS + hour * HOUR_MS))
    store.plans.save(a_plan("other", "south", created_ms=NOW_MS + 9 * HOUR_MS))
    newest = store.plans.history("north", limit=2)
    older = store.plans.history("north", limit=2, before_ms=newest[-1].created_ms)
    assert [plan.plan_id for plan in (*newest, *older)] == ["p-4", "p-3", "p-2", "p-1"]
    assert store.plans.latest("north") == store.plans.get("p-4")
    assert store.plans.latest("nowhere") is None


def test_every_site_with_a_plan_is_known(store: SqlStore) -> None:
    """Each once and in order, also where the plan only answered a question."""
    store.plans.save(a_plan("p-1", "south"))
    store.plans.save(a_plan("p-2", "north", trigger=None))
    store.plans.save(a_plan("p-3", "south"))
    assert store.plans.planned_sites() == ("north", "south")


def test_a_new_plan_replaces_what_is_still_to_depart(store: SqlStore) -> None:
    """A vehicle that is gone from the plan has no running plan; one that has departed keeps its own."""
    tonight, moved = a_running_plan("bus-1"), a_running_plan("bus-2")
    store.plans.save(a_plan("p-1"), [tonight, moved])
    departed_ms = NOW_MS + 8 * HOUR_MS
    again = a_plan("p-2", now_ms=departed_ms, created_ms=departed_ms)
    tomorrow = a_running_plan("bus-1", departed_ms + 24 * HOUR_MS, plan_id="p-2")
    store.plans.save(again, [tomorrow])
    assert store.plans.running("north") == (tonight, moved, tomorrow)
    assert store.plans.running("north", from_ms=departed_ms) == (tomorrow,)

    store.plans.save(a_plan("p-3", now_ms=departed_ms), [])
    assert store.plans.running("north") == (tonight, moved)


def test_a_moved_departure_moves_the_running_plan(store: SqlStore) -> None:
    """The old departure has no plan any more, although the schedule kept its id."""
    old = a_running_plan()
    later = a_running_plan(departure_ms=old.departure_ms + HOUR_MS, plan_id="p-2")
    store.plans.save(a_plan("p-1"), [old])
    store.plans.save(a_plan("p-2"), [later])
    assert store.plans.running_for("bus-1", old.departure_ms) is None
    assert store.plans.running_for("bus-1", later.departure_ms) == later


def test_a_vehicle_that_changes_its_depot_is_planned_there_only(store: SqlStore) -> None:
    """The same departure from another site takes the running plan along."""
    store.plans.save(a_plan("p-1"), [a_running_plan()])
    there = a_running_plan(location_uid="south", plan_id="p-2")
    store.plans.save(a_plan("p-2", "south"), [there])
    assert store.plans.running("north") == ()
    assert store.plans.running("south") == (there,)


def test_a_plan_that_is_only_looked_at_changes_no_vehicle(store: SqlStore) -> None:
    """A what-if is kept in the history and leaves the running plans alone."""
    store.plans.save(a_plan("p-1"), [a_running_plan()])
    store.plans.save(a_plan("what-if", created_ms=NOW_MS + 1))
    assert store.plans.running("north") == (a_running_plan(),)


def test_pruning_forgets_only_what_is_over(store: SqlStore) -> None:
    """A plan stays as long as a vehicle follows it, however old it is."""
    running = a_running_plan(departure_ms=NOW_MS + 100 * HOUR_MS, plan_id="old-running")
    store.plans.save(a_plan("old"))
    store.plans.save(a_plan("old-running"), [running])
    store.plans.save(a_plan("p-2"), [running])
    store.plans.save(a_plan("new", created_ms=NOW_MS + 50 * HOUR_MS))
    assert store.prune(before_ms=NOW_MS + 10 * HOUR_MS) == 2
    assert [plan.plan_id for plan in store.plans.history("north")] == ["new", "old-running"]
    assert store.prune(before_ms=NOW_MS + 200 * HOUR_MS) == 3
    assert store.plans.history("north") == ()


def test_the_sites_with_running_plans_are_known(store: SqlStore) -> None:
    """Each once and in order, whether they were ever described or not."""
    for plan_id, site in (("p-1", "south"), ("p-2", "north")):
        plans = [a_running_plan(f"{site}-{number}", location_uid=site, plan_id=plan_id) for number in (1, 2)]
        store.plans.save(a_plan(plan_id, site), plans)
    assert store.plans.locations() == ("north", "south")
