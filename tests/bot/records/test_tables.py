"""What is stored: frozen, and made by the migrations exactly as the models say."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from bot.errors import MemoryUnavailable
from bot.records import study_tables  # noqa: F401  so that its tables are known
from bot.records.database import Database
from bot.records.tables import Table

WHOSE = {"guild", "channel", "member", "at"}
STORED = {
    "turns": WHOSE | {"id", "private", "role", "content"},
    "levels": WHOSE | {"level"},
    "studies": {"thread", "guild", "at"},
    "answers": WHOSE
    | {"request_id", "private", "open", "lesson", "question", "text", "thinking"}
    | {"passages", "cited", "token", "replies_to", "outcome", "model", "first_text", "seconds"},
    "messages": {"message", "request_id"},
    "demos": WHOSE | {"demo", "message", "open", "card", "origin", "letters", "revealed"},
    "votes": WHOSE | {"request_id", "up", "reason"},
    "blind_votes": WHOSE | {"demo", "kind", "choice", "ahead", "behind"},
    "gaps": WHOSE | {"request_id", "kind", "question", "nearest", "answer"},
    "handed": WHOSE | {"request_id", "message", "reply", "answered_by"},
    "unlisted": WHOSE,
    "readings": WHOSE | {"lesson", "anchors"},
    "attempts": WHOSE
    | {"sitting", "question", "lesson", "passage", "kind", "right", "points", "choice", "seconds"},
    "cards": WHOSE | {"question", "lesson", "began", "due", "state"},
    "live_quizzes": {"quiz", "guild", "channel", "at", "questions", "started_by", "number"}
    | {"message", "until", "closed"},
    "reminders": WHOSE | {"hour", "sent", "stopped"},
    "documents": {"id", "guild", "title", "name", "kind", "digest", "size", "hidden"}
    | {"count", "passages", "added_by", "added_at", "approved_by", "approved_at"},
    "dailies": {"channel", "kind", "guild", "hour", "weekday", "sent", "set_by", "stopped"},
    "sessions": {"id", "guild", "channel", "at", "title", "planned_by", "lesson", "demo"}
    | {"lineup", "state", "event", "message", "preloaded", "ran"},
    "attendances": WHOSE | {"session"},
    "consents": {"channel", "host", "at"},
    "servers": {"guild", "channels", "roles", "open_channels", "curator_role", "mentor_role"}
    | {"model", "retention_days", "remembers", "timezone"},
}


def test_the_stored_columns_are_these_and_no_others() -> None:
    """Frozen: a new column is a decision about members' data, and belongs into PRIVACY.md too."""
    assert {name: set(t.columns.keys()) for name, t in Table.metadata.tables.items()} == STORED


def test_every_table_with_a_members_id_says_when_it_was_written() -> None:
    """Or it could neither expire nor be told apart by server."""
    theirs = [t for t in Table.metadata.tables.values() if "member" in t.columns]
    assert theirs
    assert all(set(table.columns.keys()) >= WHOSE for table in theirs)


@pytest.mark.parametrize("statements", [3, 7, 12, 20, 27])
async def test_migrations_that_are_cut_off_are_made_at_the_next_start(
    tmp_path: Path, statements: int
) -> None:
    url, left = f"sqlite+aiosqlite:///{tmp_path / 'records.db'}", [None] * statements

    def cut(*_: Any) -> None:
        if not left:
            raise OperationalError("killed here", None, Exception())
        left.pop()

    event.listen(Engine, "before_cursor_execute", cut)
    cut_off = Database(url)
    with pytest.raises(MemoryUnavailable):
        await cut_off.check()
    event.remove(Engine, "before_cursor_execute", cut)
    await cut_off.close()
    database = Database(url)
    assert await database.check() == "records.db is sound"
    await database.close()


async def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    assert await database.check() == "records.db is sound"
    await database.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    engine.dispose()
