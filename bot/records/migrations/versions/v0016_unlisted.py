"""Who wishes to stand on no leaderboard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "unlisted",
        sa.Column("member", _ID, primary_key=True, autoincrement=False),
        sa.Column("guild", _ID, primary_key=True, autoincrement=False, index=True),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
