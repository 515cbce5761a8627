"""What the service answers beside plans, as models: the description in OpenAPI, and a promise."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from adapters.chargeye.payloads import Flag, Identifier
from api.schemas import OwnObject, SettingsBody, SiteBody

DateTime = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
JsonObject = dict[str, Any]


class Resource(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class PlanSummaryView(Resource):
    """A plan in a list: the figures, without the schedules."""

    plan_id: str
    location_uid: str
    created_at: DateTime
    now: DateTime
    strategy: str
    status: str
    objective: float | None
    bound: float | None
    gap: float | None
    shortfall_kwh: float
    churn: float
    trigger: str | None
    trigger_description: str | None
    peak_kw: float | None
    peak_cap_kw: float | None
    short: int | None


class PlanPage(Resource):
    """Plans of a site, newest first; `next` leads to older ones."""

    plans: list[PlanSummaryView]
    next: str | None


class PlanHead(Resource):
    """A plan in a comparison."""

    plan_id: str
    created_at: DateTime
    strategy: str


class FigureView(Resource):
    """A key figure of both plans; `change` is after less before."""

    name: str
    before: float | None
    after: float | None
    change: float | None


class BothView(Resource):
    """A number in both plans; null where the schedule is not in that plan."""

    before: float | None
    after: float | None


class ScheduleChange(Resource):
    """What becomes of one stay, known by vehicle and departure. Powers kW, energies kWh, SoC percent."""

    schedule_id: str
    ev_id: str
    departure: DateTime
    change: Literal["same", "moved", "only-before", "only-after"]
    end_soc: BothView = Field(alias="endSoC")
    energy_kwh: BothView
    shortfall_kwh: BothView
    largest_power_change_kw: float
    moved_kwh: float


class ComparisonView(Resource):
    """Two plans side by side."""

    before: PlanHead
    after: PlanHead
    figures: list[FigureView]
    schedules: list[ScheduleChange]
    moved_kwh: float


class ChartView(Resource):
    """A plan to be shown. Figures and themes (plotly templates) are plotly's own JSON; a section is HTML.

    A section's places for figures name them in `data-figure`, its repairs the stay and their place in
    `shortfalls` in `data-schedule` and `data-repair`.
    """

    plan_id: str
    location_uid: str
    time_zone: str
    now: DateTime
    title: str
    figures: dict[Literal["load", "gantt"], JsonObject]
    themes: dict[Literal["light", "dark"], JsonObject]
    sections: dict[str, str]
    shortfalls: list[JsonObject]


class CheckBody(OwnObject):
    """A plan, and the request that it answers."""

    request: JsonObject = Field(description="A plan request, as for POST /v1/plans.")
    plan: JsonObject = Field(description="A plan response.")


class BreachView(Resource):
    """One rule that a plan breaks, and at whom or when."""

    rule: str
    where: str
    message: str


class CheckResult(Resource):
    """What a check found."""

    holds: bool
    breaches: list[BreachView]


class JobView(Resource):
    """A call that is answered later."""

    job_id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created_at: DateTime
    started_at: DateTime | None
    finished_at: DateTime | None
    status_url: str
    result_url: str


class SiteLine(Resource):
    """A site in a list; `readAt` is when the charging platform was read last for it.

    What describes it is null where it never was described. `failingPushes` are to be tried again.
    """

    location_uid: str
    time_zone: str | None
    currency: str | None
    updated_at: DateTime | None
    read_at: DateTime | None
    newest_plan: PlanSummaryView | None
    failing_pushes: int


class SiteList(Resource):
    """Every site, by its id."""

    sites: list[SiteLine]


class StoredSiteBody(OwnObject):
    """A site as it is put: as in a plan request, and the settings of its replans."""

    site: SiteBody
    settings: SettingsBody = Field(default_factory=SettingsBody)


class StoredSiteView(Resource):
    """A site as it was put."""

    location_uid: str
    updated_at: DateTime
    site: JsonObject
    settings: JsonObject


class SchedulesRead(Resource):
    """The schedules of a site as they were read last."""

    location_uid: str
    read_at: DateTime
    schedules: list[JsonObject]


class VehiclesRead(Resource):
    """The vehicles of a site as they were read last."""

    location_uid: str
    read_at: DateTime
    vehicles: list[JsonObject]


class ReplanBody(OwnObject):
    """Which sites are to be replanned, and how."""

    location_uids: list[Identifier] | None = Field(
        None, alias="locationUids", description="Null or left out: every site."
    )
    dry_run: Flag = Field(False, alias="dryRun", description="Plan and compare, but keep and send nothing.")
    force: Flag = Field(False, description="Send every plan, changed or not.")


class OutcomeView(Resource):
    """What became of one site in a replan."""

    location_uid: str
    state: Literal["done", "partial", "busy", "failed"]
    finished_at: DateTime
    counts: dict[str, int]
    plan_id: str | None
    detail: str | None


class StageView(Resource):
    """A site that is in work."""

    location_uid: str
    stage: str


class ReplanRun(Resource):
    """A replan; `inWork` is known while it runs in the service that is asked."""

    run_id: str
    state: Literal["running", "done", "partial", "failed", "cancelled", "abandoned"]
    started_at: DateTime
    finished_at: DateTime | None
    total: int
    done: int
    cancel_requested: bool
    counts: dict[str, int]
    report: JsonObject
    in_work: list[StageView]
    outcomes: list[OutcomeView]


class ReplanList(Resource):
    """Replans, newest first."""

    replans: list[ReplanRun]


class Alive(Resource):
    """The service is alive."""

    status: Literal["ok"]


class QueueView(Resource):
    """What waits for a worker."""

    waiting: int
    oldest_seconds: float


class Readiness(Resource):
    """Whether the service can work, and what it needs for that."""

    ready: bool
    store: Literal["ok", "unavailable"]
    queue: QueueView
    last_replan_age_seconds: float | None
