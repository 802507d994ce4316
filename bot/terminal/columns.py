"""A demo in the terminal: live columns where there is a terminal, plain text in a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.board import ENDED, Board, Pane, PaneState
from bot.captions import figures_line, queue_line, recording_line, state_line
from bot.characters import plain_characters
from bot.errors import ModelsMissing
from bot.panes import DemoEvent, Opened, Planned, Told
from bot.runcard import Recorder
from bot.terminal.screen import Screen
from knowledge.stage import Stage

FRAMES = 8
"""Frames a second."""
COLOURS = {
    Stage.BASE: "blue",
    Stage.INSTRUCT: "green",
    Stage.REASONING: "yellow",
    Stage.FINE_TUNED: "magenta",
}


async def show_demo(events: AsyncIterator[DemoEvent], screen: Screen) -> Recorder:
    """Show a demo as it runs; return what was recorded of it."""
    recorder = Recorder()
    board = recorder.board
    if not screen.out.is_terminal:
        await _plainly(events, recorder, screen)
        return recorder
    with Live(console=screen.out, refresh_per_second=FRAMES, transient=True) as live:

        def draw() -> RenderableType:
            return columns(board, screen.out, height=screen.out.height - 2)

        async def redraw() -> None:
            while True:
                live.update(draw())
                await asyncio.sleep(1 / FRAMES)

        drawing = asyncio.create_task(redraw())
        try:
            async for event in events:
                recorder.take(event)
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)
    screen.out.print(columns(board, screen.out))
    _end(board, screen)
    return recorder


def columns(board: Board, console: Console, *, height: int | None = None) -> RenderableType:
    """Return the columns; with `height`, the newest lines of each text, else all of it."""
    opened = board.opened
    if opened is None:
        return Text("Looking at what the engine has …", style="dim")
    head = [Text(plain_characters(opened.prompt), style="bold")]
    above = (recording_line(board), opened.title, *opened.fairness, *opened.notices)
    head += [Text(plain_characters(line), style="yellow") for line in above if line]
    if told := queue_line(board) or board.plan:
        head.append(Text(plain_characters(told), style="dim"))
    grid = Table.grid(expand=True, padding=(0, 1))
    for _ in board.panes:
        grid.add_column(ratio=1)
    width = max(10, console.width // len(board.panes) - 6)
    if height is not None:
        height -= sum(len(line.wrap(console, console.width)) for line in head)
    grid.add_row(*(_column(pane, console, width, height) for pane in board.panes))
    return Group(*head, grid)


def _column(pane: Pane, console: Console, width: int, height: int | None) -> Panel:
    contender = pane.seat.contender
    live = height is not None
    notices = Text(
        "\n".join(plain_characters(n) for n in (*pane.notices, pane.sentence) if n), "yellow"
    )
    figures = Text(figures_line(pane.figures) if pane.state in ENDED else "", "dim")
    parts: list[RenderableType] = [Text(state_line(pane), style="bold")]
    thinking = live and not pane.text
    text = Text(
        plain_characters(pane.thinking if thinking else pane.text), "dim" if thinking else ""
    )
    parts.append(_newest(text, console, width, height - 7) if height is not None else text)
    parts += [line for line in (notices, figures) if line.plain]
    return Panel(
        Group(*parts),
        title=Text(plain_characters(contender.name)),
        subtitle=Text(plain_characters(contender.tag), style="dim"),
        border_style=COLOURS[contender.stage],
        height=max(6, height) if height is not None else None,
    )


def _newest(text: Text, console: Console, width: int, lines: int) -> Text:
    """Return the last lines of a text, wrapped as its column wraps it."""
    wrapped = text.wrap(console, width)[-max(1, lines) :]
    return Text("\n").join(wrapped)


async def _plainly(events: AsyncIterator[DemoEvent], recorder: Recorder, screen: Screen) -> None:
    """Print each contender when it has ended; what goes on meanwhile goes to standard error."""
    board = recorder.board
    states: dict[int, PaneState] = {}
    async for event in events:
        recorder.take(event)
        if isinstance(event, Opened):
            _open(board, screen)
        elif isinstance(event, Planned) and event.sentence:
            screen.tell(event.sentence)
        elif isinstance(event, Told):
            pane = board.panes[event.pane]
            if states.get(event.pane, PaneState.WAITING) is not pane.state:
                states[event.pane] = pane.state
                screen.tell(f"{pane.seat.contender.name}: {state_line(pane)}")
                if pane.state in ENDED:
                    _print(pane, screen)
        elif queue := queue_line(board):
            screen.tell(queue)
    _end(board, screen)


def _open(board: Board, screen: Screen) -> None:
    opened = board.opened
    if opened is None:
        return
    for line in (recording_line(board), opened.title, *opened.fairness, *opened.notices):
        if line:
            screen.say(line)
    screen.say(f"> {opened.prompt}")


def _print(pane: Pane, screen: Screen) -> None:
    contender = pane.seat.contender
    screen.say(f"\n== {contender.name}: {contender.tag}")
    if pane.thinking:
        screen.say(f"(thinking) {pane.thinking.strip()}\n")
    screen.say(pane.text.strip())
    for line in (*pane.notices, pane.sentence, figures_line(pane.figures)):
        if line:
            screen.say(f"({line})")


def _end(board: Board, screen: Screen) -> None:
    opened, error = board.opened, board.error
    if isinstance(error, ModelsMissing):
        screen.fail(error.sentence.partition(" An organiser")[0])
        if error.pulls:
            screen.fail("To run it, pull:")
        for line in error.pulls:
            screen.tell(f"  {line}", style="")
    elif error is not None:
        screen.fail(error.sentence)
    if opened is not None and opened.curated is not None and error is None:
        screen.say(f"\nWhat to notice: {opened.curated.notice}")
        screen.say(f"Why: {opened.curated.why}")
        screen.say(f"Read why: python -m bot lessons read '{opened.curated.lesson}'")
