"""Demos on the fake Ollama: line-ups of fake models, and reading a whole demo."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from bot.board import Board
from bot.curated import CuratedDemos
from bot.demos import Demos, Limits
from bot.engines.ollama import OllamaEngine
from bot.engines.patience import Patience
from bot.lineup import Contender, Lineup, Lineups
from bot.order import Order
from bot.panes import DemoEvent
from bot.queue import FairQueue
from bot.rental import NONE, Rental
from knowledge.stage import Stage
from tests.doubles.ollama import FakeModel, FakeOllama

BASE, INSTRUCT, REASONING = "toy:1b-text-q4_K_M", "toy:1b-instruct-q4_K_M", "toy:1b-r-q4_K_M"
THINKS = ("completion", "thinking")
QUICK = Patience(connect=1.0, first_token=2.0, gap=0.5, loading=0.05)


def contender(stage: Stage, tag: str, **more: Any) -> Contender:
    """Return a contender of one lineage."""
    fields = {"lineage": "Toy-1B", "version": "1", "quantization": "Q4_K_M"}
    return Contender(stage=stage, tag=tag, grade="A", source="a test", **{**fields, **more})


def lineup(*contenders: Contender, slug: str = "toys", rank: int = 1, size: float = 1.0) -> Lineup:
    """Return a line-up."""
    return Lineup(
        slug=slug,
        title=f"The {slug}",
        summary="Toys.",
        rank=rank,
        needs="nothing",
        gigabytes=size,
        checked=dt.date(2026, 11, 24),
        contenders=contenders,
    )


TOYS = lineup(
    contender(Stage.BASE, BASE),
    contender(Stage.INSTRUCT, INSTRUCT),
    contender(Stage.REASONING, REASONING),
)


def models(**changed: dict[str, Any]) -> list[FakeModel]:
    """Return the three toys; `changed` has other fields by stage."""
    plain: dict[str, dict[str, Any]] = {
        "base": {"tag": BASE, "tokens": ("More", " and", " more."), "base": True},
        "instruct": {"tag": INSTRUCT, "tokens": ("An", " answer.")},
        "reasoning": {
            "tag": REASONING,
            "tokens": ("So", " five."),
            "thinking": ("Let", " me", " see."),
            "capabilities": THINKS,
        },
    }
    return [FakeModel(**{**fields, **changed.get(name, {})}) for name, fields in plain.items()]


@asynccontextmanager
async def demos_on(
    ollama: FakeOllama,
    lineups: Sequence[Lineup] = (TOYS,),
    *,
    patience: Patience = QUICK,
    room: int = 12_000_000_000,
    slots: int = 1,
    queue: FairQueue | None = None,
    rental: Rental = NONE,
) -> AsyncIterator[Demos]:
    """Yield the service with the real engine adapter on `ollama`."""
    engine = OllamaEngine(ollama.url, patience=patience)
    try:
        yield Demos(
            lambda _host: engine,
            queue or FairQueue(1),
            Lineups(tuple(lineups)),
            CuratedDemos(()),
            Limits(4096, slots, room),
            rental,
        )
    finally:
        await engine.aclose()


async def shown(demos: Demos, order: Order) -> tuple[Board, list[DemoEvent]]:
    """Run a demo to its end."""
    board, events = Board(), []
    async with aclosing(demos.run(order)) as stream:
        async for event in stream:
            board.take(event)
            events.append(event)
    return board, events
