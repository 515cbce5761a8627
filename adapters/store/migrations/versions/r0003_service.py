"""What the HTTP service keeps."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    _create_plan_requests()
    _create_readings()
    _create_keys()
    _create_answers()
    _create_deferred_calls()


def downgrade() -> None:
    for table in ("deferred_calls", "answers", "api_keys", "readings", "plan_requests"):
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _integer(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _binary(name: str, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _create_plan_requests() -> None:
    op.create_table(
        "plan_requests",
        _text("plan_id"),
        _binary("document"),
        _key("plan_requests", "plan_id"),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.plan_id"], name="fk_plan_requests_plan_id", ondelete="CASCADE"
        ),
    )


def _create_readings() -> None:
    op.create_table(
        "readings",
        _text("location_uid"),
        _integer("read_ms"),
        _binary("document"),
        _key("readings", "location_uid"),
    )


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        _text("name"),
        _text("digest"),
        _text("scopes"),
        _integer("created_ms"),
        _integer("revoked_ms", nullable=True),
        _key("api_keys", "name"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
    )


def _create_answers() -> None:
    op.create_table(
        "answers",
        _text("owner"),
        _text("key"),
        _text("fingerprint"),
        _integer("created_ms"),
        _integer("status", nullable=True),
        _binary("headers", nullable=True),
        _binary("body", nullable=True),
        _key("answers", "owner", "key"),
    )
    op.create_index("ix_answers_created_ms", "answers", ["created_ms"])


def _create_deferred_calls() -> None:
    op.create_table(
        "deferred_calls",
        _text("call_id"),
        _text("kind"),
        sa.Column("state", sa.String(16), nullable=False),
        _binary("options"),
        _binary("body"),
        _integer("created_ms"),
        _integer("started_ms", nullable=True),
        _integer("beat_ms", nullable=True),
        _integer("finished_ms", nullable=True),
        _integer("attempts"),
        _integer("status", nullable=True),
        _binary("headers", nullable=True),
        _binary("answer", nullable=True),
        _key("deferred_calls", "call_id"),
    )
    op.create_index("ix_deferred_calls_state_created_ms", "deferred_calls", ["state", "created_ms"])
