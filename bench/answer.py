"""Answering: what the bot adds to a model's stream, in delay and in CPU.

A scripted model writes 400 tokens at 40 a second with five citing sentences, in a
process of its own. Measured here: how far the first text lies behind the model's
first token, and this process's CPU from the sources to the end, all threads, less
what the process takes while idle. Beside it the same stream read by less: through
our engine alone, by the ollama library alone, and as bare lines of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
import httpx
from ollama import AsyncClient

from bench.scripted import RATE, TAG, TOKENS
from bench.tables import Cell, Table, show
from bot.asking import Question
from bot.events import Delta, Finished, SourcesFound, Verdict
from bot.model import Message, Sampling
from bot.settings import read_settings
from bot.wiring import Services, open_services

QUESTIONS = (
    "What does a base model do when I ask it a question?",
    "Which models are frontier models, and who makes them?",
    "What can I do with open weights that I cannot do with an API?",
    "How is an instruct model trained?",
    "When does a reasoning model pay off?",
    "What is a fine-tuned model good for?",
)
IDLE_SECONDS = 3.0
TARGETS = "Targets: first text at most 0.1 s behind, at most 60 ms CPU an answer."


@dataclass(frozen=True, slots=True)
class Clocks:
    """CPU seconds: of all threads of this process, and of the event loop's."""

    process: float
    loop: float

    @classmethod
    def now(cls) -> Clocks:
        """Read both clocks; to be called in the event loop's thread."""
        return cls(time.process_time(), time.thread_time())


@dataclass(frozen=True, slots=True)
class Run:
    """One stream read to its end; seconds. `first` is a moment of the monotonic clock."""

    first: float
    wall: float
    process: float
    loop: float
    verdicts: int = 0
    supported: int = 0


class Watch:
    """Takes the moments of one stream."""

    def __init__(self) -> None:
        self.begin()
        self._first = 0.0
        self._verdicts: list[bool] = []

    def begin(self) -> None:
        """Start again: what was until now does not count."""
        self._started, self._clocks = time.monotonic(), Clocks.now()

    def text(self) -> None:
        """Note that text came."""
        self._first = self._first or time.monotonic()

    def verdict(self, *, supported: bool) -> None:
        """Note that a citation was judged."""
        self._verdicts.append(supported)

    def end(self) -> Run:
        """Return what was measured."""
        now = Clocks.now()
        return Run(
            self._first,
            time.monotonic() - self._started,
            now.process - self._clocks.process,
            now.loop - self._clocks.loop,
            len(self._verdicts),
            sum(self._verdicts),
        )


async def read_answer(services: Services, question: str) -> Run:
    """Read a whole answer of ours, counted from its sources on.

    Raises RuntimeError when it does not end well.
    """
    watch = Watch()
    async with aclosing(services.asking.ask(Question(question, "bench"))) as events:
        async for event in events:
            match event:
                case SourcesFound():
                    watch.begin()
                case Delta():
                    watch.text()
                case Verdict(_, supported):
                    watch.verdict(supported=supported)
                case Finished(model=model) if model is not None:
                    return watch.end()
    raise RuntimeError(f"no model's answer to: {question}")


async def read_engine(services: Services, question: str) -> Run:
    """Read the same model through our engine alone: no queue, no search, no checks."""
    watch = Watch()
    stream = services.model.chat(
        (Message("user", question),), think=False, sampling=Sampling(num_predict=800)
    )
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, Delta):
                watch.text()
    return watch.end()


async def read_library(services: Services, question: str) -> Run:
    """Read the same model by the ollama library alone."""
    client = AsyncClient(host=services.settings.ollama_host)
    watch = Watch()
    messages = [{"role": "user", "content": question}]
    async for _ in await client.chat(model=TAG, messages=messages, think=False, stream=True):
        watch.text()
    run = watch.end()
    await client.close()  # type: ignore[no-untyped-call]  # the library's own lack
    return run


async def read_lines(services: Services, question: str) -> Run:
    """Read the same model as lines of JSON and nothing more."""
    body = {"model": TAG, "messages": [{"role": "user", "content": question}], "stream": True}
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
        watch = Watch()
        url = f"{services.settings.ollama_host}/api/chat"
        async with client.stream("POST", url, json=body) as response:
            async for line in response.aiter_lines():
                json.loads(line)
                watch.text()
        return watch.end()


READERS: tuple[tuple[str, Callable[[Services, str], Awaitable[Run]]], ...] = (
    ("the whole answer, checked", read_answer),
    ("our engine alone", read_engine),
    ("the ollama library alone", read_library),
    ("lines of JSON alone", read_lines),
)


def answer_table(found: Sequence[tuple[str, Sequence[Run], Sequence[float]]], idle: float) -> Table:
    """Delay behind the model's first token and CPU beyond `idle` (CPU seconds a second)."""
    rows: list[tuple[Cell, ...]] = []
    for name, runs, sent in found:
        behind = [run.first - moment for run, moment in zip(runs, sent, strict=True)]
        cpu = [1000 * (run.process - idle * run.wall) for run in runs]
        loop = [1000 * run.loop for run in runs]
        judged = sum(run.verdicts for run in runs)
        rows.append(
            (
                name,
                len(runs),
                median(behind),
                max(behind),
                median(cpu),
                max(cpu),
                median(loop),
                f"{sum(run.supported for run in runs)}/{judged}" if judged else None,
            )
        )
    columns = ("reader", "n", "behind s", "worst", "CPU ms", "worst CPU", "loop ms", "supported")
    title = f"An answer of {TOKENS} tokens at {RATE:g} a second"
    return Table("answer", title, columns, tuple(rows))


@asynccontextmanager
async def scripted_model(log: Path) -> AsyncIterator[str]:
    """Run the scripted model in a process of its own; yields its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.scripted",
        str(log),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the scripted model has no pipes")
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def measure(answers: int) -> Table:
    """Read `answers` streams in each way, one after the other, after one that warms up."""
    found: list[tuple[str, Sequence[Run], Sequence[float]]] = []
    with TemporaryDirectory() as folder:
        log = Path(folder) / "first-tokens"
        async with scripted_model(log) as url:
            settings = read_settings(data_dir=Path(folder), ollama_host=url, ask_model=TAG)
            async with open_services(settings, refresh=True) as services:
                await read_answer(services, QUESTIONS[-1])
                clocks = Clocks.now()
                await asyncio.sleep(IDLE_SECONDS)
                idle = (Clocks.now().process - clocks.process) / IDLE_SECONDS
                for name, read in READERS:
                    log.unlink(missing_ok=True)
                    runs = [
                        await read(services, QUESTIONS[n % len(QUESTIONS)]) for n in range(answers)
                    ]
                    sent = [float(line) for line in log.read_text("utf-8").split()]
                    found.append((name, runs, sent))
    return answer_table(found, idle)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--answers", default=5, show_default=True, help="Answers of each way of reading.")
def command(as_json: bool, answers: int) -> None:  # noqa: FBT001  click passes options by name
    """Measure what an answer costs beyond the model and the retrieval (10 s an answer)."""
    show((asyncio.run(measure(answers)),), as_json=as_json, notes=(TARGETS,))
