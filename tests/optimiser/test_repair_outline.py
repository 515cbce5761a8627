"""Repairs in arrays: the same depot as the amended request built anew, and the same room for one session."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from optimiser.amendments import amended
from optimiser.domain import PlanRequest, Preconditioning
from optimiser.engines.choice import choose_engine
from optimiser.plan import Plan, Repair
from optimiser.planner import plan_site
from optimiser.problem import PlanningProblem
from optimiser.repair_alone import Beside
from optimiser.repair_outline import Outline, problem_of, without_slots
from optimiser.units import MS_PER_HOUR
from tests.optimiser.builders import a_request, a_session, a_site, at
from tests.optimiser.short_depots import a_short_depot, others_frozen, with_rules


def _repairs_for(i: int, request: PlanRequest) -> Iterator[Repair]:
    """One of each kind, with odd amounts and times."""
    session = request.sessions[i]
    window = (session.arrival_ms + 1_234_567, session.departure_ms - 765_432)
    yield Repair("raise-site-cap", {"byKw": 3.7}, window if window[0] < window[1] else (at(0), at(1.1)))
    if request.site.groups:
        yield Repair("raise-group-cap:g", {"byKw": 2.3}, (at(0.3), at(2.9)))
    yield Repair("raise-connector", {"byKw": 4.1})
    yield Repair("delay-departure", {"byMinutes": 37.0})
    yield Repair("delay-departure", {"byMinutes": 1440.0})
    yield Repair("lower-min-power", {"toKw": 1.0})
    yield Repair("allow-pausing", {})


def _with_a_visitor(request: PlanRequest, random: np.random.Generator) -> PlanRequest:
    """Sometimes a vehicle that nobody can steer stands there too, for longer than all others."""
    if random.random() < 0.5:
        return request
    visitor = a_session("visitor", 1.3, 19.7, need_kwh=30.0, max_kw=3.0, controllable=False, station_id="a")
    return replace(request, sessions=(visitor, *request.sessions))


@pytest.mark.parametrize("seed", range(15))
def test_a_repair_in_arrays_makes_the_depot_that_the_amended_request_makes(seed: int):
    """Room under every limit and reach of every session over time, and with them the most energy."""
    random = np.random.default_rng(seed)
    request = _with_a_visitor(a_short_depot(random), random)
    request = replace(request, sessions=tuple(with_rules(s, random) for s in request.sessions))
    outline = Outline(request)
    for i, session in enumerate(outline.plain.sessions):
        for repair in _repairs_for(request.sessions.index(session), request):
            seen = outline.with_repair(i, repair)
            anew = problem_of(amended(without_slots(request), session, repair))
            assert seen.need_kwh == anew.need_kwh[i]
            assert seen.upper_kwh.sum() == pytest.approx(anew.cells.upper_kwh[_cells(anew, i)].sum())
            _assert_same_depot(seen.problem, anew)


def _assert_same_depot(arrays: PlanningProblem, anew: PlanningProblem) -> None:
    times = np.union1d(arrays.grid.piece_edges_ms, anew.grid.piece_edges_ms)
    times = times[times <= min(arrays.grid.piece_edges_ms[-1], anew.grid.piece_edges_ms[-1])]
    for one, other in zip(arrays.limits, anew.limits, strict=True):
        assert one.limit_id == other.limit_id
        assert _until(times, arrays, one.room_kwh) == pytest.approx(_until(times, anew, other.room_kwh))
    for i in range(arrays.n_sessions):
        reaches = [_until(times, depot, _reach(depot, i)) for depot in (arrays, anew)]
        assert reaches[0] == pytest.approx(reaches[1])
    most = [_most_kwh(depot) for depot in (arrays, anew)]
    assert most[0] == pytest.approx(most[1], abs=1e-6)


def _most_kwh(problem: PlanningProblem) -> float:
    flow = choose_engine("auto", problem).most(problem, problem.need_kwh)
    return float(flow.energy_kwh.sum())


def _cells(problem: PlanningProblem, i: int) -> slice:
    return slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))


def _reach(problem: PlanningProblem, i: int) -> np.ndarray:
    """The most energy of a session in every piece."""
    cells, reach = _cells(problem, i), np.zeros(problem.n_pieces)
    reach[problem.cells.piece[cells]] = problem.cells.upper_kwh[cells]
    return reach


def _until(times_ms: np.ndarray, problem: PlanningProblem, per_piece: np.ndarray) -> np.ndarray:
    """Sum up to each of these times."""
    sums = np.concatenate([[0.0], np.cumsum(per_piece)])
    return np.interp(times_ms, problem.grid.piece_edges_ms, sums)


def test_a_depot_over_its_cap_is_built_anew():
    """2 of the 5 kW more go to the base load that was over the cap: 3 kW for an hour are left."""
    site = a_site([(0.0, 10.0), (1.0, 4.0)], base_kw=[(0.0, 0.0), (1.0, 6.0)])
    request = a_request(a_session(leaves_h=2.0), site=site)
    seen = Outline(request).with_repair(0, Repair("raise-site-cap", {"byKw": 5.0}, (at(1), at(2))))
    assert seen.rooms_kwh[0][seen.pieces].tolist() == pytest.approx([10.0, 3.0])


def test_preconditioning_moves_with_the_departure():
    """2 kWh in the last hour of a stay of five at 10 kW, the last hour being another one now."""
    bus = a_session(preconditioning=Preconditioning(2.0, MS_PER_HOUR))
    request = a_request(bus, site=a_site(10.0))
    seen = Outline(request).with_repair(0, Repair("delay-departure", {"byMinutes": 60.0}))
    assert seen.rooms_kwh[0][seen.pieces].tolist() == pytest.approx([40.0, 8.0])


@pytest.mark.parametrize("seed", range(15))
def test_a_session_alone_has_the_room_that_frozen_others_leave_it(seed: int):
    """In every moment of its stay, under the least of its limits."""
    random = np.random.default_rng(seed)
    request = _with_a_visitor(a_short_depot(random), random)
    request = replace(request, sessions=tuple(with_rules(s, random) for s in request.sessions))
    plan = plan_site(request, repairs=False)
    ours = problem_of(request)
    beside = Beside(request, ours, plan.segments)
    for i, session in enumerate(ours.sessions):
        frozen = _frozen(request, plan, i)
        for repair in _repairs_for(request.sessions.index(session), request):
            changed = amended(request, session, repair)
            after = changed.sessions[request.sessions.index(session)]
            alone = problem_of(beside.request_of(i, changed, after))
            among = problem_of(amended(frozen, session, repair))
            times = np.union1d(alone.grid.piece_edges_ms, among.grid.piece_edges_ms)
            times = times[times <= after.departure_ms]
            free = [_until(times, depot, _free(depot, k)) for depot, k in ((alone, 0), (among, i))]
            assert free[0] == pytest.approx(free[1], abs=1e-6)


def _free(problem: PlanningProblem, i: int) -> np.ndarray:
    """What a session can take in every piece under its limits."""
    rooms = [limit.room_kwh for limit in problem.limits if limit.members[i]]
    return np.minimum(_reach(problem, i), np.min(rooms, axis=0))


def _frozen(request: PlanRequest, plan: Plan, i: int) -> PlanRequest:
    """The others of ours as planned; who is not ours to steer stays as it is."""
    ours = tuple(s for s in request.sessions if s.vehicle.controllable)
    frozen = iter(others_frozen(replace(request, sessions=ours), plan, i).sessions)
    sessions = tuple(next(frozen) if s.vehicle.controllable else s for s in request.sessions)
    return replace(request, sessions=sessions)
