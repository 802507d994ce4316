"""`doctor`: what is there, what is missing, and the line that mends it."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from contextlib import aclosing

import click

from bot.errors import EngineError
from bot.probe import Verdict, probe
from bot.settings import Settings, read_settings
from bot.terminal.app import run_async
from bot.terminal.screen import Screen
from bot.wiring import Services, open_services

INTO_DISCORD = """To bring the bot into Discord:
  1. Make an application on https://discord.com/developers/applications
  2. Under Bot, press Reset Token and put it into .env as DISCORD_TOKEN=…
     No privileged intent is needed; leave all three off.
  3. Run `doctor` again: it prints the address that invites the bot.
  4. Start it with `make run`, and ask /ask in a channel."""


_STYLES = {Verdict.AGREES: "green", Verdict.DIFFERS: "red", Verdict.UNREAD: "yellow"}


@click.command()
@click.option("--probe", "probing", is_flag=True, help="Compare the roster with the engine, too.")
@run_async
async def command(probing: bool) -> int:  # noqa: FBT001  click passes options by name
    """Look at every part; the exit code is 1 when something needed is missing, or differs."""
    screen = Screen()
    settings = read_settings()
    async with open_services(settings, load=False) as services:
        parts = await services.health(thorough=True)
        differs = probing and not await _probe(services, screen)
    for part in parts:
        mark = "ok" if part.ok else ("missing" if part.needed else "without")
        style = "green" if part.ok else ("red" if part.needed else "yellow")
        screen.say(f"{mark:>8}  {part.name}: {part.sentence}", style=style)
        if part.mend and not part.ok:
            screen.say(f"          → {part.mend}")
    screen.say(_chosen(settings))
    screen.say(_into_discord(settings))
    broken = any(part.needed and not part.ok for part in parts)
    screen.say("Something needed is missing." if broken else "Everything needed is there.")
    return 1 if broken or differs else 0


async def _probe(services: Services, screen: Screen) -> bool:
    """Tell how the roster's rows that are alive agree with the engine; say whether all do."""
    counts: Counter[Verdict] = Counter()
    try:
        async with aclosing(probe(services.systems, services.engine)) as found:
            async for each in found:
                counts[each.verdict] += 1
                build = f" {each.build.tag} ({each.build.stage})" if each.build else ""
                notes = f": {', '.join(each.notes)}" if each.notes else ""
                line = f"{each.verdict:>13}  {each.system}{build}{notes}"
                screen.say(line, style=_STYLES.get(each.verdict, "dim"))
    except EngineError as error:
        screen.fail(f"The roster cannot be compared: {error.sentence}")
        return False
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    screen.say(f"Of the roster's builds and systems that are alive: {told or 'none'}.")
    return not counts[Verdict.DIFFERS]


def _chosen(settings: Settings) -> str:
    """Name the settings that were chosen, never their values, and say where the pages are."""
    names = ", ".join(sorted(settings.model_fields_set)).upper()
    told = f"Chosen: {names}; all else has its default." if names else "All settings: defaults."
    memory = "" if settings.memory else " Memory is off: no text is stored."
    pages = " Without HEALTH_PORT there are no pages."
    if settings.health_port is not None:
        where = f"{settings.health_host}:{settings.health_port}"
        pages = f" While it runs, /livez, /readyz and /metrics are at {where}."
    return told + memory + pages


def _into_discord(settings: Settings) -> str:
    """Tell the next step towards the bot's first answer in Discord."""
    if settings.discord_token is None:
        return INTO_DISCORD
    application = _application_id(settings.discord_token.get_secret_value())
    if application is None:
        return "DISCORD_TOKEN does not look like a bot's token: copy it again (Bot, Reset Token)."
    from bot.client.invite import invite_url  # noqa: PLC0415  only who has a token needs discord.py

    return (
        "Invite the bot with the least permissions it needs:\n"
        f"  {invite_url(application)}\n"
        "Then start it with `make run`, and ask /ask in a channel."
    )


def _application_id(token: str) -> int | None:
    """Return the id in a bot token: its first part is the bot's id in base64."""
    first = token.split(".", 1)[0]
    try:
        number = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return int(number) if number.isdigit() else None
