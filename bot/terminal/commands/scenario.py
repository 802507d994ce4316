"""`scenario`: the game "rent or own", a scenario, your choice, and the reasons."""

from __future__ import annotations

import secrets
from typing import get_args

import click

from bot.scenarios import SHIPPED, Choice, Scenario, read_scenarios
from bot.settings import read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import open_services
from knowledge.lesson import passages_of
from knowledge.passages import Passage


@click.command()
@click.argument("name", required=False)
@click.argument("choice", required=False, type=click.Choice(get_args(Choice)))
@click.option("--list", "only_list", is_flag=True, help="List the scenarios.")
@run_async
async def command(name: str | None, choice: Choice | None, only_list: bool) -> int:  # noqa: FBT001  click passes options by name
    """Rent or own? Read scenario NAME (or one drawn by lot), then give your CHOICE."""
    screen = Screen()
    async with open_services(read_settings(), load=False) as services:
        passages = passages_of(services.lessons)
    scenarios = read_scenarios([SHIPPED], passages)
    for fault in scenarios.faults:
        screen.fail(fault)
    if only_list:
        for one in scenarios.all:
            screen.say(f"{one.slug}: {one.title}")
        return 0
    scenario = scenarios.find(name) if name else secrets.choice(scenarios.all)
    if scenario is None:
        screen.fail(f"There is no scenario '{name}'. `python -m bot scenario --list` lists them.")
        return 1
    if choice is None:
        screen.say(scenario.title, style="bold")
        screen.say(scenario.scenario)
        screen.tell(f"Rent or own? python -m bot scenario {scenario.slug} rent (or own)")
    else:
        _answer(screen, scenario, choice, passages[scenario.lesson])
    return 0


def _answer(screen: Screen, scenario: Scenario, choice: Choice, passage: Passage) -> None:
    agreed = "You agree with the lessons" if choice == scenario.choice else "The lessons differ"
    screen.say(f"{agreed}: {scenario.choice}.", style="bold")
    for reason in scenario.reasons:
        screen.say(f"- {reason}")
    screen.say(f"What would turn it: {scenario.turns}")
    screen.say(f"\n{passage.lesson_title} – {passage.heading}", style="bold")
    screen.say(passage.text)
    screen.tell(f"({passage.id})")
