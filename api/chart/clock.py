"""Instants in the words of the site's own clock, and the ticks of an axis of instants.

Axes count UTC milliseconds and only their labels are local: on the night of a clock change the hour
that is missing, or there twice, then has its true length.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from optimiser.units import MS_PER_MINUTE, from_ms

_STEPS_MINUTES = (15, 60, 120, 180, 360, 720, 1440)
_MOST_TICKS = 400  # a finer level would weigh more than the plan it labels
_FIRST_LABELS = 8  # readable before anybody knows how wide the screen is
_DAY_MINUTES = 1440


class SiteClock:
    """Tells the wall time of one IANA zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def local(self, instant_ms: float) -> datetime:
        """The aware local time of epoch milliseconds."""
        return from_ms(int(instant_ms)).astimezone(self.zone)

    def time(self, instant_ms: float) -> str:
        """Hours and minutes: `05:50`."""
        return f"{self.local(instant_ms):%H:%M}"

    def day_time(self, instant_ms: float) -> str:
        """With the day of the week: `Tue 05:50`, never broken over two lines."""
        return f"{self.local(instant_ms):%a\u00a0%H:%M}"

    def day(self, instant_ms: float) -> str:
        """The date in short: `Tue 10 Mar`."""
        local = self.local(instant_ms)
        return f"{local:%a} {local.day} {local:%b}"

    def span(self, start_ms: float, end_ms: float) -> str:
        """From one instant to another, the second day named only where it is another one."""
        same_day = self.local(start_ms).date() == self.local(end_ms).date()
        if same_day:
            return f"{self.day_time(start_ms)}\u2013{self.time(end_ms)}"
        return f"{self.day_time(start_ms)} \u2013 {self.day_time(end_ms)}"

    def dates(self, start_ms: float, end_ms: float) -> str:
        """The dates that a plan touches: `Mon 9 Mar to Tue 10 Mar 2026`."""
        first, last = self.day(start_ms), self.day(max(start_ms, end_ms - 1))
        year = self.local(end_ms).year
        return f"{first} {year}" if first == last else f"{first} to {last} {year}"

    def offsets(self, start_ms: float, end_ms: float) -> str:
        """The offset from UTC, and the next one where the clock changes in between."""
        first, last = self._offset(start_ms), self._offset(end_ms)
        return first if first == last else f"{first}, then {last}"

    def _offset(self, instant_ms: float) -> str:
        name = f"{self.local(instant_ms):%z}"
        return f"UTC{name[:3]}:{name[3:5]}"

    def ticks(self, start_ms: float, end_ms: float, *, on_top: bool = False) -> list[dict[str, Any]]:
        """Levels of ticks, finest first: `at` (epoch ms) and `text`.

        A new day's first text names the day on a second line, away from the axis.
        """
        quarters = list(self._quarters(start_ms, end_ms))
        levels = [self._level(quarters, step, on_top) for step in _STEPS_MINUTES]
        fitting = [level for level in levels if len(level["at"]) <= _MOST_TICKS]
        return [level for level in fitting if level["at"]] or [{"at": [], "text": []}]

    def _quarters(self, start_ms: float, end_ms: float) -> Iterator[tuple[int, int]]:
        """Every quarter of an hour as (epoch ms, minute of the local day)."""
        step = 15 * MS_PER_MINUTE
        first = -(-int(start_ms) // step) * step
        for instant_ms in range(first, int(end_ms) + 1, step):
            local = self.local(instant_ms)
            yield instant_ms, local.hour * 60 + local.minute

    def _level(self, quarters: list[tuple[int, int]], step_minutes: int, on_top: bool) -> dict[str, Any]:
        at = [instant_ms for instant_ms, minute in quarters if minute % step_minutes == 0]
        if step_minutes == _DAY_MINUTES:
            return {"at": at, "text": [self.day(instant_ms) for instant_ms in at]}
        return {"at": at, "text": [self._tick_text(at, i, on_top) for i in range(len(at))]}

    def _tick_text(self, at: list[int], i: int, on_top: bool) -> str:
        new_day = i == 0 or self.local(at[i]).date() != self.local(at[i - 1]).date()
        time, local = self.time(at[i]), self.local(at[i])
        if not new_day:
            return time
        day = f"{local:%a} {local.day}"
        return f"{day}<br>{time}" if on_top else f"{time}<br>{day}"


def time_axis(levels: list[dict[str, Any]], start_ms: int, end_ms: int) -> dict[str, Any]:
    """The plotly axis for `[start_ms, end_ms]`, epoch milliseconds labelled in local time."""
    level = next((level for level in levels if len(level["at"]) <= _FIRST_LABELS), levels[-1])
    return {
        "type": "linear",
        "range": [start_ms, end_ms],
        "tickmode": "array",
        "tickvals": level["at"],
        "ticktext": level["text"],
        "tickangle": 0,
        "zeroline": False,
    }
