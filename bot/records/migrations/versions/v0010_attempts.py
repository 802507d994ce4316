"""What members answered when they were asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "attempts",
        sa.Column("sitting", sa.String(32), primary_key=True),
        sa.Column("question", sa.String(32), primary_key=True),
        sa.Column("member", _ID, primary_key=True, autoincrement=False, index=True),
        sa.Column("guild", _ID, index=True),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("lesson", sa.String(200), nullable=False),
        sa.Column("passage", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("right", sa.Boolean, nullable=False),
        sa.Column("points", _ID, nullable=False),
        sa.Column("choice", _ID),
        sa.Column("seconds", sa.Float),
    )
