"""Sites as they are stored: read and checked like the `site` and `settings` of a plan request."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from api.resources import StoredSiteBody
from api.shape import faults_of
from api.sites import read_site
from optimiser.exceptions import Fault, InvalidRequestError

Json = dict[str, Any]


def checked_site(document: Any, now_ms: int) -> tuple[str, Json, Json]:
    """Location, `site` and `settings` of a document `{site, settings}`, as they came.

    Raises InvalidRequestError with every fault.
    """
    try:
        body = StoredSiteBody.model_validate(document)
    except ValidationError as error:
        raise InvalidRequestError(faults_of(error, document)) from None
    _, faults = read_site(body.site, now_ms)
    if faults:
        raise InvalidRequestError(faults)
    return body.site.location_uid, document["site"], document.get("settings", {})


def checked_sites(document: Any, now_ms: int) -> list[tuple[str, Json, Json]]:
    """The sites of a document that holds one or a list, each `{site, settings}` or a bare `site`.

    Raises InvalidRequestError with every fault of every site.
    """
    sites, faults = [], []
    for entry, path in _entries(document):
        try:
            sites.append(checked_site(entry, now_ms))
        except InvalidRequestError as error:
            faults += [Fault((*path, *fault.path), fault.message) for fault in error.faults]
    if faults:
        raise InvalidRequestError(faults)
    return sites


def _entries(document: Any) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Each site in the form that is stored, and where it is."""
    several = isinstance(document, list)
    for place, entry in enumerate(document if several else [document]):
        wrapped = isinstance(entry, dict) and "site" in entry
        yield entry if wrapped else {"site": entry}, (place,) if several else ()


def refuse_other_uid(location_uid: str, wanted_uid: str) -> None:
    """Raise InvalidRequestError where a site is put under another's name."""
    if location_uid != wanted_uid:
        fault = Fault(("site", "locationUid"), f"must be {wanted_uid}, as in the path")
        raise InvalidRequestError([fault])
