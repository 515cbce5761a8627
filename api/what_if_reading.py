"""The way in of changes: JSON objects become changes that the planner applies, every fault with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from api.documents import entries
from api.requests import ReadRequest, read_request, to_strategy
from api.schemas import Step, WindowBody
from api.sites import read_demand_charge, read_series
from api.what_if_faults import (
    departure_faults,
    lateness_faults,
    moved,
    one_more_faults,
    planning_faults,
    repair_faults,
)
from api.what_if_schemas import (
    BaseLoadChange,
    DemandChargeChange,
    DepartureChange,
    EnergyPriceChange,
    LateArrivalChange,
    OneMoreChange,
    PowerCapChange,
    RandomLateness,
    RepairBody,
    RepairChange,
    SocChange,
    StayChangeBody,
    StrategyChange,
    TogetherChange,
)
from api.what_if_shapes import Json, Path, Shaped
from optimiser.domain import ChargingSession, Window
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.lateness import Lateness
from optimiser.plan import Repair
from optimiser.series import FOREVER_MS, StepSeries
from optimiser.sessions import dated_sessions
from optimiser.units import MS_PER_MINUTE, PERCENT, to_ms
from optimiser.what_if import (
    Away,
    Change,
    LateArrival,
    OneMore,
    OtherBaseLoad,
    OtherCap,
    OtherDemandCharge,
    OtherDeparture,
    OtherPrices,
    OtherSoc,
    OtherStrategy,
    Repaired,
    Together,
    apply,
)


@dataclass(frozen=True, slots=True)
class ReadChange:
    """A change for the planner, what the answer calls it, and the schedules that only it has, by id."""

    name: str
    kind: str
    change: Change
    schedules: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadDraws:
    """Random lateness, how often it is drawn, and what the answer calls it."""

    name: str
    draws: int
    lateness: Lateness
    kind: str = "random-lateness"


def read_changes(
    shaped: Sequence[Shaped], read: ReadRequest
) -> tuple[list[ReadChange | ReadDraws], list[Fault]]:
    """The changes, and all that is wrong with them; the rules of `read` are expanded (`what_if.dated`).

    A change is at fault too where the request that it leads to could not be planned.
    """
    reader = _Reader(read)
    return [reader.read(each) for each in shaped], reader.faults


class _Reader:
    """Reads changes against one request and gathers what is wrong with them."""

    def __init__(self, read: ReadRequest) -> None:
        self.faults: list[Fault] = []
        self._read, self._base = read, read.plan_request

    def read(self, shaped: Shaped) -> ReadChange | ReadDraws:
        body = shaped.body
        name = body.name or body.kind
        if isinstance(body, RandomLateness):
            lateness = Lateness(body.share_late, body.mean_minutes, body.max_minutes, body.seed)
            return ReadDraws(name, body.draws, lateness)
        before = len(self.faults)
        change = self._change(shaped)
        if len(self.faults) == before:
            self.faults += planning_faults(apply(change, self._base), shaped.path)
        return ReadChange(name, body.kind, change, dict(_new_schedules(shaped.document, change)))

    def _change(self, shaped: Shaped) -> Change:
        body, path = shaped.body, shaped.path
        match body:
            case TogetherChange():
                return self._together(body, shaped)
            case PowerCapChange() | BaseLoadChange() | EnergyPriceChange():
                return self._series_change(body, path)
            case DemandChargeChange():
                place = (*path, "demandCharge")
                return OtherDemandCharge(read_demand_charge(body.demand_charge, place, self.faults))
            case StrategyChange():
                return OtherStrategy(to_strategy(body.strategy))
            case OneMoreChange():
                return self._one_more(body, shaped)
            case RepairChange():
                return self._repaired(body, path)
            case StayChangeBody():
                return self._stay_change(body, path)
        raise TypeError(f"no change is read from {body.kind}")

    def _together(self, body: TogetherChange, shaped: Shaped) -> Together:
        parts = zip(body.changes, shaped.document["changes"], strict=True)
        return Together(
            tuple(
                self._change(Shaped(part, (*shaped.path, "changes", index), document))
                for index, (part, document) in enumerate(parts)
            )
        )

    def _series_change(
        self, body: PowerCapChange | BaseLoadChange | EnergyPriceChange, path: Path
    ) -> OtherCap | OtherBaseLoad | OtherPrices:
        match body:
            case PowerCapChange(group_id=group_id):
                if group_id is not None and group_id not in {g.group_id for g in self._base.site.groups}:
                    self.faults.append(Fault((*path, "groupId"), "the site has no group with this id"))
                return OtherCap(*self._series(body.power_cap_kw, body.window, path, "powerCapKw"), group_id)
            case BaseLoadChange():
                return OtherBaseLoad(*self._series(body.base_load_kw, body.window, path, "baseLoadKw"))
            case EnergyPriceChange():
                return OtherPrices(*self._series(body.prices, body.window, path, "prices"))

    def _series(
        self, value: float | Sequence[Step], window: WindowBody | None, path: Path, name: str
    ) -> tuple[StepSeries, Window | None]:
        """The series, and when it holds: a series of entries over its own span, a number in the window."""
        series = read_series(value, (*path, name), FOREVER_MS, self.faults)
        if not isinstance(value, int | float):
            if window is not None:
                self.faults.append(Fault((*path, "window"), "a series brings its own times"))
            return series, Window(int(series.starts_ms[0]), series.end_ms)
        if window is None:
            return series, None
        span = Window(to_ms(window.from_at), to_ms(window.to_at))
        if span.end_ms <= span.start_ms:
            self.faults.append(Fault((*path, "window", "to"), "must be after from"))
        return series, span

    def _stay_change(self, body: StayChangeBody, path: Path) -> Change:
        stays = self._stays(body, path)
        ids = frozenset(stay.schedule_id for stay in stays)
        match body:
            case LateArrivalChange(by_minutes=minutes):
                by_ms = round(minutes * MS_PER_MINUTE)
                self.faults += lateness_faults(stays, by_ms, self._base.now_ms, path)
                return LateArrival(ids, by_ms)
            case DepartureChange(by_minutes=minutes):
                by_ms = round(minutes * MS_PER_MINUTE)
                self.faults += departure_faults(stays, by_ms, self._base.now_ms, path)
                return OtherDeparture(ids, by_ms)
            case SocChange(start_soc=start, target_soc=target):
                return OtherSoc(ids, _fraction(start), _fraction(target))
            case _:
                return Away(ids)

    def _stays(self, body: StayChangeBody, path: Path) -> list[ChargingSession]:
        """The planned stays that are meant; one fault where there are none."""
        if body.ev_id is not None:
            found = [stay for stay in self._base.sessions if stay.vehicle.vehicle_id == body.ev_id]
            missing = Fault((*path, "evId"), "no stay of this vehicle is planned")
        else:
            found = [stay for stay in self._base.sessions if self._is_named(stay, body.schedule_id)]
            missing = Fault((*path, "scheduleId"), "no stay with this id is planned")
        self.faults += [] if found else [missing]
        return found

    def _is_named(self, stay: ChargingSession, schedule_id: str | None) -> bool:
        array, place = stay.source
        return schedule_id in (stay.schedule_id, self._read.document[array][place]["id"])  # type: ignore[index]

    def _repaired(self, body: RepairChange, path: Path) -> Repaired:
        named = [stay for stay in self._base.sessions if stay.schedule_id == body.schedule_id]
        self.faults += repair_faults(body, named, self._base.site, path)
        return Repaired(body.schedule_id, to_repair(body.repair))

    def _one_more(self, body: OneMoreChange, shaped: Shaped) -> OneMore:
        """Read as a request of its own with the same site and settings, so that all rules of reading hold."""
        faults = list(one_more_faults(body, self._read.document, self._base, shaped.path))
        self.faults += faults
        if faults:
            return OneMore(())
        vehicle = shaped.document.get("vehicle")
        known = entries(self._read.document, "vehicles")
        alone = {
            **self._read.document,
            "vehicles": [entry for entry in known if entry["id"] == body.schedule.ev_id]
            if vehicle is None
            else [vehicle],
            "schedules": [shaped.document["schedule"]],
            "recurringSchedules": [],
        }
        try:
            sessions = dated_sessions(read_request(alone, clock_now_ms=self._base.now_ms).plan_request)
        except InvalidRequestError as error:
            self.faults += [moved(fault, shaped.path) for fault in error.faults]
            return OneMore(())
        if not sessions:
            self.faults.append(Fault((*shaped.path, "schedule"), "is not within the planned time"))
        return OneMore(sessions)


def to_repair(body: RepairBody) -> Repair:
    """The planner's repair."""
    if body.from_at is None or body.to_at is None:
        return Repair(body.kind, body.amounts)
    return Repair(body.kind, body.amounts, (to_ms(body.from_at), to_ms(body.to_at)))


def _new_schedules(document: Json, change: Change) -> Iterator[tuple[str, Json]]:
    """The schedules that `one-more` brings, under the id of each stay that follows from them."""
    match change:
        case OneMore(sessions):
            yield from ((session.schedule_id, document["schedule"]) for session in sessions)
        case Together(parts):
            for part, inner in zip(parts, document["changes"], strict=True):
                yield from _new_schedules(inner, part)


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / PERCENT
