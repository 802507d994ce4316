"""Who is told when cards are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reminders",
        sa.Column("member", _ID, primary_key=True, autoincrement=False),
        sa.Column("guild", _ID),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("hour", _ID, nullable=False),
        sa.Column("sent", sa.String(10)),
        sa.Column("stopped", sa.Boolean, nullable=False),
    )
