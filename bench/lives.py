"""Lives: the real bot as a process between the fake Discord and the fake Ollama, ended and begun.

What members do, and what they see of it, is remembered across the lives, so that after a kill it
can be asked whether everything that was said to them still holds.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.member import Member
from tests.doubles.discord.records import LOADING, visible_text, walk
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest

MODEL = "tiny:1b"
WORDS = 60
READY = '"ready as'
ENDED = ("Retry", "I was restarted", "being restarted")
"""One of these stands in a message that has come to its end."""
_CASE = re.compile(r"\(case (\d+)\)")


def model(rate: float) -> FakeModel:
    """Return a model that writes WORDS words which name the question's number."""

    def say(request: FakeRequest) -> Sequence[str]:
        case = (_CASE.findall(request.prompt) or ["0"])[-1]
        ends = {WORDS - 1: " [1].\n"}
        return [f"c{case}w{i}{ends.get(i, ' ')}" for i in range(WORDS)]

    return FakeModel(MODEL, tokens=say, tokens_per_second=rate, first_token_seconds=0.2)


def ask_by(door: str, member: Member, question: str) -> Interaction | Message:
    """Let a member ask through a door: "ask", "private", "mention", "menu", or else "dm"."""
    match door:
        case "ask":
            return member.slash("ask", question=question)
        case "private":
            return member.slash("ask", question=question, private=True)
        case "menu":
            return member.menu("Explain from the lessons", member.say(question))
        case "mention":
            return member.mention(question)
    return member.dm(question)


@dataclass(slots=True)
class Asked:
    """A question, through which door, and what it was answered in."""

    case: int
    door: str
    by: Interaction | Message
    at: float

    def messages(self, fake: FakeDiscord) -> list[Message]:
        """Return the bot's messages that answer it."""
        if isinstance(self.by, Interaction):
            ids = (self.by.original, *self.by.followups)
            return [fake.messages[i] for i in ids if i and not fake.messages[i].deleted_at]
        return [
            message
            for message in fake.messages.values()
            if (message.payload.get("message_reference") or {}).get("message_id") == self.by.id
        ]

    def __str__(self) -> str:
        return f"case {self.case} by {self.door}"

    def shown(self, fake: FakeDiscord) -> list[str]:
        """Return how its messages end."""
        return [message.text[-60:] for message in self.messages(fake)]

    def words(self, fake: FakeDiscord) -> int:
        """Count the answer's words that are shown."""
        shown = " ".join(message.text for message in self.messages(fake))
        return len(set(re.findall(rf"c{self.case}w\d+", shown)))

    def ended(self, fake: FakeDiscord) -> bool:
        """Say whether a member sees that nothing more comes."""
        found = self.messages(fake)
        if not found or any(m.payload["flags"] & LOADING for m in found):
            return False
        labels = [c.get("label") for m in found for c in walk(m.payload["components"])]
        shown = " ".join([*(visible_text(m.payload) for m in found), *map(str, labels)])
        return "Stop" not in labels and any(sign in shown for sign in ENDED)

    def finished(self, fake: FakeDiscord) -> bool:
        """Say whether the whole answer stands there."""
        return self.ended(fake) and self.words(fake) == WORDS


class Lives:
    """One data folder, and the bots that live on it one after the other."""

    def __init__(
        self, fake: FakeDiscord, ollama: FakeOllama, folder: Path, rng: random.Random
    ) -> None:
        self.fake, self.ollama, self.rng = fake, ollama, rng
        self.data, self.lessons = folder / "data", folder / "lessons"
        self.lessons.mkdir()
        self._folder = folder
        self._lives = 0
        self._cases = 0
        self.bot: asyncio.subprocess.Process | None = None

    def environment(self) -> dict[str, str]:
        """Return what the bot is started with."""
        return {
            **os.environ,  # noqa: TID251  the child needs the search path
            "DISCORD_TOKEN": self.fake.token,
            "DISCORD_API_BASE": self.fake.api_base,
            "DISCORD_GATEWAY_URL": self.fake.gateway_url,
            "OLLAMA_HOST": self.ollama.url,
            "ASK_MODEL": MODEL,
            "ENGINE_SLOTS": "8",
            "DATA_DIR": str(self.data),
            "LESSONS_DIR": str(self.lessons),
        }

    @property
    def log(self) -> Path:
        """The log of this life."""
        return self._folder / f"life-{self._lives}.log"

    async def spawn(self) -> asyncio.subprocess.Process:
        """Begin a life."""
        self._lives += 1
        with self.log.open("wb") as log:
            command = (sys.executable, "-m", "bot", "run")
            self.bot = await asyncio.create_subprocess_exec(
                *command, env=self.environment(), stderr=log, stdout=log
            )
        return self.bot

    async def start(self) -> None:
        """Begin a life and wait until it is ready. Raises TimeoutError."""
        await self.spawn()
        await self.fake.until(lambda: READY in self.log.read_text("utf-8"), within=60.0)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> tuple[int, float]:
        """End the life by a signal; return its exit code and how many seconds it took."""
        if self.bot is None:
            raise RuntimeError("nothing lives")
        began = time.monotonic()
        if self.bot.returncode is None:
            self.bot.send_signal(number)
        try:
            code = await asyncio.wait_for(self.bot.wait(), 40.0)
        except TimeoutError:
            self.bot.kill()
            code = await self.bot.wait()
        return code, time.monotonic() - began

    async def command(self, *words: str) -> asyncio.subprocess.Process:
        """Start a command of the program on the same folder."""
        environment = self.environment()
        del environment["DISCORD_TOKEN"]
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words), env=environment, stdout=pipe, stderr=pipe
        )

    def errors(self) -> list[str]:
        """Return the lines of this life's log that tell of an error."""
        return [line for line in self.log.read_text("utf-8").splitlines() if _bad(line)]

    def ask(
        self, door: str = "", member: str = "", question: str = "What is a base model?"
    ) -> Asked:
        """Let a member ask."""
        self._cases += 1
        door = door or self.rng.choice(("ask", "private", "mention", "dm"))
        who = self.fake.member(member or f"member{self._cases}")
        text = f"{question} (case {self._cases})"
        by = ask_by(door, who, text)
        return Asked(self._cases, door, by, time.monotonic())

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read the records."""
        with closing(sqlite3.connect(f"file:{self.data / 'records.db'}?mode=ro", uri=True)) as file:
            file.row_factory = sqlite3.Row
            return [dict(row) for row in file.execute(query, values)]


def _bad(line: str) -> bool:
    try:
        return json.loads(line)["level"] in ("ERROR", "CRITICAL")
    except (ValueError, KeyError, TypeError):
        return bool(line.strip())  # no line of the log: something broke before or beside it
