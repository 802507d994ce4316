"""What is posted in channels by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dailies",
        sa.Column("channel", _ID, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("guild", _ID, nullable=False, index=True),
        sa.Column("hour", _ID, nullable=False),
        sa.Column("weekday", _ID),
        sa.Column("sent", sa.String(10)),
        sa.Column("set_by", _ID),
        sa.Column("stopped", sa.Boolean, nullable=False),
    )
