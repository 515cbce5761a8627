"""One night in the words that every planner knows: window, energy and power per vehicle; room and price.

Peers run in an environment of their own, so nothing here needs more than Python. Energy is kWh and power
kW on the vehicle's side, prices are per kWh there; slots count from 0 and ends are not part of a stay.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

Energies = list[list[float]]


@dataclass(frozen=True, slots=True)
class Stay:
    """One vehicle: it may charge in the slots `[first_slot, end_slot)`."""

    need_kwh: float
    max_power_kw: float
    first_slot: int
    end_slot: int


@dataclass(frozen=True, slots=True)
class Night:
    """A depot's night on equal slots; `room_kw` and `price_per_kwh` have an entry for each."""

    slot_hours: float
    room_kw: list[float]
    price_per_kwh: list[float]
    stays: list[Stay]

    @property
    def n_slots(self) -> int:
        """Number of slots."""
        return len(self.room_kw)


@dataclass(frozen=True, slots=True)
class Answer:
    """Energy [kWh] per stay and slot, and the seconds from the night to it; imports are not counted."""

    energy_kwh: Energies
    spent_s: float


def write_night(night: Night, path: Path) -> None:
    """The night as JSON."""
    path.write_text(json.dumps(asdict(night)), encoding="utf-8")


def read_answer(path: Path) -> Answer:
    """What a peer wrote."""
    return Answer(**json.loads(path.read_text(encoding="utf-8")))


def answer(plan: Callable[[Night], Energies]) -> None:
    """A peer's main: `NIGHT.json ANSWER.json` on the command line."""
    source, target = map(Path, sys.argv[1:3])
    given = json.loads(source.read_text(encoding="utf-8"))
    night = Night(**given | {"stays": [Stay(**stay) for stay in given["stays"]]})
    begin = time.perf_counter()
    energies = plan(night)
    spent_s = time.perf_counter() - begin
    target.write_text(json.dumps(asdict(Answer(energies, spent_s))), encoding="utf-8")
