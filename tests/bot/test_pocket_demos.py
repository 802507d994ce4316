"""Demos on the toys: used where no engine answers or by name, labelled, and honest about limits."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from bot import curated, lineup
from bot.board import Board, PaneState
from bot.curated import CuratedDemos, read_curated
from bot.demos import Demos, Limits
from bot.engines.ollama import OllamaEngine
from bot.engines.pocket import PocketEngine
from bot.errors import ModelsMissing
from bot.lineup import POCKET, Lineups, read_lineups
from bot.order import BEYOND, SCALED, Order
from bot.panes import DemoEvent, Opened, Refused
from bot.queue import FairQueue
from knowledge.lesson import SHIPPED, survey
from tests.bot.stagehands import QUICK, TOYS, models, shown
from tests.doubles.ollama import FakeModel, FakeOllama

LINEUPS = Lineups((TOYS, *(lu for lu in read_lineups([lineup.SHIPPED]).all if lu.embedded)))
ORDER = Order("What is a token?", "ada", num_predict=80, temperature=0.0)


@asynccontextmanager
async def demos_at(url: str) -> AsyncIterator[Demos]:
    """Yield the service with an Ollama at `url`, and the toys that ship."""
    passages = {p.id for lesson in survey([SHIPPED]).lessons for p in lesson.passages}
    known: CuratedDemos = read_curated([curated.SHIPPED], passages, read_lineups([lineup.SHIPPED]))
    engine, toys = OllamaEngine(url, patience=QUICK), PocketEngine()
    try:
        yield Demos(
            lambda host: toys if host == POCKET else engine,
            FairQueue(1),
            LINEUPS,
            known,
            Limits(4096, 1, 12_000_000_000),
        )
    finally:
        await engine.aclose()
        await toys.aclose()


async def played(url: str, order: Order) -> tuple[Board, list[DemoEvent]]:
    async with demos_at(url) as demos:
        return await shown(demos, order)


def opened(events: Sequence[DemoEvent]) -> Opened:
    return next(event for event in events if isinstance(event, Opened))


async def test_where_no_engine_answers_all_four_stages_play_and_are_called_toys() -> None:
    board, events = await played("http://127.0.0.1:9", ORDER)
    assert opened(events).lineup == "pocket"
    assert "Toy models trained by this project, 3.2 million parameters" in opened(events).title
    assert opened(events).fairness == ()
    base, instruct, reasoning, _ = board.panes
    assert base.state in {PaneState.DONE, PaneState.CUT}  # a base model may go on for ever
    assert {pane.state for pane in board.panes[1:]} == {PaneState.DONE}
    assert "piece of text" in instruct.text
    assert "piece of text" in reasoning.text
    assert reasoning.thinking
    assert "piece of text" not in base.text
    assert all(pane.prompted is not None and pane.prompted.exact for pane in board.panes)


async def test_where_an_engine_answers_the_toys_play_only_by_name() -> None:
    """Also where it has nothing: then the line that pulls a real model is what helps."""
    async with FakeOllama(models(), num_parallel=4) as ollama:
        _, chosen = await played(ollama.url, ORDER)
        _, named = await played(ollama.url, replace(ORDER, lineup="pocket"))
    assert opened(chosen).lineup == TOYS.slug
    assert opened(named).lineup == "pocket"
    async with FakeOllama([FakeModel(tag="other:1b-q4_K_M", tokens=("x",))]) as ollama:
        _, empty = await played(ollama.url, ORDER)
    assert isinstance(empty[-1], Refused)
    assert isinstance(empty[-1].error, ModelsMissing)
    assert "pocket" not in empty[-1].error.sentence


async def test_a_curated_demo_is_scaled_to_the_toys_or_says_that_it_is_beyond_them() -> None:
    async with demos_at("http://127.0.0.1:9") as demos:
        _, scaled = await shown(demos, demos.order("ada", demo="reasoning-too-much"))
        _, beyond = await shown(demos, demos.order("ada", demo="count-letters"))
        _, own = await shown(demos, demos.order("ada", demo="four-stages", prompt="What is DPO?"))
    known = demos.curated.find("reasoning-too-much")
    assert known is not None
    assert known.pocket is not None
    assert opened(scaled).prompt == known.pocket.prompt
    assert SCALED in opened(scaled).notices
    told = opened(scaled).curated
    assert told is not None
    assert told.notice == known.pocket.notice
    assert BEYOND in opened(beyond).notices
    assert "strawberry" in opened(beyond).prompt
    assert opened(own).prompt == "What is DPO?"
    assert not {SCALED, BEYOND} & set(opened(own).notices)
