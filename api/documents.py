"""Small readers of request and response documents, for everything that works on JSON alone."""

from collections.abc import Iterator, Mapping
from typing import Any


def entries(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of the document; empty where it is missing or null."""
    return document.get(name) or []


def planned_schedules(response: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schedules that this very response planned: their `planMeta` bears its time."""
    for schedule in response["schedules"]:
        if (schedule.get("planMeta") or {}).get("timestamp") == response["createdAt"]:
            yield schedule
