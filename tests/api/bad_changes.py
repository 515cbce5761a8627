"""Changes that must be refused: what is wrong, the change, and where in it the fault lies."""

from tests.builders import a_schedule, a_vehicle

SERIES = [
    {"from": "2026-01-19T20:00:00Z", "to": "2026-01-19T21:00:00Z", "powerCapKw": 40},
    {"from": "2026-01-19T21:00:00Z", "to": "2026-01-19T22:00:00Z", "powerCapKw": 60},
]
WINDOW = {"from": "2026-01-19T20:00:00Z", "to": "2026-01-19T22:00:00Z"}
_BACKWARDS = {"from": WINDOW["to"], "to": WINDOW["from"]}


def _repair(kind, schedule_id="s-1", **amounts):
    return {"kind": "repair", "scheduleId": schedule_id, "repair": {"kind": kind, **amounts}}


BAD_CHANGES = [
    ("no object", 7, ""),
    ("no kind", {"byMinutes": 5}, "/kind"),
    ("an unknown kind", {"kind": "sunshine"}, "/kind"),
    ("an unknown field", {"kind": "away", "evId": "bus-1", "why": "rain"}, "/why"),
    ("no cap", {"kind": "power-cap"}, "/powerCapKw"),
    ("a cap below 0", {"kind": "power-cap", "powerCapKw": -1}, "/powerCapKw"),
    ("a cap that is no number", {"kind": "power-cap", "powerCapKw": "much"}, "/powerCapKw"),
    ("an unknown group", {"kind": "power-cap", "powerCapKw": 1, "groupId": "moon"}, "/groupId"),
    (
        "a gap",
        {"kind": "power-cap", "powerCapKw": [SERIES[0], {**SERIES[1], "from": "2026-01-19T21:30:00Z"}]},
        "/powerCapKw/1/from",
    ),
    ("a series and a window", {"kind": "power-cap", "powerCapKw": SERIES, "window": WINDOW}, "/window"),
    (
        "a window that ends first",
        {"kind": "base-load", "baseLoadKw": 1, "window": {**WINDOW, "to": WINDOW["from"]}},
        "/window/to",
    ),
    (
        "a time without an offset",
        {"kind": "energy-price", "prices": 1, "window": {**WINDOW, "to": "2026-01-19T23:00:00"}},
        "/window/to",
    ),
    ("an infinite price", {"kind": "energy-price", "prices": float("inf")}, "/prices"),
    ("no demand charge", {"kind": "demand-charge"}, "/demandCharge"),
    (
        "a bad window of a demand charge",
        {
            "kind": "demand-charge",
            "demandCharge": {"pricePerKw": 1, "windows": [{**WINDOW, "to": WINDOW["from"]}]},
        },
        "/demandCharge/windows/0/to",
    ),
    ("an unknown strategy", {"kind": "other-strategy", "strategy": "luck"}, "/strategy"),
    ("nobody named", {"kind": "away"}, ""),
    ("two names", {"kind": "away", "evId": "bus-1", "scheduleId": "s-1"}, ""),
    ("an unknown schedule", {"kind": "away", "scheduleId": "s-9"}, "/scheduleId"),
    ("an unknown vehicle", {"kind": "away", "evId": "bus-9"}, "/evId"),
    ("late by nothing", {"kind": "late-arrival", "evId": "bus-1", "byMinutes": 0}, "/byMinutes"),
    ("too late", {"kind": "late-arrival", "evId": "bus-1", "byMinutes": 720}, "/byMinutes"),
    ("gone before it comes", {"kind": "other-departure", "evId": "bus-1", "byMinutes": -720}, "/byMinutes"),
    ("no SoC", {"kind": "other-soc", "evId": "bus-1"}, ""),
    ("a SoC over 100", {"kind": "other-soc", "evId": "bus-1", "startSoC": 101}, "/startSoC"),
    (
        "a known schedule once more",
        {"kind": "one-more", "schedule": a_schedule("s-1", "bus-1")},
        "/schedule/id",
    ),
    (
        "a known vehicle once more",
        {"kind": "one-more", "vehicle": a_vehicle("bus-1"), "schedule": a_schedule("s-4", "bus-1")},
        "/vehicle/id",
    ),
    (
        "the schedule of another",
        {"kind": "one-more", "vehicle": a_vehicle("bus-4"), "schedule": a_schedule("s-4", "b")},
        "/schedule/evId",
    ),
    (
        "a vehicle of which nothing is known",
        {"kind": "one-more", "schedule": a_schedule("s-4", "bus-4")},
        "/schedule/evId",
    ),
    (
        "a battery of no size",
        {
            "kind": "one-more",
            "vehicle": a_vehicle("bus-4", fullChargeEnergykWh=None),
            "schedule": a_schedule("s-4", "bus-4"),
        },
        "/vehicle/fullChargeEnergykWh",
    ),
    (
        "an unknown station",
        {
            "kind": "one-more",
            "vehicle": a_vehicle("bus-4"),
            "schedule": a_schedule("s-4", "bus-4", stationId="moon"),
        },
        "/schedule/stationId",
    ),
    (
        "a stay that is over",
        {
            "kind": "one-more",
            "vehicle": a_vehicle("bus-4"),
            "schedule": a_schedule(
                "s-4",
                "bus-4",
                plannedArrivalTime="2026-01-18T16:00:00Z",
                plannedDepartureTime="2026-01-18T18:00:00Z",
            ),
        },
        "/schedule",
    ),
    ("a vehicle in two places", {"kind": "one-more", "schedule": a_schedule("s-4", "bus-1")}, ""),
    ("a repair of nobody", _repair("lower-target", "s-9", toSoC=50), "/scheduleId"),
    ("an unknown repair", _repair("pray"), "/repair/kind"),
    ("a repair of no amount", _repair("delay-departure"), "/repair"),
    ("a repair of two amounts", _repair("lower-target", toSoC=50, byKw=1), "/repair"),
    ("a repair at no time", _repair("raise-site-cap", byKw=1), "/repair"),
    ("a repair of half a time", _repair("raise-site-cap", byKw=1, to=WINDOW["to"]), "/repair"),
    ("a repair that ends first", _repair("raise-site-cap", byKw=1, **_BACKWARDS), "/repair/to"),
    ("a repair of an unknown group", _repair("raise-group-cap:moon", byKw=1, **WINDOW), "/repair/kind"),
    ("a repair of no group", _repair("raise-group-cap", byKw=1, **WINDOW), "/repair/kind"),
    ("a repair that raises the least power", _repair("lower-min-power", toKw=6), "/repair/toKw"),
    ("no draws", {"kind": "random-lateness", "draws": 0}, "/draws"),
    ("too many draws", {"kind": "random-lateness", "draws": 10_001}, "/draws"),
    ("a share over 1", {"kind": "random-lateness", "draws": 1, "shareLate": 1.5}, "/shareLate"),
    ("nothing together", {"kind": "together", "changes": []}, "/changes"),
    (
        "draws together",
        {"kind": "together", "changes": [{"kind": "random-lateness", "draws": 2}]},
        "/changes/0/kind",
    ),
    (
        "a bad one together",
        {"kind": "together", "changes": [{"kind": "away", "evId": "bus-9"}]},
        "/changes/0/evId",
    ),
    (
        "late and gone",
        {
            "kind": "together",
            "changes": [
                {"kind": "late-arrival", "evId": "bus-1", "byMinutes": 600},
                {"kind": "other-departure", "evId": "bus-1", "byMinutes": -600},
            ],
        },
        "",
    ),
    (
        "one id twice",
        {
            "kind": "together",
            "changes": 2
            * [{"kind": "one-more", "vehicle": a_vehicle("bus-4"), "schedule": a_schedule("s-4", "bus-4")}],
        },
        "",
    ),
]
