"""Short constructors with sane defaults, and strategies, for what a store holds."""

from typing import Any

from hypothesis import strategies as st

from adapters.records import PlanSummary, RunningPlan, StoredPlan

NOW_MS = 1_773_072_000_000
HOUR_MS = 3_600_000


class ManualClock:
    """Shows what it was set to."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def a_plan(plan_id: str = "p-1", location_uid: str = "north", **changes: Any) -> StoredPlan:
    document = changes.pop("document", {"planId": plan_id, "schedules": [], "solver": {"certificate": {}}})
    facts = {
        "created_ms": NOW_MS,
        "now_ms": NOW_MS,
        "strategy": "cost",
        "status": "optimal",
        "objective": 402.11,
        "bound": 402.11,
        "gap": 0.0,
        "shortfall_kwh": 31.4,
        "churn": 0.25,
        "trigger": "arrival",
        "trigger_description": "bus-214 is 40 minutes late",
        "peak_kw": 512.5,
        "peak_cap_kw": 800.0,
        "short": 2,
        **changes,
    }
    return StoredPlan(PlanSummary(plan_id=plan_id, location_uid=location_uid, **facts), document)


def a_running_plan(
    vehicle_id: str = "bus-1",
    departure_ms: int = NOW_MS + 8 * HOUR_MS,
    location_uid: str = "north",
    plan_id: str = "p-1",
) -> RunningPlan:
    schedule = {"id": f"s-{vehicle_id}", "plan": {"segments": []}}
    return RunningPlan(vehicle_id, departure_ms, location_uid, plan_id, f"s-{vehicle_id}", schedule)


# what `json.loads` can give, with NULs, lone surrogates, integers over 64 bits and -0.0
json_texts = st.text(st.characters(exclude_categories=[]), max_size=8)
json_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | json_texts
)
json_values = st.recursive(
    json_leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(json_texts, inner, max_size=4),
    max_leaves=20,
)
json_documents = st.dictionaries(json_texts, json_values, max_size=6)
