"""What is seen to have changed at a site, and which of it comes first."""

import pytest

from api.jobs.causes import Sight, Stay, Trigger, causes, sight_of_plan, sight_of_request, together

NOW_MS = 1_773_079_200_000  # 2026-03-09T18:00:00Z


def a_stay(
    vehicle="bus-1", arrival="2026-03-09T17:00:00Z", departure="2026-03-10T05:00:00Z", soc=30, ours=False
):
    return Stay(vehicle, arrival, departure, (soc, 90, "depot"), ours)


BEFORE = Sight({"s-1": a_stay()}, {}, {}, 400.0)


@pytest.mark.parametrize(
    ("after", "triggers"),
    [
        pytest.param(BEFORE, [], id="nothing"),
        pytest.param(Sight(BEFORE.stays, {"bus-1": "DEP-04"}), [Trigger.EV_CONNECTED], id="arrival"),
        pytest.param(
            Sight({"s-1": a_stay(departure="2026-03-10T06:00:00Z")}),
            [Trigger.DEPARTURE_CHANGED],
            id="departure",
        ),
        pytest.param(
            Sight({"s-2": a_stay(departure="2026-03-10T06:00:00Z")}),
            [Trigger.DEPARTURE_CHANGED],
            id="departure under a new id",
        ),
        pytest.param(Sight({"s-9": a_stay()}), [], id="the same under a new id"),
        pytest.param(
            Sight({"s-1": a_stay(arrival="2026-03-09T17:40:00Z")}),
            [Trigger.SCHEDULE_CHANGED],
            id="40 minutes late",
        ),
        pytest.param(Sight({"s-1": a_stay(soc=50)}), [Trigger.SCHEDULE_CHANGED], id="another start SoC"),
        pytest.param(Sight({}), [Trigger.SCHEDULE_CHANGED], id="does not come"),
        pytest.param(
            Sight({**BEFORE.stays, "s-2": a_stay("bus-2")}), [Trigger.SCHEDULE_CHANGED], id="one more"
        ),
        pytest.param(Sight({**BEFORE.stays, "s-2": a_stay("bus-2", ours=True)}), [], id="one that we made"),
        pytest.param(
            Sight(BEFORE.stays, {}, {"bus-1": -5.1}), [Trigger.SOC_DEVIATION], id="5.1 points behind"
        ),
        pytest.param(Sight(BEFORE.stays, {}, {"bus-1": 5.0}), [], id="5 points ahead"),
        pytest.param(Sight(BEFORE.stays, cap_kw=300.0), [Trigger.POWER_CAP_CHANGED], id="cap"),
    ],
)
def test_a_change_is_named(after: Sight, triggers: list[Trigger]) -> None:
    """Each kind of change, and none where there is none."""
    assert [cause.trigger for cause in causes(BEFORE, after)] == triggers


def test_the_most_urgent_cause_names_the_plan() -> None:
    """An arrival before a cap before a schedule; the description tells of three and counts the rest."""
    stays = {f"s-{n}": a_stay(f"bus-{n}") for n in range(2, 5)}
    after = Sight({"s-1": a_stay(), **stays}, {"bus-1": "DEP-04"}, {}, 300.0)
    cause = together(causes(BEFORE, after))
    assert cause.trigger is Trigger.EV_CONNECTED
    assert cause.description.startswith("vehicle bus-1 connected at station DEP-04; the site's cap is 300 kW")
    assert cause.description.endswith("; and 2 more")


def test_a_deviation_that_was_there_before_is_no_news() -> None:
    """It was planned with; only a further one is."""
    before = Sight(BEFORE.stays, {}, {"bus-1": 8.0})
    assert causes(before, Sight(BEFORE.stays, {}, {"bus-1": 8.5})) == ()
    assert [c.trigger for c in causes(before, Sight(BEFORE.stays, {}, {"bus-1": 14.0}))] == [
        Trigger.SOC_DEVIATION
    ]


def test_requests_and_plans_show_the_same_things() -> None:
    """Stays to come, who is plugged in, the SoC against its plan, the cap of now."""
    segment = {"from": NOW_MS - 3_600_000, "to": NOW_MS + 3_600_000, "startSoc": 30, "endSoc": 50}
    entry = {
        "id": "s-1",
        "evId": "bus-1",
        "plannedArrivalTime": "2026-03-09T17:00:00Z",
        "plannedDepartureTime": "2026-03-10T05:00:00Z",
        "stationId": "DEP-04",
        "currentSoC": 33,
        "plan": {"segments": [segment]},
    }
    over = {**entry, "id": "s-0", "plannedDepartureTime": "2026-03-09T17:30:00Z"}
    caps = [
        {"from": "2026-03-09T18:00:00+00:00", "to": "2026-03-09T18:15:00+00:00", "powerCapKw": 400},
        {"from": "2026-03-09T18:15:00+00:00", "to": "2026-03-09T18:30:00+00:00", "powerCapKw": 300},
    ]
    request = {"schedules": [entry, over, {"id": "unreadable"}], "site": {"powerCapKw": caps}}
    seen = sight_of_request(request, NOW_MS)
    assert list(seen.stays) == ["s-1"] and seen.plugged == {"bus-1": "DEP-04"}
    assert seen.soc_error == {"bus-1": pytest.approx(-7.0)} and seen.cap_kw == 400
    plan = {"schedules": [entry, over], "site": {"slots": caps}}
    kept = sight_of_plan(plan, NOW_MS, NOW_MS + 20 * 60_000)
    assert kept.stays == seen.stays and kept.cap_kw == 300
