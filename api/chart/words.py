"""Reasons, repairs and figures in words that need no manual."""

from collections.abc import Mapping
from typing import Any

from api.chart.clock import SiteClock
from api.chart.night import instant_ms

_STRATEGIES = {
    "cost": "least cost",
    "peak-supression": "lowest peak",
    "asap": "as soon as possible",
    "carbon": "least carbon",
}
_REASONS = {
    "window": "The stay is too short, even at full power",
    "site-cap": "The site\u2019s power cap is used up",
    "connector": "Its connector or station gives too little power",
    "min-power": "Its least charging power finds no room",
    "no-pause": "It cannot pause, and there is no unbroken room for it",
    "frozen": "Its plan is frozen",
}
_REPAIRS = {
    "raise-site-cap": "Raise the site\u2019s cap by {byKw} kW",
    "raise-group-cap": "Raise the cap of its group by {byKw} kW",
    "delay-departure": "Leave {byMinutes} min later",
    "lower-target": "Accept {toSoC} %",
    "raise-connector": "Give its connector and station {byKw} kW more",
    "lower-min-power": "Let it charge at as little as {toKw} kW",
    "allow-pausing": "Let it pause while charging",
    "unfreeze": "Release its frozen plan",
}
_THIN_SPACE = "\u202f"
_DASH = "\u2013"
_JOINER = "\u2060"  # no line ends in the middle of 04:15-05:05


def number(value: float, decimals: int = 0) -> str:
    """A figure with its thousands set apart, and a true minus sign."""
    rounded = round(value, decimals) + 0.0
    return f"{rounded:,.{decimals}f}".replace(",", _THIN_SPACE).replace("-", "\u2212")


def percent(soc: float | None) -> str:
    """An SoC in percent; a dash where nobody knows it."""
    return "\u2013" if soc is None else f"{number(soc, 1)}{_THIN_SPACE}%"


def strategy_words(strategy: str) -> str:
    """What the plan aims at, after everybody's energy."""
    return _STRATEGIES.get(strategy, strategy)


def reason_words(reason: Mapping[str, Any], clock: SiteClock) -> str:
    """Why energy is missing, and when."""
    kind, _, name = str(reason["code"]).partition(":")
    if kind == "group-cap":
        words = f"The power cap of group {name} is used up"
    else:
        words = _REASONS.get(kind, str(reason["code"]))
    return _with_span(words, reason, clock)


def repair_words(repair: Mapping[str, Any], clock: SiteClock) -> str:
    """A change that alone would make everything right again for this vehicle."""
    kind, _, name = str(repair["kind"]).partition(":")
    amounts = {key: value for key, value in repair.items() if key not in ("kind", "from", "to")}
    shown = {key: _amount(value) for key, value in amounts.items()}
    pattern = _REPAIRS.get(kind)
    words = pattern.format_map(_Shown(shown)) if pattern else _spelled_out(kind, shown)
    return _with_span(f"{words} ({name})" if name else words, repair, clock)


class _Shown(dict[str, str]):
    """Amounts by name; one that is missing is shown as unknown rather than hiding the repair."""

    def __missing__(self, key: str) -> str:
        return "?"


def _spelled_out(kind: str, shown: Mapping[str, str]) -> str:
    amounts = ", ".join(f"{key} {value}" for key, value in shown.items())
    return f"{kind.replace('-', ' ')}: {amounts}" if amounts else kind.replace("-", " ")


def _amount(value: object) -> str:
    if isinstance(value, int | float):
        return number(value, 0 if value == round(value) else 1)
    return str(value)


def _with_span(words: str, timed: Mapping[str, Any], clock: SiteClock) -> str:
    if timed.get("from") is None or timed.get("to") is None:
        return words
    span = clock.span(instant_ms(timed["from"]), instant_ms(timed["to"]))
    return f"{words}, {span.replace(_DASH, _JOINER + _DASH + _JOINER)}"
