"""Which sessions are planned: the dated ones of a request, and the occurrences of its rules."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from optimiser.domain import ChargingSession, PlanRequest
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.recurrence import occurrences


@dataclass(frozen=True, slots=True)
class Selection:
    """The sessions to plan, and what is wrong with the entries of the request that gave none."""

    sessions: tuple[ChargingSession, ...]
    faults: tuple[Fault, ...]


def dated_sessions(request: PlanRequest) -> tuple[ChargingSession, ...]:
    """The sessions to plan: the dated ones in the request's order, then occurrences by rule and time.

    A session is planned if it is not over at `now` and arrives before the horizon's end. A dated
    session of the same vehicle, planned or not, replaces the occurrences that it overlaps.

    Raises `InvalidRequestError` with a fault for every rule that cannot be expanded and every entry
    that overlaps an earlier entry of the same vehicle.
    """
    selection = select_sessions(request)
    if selection.faults:
        raise InvalidRequestError(selection.faults)
    return selection.sessions


def select_sessions(request: PlanRequest) -> Selection:
    """As `dated_sessions`, but bad entries are left out and named, not raised.

    Entries are taken in the request's order and each must leave room for those before it, so that
    the rest of the request is sound without the entries named. Sessions that are over are history:
    they replace occurrences, but no entry is held against them.
    """
    taken = _Timelines()
    faults: list[Fault] = []
    entries = [(session,) for session in request.sessions if session.departure_ms > request.now_ms]
    recurring, rule_faults = _recurring_entries(request)
    accepted = [session for entry in (*entries, *recurring) for session in taken.accept(entry, faults)]
    planned = tuple(session for session in accepted if session.arrival_ms < request.horizon_end_ms)
    return Selection(planned, (*rule_faults, *faults))


def _recurring_entries(request: PlanRequest) -> tuple[list[tuple[ChargingSession, ...]], list[Fault]]:
    """The occurrences of every rule that no dated session replaces, and the faults of the bad rules."""
    entries: list[tuple[ChargingSession, ...]] = []
    faults: list[Fault] = []
    if not request.recurring:
        return entries, faults
    dated = _Cover.by_vehicle(request.sessions)
    nothing = _Cover.of(())
    for recurring in request.recurring:
        cover = dated.get(recurring.template.vehicle.vehicle_id, nothing)
        try:
            found = occurrences(recurring, request.site.time_zone, request.now_ms, request.horizon_end_ms)
        except InvalidRequestError as error:
            faults.extend(error.faults)
            continue
        entries.append(tuple(session for session in found if not cover.overlaps(session)))
    return entries, faults


@dataclass(frozen=True, slots=True)
class _Cover:
    """When a vehicle has dated sessions: arrivals in order, and the latest departure up to each."""

    arrivals_ms: Sequence[int]
    latest_departures_ms: Sequence[int]

    @classmethod
    def of(cls, sessions: Iterable[ChargingSession]) -> "_Cover":
        spans = sorted((session.arrival_ms, session.departure_ms) for session in sessions)
        return cls([start for start, _ in spans], list(accumulate((end for _, end in spans), max)))

    @classmethod
    def by_vehicle(cls, sessions: Iterable[ChargingSession]) -> "dict[str, _Cover]":
        grouped: defaultdict[str, list[ChargingSession]] = defaultdict(list)
        for session in sessions:
            grouped[session.vehicle.vehicle_id].append(session)
        return {vehicle_id: cls.of(group) for vehicle_id, group in grouped.items()}

    def overlaps(self, session: ChargingSession) -> bool:
        """Whether any of them overlaps it; one that departs with it always does."""
        before = bisect_left(self.arrivals_ms, session.departure_ms)
        return before > 0 and self.latest_departures_ms[before - 1] > session.arrival_ms


class _Timelines:
    """The sessions accepted so far, per vehicle, in time order and without overlap."""

    def __init__(self) -> None:
        self._starts_ms: defaultdict[str, list[int]] = defaultdict(list)
        self._sessions: defaultdict[str, list[ChargingSession]] = defaultdict(list)

    def accept(self, entry: Sequence[ChargingSession], faults: list[Fault]) -> Sequence[ChargingSession]:
        """The entry's sessions, now taken; none of them, and a fault, where one finds no room."""
        overlap = self._first_overlap(entry)
        if overlap is None:
            for session in entry:
                self._insert(session)
            return entry
        later, earlier = overlap
        message = f"{later.schedule_id} overlaps {earlier.schedule_id} of the same vehicle"
        faults.append(Fault(later.source, f"{message}, {later.vehicle.vehicle_id}"))
        return ()

    def _first_overlap(
        self, entry: Sequence[ChargingSession]
    ) -> tuple[ChargingSession, ChargingSession] | None:
        for position, session in enumerate(entry):
            other = self._overlapping(session)
            if other is None and position and entry[position - 1].departure_ms > session.arrival_ms:
                other = entry[position - 1]
            if other is not None:
                return session, other
        return None

    def _overlapping(self, session: ChargingSession) -> ChargingSession | None:
        """The last one that arrives before it departs, if it is still there; any earlier is gone."""
        vehicle_id = session.vehicle.vehicle_id
        before = bisect_left(self._starts_ms[vehicle_id], session.departure_ms)
        other = self._sessions[vehicle_id][before - 1] if before else None
        return other if other is not None and other.departure_ms > session.arrival_ms else None

    def _insert(self, session: ChargingSession) -> None:
        vehicle_id = session.vehicle.vehicle_id
        position = bisect_left(self._starts_ms[vehicle_id], session.arrival_ms)
        self._starts_ms[vehicle_id].insert(position, session.arrival_ms)
        self._sessions[vehicle_id].insert(position, session)
