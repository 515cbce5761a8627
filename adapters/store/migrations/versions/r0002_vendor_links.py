"""What of ev.energy is what of ours."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    op.create_table(
        "vehicle_links",
        sa.Column("vehicle_id", sa.String(), nullable=False),
        sa.Column("evenergy_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name="pk_vehicle_links"),
        sa.UniqueConstraint("evenergy_id", name="uq_vehicle_links_evenergy_id"),
    )
    op.create_table(
        "site_links",
        sa.Column("evenergy_id", sa.String(), nullable=False),
        sa.Column("location_uid", sa.String(), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("evenergy_id", name="pk_site_links"),
    )


def downgrade() -> None:
    op.drop_table("site_links")
    op.drop_table("vehicle_links")
