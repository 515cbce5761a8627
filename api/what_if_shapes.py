"""Changes one by one: from JSON to typed objects, with every fault of shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from api.shape import faults_of
from api.what_if_schemas import (
    MAX_DRAWS,
    AnyChange,
    OneChange,
    RandomLateness,
    TogetherChange,
)
from optimiser.exceptions import Fault

Path = tuple[str | int, ...]
Json = dict[str, Any]
AnyBody = OneChange | TogetherChange | RandomLateness
_BODY: TypeAdapter[AnyBody] = TypeAdapter(AnyChange)


@dataclass(frozen=True, slots=True)
class Shaped:
    """A change of the right shape, with its place and the object as it came."""

    body: AnyBody
    path: Path
    document: Json


def read_shapes(documents: Sequence[Any], path: Path) -> tuple[list[Shaped], list[Fault]]:
    """Every change of the right shape, and what is wrong with the others; `path` leads to the list."""
    shaped, faults, draws = [], [], 0
    for index, document in enumerate(documents):
        place = (*path, index)
        try:
            body = _BODY.validate_python(document)
        except ValidationError as error:
            faults += [_placed(fault, place) for fault in faults_of(error, document)]
            continue
        shaped.append(Shaped(body, place, document))
        draws += body.draws if isinstance(body, RandomLateness) else 0
        if draws > MAX_DRAWS:
            faults.append(Fault((*place, "draws"), f"there may be {MAX_DRAWS:,} draws in all"))
    return shaped, faults


def _placed(fault: Fault, place: Path) -> Fault:
    """A change of no known kind is at fault in its `kind`, and not as a whole."""
    unknown_kind = " tag " in fault.message and "'kind'" in fault.message
    return Fault((*place, *fault.path, *(["kind"] if unknown_kind else [])), fault.message)
