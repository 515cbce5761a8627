"""Rule 5: unbroken runs, their least length, and how many pauses there are."""

from dataclasses import dataclass

import numpy as np

from optimiser.checker.breach import POWER_KW, REACHED_SOC, TIME_MS, Breaches, breaches_at, span
from optimiser.checker.facts import Facts, Flags, Index
from optimiser.checker.loads import Loads, within
from optimiser.series import Floats, Instants
from optimiser.units import MS_PER_MINUTE

SWITCHED_OFF_KW = 1.0  # a charger reads less as off


@dataclass(frozen=True, eq=False, slots=True)
class Runs:
    """Stretches of charging without a pause, one entry each, by session, then time."""

    session: Index
    start_ms: Instants
    end_ms: Instants
    end_soc: Floats

    def of(self, session: int) -> Index:
        """Positions of one session's runs."""
        return np.flatnonzero(self.session == session)


def find_runs(facts: Facts) -> Runs:
    """All runs; what is preconditioning only is no charging."""
    charging = facts.charge_kw > POWER_KW
    goes_on = charging[1:] & charging[:-1] & facts.same_session
    begins = charging & ~np.append(False, goes_on)
    ends = charging & ~np.append(goes_on, False)
    segments = facts.segments
    return Runs(
        facts.row_session[begins], segments.start_ms[begins], segments.end_ms[ends], segments.end_soc[ends]
    )


def check_runs(facts: Facts, loads: Loads) -> Breaches:
    """No pause where there may be none, short runs only at the target, not too many pauses."""
    runs = find_runs(facts)
    short = _short_runs(facts, runs, loads) + _stopped_runs(facts, runs, loads)
    return _broken_runs(facts, runs, loads) + short + _many_pauses(facts, runs)


def _late(facts: Facts, runs: Runs) -> Flags:
    """Sessions that were charging at now, want more, could have it, and do not go on from now."""
    columns = facts.columns
    going_on = runs.session[runs.start_ms <= columns.begin_ms[runs.session] + TIME_MS]
    wants = columns.soc < columns.target_soc - REACHED_SOC
    can = (columns.charge_until_ms > columns.begin_ms + TIME_MS) & (columns.max_kw >= columns.min_kw)
    late: Flags = columns.charging_now & wants & can
    late[going_on] = False
    return late


def _broken_runs(facts: Facts, runs: Runs, loads: Loads) -> Breaches:
    columns = facts.columns
    count = np.bincount(runs.session, minlength=columns.soc.size)
    broken = ((count > 1) | _late(facts, runs)) & ~columns.pausable & ~columns.frozen
    for session in np.flatnonzero(broken):
        # two runs less than a millisecond apart are one
        pauses = _pauses(facts, runs, int(session))
        broken[session] = bool(pauses) and not _excused(facts, loads, int(session), pauses)
    return breaches_at(
        "4.5 no-pause",
        broken,
        facts.name,
        lambda i: (
            "cannot pause, but does in "
            + ", ".join(span(start, end) for start, end in _pauses(facts, runs, i))
        ),
    )


def _pauses(facts: Facts, runs: Runs, session: int) -> list[tuple[int, int]]:
    """Pauses between runs, and the one from now on of a session that was charging."""
    own, columns = runs.of(session), facts.columns
    ends, starts = list(runs.end_ms[own]), list(runs.start_ms[own])
    if columns.charging_now[session]:
        ends = [columns.begin_ms[session], *ends]
        starts = starts or [columns.charge_until_ms[session]]
    else:
        starts = starts[1:]
    pairs = zip(ends, starts, strict=False)
    return [(int(end), int(start)) for end, start in pairs if start > end + TIME_MS]


def _excused(facts: Facts, loads: Loads, session: int, pauses: list[tuple[int, int]]) -> bool:
    """Rule 4 wins: the plan says so, and somewhere in every pause there was no room."""
    reasons = [s.reasons for s in facts.plan.shortfalls if s.session == session]
    said = any(reason.code == "no-pause" for group in reasons for reason in group)
    return said and all(_no_room(facts, loads, session, pause) for pause in pauses)


def _no_room(facts: Facts, loads: Loads, session: int, pause: tuple[int, int]) -> bool:
    """Under what a charger reads as off there is no room for a run, whatever the least power."""
    columns = facts.columns
    wanted_kw = max(float(columns.min_kw[session]), min(SWITCHED_OFF_KW, float(columns.max_kw[session])))
    for limit in loads.limits.path(facts.plan.sessions[session].station_id):
        room = -loads.over[loads.of(limit)][within(loads, limit, *pause)]
        needed = wanted_kw * float(loads.limits.per_dc_kw(np.array([limit]))[0])
        if (room < needed + POWER_KW).any():
            return True
    return False


def _short_runs(facts: Facts, runs: Runs, loads: Loads) -> Breaches:
    """A run that was under way at now counts from its beginning, and may end where room or stay do."""
    columns = facts.columns
    begun = columns.charging_now[runs.session] & (runs.start_ms <= columns.begin_ms[runs.session] + TIME_MS)
    start_ms = np.where(begun, columns.charging_since_ms[runs.session], runs.start_ms)
    hungry = runs.end_soc < columns.target_soc[runs.session] - REACHED_SOC
    short = _is_short(facts, runs.end_ms - start_ms) & hungry & ~columns.frozen[runs.session]
    for i in np.flatnonzero(short & begun):
        end_ms = int(runs.end_ms[i])
        over = end_ms >= columns.charge_until_ms[runs.session[i]] - TIME_MS
        short[i] = not (over or _no_room(facts, loads, int(runs.session[i]), (end_ms, end_ms + 1)))
    return breaches_at(
        "4.5 min-run",
        short,
        lambda i: f"{facts.name(int(runs.session[i]))}, {span(runs.start_ms[i], runs.end_ms[i])}",
        lambda i: _too_short(facts, int(runs.end_ms[i] - start_ms[i])),
    )


def _stopped_runs(facts: Facts, runs: Runs, loads: Loads) -> Breaches:
    """Runs that were under way at now, had not lasted long enough, and do not go on although they could."""
    columns = facts.columns
    lasted_ms = columns.begin_ms - columns.charging_since_ms
    stopped = _late(facts, runs) & _is_short(facts, lasted_ms) & ~columns.frozen
    for i in np.flatnonzero(stopped):
        begin_ms = int(columns.begin_ms[i])
        stopped[i] = not _no_room(facts, loads, int(i), (begin_ms, begin_ms + 1))
    return breaches_at("4.5 min-run", stopped, facts.name, lambda i: _too_short(facts, int(lasted_ms[i])))


def _is_short(facts: Facts, length_ms: Instants) -> Flags:
    return np.asarray(length_ms < facts.request.min_run_minutes * MS_PER_MINUTE - TIME_MS)


def _too_short(facts: Facts, length_ms: int) -> str:
    asked = facts.request.min_run_minutes
    return f"a run of {length_ms / MS_PER_MINUTE:.3f} min ends under target, at least {asked} min asked"


def _many_pauses(facts: Facts, runs: Runs) -> Breaches:
    most = facts.request.max_pauses
    if most is None:
        return []
    count = np.bincount(runs.session, minlength=facts.columns.soc.size)
    pauses = np.maximum(count - 1, 0) + (_late(facts, runs) & (count > 0))
    return breaches_at(
        "4.5 max-pauses",
        (pauses > most) & ~facts.columns.frozen,
        facts.name,
        lambda i: f"pauses {int(pauses[i])} times, at most {most} asked",
    )
