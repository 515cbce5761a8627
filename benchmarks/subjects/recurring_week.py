"""A week from rules: half of the buses come every day, and their stays are expanded before planning."""

from benchmarks.generator import DepotKind, Request, generate
from benchmarks.subject import Subject

WEEK_HOURS = 7 * 24


def build(n_vehicles: int, slot_minutes: int) -> Request:
    """Every second schedule becomes a daily one; prices of the first day repeat."""
    request = generate(DepotKind(), n_vehicles, slot_minutes=slot_minutes)
    request["horizonHours"] = WEEK_HOURS
    daily = request["schedules"][::2]
    request["schedules"] = request["schedules"][1::2]
    request["recurringSchedules"] = [entry | {"recurrenceRule": "FREQ=DAILY"} for entry in daily]
    return request


SUBJECT = Subject(
    name="recurring-week",
    purpose="seven nights, half of the schedules from daily rules",
    build=build,
    sizes=(20, 50),
)
