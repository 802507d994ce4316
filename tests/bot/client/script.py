"""A scripted answerer behind the `Asks` port, and a real bot that uses it on the fake Discord."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from bot.asking import Asking, Question
from bot.client.bot import StudyBot
from bot.client.remedies import release_cancelled_locks
from bot.client.serving import logged_in, serve
from bot.errors import MemoryUnavailable
from bot.events import Citation, Event, Finished, SourcesFound
from bot.model import Delta, Usage
from bot.settings import Settings
from bot.wiring import open_services
from knowledge.passages import Hit, Passage
from tests.doubles.discord import FakeDiscord, Interaction, Message

PASSAGE = Passage(
    id="tokens#what",
    lesson="tokens",
    lesson_title="Tokens",
    heading="What a token is",
    path=(),
    anchor="what",
    text="A token is a piece of text. See [more](https://a.example/more).",
)
BOT_TOKEN = ".".join(
    ("MTIzNDU2Nzg5MDEyMzQ1Njc4OQ", "GhIjKl", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789ab")
)
"""One that looks as Discord's do, in parts, so that nobody takes it for a real one."""
HITS = (Hit(PASSAGE, 0.9),)
USAGE = Usage(prompt_tokens=10, answer_tokens=20, answer_seconds=1.0)

Step = Event | float | Callable[[], Awaitable[Any]]


def answering(text: str, *, every: float = 0.0, size: int = 20) -> list[Step]:
    """Return a plain answer in pieces of `size` characters, one each `every` seconds."""
    steps: list[Step] = [SourcesFound(HITS)]
    for i in range(0, len(text), size):
        steps += [Delta(text[i : i + size]), every]
    cited = (Citation(1, PASSAGE, supported=True),)
    return [*steps, Finished(text, cited, USAGE, "tiny:1b")]


class Script:
    """Plays `steps` for each question: events, seconds to sleep, or things to await."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.questions: list[Question] = []
        self.closed = 0

    async def ask(self, question: Question) -> AsyncGenerator[Event]:
        """Play the steps."""
        self.questions.append(question)
        try:
            for step in self.steps:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif callable(step):
                    await step()
                else:
                    yield step
        finally:
            self.closed += 1


@asynccontextmanager
async def running_bot(
    fake: FakeDiscord,
    script: Script,
    data_dir: Path,
    *,
    clock: Callable[[], float] = time.time,
    opened: bool = True,
    **settings: Any,
) -> AsyncIterator[StudyBot]:
    """Connect the real bot to the fake Discord with a scripted answerer.

    What has a time of its own goes by `clock`, in seconds since 1970. With `opened`, the records
    are open by then, which may take long where the machine is busy.
    """
    release_cancelled_locks()
    chosen = Settings(data_dir=data_dir, **settings)
    async with open_services(chosen, load=False) as real:
        real.records.clock = clock
        services = replace(real, asking=cast("Asking", script))
        with fake.install():
            async with logged_in(services, fake.token) as bot:
                serving = asyncio.create_task(serve(bot))
                await bot.wait_until_ready()
                if opened:
                    with suppress(MemoryUnavailable):  # as some tests want it
                        await real.records.memory.check()
                yield bot
                await bot.close()
                await serving


async def whole(fake: FakeDiscord, asked: Interaction, within: float = 60.0) -> Message:
    """Wait until the answer's buttons say that it has ended; return its first message."""
    await fake.until(lambda: any("Retry" in str(m.payload) for m in messages(fake, asked)), within)
    return messages(fake, asked)[0]


def messages(fake: FakeDiscord, asked: Interaction) -> list[Message]:
    """Return the messages that answer an interaction, in order."""
    ids = [asked.original, *asked.followups]
    found = [fake.messages[i] for i in ids if i and i in fake.messages]
    return [message for message in found if message.deleted_at is None]


def body(message: Message) -> str:
    """Return the model's text: what stands in the container."""
    boxes = [c for c in message.payload["components"] if c["type"] == 17]
    return "".join(part["content"] for box in boxes for part in box["components"])
