"""What members review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "cards",
        sa.Column("member", _ID, primary_key=True, autoincrement=False),
        sa.Column("question", sa.String(32), primary_key=True),
        sa.Column("guild", _ID),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("lesson", sa.String(200), nullable=False),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("due", sa.Float, nullable=False, index=True),
        sa.Column("state", sa.JSON, nullable=False),
    )
