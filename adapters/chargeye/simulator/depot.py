"""What the simulated ChargEye holds, and the JSON file that it can be filled from and read back as."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from adapters.chargeye.simulator.rules import Entries, Entry, check_times

JsonObject = dict[str, Any]


class Seed(BaseModel):
    """A whole state. Vendor objects inside are as ChargEye spells them and are kept as they are.

    `vehicles` holds `{vehicle, v2icp}` records as GET /vehicles gives them, `power_groups` the tree by
    group id, with subgroups under `subgroups`. Without `refresh_tokens` any refresh token is good.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    now: AwareDatetime | None = None
    clock_running: bool = True
    refresh_tokens: list[str] = Field(default_factory=list)
    token_lifetime_seconds: float = Field(default=8 * 3600, gt=0)
    recently_ended_minutes: float = Field(default=30, ge=0)
    locations: list[JsonObject] = Field(default_factory=list)
    stations: list[JsonObject] = Field(default_factory=list)
    power_groups: dict[str, JsonObject] = Field(default_factory=dict)
    vehicles: list[JsonObject] = Field(default_factory=list)
    schedules: list[JsonObject] = Field(default_factory=list)


@dataclass
class Depot:
    """The registry and the schedules; `schedules` is by vehicle, then by schedule id."""

    locations: dict[str, JsonObject] = field(default_factory=dict)
    stations: dict[str, JsonObject] = field(default_factory=dict)
    power_groups: dict[str, JsonObject] = field(default_factory=dict)
    vehicles: dict[str, JsonObject] = field(default_factory=dict)
    schedules: dict[str, Entries] = field(default_factory=dict)

    @classmethod
    def seeded(cls, seed: Seed) -> "Depot":
        """The state of a seed. Raises ValueError where an object lacks its id."""
        try:
            depot = cls(
                locations={location["id"]: location for location in seed.locations},
                stations={station["stationId"]: station for station in seed.stations},
                power_groups=dict(seed.power_groups),
                vehicles={record["vehicle"]["id"]: record for record in seed.vehicles},
            )
            for entry in seed.schedules:
                check_times(entry)
                depot.entries(entry["evId"])[entry["id"]] = entry
        except (KeyError, TypeError) as error:
            raise ValueError(f"an object of the seed lacks or misspells a field: {error}") from None
        return depot

    def entries(self, vehicle_id: str) -> Entries:
        """The schedules of one vehicle by id, to read and to change."""
        return self.schedules.setdefault(vehicle_id, {})

    def all_entries(self) -> list[Entry]:
        """The schedules of every vehicle."""
        return [entry for entries in self.schedules.values() for entry in entries.values()]

    def group(self, group_id: str) -> JsonObject | None:
        """A power group wherever it hangs in the tree."""
        return _in_tree(self.power_groups, group_id)


def _in_tree(tree: dict[str, JsonObject], group_id: str) -> JsonObject | None:
    if group_id in tree:
        return tree[group_id]
    below = (_in_tree(group.get("subgroups", {}), group_id) for group in tree.values())
    return next((group for group in below if group is not None), None)
