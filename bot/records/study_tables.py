"""The tables of quizzes and reviews; see `bot.records.tables`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.records.tables import Table


class AttemptRow(Table):
    """One answer of one member to one question that was asked; see `bot.attempts.Attempt`."""

    __tablename__ = "attempts"

    sitting: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
    guild: Mapped[int | None] = mapped_column(index=True)
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)
    lesson: Mapped[str] = mapped_column(String(200))
    passage: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    right: Mapped[bool]
    points: Mapped[int]
    choice: Mapped[int | None]
    seconds: Mapped[float | None]


class CardRow(Table):
    """One question that one member reviews; see `bot.deck.Card`. It expires by `due`."""

    __tablename__ = "cards"

    member: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    question: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int | None]
    channel: Mapped[int]
    at: Mapped[float]
    lesson: Mapped[str] = mapped_column(String(200))
    began: Mapped[float]
    due: Mapped[float] = mapped_column(index=True)
    state: Mapped[Any]


class LiveQuizRow(Table):
    """One live quiz that is not over; see `bot.quizzes.KeptQuiz`."""

    __tablename__ = "live_quizzes"

    quiz: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild: Mapped[int]
    channel: Mapped[int]
    at: Mapped[float]
    questions: Mapped[Any]
    started_by: Mapped[int | None]
    number: Mapped[int]
    message: Mapped[int | None]
    until: Mapped[float]
    closed: Mapped[bool]


class UnlistedRow(Table):
    """That one member wishes to stand on no leaderboard of one server."""

    __tablename__ = "unlisted"

    member: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
    channel: Mapped[int]
    at: Mapped[float] = mapped_column(index=True)


class ReminderRow(Table):
    """That one member is told when cards are due; `sent` is a local date, as YYYY-MM-DD."""

    __tablename__ = "reminders"

    member: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    guild: Mapped[int | None]
    channel: Mapped[int]
    at: Mapped[float]
    hour: Mapped[int]
    sent: Mapped[str | None] = mapped_column(String(10))
    stopped: Mapped[bool]
