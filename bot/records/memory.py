"""Opening the records: the port's nouns over one database."""

from __future__ import annotations

from bot.calendar import Calendar
from bot.memory import Memory
from bot.records.answers import AnswerRecords
from bot.records.attempts import AttemptRecords
from bot.records.blind_votes import BlindVoteRecords
from bot.records.consents import ConsentRecords
from bot.records.dailies import DailyRecords
from bot.records.database import Database
from bot.records.deck import DeckRecords
from bot.records.demos import DemoRecords
from bot.records.documents import DocumentRecords
from bot.records.erasing import ErasingRecords
from bot.records.figures import FigureRecords
from bot.records.gaps import GapRecords
from bot.records.handing import HandedRecords
from bot.records.levels import LevelRecords
from bot.records.quizzes import QuizRecords
from bot.records.readings import ReadingRecords
from bot.records.reminders import ReminderRecords
from bot.records.servers import ServerRecords
from bot.records.sessions import SessionRecords
from bot.records.studies import StudyRecords
from bot.records.turns import TurnRecords
from bot.records.unlisted import UnlistedRecords
from bot.records.votes import VoteRecords


def open_records(url: str) -> Memory:
    """Return the memory behind a database URL; the database is opened at the first use."""
    database = Database(url)
    return Memory(
        turns=TurnRecords(database),
        levels=LevelRecords(database),
        studies=StudyRecords(database),
        answers=AnswerRecords(database),
        demos=DemoRecords(database),
        votes=VoteRecords(database),
        blind_votes=BlindVoteRecords(database),
        consents=ConsentRecords(database),
        gaps=GapRecords(database),
        handed=HandedRecords(database),
        documents=DocumentRecords(database),
        readings=ReadingRecords(database),
        figures=FigureRecords(database),
        attempts=AttemptRecords(database),
        deck=DeckRecords(database),
        quizzes=QuizRecords(database),
        calendar=Calendar(
            DailyRecords(database), SessionRecords(database), ReminderRecords(database)
        ),
        unlisted=UnlistedRecords(database),
        servers=ServerRecords(database),
        erasing=ErasingRecords(database),
        check=database.check,
        close=database.close,
    )
