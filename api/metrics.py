"""What is counted, in Prometheus' words: http and planning here, the store's state when it is asked for."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.ports import Clock, Store
from api.exceptions import ApiError
from api.workers.lane import LaneFigures
from api.workers.task import PlanFacts

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_GAPS = (1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_KWH = (0.01, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
_MS_PER_SECOND = 1_000.0
REPLAN = "replan"
"""The kind of the job runs that replan."""


class Metrics:
    """Counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "depot_request_seconds",
            "Time to answer a request",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._phases = Histogram(
            "depot_plan_phase_seconds",
            "Time of each phase of planning",
            ["phase"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._gap = Histogram(
            "depot_plan_gap",
            "Proven relative gap of the strategy's objective",
            buckets=_GAPS,
            registry=self.registry,
        )
        self._shortfall = Histogram(
            "depot_plan_shortfall_kwh",
            "Energy missing at departure, over all vehicles of a plan",
            buckets=_KWH,
            registry=self.registry,
        )
        self._deaths = Counter(
            "depot_worker_deaths",
            "Worker processes that were ended in the middle of a task",
            ["lane", "reason"],
            registry=self.registry,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, route, status).observe(seconds)

    def plan(self, facts: PlanFacts) -> None:
        """Count a plan that was made."""
        for phase, ms in facts.phases_ms.items():
            self._phases.labels(phase).observe(ms / _MS_PER_SECOND)
        self._gap.observe(facts.gap)
        self._shortfall.observe(facts.shortfall_kwh)

    def worker_death(self, lane: str, error: ApiError) -> None:
        """Count a worker process that was ended, by the name of the reason."""
        self._deaths.labels(lane, type(error).__name__.removesuffix("Error")).inc()

    def text(self) -> bytes:
        """Everything in the Prometheus text format. Asks the store: not for the event loop."""
        return generate_latest(self.registry)


class LaneCollector(Collector):
    """How much waits for workers, and how long."""

    def __init__(self, figures: Callable[[], Iterable[LaneFigures]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Read every lane now."""
        waiting = GaugeMetricFamily("depot_queue_waiting", "Tasks that wait for a worker", labels=["lane"])
        running = GaugeMetricFamily("depot_queue_running", "Tasks in work", labels=["lane"])
        age = GaugeMetricFamily("depot_queue_age_seconds", "Wait of the oldest waiting task", labels=["lane"])
        for lane in self._figures():
            waiting.add_metric([lane.name], lane.waiting)
            running.add_metric([lane.name], lane.running)
            age.add_metric([lane.name], lane.oldest_s)
        yield from (waiting, running, age)


class StoreCollector(Collector):
    """What every process that uses the store did, as the store has it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Nothing: to register must not ask the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read the store now."""
        yield from self._pushes()
        yield from self._deferred()
        yield from self._sites()
        age_s = replan_age_s(self._store, self._clock)
        if age_s is not None:
            yield GaugeMetricFamily("depot_replan_age_seconds", "Time since a replan ended", value=age_s)

    def _pushes(self) -> Iterator[Metric]:
        figures = self._store.outbox.figures()
        yield GaugeMetricFamily("depot_push_open", "Plans to be pushed", value=figures.open)
        yield GaugeMetricFamily(
            "depot_push_failing", "Plans whose last push failed, to be tried again", value=figures.failing
        )
        yield GaugeMetricFamily(
            "depot_push_given_up", "Plans whose push was given up", value=figures.given_up
        )
        oldest_s = self._since_s(figures.oldest_open_ms)
        yield GaugeMetricFamily(
            "depot_push_age_seconds", "Age of the oldest plan to be pushed", value=oldest_s
        )

    def _deferred(self) -> Iterator[Metric]:
        count, oldest_ms = self._store.deferred.waiting()
        yield GaugeMetricFamily("depot_deferred_waiting", "Deferred calls that are queued", value=count)
        yield GaugeMetricFamily(
            "depot_deferred_age_seconds", "Wait of the oldest deferred call", value=self._since_s(oldest_ms)
        )

    def _sites(self) -> Iterator[Metric]:
        missing = GaugeMetricFamily(
            "depot_site_shortfall_kwh", "Energy missing in the newest plan of a site", labels=["site"]
        )
        for location_uid, plan in self._store.plans.newest().items():
            missing.add_metric([location_uid], plan.shortfall_kwh)
        yield missing

    def _since_s(self, instant_ms: int | None) -> float:
        return 0.0 if instant_ms is None else (self._clock() - instant_ms) / _MS_PER_SECOND


def replan_age_s(store: Store, clock: Clock) -> float | None:
    """Seconds since a replan ended; None where none ever did."""
    ended_ms = [run.finished_ms for run in store.jobs.latest(REPLAN) if run.finished_ms is not None]
    return (clock() - max(ended_ms)) / _MS_PER_SECOND if ended_ms else None
