"""The segments of a plan as a table, one row per segment, for spreadsheets and scripts."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from api.documents import planned_schedules
from optimiser.units import iso_z

COLUMNS = ("scheduleId", "evId", "from", "to", "powerkW", "energykWh", "startSoc", "endSoc", "paused", "tag")


def segments_csv(response: Mapping[str, Any]) -> str:
    """CSV text of every segment that the response planned; times in UTC, SoC percent, tags joined by +."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(response))
    return text.getvalue()


def _rows(response: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for schedule in planned_schedules(response):
        for segment in schedule["plan"]["segments"]:
            yield (
                schedule["id"],
                schedule["evId"],
                iso_z(segment["from"]),
                iso_z(segment["to"]),
                *(segment[name] for name in ("powerkW", "energykWh", "startSoc", "endSoc")),
                str(segment["paused"]).lower(),
                "+".join(segment["tag"]),
            )
