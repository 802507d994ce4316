"""`python -m bench stream`: many members ask at once; what each of them sees, and when.

The bot runs as a process of its own against the fake Discord (50 ms each way) and the fake Ollama
(400 tokens at 40 tokens/s), which run here. Each line of the table stands beside what a reader of
the bare model stream has: every token at once.

ack          command sent → acknowledged
first        model's first token → first of it visible
age          how old the newest visible token is, averaged over the stream
whole        model's last token → whole text visible
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, cast

import click

from bench.tables import Cell, Table, show
from tests.doubles.discord import FakeDiscord, Interaction
from tests.doubles.discord.records import visible_text
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest

MODEL = "tiny:1b"
TOKENS = 400
RATE = 40.0
ONE_WAY = 0.05
CONTAINER = 17
COLUMNS = (
    "asks",
    "ack p99",
    "first p50",
    "first p95",
    "age",
    "whole p50",
    "whole p95",
    "whole answers",
    "calls",
    "429s",
    "refused",
    "CPU",
)
_WORD = re.compile(r"\bw(\d+)\b")
_CASE = re.compile(r"\(case (\d+)\)")


@dataclass(slots=True)
class Stream:
    """One question: what it is about, what the member did, when each token was written."""

    asked: Interaction | None = None
    sent_at: float = 0.0
    tokens: list[float] = field(default_factory=list)

    def say(self) -> Iterator[str]:
        """Yield the answer's tokens; the next is drawn when the one before has been sent."""
        for i in range(TOKENS):
            if i:
                self.tokens.append(time.monotonic())
            # Sentences of twenty words; the last of every hundred words cites.
            end = " [1].\n\n" if i % 100 == 99 else ". " if i % 20 == 19 else " "
            yield f"w{i}{end}"
        self.tokens.append(time.monotonic())


@dataclass(frozen=True, slots=True)
class Seen:
    """What one member saw; seconds."""

    ack: float
    first: float
    age: float
    whole: float
    complete: bool


def seen(fake: FakeDiscord, stream: Stream) -> Seen:
    """Measure one stream from the histories of its messages."""
    asked = cast("Interaction", stream.asked)
    shown: list[tuple[float, int]] = []
    for message_id in (asked.original, *asked.followups):
        for at, payload in fake.messages[message_id or ""].history:
            words = [int(n) for n in _WORD.findall(visible_text(payload))]
            if words:
                shown.append((at + ONE_WAY, max(words)))
    shown.sort()
    first, last = stream.tokens[0], stream.tokens[-1]
    whole = next((at for at, newest in shown if newest == TOKENS - 1), float("inf"))
    ages, newest, i, steps = [], -1, 0, 400
    for step in range(steps):
        now = first + (last - first) * step / steps
        while i < len(shown) and shown[i][0] <= now:
            newest, i = shown[i][1], i + 1
        # Before anything is visible, the newest visible token is as old as the first one waits.
        following = stream.tokens[newest + 1] if newest + 1 < TOKENS else now
        ages.append(max(0.0, now - following))
    return Seen(
        ack=(asked.answered_at or float("inf")) + ONE_WAY - stream.sent_at,
        first=shown[0][0] - first,
        age=fmean(ages),
        whole=whole - last,
        complete=_words(fake, asked) == list(range(TOKENS)),
    )


def _words(fake: FakeDiscord, asked: Interaction) -> list[int]:
    """Return the words of the model's text: what stands in the containers."""
    payloads = [fake.messages[i or ""].payload for i in (asked.original, *asked.followups)]
    boxes = [c for payload in payloads for c in payload["components"] if c["type"] == CONTAINER]
    return [int(n) for box in boxes for n in _WORD.findall(visible_text(box))]


