"""What the simulated ev.energy holds: registers by id, and logs by parent, newest first."""

from dataclasses import dataclass, field

from adapters.evenergy.payloads import instant_ms
from adapters.evenergy.simulator.seed import LOGS, REGISTERS, JsonObject, Seed

PARENT_REGISTER = {"vehicle": "vehicles", "evse": "evses"}


@dataclass
class Records:
    """Registers (`registers[kind][id]`) and logs (`logs[kind][parent id]`, newest first)."""

    registers: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    logs: dict[str, dict[str, list[JsonObject]]] = field(default_factory=dict)

    @classmethod
    def seeded(cls, seed: Seed) -> "Records":
        """The state of a seed. Raises ValueError where an object lacks what it is known by."""
        records = cls()
        try:
            for kind in REGISTERS:
                records.registers[kind] = {entry["id"]: entry for entry in getattr(seed, kind)}
            for kind in LOGS:
                records.logs[kind] = records._by_parent(kind, getattr(seed, kind))
        except (KeyError, TypeError) as error:
            raise ValueError(f"an object of the seed lacks or misspells a field: {error}") from None
        return records

    def entries(self, kind: str) -> list[JsonObject]:
        """One register, in the order of its ids."""
        return sorted(self.registers[kind].values(), key=lambda entry: str(entry["id"]))

    def of(self, kind: str, parent_id: str) -> list[JsonObject]:
        """The logs of one vehicle or charge point, newest first."""
        return self.logs[kind].get(parent_id, [])

    def all_logs(self, kind: str) -> list[JsonObject]:
        """The logs of every parent."""
        return [entry for entries in self.logs[kind].values() for entry in entries]

    def _by_parent(self, kind: str, entries: list[JsonObject]) -> dict[str, list[JsonObject]]:
        parent, key = LOGS[kind]
        by_parent: dict[str, list[JsonObject]] = {}
        for entry in sorted(entries, key=lambda entry: instant_ms(entry[key]), reverse=True):
            if entry[parent] not in self.registers[PARENT_REGISTER[parent]]:
                raise ValueError(f"{kind}: no {parent} {entry[parent]!r}")
            siblings = by_parent.setdefault(entry[parent], [])
            if siblings and siblings[-1][key] == entry[key]:
                raise ValueError(f"{kind}: two of {entry[parent]} have the key {entry[key]}")
            siblings.append(entry)
        return by_parent
