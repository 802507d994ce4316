"""`demo`: one prompt, several training stages, side by side."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import click

from bot.board import Board, PaneState
from bot.characters import json_line
from bot.chart import Bar, draw
from bot.demos import Demos
from bot.errors import ConsentMissing
from bot.order import SEED
from bot.panes import DemoEvent
from bot.predicting import Predictions
from bot.replay import replay
from bot.runcard import Recorder, read_card_file
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.columns import show_demo
from bot.terminal.predict import predicted, tell_who_was_right
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.door import Door
from knowledge.stage import Stage

MEMBER = "terminal"


@click.command()
@click.argument("prompt", required=False)
@click.option("--demo", "name", metavar="NAME", help="A curated demo; without PROMPT its own.")
@click.option("--lineup", metavar="NAME", help="The line-up; else the best one that is there.")
@click.option(
    "--stages",
    metavar="STAGE,…",
    default="",
    help="Only these: base, instruct, reasoning, fine-tuned.",
)
@click.option("--frame", is_flag=True, help="Give a base model the prompt as a few-shot frame.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same for all.")
@click.option("--predict", is_flag=True, help="First say what each will do; at a terminal only.")
@click.option("--hosted-ok", is_flag=True, help="Let the prompt go to providers without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write a run card.")
@click.option(
    "--replay",
    "card",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play a run card with its true timing.",
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw a chart (PNG).")
@run_async
async def command(  # noqa: PLR0913, PLR0917  click passes options by name
    prompt: str | None,
    name: str | None,
    lineup: str | None,
    stages: str,
    frame: bool,  # noqa: FBT001  click passes options by name
    seed: int,
    predict: bool,  # noqa: FBT001  as above
    hosted_ok: bool,  # noqa: FBT001  as above
    as_json: bool,  # noqa: FBT001  as above
    save: Path | None,
    card: Path | None,
    plot: Path | None,
) -> int:
    """Show PROMPT to models of every training stage; without one, list the demos."""
    screen = Screen()
    if card is not None:
        async with aclosing(replay(read_card_file(card))) as events:
            return await _show(events, screen, as_json=as_json, save=save, plot=plot)
    wished = _stages(stages)
    async with open_services(read_settings(), load=False) as services:
        for fault in services.demos.faults:
            screen.fail(fault)
        if prompt is None and name is None:
            _list(services.demos, screen)
            return 0
        order = services.demos.order(
            MEMBER,
            prompt=prompt,
            demo=name,
            lineup=lineup,
            stages=wished,
            seed=seed,
            form="framed" if frame else None,
        )
        hosts = services.demos.leaves_for(order)
        if hosts and not (hosted_ok or await _agreed(hosts, screen, ask=not as_json)):
            return ConsentMissing.exit_code
        order = replace(order, allowed=frozenset(hosts))
        async with aclosing(services.demos.run(order)) as events:
            asks = predict and not as_json and sys.stdin.isatty()
            shown, predictions = await predicted(events, screen) if asks else (events, None)
            return await _show(
                shown, screen, as_json=as_json, save=save, plot=plot, predictions=predictions
            )


async def _agreed(hosts: tuple[str, ...], screen: Screen, *, ask: bool) -> bool:
    """Ask whether the prompt may leave; where nobody can be asked, say what agrees to it."""
    if not (ask and sys.stdin.isatty() and sys.stderr.isatty()):
        screen.fail(ConsentMissing(hosts).sentence)
        screen.tell("  --hosted-ok agrees to it.", style="")
        return False
    told = f"This line-up rents models: the prompt goes to {' and '.join(hosts)}. Send it?"
    agreed = await asyncio.to_thread(click.confirm, told, err=True)
    if not agreed:
        screen.tell("Nothing was sent.")
    return agreed


def _stages(text: str) -> tuple[Stage, ...]:
    try:
        return tuple(Stage(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        known = ", ".join(Stage)
        raise click.UsageError(f"--stages takes some of: {known}") from error


def _list(demos: Demos, screen: Screen) -> None:
    screen.say("Demos (demo --demo NAME):", style="bold")
    for demo in demos.curated.all:
        screen.say(f"  {demo.slug}: {demo.title}")
    screen.say("Line-ups (demo --lineup NAME):", style="bold")
    for lineup in demos.lineups.all:
        screen.say(f"  {lineup.slug}: {lineup.title} ({lineup.needs})")


async def _show(
    events: AsyncIterator[DemoEvent],
    screen: Screen,
    *,
    as_json: bool,
    save: Path | None,
    plot: Path | None,
    predictions: Predictions | None = None,
) -> int:
    recorder = await (_silently(events) if as_json else show_demo(events, screen))
    board, card = recorder.board, recorder.card()
    if predictions is not None:
        tell_who_was_right(predictions, board, screen)
    if as_json:
        told = card.without_steps().model_dump(mode="json", exclude={"steps"}) if card else {}
        if board.error is not None:
            told |= {"error": board.error.sentence}
        click.echo(json_line(told))
    if save is not None and card is not None:
        await asyncio.to_thread(save.write_text, card.model_dump_json(indent=1), "utf-8")
        screen.tell(f"The run card is in {save}.")
    if plot is not None and board.panes:
        await asyncio.to_thread(plot.write_bytes, await _drawn(board))
        screen.tell(f"The chart is in {plot}.")
    return 0 if _worked(board) else 1


async def _silently(events: AsyncIterator[DemoEvent]) -> Recorder:
    recorder = Recorder()
    async for event in events:
        recorder.take(event)
    return recorder


async def _drawn(board: Board) -> bytes:
    door = Door()
    try:
        bars = [Bar(p.seat.contender.name, p.seat.contender.tag, p.figures) for p in board.panes]
        return await door.through(draw, bars)
    finally:
        door.close()


def _worked(board: Board) -> bool:
    """Say whether at least one contender came to an end of its own."""
    return board.error is None and any(pane.state is not PaneState.FAILED for pane in board.panes)
