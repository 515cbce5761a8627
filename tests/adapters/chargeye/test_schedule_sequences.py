"""Random sequences of writes and clock moves: client and simulator against a plain model of the rules.

`DEPOT_TEST_SEQUENCES` sets how many sequences are tried (30 without it).
"""

import os
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.simulator import FaultKind, FaultRule, SimulatorControl
from adapters.chargeye.wire import ScheduleJson
from optimiser.units import MS_PER_MINUTE
from tests.adapters.chargeye.builders import DEPOT, a_stay, at, put_schedules, stored
from tests.adapters.conftest import NOW

SEQUENCES = int(os.environ.get("DEPOT_TEST_SEQUENCES", "30"))
TICK_MINUTES = 15
RECENT_TICKS = 2
VEHICLES = ("bus-1", "bus-2")
RECURRING = stored("recurring", -48, -40, recurrenceRule="FREQ=DAILY")

vehicles = st.sampled_from(VEHICLES)
spans = st.tuples(st.integers(-12, 12), st.integers(1, 12))  # arrival and departure, in ticks from now
span_lists = st.lists(spans, max_size=4, unique_by=lambda span: span[1])
levels = st.integers(0, 100)
passing_faults = st.sampled_from(
    [None, FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.SERVER_ERROR, FaultKind.UNAUTHORIZED]
)


@dataclass(frozen=True)
class Stay:
    """Times in ticks since the beginning."""

    arrival: int
    departure: int
    soc: int

    def posted(self) -> ScheduleJson:
        return a_stay(self.arrival / 4, self.departure / 4, startSoC=self.soc)


@dataclass
class Model:
    """What one vehicle's dated schedules must be, by id, in the order of their making."""

    stays: dict[str, Stay] = field(default_factory=dict)

    def future(self, now: int) -> list[str]:
        return [key for key, stay in self.stays.items() if stay.departure > now]

    def under_way(self, now: int) -> list[str]:
        return [key for key, stay in self.stays.items() if stay.arrival <= now < stay.departure]

    def just_ended(self, now: int) -> list[str]:
        ended = [key for key, stay in self.stays.items() if now - RECENT_TICKS <= stay.departure <= now]
        return sorted(ended, key=lambda key: -self.stays[key].departure)

    def keys_of(self, posted: list[Stay], now: int) -> list[str | None]:
        """The id that each posted stay keeps, None for a new one."""
        free = self.future(now)
        keys: list[str | None] = []
        for stay in posted:
            twins = [key for key in free if self.stays[key].departure == stay.departure]
            keys.append(twins[0] if twins else None)
        for place, stay in enumerate(posted):
            if keys[place] is None and stay.arrival <= now < stay.departure:
                candidates = self.under_way(now) + self.just_ended(now)
                keys[place] = next((key for key in candidates if key not in keys), None)
        return keys


