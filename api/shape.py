"""From a JSON document to typed objects, with every fault of shape, and as much typed as can be.

Where something is wrong, the bad parts are taken out and the rest is read, so that what is wrong with its
content can be told in the same answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from api.schemas import PlanRequestBody, SettingsBody, SiteBody
from optimiser.exceptions import Fault

ENTRY_LISTS = ("vehicles", "schedules", "recurringSchedules")

# What takes the place of a bad value in a request that will be refused: nothing else follows from these.
# A late `now` lets every series begin in time.
_STAND_INS: dict[str, object] = {"now": "9998-01-01T00:00:00Z"}
_SITE_STAND_INS: dict[str, object] = {"locationUid": "-", "powerCapKw": 0}


@dataclass(frozen=True, slots=True)
class Shape:
    """`body` is what could be read, None where too little; `kept[name][i]` is the place, in the
    document's list of that name, of the body's entry i."""

    body: PlanRequestBody | None
    faults: tuple[Fault, ...]
    kept: Mapping[str, Sequence[int]]


def read_shape(document: object) -> Shape:
    """Types and ranges of every field, none of what fields mean together."""
    try:
        body = PlanRequestBody.model_validate(document)
    except ValidationError as error:
        return _read_rest(document, faults_of(error, document))
    counts = (len(body.vehicles), len(body.schedules), len(body.recurring_schedules))
    return Shape(body, (), {name: range(count) for name, count in zip(ENTRY_LISTS, counts, strict=True)})


def _read_rest(document: object, faults: tuple[Fault, ...]) -> Shape:
    if not isinstance(document, dict):
        return Shape(None, faults, {})
    bad = {fault.path[:2] for fault in faults}
    kept = {name: _sound_places(document.get(name), name, bad) for name in ENTRY_LISTS}
    rest: dict[str, object] = {
        key: value for key, value in document.items() if (key,) not in bad and key in _own_names()
    }
    rest |= {name: [document[name][place] for place in places] for name, places in kept.items() if places}
    rest |= {name: [] for name, places in kept.items() if not places}
    rest |= {name: value for name, value in _STAND_INS.items() if (name,) in bad}
    rest["site"] = _mended_site(document.get("site"), bad)
    rest["settings"] = _without(document.get("settings"), "settings", bad, _names(SettingsBody))
    try:
        return Shape(PlanRequestBody.model_validate(rest), faults, kept)
    except ValidationError:
        return Shape(None, faults, {})


def _sound_places(entries: object, name: str, bad: set[tuple[str | int, ...]]) -> list[int]:
    if not isinstance(entries, list):
        return []
    return [place for place in range(len(entries)) if (name, place) not in bad]


def _mended_site(site: object, bad: set[tuple[str | int, ...]]) -> dict[str, object]:
    """Stations and groups speak of each other: they go together."""
    mended = _without(site, "site", bad, _names(SiteBody))
    if ("site", "stations") in bad or ("site", "groups") in bad:
        mended.pop("stations", None)
        mended.pop("groups", None)
    return _SITE_STAND_INS | mended


def _without(
    part: object, name: str, bad: set[tuple[str | int, ...]], known: Iterable[str]
) -> dict[str, object]:
    if not isinstance(part, Mapping):
        return {}
    return {key: part[key] for key in known if key in part and (name, key) not in bad}


def _own_names() -> Iterable[str]:
    return _names(PlanRequestBody)


def _names(model: type[PlanRequestBody | SiteBody | SettingsBody]) -> Iterable[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def faults_of(error: ValidationError, document: object) -> tuple[Fault, ...]:
    """What pydantic found wrong with a document, each with its path in it."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    found = (
        Fault(
            _path_in(document, detail["loc"], missing=detail["type"] == "missing"),
            detail["msg"].removeprefix("Value error, "),
        )
        for detail in details
    )
    return tuple(dict.fromkeys(found))


def _path_in(document: object, location: tuple[int | str, ...], *, missing: bool) -> tuple[str | int, ...]:
    """The parts of pydantic's location that lead through the document, and the name of a missing field.

    Pydantic also names the member of a union that it tried: no such key is in the document.
    """
    path = list(location[-1:]) if missing else []
    steps = location[:-1] if missing else location
    here, found = document, []
    for part in steps:
        if _leads_on(here, part):
            here = here[part]  # type: ignore[index]
            found.append(part)
    return (*found, *path)


def _leads_on(here: object, part: int | str) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)
