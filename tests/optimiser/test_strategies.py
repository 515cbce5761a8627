"""What each strategy asks for, in order."""

import pytest

from optimiser.domain import DemandCharge, Strategy, Window
from optimiser.strategies import objectives
from tests.optimiser.builders import a_problem, a_site, at


@pytest.mark.parametrize(
    ("strategy", "names"),
    [
        (Strategy.COST, ["cost"]),
        (Strategy.PEAK_SUPPRESSION, ["peak-supression", "cost"]),
        (Strategy.ASAP, ["asap"]),
        (Strategy.CARBON, ["carbon", "cost"]),
    ],
)
def test_each_strategy_has_its_stages(strategy: Strategy, names: list[str]) -> None:
    """Its own first, cost after peak and carbon."""
    assert [stage.name for stage in objectives(a_problem(), strategy)] == names


@pytest.mark.parametrize(
    ("charge", "counts"),
    [
        (None, False),
        (DemandCharge(0.0), False),
        (DemandCharge(2.0), True),
        (DemandCharge(2.0, windows=(Window(at(50), at(51)),)), False),  # after the planned time
    ],
)
def test_the_peak_has_a_price_only_where_it_can_cost(charge: DemandCharge | None, counts: bool) -> None:
    """Without a price or a counted piece the cost is linear."""
    (cost,) = objectives(a_problem(site=a_site(demand_charge=charge)), Strategy.COST)
    assert (cost.peak is not None) is counts


def test_asap_counts_hours_until_the_middle() -> None:
    """Four hours of one hour each."""
    assert objectives(a_problem(), Strategy.ASAP)[0].cost_per_kwh.tolist() == [0.5, 1.5, 2.5, 3.5]
