"""The tables. Instants are epoch milliseconds in UTC; a column has the name of its field in `records`."""

from enum import StrEnum

from sqlalchemy import BigInteger, Double, Enum, ForeignKey, Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from adapters.records import IntentState, JobState, JsonObject, LinkSource, OutcomeState
from adapters.service_records import CallState
from adapters.store.documents import Document, PackedBytes

_STATE_LENGTH = 16


def _state(words: type[StrEnum]) -> Enum:
    """A column of these words, kept as text, so that a new word needs no migration."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=False,
        length=_STATE_LENGTH,
        values_callable=lambda states: [state.value for state in states],
    )


class Base(DeclarativeBase):
    """The root of the tables; the naming convention lets migrations name what they change."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        int: BigInteger,
        float: Double,
        JsonObject: Document,
        dict[str, int]: Document,
        IntentState: _state(IntentState),
        LinkSource: _state(LinkSource),
        JobState: _state(JobState),
        OutcomeState: _state(OutcomeState),
        CallState: _state(CallState),
        dict[str, str]: Document,
        bytes: PackedBytes,
    }


class SiteRow(Base):
    """A depot's description."""

    __tablename__ = "sites"

    location_uid: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[JsonObject]
    settings: Mapped[JsonObject]
    updated_ms: Mapped[int]


class PlanRow(Base):
    """A plan: the line of its history, and the document."""

    __tablename__ = "plans"
    __table_args__ = (Index(None, "location_uid", "created_ms"), Index(None, "created_ms"))

    plan_id: Mapped[str] = mapped_column(primary_key=True)
    location_uid: Mapped[str]
    created_ms: Mapped[int]
    now_ms: Mapped[int]
    strategy: Mapped[str]
    status: Mapped[str]
    objective: Mapped[float | None]
    bound: Mapped[float | None]
    gap: Mapped[float | None]
    shortfall_kwh: Mapped[float]
    churn: Mapped[float]
    trigger: Mapped[str | None]
    trigger_description: Mapped[str | None]
    peak_kw: Mapped[float | None]
    peak_cap_kw: Mapped[float | None]
    short: Mapped[int | None]
    document: Mapped[JsonObject]


class PlanRequestRow(Base):
    """The request that a plan answers."""

    __tablename__ = "plan_requests"

    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id", ondelete="CASCADE"), primary_key=True)
    document: Mapped[JsonObject]


class RunningPlanRow(Base):
    """What a vehicle is meant to do until a departure; departed ones stay, for audits."""

    __tablename__ = "running_plans"
    __table_args__ = (Index(None, "location_uid", "departure_ms"),)

    vehicle_id: Mapped[str] = mapped_column(primary_key=True)
    departure_ms: Mapped[int] = mapped_column(primary_key=True)
    location_uid: Mapped[str]
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    schedule_id: Mapped[str]
    schedule: Mapped[JsonObject]


class IntentRow(Base):
    """Something to be sent for a vehicle. The partial index allows one open intent for each."""

    __tablename__ = "intents"
    __table_args__ = (
        Index(
            "uq_intents_open_vehicle_id",
            "vehicle_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "vehicle_id", "closed_ms"),
        Index(None, "state", "next_attempt_ms"),
    )

    intent_id: Mapped[str] = mapped_column(primary_key=True)
    vehicle_id: Mapped[str]
    location_uid: Mapped[str]
    payload: Mapped[JsonObject]
    fingerprint: Mapped[str]
    created_ms: Mapped[int]
    attempts: Mapped[int]
    in_flight: Mapped[bool]
    next_attempt_ms: Mapped[int]
    state: Mapped[IntentState]
    closed_ms: Mapped[int | None]
    last_error: Mapped[str | None]


class JobRunRow(Base):
    """One run of a job."""

    __tablename__ = "job_runs"
    __table_args__ = (Index(None, "started_ms"),)

    run_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[JobState]
    started_ms: Mapped[int]
    beat_ms: Mapped[int]
    finished_ms: Mapped[int | None]
    total: Mapped[int]
    cancel_requested: Mapped[bool]
    counts: Mapped[dict[str, int]]
    report: Mapped[JsonObject]


class OutcomeRow(Base):
    """One location of a job run."""

    __tablename__ = "job_outcomes"

    run_id: Mapped[str] = mapped_column(ForeignKey("job_runs.run_id", ondelete="CASCADE"), primary_key=True)
    location_uid: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[OutcomeState]
    finished_ms: Mapped[int]
    counts: Mapped[dict[str, int]]
    plan_id: Mapped[str | None]
    detail: Mapped[str | None]


class ReadingRow(Base):
    """What the charging platform last said of a site: `{schedules, vehicles}`."""

    __tablename__ = "readings"

    location_uid: Mapped[str] = mapped_column(primary_key=True)
    read_ms: Mapped[int]
    document: Mapped[JsonObject]


class ApiKeyRow(Base):
    """A key that was handed out; `scopes` are words with a comma between them."""

    __tablename__ = "api_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[str]
    created_ms: Mapped[int]
    revoked_ms: Mapped[int | None]


class AnswerRow(Base):
    """What was answered to a request with an idempotency key; no status while it runs."""

    __tablename__ = "answers"

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    created_ms: Mapped[int] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None]
    body: Mapped[bytes | None]


class DeferredRow(Base):
    """A call that is answered later, with its request and, once there, its answer."""

    __tablename__ = "deferred_calls"
    __table_args__ = (Index(None, "state", "created_ms"),)

    call_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[CallState]
    options: Mapped[JsonObject]
    body: Mapped[bytes]
    created_ms: Mapped[int]
    started_ms: Mapped[int | None]
    beat_ms: Mapped[int | None]
    finished_ms: Mapped[int | None]
    attempts: Mapped[int]
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None]
    answer: Mapped[bytes | None]


class VehicleLinkRow(Base):
    """Our vehicle and the same one at ev.energy."""

    __tablename__ = "vehicle_links"
    __table_args__ = (UniqueConstraint("evenergy_id"),)

    vehicle_id: Mapped[str] = mapped_column(primary_key=True)
    evenergy_id: Mapped[str]
    source: Mapped[LinkSource]
    linked_ms: Mapped[int]


class SiteLinkRow(Base):
    """A site of ev.energy and the depot of which it is a part."""

    __tablename__ = "site_links"

    evenergy_id: Mapped[str] = mapped_column(primary_key=True)
    location_uid: Mapped[str]
    linked_ms: Mapped[int]
