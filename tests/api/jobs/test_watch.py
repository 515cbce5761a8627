"""Replanning as a service: rounds, and triggers between them."""

from collections.abc import Callable
from itertools import pairwise
from threading import Event, Thread

import pytest

from adapters.chargeye.simulator import FaultKind, FaultRule, SimulatorControl
from api.jobs.causes import Trigger
from api.jobs.replan import Job, Order
from api.jobs.report import ReplanReport
from api.jobs.watch import Rhythm, watch
from tests.api.jobs.depots import change, change_schedule, later, writes

Load = Callable[[int, int], None]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

PATIENCE_S = 30.0


class Watching:
    """A watch in a thread, whose reports can be waited for."""

    def __init__(self, job: Job, rhythm: Rhythm) -> None:
        self.stop = Event()
        self.reports: list[ReplanReport] = []
        self._reported = Event()
        arguments = (job, Order(), rhythm, self.stop, self._note)
        self._thread = Thread(target=watch, args=arguments)
        self._thread.start()

    def _note(self, report: ReplanReport) -> None:
        self.reports.append(report)
        self._reported.set()

    def next(self) -> ReplanReport:
        """The next report."""
        assert self._reported.wait(PATIENCE_S)
        self._reported.clear()
        return self.reports[-1]

    def end(self) -> None:
        self.stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def test_a_trigger_replans_its_site_at_once(load: Load, simulator: SimulatorControl, job: Job) -> None:
    """One round at the start; then a moved departure, a lower cap and a look that fails, each at its site."""
    load(2, 4)
    watching = Watching(job, Rhythm(every_s=3600, poll_s=0.05))
    try:
        first = watching.next()
        assert {site.cause.trigger for site in first.sites if site.cause} == {Trigger.TIMER}
        assert "every 60 minutes" in next(site.cause.description for site in first.sites if site.cause)

        entry = simulator.schedules()[0]
        change_schedule(simulator, 0, plannedDepartureTime=later(entry["plannedDepartureTime"], -90))
        moved = watching.next()
        assert [site.location_uid for site in moved.sites] == [entry["locationUid"]]
        [cause] = [site.cause for site in moved.sites]
        assert cause is not None and cause.trigger is Trigger.DEPARTURE_CHANGED
        assert simulator.schedules()[0]["planMeta"]["trigger"] == "departure-changed"

        simulator.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="/locations/depot-1/*", count=8))
        groups = simulator.state().power_groups
        groups["grid-depot-2"]["maxCurrentA"] -= 20
        change(simulator, power_groups=groups)
        lowered = watching.next()
        assert [(s.location_uid, s.cause and s.cause.trigger) for s in lowered.sites] == [
            ("depot-2", Trigger.POWER_CAP_CHANGED)
        ]
    finally:
        watching.end()
    assert len(watching.reports) == 3


def test_rounds_follow_each_other_and_never_overlap(
    load: Load, simulator: SimulatorControl, job: Job
) -> None:
    """A round that takes longer than its interval delays the next; a stop ends it between two sites."""
    load(1, 2)
    watching = Watching(job, Rhythm(every_s=0.01, poll_s=0.01))
    try:
        while len(watching.reports) < 4:
            watching.next()
    finally:
        watching.end()
    spans = [(report.started_ms, report.finished_ms) for report in watching.reports]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert writes(simulator) == 2 and {report.exit_code for report in watching.reports[:4]} == {0}
