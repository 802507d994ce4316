"""The document that was written as the answer to a gap."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("gaps", sa.Column("answer", sa.String(32), nullable=True))
