"""Where the facts about a stay may come from: the caller's settings, and the plan that came with it."""

from dataclasses import dataclass

from adapters.chargeye.payloads import PlanEv, PlanSettings, Tx
from optimiser.domain import PowerRule

Path = tuple[str | int, ...]

NO_EV = PlanEv()
NO_SETTINGS = PlanSettings()
NO_TX = Tx()


@dataclass(frozen=True, slots=True)
class CallerSettings:
    """The request's own settings. None means that it does not say, and an embedded plan may."""

    margin_ms: int | None = None
    minimum_soc: float | None = None
    bulk_soc: float | None = None
    least_power_kw: float | None = None
    largest_power_kw: float | None = None
    assumed_start_soc: float = 0.2
    assumed_target_soc: float = 1.0
    power_rules: tuple[PowerRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class Embedded:
    """What counts of the `plan.schedule` inside a schedule; empty parts where nothing does.

    `preconditioning_ev` is the part that counts even in a plan of our own, where `ev` is empty.
    """

    ev: PlanEv = NO_EV
    settings: PlanSettings = NO_SETTINGS
    tx: Tx = NO_TX
    priority: float = 0.0
    preconditioning_ev: PlanEv = NO_EV

    @property
    def tells_of_vehicle(self) -> bool:
        """Whether the vehicle's data may differ from its own entry's because of this plan."""
        return self.ev is not NO_EV or self.settings is not NO_SETTINGS


NOTHING_EMBEDDED = Embedded()
