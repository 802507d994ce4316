"""The tables. What may be stored is frozen by a test; a change here needs a migration.

Times are seconds since 1970. `guild` is null in private chats. Every table expires but `servers`,
`documents`, `dailies`, `consents` and `studies`, which hold nothing that a member asked or was
answered, `live_quizzes`, whose rows go when the quiz is over, and `unlisted`, which holds a wish.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Float, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.localtime import UTC

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only in an INTEGER


class Table(DeclarativeBase):
    """The base of all tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {int: _Id, float: Float, str: Text, Any: JSON}


class TurnRow(Table):
    """One turn of a member's conversation in one place."""

    __tablename__ = "turns"
    __table_args__ = (Index("ix_turns_conversation", "channel", "member", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guild: Mapped[int | None]
    channel: Mapped[int]
    member: Mapped[int] = mapped_column(index=True)
    at: Mapped[float] = mapped_column(index=True)
    private: Mapped[bool]
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str]


class LevelRow(Table):
    """At which level one member wants to be answered; `at` is when they last asked something."""

    __tablename__ = "levels"

    member: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild: Mapped[int | None]
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)
    level: Mapped[str] = mapped_column(String(16))


class StudyRow(Table):
    """One thread in which every post is answered; `at` is when it was opened."""

    __tablename__ = "studies"

    thread: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild: Mapped[int]
    at: Mapped[float]


class AnswerRow(Table):
    """One answer, for its buttons."""

    __tablename__ = "answers"

    request_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int | None]
    channel: Mapped[int]
    member: Mapped[int] = mapped_column(index=True)
    at: Mapped[float] = mapped_column(index=True)
    private: Mapped[bool]
    open: Mapped[bool] = mapped_column(index=True)
    lesson: Mapped[str | None]
    question: Mapped[str]
    text: Mapped[str]
    thinking: Mapped[str]
    passages: Mapped[Any]
    cited: Mapped[Any]
    token: Mapped[str | None]
    replies_to: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    model: Mapped[str | None]
    first_text: Mapped[float | None]
    seconds: Mapped[float | None]


class MessageRow(Table):
    """One message that shows a part of an answer."""

    __tablename__ = "messages"

    message: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request_id: Mapped[str] = mapped_column(String(32), index=True)


class DemoRow(Table):
    """One demo, for its buttons; `card` is its run card as JSON."""

    __tablename__ = "demos"

    demo: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int | None]
    channel: Mapped[int]
    member: Mapped[int] = mapped_column(index=True)
    at: Mapped[float] = mapped_column(index=True)
    message: Mapped[int | None]
    open: Mapped[bool] = mapped_column(index=True)
    card: Mapped[str]
    origin: Mapped[str] = mapped_column(String(16))
    letters: Mapped[Any]
    revealed: Mapped[bool]


class VoteRow(Table):
    """One member's vote on one answer."""

    __tablename__ = "votes"

    request_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True, index=True)
    guild: Mapped[int | None]
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)
    up: Mapped[bool]
    reason: Mapped[str]


class BlindVoteRow(Table):
    """One member's vote in one blind demo; `ahead` and `behind` hold [stage, key]."""

    __tablename__ = "blind_votes"

    demo: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True, index=True)
    guild: Mapped[int | None] = mapped_column(index=True)
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    choice: Mapped[str] = mapped_column(String(16))
    ahead: Mapped[Any]
    behind: Mapped[Any]


class GapRow(Table):
    """One question that the lessons left open; `answer` is the document written as its answer."""

    __tablename__ = "gaps"

    request_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int | None] = mapped_column(index=True)
    channel: Mapped[int]
    member: Mapped[int] = mapped_column(index=True)
    at: Mapped[float] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(16))
    question: Mapped[str]
    nearest: Mapped[str | None]
    answer: Mapped[str | None] = mapped_column(String(32))


class HandedRow(Table):
    """One question that a member handed on to the mentors of a server."""

    __tablename__ = "handed"

    request_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int] = mapped_column(index=True)
    channel: Mapped[int]
    member: Mapped[int] = mapped_column(index=True)
    at: Mapped[float] = mapped_column(index=True)
    message: Mapped[int | None]
    reply: Mapped[int | None]
    answered_by: Mapped[int | None]


class ReadingRow(Table):
    """What one member has read of one lesson; `at` is the last time."""

    __tablename__ = "readings"

    member: Mapped[int] = mapped_column(primary_key=True, index=True)
    lesson: Mapped[str] = mapped_column(String(200), primary_key=True)
    guild: Mapped[int | None]
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)
    anchors: Mapped[Any]


class DocumentRow(Table):
    """One document that was added to the lessons; `approved_at` is null while it waits."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int | None] = mapped_column(index=True)
    title: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    added_by: Mapped[int | None]
    added_at: Mapped[float]
    approved_by: Mapped[int | None]
    approved_at: Mapped[float | None]
    hidden: Mapped[Any]
    count: Mapped[int]
    passages: Mapped[Any]


class DailyRow(Table):
    """What is posted in one channel by itself; `sent` is the newest local date, as YYYY-MM-DD."""

    __tablename__ = "dailies"

    channel: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    guild: Mapped[int] = mapped_column(index=True)
    hour: Mapped[int]
    weekday: Mapped[int | None]
    sent: Mapped[str | None] = mapped_column(String(10))
    set_by: Mapped[int | None]
    stopped: Mapped[bool]


class SessionRow(Table):
    """One session of a study group; `at` is when it begins."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int] = mapped_column(index=True)
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)
    title: Mapped[str]
    planned_by: Mapped[int | None]
    lesson: Mapped[str | None]
    demo: Mapped[str | None]
    lineup: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(16), index=True)
    event: Mapped[int | None]
    message: Mapped[int | None]
    preloaded: Mapped[bool]
    ran: Mapped[Any]


class AttendanceRow(Table):
    """That one member said that they are at one session."""

    __tablename__ = "attendances"

    session: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True, index=True)
    guild: Mapped[int]
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)


class ConsentRow(Table):
    """That somebody in a channel agreed that prompts go to a provider's host."""

    __tablename__ = "consents"

    channel: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    at: Mapped[float]


class ServerRow(Table):
    """What the managers of one server chose."""

    __tablename__ = "servers"

    guild: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channels: Mapped[Any]
    roles: Mapped[Any]
    open_channels: Mapped[Any]
    curator_role: Mapped[int | None]
    mentor_role: Mapped[int | None]
    model: Mapped[str | None]
    retention_days: Mapped[int]
    remembers: Mapped[bool]
    timezone: Mapped[str] = mapped_column(String(64), server_default=UTC)
