"""`python -m bench demo [DEMOS] [CHANNELS]`: what a member sees of demos, and what it costs.

The bot runs as a process of its own between the fake Discord (50 ms each way) and the fake Ollama.
Ten demos at once in five channels, of which `--slots` run at a time; then one demo with contenders
at 15, 30 and 60 tokens a second, a fourth that needs 20 s to its first token, and the fastest dying
half-way.

age          how old the newest visible token of a pane is, averaged over its stream (s)
freeze       the longest time in which a pane did not change until it ended (s); one that waits
             shows its falling place and its seconds
still        the same of the whole message, from the command on (s)
edits        edits of the message; Discord bears five in two seconds on one interaction, and to be
             safe it should be no more than 30 a minute
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import click

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
AT_ONCE, CHANNELS = 10, 5
SHORT = 60
MINUTE = 60.0
TEXT, CONTAINER = 10, 17
ENDED = ("✅", "✂️", "⚠️")
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


def _still(message: Message, sent_at: float) -> float:
    """Return the longest time without a visible change of the message."""
    shown = [(at, visible_text(payload)) for at, payload in message.history]
    return _longest([(sent_at - ONE_WAY, ""), *shown])


def _frozen(message: Message, tag: str) -> float:
    """Return the longest time without a visible change of a pane, until it ended."""
    shown: list[tuple[float, str]] = []
    for at, payload in message.history:
        if pane := _pane(payload["components"], tag):
            shown.append((at, pane))
            if any(mark in pane for mark in ENDED):
                break
    return _longest(shown)


def _pane(parts: Sequence[Any], tag: str) -> str:
    """Return what a pane shows: its own line, and below it the model's text."""
    for n, part in enumerate(parts):
        if part["type"] == TEXT and f" · {tag}\n" in part["content"]:
            below = [p for p in parts[n + 1 : n + 2] if p["type"] == CONTAINER]
            return "\n".join([part["content"], *(visible_text({"components": [p]}) for p in below)])
    return ""


def _longest(shown: Sequence[tuple[float, str]]) -> float:
    changes = [at for n, (at, text) in enumerate(shown) if not n or text != shown[n - 1][1]]
    return max((b - a for a, b in pairwise(changes)), default=0.0)


def _whole(message: Message, letter: str, tokens: int) -> bool:
    page = next(f.data.decode() for f in message.files.values() if f.name.endswith(".md"))
    return all(f"{letter}{n} " in page for n in range(tokens))


def _all_whole(message: Message) -> bool:
    return all(_whole(message, letter, SHORT) for letter in LETTERS.values())


async def _one(fake: FakeDiscord, ollama: FakeOllama, written: Written) -> Table:
    """Run one demo of four contenders, of which one is late and one dies."""
    for model in _models(written, TOKENS, RATES):
        late = LATE_SECONDS if model.tag == LATE else 0.0
        ollama.models[model.name] = replace(model, first_token_seconds=late)
    ollama.fail_next(Fault("error_line", after=DEAD_AFTER), tag=DEAD)
    sent_at = time.monotonic()
    asked = fake.member("ada").slash("demo", prompt="Count. (case 0)", lineup="workstation")
    message = await _ended(fake, asked, 90.0)
    took, edits = message.history[-1][0] - sent_at, len(message.history)
    rows: list[tuple[Cell, ...]] = []
    for tag, letter in LETTERS.items():
        tokens = DEAD_AFTER if tag == DEAD else TOKENS
        rows.append(
            (
                tag,
                RATES[tag],
                _age(message, written[0, letter], letter),
                _frozen(message, tag),
                "yes" if _whole(message, letter, tokens) else "NO",
            )
        )
    columns = ("contender", "tokens/s", "age", "freeze", "whole text in the file")
    title = (
        f"one demo, {TOKENS} tokens each; {LATE} is {LATE_SECONDS:.0f} s late, "
        f"{DEAD} dies after {DEAD_AFTER}; {edits} edits in {took:.0f} s"
    )
    return Table("one", title, columns, tuple(rows))


