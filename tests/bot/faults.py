"""Asking as it is wired, over a fake Ollama that fails: what every fault test looks at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.asking import Asking, Question
from bot.engines.ollama import OllamaEngine
from bot.engines.patience import Patience
from bot.events import (
    Collected,
    Declined,
    Delta,
    Failed,
    Finished,
    Loading,
    NoticeKind,
    collect,
)
from bot.model import ModelEntry
from bot.queue import FairQueue
from bot.writing import Writer
from knowledge.passages import PassageSearch, SentenceEncoder
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest

ROOT = Path(__file__).parents[2]
TAG = "llama3.2:3b-instruct-q4_K_M"
BASE = "What does a base model do when I ask it a question?"
TRUE = "A base model carries on writing from the question instead of answering it [1]."
LONG = f"{TRUE} It has read a great many pages in which one question follows upon another one."
"""More than twenty words, and so tokens: from there on nothing is tried again."""

PATIENCE = Patience(connect=1.0, first_token=2.0, gap=0.5, loading=0.05, pause=0.01)


def words(text: str) -> list[str]:
    """Return `text` as tokens, a word each."""
    return [word if n == 0 else f" {word}" for n, word in enumerate(text.split(" "))]


class Clock:
    """A clock that stands still until it is moved; seconds."""

    now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@dataclass
class Bench:
    """Asking with one model behind it, and the clock of that model's breaker."""

    asking: Asking
    engine: OllamaEngine
    fake: FakeOllama
    clock: Clock
    queue: FairQueue
    others: set[asyncio.Task[object]] = field(default_factory=set)

    async def ask(self, member: str = "m") -> Collected:
        """Ask and read to the end; check what must hold after every fault.

        There is one ending and it comes last, every generation is over within two seconds, no
        task of ours is left, and no sentence tells of a path or an address.
        """
        asked = await collect(self.asking.ask(Question(BASE, member)))
        endings = [e for e in asked.events if isinstance(e, Finished | Declined | Failed)]
        assert endings == [asked.events[-1]]
        if self.queue.running == 0:
            await self.at_rest()
        for sentence in sentences(asked):
            assert len(sentence) < 400
            for part in ("/root", "http", "127.0.0.1", "Traceback"):
                assert part not in sentence
        return asked

    async def at_rest(self) -> None:
        """Check that the engine writes nothing any more and that no task of ours is left."""
        await self.fake.until(lambda: all(r.over.is_set() for r in self.fake.generations), 2.0)
        assert ours() - self.others == set()

    async def closed(self, task: asyncio.Task[Collected]) -> None:
        """Cancel a reader; check that all it had begun is over within two seconds."""
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)
        await self.at_rest()
        assert (self.queue.running, self.queue.waiting) == (0, 0)

    def say(self, text: str | Callable[[FakeRequest], Sequence[str]], **more: object) -> None:
        """Let the model say `text` from now on."""
        tokens = words(text) if isinstance(text, str) else text
        self.fake.models[TAG] = FakeModel(TAG, tokens, **more)  # type: ignore[arg-type]  # its own fields


def bench_of(
    fake: FakeOllama,
    search: PassageSearch,
    encoder: SentenceEncoder,
    *,
    patience: Patience = PATIENCE,
    queue: FairQueue | None = None,
) -> Bench:
    """Wire the parts as `bot.wiring` does, with a clock of the tests'."""
    clock, queue = Clock(), queue or FairQueue(2)
    engine = OllamaEngine(fake.url, patience=patience, clock=clock)
    model = engine.model(ModelEntry(TAG, fake.url, num_ctx=8192))
    asking = Asking(search, queue, Writer(model, encoder), resting=model.resting)
    return Bench(asking, engine, fake, clock, queue)


def ours() -> set[asyncio.Task[object]]:
    """Return the running tasks that run code of the program's."""
    folders = (ROOT / "bot", ROOT / "knowledge")
    return {
        task
        for task in asyncio.all_tasks()
        if not task.done()
        and (code := getattr(task.get_coro(), "cr_code", None))
        and any(Path(code.co_filename).is_relative_to(folder) for folder in folders)
    }


def sentences(asked: Collected) -> list[str]:
    """Return every sentence of ours beside the model's text."""
    told = [notice.text for notice in asked.notices]
    return [*told, asked.ending.error.sentence] if isinstance(asked.ending, Failed) else told


def shown(asked: Collected) -> str:
    """Return the text that was streamed."""
    return "".join(event.text for event in asked.events if isinstance(event, Delta))


def loading(asked: Collected) -> bool:
    """Say whether it was told that the model is being loaded."""
    return any(isinstance(event, Loading) for event in asked.events)


def quoted(asked: Collected, reason: str) -> None:
    """Check that the passages were quoted, with `reason` in one sentence."""
    assert isinstance(asked.ending, Finished)
    assert asked.ending.model is None
    assert "[1]" in asked.ending.answer
    assert [notice.kind for notice in asked.notices] == [NoticeKind.NO_MODEL]
    assert reason in asked.notices[0].text
    assert shown(asked) == ""


def answered(asked: Collected, text: str = TRUE) -> None:
    """Check that the model answered with `text`, and that nothing of it was shown twice."""
    assert isinstance(asked.ending, Finished)
    assert asked.ending.model == TAG
    assert asked.ending.answer == shown(asked) == text


def broke_off(asked: Collected, text: str, reason: str) -> None:
    """Check that the text so far stayed and one sentence says why there is no more."""
    assert isinstance(asked.ending, Failed)
    assert asked.ending.text_so_far == shown(asked) == text
    assert reason in asked.ending.error.sentence
