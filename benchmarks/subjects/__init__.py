"""The subjects of the suite, by name."""

from benchmarks.subject import Subject
from benchmarks.subjects import (
    demand_charge,
    flat_tariff,
    group_tree,
    least_power,
    lowest_peak,
    mixed_trucks,
    negative_prices,
    no_pause,
    over_subscribed,
    overnight_buses,
    ragged_arrivals,
    recurring_week,
    replan,
    tight_cap,
    two_visits,
    whole_depot,
)

_MODULES = (
    overnight_buses,
    mixed_trucks,
    tight_cap,
    over_subscribed,
    ragged_arrivals,
    flat_tariff,
    negative_prices,
    two_visits,
    demand_charge,
    lowest_peak,
    group_tree,
    least_power,
    no_pause,
    whole_depot,
    recurring_week,
    replan,
)

SUBJECTS: dict[str, Subject] = {module.SUBJECT.name: module.SUBJECT for module in _MODULES}
