"""An intent is stored before it is sent and closed after it is confirmed."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapters.records import IntentState, RetryPauses
from adapters.store import SqlStore, open_store
from tests.adapters.store.builders import ManualClock
from tests.adapters.store.workers import answer, claim_all, push_once, running


def test_an_intent_is_sent_and_confirmed(store: SqlStore, clock: ManualClock) -> None:
    """It is open until it is confirmed, claimed once, and then the vehicle's last confirmed one."""
    put = store.outbox.put("bus-1", "north", {"plan": 1}, "f1")
    claimed = store.outbox.claim_next()
    assert claimed is not None
    assert (claimed.intent_id, claimed.payload, claimed.attempts) == (put.intent_id, {"plan": 1}, 1)
    assert store.outbox.claim_next() is None
    clock.now_ms += 5
    assert store.outbox.confirm(claimed.intent_id)
    confirmed = store.outbox.last_confirmed("bus-1")
    assert confirmed is not None
    assert (confirmed.state, confirmed.closed_ms, confirmed.fingerprint) == (
        IntentState.CONFIRMED,
        clock.now_ms,
        "f1",
    )
    assert store.outbox.open_intents() == ()


def test_a_newer_intent_takes_the_place_of_the_older(store: SqlStore) -> None:
    """One is open for each vehicle, and a late word about the older one does not touch it."""
    old = store.outbox.put("bus-1", "north", {"plan": 1}, "f1")
    store.outbox.claim_next()
    new = store.outbox.put("bus-1", "north", {"plan": 2}, "f2")
    assert not store.outbox.confirm(old.intent_id)
    assert not store.outbox.fail(old.intent_id, "too late")
    assert store.outbox.open_intents() == (new,)
    assert (new.attempts, new.in_flight, new.payload) == (0, False, {"plan": 2})


def test_the_same_intent_again_keeps_its_pause(store: SqlStore, clock: ManualClock) -> None:
    """Planning the same every cycle does not turn growing pauses into one attempt per cycle."""
    store.outbox.put("bus-1", "north", {"plan": 1}, "f1")
    failed = store.outbox.claim_next()
    assert failed is not None
    store.outbox.fail(failed.intent_id, "503")
    clock.now_ms += 1
    again = store.outbox.put("bus-1", "north", {"plan": 1}, "f1")
    assert (again.intent_id, again.attempts, again.last_error) == (failed.intent_id, 1, "503")
    assert store.outbox.claim_next() is None


def test_a_closed_intent_does_not_hinder_the_next(store: SqlStore) -> None:
    """A vehicle gets plan after plan, the same one too; all that were confirmed stay readable."""
    for _ in range(3):
        store.outbox.put("bus-1", "north", {}, "f1")
        claimed = store.outbox.claim_next()
        assert claimed is not None
        assert store.outbox.confirm(claimed.intent_id)
    assert store.prune(before_ms=2**62) == 3


def test_pauses_grow_until_it_is_given_up(store_url: str, clock: ManualClock) -> None:
    """1 s, 2 s, 4 s, 4 s, and after the last attempt nothing is tried again."""
    store = open_store(store_url, clock, RetryPauses(first_ms=1_000, longest_ms=4_000, most_attempts=4))
    store.outbox.put("bus-1", "north", {}, "f1")
    pauses = []
    while (intent := store.outbox.claim_next()) is not None:
        store.outbox.fail(intent.intent_id, f"attempt {intent.attempts}")
        pauses.append(intent.next_attempt_ms - clock.now_ms)
        clock.now_ms = intent.next_attempt_ms - 1
        assert store.outbox.claim_next() is None
        clock.now_ms += 1
    assert pauses == [1_000, 2_000, 4_000, 4_000]
    assert store.outbox.open_intents() == ()
    assert store.outbox.last_confirmed("bus-1") is None
    store.close()


def test_a_refused_intent_is_given_up_at_once(store: SqlStore) -> None:
    """A permanent error is not tried again."""
    intent = store.outbox.put("bus-1", "north", {}, "f1")
    assert store.outbox.give_up(intent.intent_id, "422 from the vendor")
    assert store.outbox.claim_next() is None
    assert not store.outbox.confirm(intent.intent_id)


