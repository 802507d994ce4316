"""An end for every text; what was written before it is told unchanged."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.limits import BEYOND, CHARACTERS, LOOP, ROUNDS, bounded
from bot.model import Delta, Ended, ModelEvent, Usage
from tests.bot.faults import Clock

WHOLE = Ended("stop", Usage(answer_tokens=7))


async def read(
    deltas: Iterable[Delta], *, tokens: int = 100_000, clock: Clock | None = None
) -> tuple[str, str, Ended]:
    """Return the text, the thinking and the end of a bounded stream."""

    async def stream() -> AsyncGenerator[ModelEvent]:
        for delta in deltas:
            yield delta
            if clock:
                clock.now += 1
        yield WHOLE

    events = [
        event
        async for event in bounded(stream(), tokens=tokens, seconds=60, clock=clock or Clock())
    ]
    told = [event for event in events if isinstance(event, Delta)]
    end = events[-1]
    assert isinstance(end, Ended)
    return "".join(d.text for d in told), "".join(d.thinking for d in told), end


@given(st.text(min_size=1, max_size=300), st.integers(1, 50))
async def test_any_piece_over_and_over_is_a_loop_however_it_is_cut(piece: str, size: int) -> None:
    """And it is noticed before it has come round many times more than it takes."""
    text = piece * (2 * ROUNDS + 2 * LOOP // len(piece) + 2)
    told, _, end = await read(Delta(text[n : n + size]) for n in range(0, len(text), size))
    assert end.reason == "loop"
    assert text.startswith(told)
    assert len(told) <= max(ROUNDS * len(piece), LOOP) + len(piece) + 24 + size


async def test_thinking_in_circles_is_a_loop() -> None:
    deltas = (Delta(thinking="Wait, let me see. ") for _ in itertools.count())
    assert (await read(deltas))[2].reason == "loop"


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{n}. The same line.\n" for n in range(100)),
        "| a | b |\n|---|---|\n" + "| --- | --- |\n" * 10,
        "-" * 80 + "\nA title\n" + "=" * 80,
        "ha " * 900,
        "Filler of a sentence that says nothing. " * 60,
    ],
)
async def test_what_only_looks_alike_is_no_loop(text: str) -> None:
    assert await read([Delta(character) for character in text]) == (text, "", WHOLE)


@given(st.lists(st.builds(Delta, st.text(max_size=30), st.text(max_size=5)), max_size=20))
async def test_a_text_within_its_bounds_is_told_as_it_came(deltas: list[Delta]) -> None:
    text, thinking, end = await read(deltas)
    assert end == WHOLE or end.reason == "loop"
    assert "".join(d.text for d in deltas).startswith(text)
    if end == WHOLE:
        assert thinking == "".join(d.thinking for d in deltas)


async def test_more_characters_than_tokens_can_hold_are_cut() -> None:
    text, _, end = await read([Delta("x"), Delta("yz" * 1_000_000)], tokens=10)
    assert len(text) == 10 * CHARACTERS
    assert end.reason == "length"


async def test_an_engine_that_does_not_keep_to_the_bound_is_cut() -> None:
    text, _, end = await read((Delta(f"{n} ") for n in itertools.count()), tokens=100)
    assert end.reason == "length"
    assert 100 <= len(text.split()) <= 100 + BEYOND + 1


async def test_a_text_that_takes_too_long_is_ended() -> None:
    """Counted from the first word on."""
    clock = Clock()
    text, _, end = await read((Delta(f"{n} ") for n in itertools.count()), clock=clock)
    assert end.reason == "time"
    assert text.endswith(" 61 ")
