"""What a subject is: one kind of depot that exercises something no other subject does."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.generator import DepotKind, Request, generate

Build = Callable[[int, int], Request]


@dataclass(frozen=True, slots=True)
class Subject:
    """One file of `benchmarks.subjects`: its name, why it is there, and how it is built.

    `build` takes the number of vehicles and the slot length [min]. `linear` says that the plan must be
    exactly as good as the linear programme's optimum.
    """

    name: str
    purpose: str
    build: Build
    linear: bool = True
    sizes: tuple[int, ...] = (50, 200)


def of_kind(kind: DepotKind) -> Build:
    """Builds depots of one kind."""

    def build(n_vehicles: int, slot_minutes: int) -> Request:
        return generate(kind, n_vehicles, slot_minutes=slot_minutes)

    return build