def test_what_is_longest_due_is_claimed_first(store: SqlStore, clock: ManualClock) -> None:
    """One site's intents can be claimed alone; the oldest leads."""
    for vehicle, location_uid in (("bus-1", "north"), ("bus-2", "south"), ("bus-3", "north")):
        store.outbox.put(vehicle, location_uid, {}, "f")
        clock.now_ms += 1
    of_north = [store.outbox.claim_next("north") for _ in range(3)]
    assert [intent and intent.vehicle_id for intent in of_north] == ["bus-1", "bus-3", None]
    assert [intent.vehicle_id for intent in store.outbox.open_intents("south")] == ["bus-2"]


def test_an_intent_of_a_dead_sender_is_due_again(store: SqlStore, clock: ManualClock) -> None:
    """At once for the one who holds the site now, after the pause for anybody."""
    store.outbox.put("bus-1", "north", {}, "f1")
    store.outbox.put("bus-2", "south", {}, "f1")
    store.outbox.claim_next("north")
    store.outbox.claim_next("south")
    assert store.outbox.recover("north") == 1
    recovered = store.outbox.claim_next()
    assert recovered is not None
    assert (recovered.vehicle_id, recovered.attempts) == ("bus-1", 2)
    assert store.outbox.claim_next() is None
    clock.now_ms += RetryPauses().after(1)
    waited = store.outbox.claim_next()
    assert waited is not None
    assert waited.vehicle_id == "bus-2"


def test_processes_claim_each_intent_once(store: SqlStore, store_url: str) -> None:
    """Three processes empty the outbox together; nothing is claimed twice or left."""
    for number in range(60):
        store.outbox.put(f"bus-{number}", "north", {}, "f")
    with (
        running(claim_all, store_url) as (_, first),
        running(claim_all, store_url) as (_, second),
        running(claim_all, store_url) as (_, third),
    ):
        claimed = Counter(answer(first) + answer(second) + answer(third))
    assert claimed == {f"bus-{number}": 1 for number in range(60)}


def test_writers_at_once_leave_one_open_intent(store: SqlStore) -> None:
    """Sixteen plans for one vehicle from four threads: one is open, and it is one of these."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: store.outbox.put("bus-1", "north", {"plan": n}, f"f{n}"), range(16)))
    (open_intent,) = store.outbox.open_intents()
    assert open_intent.fingerprint == f"f{open_intent.payload['plan']}"


def test_a_kill_at_any_moment_loses_and_doubles_nothing(
    store: SqlStore, store_url: str, tmp_path: Path
) -> None:
    """A push is killed 16 times and run again: each vehicle's plan is confirmed once.

    Every other kill comes exactly after a step, the others somewhere in the steps that follow. What is
    sent twice is at most what was in flight at a kill: one for each.
    """
    steps, vehicles, kills, in_flight = random.Random(1), 15, 16, 0
    sent = tmp_path / "sent"
    for number in range(kills):
        push = (push_once, store_url, str(sent), vehicles, steps.randint(1, 24), number % 2 == 0)
        with running(*push) as (_, pipe):
            assert answer(pipe) == "last step"
        in_flight += sum(intent.in_flight for intent in store.outbox.open_intents())
    with running(push_once, store_url, str(sent), vehicles, 0, False) as (_, pipe):
        assert answer(pipe) == "finished"

    lines = Counter(sent.read_text().split())
    assert in_flight > 0
    assert set(lines) == {f"bus-{number}" for number in range(vehicles)}
    assert sum(lines.values()) <= vehicles + kills
    assert store.outbox.open_intents() == ()
    assert store.prune(before_ms=2**62) == vehicles


def test_a_newer_wish_may_keep_the_pause_of_the_older(store: SqlStore, clock: ManualClock) -> None:
    """What kept the older from being confirmed will keep the newer too; without that it is due at once."""
    store.outbox.put("bus-1", "north", {"plan": 1}, "one")
    claimed = store.outbox.claim_next()
    assert claimed is not None
    store.outbox.fail(claimed.intent_id, "not as sent")
    [failed] = store.outbox.open_intents()
    newer = store.outbox.put("bus-1", "north", {"plan": 2}, "two", keep_pauses=True)
    assert (newer.attempts, newer.next_attempt_ms) == (1, failed.next_attempt_ms) and newer.payload == {
        "plan": 2
    }
    assert newer.last_error == "not as sent" and store.outbox.claim_next() is None
    assert store.outbox.put("bus-1", "north", {"plan": 3}, "three").next_attempt_ms == clock.now_ms
