"""An engine that is no Ollama, or means ill: one outcome, nothing told of it, and on it goes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot.engines.bursts import MOST
from bot.events import Finished
from knowledge.embedding import Embedder
from knowledge.search import Search
from tests.bot.faults import TAG, TRUE, Bench, answered, bench_of, quoted, shown, words
from tests.doubles.ollama import FakeModel, FakeOllama, Fault


@pytest.fixture
async def bench(search: Search, embedder: Embedder) -> AsyncIterator[Bench]:
    """Yield a bench whose model answers truly."""
    async with FakeOllama([FakeModel(TAG, words(TRUE))], num_parallel=2) as fake:
        made = bench_of(fake, search, embedder)
        yield made
        await made.engine.aclose()


def line(text: str) -> bytes:
    """Return one line of a stream that says `text`."""
    message = {"role": "assistant", "content": text}
    return json.dumps({"model": TAG, "message": message, "done": False}).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (line("x" * 100_000), "xxx"),
        (line("Naïve.").replace(b"\\u00ef", b"\xff\xfe"), "Na��ve."),
        (line("a\x00b\x1b[31m"), "a\x00b\x1b[31m"),
        (line("x").replace(b'"x"', b'"a\\ud800z"'), "z"),
        (b"".join(line(f" {n}") for n in range(10_000)), " 799"),
    ],
    ids=[
        "100 kB in a line",
        "invalid UTF-8",
        "NUL and escape codes",
        "half a surrogate",
        "10,000 at once",
    ],
)
async def test_odd_text_is_text_and_bounded(bench: Bench, data: bytes, said: str) -> None:
    """As much is shown as the tokens that were asked for can hold."""
    bench.fake.fail_next(Fault("bytes", data=data))
    asked = await bench.ask()
    assert isinstance(asked.ending, Finished)
    assert said in shown(asked)
    assert len(shown(asked)) <= 800 * 40
    answered(await bench.ask())


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"null\n",
        b"[]\n",
        b'{"message": null}\n',
        b'{"message": {"content": 7}}\n',
        b"[" * 200_000 + b"\n",
        b"\x00\xff\xfe\n",
        b"x" * (MOST + 1),
    ],
    ids=lambda data: repr(data[:20]),
)
async def test_a_line_that_is_none_ends_the_first_try_only(bench: Bench, data: bytes) -> None:
    """The second brings the answer, and nothing is shown twice."""
    bench.fake.fail_next(Fault("bytes", data=data))
    answered(await bench.ask())
    assert len(bench.fake.generations) == 2


async def test_a_redirect_is_not_followed(bench: Bench) -> None:
    """No question goes to a host that nobody chose."""
    async with FakeOllama([FakeModel(TAG, words(TRUE))]) as elsewhere:
        bench.fake.fail_next(Fault("redirect", text=f"{elsewhere.url}/api/chat"), times=2)
        quoted(await bench.ask(), "something I cannot read")
        assert elsewhere.requests == []
    answered(await bench.ask())


@pytest.mark.parametrize("kind", ["refused", "not_found", "busy"])
async def test_a_huge_error_is_one_short_sentence(bench: Bench, kind: str) -> None:
    text = "model at /root/.ollama, http://10.0.0.1:11434, key=sk-secret " * 100_000
    bench.fake.fail_next(Fault(kind, text=text), times=3)  # type: ignore[arg-type]  # the parameters are kinds
    asked = await bench.ask()
    quoted(asked, "")
    assert "sk-secret" not in asked.notices[0].text
    bench.fake.heal()
    answered(await bench.ask())
