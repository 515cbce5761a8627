"""Evidence laid on a plan request: measured SoC, early and late arrivals. Pure, and safe on any document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.evenergy.evidence import DEFAULT_RULES, EvidenceRules, Presence, VehicleEvidence
from adapters.evenergy.stays import Json, Stay, current_stays
from optimiser.domain import Notice
from optimiser.units import MS_PER_MINUTE, iso_z

SHARPENED_FIELDS = ("plannedArrivalTime", "startSoC", "currentSoC")


@dataclass(frozen=True, slots=True)
class _Finding:
    """What changes in a schedule, and why."""

    changes: Json
    code: str
    message: str


def sharpen(
    document: Json,
    evidence: Mapping[str, VehicleEvidence],
    now_ms: int,
    rules: EvidenceRules = DEFAULT_RULES,
) -> tuple[Json, tuple[Notice, ...]]:
    """A plan request (contract document) with what is known of its vehicles, and a notice for each change.

    `evidence` is by our vehicle id. Of every vehicle only the current or next stay changes; an occurrence of
    a rule becomes the dated schedule that stands for it, and a frozen plan stays. The document that came is
    left as it is.
    """
    schedules = list(document["schedules"]) if isinstance(document.get("schedules"), list) else []
    notices: list[Notice] = []
    for vehicle_id, stay in sorted(current_stays(document, evidence, now_ms).items()):
        findings = _findings(stay, evidence[vehicle_id], now_ms, rules)
        if findings and not _is_frozen(stay.entry):
            changed = {**stay.entry, **{name: v for found in findings for name, v in found.changes.items()}}
            _put(schedules, stay, changed)
            notices.extend(_notice(vehicle_id, changed, found) for found in findings)
    return ({**document, "schedules": schedules} if notices else document), tuple(notices)


def trigger_description(notices: Iterable[Notice]) -> str:
    """The reasons as one text, for `triggerDescription`; empty without any."""
    return "; ".join(notice.message for notice in notices)


def restored(schedule: Mapping[str, Any], original: Mapping[str, Any]) -> Json:
    """A planned schedule with what its owner had planned in place of what the evidence made of it.

    Whoever pushes a plan sends this: else an expected arrival would come back as the planned one, and a late
    vehicle would be on time by definition.
    """
    kept = {name: value for name, value in schedule.items() if name not in SHARPENED_FIELDS}
    return {**kept, **{name: original[name] for name in SHARPENED_FIELDS if name in original}}


def _put(schedules: list[Any], stay: Stay, changed: Json) -> None:
    if stay.index is None:
        schedules.append(changed)
    else:
        schedules[stay.index] = changed


def _notice(vehicle_id: str, entry: Json, found: _Finding) -> Notice:
    schedule_id = entry.get("id")
    message = f"{vehicle_id} {found.message} (ev.energy)"
    return Notice(found.code, message, schedule_id if isinstance(schedule_id, str) else None)


def _findings(stay: Stay, seen: VehicleEvidence, now_ms: int, rules: EvidenceRules) -> tuple[_Finding, ...]:
    presence, soc = seen.presence(now_ms, rules), seen.fresh_soc(now_ms, rules)
    if stay.arrival_ms <= now_ms:
        away = presence is Presence.AWAY and not _has_transaction(stay.entry)
        found = _late(stay, soc, now_ms, rules) if away else (_measured(stay, soc),)
    elif presence is Presence.HERE and stay.arrival_ms - now_ms <= rules.early_ms:
        found = (_early(soc, now_ms),)
    else:
        found = (_lower(stay, soc),)
    return tuple(finding for finding in found if finding is not None)


def _early(soc: float | None, now_ms: int) -> _Finding:
    changes: Json = {"plannedArrivalTime": iso_z(now_ms), **({} if soc is None else {"startSoC": soc})}
    with_soc = "" if soc is None else f" with {soc:g} %"
    return _Finding(changes, "present-early", f"is there before its planned arrival{with_soc}")


def _late(stay: Stay, soc: float | None, now_ms: int, rules: EvidenceRules) -> tuple[_Finding | None, ...]:
    """Expected later; never so late that the stay would end before it begins."""
    delay_ms = rules.expected_delay_ms(now_ms - stay.arrival_ms)
    arrival_ms = min(now_ms + delay_ms, stay.departure_ms - MS_PER_MINUTE)
    if arrival_ms <= now_ms:
        return ()
    overdue = f"{(now_ms - stay.arrival_ms) // MS_PER_MINUTE} min after its planned arrival"
    message = f"is not there {overdue}, and is expected at {iso_z(arrival_ms)}"
    return _Finding({"plannedArrivalTime": iso_z(arrival_ms)}, "expected-late", message), _lower(stay, soc)


def _measured(stay: Stay, soc: float | None) -> _Finding | None:
    """The charger's own reading is nearer than the vehicle's telematics, so it stays where there is one."""
    if soc is None or stay.entry.get("currentSoC") is not None:
        return None
    return _Finding({"currentSoC": soc}, "soc-measured", f"has {soc:g} % by its own telematics")


def _lower(stay: Stay, soc: float | None) -> _Finding | None:
    """A vehicle on the road arrives with no more than it has now; how much less is not known."""
    planned = stay.entry.get("startSoC")
    if soc is None or not isinstance(planned, int | float) or soc >= planned:
        return None
    return _Finding({"startSoC": soc}, "soc-lower", f"has only {soc:g} % of the {planned:g} % planned")


def _is_frozen(entry: Mapping[str, Any]) -> bool:
    meta = entry.get("planMeta")
    return isinstance(meta, dict) and meta.get("frozen") is True


def _has_transaction(entry: Mapping[str, Any]) -> bool:
    """Whether the charger says that it is connected, which beats any location."""
    tx: Any = entry
    for name in ("plan", "schedule", "tx"):
        tx = tx.get(name) if isinstance(tx, dict) else None
    return isinstance(tx, dict) and bool(tx.get("chargingStartTime")) and not tx.get("chargingEndTime")