async def _many(
    fake: FakeDiscord, ollama: FakeOllama, written: Written, demos: int, channels: Sequence[str]
) -> tuple[Table, Table]:
    """Run many demos at once; a line for each channel, and what it came to."""
    ollama.models |= {m.name: m for m in _models(written, SHORT, dict.fromkeys(LETTERS, 30.0))}
    calls, sent_at = len(fake.log), time.monotonic()
    asked = []
    for case in range(1, demos + 1):
        member = fake.member(f"member{case}")
        member.channel = channels[case % len(channels)]
        asked.append(member.slash("demo", prompt=f"Count. (case {case})", lineup="workstation"))
    messages = await asyncio.gather(*(_ended(fake, one, 60.0 + 15.0 * demos) for one in asked))
    took = time.monotonic() - sent_at
    cases = dict(enumerate(messages, 1))
    rows: list[tuple[Cell, ...]] = []
    for channel, name in zip(channels, range(1, len(channels) + 1), strict=True):
        here = {case: m for case, m in cases.items() if m.channel_id == channel}
        panes = [
            (case, m, tag, letter) for case, m in here.items() for tag, letter in LETTERS.items()
        ]
        rows.append(
            (
                str(name),
                len(here),
                max(_frozen(m, tag) for _, m, tag, _ in panes),
                max(_still(m, sent_at) for m in here.values()),
                max(_age(m, written[case, letter], letter) for case, m, _, letter in panes),
                sum(map(_all_whole, here.values())),
                fmean(len(m.history) for m in here.values()),
                max(map(_busiest, here.values())),
            )
        )
    columns = (
        *("channel", "demos", "freeze", "still", "age", "whole"),
        *("edits", "most edits in a minute"),
    )
    title = f"{demos} demos at once, four times {SHORT} tokens; the worst of each channel"
    whole = sum(_all_whole(message) for message in messages)
    made = (len(fake.log) - calls) / demos
    cost = (demos, took, made, whole, fake.too_many, len(fake.refused))
    names = ("demos", "seconds", "calls a demo", "whole", "429s", "refused")
    return Table("many", title, columns, tuple(rows)), Table("cost", "in all", names, (cost,))


def _busiest(message: Message) -> int:
    """Return the most edits within one minute."""
    times = [at for at, _ in message.history]
    return max(sum(start <= at < start + MINUTE for at in times) for start in times)


async def measure(demos: int, channels: int, slots: int) -> tuple[list[Table], list[str]]:
    """Measure one demo, and many at once."""
    written: Written = defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        await built_index(folder)
        models = _models(written, TOKENS, RATES)
        async with FakeOllama(models, num_parallel=16 * slots) as ollama, FakeDiscord() as fake:
            fake.latency = ONE_WAY
            there = [fake.add_channel(f"room{n}")["id"] for n in range(min(channels, demos))]
            async with serving(fake, ollama, folder, DEMO_SLOTS=str(slots)) as pid:
                await fake.until(lambda: fake.gateway.identified and fake.commands, within=60.0)
                await asyncio.sleep(8.0)  # the embedding model is loaded meanwhile
                # The many first: a model that died is left alone for a minute.
                many = await _many(fake, ollama, written, demos, there)
                tables = [await _one(fake, ollama, written), *many]
                notes = [f"Processor time of the bot: {cpu_seconds(pid):.0f} s with its start."]
    return tables, notes


@click.command()
@click.argument("demos", default=AT_ONCE)
@click.argument("channels", default=CHANNELS)
@click.option("--slots", default=1, show_default=True, help="DEMO_SLOTS: how many run at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(demos: int, channels: int, slots: int, as_json: bool) -> None:  # noqa: FBT001  click passes by name
    """Run DEMOS demos at once in CHANNELS channels, then one with slow and dying contenders."""
    tables, notes = asyncio.run(measure(demos, channels, slots))
    show(tables, as_json=as_json, notes=notes)
