"""Stats: figures of one server, of some days, without a word of anybody."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attempts import Attempt
from bot.calendar import Attendance, Session, SessionState
from bot.documents import ANSWER, Document
from bot.figures import AnswerFigures, End
from bot.memory import Gap, KeptAnswer, Memory, Place, ServerSettings, Vote
from bot.records.memory import open_records
from bot.servers import ServerBook
from bot.sheet import as_sheet
from bot.stats import (
    QUOTED,
    Stats,
    figures_sheet,
    hardest_sheet,
    reasons_sheet,
    sessions_sheet,
    summary,
    told,
)
from knowledge.lesson import Lesson

DAY, NOW = 86_400.0, 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
HERE, THERE = Place(10, 1), Place(20, 2)
CANARY = "canary-c0ffee"
KEPT = KeptAnswer(
    request_id="a1",
    member=7,
    place=HERE,
    at=NOW - DAY,
    question=CANARY,
    open=False,
    text=CANARY,
    passages=("tokens#what", "tokens#why"),
    cited=(2,),
    end=End("done", "tiny:1b", 0.5, 2.0),
)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    opened = open_records(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    quoted = replace(KEPT, request_id="a2", end=End("done", None, 0.1, 0.1), cited=(1, 2))
    declined = replace(KEPT, request_id="a3", end=End("declined", None, None, 0.2), cited=())
    old = replace(KEPT, request_id="a4", at=NOW - 20 * DAY)
    cut = replace(KEPT, request_id="a5", end=None, cited=())
    foreign = replace(KEPT, request_id="b1", place=THERE, end=End("done", "theirs:1b", 1.0, 1.0))
    for one in (
        KEPT,
        quoted,
        declined,
        old,
        cut,
        foreign,
        replace(KEPT, request_id="c1", place=Place(9)),
    ):
        await opened.answers.keep(one)
    await opened.gaps.add(Gap("a3", 7, HERE, "declined", CANARY, NOW - DAY))
    for request, member, up, reason in (
        ("a1", 7, True, ""),
        ("a1", 8, False, "=1+1"),
        ("a2", 8, False, ""),
        ("b1", 9, False, CANARY),
    ):
        place = THERE if request == "b1" else HERE
        await opened.votes.cast(Vote(request, member, place, up, NOW, reason))
    yield opened
    await opened.close()


def stats_of(memory: Memory) -> Stats:
    return Stats(
        memory.figures,
        memory.attempts,
        ServerBook(memory, remembers=True),
        clock=lambda: NOW,
    )


async def test_what_became_of_each_question_is_counted_once(memory: Memory) -> None:
    report = await stats_of(memory).of(1, 7)
    whole = report.whole
    assert whole.questions == 4
    assert whole.outcomes == {"done": 2, "declined": 1, None: 1}
    assert (whole.left_open, whole.closed) == (1, 0)
    assert (whole.up, whole.down, whole.reasons) == (1, 2, 1)
    assert whole.first_text is not None
    assert (whole.first_text.half, whole.first_text.most) == (0.1, 0.5)
    assert (await stats_of(memory).of(1, 30)).whole.questions == 5


async def test_votes_and_reasons_are_tied_to_models_and_cited_passages(memory: Memory) -> None:
    report = await stats_of(memory).of(1, 7)
    models = {name: (one.questions, one.up, one.down, one.reasons) for name, one in report.by_model}
    assert models == {"tiny:1b": (1, 1, 1, 1), QUOTED: (1, 0, 1, 0)}
    passages = [(name, one.up, one.down, one.reasons) for name, one in report.by_passage]
    assert passages == [("tokens#why", 1, 2, 1), ("tokens#what", 0, 1, 0)]


async def test_a_server_sees_nothing_of_another_and_nothing_said_in_private(
    memory: Memory,
) -> None:
    stats = stats_of(memory)
    report = await stats.of(2, 30)
    assert (report.whole.questions, report.whole.down) == (1, 1)
    assert await stats.servers() == (1, 2)
    assert "theirs" not in str(await stats.of(1, 30))
    assert [reason.text for reason in await stats.reasons(1, 7)] == ["=1+1"]


async def test_no_word_of_a_member_is_in_the_figures(memory: Memory) -> None:
    report = await stats_of(memory).of(1, 30)
    shown = " ".join(told(report)) + figures_sheet(report).decode()
    assert "canary" not in shown
    assert "1+1" not in shown


async def test_a_day_is_the_servers_own(memory: Memory) -> None:
    await memory.servers.change(ServerSettings(1, timezone="Asia/Tokyo", retention_days=12))
    report = await stats_of(memory).of(1, 7)
    assert [name for name, _ in report.by_day] == ["2023-11-14"]  # the 13th in UTC
    assert "12 days here" in told(report)[-1]


async def test_an_approved_answer_closes_a_gap_in_the_figures_too(memory: Memory) -> None:
    answer = Document("d1", 1, "Why?", "an answer", ANSWER, "0" * 64, 1, None, NOW)
    await memory.documents.add(answer, (), ["a3"])
    assert (await stats_of(memory).of(1, 7)).whole.closed == 0
    await memory.documents.approve("d1", None, NOW)
    assert (await stats_of(memory).of(1, 7)).whole.closed == 1


async def test_forgetting_takes_a_member_out_of_the_figures(memory: Memory) -> None:
    await memory.erasing.forget(7)
    report = await stats_of(memory).of(1, 30)
    assert report.whole.questions == 0
    assert "Nobody has asked anything." in told(report)


async def test_the_hardest_questions_come_first_and_name_nobody(
    memory: Memory, shipped: tuple[Lesson, ...]
) -> None:
    hard, easy = next(one for one in shipped if len(one.questions) > 1).questions[:2]
    for member in (7_654_321, 8):
        for question, right in ((easy, True), (hard, member == 8)):
            whose = (f"s{member}", question.id, member, 10, 1, NOW)
            what = (question.lesson, question.passage)
            await memory.attempts.add(Attempt(*whose, *what, "live", right=right, points=0))
    found = await stats_of(memory).hardest(1, 7, shipped)
    assert [(one.text, one.answers, one.right) for one in found] == [
        (hard.text, 2, 1),
        (easy.text, 2, 2),
    ]
    assert b"7654321" not in hardest_sheet(found)
    assert await stats_of(memory).hardest(2, 7, shipped) == ()


async def test_attendance_is_counted_of_sessions_that_began_here(memory: Memory) -> None:
    sessions = memory.calendar.sessions
    plans: tuple[tuple[str, int, float, SessionState], ...] = (
        ("s1", 1, NOW - DAY, "over"),
        ("s2", 1, NOW + DAY, "planned"),
        ("s3", 2, NOW - DAY, "over"),
        ("s4", 1, NOW - DAY, "missed"),
    )
    for name, guild, at, state in plans:
        await sessions.keep(Session(name, guild, 10, "=Tokens", at, planned_by=5, state=state))
        for member in (7, 8, 8):
            await sessions.attend(Attendance(name, member, guild, 10, NOW))
    (held,) = await stats_of(memory).sessions(1, 7)
    assert (held.attendees, held.at) == (2, NOW - DAY)
    assert b"2023-11-13,'=Tokens,,2" in sessions_sheet([held])


async def test_the_sheets_hold_no_formula(memory: Memory) -> None:
    stats = stats_of(memory)
    rows = list(
        csv.DictReader(io.StringIO(figures_sheet(await stats.of(1, 7)).decode("utf-8-sig")))
    )
    assert {row["group"] for row in rows} == {"all", "day", "model", "passage"}
    assert rows[0]["questions"] == "4"
    assert rows[0]["first_text_p95_s"] == "0.5"
    (reason,) = csv.DictReader(
        io.StringIO(reasons_sheet(await stats.reasons(1, 7)).decode("utf-8-sig"))
    )
    assert reason["reason"] == "'=1+1"
    assert (reason["model"], reason["passages"]) == ("tiny:1b", "tokens#why")


@given(st.text(st.characters(codec="utf-8")))
def test_no_text_in_a_cell_begins_a_formula(text: str) -> None:
    sheet = as_sheet(("head",), [(text,)]).decode("utf-8-sig")
    _, (cell,) = csv.reader(io.StringIO(sheet, newline="")) if text else ((), ("",))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.endswith(text)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=60))
def test_at_least_half_and_95_of_100_came_within_what_is_told(seconds: list[float]) -> None:
    times = summary([AnswerFigures(0.0, End("done", "m", each, each)) for each in seconds]).whole
    assert times is not None
    within = [sum(each <= limit for each in seconds) for limit in (times.half, times.most)]
    assert 2 * within[0] >= len(seconds)
    assert 100 * within[1] >= 95 * len(seconds)
