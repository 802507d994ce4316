"""A9: twenty members ask through every door under seeded random faults of Discord and Ollama.

Each question ends in exactly one visible outcome, and nothing is left behind: the bot runs as a
process of its own, which tells what it holds (`tests.census`), so that what the doubles remember is
not counted. It lasts SOAK_SECONDS (`make soak`: ten minutes) with the seed SOAK_SEED.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.lives import ask_by
from bot.present import writer
from bot.present.answers import REMEMBERED
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.ollama import FakeModel, FakeOllama, Fault
from tests.doubles.ollama.script import FaultKind

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))  # noqa: TID251  read by this test alone
LONG = 600.0
"""Seconds after which memory must be flat."""
SEED = int(os.environ.get("SOAK_SEED", "1"))  # noqa: TID251  as above
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
    bot: asyncio.subprocess.Process
    rng: random.Random
    until: float
    doors: Counter[str] = field(default_factory=Counter)
    asked: list[Interaction | Message] = field(default_factory=list)
    counted: list[dict[str, Any]] = field(default_factory=list)

    async def ask_on(self, name: str) -> None:
        """Ask as one member, one question after the other, and look at how each ended."""
        member = self.fake.member(name)
        while time.monotonic() < self.until:
            door = self.rng.choice(("ask", "private", "mention", "dm", "menu"))
            self.doors[door] += 1
            question = self.rng.choice(QUESTIONS)
            asked = ask_by(door, member, question)
            self.asked.append(asked)
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
            newer = takewhile(lambda m: m is not asked, reversed(self.fake.messages.values()))
            found = [
                message
                for message in newer
                if (message.payload.get("message_reference") or {}).get("message_id") == asked.id
            ]
        return [message for message in found if message.text]

    def _ended(self, asked: Interaction | Message) -> bool:
        """Say whether there is an outcome: an end, or a message that a moderator took away."""
        found = self._answers(asked)
        if any(message.deleted_at is not None for message in found):
            return True
        return any("Retry" in str(message.payload) for message in found)

    def unlike_one(self) -> list[str]:
        """Name the questions that did not end once: not at all, or more often.

        A message that a moderator took away is an end; one sent afresh replaces another.
        """
        found: dict[str, list[Message]] = {each.id: [] for each in self.asked}
        for message in self.fake.messages.values():
            reference = (message.payload.get("message_reference") or {}).get("message_id")
            asked = (message.payload.get("interaction_metadata") or {}).get("id", reference)
            found.get(str(asked), []).append(message)
        return [f"{asked}: {many}" for asked, f in found.items() if (many := _outcomes(f)) != 1]

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

    async def census(self) -> dict[str, Any]:
        """Let the bot tell what it holds."""
        assert self.bot.stdin is not None
        assert self.bot.stdout is not None
        self.bot.stdin.write(b"\n")
        return dict(json.loads(await asyncio.wait_for(self.bot.stdout.readline(), 60.0)))

    async def idle(self) -> dict[str, Any]:
        """Return the census once all has ended, and the connections that it needed are closed."""
        await asyncio.sleep(3.0)
        async with asyncio.timeout(120.0):
            while (counted := await self.census())["running"]:  # noqa: ASYNC110  in another process
                await asyncio.sleep(0.5)
        return counted

    async def count(self) -> None:
        """Take a census now and then, and let the doubles forget what nobody asks them for."""
        began = time.monotonic()
        while (now := time.monotonic()) < self.until:
            self.counted.append(await self.census() | {"at": now - began})
            self.ollama.requests[:] = [r for r in self.ollama.requests if not r.over.is_set()]
            self.fake.log.clear()
            for message in self.fake.messages.values():
                del message.history[:-1]
            if (session := self.fake.gateway.session) is not None:
                # Numbered by their place, and the bot has seen them long ago.
                seen = max(0, len(session.events) - 2000)
                session.events[:seen] = [("", {})] * seen
            await asyncio.sleep(max(2.0, SECONDS / 60))

    def table(self) -> str:
        """Return what the bot held through the run."""
        lines = [f"seed {SEED}: {len(self.asked)} questions by {dict(self.doors)}", ""]
        names = ("at", "rss", "files", "threads", "tasks", "views", "objects", "known")
        lines.append("".join(f"{name:>9}" for name in names))
        for counted in self.counted[:: max(1, len(self.counted) // 15)]:
            row = counted | {"tasks": sum(counted["tasks"].values())}
            lines.append("".join(f"{row[name]:9.0f}" for name in names))
        return "\n".join(lines)


def _outcomes(found: list[Message]) -> int:
    if any(message.deleted_at is not None for message in found):
        return 1
    ended = [message for message in found if "Retry" in str(message.payload)]
    doubled = any(writer.AFRESH in m.text or writer.UNSURE in m.text for m in ended)
    return min(len(ended), 1) if doubled else len(ended)


@asynccontextmanager
async def soaking(fake: FakeDiscord, data: Path) -> AsyncIterator[Soak]:
    """Run the real bot between the two doubles; told to, it ends well."""
    words = [f"word{i} " for i in range(60)]
    model = FakeModel("tiny:1b", tokens=words, tokens_per_second=150)
    async with FakeOllama([model], num_parallel=8) as ollama:
        environment = {
            **os.environ,  # noqa: TID251  the child needs the search path
            "DISCORD_TOKEN": fake.token,
            "DISCORD_API_BASE": fake.api_base,
            "DISCORD_GATEWAY_URL": fake.gateway_url,
            "OLLAMA_HOST": ollama.url,
            "ASK_MODEL": "tiny:1b",
            "ENGINE_SLOTS": "8",
            "DATA_DIR": str(data),
        }
        pipe = asyncio.subprocess.PIPE
        with (data.parent / "log").open("wb") as log:
            bot = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.census",
                env=environment,
                stdin=pipe,
                stdout=pipe,
                stderr=log,
                limit=2**20,
            )
            try:
                await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
                until = time.monotonic() + SECONDS
                rng = random.Random(SEED)  # noqa: S311  a test is to be repeatable
                yield Soak(fake, ollama, bot, rng, until)
                bot.terminate()
                assert await asyncio.wait_for(bot.wait(), 60.0) == 0
            finally:
                if bot.returncode is None:
                    bot.kill()


async def test_a9_every_question_ends_in_one_outcome_and_nothing_is_left_behind(
    fake: FakeDiscord, shipped_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(shipped_data, data)
    names = [f"member{i}" for i in range(MEMBERS)]
    for name in names:
        fake.member(name).channel = fake.add_channel(name)["id"]
    async with soaking(fake, data) as soak:
        before = await soak.census()
        await asyncio.gather(
            soak.break_things(), soak.count(), *(soak.ask_on(name) for name in names)
        )
        fake.faults.rules.clear()
        soak.ollama.heal()
        after = await soak.idle()
        with capsys.disabled():
            sys.stdout.write(f"\n{soak.table()}\n")
        assert soak.unlike_one() == []
        assert len(soak.asked) > MEMBERS
        assert set(after["tasks"]) <= set(before["tasks"])
        assert after["writers"] == after["views"] == after["streams"] == after["pastes"] == 0
        assert after["known"] <= REMEMBERED
        flat(soak.counted)


def flat(counted: list[dict[str, Any]]) -> None:
    """Assert that after a warm-up of a third of the run nothing grew any more."""
    third = len(counted) // 3
    warm, late = counted[third : 2 * third], counted[2 * third :]
    assert max(c["threads"] for c in late) <= max(c["threads"] for c in warm)
    assert max(c["files"] for c in late) <= 2 * max(c["files"] for c in warm)
    if SECONDS >= LONG:  # the first minutes fill what is kept of the newest answers and ids
        assert median(c["rss"] for c in late) < 1.02 * median(c["rss"] for c in warm)
        assert median(c["objects"] for c in late) < 1.05 * median(c["objects"] for c in warm)