@asynccontextmanager
async def serving(fake: FakeDiscord, ollama: FakeOllama, folder: Path, **more: str) -> Any:
    """Run the bot as a process; `more` are further settings."""
    environment = {
        **os.environ,  # noqa: TID251  the child needs the search path
        "DISCORD_TOKEN": fake.token,
        "DISCORD_API_BASE": fake.api_base,
        "DISCORD_GATEWAY_URL": fake.gateway_url,
        "OLLAMA_HOST": ollama.url,
        "ASK_MODEL": MODEL,
        "ENGINE_SLOTS": "128",
        "DATA_DIR": str(folder),
        **more,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.serve", env=environment
    )
    try:
        yield child.pid
    finally:
        child.terminate()
        await child.wait()


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def ask_at_once(fake: FakeDiscord, streams: list[Stream], start: int) -> list[Stream]:
    """Let new members ask one question each; wait until every answer has ended."""
    for offset, stream in enumerate(streams):
        number = start + offset
        member = fake.member(f"member{number}")
        stream.sent_at = time.monotonic()
        stream.asked = member.slash("ask", question=f"What is a base model? (case {number})")

    def ended() -> bool:
        found = [fake.original(s.asked) for s in streams if s.asked]
        return all(m is not None and "Retry" in str(m.payload) for m in found)

    await fake.until(ended, within=180.0)
    return streams


async def built_index(folder: Path) -> None:
    """Build the index beforehand: its embeddings would compete with what is measured."""
    environment = {**os.environ, "DATA_DIR": str(folder)}  # noqa: TID251  as in `serving`
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "index", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    await child.wait()


def report(
    name: str, fake: FakeDiscord, streams: list[Stream], calls: int, cpu: float
) -> tuple[Cell, ...]:
    """Return one line of the table."""
    rows = [seen(fake, stream) for stream in streams]

    def at(share: float, values: Sequence[float]) -> float:
        return sorted(values)[min(len(values) - 1, int(share * len(values)))]

    ack, first, whole = ([getattr(row, key) for row in rows] for key in ("ack", "first", "whole"))
    age = fmean(row.age for row in rows)
    return (
        name,
        at(0.99, ack),
        median(first),
        at(0.95, first),
        age,
        median(whole),
        at(0.95, whole),
        sum(row.complete for row in rows),
        calls,
        fake.too_many,
        len(fake.refused),
        cpu,
    )


async def measure(counts: Sequence[int], data: Path | None) -> tuple[Table, list[str]]:
    """Measure each number of members; the first answer only warms the bot up."""
    rows: list[tuple[Cell, ...]] = []
    streams: dict[int, Stream] = {}

    def speak(request: FakeRequest) -> Sequence[str]:
        number = int(_CASE.findall(request.prompt)[-1])
        return cast("Sequence[str]", streams[number].say())

    model = FakeModel(MODEL, tokens=speak, tokens_per_second=RATE, first_token_seconds=0.3)
    with tempfile.TemporaryDirectory() as temporary:
        folder = data or Path(temporary)
        await built_index(folder)
        (folder / "commands.json").unlink(missing_ok=True)  # the fake knows no commands yet
        async with FakeOllama([model], num_parallel=256) as ollama, FakeDiscord() as fake:
            fake.latency = ONE_WAY
            began = time.monotonic()
            async with serving(fake, ollama, folder) as pid:
                await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
                notes = [f"Connected {time.monotonic() - began:.1f} s after the start."]
                start = 0
                for count in [1, *counts]:
                    batch = [Stream() for _ in range(count)]
                    streams |= dict(enumerate(batch, start))
                    calls, cpu = len(fake.log), cpu_seconds(pid)
                    await ask_at_once(fake, batch, start)
                    name = str(count) if start else "warm"
                    spent = cpu_seconds(pid) - cpu
                    rows.append(report(name, fake, batch, len(fake.log) - calls, spent))
                    start += count
                notes.append(f"Memory of the bot: {memory_mib(pid):.0f} MiB.")
    bare = "A reader of the bare model stream has every token at once: 0 s, 0 s, 0 s."
    title = f"{TOKENS} tokens at {RATE:.0f} a second, Discord {ONE_WAY:.2f} s each way; seconds"
    return Table("stream", title, COLUMNS, tuple(rows)), [*notes, bare]


@click.command()
@click.argument("members", nargs=-1, type=int)
@click.option("--data", type=click.Path(path_type=Path), help="A data folder with an index.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(members: tuple[int, ...], data: Path | None, as_json: bool) -> None:  # noqa: FBT001  click passes by name
    """Let 1, 10, 50, 100 (or MEMBERS) members ask at once."""
    table, notes = asyncio.run(measure(members or (1, 10, 50, 100), data))
    show([table], as_json=as_json, notes=notes)
