"""Sessions of study groups, and who said that they are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("guild", _ID, nullable=False, index=True),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("planned_by", _ID),
        sa.Column("lesson", sa.Text),
        sa.Column("demo", sa.Text),
        sa.Column("lineup", sa.Text),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("event", _ID),
        sa.Column("message", _ID),
        sa.Column("preloaded", sa.Boolean, nullable=False),
        sa.Column("ran", sa.JSON, nullable=False),
    )
    op.create_table(
        "attendances",
        sa.Column("session", sa.String(32), primary_key=True),
        sa.Column("member", _ID, primary_key=True, nullable=False, index=True),
        sa.Column("guild", _ID, nullable=False),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
