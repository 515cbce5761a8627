"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None

_IS_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    _create_sites()
    _create_plans()
    _create_intents()
    _create_jobs()


def downgrade() -> None:
    for table in ("job_outcomes", "job_runs", "intents", "running_plans", "plans", "sites"):
        op.drop_table(table)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _integer(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _real(name: str, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _document(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _state() -> sa.Column[str]:
    return sa.Column("state", sa.String(16), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _index(table: str, *columns: str) -> None:
    op.create_index("_".join(("ix", table, *columns)), table, columns)


def _create_sites() -> None:
    op.create_table(
        "sites",
        _text("location_uid"),
        _document("site"),
        _document("settings"),
        _integer("updated_ms"),
        _key("sites", "location_uid"),
    )


def _create_plans() -> None:
    op.create_table(
        "plans",
        _text("plan_id"),
        _text("location_uid"),
        _integer("created_ms"),
        _integer("now_ms"),
        _text("strategy"),
        _text("status"),
        _real("objective", nullable=True),
        _real("bound", nullable=True),
        _real("gap", nullable=True),
        _real("shortfall_kwh"),
        _real("churn"),
        _text("trigger", nullable=True),
        _text("trigger_description", nullable=True),
        _document("document"),
        _key("plans", "plan_id"),
    )
    _index("plans", "created_ms")
    _index("plans", "location_uid", "created_ms")
    op.create_table(
        "running_plans",
        _text("vehicle_id"),
        _integer("departure_ms"),
        _text("location_uid"),
        _text("plan_id"),
        _text("schedule_id"),
        _document("schedule"),
        _key("running_plans", "vehicle_id", "departure_ms"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_running_plans_plan_id"),
    )
    _index("running_plans", "location_uid", "departure_ms")
    _index("running_plans", "plan_id")


def _create_intents() -> None:
    op.create_table(
        "intents",
        _text("intent_id"),
        _text("vehicle_id"),
        _text("location_uid"),
        _document("payload"),
        _text("fingerprint"),
        _integer("created_ms"),
        _integer("attempts"),
        _flag("in_flight"),
        _integer("next_attempt_ms"),
        _state(),
        _integer("closed_ms", nullable=True),
        _text("last_error", nullable=True),
        _key("intents", "intent_id"),
    )
    _index("intents", "vehicle_id", "closed_ms")
    _index("intents", "state", "next_attempt_ms")
    op.create_index(
        "uq_intents_open_vehicle_id",
        "intents",
        ["vehicle_id"],
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )


def _create_jobs() -> None:
    op.create_table(
        "job_runs",
        _text("run_id"),
        _text("kind"),
        _state(),
        _integer("started_ms"),
        _integer("beat_ms"),
        _integer("finished_ms", nullable=True),
        _integer("total"),
        _flag("cancel_requested"),
        _document("counts"),
        _document("report"),
        _key("job_runs", "run_id"),
    )
    _index("job_runs", "started_ms")
    op.create_table(
        "job_outcomes",
        _text("run_id"),
        _text("location_uid"),
        _state(),
        _integer("finished_ms"),
        _document("counts"),
        _text("plan_id", nullable=True),
        _text("detail", nullable=True),
        _key("job_outcomes", "run_id", "location_uid"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["job_runs.run_id"], name="fk_job_outcomes_run_id", ondelete="CASCADE"
        ),
    )
