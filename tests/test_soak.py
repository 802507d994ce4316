"""A9: twenty members ask through every door under seeded random faults of Discord and Ollama.

Each question ends in exactly one visible outcome, and nothing is left behind. It lasts
SOAK_SECONDS (`make soak`: ten minutes) with the seed SOAK_SEED.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.client.bot import StudyBot
from bot.client.remedies import release_cancelled_locks
from bot.client.serving import logged_in, serve
from bot.present import intake, writer
from bot.present.answers import REMEMBERED, Answers
from bot.settings import Settings
from bot.wiring import open_services
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.ollama import FakeModel, FakeOllama, Fault
from tests.doubles.ollama.script import FaultKind

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))  # noqa: TID251  read by this test alone
SEED = int(os.environ.get("SOAK_SEED", "1"))  # noqa: TID251  as above
OWN = re.compile(r"/bot/(?!.*tests)|site-packages/discord/")
MEMBERS = 20
QUESTIONS = (
    "What is a base model?",
    "What does a reasoning model do before it answers?",
    "Which models have open weights?",
    "Who won the football world cup?",
    "???",
    "Explain fine-tuning @everyone <@1> [x](https://evil.example)",
)
OLLAMA_FAULTS: tuple[FaultKind, ...] = (
    "eof",
    "error_line",
    "malformed",
    "reset",
    "busy",
    "crash",
    "out_of_memory",
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as discord_:
        discord_.ack_within = 60.0  # this machine may be busy with other tests
        yield discord_


@dataclass(slots=True)
class Soak:
    """What was asked, how it ended, and what is being broken meanwhile."""

    fake: FakeDiscord
    ollama: FakeOllama
    bot: StudyBot
    rng: random.Random
    until: float
    doors: Counter[str] = field(default_factory=Counter)

    async def ask_on(self, name: str) -> None:
        """Ask as one member, one question after the other, and look at how each ended."""
        member = self.fake.member(name)
        while time.monotonic() < self.until:
            door = self.rng.choice(("ask", "private", "mention", "dm", "menu"))
            self.doors[door] += 1
            question = self.rng.choice(QUESTIONS)
            asked: Interaction | Message
            match door:
                case "ask":
                    asked = member.slash("ask", question=question)
                case "private":
                    asked = member.slash("ask", question=question, private=True)
                case "menu":
                    asked = member.menu("Explain from the lessons", member.say(question))
                case "mention":
                    asked = member.mention(question)
                case _:
                    asked = member.dm(question)
            if self.rng.random() < 0.2:
                await self._meddle(name, asked)
            await self.fake.until(lambda asked=asked: self._ended(asked), within=120.0)  # type: ignore[misc]  # mypy does not infer it
            await asyncio.sleep(self.rng.uniform(0.0, 0.5))

    async def _meddle(self, name: str, asked: Interaction | Message) -> None:
        """Stop the answer or delete its message while it is written."""
        member = self.fake.member(name)
        await self.fake.until(lambda: self._answers(asked), within=120.0)
        await asyncio.sleep(self.rng.uniform(0.0, 0.5))
        message = self._answers(asked)[0]
        if message.ephemeral or self.rng.random() < 0.7:
            try:
                member.click(message, "Stop")
            except LookupError:
                return  # it ended before
        else:
            member.delete(message)

    def _answers(self, asked: Interaction | Message) -> list[Message]:
        """Return the bot's messages that answer, deleted ones too, once they say something."""
        if isinstance(asked, Interaction):
            ids = [i for i in (asked.original, *asked.followups) if i]
            found = [self.fake.messages[i] for i in ids]
        else:
            found = [
                message
                for message in self.fake.messages.values()
                if (message.payload.get("message_reference") or {}).get("message_id") == asked.id
            ]
        return [message for message in found if message.text]

    def _ended(self, asked: Interaction | Message) -> bool:
        """Say whether there is an outcome: an end, or a message that a moderator took away."""
        found = self._answers(asked)
        if any(message.deleted_at is not None for message in found):
            return True
        return any("Retry" in str(message.payload) for message in found)

    def outcomes(self, asked: Interaction | Message) -> int:
        """Count the ends a member sees; one sent afresh or in doubt replaces another."""
        found = [m for m in self._answers(asked) if "Retry" in str(m.payload)]
        doubled = any(writer.AFRESH in m.text or writer.UNSURE in m.text for m in found)
        return min(len(found), 1) if doubled else len(found)

    async def break_things(self) -> None:
        """Break something of Discord's or Ollama's a few times a second."""
        faults = self.fake.faults
        while time.monotonic() < self.until:
            await asyncio.sleep(self.rng.uniform(0.05, 0.5))
            method = self.rng.choice(("PATCH", "POST"))
            route = self.rng.choice((r"/webhooks/", r"/channels/", r"/callback$"))
            act_first = self.rng.random() < 0.5
            match self.rng.choice(("status", "reset", "hang", "form", "gateway", "ollama")):
                case "status":
                    status = self.rng.choice((500, 502, 503, 520))
                    faults.status(method, route, status, act_first=act_first)
                case "reset":
                    faults.reset(method, route, act_first=act_first)
                case "hang":
                    faults.hang(method, route, 0.5)
                case "form":
                    faults.status("PATCH", route, 400, 50035)
                case "gateway":
                    await self._break_gateway()
                case _:
                    kind = self.rng.choice(OLLAMA_FAULTS)
                    self.ollama.fail_next(Fault(kind, after=self.rng.randrange(40)))

    async def _break_gateway(self) -> None:
        session = self.fake.gateway.session
        if session is None or session.link is None:
            return
        match self.rng.randrange(4):
            case 0:
                self.fake.gateway.reconnect()
            case 1:
                await self.fake.gateway.close(4000)
            case 2:
                self.fake.gateway.abort()
            case _:
                self.fake.gateway.invalidate(resumable=True)


