"""Requests that are wrong in one way each, and where: for the reader, the HTTP service and the CLI alike."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.builders import a_request, a_schedule

Request = dict[str, Any]


class BadInput(NamedTuple):
    """`spoil` breaks a good request in place; the answer must name `pointer`."""

    name: str
    spoil: Callable[[Request], object]
    pointer: str

    def request(self) -> Request:
        """The broken request."""
        request = a_request()
        self.spoil(request)
        return request


def put(*path_and_value: Any) -> Callable[[Request], None]:
    """Set the last argument at the path of the others."""
    *path, key, value = path_and_value

    def spoil(request: Request) -> None:
        here: Any = request
        for part in path:
            here = here[part]
        here[key] = value

    return spoil


def drop(*path_and_key: Any) -> Callable[[Request], None]:
    """Remove what is at the path."""
    *path, key = path_and_key

    def spoil(request: Request) -> None:
        here: Any = request
        for part in path:
            here = here[part]
        del here[key]

    return spoil


def _step(start: str, end: str, **value: float) -> dict[str, Any]:
    return {"from": f"2026-01-{start}:00Z", "to": f"2026-01-{end}:00Z"} | value


def _caps(*spans: tuple[str, str]) -> list[dict[str, Any]]:
    return [_step(start, end, powerCapKw=100.0) for start, end in spans]


def _plan(**parts: Any) -> dict[str, Any]:
    return {"schedule": parts}


def _frozen(*segments: tuple[Any, Any, Any]) -> dict[str, Any]:
    plan = {"segments": [{"from": start, "to": end, "powerkW": power} for start, end, power in segments]}
    return a_schedule("s-9", "bus-3", plan=plan, planMeta={"frozen": True})


NAN, INFINITY = float("nan"), float("inf")
SITE, SCHEDULE, VEHICLE = "site", ("schedules", 1), ("vehicles", 2)

OWN_OBJECTS = (
    BadInput("unknown field in the request", put("horizon", 3), "/horizon"),
    BadInput("unknown field in the site", put(SITE, "powerCap", 3), "/site/powerCap"),
    BadInput("unknown field in the settings", put("settings", "minimumSoc", 3), "/settings/minimumSoc"),
    BadInput("no site", drop(SITE), "/site"),
    BadInput("site is a list", put(SITE, []), "/site"),
    BadInput("schedules are an object", put("schedules", {}), "/schedules"),
    BadInput("now without offset", put("now", "2026-01-19T17:00:00"), "/now"),
    BadInput("now as a number", put("now", 1768834800), "/now"),
    BadInput("now as digits", put("now", "1768834800"), "/now"),
    BadInput("slot of 7 minutes", put("slotMinutes", 7), "/slotMinutes"),
    BadInput("slot is true", put("slotMinutes", True), "/slotMinutes"),
    BadInput("no horizon", put("horizonHours", 0), "/horizonHours"),
    BadInput("horizon beyond the largest", put("horizonHours", 1101), "/horizonHours"),
    BadInput("unknown strategy", put("strategy", "cheapest"), "/strategy"),
    BadInput(
        "margin below 0", put("settings", "departureMarginMinutes", -1), "/settings/departureMarginMinutes"
    ),
    BadInput("minimum SoC above 100", put("settings", "minimumSoC", 101), "/settings/minimumSoC"),
    BadInput("assumed SoC as text", put("settings", "assumedStartSoC", "20"), "/settings/assumedStartSoC"),
    BadInput("a run of less than nothing", put("settings", "minRunMinutes", -5), "/settings/minRunMinutes"),
    BadInput("fewer pauses than none", put("settings", "maxPauses", -1), "/settings/maxPauses"),
    BadInput("half a pause", put("settings", "maxPauses", 1.5), "/settings/maxPauses"),
    BadInput("unknown policy", put("settings", "shortfallPolicy", "lottery"), "/settings/shortfallPolicy"),
    BadInput(
        "settings contradict each other",
        put("settings", {"evMinPowerkW": 60, "evMaxPowerkW": 50}),
        "/settings/evMinPowerkW",
    ),
    BadInput(
        "unknown field in a power rule",
        put("settings", "powerRules", [{"kw": 1}]),
        "/settings/powerRules/0/kw",
    ),
)

SITES = (
    BadInput("unknown zone", put(SITE, "timeZone", "Europe/Helsingfors"), "/site/timeZone"),
    BadInput("zone that is a folder", put(SITE, "timeZone", "Europe"), "/site/timeZone"),
    BadInput("currency in words", put(SITE, "currency", "euro"), "/site/currency"),
    BadInput("no cap", drop(SITE, "powerCapKw"), "/site/powerCapKw"),
    BadInput("cap below 0", put(SITE, "powerCapKw", -1), "/site/powerCapKw"),
    BadInput("cap is true", put(SITE, "powerCapKw", True), "/site/powerCapKw"),
    BadInput("cap is NaN", put(SITE, "powerCapKw", NAN), "/site/powerCapKw"),
    BadInput("empty list of caps", put(SITE, "powerCapKw", []), "/site/powerCapKw"),
    BadInput(
        "negative cap in a list",
        put(SITE, "powerCapKw", [_step("19T12:00", "20T12:00", powerCapKw=-5)]),
        "/site/powerCapKw/0/powerCapKw",
    ),
    BadInput(
        "caps begin after now",
        put(SITE, "powerCapKw", _caps(("19T15:01", "20T12:00"))),
        "/site/powerCapKw/0/from",
    ),
    BadInput(
        "gap between caps",
        put(SITE, "powerCapKw", _caps(("19T12:00", "19T18:00"), ("19T18:01", "20T12:00"))),
        "/site/powerCapKw/1/from",
    ),
    BadInput(
        "caps overlap",
        put(SITE, "powerCapKw", _caps(("19T12:00", "19T18:00"), ("19T17:59", "20T12:00"))),
        "/site/powerCapKw/1/from",
    ),
    BadInput(
        "cap ends before it begins",
        put(SITE, "powerCapKw", _caps(("19T12:00", "19T11:00"))),
        "/site/powerCapKw/0/to",
    ),
    BadInput(
        "cap under another series' name",
        put(SITE, "powerCapKw", [_step("19T12:00", "20T12:00", baseLoadKw=5)]),
        "/site/powerCapKw/0/powerCapKw",
    ),
    BadInput("base load below 0", put(SITE, "baseLoadKw", -0.1), "/site/baseLoadKw"),
    BadInput(
        "base load begins after now",
        put(SITE, "baseLoadKw", [_step("19T16:00", "20T12:00", baseLoadKw=5)]),
        "/site/baseLoadKw/0/from",
    ),
    BadInput("ratio of 0", put(SITE, "acDcPowerRatio", 0), "/site/acDcPowerRatio"),
    BadInput("prices as one number", put(SITE, "prices", 0.1), "/site/prices"),
    BadInput("prices begin after now", drop(SITE, "prices", 0), "/site/prices/0/from"),
    BadInput("gap between prices", drop(SITE, "prices", 5), "/site/prices/5/from"),
    BadInput(
        "price is infinite", put(SITE, "prices", 3, "pricePerKwh", INFINITY), "/site/prices/3/pricePerKwh"
    ),
    BadInput(
        "price time without offset", put(SITE, "prices", 3, "to", "2026-01-19T18:00"), "/site/prices/3/to"
    ),
    BadInput(
        "carbon begins after now",
        put(SITE, "carbonIntensity", [_step("19T16:00", "20T12:00", carbonIntensity=50)]),
        "/site/carbonIntensity/0/from",
    ),
    BadInput("demand charge without price", put(SITE, "demandCharge", {}), "/site/demandCharge/pricePerKw"),
    BadInput(
        "demand window ends before it begins",
        put(SITE, "demandCharge", {"pricePerKw": 1, "windows": [_step("19T16:00", "19T15:00")]}),
        "/site/demandCharge/windows/0/to",
    ),
    BadInput("two groups with one id", put(SITE, "groups", 1, "id", "feeder"), "/site/groups/1/id"),
    BadInput("unknown parent", put(SITE, "groups", 1, "parentId", "roof"), "/site/groups/1/parentId"),
    BadInput("groups in a circle", put(SITE, "groups", 0, "parentId", "row"), "/site/groups/0/parentId"),
    BadInput(
        "group of an unknown station",
        put(SITE, "groups", 0, "stationIds", ["C"]),
        "/site/groups/0/stationIds/0",
    ),
    BadInput(
        "station on two groups",
        put(SITE, "groups", 1, "stationIds", ["A", "B"]),
        "/site/groups/1/stationIds/1",
    ),
    BadInput("group cap below 0", put(SITE, "groups", 0, "powerCapKw", -1), "/site/groups/0/powerCapKw"),
    BadInput(
        "two stations with one id", put(SITE, "stations", 1, "stationId", "A"), "/site/stations/1/stationId"
    ),
    BadInput(
        "station without power", put(SITE, "stations", 0, "maxPowerKw", 0), "/site/stations/0/maxPowerKw"
    ),
    BadInput(
        "two connectors with one id",
        put(SITE, "stations", 1, "connectors", 2 * [{"connectorId": "1", "maxPowerKw": 9}]),
        "/site/stations/1/connectors/1/connectorId",
    ),
)

ENTRIES = (
    BadInput("schedule is a number", put(*SCHEDULE, 5), "/schedules/1"),
    BadInput("schedule without id", drop(*SCHEDULE, "id"), "/schedules/1/id"),
    BadInput("schedule without vehicle", drop(*SCHEDULE, "evId"), "/schedules/1/evId"),
    BadInput("two schedules with one id", put(*SCHEDULE, "id", "s-1"), "/schedules/1/id"),
    BadInput(
        "a recurring schedule with the id of a dated one",
        put("recurringSchedules", [a_schedule("s-1", "bus-1", recurrenceRule="FREQ=DAILY")]),
        "/recurringSchedules/0/id",
    ),
    BadInput(
        "recurring without a rule",
        put("recurringSchedules", [a_schedule("r-1", "bus-1")]),
        "/recurringSchedules/0/recurrenceRule",
    ),
    BadInput(
        "recurring with an empty rule",
        put("recurringSchedules", [a_schedule("r-1", "bus-1", recurrenceRule=" ")]),
        "/recurringSchedules/0/recurrenceRule",
    ),
    BadInput(
        "arrival without offset",
        put(*SCHEDULE, "plannedArrivalTime", "2026-01-19T18:00:00"),
        "/schedules/1/plannedArrivalTime",
    ),
    BadInput(
        "arrival in epoch milliseconds",
        put(*SCHEDULE, "plannedArrivalTime", 1768838400000),
        "/schedules/1/plannedArrivalTime",
    ),
    BadInput(
        "arrival on no calendar",
        put(*SCHEDULE, "plannedArrivalTime", "2026-02-30T18:00:00Z"),
        "/schedules/1/plannedArrivalTime",
    ),
    BadInput(
        "departure at arrival",
        put(*SCHEDULE, "plannedDepartureTime", "2026-01-19T16:00:00Z"),
        "/schedules/1/plannedDepartureTime",
    ),
    BadInput(
        "departure in a far age",
        put(*SCHEDULE, "plannedDepartureTime", "9999-12-31T23:59:59Z"),
        "/schedules/1/plannedDepartureTime",
    ),
    BadInput("start SoC above 100", put(*SCHEDULE, "startSoC", 100.1), "/schedules/1/startSoC"),
    BadInput("target SoC below 0", put(*SCHEDULE, "targetSoC", -1), "/schedules/1/targetSoC"),
    BadInput("target SoC is NaN", put(*SCHEDULE, "targetSoC", NAN), "/schedules/1/targetSoC"),
    BadInput("current SoC as text", put(*SCHEDULE, "currentSoC", "44"), "/schedules/1/currentSoC"),
    BadInput("NaN in a field that nobody knows", put(*SCHEDULE, "extra", [{"a": NAN}]), "/schedules/1/extra"),
    BadInput("unknown vehicle", put(*SCHEDULE, "evId", "tram-1"), "/schedules/1/evId"),
    BadInput(
        "unknown vehicle, known only from our own plan",
        put(
            *SCHEDULE,
            a_schedule(
                "s-2",
                "tram-1",
                plan=_plan(ev={"batterySizekWh": 200, "maxPowerkW": 50}),
                planMeta={"strategyVersion": "depot-charging-planner/0.1.0"},
            ),
        ),
        "/schedules/1/evId",
    ),
    BadInput(
        "embedded vehicle without power",
        put(*SCHEDULE, a_schedule("s-2", "tram-1", plan=_plan(ev={"batterySizekWh": 200, "maxPowerkW": 0}))),
        "/schedules/1/plan/schedule/ev/maxPowerkW",
    ),
    BadInput("unknown station", put(*SCHEDULE, "stationId", "C"), "/schedules/1/stationId"),
    BadInput("unknown connector", put("schedules", 0, "connectorId", "2"), "/schedules/0/connectorId"),
    BadInput(
        "connector without station", put("schedules", 2, "connectorId", "1"), "/schedules/2/connectorId"
    ),
    BadInput(
        "charging began at a time without offset",
        put(*SCHEDULE, "plan", _plan(tx={"chargingStartTime": "2026-01-19T18:00:00"})),
        "/schedules/1/plan/schedule/tx/chargingStartTime",
    ),
    BadInput(
        "last past segment ends above 100",
        put(*SCHEDULE, "plan", {"pastSegments": [{"from": 0, "to": 1, "endSoc": 120}]}),
        "/schedules/1/plan/pastSegments/0/endSoc",
    ),
    BadInput(
        "frozen segments overlap",
        put("schedules", 2, _frozen((0, 9, 5), (8, 12, 5))),
        "/schedules/2/plan/segments/1/from",
    ),
    BadInput(
        "frozen segment without power",
        put("schedules", 2, _frozen((0, 9, None))),
        "/schedules/2/plan/segments/0",
    ),
    BadInput(
        "frozen segment discharges",
        put("schedules", 2, _frozen((0, 9, -4))),
        "/schedules/2/plan/segments/0/powerkW",
    ),
    BadInput(
        "frozen segment ends before it begins",
        put("schedules", 2, _frozen((9, 3, 4))),
        "/schedules/2/plan/segments/0/to",
    ),
    BadInput(
        "segment time beyond the calendar",
        put("schedules", 2, _frozen((0, 1e300, 4))),
        "/schedules/2/plan/segments/0/to",
    ),
    BadInput("vehicle is null", put(*VEHICLE, None), "/vehicles/2"),
    BadInput("two vehicles with one id", put(*VEHICLE, "id", "bus-1"), "/vehicles/2/id"),
    BadInput("battery of 0", put(*VEHICLE, "fullChargeEnergykWh", 0), "/vehicles/2/fullChargeEnergykWh"),
    BadInput("no battery", drop(*VEHICLE, "fullChargeEnergykWh"), "/vehicles/2/fullChargeEnergykWh"),
    BadInput("largest power of 0", put(*VEHICLE, "maxChargePowerkW", 0), "/vehicles/2/maxChargePowerkW"),
    BadInput("no largest power", drop(*VEHICLE, "maxChargePowerkW"), "/vehicles/2/maxChargePowerkW"),
    BadInput(
        "least power above largest", put(*VEHICLE, "minChargePowerkW", 101), "/vehicles/2/minChargePowerkW"
    ),
    BadInput(
        "largest power below the settings' least",
        put("settings", "evMinPowerkW", 101),
        "/vehicles/0/maxChargePowerkW",
    ),
    BadInput(
        "least power above the settings' largest",
        put("settings", "evMaxPowerkW", 4),
        "/vehicles/0/minChargePowerkW",
    ),
    BadInput(
        "pausing as a number", put(*VEHICLE, "supportsPauseResume", 1), "/vehicles/2/supportsPauseResume"
    ),
    BadInput("empty curve", put(*VEHICLE, "chargingCurve", []), "/vehicles/2/chargingCurve"),
    BadInput(
        "curve point without power",
        put(*VEHICLE, "chargingCurve", [{"soc": 0}]),
        "/vehicles/2/chargingCurve/0/powerKw",
    ),
    BadInput(
        "curve with a power of 0",
        put(*VEHICLE, "chargingCurve", [{"soc": 0, "powerKw": 0}]),
        "/vehicles/2/chargingCurve/0/powerKw",
    ),
    BadInput(
        "curve out of order",
        put(*VEHICLE, "chargingCurve", [{"soc": 80, "powerKw": 9}, {"soc": 80, "powerKw": 5}]),
        "/vehicles/2/chargingCurve/1/soc",
    ),
)

BAD_INPUTS = (*OWN_OBJECTS, *SITES, *ENTRIES)
