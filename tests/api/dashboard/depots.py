"""Nights to be shown."""

from typing import Any

from tests.builders import a_request, a_schedule, a_site


def a_short_night(uid: str = "yard", cap_kw: float = 45) -> dict[str, Any]:
    """Three buses under a low cap: all of them are short, and a higher cap is among the repairs."""
    stays = [a_schedule(f"s-{n}", f"bus-{n}", locationUid=uid) for n in (1, 2, 3)]
    return a_request(site=a_site(powerCapKw=cap_kw, locationUid=uid), schedules=stays, strategy="cost")


def a_tight_stay() -> dict[str, Any]:
    """One bus that stays for an hour and would be ready if it left later."""
    early = {"plannedDepartureTime": "2026-01-19T17:00:00Z", "locationUid": "yard-2"}
    return a_request(site=a_site(locationUid="yard-2"), schedules=[a_schedule("s-1", "bus-1", **early)])
