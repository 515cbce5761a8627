"""What a list of sites shows of a plan, without its document."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"


def upgrade() -> None:
    for column in (
        sa.Column("peak_kw", sa.Double()),
        sa.Column("peak_cap_kw", sa.Double()),
        sa.Column("short", sa.BigInteger()),
    ):
        op.add_column("plans", column)


def downgrade() -> None:
    for name in ("short", "peak_cap_kw", "peak_kw"):
        op.drop_column("plans", name)
