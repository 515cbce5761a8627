"""Rule 2, second half: segments break where they must and only there, and carry the right tags."""

import numpy as np

from optimiser.checker.breach import SOC, TIME_MS, Breaches, breaches_at
from optimiser.checker.facts import Facts, Flags
from optimiser.checker.immovable import uncontrolled_loads
from optimiser.domain import ChargingSession
from optimiser.plan import Tag
from optimiser.series import Floats, Instants
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, PERCENT, iso_z

_SAME_POWER_KW = 1e-6
_EXACT_UP_TO_SESSIONS = 200


def check_breaks(facts: Facts) -> Breaches:
    """Neighbours differ in power or tag, and power changes at pieces only; frozen plans are as given."""
    segments = facts.segments
    ours = facts.same_session & ~facts.of_row(facts.columns.frozen)[1:]
    step_kw = np.diff(segments.power_kw)
    needless = ours & (step_kw == 0) & (np.diff(segments.tags.astype(np.int16)) == 0)
    changes = np.flatnonzero(ours & (np.abs(step_kw) > _SAME_POWER_KW))
    off_edge = changes[~_at_edge(facts, segments.start_ms[changes + 1])]
    misplaced = np.zeros(step_kw.size, dtype=np.bool_)
    misplaced[off_edge] = ~_at_soc_mark(facts, off_edge)
    return breaches_at(
        "4.2 breaks",
        needless,
        lambda i: facts.place(i + 1),
        lambda i: f"{segments.power_kw[i]:.4f} kW goes on with the same tags",
    ) + breaches_at(
        "4.2 pieces",
        misplaced,
        lambda i: facts.place(i + 1),
        lambda i: (
            f"power changes by {step_kw[i]:.4f} kW at {iso_z(int(segments.start_ms[i + 1]))}, "
            "where no piece begins"
        ),
    )


def _at_edge(facts: Facts, instants_ms: Instants) -> Flags:
    slot_ms = facts.request.slot_minutes * MS_PER_MINUTE
    off_clock_ms = (instants_ms + TIME_MS) % slot_ms
    edges = _edges(facts)
    after = edges[np.searchsorted(edges, instants_ms).clip(max=edges.size - 1)]
    before = edges[(np.searchsorted(edges, instants_ms, side="right") - 1).clip(min=0)]
    near_ms = np.minimum(np.abs(after - instants_ms), np.abs(instants_ms - before))
    at_edge: Flags = (off_clock_ms <= 2 * TIME_MS) | (near_ms <= TIME_MS)
    return at_edge


def _edges(facts: Facts) -> Instants:
    """Every instant off the clock's grid at which power may change for anybody."""
    columns, request, site = facts.columns, facts.request, facts.request.site
    start, end = request.now_ms, facts.end_ms
    series = [site.power_cap_kw, site.base_load_kw, facts.price]
    series += [facts.carbon] if facts.carbon else []
    series += [group.power_cap_kw for group in site.groups]
    windows = site.demand_charge.windows if site.demand_charge else ()
    fixed = uncontrolled_loads(request)
    marks = [step.edges_between(start, end) for step in series]
    marks += [columns.begin_ms, columns.departure_ms, columns.charge_until_ms, columns.warm_ms]
    marks += [fixed.start_ms, fixed.end_ms, _frozen_edges(facts.plan.sessions)]
    marks += [np.array([edge for w in windows for edge in (w.start_ms, w.end_ms)], dtype=np.int64)]
    return _with_whole_minutes(np.unique(np.concatenate(marks)), len(facts.plan.sessions))


def _frozen_edges(sessions: tuple[ChargingSession, ...]) -> Instants:
    given = (segment for session in sessions for segment in session.frozen or ())
    return np.array([edge for s in given for edge in (s.start_ms, s.end_ms)], dtype=np.int64)


def _with_whole_minutes(edges_ms: Instants, sessions: int) -> Instants:
    """Above 200 schedules stays may be rounded inward to whole minutes."""
    if sessions <= _EXACT_UP_TO_SESSIONS:
        return edges_ms
    down = edges_ms // MS_PER_MINUTE * MS_PER_MINUTE
    return np.unique(np.concatenate([edges_ms, down, down + MS_PER_MINUTE]))


def _at_soc_mark(facts: Facts, left: np.ndarray) -> Flags:
    """Where the row's own SoC passes a bend, the minimum, the bulk mark, or meets the target."""
    session, soc = facts.row_session[left], facts.segments.end_soc[left]
    columns = facts.columns
    named = np.stack([columns.minimum_soc, columns.bulk_soc, columns.target_soc], axis=1)[session]
    bends = np.where(columns.curved[:, None], facts.curves.soc, np.inf)[session]
    off = np.abs(np.concatenate([named, bends], axis=1) - soc[:, None]).min(axis=1)
    near: Flags = off <= np.maximum(_soc_of_one_ms(facts)[left], _soc_of_one_ms(facts)[left + 1])
    return near


def _soc_of_one_ms(facts: Facts) -> Floats:
    """How far SoC moves in the time tolerance, in each row."""
    kwh = facts.charge_kw * TIME_MS / MS_PER_HOUR
    moved: Floats = SOC + kwh / facts.of_row(facts.columns.capacity_kwh)
    return moved


def check_tags(facts: Facts) -> Breaches:
    """Below the bulk mark `bulk`, above it `target`; below the minimum `minimum` as well."""
    columns, segments = facts.columns, facts.segments
    ours = ~facts.of_row(columns.frozen)
    bulk, target = _has(facts, Tag.BULK), _has(facts, Tag.TARGET)
    below_bulk, above_bulk = _sides(facts, columns.bulk_soc)
    below_minimum, above_minimum = _sides(facts, columns.minimum_soc)
    wrong_side = (bulk == target) | (bulk & ~below_bulk) | (target & ~above_bulk)
    minimum = _has(facts, Tag.MINIMUM)
    wrong_minimum = (minimum & ~below_minimum) | (~minimum & ~above_minimum)
    return breaches_at(
        "4.2 tags",
        ours & (wrong_side | wrong_minimum),
        facts.place,
        lambda i: (
            f"{Tag(int(segments.tags[i]))!r} from {PERCENT * segments.start_soc[i]:.4f} % "
            f"to {PERCENT * segments.end_soc[i]:.4f} %"
        ),
    )


def _has(facts: Facts, tag: Tag) -> Flags:
    return (facts.segments.tags & np.uint8(tag)) > 0


def _sides(facts: Facts, mark: Floats) -> tuple[Flags, Flags]:
    """Rows that lie below a mark, and rows that lie above it; at the mark itself both."""
    near, at = _soc_of_one_ms(facts), facts.of_row(mark)
    return facts.segments.end_soc <= at + near, facts.segments.start_soc >= at - near
