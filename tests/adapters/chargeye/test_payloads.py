"""The vendor's objects: every field under its own spelling, and nothing lost."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.chargeye.payloads import EvSchedule, Vehicle
from tests.adapters.chargeye.samples import FULL_SCHEDULE, FULL_VEHICLE


def unknown_fields(value: object, place: str = "") -> list[str]:
    """Places where a model holds fields that it has no name for."""
    if isinstance(value, list):
        return [found for item in value for found in unknown_fields(item, place)]
    if not hasattr(value, "model_extra"):
        return []
    own = [f"{place}/{name}" for name in value.model_extra or ()]
    inner = [unknown_fields(part, f"{place}/{name}") for name, part in value.__dict__.items()]
    return own + [found for part in inner for found in part]


@pytest.mark.parametrize(("model", "payload"), [(EvSchedule, FULL_SCHEDULE), (Vehicle, FULL_VEHICLE)])
def test_every_field_of_the_vendor_is_known_and_kept(model: Any, payload: dict[str, Any]) -> None:
    """The vendor's whole example, placeholders and nulls included, goes in and comes out the same."""
    read = model.model_validate(payload)
    assert unknown_fields(read) == []
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == payload


def test_fields_that_nobody_knows_are_kept() -> None:
    """The vendor adds fields without notice, at every depth."""
    payload = {**FULL_SCHEDULE, "lane": 4, "planMeta": {"frozen": False, "reviewedBy": ["A", None]}}
    read = EvSchedule.model_validate(payload)
    assert read.model_extra == {"lane": 4}
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == payload


def test_only_the_keys_of_a_schedule_are_required() -> None:
    """A freshly posted entry has its id, its vehicle and its times, and nothing else."""
    with pytest.raises(ValidationError) as caught:
        EvSchedule.model_validate({})
    missing = {error["loc"][0] for error in caught.value.errors()}
    assert missing == {"id", "evId", "plannedArrivalTime", "plannedDepartureTime"}


@pytest.mark.parametrize("location", [None, "yard", ["yard", "harbour"]])
def test_a_vehicle_has_no_home_one_or_several(location: object) -> None:
    """The vendor sends all three forms."""
    assert Vehicle.model_validate({"id": "bus-1", "locationUid": location}).location_uid == location


def test_open_enumerations_take_any_word() -> None:
    """A strategy, trigger, tag or port type that is new tomorrow is read today."""
    read = EvSchedule.model_validate(
        FULL_SCHEDULE
        | {"planMeta": {"strategy": "night", "trigger": "moon"}, "plan": {"segments": [{"tag": ["new"]}]}}
    )
    assert read.plan_meta and read.plan_meta.trigger == "moon"
    assert read.plan and read.plan.segments and read.plan.segments[0].tag == ["new"]
