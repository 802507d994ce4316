"""The first tables: turns, answers with their messages, votes, gaps, servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "turns",
        sa.Column("id", _ID, primary_key=True),
        *_whose(),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_turns_conversation", "turns", ["channel", "member", "id"])
    op.create_table(
        "answers",
        sa.Column("request_id", sa.String(32), primary_key=True),
        *_whose(),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False, index=True),
        sa.Column("lesson", sa.Text),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("thinking", sa.Text, nullable=False),
        sa.Column("passages", sa.JSON, nullable=False),
        sa.Column("cited", sa.JSON, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("message", _ID, primary_key=True, autoincrement=False),
        sa.Column("request_id", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "votes",
        sa.Column("request_id", sa.String(32), primary_key=True),
        *_whose(key=True),
        sa.Column("up", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "gaps",
        sa.Column("request_id", sa.String(32), primary_key=True),
        *_whose(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("nearest", sa.Text),
    )
    op.create_index("ix_gaps_guild", "gaps", ["guild"])
    op.create_table(
        "servers",
        sa.Column("guild", _ID, primary_key=True, autoincrement=False),
        sa.Column("channels", sa.JSON, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("open_channels", sa.JSON, nullable=False),
        sa.Column("curator_role", _ID),
        sa.Column("mentor_role", _ID),
        sa.Column("model", sa.Text),
        sa.Column("retention_days", _ID, nullable=False),
        sa.Column("remembers", sa.Boolean, nullable=False),
    )


def _whose(*, key: bool = False) -> tuple[sa.Column[object], ...]:
    """Return the columns that every expiring table has: where, who, when."""
    return (
        sa.Column("guild", _ID),
        sa.Column("channel", _ID, nullable=False),
        sa.Column("member", _ID, primary_key=key, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
