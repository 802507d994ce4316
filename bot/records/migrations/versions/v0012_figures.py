"""What became of an answer, and how long it took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns; of earlier answers they are not known."""
    op.add_column("answers", sa.Column("outcome", sa.String(16), nullable=True))
    op.add_column("answers", sa.Column("model", sa.Text, nullable=True))
    op.add_column("answers", sa.Column("first_text", sa.Float, nullable=True))
    op.add_column("answers", sa.Column("seconds", sa.Float, nullable=True))
