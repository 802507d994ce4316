"""Live quizzes that are not over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "live_quizzes",
        sa.Column("quiz", sa.String(32), primary_key=True),
        sa.Column("guild", _ID, nullable=False),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("questions", sa.JSON, nullable=False),
        sa.Column("started_by", _ID),
        sa.Column("number", _ID, nullable=False),
        sa.Column("message", _ID),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
    )
