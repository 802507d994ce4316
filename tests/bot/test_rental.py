"""Rented contenders beside own ones: what is sent when, what is said, what it costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.board import Board, PaneState
from bot.captions import figures_line
from bot.demos import Demos
from bot.engines.hosted import HostedModel
from bot.errors import ConsentMissing, ModelsMissing
from bot.events import Delta, Finished
from bot.health import rental_health
from bot.lineup import SHIPPED as LINEUPS
from bot.lineup import Lineup, read_lineups
from bot.order import Order
from bot.panes import DemoEvent, Refused, Told
from bot.rental import Rental
from bot.report import as_markdown
from bot.runcard import Recorder, read_card
from bot.settings import Settings
from knowledge.roster import read_roster
from knowledge.stage import Stage
from tests.bot.stagehands import INSTRUCT, contender, demos_on, lineup, models, shown
from tests.doubles.hosted import FakeProvider, HostedFault, Rented
from tests.doubles.hosted.server import KEY
from tests.doubles.ollama import FakeOllama

OPENAI, CLAUDE = "gpt-6-luna", "claude-haiku-4-5-20251001"
PAIR = lineup(
    contender(Stage.INSTRUCT, INSTRUCT),
    contender(Stage.INSTRUCT, OPENAI, provider="openai"),
    contender(Stage.INSTRUCT, CLAUDE, provider="anthropic"),
    slug="pair",
)
ORDER = Order("What is 2 + 3?", "ada", lineup="pair", num_predict=60)


def rental(fake: FakeProvider, **changed: Any) -> Rental:
    """Return what the settings make of a provider on loopback, with the shipped roster."""
    settings = Settings(
        **{
            "hosted": True,
            "openai_api_key": KEY,
            "openai_base_url": fake.v1,
            "anthropic_api_key": KEY,
            "anthropic_base_url": fake.url,
            **changed,
        }
    )
    return Rental(settings.providers, HostedModel, lambda _name: "", read_roster().systems)


@asynccontextmanager
async def stage(
    *rented: Rented, lineups: tuple[Lineup, ...] = (PAIR,), **changed: Any
) -> AsyncIterator[tuple[Demos, FakeProvider, FakeOllama]]:
    """Yield the service with own models and rented ones."""
    both = rented or (Rented(OPENAI), Rented(CLAUDE))
    async with (
        FakeOllama(models(), num_parallel=4) as ollama,
        FakeProvider(*both) as fake,
        demos_on(ollama, lineups, rental=rental(fake, **changed)) as demos,
    ):
        yield demos, fake, ollama


def agreed(demos: Demos, order: Order = ORDER) -> Order:
    return replace(order, allowed=frozenset(demos.leaves_for(order)))


async def test_nothing_leaves_before_somebody_agreed() -> None:
    async with stage() as (demos, fake, ollama):
        hosts = demos.leaves_for(ORDER)
        _, events = await shown(demos, ORDER)
        _, half = await shown(demos, replace(ORDER, allowed=frozenset({"api.example.com"})))
        assert not fake.requests
        assert not ollama.generations
    assert hosts == (fake.v1.removeprefix("http://").removesuffix("/v1"),)
    for told in (events, half):
        (refused,) = told
        assert isinstance(refused, Refused)
        assert isinstance(refused.error, ConsentMissing)
        assert hosts[0] in refused.error.sentence


async def test_own_and_rented_models_answer_and_the_rented_say_what_they_cost() -> None:
    async with stage() as (demos, _, _):
        board, _ = await shown(demos, agreed(demos))
    assert [pane.text for pane in board.panes] == ["An answer.", "Hello, world.", "Hello, world."]
    own, luna, haiku = (figures_line(pane.figures) for pane in board.panes)
    assert "tokens in" not in own
    # 12 tokens in and 30 out, at 0.10 and 0.50, and at 1 and 5 dollars a million
    assert "12 tokens in and 30 out, about $0.000016 at the price of 2026-09-22" in luna
    assert "12 tokens in and 30 out, about $0.00016 at the price of 2026-09-28" in haiku


async def test_without_a_price_in_the_roster_the_tokens_are_told_and_no_money() -> None:
    mine = lineup(
        contender(Stage.INSTRUCT, INSTRUCT),
        contender(Stage.INSTRUCT, "my-own", provider="compatible"),
        slug="pair",
    )
    async with FakeProvider(Rented("my-own")) as server:
        url = {"compatible_base_url": server.v1, "compatible_api_key": KEY}
        async with stage(lineups=(mine,), **url) as (demos, _, _):
            board, _ = await shown(demos, agreed(demos))
    assert "12 tokens in and 30 out, no price known" in figures_line(board.panes[1].figures)


async def test_what_cannot_be_checked_and_where_the_prompt_goes_is_said() -> None:
    async with stage() as (demos, _, _):
        board, _ = await shown(demos, agreed(demos))
    assert board.opened is not None
    told = "\n".join((*board.opened.fairness, *board.opened.notices))
    assert f"quantisation and template cannot be checked: {OPENAI} and {CLAUDE}." in told
    assert "The prompt goes to 127.0.0.1:" in told
    assert f"({OPENAI}) and 127.0.0.1:" in told
    assert INSTRUCT not in told
    assert "is given no seed" in " ".join(board.panes[1].notices)


async def test_what_it_saw_is_what_was_sent_and_said_not_to_be_the_whole_prompt() -> None:
    async with stage() as (demos, fake, _):
        board, _ = await shown(demos, agreed(demos))
        sent = {r.model: r.body["messages"] for r in fake.requests}
    prompted = board.panes[1].prompted
    assert prompted is not None
    assert not prompted.exact
    assert "the provider's own" in prompted.how
    assert '"content": "What is 2 + 3?"' in prompted.text
    assert sent[OPENAI] == [{"role": "user", "content": ORDER.prompt}]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hosted": False}, "Renting models is off here; HOSTED=yes allows it."),
        ({"openai_api_key": None}, "OPENAI_API_KEY is not set."),
    ],
)
async def test_what_is_off_or_has_no_key_is_said_and_the_others_run(
    changed: dict[str, Any], said: str
) -> None:
    """S26: off by default, and then no prompt leaves, whatever keys there are."""
    async with stage(**changed) as (demos, fake, _):
        board, _ = await shown(demos, agreed(demos))
        asked = {request.model for request in fake.requests}
    assert board.panes[0].state is PaneState.DONE
    assert board.panes[1].state is PaneState.FAILED
    assert board.panes[1].sentence == said
    assert board.opened is not None
    assert any(said in notice for notice in board.opened.notices)
    assert OPENAI not in asked
    assert asked == (set() if "hosted" in changed else {CLAUDE})


async def test_a_line_up_of_which_nothing_can_be_asked_says_why() -> None:
    only = lineup(*(c for c in PAIR.contenders if c.provider), slug="pair")
    async with stage(lineups=(only,), hosted=False) as (demos, _, _):
        _, events = await shown(demos, ORDER)
    (refused,) = events
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, ModelsMissing)
    assert refused.error.pulls == ()
    assert "HOSTED=yes" in refused.error.sentence


async def test_no_line_up_that_rents_is_used_unless_it_is_named() -> None:
    big = lineup(contender(Stage.INSTRUCT, "big:8b-instruct-q4_K_M"),
                 contender(Stage.BASE, "big:8b-text-q4_K_M"), slug="big")  # fmt: skip
    async with stage(lineups=(PAIR, big)) as (demos, fake, _):
        _, events = await shown(demos, replace(ORDER, lineup=None))
        assert not fake.requests
    assert isinstance(events[-1], Refused)
    assert isinstance(events[-1].error, ModelsMissing)


async def test_a_slow_or_dying_rented_model_holds_nobody_up_and_keeps_its_text() -> None:
    async with stage() as (demos, fake, _):
        fake.fail_next(HostedFault("hang", after=1))
        events: list[DemoEvent] = []
        board = Board()
        async with aclosing(demos.run(agreed(demos))) as stream:
            async for event in stream:
                board.take(event)
                events.append(event)
                done = [e.pane for e in events if isinstance(e, Told) and
                        isinstance(e.event, Finished)]  # fmt: skip
                if len(done) == 2:
                    break
        async with asyncio.timeout(2.0):
            await asyncio.gather(*(request.over.wait() for request in fake.requests))
        hung = [request for request in fake.requests if request.closed_early]
    assert 0 in done
    assert len(hung) == 1
    unfinished = [pane.text for pane in board.panes if pane.state is not PaneState.DONE]
    assert unfinished == ["Hello"]


async def test_rented_models_run_also_while_ollama_is_away() -> None:
    async with stage() as (demos, _, ollama):
        await ollama.go_down()
        board, _ = await shown(demos, agreed(demos))
    assert board.panes[0].state is PaneState.FAILED
    assert "cannot be reached" in board.panes[0].sentence
    assert [pane.state for pane in board.panes[1:]] == [PaneState.DONE] * 2


async def test_closing_the_stream_closes_every_connection() -> None:
    slow = [Rented(name, ["a ", "b "] * 500, tokens_per_second=50.0) for name in (OPENAI, CLAUDE)]
    async with stage(*slow) as (demos, fake, _):
        writing: set[int] = set()
        async with aclosing(demos.run(agreed(demos))) as stream:
            async for event in stream:
                if isinstance(event, Told) and isinstance(event.event, Delta):
                    writing.add(event.pane)
                if writing >= {1, 2}:
                    break
        async with asyncio.timeout(2.0):
            await asyncio.gather(*(request.over.wait() for request in fake.requests))
        assert len(fake.requests) == 2
        assert all(request.closed_early for request in fake.requests)


async def test_hidden_thinking_is_counted_and_said() -> None:
    async with stage(Rented(OPENAI, reasoning_tokens=25), Rented(CLAUDE)) as (demos, _, _):
        board, _ = await shown(demos, agreed(demos))
    figures = board.panes[1].figures
    assert figures is not None
    assert (figures.thinking_tokens, figures.answer_tokens) == (25, 5)
    assert "keeps that to itself" in " ".join(board.panes[1].notices)


async def test_a_card_keeps_what_it_cost() -> None:
    async with stage() as (demos, _, _):
        recorder = Recorder()
        async with aclosing(demos.run(agreed(demos))) as stream:
            async for event in stream:
                recorder.take(event)
    card = recorder.card()
    assert card is not None
    again = read_card(card.model_dump_json().encode())
    assert again == card
    assert again.contenders[1].usage.cost is not None
    assert "about $0.000016" in as_markdown(recorder.board)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('stage = "base"', "cannot be rented"),
        ('host = "https://evil.example"', "has no host"),
        ('digest = "0123456789ab"', "has no digest"),
        ('options = { base_url = "https://evil.example" }', "base_url"),
        ('provider = "evil"', "provider"),
    ],
)
def test_a_line_up_cannot_send_a_key_elsewhere(tmp_path: Path, line: str, fault: str) -> None:
    """S26: address and key come from the settings alone."""
    text = (LINEUPS / "rent-beside-own.toml").read_text("utf-8")
    name = line.partition(" ")[0]
    block = text.rpartition("[[contenders]]")[2]
    changed = "\n".join(row for row in block.splitlines() if not row.startswith(f"{name} "))
    (tmp_path / "mine.toml").write_text(text.replace(block, f"{changed}\n{line}\n"), "utf-8")
    read = read_lineups([tmp_path])
    assert read.all == ()
    assert any(fault in told for told in read.faults)


def test_an_own_model_takes_no_options_of_providers(tmp_path: Path) -> None:
    text = (LINEUPS / "laptop.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(f"{text}options = {{ reasoning_effort = 'low' }}\n")
    assert "for rented models" in read_lineups([tmp_path]).faults[0]


def test_every_rented_model_that_ships_has_a_price() -> None:
    priced = {(p.provider, p.tag) for s in read_roster().systems for p in s.prices}
    shipped = [c for known in read_lineups([LINEUPS]).all for c in known.contenders if c.provider]
    assert {(c.provider, c.tag) for c in shipped} <= priced
    assert len(shipped) >= 2


async def test_the_doctor_says_where_prompts_may_go_and_what_keeps_others_out() -> None:
    async with FakeProvider() as fake:
        on = rental_health(rental(fake, anthropic_api_key=None))
        off = rental_health(rental(fake, hosted=False))
    assert f"may go to {fake.url.removeprefix('http://')}, where a member agreed." in on.sentence
    assert "For anthropic: ANTHROPIC_API_KEY is not set." in on.sentence
    assert off.sentence == "Renting models is off here; HOSTED=yes allows it."
    assert KEY not in repr((on, off))
    assert on.ok
    assert off.ok
