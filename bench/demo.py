"""`python -m bench demo`: what a member sees of demos, and what it costs at Discord.

The bot runs as a process of its own between the fake Discord (50 ms each way) and the fake Ollama.
Ten demos at once in one channel, of which one runs at a time; then one demo with contenders at 15,
30 and 60 tokens a second, a fourth that needs 20 s to its first token, and the fastest dying
half-way.

age          how old the newest visible token of a pane is, averaged over its stream (s)
freeze       the longest time in which the message did not change, from the command to its end (s)
edits        edits of the message; Discord bears five in two seconds on one interaction
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import cast

from bench.stream import ONE_WAY, built_index, cpu_seconds, serving
from bench.tables import Cell, Table, show
from tests.doubles.discord import FakeDiscord, Interaction, Message
from tests.doubles.discord.records import visible_text
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest, Fault

BASE, INSTRUCT = "llama3.1:8b-text-q4_K_M", "llama3.1:8b-instruct-q4_K_M"
REASONING, TUNED = "deepseek-r1:8b-llama-distill-q4_K_M", "tulu3:8b-q4_K_M"
LETTERS = {BASE: "b", INSTRUCT: "i", REASONING: "r", TUNED: "t"}
RATES = {BASE: 15.0, INSTRUCT: 60.0, REASONING: 30.0, TUNED: 30.0}
LATE, LATE_SECONDS = TUNED, 20.0
DEAD, DEAD_AFTER = INSTRUCT, 300
TOKENS = 380
"""Tokens of each contender: under the bound of a demo."""
AT_ONCE = 10
SHORT = 60
_CASE = re.compile(r"\(case (\d+)\)")

Written = dict[tuple[int, str], list[float]]
"""When each token of a contender (its letter) of a case was written."""


def _speaker(written: Written, letter: str, tokens: int) -> object:
    def speak(request: FakeRequest) -> Sequence[str]:
        case = int(_CASE.findall(request.prompt)[-1])
        return cast("Sequence[str]", _Timed(written[case, letter], letter, tokens))

    return speak


class _Timed(Sequence[str]):
    """Words that note when each was drawn, which is when it is sent."""

    def __init__(self, moments: list[float], letter: str, tokens: int) -> None:
        self._moments, self._letter, self._tokens = moments, letter, tokens

    def __len__(self) -> int:
        return self._tokens

    def __getitem__(self, at: object) -> str:
        return f"{self._letter}{at} "

    def __iter__(self) -> Iterator[str]:
        for n in range(self._tokens):
            self._moments.append(time.monotonic())
            yield f"{self._letter}{n} "


def _models(written: Written, tokens: int, rates: dict[str, float]) -> list[FakeModel]:
    return [
        FakeModel(
            tag,
            _speaker(written, letter, tokens),  # type: ignore[arg-type]  # lazy on purpose
            tokens_per_second=rates[tag],
            base=tag == BASE,
            size=100_000_000,
        )
        for tag, letter in LETTERS.items()
    ]


async def _ended(fake: FakeDiscord, asked: Interaction, within: float) -> Message:
    def found() -> Message | None:
        message = fake.original(asked)
        return message if message is not None and message.files else None

    message = await fake.until(found, within=within)
    return cast("Message", message)


def _age(message: Message, moments: Sequence[float], letter: str) -> float:
    """Return the mean age of the newest visible token while `moments` were written."""
    word = re.compile(rf"\b{letter}(\d+)\b")
    shown: list[tuple[float, int]] = []
    for at, payload in message.history:
        if numbers := [int(n) for n in word.findall(visible_text(payload))]:
            shown.append((at + ONE_WAY, max(numbers)))
    ages, newest, i, steps = [], -1, 0, 400
    for step in range(steps):
        now = moments[0] + (moments[-1] - moments[0]) * step / steps
        while i < len(shown) and shown[i][0] <= now:
            newest, i = max(newest, shown[i][1]), i + 1
        following = moments[newest + 1] if newest + 1 < len(moments) else now
        ages.append(max(0.0, now - following))
    return fmean(ages)


def _freeze(message: Message, sent_at: float) -> float:
    """Return the longest time without a visible change."""
    changes, before = [sent_at], ""
    for at, payload in message.history:
        if (text := visible_text(payload)) != before:
            changes.append(at + ONE_WAY)
            before = text
    return max(b - a for a, b in pairwise(changes))


def _whole(message: Message, letter: str, tokens: int) -> bool:
    page = next(f.data.decode() for f in message.files.values() if f.name.endswith(".md"))
    return all(f"{letter}{n} " in page for n in range(tokens))


async def _one(fake: FakeDiscord, ollama: FakeOllama, written: Written) -> Table:
    """Run one demo of four contenders, of which one is late and one dies."""
    for model in _models(written, TOKENS, RATES):
        late = LATE_SECONDS if model.tag == LATE else 0.0
        ollama.models[model.name] = FakeModel(
            model.tag,
            model.tokens,
            tokens_per_second=model.tokens_per_second,
            base=model.base,
            size=model.size,
            first_token_seconds=late,
        )
    ollama.fail_next(Fault("error_line", after=DEAD_AFTER), tag=DEAD)
    sent_at = time.monotonic()
    asked = fake.member("ada").slash("demo", prompt="Count. (case 0)", lineup="workstation")
    message = await _ended(fake, asked, 90.0)
    rows: list[tuple[Cell, ...]] = []
    for tag, letter in LETTERS.items():
        moments = written[0, letter]
        tokens = DEAD_AFTER if tag == DEAD else TOKENS
        rows.append(
            (
                tag,
                RATES[tag],
                _age(message, moments, letter),
                "yes" if _whole(message, letter, tokens) else "NO",
                _freeze(message, sent_at),
                len(message.history),
            )
        )
    columns = ("contender", "tokens/s", "age", "whole text in the file", "freeze", "edits")
    title = (
        f"one demo, {TOKENS} tokens each; {LATE} is {LATE_SECONDS:.0f} s late, "
        f"{DEAD} dies after {DEAD_AFTER}"
    )
    return Table("one", title, columns, tuple(rows))


async def _many(fake: FakeDiscord, ollama: FakeOllama, written: Written) -> Table:
    """Run ten demos at once, one after the other behind one queue."""
    ollama.models |= {m.name: m for m in _models(written, SHORT, dict.fromkeys(LETTERS, 30.0))}
    calls, sent_at = len(fake.log), time.monotonic()
    asked = [
        fake.member(f"member{case}").slash("demo", prompt=f"Count. (case {case})")
        for case in range(1, AT_ONCE + 1)
    ]
    messages = await asyncio.gather(*(_ended(fake, one, 180.0) for one in asked))
    whole = sum(
        all(_whole(message, letter, SHORT) for letter in LETTERS.values()) for message in messages
    )
    row = (
        AT_ONCE,
        max(_freeze(message, sent_at) for message in messages),
        whole,
        fmean(len(message.history) for message in messages),
        (len(fake.log) - calls) / AT_ONCE,
        fake.too_many,
        len(fake.refused),
        time.monotonic() - sent_at,
    )
    columns = ("demos", "freeze", "whole", "edits", "calls", "429s", "refused", "seconds")
    return Table("many", f"ten demos at once, four times {SHORT} tokens", columns, (row,))


async def main(as_json: bool) -> None:  # noqa: FBT001  the bench's own signature
    """Measure one demo and ten."""
    written: Written = defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        await built_index(folder)
        models = _models(written, TOKENS, RATES)
        async with FakeOllama(models, num_parallel=16) as ollama, FakeDiscord() as fake:
            fake.latency = ONE_WAY
            async with serving(fake, ollama, folder) as pid:
                await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
                await asyncio.sleep(8.0)  # the embedding model is loaded meanwhile
                # The ten first: a model that died is left alone for a minute.
                many = await _many(fake, ollama, written)
                tables = [await _one(fake, ollama, written), many]
                notes = [f"Processor time of the bot: {cpu_seconds(pid):.0f} s with its start."]
    show(tables, as_json=as_json, notes=notes)
