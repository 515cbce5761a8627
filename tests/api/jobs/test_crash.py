"""The job is killed at any moment, and run again: nothing is lost, nothing doubled.

`DEPOT_TEST_KILLS=100` kills so often, for a recorded run, which then prints its counts.
"""

import os
import shutil
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import pytest

from adapters.chargeye.simulator import FaultKind, FaultRule, Seed, SimulatorControl, example_seed
from adapters.store import open_store
from api.clock import now_ms
from tests.adapters.conftest import NOW, REFRESH_TOKEN
from tests.api.jobs.depots import departures, later
from tests.api.jobs.workers import replan_all, started

KILLS = int(os.environ.get("DEPOT_TEST_KILLS", "6"))
PASSING = (FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR)


def a_depot() -> Seed:
    """Two sites, 16 vehicles, each with two nights, one beyond the horizon and one elsewhere; and a rule."""
    seed = example_seed(2, 16, now=NOW)
    entries = list(seed.schedules)
    for place, entry in enumerate(seed.schedules):
        if place % 2:
            continue
        for name, days, location in (("far", 4, entry["locationUid"]), ("elsewhere", 5, "depot-9")):
            moved = {
                key: later(entry[key], days * 1440) for key in ("plannedArrivalTime", "plannedDepartureTime")
            }
            entries.append(
                {
                    **entry,
                    **moved,
                    "id": f"{name}-{entry['evId']}",
                    "locationUid": location,
                    "plan": {"note": name},
                }
            )
    entries.append({**entries[0], "id": "rule", "recurrenceRule": "FREQ=DAILY;UNTIL=20200101T000000Z"})
    locations = [*seed.locations, {"id": "depot-9"}]
    fixed = {"clock_running": False, "refresh_tokens": [REFRESH_TOKEN]}
    return seed.model_copy(update={"schedules": entries, "locations": locations[:3], **fixed})


def add_faults(simulator: SimulatorControl, seed: int) -> None:
    """One write in seven goes wrong in some way."""
    for number, kind in enumerate(PASSING):
        rule = FaultRule(kind=kind, probability=0.035, seed=seed + number, retry_after_seconds=0)
        simulator.add_fault(rule)


def assert_nothing_lost_or_doubled(simulator: SimulatorControl, seed: Seed, database_url: str) -> None:
    found = simulator.schedules()
    expected = Counter((entry["evId"], entry["plannedDepartureTime"]) for entry in seed.schedules)
    assert departures(simulator) == expected
    assert {entry["id"] for entry in found} == {entry["id"] for entry in seed.schedules}
    untouched = {
        entry["id"]: entry for entry in seed.schedules if "plan" in entry or "recurrenceRule" in entry
    }
    for entry in found:
        if entry["id"] in untouched:
            assert entry == untouched[entry["id"]]
        else:
            assert entry["plan"]["segments"] and entry["planMeta"]["strategyVersion"]
    store = open_store(database_url, now_ms)
    assert store.outbox.open_intents() == ()
    store.close()


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_a_killed_job_is_made_good_by_the_next(
    simulator: SimulatorControl,
    backend: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """SIGKILL at random moments under faults; then every schedule has its plan once, none is lost."""
    seed, draws = a_depot(), Random(5)
    kills = KILLS // 2
    calls = _calls_of_a_run(simulator, seed, request, tmp_path)
    moments: Counter[str] = Counter()
    for number in range(kills):
        url = _fresh_store(request, tmp_path / str(number))
        simulator.load(seed)
        simulator.clear_requests()
        add_faults(simulator, number)
        process = started(simulator.api_url, url)
        _wait_for(simulator, process, draws.randrange(calls))
        time.sleep(draws.uniform(0.0, 0.05))
        finished = process.exitcode is not None
        assert process.exitcode in (None, 0)
        process.kill()
        process.join()
        moments[_how_far(simulator, url, finished)] += 1
        assert replan_all(simulator.api_url, url) == 0
        assert_nothing_lost_or_doubled(simulator, seed, url)
        simulator.clear_faults()
    if "DEPOT_TEST_KILLS" in os.environ:
        print(f"\n{kills} kills within {calls} calls on {backend}: {dict(moments)}")


def _fresh_store(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.getfixturevalue("backend") == "postgresql":
        return _emptied(request)
    folder.mkdir()
    return f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), folder / 'depot.db')}"


def _emptied(request: pytest.FixtureRequest) -> str:
    import psycopg

    from adapters.store.models import Base

    url: str = request.getfixturevalue("migrated_postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(Base.metadata.tables)}".encode())
    return url


def _calls_of_a_run(
    simulator: SimulatorControl, seed: Seed, request: pytest.FixtureRequest, tmp_path: Path
) -> int:
    """How often a run that is left alone calls ChargEye."""
    url = _fresh_store(request, tmp_path / "alone")
    simulator.load(seed)
    simulator.clear_requests()
    process = started(simulator.api_url, url)
    process.join()
    assert process.exitcode == 0
    return _calls(simulator)


def _calls(simulator: SimulatorControl) -> int:
    return sum(simulator.request_counts().values())


def _wait_for(simulator: SimulatorControl, process: BaseProcess, calls: int) -> None:
    """Until so many calls were made, or the job has ended: so that a kill finds it anywhere in its work."""
    while _calls(simulator) < calls and process.exitcode is None:
        time.sleep(0.001)


def _how_far(simulator: SimulatorControl, url: str, finished: bool) -> str:
    """Where the kill found the job, told by what it left behind."""
    store = open_store(url, now_ms)
    intents = store.outbox.open_intents()
    flying, planned = any(intent.in_flight for intent in intents), store.plans.latest("depot-1")
    store.close()
    if finished:
        return "after its end"
    if flying:
        return "while a vehicle was being sent"
    if intents:
        return "between two vehicles"
    return "before anything was planned" if planned is None else "with all sent"
