"""What ev.energy knows of a vehicle at one instant, and what may be concluded from it."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.evenergy.payloads import LocationLog, StatusLog, instant_ms
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE

_DRIVING = "DRIVING"


class Presence(StrEnum):
    """Where a vehicle is, as far as the evidence says."""

    HERE = "here"
    AWAY = "away"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EvidenceRules:
    """What evidence is worth, in milliseconds.

    Older than `stale_ms` it changes nothing, and neither does what lies more than `ahead_ms` in the future:
    clocks differ by that much. A vehicle that is overdue is expected after as long again as it is late, but
    not sooner than `least_delay_ms` nor later than `most_delay_ms`. A vehicle that is there already counts
    as early for a stay that begins within `early_ms`; before that it may well leave once more.
    """

    stale_ms: int = 30 * MS_PER_MINUTE
    ahead_ms: int = 5 * MS_PER_MINUTE
    least_delay_ms: int = 15 * MS_PER_MINUTE
    most_delay_ms: int = 60 * MS_PER_MINUTE
    early_ms: int = 4 * MS_PER_HOUR

    def is_fresh(self, sampled_ms: int | None, now_ms: int) -> bool:
        """Whether something measured then still says what is so now."""
        return sampled_ms is not None and now_ms - self.stale_ms <= sampled_ms <= now_ms + self.ahead_ms

    def expected_delay_ms(self, overdue_ms: int) -> int:
        """How long from now a vehicle is expected that is overdue by so much."""
        return min(max(overdue_ms, self.least_delay_ms), self.most_delay_ms)


DEFAULT_RULES = EvidenceRules()


@dataclass(frozen=True, slots=True)
class VehicleEvidence:
    """The newest measurements of one vehicle; what was not measured is None. SoC in percent.

    `at_home` means the home that ev.energy knows, which for a depot's vehicle is taken to be the depot.
    """

    sampled_ms: int | None = None
    soc_percent: float | None = None
    plugged_in: bool | None = None
    state: str | None = None
    located_ms: int | None = None
    at_home: bool | None = None

    @classmethod
    def of(cls, status: StatusLog | None, location: LocationLog | None = None) -> "VehicleEvidence":
        """What two logs say together."""
        return cls(
            sampled_ms=instant_ms(status.sampled_at) if status else None,
            soc_percent=status.state_of_charge_percentage if status else None,
            plugged_in=status.is_plugged_in if status else None,
            state=status.state if status else None,
            located_ms=instant_ms(location.sampled_at) if location else None,
            at_home=location.at_home if location else None,
        )

    def fresh_soc(self, now_ms: int, rules: EvidenceRules) -> float | None:
        """The SoC in percent, None where it is unknown, impossible or stale."""
        soc = self.soc_percent
        usable = soc is not None and 0 <= soc <= 100 and rules.is_fresh(self.sampled_ms, now_ms)
        return soc if usable else None

    def presence(self, now_ms: int, rules: EvidenceRules) -> Presence:
        """By its location log; a later status of driving beats it, and a cable counts where there is none."""
        status_fresh = rules.is_fresh(self.sampled_ms, now_ms)
        at_home = self.at_home if rules.is_fresh(self.located_ms, now_ms) else None
        drives = status_fresh and self.state == _DRIVING
        if drives and (at_home is None or (self.sampled_ms or 0) > (self.located_ms or 0)):
            return Presence.AWAY
        if at_home is not None:
            return Presence.HERE if at_home else Presence.AWAY
        return Presence.HERE if status_fresh and self.plugged_in else Presence.UNKNOWN
