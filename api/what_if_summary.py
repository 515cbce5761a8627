"""A what-if answer for people: the base, every change beside it, and who is at risk of leaving short."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]

_NOT_A_TERMINAL_WIDTH = 110
_MOST_NAMES = 3
_FIGURES = (("cost", 2), ("energyKwh", 1), ("peakKw", 1), ("missingKwh", 1))


def print_answer(answer: Json, *, to_stderr: bool) -> None:
    """The whole answer."""
    console = Console(stderr=to_stderr, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=to_stderr, highlight=False, width=_NOT_A_TERMINAL_WIDTH)
    console.print(changes_table(answer))
    for change in answer["changes"]:
        if change["kind"] == "random-lateness":
            console.print(draws_table(change, answer["currency"]))
            for line in _risks(change):
                console.print(line, soft_wrap=True)
    for line in _warnings(answer):
        console.print(line, soft_wrap=True)


def changes_table(answer: Json) -> Table:
    """One row for the base and for every change that is not random, differences in signs."""
    table = Table(title=f"What if ({answer['engine']})", title_justify="left")
    table.add_column("change", overflow="fold")
    for heading in (f"cost {answer['currency']}", "energy kWh", "peak kW", "missing kWh"):
        table.add_column(heading, justify="right")
    table.add_column("short", overflow="fold")
    table.add_row("as it came", *_amounts(answer["base"]["figures"]), _short(answer["base"]["figures"]))
    for change in answer["changes"]:
        if change["kind"] != "random-lateness":
            amounts = _with_differences(change["figures"], change["difference"])
            table.add_row(Text(change["name"]), *amounts, _short(change["figures"]))
    return table


def draws_table(change: Json, currency: str) -> Table:
    """How cost, peak and missing energy spread over random draws."""
    title = f"{change['name']}: {change['draws']} draws, seed {change['seed']}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    names = ("mean", "least", "p5", "p25", "p50", "p75", "p95", "most")
    for name in names:
        table.add_column(name, justify="right")
    headings = (f"cost {currency}", "energy kWh", "peak kW", "missing kWh")
    for heading, (figure, decimals) in zip(headings, _FIGURES, strict=True):
        table.add_row(heading, *(f"{change[figure][name]:.{decimals}f}" for name in names))
    return table


def _amounts(figures: Json) -> Iterator[str]:
    return (f"{figures[name]:.{decimals}f}" for name, decimals in _FIGURES)


def _with_differences(figures: Json, difference: Json) -> Iterator[str]:
    for name, decimals in _FIGURES:
        change = round(difference[name], decimals)
        yield f"{figures[name]:.{decimals}f}" + (f" ({change:+.{decimals}f})" if change else "")


def _short(figures: Json) -> Text:
    """The first of those who are short, and how many more."""
    names = [stay["evId"] for stay in figures["short"]]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return Text(", ".join(names[:_MOST_NAMES]) + more, "bold red") if names else Text("-")


def _risks(change: Json) -> Iterator[Text]:
    """Vehicles that were ever short, those most at risk first."""
    draws = change["draws"]
    at_risk = [vehicle for vehicle in change["vehicles"] if vehicle["shortDraws"]]
    yield Text(f"Anybody short in {change['shortDraws']} of {draws} draws ({change['probabilityShort']:.1%})")
    for vehicle in sorted(at_risk, key=lambda each: -each["shortDraws"]):
        often = f"short in {vehicle['shortDraws']} of {draws} ({vehicle['probabilityShort']:.1%})"
        missing = f"{vehicle['expectedMissingKwh']:.2f} kWh missing on average"
        worst = f"{vehicle['mostMissingKwh']:.1f} at worst"
        yield Text(f"  {vehicle['evId']} ({vehicle['scheduleId']}): {often}, {missing}, {worst}", "yellow")


def _warnings(answer: Json) -> Iterator[Text]:
    for entry in (answer["base"], *answer["changes"]):
        for warning in entry.get("warnings", ()):
            about = f"{entry['name']}: " if "name" in entry else ""
            yield Text(f"Warning  {about}{warning['message']}", "yellow")
