"""`quiz`: questions on the lessons, each with its passage after the answer."""

from __future__ import annotations

import secrets

import click

from bot.quiz.alone import play
from bot.quiz.choosing import MOST, USUAL, choose, lesson_named
from bot.quiz.points import RULE
from bot.quiz.round import Round
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.quiz import replies, show_quiz
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.lesson import passages_of


@click.command(
    help="Answer questions on LESSON, a slug or a title, or on all lessons. Type a letter, or "
    f"Enter to pass; Ctrl-D ends it. {RULE} What you write to a question without options is not "
    "scored: compare it with the model answer."
)
@click.argument("lesson", required=False)
@click.option("-n", "--count", default=USUAL, show_default=True, type=click.IntRange(1, MOST))
@click.option("--seed", help="The same seed asks the same, in the same order.")
@run_async
async def command(lesson: str | None, count: int, seed: str | None) -> int:
    """Ask, judge and tell the score."""
    screen, drawn = Screen(), seed or secrets.token_hex(3)
    async with open_services(read_settings(), load=False) as services:
        asked_of = lesson_named(services.lessons, lesson)
        questions = choose(asked_of, count, drawn, free=True)
        round_ = Round(questions, drawn)
        await show_quiz(play(round_, passages_of(asked_of), replies(screen)), screen)
        screen.tell(f"The same questions again: --seed {drawn}")
    return 0
