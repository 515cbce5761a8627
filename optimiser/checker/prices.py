"""The certificate as it was published: pieces of time and a price for every shared limit in each."""

from dataclasses import dataclass, field

import numpy as np

from optimiser.checker.breach import Breach, Breaches
from optimiser.checker.facts import Facts
from optimiser.checker.loads import SITE, Limits
from optimiser.series import Floats, Instants
from optimiser.units import MS_PER_MINUTE

_RULE = "4 proof"
_NOISE = 1e-9


class CertificateError(Exception):
    """The certificate cannot be read; the message says where."""


@dataclass(frozen=True, eq=False, slots=True)
class Prices:
    """Prices of one stage [per DC kWh] in each piece: of the limits that have any, and of the peak.

    `of_curves` has rows of session, line, piece and price per kW, shape (n, 4).
    """

    of_limit: dict[int, Floats]
    peak: Floats
    of_curves: Floats = field(default_factory=lambda: np.zeros((0, 4)))


def read_pieces(facts: Facts) -> Instants:
    """Edges of the certificate's pieces; without any, those that the request itself makes.

    Raises `CertificateError` where they do not rise, do not cover the planned time, or leave out an
    instant at which a cap, a load, a price or a demand window changes.
    """
    needed = _needed_edges(facts)
    published = facts.plan.report.certificate.get("piecesMs")
    if published is None:
        return needed
    edges = _numbers("piecesMs", published).astype(np.int64)
    if edges.size < 2 or (np.diff(edges) <= 0).any():
        raise CertificateError("piecesMs: must rise")
    left_out = np.setdiff1d(needed, edges)
    if left_out.size or edges[0] != needed[0] or edges[-1] != needed[-1]:
        raise CertificateError(f"piecesMs: {left_out.size} edges left out, or another span than the plan's")
    return edges


def _needed_edges(facts: Facts) -> Instants:
    site, start, end = facts.request.site, facts.request.now_ms, facts.end_ms
    series = [site.power_cap_kw, site.base_load_kw, facts.price]
    series += [group.power_cap_kw for group in site.groups]
    series += [facts.carbon] if facts.carbon else []
    windows = site.demand_charge.windows if site.demand_charge else ()
    of_windows = [edge for w in windows for edge in (w.start_ms, w.end_ms) if start < edge < end]
    slot_ms = facts.request.slot_minutes * MS_PER_MINUTE
    clock = np.arange((start // slot_ms + 1) * slot_ms, end, slot_ms)
    marks = [step.edges_between(start, end) for step in series]
    return np.unique(np.concatenate([[start, end], clock, of_windows, *marks])).astype(np.int64)


def read_prices(facts: Facts, limits: Limits, stage: str, pieces: int) -> Prices:
    """Prices of one stage, zero where none are published; `CertificateError` where they are no prices."""
    published = _table(facts.plan.report.certificate.get("stages", {}), "stages")
    stage_prices = _table(published.get(stage, {}), stage)
    unknown = set(stage_prices) - {"siteCap", "peak", "groups", "stations", "curves"}
    if unknown:
        raise CertificateError(f"{stage}: no limit is called {', '.join(sorted(unknown))}")
    of_limit = {SITE: stage_prices["siteCap"]} if "siteCap" in stage_prices else {}
    of_limit |= _by_id(stage_prices, "groups", {g.group_id: 1 + i for i, g in enumerate(limits.groups)})
    first = 1 + len(limits.groups)
    stations = {s.station_id: first + i for i, s in enumerate(limits.stations)}
    of_limit |= _by_id(stage_prices, "stations", stations)
    read = {limit: _price(f"{stage}, {limits.name(limit)}", p, pieces) for limit, p in of_limit.items()}
    peak = _price(f"{stage}, peak", stage_prices.get("peak", np.zeros(pieces)), pieces)
    of_curves = _curve_prices(facts, stage_prices.get("curves", {}), pieces)
    return Prices({limit: price for limit, price in read.items() if price.any()}, peak, of_curves)


def _curve_prices(facts: Facts, published: object, pieces: int) -> Floats:
    """Session, line, piece and price of every row; `CertificateError` where one is no such thing."""
    number = {session.schedule_id: i for i, session in enumerate(facts.plan.sessions)}
    rows: list[tuple[float, ...]] = []
    for name, entries in _table(published, "curves").items():
        if name not in number or not isinstance(entries, list):
            raise CertificateError(f"curves: no curve of {name}")
        for entry in entries:
            line, piece, price = (
                _numbers(f"curves, {name}", entry).tolist()[:3] if len(entry) == 3 else (-1, 0, 0)
            )
            if line < 0 or not 0 <= piece < pieces or price < -_NOISE:
                raise CertificateError(f"curves, {name}: must be line, piece, price")
            rows.append((number[name], line, piece, max(price, 0.0)))
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _table(value: object, place: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise CertificateError(f"{place}: must be an object")
    return value


def _by_id(prices: dict[str, object], kind: str, numbers: dict[str, int]) -> dict[int, object]:
    published = _table(prices.get(kind, {}), kind)
    unknown = set(published) - set(numbers)
    if unknown:
        raise CertificateError(f"{kind}: no limit of {', '.join(sorted(unknown))}")
    return {numbers[name]: price for name, price in published.items()}


def _price(place: str, value: object, pieces: int) -> Floats:
    price = _numbers(place, value)
    if price.shape != (pieces,) or price.min(initial=0.0) < -_NOISE:
        raise CertificateError(f"{place}: must be {pieces} prices, none below 0")
    return np.maximum(price, 0.0)


def _numbers(place: str, value: object) -> Floats:
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise CertificateError(f"{place}: must be a list of numbers") from None
    if not np.isfinite(numbers).all() or numbers.ndim != 1:
        raise CertificateError(f"{place}: must be a list of finite numbers")
    return numbers


def unreadable(error: CertificateError) -> Breaches:
    """The breach of a certificate that cannot be read."""
    return [Breach(_RULE, "certificate", str(error))]
