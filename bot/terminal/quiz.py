"""A quiz in the terminal: questions on the screen, replies typed or from a pipe."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.output import create_output

from bot.quiz.alone import Asked, Ended, Judged, QuizEvent, Reply
from bot.quiz.choosing import LETTERS
from bot.quiz.round import Score
from bot.terminal.screen import Screen
from knowledge.passages import Passage


async def show_quiz(events: AsyncGenerator[QuizEvent], screen: Screen) -> None:
    """Show a quiz to its end."""
    async with aclosing(events):
        async for event in events:
            match event:
                case Asked():
                    _ask(event, screen)
                case Judged():
                    _judge(event, screen)
                case Ended(score):
                    screen.say(_result(score), style="bold")


def replies(screen: Screen) -> Reply:
    """Return what reads replies, from a prompt on a terminal, else a line each; until Ctrl-C."""
    read = _prompt() if sys.stdin.isatty() else _line
    over = asyncio.Event()
    with suppress(NotImplementedError):  # Windows: Ctrl-C then leaves without the score
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, over.set)

    async def reply(asked: Asked) -> str:
        while True:
            typed = (await _unless(over, read())).strip()
            offered = dict(zip(LETTERS, asked.options, strict=False))
            if not offered or not typed:
                return typed
            if typed.upper() in offered:
                return offered[typed.upper()]
            last = LETTERS[len(offered) - 1]
            screen.tell(f"A letter from A to {last}, or Enter to pass; Ctrl-D ends the quiz.")

    return reply


async def _unless(over: asyncio.Event, reading: Coroutine[None, None, str]) -> str:
    """Return what is read. Raises EOFError when it is `over` before."""
    read, ended = asyncio.ensure_future(reading), asyncio.ensure_future(over.wait())
    await asyncio.wait({read, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if read.done():
        return read.result()
    read.cancel()
    await asyncio.wait({read})  # the terminal is then as it was
    raise EOFError


def _prompt() -> Callable[[], Coroutine[None, None, str]]:
    # The prompt goes to standard error, as all that is no answer does.
    session: PromptSession[str] = PromptSession(output=create_output(stdout=sys.stderr))

    async def prompted() -> str:
        try:
            typed: str = await session.prompt_async("your answer › ", handle_sigint=False)
        except KeyboardInterrupt:
            raise EOFError from None
        return typed

    return prompted


async def _line() -> str:
    line: str = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        raise EOFError
    return line


def _result(score: Score) -> str:
    if not score.of:
        return "No question with options was answered."
    return f"{score.right} of {score.of} right, {score.points} points."


def _ask(asked: Asked, screen: Screen) -> None:
    screen.say(f"{asked.number}/{asked.of}  {asked.question.text}", style="bold")
    for letter, option in zip(LETTERS, asked.options, strict=False):
        screen.say(f"  {letter}  {option}")


def _judge(judged: Judged, screen: Screen) -> None:
    asked, question = judged.asked, judged.asked.question
    if asked.options:
        letter = LETTERS[asked.options.index(question.answer)]
        verdict = {True: "Right", False: "Not this one. It is", None: "It is"}[judged.right]
        style = {True: "green", False: "red", None: ""}[judged.right]
        screen.say(f"{verdict}: {letter}  {question.answer}", style=style)
    else:
        screen.say(f"Compare with the model answer: {question.answer}")
    if question.why:
        screen.say(question.why)
    if judged.passage is not None:
        _show_passage(judged.passage, screen)
    screen.say("")


def _show_passage(passage: Passage, screen: Screen) -> None:
    screen.say(f"{passage.lesson_title} – {passage.heading}  ({passage.id})", style="cyan")
    for line in passage.text.splitlines():
        screen.say(f"  {line}" if line else "", style="dim")
