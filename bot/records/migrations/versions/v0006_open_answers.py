"""What closes an answer that a kill left open: the token of its webhook, or whom it replies to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("answers", sa.Column("token", sa.Text, nullable=True))
    op.add_column("answers", sa.Column("replies_to", _ID, nullable=True))
