"""How objects leave the simulator: with `url`, and references as URLs or, where expanded, as objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.evenergy.simulator.problems import bad_parameter
from adapters.evenergy.simulator.records import Records
from adapters.evenergy.simulator.seed import LOGS, JsonObject

# Paths of the objects; a log's ends in a slash, and a charge point's log says `evse`, as at the vendor.
_PATHS = {
    "status_logs": "/v2/vehicles/{vehicle}/status_logs/{sampled_at}/",
    "location_logs": "/v2/vehicles/{vehicle}/location_logs/{sampled_at}/",
    "command_logs": "/v2/vehicles/{vehicle}/command_logs/{logged_at}/",
    "error_logs": "/v2/vehicles/{vehicle}/error_logs/{logged_at}/",
    "evse_status_logs": "/v2/evse/{evse}/status_logs/{sampled_at}/",
    "cpms_providers": "/v2/cpms_providers/{id}/",
}

_REFERENCES = {
    "vehicles": {"trim": "vehicle_trims", "user": "users"},
    "vehicle_trims": {"model": "vehicle_models"},
    "vehicle_models": {"make": "vehicle_makes"},
    "evses": {"model": "evse_models", "user": "users"},
    **{kind: {parent: f"{parent}s"} for kind, (parent, _) in LOGS.items()},
}

_LATEST = {"vehicles": "status_logs", "evses": "evse_status_logs"}

_ON_VEHICLE = ("user", "trim", "trim.model", "trim.model.make")
ON_LOG = ("vehicle", *(f"vehicle.{name}" for name in _ON_VEHICLE))
EXPANDABLE: Mapping[str, Sequence[str]] = {
    "vehicles": (*_ON_VEHICLE, "latest_status_log"),
    "evses": ("user", "model", "latest_status_log"),
    **dict.fromkeys(LOGS, ON_LOG),
    "evse_status_logs": ("evse",),
}


def checked_expand(kind: str, names: Sequence[str]) -> Sequence[str]:
    """The names, or a 400 for one that is not among those that this kind allows."""
    unknown = [name for name in names if name not in EXPANDABLE.get(kind, ())]
    if unknown:
        raise bad_parameter("expand", f"{unknown[0]!r} is not one of the available choices.")
    return names


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders the objects of some records for a server at `root`."""

    records: Records
    root: str

    def render(self, kind: str, entry: JsonObject, expand: Sequence[str] = ()) -> JsonObject:
        """One object as it travels."""
        rendered = {**_identity(entry), "url": self._url(kind, entry), **entry}
        for name, target in _REFERENCES.get(kind, {}).items():
            if entry.get(name) is not None:
                referred = self.records.registers[target].get(entry[name], {"id": entry[name]})
                rendered[name] = self._reference(target, referred, name, expand)
        if kind in _LATEST:
            rendered |= self._history(kind, str(entry["id"]), expand)
        if kind == "evse_sites":
            rendered["evses"] = [self._url("evses", {"id": evse_id}) for evse_id in entry["evses"]]
        return rendered

    def _history(self, kind: str, entry_id: str, expand: Sequence[str]) -> JsonObject:
        newest = next(iter(self.records.of(_LATEST[kind], entry_id)), None)
        reference = newest and self._reference(_LATEST[kind], newest, "latest_status_log", expand)
        # The vendor's own list URLs lack the version and have a slash before the query.
        sessions = f"{self.root}/charging_sub_sessions/?{kind.removesuffix('s')}_id={entry_id}"
        return {"latest_status_log": reference, "charging_sub_sessions": sessions}

    def _reference(self, kind: str, entry: JsonObject, name: str, expand: Sequence[str]) -> object:
        deeper = [path.removeprefix(f"{name}.") for path in expand if path.startswith(f"{name}.")]
        if name in expand or deeper:
            return self.render(kind, entry, deeper)
        return self._url(kind, entry)

    def _url(self, kind: str, entry: JsonObject) -> str:
        return self.root + _PATHS.get(kind, f"/v2/{kind}/{{id}}").format(**entry)


def _identity(entry: JsonObject) -> JsonObject:
    return {"id": entry["id"]} if "id" in entry else {}
