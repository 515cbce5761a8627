"""What the plan inside a schedule has done so far, does now, and holds for the time to come."""

from collections.abc import Iterator
from itertools import pairwise

from adapters.chargeye import payloads
from optimiser.domain import FixedSegment
from optimiser.units import to_ms


def last_past_segment(schedule: payloads.EvSchedule) -> tuple[int, payloads.Segment] | None:
    """The past segment that ended last and knows its SoC then, with its place in the list."""
    past = schedule.plan.past_segments if schedule.plan else None
    told = [(index, segment) for index, segment in enumerate(past or ()) if segment.end_soc is not None]
    return max(told, key=lambda item: (item[1].to_ms or 0.0, item[0]), default=None)


def is_charging(tx: payloads.Tx, now_ms: int) -> bool:
    """Whether the transaction's charging has begun by now and has not ended by now."""
    begun, ended = tx.charging_start_time, tx.charging_end_time
    if begun is None or to_ms(begun) > now_ms:
        return False
    return ended is None or to_ms(ended) > now_ms


def begun_ms(tx: payloads.Tx) -> int | None:
    """When the transaction's charging began, if it did."""
    return None if tx.charging_start_time is None else to_ms(tx.charging_start_time)


def is_frozen(schedule: payloads.EvSchedule) -> bool:
    """Whether the plan inside must be kept to the letter: it says so, and it has segments."""
    meta, plan = schedule.plan_meta, schedule.plan
    return bool(meta and meta.frozen and plan and plan.segments)


def planned_segments(schedule: payloads.EvSchedule, start_ms: int, end_ms: int) -> tuple[FixedSegment, ...]:
    """The segments of the plan inside, cut to `[start_ms, end_ms)`, in order of time.

    A plan that overlaps itself tells nothing, and gives none.
    """
    plan = schedule.plan
    if plan is None or not plan.segments:
        return ()
    cut = sorted(_cut(plan.segments, start_ms, end_ms), key=lambda segment: segment.start_ms)
    overlaps = any(after.start_ms < before.end_ms for before, after in pairwise(cut))
    return () if overlaps else tuple(cut)


def _cut(segments: list[payloads.Segment], start_ms: int, end_ms: int) -> Iterator[FixedSegment]:
    for segment in segments:
        if segment.from_ms is None or segment.to_ms is None:
            continue
        begin_ms, stop_ms = max(int(segment.from_ms), start_ms), min(int(segment.to_ms), end_ms)
        if begin_ms < stop_ms:
            yield FixedSegment(begin_ms, stop_ms, segment.power_kw or 0.0)
