"""Where members agreed that prompts go to a provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "consents",
        sa.Column("channel", _ID, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
