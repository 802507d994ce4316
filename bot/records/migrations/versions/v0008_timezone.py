"""The time zone of a server."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; what servers have chosen so far was meant in UTC."""
    op.add_column(
        "servers", sa.Column("timezone", sa.String(64), nullable=False, server_default="UTC")
    )
