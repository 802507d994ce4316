"""Demos, for their buttons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "demos",
        sa.Column("demo", sa.String(32), primary_key=True),
        sa.Column("guild", _ID),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("member", _ID, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("message", _ID),
        sa.Column("open", sa.Boolean, nullable=False, index=True),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("letters", sa.JSON, nullable=False),
        sa.Column("revealed", sa.Boolean, nullable=False),
    )
