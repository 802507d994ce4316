"""The fake Ollama as a process of its own: `python -m bench.scripted LOG`.

Apart from the bot's process, so that the CPU time measured there is the bot's. It
prints its address, and serves until its standard input closes. The model answers
from the passages of the prompt it is given: five citing sentences that say what
the passages say, among others without citations, TOKENS tokens in all. Each time it
has sent the first token of an answer, it writes the moment into LOG.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from knowledge.sentences import split_sentences
from tests.doubles.ollama import FakeModel, FakeOllama, FakeRequest

TAG = "bench:1b"
TOKENS = 400
RATE = 40.0
"""Tokens a second."""

CITED = 5

_PASSAGE = re.compile(r"<passage (\w+)>\n\[(\d+)\] [^\n]*\n(.*?)\n</passage \1>", re.DOTALL)
_FILLER = "That is worth keeping in mind when you read on, and the rest follows from it. "


def answer(prompt: str) -> list[str]:
    """Return the tokens (words) of an answer to `prompt`."""
    cited = []
    for _, number, text in _PASSAGE.findall(prompt)[:CITED]:
        sentence = split_sentences(text)[0].rstrip(".")
        cited.append(f"As the lessons put it, {sentence} [{number}]. ")
    words = sum(len(sentence.split()) for sentence in cited)
    # Filler between the citing sentences, so that each is checked while more is written.
    gap = max(0, TOKENS - words) // max(1, len(cited))
    filler = (_FILLER * (TOKENS // len(_FILLER.split()) + 1)).split()
    tokens: list[str] = []
    for sentence in cited or [""]:
        tokens += [*sentence.split(), *filler[: gap - 1], "done."]
    return [f"{word} " for word in [*tokens, *filler][:TOKENS]]


def _timed(tokens: list[str], log: Path) -> Iterator[str]:
    """Yield `tokens`; the second is drawn when the first has been sent."""
    for place, token in enumerate(tokens):
        if place == 1:
            with log.open("a") as file:
                file.write(f"{time.monotonic()}\n")
        yield token


class _Timed(list[str]):
    """Tokens that note when the first of them has been sent."""

    def __init__(self, tokens: list[str], log: Path) -> None:
        super().__init__(tokens)
        self._log = log

    def __iter__(self) -> Iterator[str]:
        return _timed(list(super().__iter__()), self._log)


async def _serve(log: Path) -> None:
    def tokens(request: FakeRequest) -> list[str]:
        prompt = "\n".join(str(turn["content"]) for turn in request.body["messages"])
        return _Timed(answer(prompt), log)

    model = FakeModel(TAG, tokens=tokens, tokens_per_second=RATE)
    async with FakeOllama([model], num_parallel=8) as fake:
        print(fake.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
