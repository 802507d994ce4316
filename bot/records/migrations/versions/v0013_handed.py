"""Questions that members handed on to mentors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "handed",
        sa.Column("request_id", sa.String(32), primary_key=True),
        sa.Column("guild", _ID, nullable=False, index=True),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("member", _ID, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("message", _ID),
        sa.Column("reply", _ID),
        sa.Column("answered_by", _ID),
    )
