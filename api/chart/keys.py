"""The keys of the figures, as HTML: they wrap on a phone and a screen reader reads them."""

from api.chart.gantt import largest_power_kw
from api.chart.load_stack import stack_loads
from api.chart.markup import gradient, swatch
from api.chart.night import Night
from api.chart.palette import (
    BASE_LOAD,
    CHEAP,
    DEPARTURE_RAMP,
    POWER_RAMP,
    PRICE,
    SHORT_SIGN,
    UNSTEERED,
    WARNING,
)
from api.chart.words import number


def load_key(night: Night) -> str:
    """What the colours of the site load mean; names are too many for a legend."""
    charged = [stay for stay in night.stays if stay.charging]
    items = [
        swatch(f"background:{BASE_LOAD}", "base load"),
        swatch(f"background:{WARNING}", "site cap", "rule"),
    ]
    if charged:
        ends = [night.clock.day_time(stay.departure_ms) for stay in (charged[0], charged[-1])]
        items.append(
            swatch(gradient(DEPARTURE_RAMP), f"vehicles, by departure {ends[0]} to {ends[1]}", "wide")
        )
    if stack_loads(night).has_unsteered:
        items.append(swatch(f"background:{UNSTEERED}", "not ours to steer"))
    items.append(swatch(f"background:{PRICE}", "price"))
    if (night.slots.price_per_kwh < 0).any():
        items.append(swatch(f"background:{CHEAP}", "price below zero"))
    return f'<ul class="key">{"".join(items)}</ul>'


def gantt_key(night: Night) -> str:
    """What the colours and signs of the rows mean."""
    items = [
        '<li><i class="presence"></i>present</li>',
        swatch(
            gradient(POWER_RAMP), f"charging, thin 0 to thick {number(largest_power_kw(night))} kW", "wide"
        ),
        '<li><i class="margin"></i>kept free before departure</li>',
    ]
    if night.short:
        items.append(f'<li><b class="bad-text">{SHORT_SIGN}</b>leaves below its target</li>')
    return f'<ul class="key">{"".join(items)}</ul>'
