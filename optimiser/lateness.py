"""Random lateness: who comes how late in which draw, the same on every machine and in any order."""

from dataclasses import dataclass
from hashlib import blake2b
from math import log1p

from optimiser.units import MS_PER_MINUTE

_UNIT = 2.0**-53  # a fraction of 53 bits is exact and below 1


@dataclass(frozen=True, slots=True)
class Lateness:
    """Each stay is late with probability `share`, on its own, by an exponential time of this mean.

    What is over `most_minutes` becomes that, and times are rounded to whole minutes, so the mean of what
    is drawn lies somewhat under `mean_minutes` where the cap is near.
    """

    share: float
    mean_minutes: float
    most_minutes: float
    seed: int

    def drawn_ms(self, draw: int, schedule_id: str) -> int:
        """How late this stay is in this draw; it hangs on nothing but seed, draw and id."""
        chance, how_late = _two_fractions(f"{self.seed}/{draw}/{schedule_id}")
        if chance >= self.share:
            return 0
        minutes = min(round(-self.mean_minutes * log1p(-how_late)), int(self.most_minutes))
        return minutes * MS_PER_MINUTE


def _two_fractions(text: str) -> tuple[float, float]:
    """Two numbers in [0, 1), even and independent for all that anybody can tell."""
    digest = blake2b(text.encode(), digest_size=16).digest()
    return _fraction(digest[:8]), _fraction(digest[8:])


def _fraction(digits: bytes) -> float:
    return (int.from_bytes(digits, "big") >> 11) * _UNIT
