"""What-if answers as plain dicts: figures, differences from the base, and spreads over draws."""

from collections.abc import Iterable, Mapping

from adapters.chargeye.plan_payload import DECIMALS, Json
from api.what_if_reading import ReadChange, ReadDraws
from optimiser.domain import ChargingSession, Notice
from optimiser.draws import QUANTILES, DrawSummary, Spread, StayRisk
from optimiser.key_figures import KeyFigures, ShortStay
from optimiser.units import PERCENT

_NEVER = StayRisk("", 0, 0.0, 0.0)


def base_answer(figures: KeyFigures, extras: Json) -> Json:
    """The request as it came."""
    return {"figures": _figures(figures), "warnings": _warnings(figures.notices), **extras}


def changed_answer(change: ReadChange, figures: KeyFigures, base: KeyFigures, extras: Json) -> Json:
    """One change: its figures, how they differ from the base's, and warnings that the base does not have."""
    new = [notice for notice in figures.notices if notice not in base.notices]
    return {
        "name": change.name,
        "kind": change.kind,
        "figures": _figures(figures),
        "difference": _difference(figures, base),
        "warnings": _warnings(new),
        **extras,
    }


def draws_answer(draws: ReadDraws, summary: DrawSummary, sessions: Iterable[ChargingSession]) -> Json:
    """Random draws: spreads over all of them, and every planned stay's risk in the sessions' order."""
    lateness = draws.lateness
    return {
        "name": draws.name,
        "kind": draws.kind,
        "draws": summary.draws,
        "seed": lateness.seed,
        "shareLate": lateness.share,
        "meanMinutes": lateness.mean_minutes,
        "maxMinutes": lateness.most_minutes,
        "cost": _spread(summary.cost),
        "energyKwh": _spread(summary.energy_kwh),
        "peakKw": _spread(summary.peak_kw),
        "missingKwh": _spread(summary.missing_kwh),
        "shortDraws": summary.short_draws,
        "probabilityShort": summary.short_draws / summary.draws,
        "vehicles": [
            _risk(session, summary.stays.get(session.schedule_id, _NEVER), summary.draws)
            for session in sessions
            if session.vehicle.controllable
        ],
        "gap": summary.gap,
    }


def _figures(figures: KeyFigures) -> Json:
    return {
        **_amounts(figures),
        "short": [_short(stay) for stay in figures.short],
        "status": figures.status.value,
        "gap": figures.gap,
        "churn": figures.churn,
    }


def _amounts(figures: KeyFigures) -> dict[str, float | None]:
    totals = figures.totals
    return {
        "cost": _number(figures.cost),
        "energyCost": _number(totals.energy_cost),
        "demandCost": _number(totals.demand_cost),
        "energyKwh": _number(totals.energy_kwh),
        "peakKw": _number(totals.peak_kw),
        "carbonKg": None if totals.carbon_kg is None else _number(totals.carbon_kg),
        "missingKwh": _number(figures.missing_kwh),
    }


def _difference(figures: KeyFigures, base: KeyFigures) -> Json:
    now_short, once_short = _short_ids(figures), _short_ids(base)
    return {
        **_less(_amounts(figures), _amounts(base)),
        "newlyShort": [name for name in now_short if name not in once_short],
        "noLongerShort": [name for name in once_short if name not in now_short],
    }


def _less(amounts: Mapping[str, float | None], others: Mapping[str, float | None]) -> dict[str, float | None]:
    pairs = ((name, amount, others[name]) for name, amount in amounts.items())
    return {name: None if a is None or b is None else _number(a - b) for name, a, b in pairs}


def _short_ids(figures: KeyFigures) -> dict[str, None]:
    return dict.fromkeys(stay.schedule_id for stay in figures.short)


def _short(stay: ShortStay) -> Json:
    return {
        "scheduleId": stay.schedule_id,
        "evId": stay.vehicle_id,
        "shortfallKwh": _number(stay.shortfall_kwh),
        "plannedSoC": _number(stay.planned_soc * PERCENT),
        "targetSoC": _number(stay.target_soc * PERCENT),
    }


def _risk(session: ChargingSession, risk: StayRisk, draws: int) -> Json:
    return {
        "scheduleId": session.schedule_id,
        "evId": session.vehicle.vehicle_id,
        "shortDraws": risk.short_draws,
        "probabilityShort": risk.short_draws / draws,
        "expectedMissingKwh": _number(risk.expected_kwh),
        "mostMissingKwh": _number(risk.most_kwh),
    }


def _spread(spread: Spread) -> dict[str, float]:
    names = [f"p{round(quantile * PERCENT)}" for quantile in QUANTILES]
    quantiles = {name: _number(value) for name, value in zip(names, spread.quantiles, strict=True)}
    return {
        "mean": _number(spread.mean),
        "least": _number(spread.least),
        **quantiles,
        "most": _number(spread.most),
    }


def _warnings(notices: Iterable[Notice]) -> list[Json]:
    return [
        {"code": notice.code, "message": notice.message}
        | ({} if notice.schedule_id is None else {"scheduleId": notice.schedule_id})
        for notice in notices
    ]


def _number(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0
