"""`depot plan`: one request in, a plan out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.errors import reported
from api.commands.files import STDIO, read_json, write_bytes, write_text


class InvalidEntries(StrEnum):
    """What becomes of entries that cannot be planned."""

    REJECT = "reject"
    SKIP = "skip"


_INPUTS, _OUTPUTS = "Series from files", "Where the plan goes"


def plan(  # noqa: PLR0913, each is an argument or option of the command
    request: Annotated[
        Path, typer.Argument(metavar="REQUEST.json", help="The depot tonight; - reads standard input.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="PLAN.json", help="The plan as JSON.", rich_help_panel=_OUTPUTS
        ),
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="PLAN.html", help="The plan as one HTML page.", rich_help_panel=_OUTPUTS),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="SEGMENTS.csv", help="Every vehicle's segments as a table.", rich_help_panel=_OUTPUTS
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            metavar="P.csv",
            help="Energy prices per AC kWh, CSV or Parquet: from, to, pricePerKwh; or a time and a price.",
            rich_help_panel=_INPUTS,
        ),
    ] = None,
    base_load: Annotated[
        Path | None,
        typer.Option(
            metavar="B.csv",
            help="The site's other load in kW, CSV or Parquet: from, to, baseLoadKw; or a time and a load.",
            rich_help_panel=_INPUTS,
        ),
    ] = None,
    on_invalid: Annotated[
        InvalidEntries,
        typer.Option(help="Refuse the request for one bad entry, or skip the entry and plan the rest."),
    ] = InvalidEntries.REJECT,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="Who solves: auto, highs, pulp, or pulp:SOLVER.")
    ] = "auto",
) -> None:
    """Plan one depot: who charges when, with how much power.

    Without -o the plan is written to standard output and the summary to standard error. Vehicles that
    cannot be full in time are named with the reason; that is still a plan (exit code 0). Exit code 2: the
    request is wrong, and the message names every place.
    """
    with reported(str(request)):
        document = _with_series(read_json(request), prices, base_load)
        response = _planned(document, on_invalid.value, engine)
        _write(document, response, output, chart, csv)


def _with_series(document: Any, prices: Path | None, base_load: Path | None) -> Any:
    if prices is None and base_load is None:
        return document
    from api.series_files import with_series

    return with_series(document, {"prices": prices, "baseLoadKw": base_load})


def _planned(document: Any, on_invalid: str, engine: str) -> dict[str, Any]:
    from api.clock import now_ms
    from api.requests import OnInvalid
    from api.service import make_plan

    return make_plan(document, clock=now_ms, on_invalid=OnInvalid(on_invalid), engine=engine)


def _write(
    document: dict[str, Any],
    response: dict[str, Any],
    output: Path | None,
    chart: Path | None,
    csv: Path | None,
) -> None:
    from api.service import json_text
    from api.summary import print_summary

    write_bytes(output or STDIO, json_text(response, indent=2))
    if csv is not None:
        from api.segments_table import segments_csv

        write_text(csv, segments_csv(response))
    if chart is not None:
        from api.chart import plan_chart_html

        write_text(chart, plan_chart_html(document, response))
    print_summary(document, response, to_stderr=output is None or output == STDIO)
