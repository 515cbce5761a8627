"""Job runs."""

from adapters.records import JobState, LocationOutcome, OutcomeState
from adapters.store import SqlStore
from tests.adapters.store.builders import HOUR_MS, NOW_MS, ManualClock


def an_outcome(location_uid: str, state: OutcomeState = OutcomeState.DONE) -> LocationOutcome:
    return LocationOutcome(location_uid, state, NOW_MS, {"pushed": 3}, "p-1", None)


def test_a_run_is_kept_from_start_to_end(store: SqlStore, clock: ManualClock) -> None:
    """Its state, counts, report and times are there, and what became of each location."""
    run = store.jobs.start("replan", total=2)
    assert store.jobs.get(run.run_id) == run
    store.jobs.record(run.run_id, an_outcome("south"))
    store.jobs.record(run.run_id, an_outcome("north", OutcomeState.FAILED))
    store.jobs.record(run.run_id, an_outcome("north", OutcomeState.PARTIAL))
    clock.now_ms += HOUR_MS
    store.jobs.finish(run.run_id, JobState.PARTIAL, {"pushed": 6}, {"locations": ["north"]})
    finished = store.jobs.get(run.run_id)
    assert finished is not None
    assert (finished.state, finished.counts, finished.report) == (
        JobState.PARTIAL,
        {"pushed": 6},
        {"locations": ["north"]},
    )
    assert (finished.started_ms, finished.finished_ms) == (NOW_MS, NOW_MS + HOUR_MS)
    assert store.jobs.outcomes(run.run_id) == (an_outcome("north", OutcomeState.PARTIAL), an_outcome("south"))


def test_runs_are_listed_newest_first(store: SqlStore, clock: ManualClock) -> None:
    """All, or those of one kind."""
    ids = []
    for kind in ("replan", "audit", "replan"):
        ids.append(store.jobs.start(kind, total=0).run_id)
        clock.now_ms += 1
    assert [run.run_id for run in store.jobs.latest()] == ids[::-1]
    assert [run.run_id for run in store.jobs.latest("replan", limit=1)] == ids[2:]


def test_a_run_learns_that_it_is_to_stop(store: SqlStore) -> None:
    """With its next sign of life; a run that is over cannot be asked."""
    run_id = store.jobs.start("replan", total=1).run_id
    assert not store.jobs.beat(run_id)
    assert store.jobs.request_cancel(run_id)
    assert store.jobs.beat(run_id)
    store.jobs.finish(run_id, JobState.CANCELLED, {}, {})
    assert not store.jobs.request_cancel(run_id)
    assert not store.jobs.request_cancel("unknown")


def test_a_run_that_died_is_closed(store: SqlStore, clock: ManualClock) -> None:
    """The one without a sign of life is abandoned, the living one goes on."""
    dead, alive = (store.jobs.start("replan", total=1).run_id for _ in range(2))
    clock.now_ms += HOUR_MS
    store.jobs.record(alive, an_outcome("north"))
    assert store.jobs.close_abandoned(silent_ms=HOUR_MS // 2) == 1
    states = {run.run_id: run.state for run in store.jobs.latest()}
    assert states == {dead: JobState.ABANDONED, alive: JobState.RUNNING}


def test_pruning_keeps_what_runs(store: SqlStore) -> None:
    """A finished run goes with its outcomes."""
    finished, alive = (store.jobs.start("replan", total=1).run_id for _ in range(2))
    store.jobs.record(finished, an_outcome("north"))
    store.jobs.finish(finished, JobState.DONE, {}, {})
    assert store.prune(before_ms=NOW_MS + 1) == 1
    assert [run.run_id for run in store.jobs.latest()] == [alive]
    assert store.jobs.outcomes(finished) == ()
