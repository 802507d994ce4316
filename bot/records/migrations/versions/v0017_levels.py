"""At which level members want to be answered, and the threads of `/study`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "levels",
        sa.Column("member", _ID, primary_key=True, autoincrement=False),
        sa.Column("guild", _ID),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("level", sa.String(16), nullable=False),
    )
    op.create_table(
        "studies",
        sa.Column("thread", _ID, primary_key=True, autoincrement=False),
        sa.Column("guild", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
