"""Documents that curators added, and what members have read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "documents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("guild", _ID, index=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", _ID, nullable=False),
        sa.Column("added_by", _ID),
        sa.Column("added_at", sa.Float, nullable=False),
        sa.Column("approved_by", _ID),
        sa.Column("approved_at", sa.Float),
        sa.Column("hidden", sa.JSON, nullable=False),
        sa.Column("count", _ID, nullable=False),
        sa.Column("passages", sa.JSON, nullable=False),
    )
    op.create_table(
        "readings",
        sa.Column("member", _ID, primary_key=True, nullable=False, index=True),
        sa.Column("lesson", sa.String(200), primary_key=True),
        sa.Column("guild", _ID),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
        sa.Column("anchors", sa.JSON, nullable=False),
    )