class Sequences(RuleBasedStateMachine):
    """Two vehicles at one depot; each write may meet a fault that a retry overcomes."""

    def __init__(self, simulator: SimulatorControl, client: ChargEyeClient) -> None:
        super().__init__()
        self.simulator = simulator
        self.client = client
        self.now = 0
        self.models = {vehicle: Model() for vehicle in VEHICLES}
        simulator.clear_faults()
        put_schedules(simulator, RECURRING)
        simulator.set_clock(NOW)

    def stays(self, spans: list[tuple[int, int]], soc: int) -> list[Stay]:
        """Stays from now on; an arrival after its departure becomes the tick before it."""
        return [Stay(self.now + min(arrival, end - 1), self.now + end, soc) for arrival, end in spans]

    def learn(self, vehicle: str, ids: list[str], posted: list[Stay], kept: list[str | None]) -> None:
        """Ids come in request order: the kept ones, and new ones never seen before."""
        seen = {key for model in self.models.values() for key in model.stays}
        for key, old in zip(ids, kept, strict=True):
            assert key == old if old else key not in seen
        self.models[vehicle].stays.update(zip(ids, posted, strict=True))

    @rule(vehicle=vehicles, spans=span_lists, soc=levels)
    def post(self, vehicle: str, spans: list[tuple[int, int]], soc: int) -> None:
        posted = self.stays(spans, soc)
        answer = self.client.add_schedules(vehicle, [stay.posted() for stay in posted])
        assert answer.removed_schedule_ids == []
        self.learn(vehicle, answer.ids, posted, [None] * len(posted))

    @rule(vehicle=vehicles, spans=span_lists, soc=levels, fault=passing_faults)
    def replace(self, vehicle: str, spans: list[tuple[int, int]], soc: int, fault: FaultKind | None) -> None:
        if fault is not None:
            self.simulator.add_fault(FaultRule(kind=fault, method="POST", count=1))
        posted, model = self.stays(spans, soc), self.models[vehicle]
        kept = model.keys_of(posted, self.now)
        answer = self.client.replace_future_schedules(
            vehicle, [stay.posted() for stay in posted], allow_empty=True
        )
        removed = [key for key in model.future(self.now) if key not in kept]
        if fault is not FaultKind.CUT_AFTER:  # else the first of the two answers said so
            assert answer.removed_schedule_ids == removed
        for key in removed:
            del model.stays[key]
        self.learn(vehicle, answer.ids, posted, kept)

    @rule(vehicle=vehicles, place=st.integers(0, 5), soc=levels, span=st.none() | spans)
    def patch(self, vehicle: str, place: int, soc: int, span: tuple[int, int] | None) -> None:
        model = self.models[vehicle]
        ids = [*model.stays, "unknown"]
        key = ids[place % len(ids)]
        change: ScheduleJson = {"id": key, "startSoC": soc}
        moved = self.stays([span], soc)[0] if span else None
        if moved:
            change["plannedArrivalTime"] = at(moved.arrival / 4)
            change["plannedDepartureTime"] = at(moved.departure / 4)
        answer = self.client.patch_schedules(vehicle, [change])
        if key not in model.future(self.now):
            assert answer.skipped_schedule_ids == [key]
            return
        assert answer.skipped_schedule_ids == []
        model.stays[key] = moved or replace(model.stays[key], soc=soc)

    @rule(ticks=st.integers(1, 8))
    def wait(self, ticks: int) -> None:
        self.simulator.advance(ticks * TICK_MINUTES * MS_PER_MINUTE)
        self.now += ticks

    @invariant()
    def what_is_stored_is_what_the_rules_say(self) -> None:
        for vehicle, model in self.models.items():
            expected = [{**stay.posted(), "id": key, "evId": vehicle} for key, stay in model.stays.items()]
            assert self.client.vehicle_schedules(vehicle) == expected

    @invariant()
    def the_recurring_entry_is_never_touched(self) -> None:
        assert self.client.location_schedules(DEPOT).recurring_schedules == [RECURRING]

    @invariant()
    def the_active_one_is_the_earliest_to_come(self) -> None:
        for vehicle, model in self.models.items():
            active = self.client.active_schedule(vehicle)
            coming = [model.stays[key].arrival for key in model.future(self.now)]
            ended = [stay.departure for stay in model.stays.values() if stay.departure <= self.now]
            first, last = active.current_or_next, active.previous
            assert (first and first["plannedArrivalTime"]) == (at(min(coming) / 4) if coming else None)
            assert (last and last["plannedDepartureTime"]) == (at(max(ended) / 4) if ended else None)


def test_random_sequences_follow_the_rules(depot: SimulatorControl, client: ChargEyeClient) -> None:
    """Posts, replaces, patches, faults and clock moves in any order leave what the rules say."""
    run_state_machine_as_test(
        lambda: Sequences(depot, client),  # type: ignore[arg-type]
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking a sequence of calls takes minutes; 15 steps are readable
            suppress_health_check=list(HealthCheck),
        ),
    )
