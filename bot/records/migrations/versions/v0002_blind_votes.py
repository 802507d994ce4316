"""Votes in blind demos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "blind_votes",
        sa.Column("demo", sa.String(32), primary_key=True),
        sa.Column("member", _ID, primary_key=True, nullable=False, index=True),
        sa.Column("guild", _ID, index=True),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("ahead", sa.JSON, nullable=False),
        sa.Column("behind", sa.JSON, nullable=False),
    )