@asynccontextmanager
async def soaking(fake: FakeDiscord, data: Path) -> AsyncIterator[Soak]:
    """Run the real bot between the two doubles."""
    release_cancelled_locks()
    words = [f"word{i} " for i in range(60)]
    async with FakeOllama(
        [FakeModel("tiny:1b", tokens=words, tokens_per_second=150)], num_parallel=8
    ) as ollama:
        settings = Settings(
            data_dir=data, ollama_host=ollama.url, ask_model="tiny:1b", engine_slots=8
        )
        async with open_services(settings) as services:
            with fake.install():
                async with logged_in(services, fake.token) as bot:
                    serving = asyncio.create_task(serve(bot))
                    await bot.wait_until_ready()
                    until = time.monotonic() + SECONDS
                    rng = random.Random(SEED)  # noqa: S311  a test is to be repeatable
                    yield Soak(fake, ollama, bot, rng, until)
                    await bot.close()
                    await serving


async def test_a9_every_question_ends_in_one_outcome_and_nothing_is_left_behind(
    fake: FakeDiscord, shipped_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "FRESH_SECONDS", 60.0)
    data = tmp_path / "data"
    shutil.copytree(shipped_data, data)
    names = [f"member{i}" for i in range(MEMBERS)]
    for name in names:
        fake.member(name).channel = fake.add_channel(name)["id"]
    async with soaking(fake, data) as soak:
        tasks = own_tasks()
        breaking = asyncio.create_task(soak.break_things())
        await asyncio.gather(*(soak.ask_on(name) for name in names))
        await breaking
        answers: Answers = soak.bot.answers
        await fake.until(lambda: answers.running == 0, within=120.0)
        fake.faults.rules.clear()
        soak.ollama.heal()
        asked: list[Interaction | Message] = [*fake.interactions.values(), *_questions(fake)]
        many = [soak.outcomes(each) for each in asked]
        assert max(many) == 1
        assert sum(soak.doors.values()) > MEMBERS
        gc.collect()
        await fake.until(lambda: own_tasks() <= tasks, within=60.0)
        assert not [thing for thing in gc.get_objects() if type(thing) is writer.Writer]
        assert len(answers._known) <= REMEMBERED
        assert answers._streams == Counter()
        assert soak.bot._connection._view_store._views == {}
        assert soak.bot.hearing._pastes == {}


def own_tasks() -> Counter[str]:
    """Count the running tasks of the program and of discord.py, by what they run."""
    names = []
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and OWN.search(code.co_filename):
            names.append(f"{Path(code.co_filename).stem}.{code.co_name}")
    return Counter(names)


def _questions(fake: FakeDiscord) -> list[Message]:
    return [m for m in fake.messages.values() if m.payload["author"]["id"] != fake.bot["id"]]
